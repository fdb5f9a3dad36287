//! Member of a call: one of the others, and the peer connection to them. It knows no other member and does
//! not decide what its loss means for the call.
//!
//! ```text
//!  presence     Expected ──► Present ◄──► Away ──► removed
//!  media path   Idle ──► Opening ──► Up ◄──► Lost
//!                           ▲  └───────┬────────┘
//!                           └─ Failed ◄┘ in a call of several
//! ```

mod media_path;
mod signals;
mod state;

use std::time::Instant;

pub(crate) use self::signals::Entrance;
use self::state::{DescribedMedia, RemoteMedia};
use crate::call_context::CallContext;
use crate::negotiation::{Negotiation, Offerer, Step};
use crate::timers::{self, MemberTimer, Timers};
use crate::{
    Command, EndReason, Epoch, MediaKind, MemberId, OfferRule, OutgoingSignal, PeerId, Person, PersonId,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    /// Not in the room yet: rung by us, or the one who rings us.
    Expected,
    Present,
    /// Their socket went away, and may be reconnecting.
    Away,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum MediaPath {
    Idle,
    Opening,
    Up,
    Lost,
    Failed(Retry),
}

/// Who tries a connection anew that was given up, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// The side that offers, after a pause; the other one waits for that. If both did it by their own clocks, each
    /// could give up in the middle of what the other one has begun, time after time.
    ByOfferer,
    /// Whoever of us offers, once they enter the room again.
    OnEntrance,
}

/// What a call has lost of a member; the call knows what follows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Loss {
    /// Their description can never be worked with.
    Unworkable { message: String },
    /// The connection did not come about, or did not come back.
    Connection(EndReason),
    /// They left the room.
    Left,
    /// They were away for too long. `lost`: so is the media path.
    StayedAway { lost: bool },
}

#[derive(Debug)]
pub(crate) struct Member {
    id: MemberId,
    /// The backend's name for their program, where it gives one.
    peer: Option<PeerId>,
    person: Person,
    /// No person, but the peer that passes on what we send.
    uplink: bool,
    presence: Presence,
    offers: OfferRule,
    /// The dialect said who offers ([`IncomingSignal::OfferTurn`](crate::IncomingSignal::OfferTurn)).
    told_turn: bool,
    /// They entered the room after us, which decides who offers under [`OfferRule::FirstInRoom`].
    joined_after_us: bool,
    path: MediaPath,
    /// The present connection, or one that it continues, was up.
    was_up: bool,
    negotiation: Negotiation,
    timers: Timers<MemberTimer>,
    remote_media: RemoteMedia,
    described: DescribedMedia,
}

impl Member {
    /// Somebody who is not in the room yet.
    pub(crate) fn expected(id: MemberId, person: Person, offers: OfferRule, kind: MediaKind) -> Self {
        Self {
            id,
            peer: None,
            person,
            uplink: false,
            presence: Presence::Expected,
            offers,
            told_turn: false,
            joined_after_us: false,
            path: MediaPath::Idle,
            was_up: false,
            negotiation: Negotiation::new(),
            timers: Timers::default(),
            remote_media: RemoteMedia::of(kind),
            described: DescribedMedia::default(),
        }
    }

    /// The peer that passes on what we send: always there, and we offer.
    pub(crate) fn uplink(id: MemberId, peer: PeerId, kind: MediaKind) -> Self {
        let nobody = Person { id: PersonId(String::new()), name: String::new(), avatar: None };
        let mut member = Self::expected(id, nobody, OfferRule::Us, kind);
        (member.peer, member.uplink, member.told_turn) = (Some(peer), true, true);
        member.comes();
        member
    }

    pub(crate) fn is_person(&self) -> bool {
        !self.uplink
    }

    pub(crate) fn peer(&self) -> Option<&PeerId> {
        self.peer.as_ref()
    }

    pub(crate) fn person(&self) -> &Person {
        &self.person
    }

    /// In the room, or only their socket is away.
    pub(crate) fn is_here(&self) -> bool {
        self.presence != Presence::Expected
    }

    /// In the room with an open socket.
    pub(crate) fn is_present(&self) -> bool {
        self.presence == Presence::Present
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.path == MediaPath::Up
    }

    /// Of the peer connection that is open.
    pub(crate) fn open_epoch(&self) -> Option<Epoch> {
        self.negotiation.open_epoch()
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Prepares the peer connection ahead of consent.
    pub(crate) fn open(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        self.negotiate(cx, out, |negotiation, steps| negotiation.open(steps));
    }

    /// They are in the room by what was said so far.
    pub(crate) fn comes(&mut self) {
        if self.presence == Presence::Expected {
            self.presence = Presence::Present;
        }
    }

    /// Both sides agreed to talk: the connection has its time to come up.
    pub(crate) fn begin(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        self.timers.clear(MemberTimer::Retry);
        self.timers.set(MemberTimer::Connect, cx.now + timers::CONNECT_TIMEOUT);
        let offerer = self.offerer(cx);
        self.negotiate(cx, out, |negotiation, steps| negotiation.begin(offerer, steps));
    }

    pub(crate) fn is_given_up(&self) -> bool {
        matches!(self.path, MediaPath::Failed(_))
    }

    /// Gives the connection up.
    pub(crate) fn fail(&mut self, retry: Retry, cx: CallContext<'_>, out: &mut Vec<Command>) {
        self.close(cx, out);
        for timer in [MemberTimer::Connect, MemberTimer::RepeatOffer, MemberTimer::Restart, MemberTimer::Lost]
        {
            self.timers.clear(timer);
        }
        self.path = MediaPath::Failed(retry);
        self.was_up = false;
        if retry == Retry::ByOfferer && self.we_offer(cx) {
            self.timers.set(MemberTimer::Retry, cx.now + timers::MEMBER_RETRY_INTERVAL);
        }
    }

    /// The call is over, or the member is out of it.
    pub(crate) fn end(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        self.close(cx, out);
        self.path = MediaPath::Idle;
        self.timers.clear_all();
    }

    fn close(&mut self, cx: CallContext<'_>, out: &mut Vec<Command>) {
        self.negotiate(cx, out, |negotiation, steps| negotiation.close(steps));
    }

    fn offerer(&self, cx: CallContext<'_>) -> Offerer {
        let us = match self.offers {
            OfferRule::Us => true,
            OfferRule::Them | OfferRule::Told => false,
            OfferRule::Caller => cx.outgoing,
            OfferRule::FirstInRoom => self.joined_after_us,
        };
        if us { Offerer::Us } else { Offerer::Them }
    }

    /// Runs a piece of the negotiation and turns its steps into commands of this member and epoch.
    fn negotiate(
        &mut self,
        cx: CallContext<'_>,
        out: &mut Vec<Command>,
        piece: impl FnOnce(&mut Negotiation, &mut Vec<Step>),
    ) {
        let mut steps = Vec::new();
        piece(&mut self.negotiation, &mut steps);
        for step in steps {
            self.perform(step, cx, out);
        }
        match self.negotiation.repeat_after() {
            None => self.timers.clear(MemberTimer::RepeatOffer),
            Some(pause) if !self.timers.is_set(MemberTimer::RepeatOffer) => {
                self.timers.set(MemberTimer::RepeatOffer, cx.now + pause);
            }
            Some(_) => {}
        }
    }

    fn perform(&mut self, step: Step, cx: CallContext<'_>, out: &mut Vec<Command>) {
        let (call, member, epoch) = (cx.call, self.id, self.negotiation.epoch());
        match step {
            Step::Open => {
                if matches!(self.path, MediaPath::Idle | MediaPath::Failed(_)) {
                    self.path = MediaPath::Opening;
                }
                out.push(Command::OpenPeer { call, member, epoch, kind: cx.kind });
            }
            Step::CreateOffer { ice_restart } => {
                out.push(Command::CreateOffer { call, member, epoch, ice_restart });
            }
            Step::AcceptOffer(offer) => out.push(Command::AcceptOffer { call, member, epoch, offer }),
            Step::AcceptAnswer(answer) => {
                self.path_answered(cx.now);
                out.push(Command::AcceptAnswer { call, member, epoch, answer });
            }
            Step::PathRenewed => self.path_renewed(cx.now),
            Step::AddCandidate(candidate) => {
                out.push(Command::AddCandidate { call, member, epoch, candidate });
            }
            Step::Close(epoch) => {
                out.push(Command::ClosePeer { call, member, epoch });
                self.path_closed(cx.now);
            }
            Step::Say(signal) => {
                // A repeated offer gives the whole time to answer again.
                if let OutgoingSignal::Offer(_) = signal {
                    self.timers.clear(MemberTimer::RepeatOffer);
                    self.negotiation.offer_said(cx.now);
                }
                cx.say(self.peer.as_ref(), signal, out);
            }
        }
    }
}
