//! Two accounts of one dialect with their backend's relay between them.

use std::collections::VecDeque;

use bellwire_call::{
    CallId, CallKey, CallReport, IncomingSignal, Invite, MediaKind, OutgoingSignal, Person, PersonId,
};
use bellwire_dialects::{
    Capabilities, ChatAction, DecodeError, Dialect, EncodeError, Entry, Identity, Inbound, Outbound,
    SideEvent,
};

use crate::relay::{self, Account, Relay, Side};

/// The hour at which everything here happens.
pub(crate) const NOW: &str = "2026-01-05T10:00:00.000Z";
/// Far more than any word costs.
const MAX_MESSAGES: usize = 1000;

/// What came of one word, at both ends.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) signals: [Vec<(CallKey, IncomingSignal)>; 2],
    pub(crate) side: [Vec<SideEvent>; 2],
}

impl Heard {
    pub(crate) fn at(&self, side: Side) -> &[(CallKey, IncomingSignal)] {
        &self.signals[index(side)]
    }

    pub(crate) fn beside(&self, side: Side) -> &[SideEvent] {
        &self.side[index(side)]
    }

    /// That side's signals, without their keys.
    pub(crate) fn words(&self, side: Side) -> Vec<&IncomingSignal> {
        self.at(side).iter().map(|(_, signal)| signal).collect()
    }
}

pub(crate) struct Pair {
    pub(crate) entry: &'static Entry,
    pub(crate) dialects: [Box<dyn Dialect>; 2],
    pub(crate) relay: Box<dyn Relay>,
    calls: u64,
}

fn index(side: Side) -> usize {
    match side {
        Side::One => 0,
        Side::Two => 1,
    }
}

pub(crate) fn identity(entry: &Entry, id: &str, name: &str, role: &str) -> Identity {
    Identity {
        dialect: entry.id.to_owned(),
        person: Person { id: PersonId(id.to_owned()), name: name.to_owned(), avatar: None },
        role: role.to_owned(),
        token: "token".to_owned(),
        cookie: None,
        bearer: false,
        refresh_token: None,
    }
}

impl Pair {
    /// Both are signed in and their sockets are open.
    pub(crate) fn new(entry: &'static Entry) -> Self {
        let relay = relay::relay(entry);
        let start = |account: Account| (entry.new)(&identity(entry, account.id, account.name, account.role));
        let dialects = relay.accounts().map(start);
        let mut pair = Self { entry, dialects, relay, calls: 0 };
        pair.deliver(Side::BOTH.map(|side| (side, Inbound::Opened)).into(), Vec::new());
        pair
    }

    pub(crate) fn capabilities(&self, side: Side) -> Capabilities {
        self.dialects[index(side)].capabilities()
    }

    pub(crate) fn account(&self, side: Side) -> Account {
        self.relay.accounts()[index(side)]
    }

    /// An invitation from that side, and what came of it. Each has a local number of its own.
    pub(crate) fn ring(&mut self, from: Side, kind: MediaKind) -> (CallId, Heard) {
        self.calls += 1;
        let local = CallId(self.calls);
        let Account { id, name, .. } = self.account(from.other());
        let to = Person { id: PersonId(id.into()), name: name.into(), avatar: None };
        let invite = Invite { to, others: Vec::new(), kind, subject: self.relay.subject(from) };
        (local, self.say(from, &CallKey::Local(local), &OutgoingSignal::Invite(invite)))
    }

    pub(crate) fn say(&mut self, from: Side, call: &CallKey, signal: &OutgoingSignal) -> Heard {
        let said = self.try_say(from, call, signal);
        said.unwrap_or_else(|error| panic!("{}: {from:?} cannot say {signal:?}: {error}", self.entry.id))
    }

    pub(crate) fn try_say(
        &mut self,
        from: Side,
        call: &CallKey,
        signal: &OutgoingSignal,
    ) -> Result<Heard, EncodeError> {
        let said = self.dialects[index(from)].encode(call, signal)?;
        Ok(self.deliver(Vec::new(), said.into_iter().map(|outbound| (from, outbound)).collect()))
    }

    pub(crate) fn try_report(
        &mut self,
        from: Side,
        call: &CallKey,
        report: &CallReport,
    ) -> Result<Heard, EncodeError> {
        let said = self.dialects[index(from)].report(call, report)?;
        Ok(self.deliver(Vec::new(), said.into_iter().map(|outbound| (from, outbound)).collect()))
    }

    pub(crate) fn chat(&mut self, from: Side, action: &ChatAction) -> Heard {
        let said = self.dialects[index(from)].chat(action);
        let said = said.unwrap_or_else(|error| panic!("{}: cannot do {action:?}: {error}", self.entry.id));
        self.deliver(Vec::new(), said.into_iter().map(|outbound| (from, outbound)).collect())
    }

    /// That side's socket goes and comes back.
    pub(crate) fn reconnect(&mut self, side: Side) -> Heard {
        let mut told = self.relay.gone(side);
        told.extend([(side, Inbound::Closed), (side, Inbound::Opened)]);
        self.deliver(told, Vec::new())
    }

    /// Carries everything to and fro until both sides are done, then lets both ask what is
    /// new where the backend does not tell by itself.
    fn deliver(&mut self, told: Vec<(Side, Inbound)>, said: Vec<(Side, Outbound)>) -> Heard {
        let mut heard = Heard::default();
        let mut told = VecDeque::from(told);
        let mut said = VecDeque::from(said);
        let mut polled = false;
        for _ in 0..MAX_MESSAGES {
            if let Some((side, inbound)) = told.pop_front() {
                match self.dialects[index(side)].decode(inbound.clone()) {
                    Ok(reaction) => {
                        heard.signals[index(side)].extend(reaction.heard);
                        heard.side[index(side)].extend(reaction.side);
                        said.extend(reaction.outbound.into_iter().map(|outbound| (side, outbound)));
                    }
                    // The farewell after the end: the call is forgotten by then.
                    Err(DecodeError::ForeignCall { .. }) => {}
                    Err(error) => panic!("{}: {side:?} cannot hear {inbound:?}: {error}", self.entry.id),
                }
            } else if let Some((side, outbound)) = said.pop_front() {
                told.extend(self.relay.carry(side, &outbound));
            } else if polled {
                return heard;
            } else {
                polled = true;
                for side in Side::BOTH {
                    let dialect = &mut self.dialects[index(side)];
                    if dialect.poll_every_ms().is_some() {
                        said.extend(dialect.poll(NOW).into_iter().map(|outbound| (side, outbound)));
                    }
                }
            }
        }
        panic!("{}: they never stop talking", self.entry.id);
    }
}
