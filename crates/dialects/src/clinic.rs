//! The clinic dialect: practitioners and patients, with a room for every remote appointment.
//!
//! What is particular about this backend ("as deployed": in the documented deployment, unlike our server):
//!
//! - **There is no ring.** One enters the room of an appointment and waits, so an invitation is entering
//!   the room, and a ring is made by polling: rooms near their time every ten seconds, the others of the
//!   day every minute (`watch`). Every alert of a stay is a call with a key of its own; it is repeated
//!   every two minutes until it is answered or declined, or the other party leaves. Our server sends the
//!   additive `room-status` to all devices of both parties, which makes frequent polling unnecessary.
//! - **The party in the room offers to the newcomer** (`OfferRule::FirstInRoom`), which also gives a lost
//!   socket its way back. As deployed the newcomer is not told who is there: the first signal of the other
//!   party is the answer it waited for. Our `joined-room` lists the participants.
//! - **Events name neither a room nor, where profiles have ids of their own, an account that could be
//!   checked.** They are about the one room we are in and accepted from the appointment's other party
//!   alone; where that account is not known, from the first one heard in this stay (`decode`). An end from
//!   another account is not accepted: our next message enters the room again.
//! - **Flags outlive their people as deployed**: a lost socket is not announced, and its flag stays. Our
//!   own stale flag hides no waiting party, and an ended room causes an alert only when it was written to
//!   after its end.
//! - **A seat is a user's, held by the device that entered last**; the one before receives `call-ended`
//!   with `joined-elsewhere`. A lost connection keeps it for 30 s, also over a restart of the server
//!   (`server/clinic/hub.rs`). The room's row follows the hub, which repeats each order until it is done.
//! - **The practitioner's hang-up ends the call, the patient's only leaves it**, and the party left behind
//!   leaves too: staying would mean waiting again. The last one out of a running room ends it, and an ended
//!   room may be entered again.
//! - **Past appointments stand for a call history**; rooms are deleted a day after their end, what they
//!   were used for stays with the appointment.

mod account;
mod appointment;
mod decode;
mod directory;
mod encode;
mod history;
mod lists;
mod login;
mod page_order;
mod pending_requests;
mod rooms;
mod watch;
pub mod wire;

use std::collections::VecDeque;
use std::sync::Arc;

use bellwire_call::{CallId, CallKey, Invite, OfferRule, OutgoingSignal};
use serde_json::{Value, json};

use self::{account::Account, rooms::Rooms, watch::Pace, wire::UserRole};
use crate::{
    Capabilities, DecodeError, Dialect, Directory, EncodeError, Entry, Identity, Inbound, ListKind, Outbound,
    Reaction, Role, entry::EMAIL_AND_PASSWORD, pending::PendingRequests,
};

/// The line in the table of dialects.
pub const ENTRY: Entry = Entry {
    id: "clinic",
    label: "Clinic",
    roles: &[Role { id: "practitioner", label: "Practitioner" }, Role { id: "patient", label: "Patient" }],
    sign_in_fields: EMAIL_AND_PASSWORD,
    namespace: "/video-call",
    rest_prefix: "",
    new: |identity| Box::new(Clinic::new(identity)),
    login: login::request,
    parse_login: login::parse,
};

/// What one clinic account remembers.
#[derive(Debug)]
pub struct Clinic {
    account: Arc<Account>,
    token: String,
    rooms: Rooms,
    pending: PendingRequests<PendingRequest>,
    /// The socket is open.
    open: bool,
    /// Seconds since 1970 at the last poll; 0 before the first.
    now: i64,
    pace: Pace,
    /// Appointments whose room we asked to enter, oldest first: the backend answers with an error that
    /// names no room.
    joining: VecDeque<String>,
    /// Appointments whose call we ended without a confirmation yet, oldest first.
    ending: VecDeque<String>,
}

/// What an unanswered REST request is for.
#[derive(Debug)]
enum PendingRequest {
    /// The appointment with a person, where the user named none.
    Find { local: CallId, invite: Invite },
    /// The room of an appointment that we want to enter.
    Enter { local: CallId, invite: Invite },
    /// The same once more, where there was none.
    Create { local: CallId, invite: Invite },
    /// Watching: the day's appointments.
    List { page: u32 },
    /// Watching: one room.
    Room { appointment: String },
}

impl PendingRequest {
    /// We want to enter that appointment's room.
    fn is_about(&self, appointment: &str) -> bool {
        match self {
            Self::Find { .. } | Self::List { .. } | Self::Room { .. } => false,
            Self::Enter { invite, .. } | Self::Create { invite, .. } => {
                invite.subject.as_ref().is_some_and(|subject| subject.id == appointment)
            }
        }
    }
}

impl Clinic {
    /// Speaks for an account that signed in; an unknown role is a patient, who can do less.
    #[must_use]
    pub fn new(identity: &Identity) -> Self {
        Self {
            account: Arc::new(Account::new(identity)),
            token: identity.token.clone(),
            rooms: Rooms::default(),
            pending: PendingRequests::default(),
            open: false,
            now: 0,
            pace: Pace::default(),
            joining: VecDeque::new(),
            ending: VecDeque::new(),
        }
    }

    /// The latest instant that we were told, in seconds since 1970.
    fn hour(&self) -> Option<i64> {
        self.account.hour().max((self.now > 0).then_some(self.now))
    }
}

impl Dialect for Clinic {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            video: true,
            voice: false,
            busy: false,
            media_state: true,
            screen_share: self.account.role == UserRole::Practitioner,
            subjects: true,
            history: true,
            analytics: false,
            contacts: true,
            list: ListKind::Appointments,
            chat: false,
            ring_timeout_s: None,
            seats: 2,
        }
    }

    fn offers(&self) -> OfferRule {
        OfferRule::FirstInRoom
    }

    fn socket_auth(&self) -> Option<Value> {
        (!self.token.is_empty()).then(|| json!({ "token": self.token }))
    }

    /// Calls the phone knows are entered again when it says so; it does not know of those that were
    /// still being entered.
    fn opened(&mut self) -> Vec<Outbound> {
        self.open = true;
        self.enter_again()
    }

    fn decode(&mut self, inbound: Inbound) -> Result<Reaction, DecodeError> {
        match inbound {
            Inbound::Opened => Ok(Reaction::send(self.opened())),
            Inbound::Closed => {
                self.open = false;
                // Until the next connection announces them, visits are not announced.
                self.pace.told = false;
                self.joining.clear();
                self.rooms.lost();
                Ok(Reaction::none())
            }
            Inbound::Event { name, args } => self.event(&name, args),
            Inbound::Reply { id, status, body } => self.reply(id, status, &body),
        }
    }

    fn encode(&mut self, call: &CallKey, signal: &OutgoingSignal) -> Result<Vec<Outbound>, EncodeError> {
        match call {
            CallKey::Local(local) => self.say_local(*local, signal),
            CallKey::Remote(remote) | CallKey::Member(remote, _) => self.say(&remote.0, signal),
        }
    }

    fn renew(&mut self, identity: &Identity) {
        self.token = identity.token.clone();
    }

    fn poll_every_ms(&self) -> Option<u64> {
        // The first one tells the time.
        Some(if self.now == 0 { watch::FIRST_POLL_MS } else { watch::POLL_EVERY_MS })
    }

    fn poll(&mut self, now: &str) -> Vec<Outbound> {
        self.ask(now)
    }

    fn directory(&self) -> Arc<dyn Directory> {
        Arc::clone(&self.account) as Arc<dyn Directory>
    }
}
