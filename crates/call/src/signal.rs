//! Signals: the dialect-neutral vocabulary for what users and backends say about a call.
//!
//! A variant is admitted if the phone itself must act on it, or if every reasonable backend would
//! mean the same by it. Anything else stays inside its dialect's file.

use serde::{Deserialize, Serialize};

use crate::{CallId, PeerId, PersonId, RemoteCallId};

/// Whether a call has pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    Voice,
    Video,
}

/// A user of a backend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    pub name: String,
    /// Address of a picture, as the backend gave it.
    pub avatar: Option<String>,
}

/// What a call is about: an order, a product, an appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The backend's id of the thing (order id, appointment id).
    pub id: String,
    /// What a person calls it ("Order #1042"). May be empty until the backend has said it.
    pub label: String,
}

/// Outgoing: we call a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    pub to: Person,
    /// Further people, for a call of several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Person>,
    pub kind: MediaKind,
    pub subject: Option<Subject>,
}

/// Incoming: a person calls us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ring {
    pub from: Person,
    pub kind: MediaKind,
    pub subject: Option<Subject>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SdpKind {
    Offer,
    Answer,
}

/// A session description (RFC 8866). Never logged above DEBUG.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sdp {
    pub kind: SdpKind,
    pub sdp: String,
}

impl std::fmt::Debug for Sdp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sdp({:?}, {} bytes)", self.kind, self.sdp.len())
    }
}

/// A trickled candidate (RFC 8838), field for field as `RTCIceCandidateInit` has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceCandidate {
    /// The `candidate:` line; empty means end of candidates.
    pub candidate: String,
    pub sdp_mid: Option<String>,
    pub sdp_m_line_index: Option<u16>,
    pub username_fragment: Option<String>,
}

impl std::fmt::Debug for IceCandidate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IceCandidate({} bytes, mid {:?})", self.candidate.len(), self.sdp_mid)
    }
}

/// What a side sends. `None`: this message says nothing about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaState {
    pub audio: Option<bool>,
    pub video: Option<bool>,
    pub sharing: Option<bool>,
}

/// Somebody in the room of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    pub peer: PeerId,
    pub person: Person,
    pub media: MediaState,
    /// Of the two of us we make the offers; theirs that crosses one of ours is ignored (we are the impolite
    /// peer of "perfect negotiation"). Otherwise ours gives way. `None`: as the account's [`OfferRule`] says.
    pub we_offer: Option<bool>,
}

/// Somebody else who is called to the same call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitee {
    pub person: Person,
    /// They have taken it and are in its room.
    pub in_room: bool,
}

/// How good a call is, in the words of the backends that keep it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityLevel {
    Excellent,
    Good,
    Fair,
    Poor,
}

/// Figures of the last seconds of a call, for backends that keep them. The phone has no use for them:
/// they are reported beside its signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quality {
    pub level: QualityLevel,
    pub rtt_ms: u32,
    /// Of what the other side sent us.
    pub loss_permille: u32,
    pub jitter_ms: u32,
    pub kbps_sent: u32,
    pub kbps_received: u32,
    /// Pictures per second received.
    pub fps: u32,
}

/// What backends that keep figures of calls are told, beside the phone's signals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallReport {
    /// How it goes: of several members as it is with the worst, then with each of them.
    Quality { worst: Quality, members: Vec<(PersonId, Quality)> },
    /// Something is wrong with the media path to a member.
    PathIssue { member: PersonId, issue: PathIssue },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathIssue {
    /// Media stopped flowing; another path is looked for.
    Lost,
    /// No connection came about, or it cannot be mended.
    Failed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    Declined,
    Busy,
}

/// Why a call is over, in terms a user can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum EndReason {
    /// We ended a call that was going on.
    HungUp,
    /// The other side ended it, or nobody else is left in it.
    RemoteHungUp,
    /// We took the ring back before an answer.
    Cancelled,
    /// The caller took the ring back before we answered.
    RemoteCancelled,
    /// We declined.
    Declined,
    /// They declined.
    RemoteDeclined,
    /// They are in another call.
    RemoteBusy,
    /// The callee did not answer in time (see the call's direction).
    Missed,
    /// They are not signed in anywhere.
    RemoteOffline,
    /// Every seat of the call is taken.
    Full,
    /// Another device of ours answered.
    AnsweredElsewhere,
    /// Another device of ours declined.
    DeclinedElsewhere,
    /// Both dialled at once and the other call was kept.
    Merged,
    /// The media path died and did not come back.
    ConnectionLost,
    /// The media path never came up.
    ConnectFailed,
    /// The backend refused; its words, meant for people.
    Refused { message: String },
    /// Something broke on our side.
    Failed { message: String },
}

/// Which side makes the first offer, and every ICE restart. Given per account by its dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OfferRule {
    /// This account always offers (storefront: the seller).
    Us,
    /// The other side always offers (storefront: the customer waits).
    Them,
    /// The caller (dealerdesk, marketplace).
    Caller,
    /// The side that was in the room first offers when the other joins (clinic).
    FirstInRoom,
    /// The dialect says for each call, by [`IncomingSignal::OfferTurn`] (hearth); until then the other side.
    Told,
}

/// What we tell a backend about one call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OutgoingSignal {
    /// Place a call; its key is `CallKey::Local`. Answered by [`IncomingSignal::Placed`] or
    /// [`IncomingSignal::Refused`].
    Invite(Invite),
    /// We accept.
    Accept,
    /// Decline or busy.
    Decline(DeclineReason),
    /// We take our unanswered ring back.
    Cancel,
    /// We leave a call that was answered; with two members that is its end.
    HangUp,
    /// A call of several that we placed is over for everybody.
    EndForAll,
    /// Ring more people for a call that goes on. Answered by [`IncomingSignal::PeopleAdded`] or
    /// [`IncomingSignal::PeopleNotAdded`].
    AddPeople(Vec<Person>),
    /// Our own ring timer ran out (as caller: also ends the backend's record).
    NoAnswer,
    Offer(Sdp),
    Answer(Sdp),
    Candidate(IceCandidate),
    Media(MediaState),
    /// After the socket came back: enter the call's room again.
    Rejoin,
}

/// What a backend tells us about one call. What a member says or does comes under [`CallKey::Member`], where
/// a call has several.
///
/// [`CallKey::Member`]: crate::CallKey::Member
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IncomingSignal {
    /// The backend accepted our invitation and the other side is being rung. The signal's key is
    /// `CallKey::Local(local)`; from now on the call is also known as `remote`.
    Placed {
        local: CallId,
        remote: RemoteCallId,
        subject: Option<Subject>,
    },
    /// Somebody calls us.
    Ring(Ring),
    /// They (or another device of ours, if `CallView::direction` is incoming) accepted.
    Accept,
    /// Decline or busy.
    Decline(DeclineReason),
    /// The caller takes an unanswered ring back.
    Cancel,
    /// A call that was answered is over, for everybody in it.
    HangUp,
    /// The backend's ring timer ran out.
    Missed,
    /// They are not reachable.
    Offline,
    /// Another device of ours took the call.
    AnsweredElsewhere,
    /// The backend refused something about this call; fatal for a call not yet connected.
    Refused {
        message: String,
    },
    /// Every seat is taken, perhaps since we had one.
    Full,
    /// How many people the call has room for, ourselves included, where that is not two. Comes before or
    /// right after `Placed` and `Ring`.
    Seats(u8),
    /// Who else is in a call that rings, or is rung for it. Says nothing of what follows: who is in the room is told
    /// when we enter it.
    AlsoInvited(Vec<Invitee>),
    /// Somebody entered the room, or entered it again.
    Joined(Participant),
    /// Everybody else who is in the room as we enter it.
    Participants(Vec<Participant>),
    /// What we send goes to this peer, which is no person and passes it on to all members; `None`: to the members
    /// themselves again. Comes before `Participants`.
    Uplink(Option<PeerId>),
    /// One of several who were invited will not come.
    InviteeDeclined {
        person: PersonId,
        reason: DeclineReason,
    },
    /// The people we wanted to add are being rung. Comes after the `Seats` of a call of two that grew by it.
    PeopleAdded(Vec<Person>),
    /// The backend does not add them; its words, meant for people, if it has any.
    PeopleNotAdded {
        message: Option<String>,
    },
    /// Who makes the offers of this call from now on, where the account has no rule for it. Comes
    /// before the `PeerJoined` it is about.
    OfferTurn {
        us: bool,
    },
    /// The one other member entered the call's room.
    PeerJoined,
    /// A member left the call's room (storefront: end of a one-to-one call).
    PeerLeft {
        disconnected: bool,
    },
    Offer(Sdp),
    Answer(Sdp),
    Candidate(IceCandidate),
    Media(MediaState),
}
