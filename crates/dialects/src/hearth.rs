//! The hearth dialect: people who call each other, alone, in groups or in therapy sessions.
//!
//! A call is a session with a room: REST makes it and says who may come, the socket carries the rest. What
//! is particular about this backend ("as deployed": in the documented deployment, unlike our server):
//!
//! - **Most events name a person and not a session**, so the client finds the call by the room that it
//!   shares with that person (`calls`), and newcomers by the only room they can come into; our server adds a
//!   `sessionId` to each. A `user_left_call` with another socket's id belongs to a connection that was
//!   replaced since, and is ignored.
//! - **The token is an event, and checking it takes the server a while.** Nothing may be sent on a socket
//!   before `authenticated`: the dialect holds it back. Every request counts against a hundred per quarter
//!   of an hour and address, so the list is made of two requests, nothing is polled, the record of
//!   microphone and camera is written at most eight times a call, and a ring of several reads once who else is called.
//! - **Both sides are told to begin.** Between two native clients (`bellwire-` before the user's id, the
//!   same name after every reconnect) the smaller name waits; towards a web client we always offer and its
//!   colliding offer is ignored, because it closes its own connection at each offer it receives. The
//!   dialect says so with `OfferTurn` before `PeerJoined`, of several with each `Participant`.
//! - **One target per message.** As deployed two listeners receive each `webrtc_*`; with both targets the
//!   message comes twice, with the documented one an error comes back beside it. We name `targetPeerId`
//!   alone, drop copies of candidates, and ignore "Target peer not found". Our server forwards a message
//!   once, whatever its targets.
//! - **There is no decline as deployed.** `decline_call` and `call_declined`, `call_invitation_closed` and
//!   the `reason` of `call_ended` are additive: our server relays them, a deployed one ignores them and the
//!   ring ends by its timeout.
//! - **Sessions of two and of several.** In a session of two (`one-to-one`, or one that says it has two
//!   seats) the other person is the call; signals of a third are dropped. In any other each of up to seven
//!   members is told of, heard and spoken to by the name of their program (`CallKey::Member`): the `peerId`,
//!   which they say again on another socket, or else the socket. `maxParticipants` in invitations and replies
//!   is additive; without it there are eight seats. The web client's default is a group even for one person.
//! - **An engine** may carry the media of a session of several (our server's option): `call_session_joined` then
//!   has the additive `engine`, a peer that we offer what we send; what the others send is offered by their names.
//! - **Seats are rows** that one statement takes while the session is open and not full
//!   (`server/hearth/store/sessions.rs`). A seat outlives its connection for 30 s; the newest device of a
//!   person has it. The last one out ends the session; one of several that all have lost waits a minute more.
//! - **Figures.** A quality report has the worst connection's, as ever, and additively in `members` those of each by
//!   `userId`; `connection_issue` additively names the other end, `targetUserId`. Our server sums both up.
//! - **More people** can be asked to a session that goes on by `POST session/:id/invite`, which is additive. A
//!   session of two becomes one of several by it: `call_session_updated`, additive as well, says so to both, and
//!   names what signals call the other one from then on (`growth`).

mod calls;
mod contacts;
mod decode;
mod directory;
mod encode;
mod growth;
mod history;
mod login;
mod members;
mod pending_requests;
mod relayed;
mod report;
mod room;
pub mod wire;

use std::collections::VecDeque;
use std::sync::Arc;

use bellwire_call::{CallId, CallKey, CallReport, Invite, OfferRule, OutgoingSignal, Person};
use serde_json::Value;

use self::calls::{Calls, Early};
use self::directory::Lists;
use crate::{
    Capabilities, DecodeError, Dialect, Directory, EncodeError, Entry, Identity, Inbound, ListKind, Outbound,
    Reaction, Role, entry::EMAIL_AND_PASSWORD, pending::PendingRequests,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "hearth",
    label: "Hearth",
    roles: &[Role { id: "user", label: "User" }],
    sign_in_fields: EMAIL_AND_PASSWORD,
    namespace: "/",
    rest_prefix: "/api",
    new: |identity| Box::new(Hearth::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// How this client's name for itself in a call begins. Two that know each other by it settle between
/// them who offers.
pub const PEER_PREFIX: &str = "bellwire-";

/// What one hearth account remembers.
#[derive(Debug)]
pub struct Hearth {
    me: String,
    token: String,
    /// The same in every call and after every reconnect, so that the backend knows us again.
    peer_id: String,
    /// The backend has looked at the token of this connection.
    ready: bool,
    /// What was said before that.
    held: Held,
    calls: Calls,
    early: Early,
    pending: PendingRequests<PendingRequest>,
}

/// What an unanswered REST request is for.
#[derive(Debug)]
enum PendingRequest {
    /// We make a session, or (`join`) enter one that there is.
    Place {
        local: CallId,
        invite: Invite,
        join: Option<String>,
    },
    Accept {
        session: String,
    },
    /// We ask more people to come.
    Add {
        session: String,
        people: Vec<Person>,
    },
    /// Who else is called to a session that rings.
    AlsoInvited {
        session: String,
    },
    /// Nothing depends on it but the token.
    Record,
}

impl Hearth {
    /// Speaks for an account that signed in.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        let me = identity.person.id.0.clone();
        Self {
            peer_id: format!("{PEER_PREFIX}{me}"),
            me,
            token: identity.token.clone(),
            ready: false,
            held: Held::default(),
            calls: Calls::default(),
            early: Early::default(),
            pending: PendingRequests::default(),
        }
    }

    /// The backend rings before it answers, so what comes of a ring may be heard before its session is
    /// known. True while a session of ours is being made.
    fn is_making(&self) -> bool {
        self.pending.iter().any(|request| matches!(request.purpose, PendingRequest::Place { join: None, .. }))
    }

    /// Keeps back what the backend would refuse from a socket it does not know yet.
    fn in_time(&mut self, said: Vec<Outbound>) -> Vec<Outbound> {
        if self.ready {
            return said;
        }
        let (emissions, requests): (Vec<_>, Vec<_>) =
            said.into_iter().partition(|outbound| matches!(outbound, Outbound::Emit { .. }));
        for emission in emissions {
            self.held.push(emission);
        }
        requests
    }
}

/// Emissions that wait for the backend to look at the token.
#[derive(Debug, Default)]
struct Held(VecDeque<Outbound>);

impl Held {
    /// When full, the oldest description or candidate goes, or else the oldest.
    const MAX_EVENTS: usize = 256;

    fn push(&mut self, emission: Outbound) {
        if self.0.len() >= Self::MAX_EVENTS {
            let perishable = |held: &Outbound| matches!(held, Outbound::Emit { perishable: true, .. });
            let victim = self.0.iter().position(perishable).unwrap_or(0);
            self.0.remove(victim);
        }
        self.0.push_back(emission);
    }

    fn release(&mut self) -> Vec<Outbound> {
        std::mem::take(&mut self.0).into()
    }
}

impl Dialect for Hearth {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            video: true,
            voice: true,
            busy: true,
            media_state: true,
            screen_share: true,
            subjects: false,
            history: true,
            analytics: false,
            contacts: true,
            list: ListKind::Sessions,
            chat: false,
            ring_timeout_s: Some(60),
            seats: room::SEATS,
        }
    }

    fn offers(&self) -> OfferRule {
        OfferRule::Told
    }

    /// The backend wants the token as an event.
    fn socket_auth(&self) -> Option<Value> {
        None
    }

    fn opened(&mut self) -> Vec<Outbound> {
        self.ready = false;
        let token = Value::String(self.token.clone());
        vec![Outbound::Emit { name: wire::name::AUTHENTICATE, args: vec![token], perishable: false }]
    }

    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError> {
        let mut reaction = match inbound {
            Inbound::Opened => return Ok(Reaction::send(self.opened())),
            Inbound::Closed => {
                self.ready = false;
                self.calls.lost_rooms();
                return Ok(Reaction::none());
            }
            Inbound::Event { name, args } => self.event(&name, args)?,
            Inbound::Reply { id, status, body } => self.reply(id, status, &body)?,
        };
        reaction.outbound = self.in_time(reaction.outbound);
        Ok(reaction)
    }

    fn encode(&mut self, call: &CallKey, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError> {
        let said = match call {
            CallKey::Local(local) => self.say_local(*local, signal)?,
            CallKey::Remote(remote) | CallKey::Member(remote, _) => {
                self.say(&remote.0, call.peer(), signal)?
            }
        };
        Ok(self.in_time(said))
    }

    fn report(&mut self, call: &CallKey, report: &CallReport) -> Result<Vec<Outbound>, EncodeError> {
        let Some(remote) = call.remote() else { return Err(EncodeError::UnknownCall) };
        let session = self.calls.session_of(&remote.0).ok_or(EncodeError::UnknownCall)?;
        let said = self.report_of(&session, report)?;
        Ok(self.in_time(said))
    }

    fn renew(&mut self, identity: &Identity) {
        self.token = identity.token.clone();
    }

    fn directory(&self) -> Arc<dyn Directory> {
        Arc::new(Lists { me: self.me.clone() })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_held_is_bounded_and_a_hang_up_outlives_candidates() {
        let emission = |n: usize, perishable| Outbound::Emit { name: "x", args: vec![json!(n)], perishable };
        let mut held = Held::default();
        held.push(emission(0, false));
        for n in 1..=Held::MAX_EVENTS {
            held.push(emission(n, true));
        }
        let released = held.release();
        assert_eq!(released.len(), Held::MAX_EVENTS);
        assert_eq!((&released[0], &released[1]), (&emission(0, false), &emission(2, true)));
        assert_eq!(held.release(), []);
    }
}
