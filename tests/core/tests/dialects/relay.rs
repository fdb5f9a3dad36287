//! Relays: pure stand-ins of the backends that turn what one side says into what the other side hears. They
//! keep the backend's rules (rooms, recipients, REST replies), not its data.

mod clinic;
mod dealerdesk;
mod hearth;
mod marketplace;
mod storefront;

use bellwire_call::{MediaKind, Subject};
use bellwire_dialects::{Entry, Inbound, Outbound};

/// One end of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// The first of the relay's accounts.
    One,
    /// The second.
    Two,
}

impl Side {
    pub(crate) const BOTH: [Self; 2] = [Self::One, Self::Two];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::One => Self::Two,
            Self::Two => Self::One,
        }
    }
}

/// A signed-in user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) role: &'static str,
}

/// One backend between two accounts that may call each other.
pub(crate) trait Relay {
    /// [`Side::One`] and [`Side::Two`].
    fn accounts(&self) -> [Account; 2];

    /// What an invitation from that side is about.
    fn subject(&self, _from: Side) -> Option<Subject> {
        None
    }

    /// The same as the other side is shown it when it rings.
    fn shown_subject(&self, from: Side) -> Option<Subject> {
        self.subject(from)
    }

    /// The kind of call that a ring arrives as; a backend without the distinction rings for video.
    fn shown_kind(&self, placed: MediaKind) -> MediaKind {
        placed
    }

    /// The thread of messages between the two, as that side's list names it.
    fn thread(&self, _side: Side) -> Option<String> {
        None
    }

    /// What the backend tells whom about something one side said, in order; a REST reply goes to the
    /// side that asked. `Opened` and `Closed` of a side are told by [`Relay::gone`].
    fn carry(&mut self, from: Side, said: &Outbound) -> Vec<(Side, Inbound)>;

    /// That side's socket closed: it is in no room any more.
    fn gone(&mut self, side: Side) -> Vec<(Side, Inbound)>;
}

type NewRelay = fn() -> Box<dyn Relay>;

/// The relay of each dialect.
pub(crate) const RELAYS: &[(&str, NewRelay)] = &[
    ("storefront", || Box::new(storefront::Storefront::default())),
    ("dealerdesk", || Box::new(dealerdesk::Dealerdesk::default())),
    ("hearth", || Box::new(hearth::Hearth::default())),
    ("clinic", || Box::new(clinic::Clinic::default())),
    ("marketplace", || Box::new(marketplace::Marketplace::default())),
];

/// A fresh relay of that dialect.
pub(crate) fn relay(entry: &Entry) -> Box<dyn Relay> {
    let line = RELAYS.iter().find(|(id, _)| *id == entry.id);
    line.unwrap_or_else(|| panic!("{} has no relay: write relay/{}.rs", entry.id, entry.id)).1()
}

/// An event with one argument.
pub(crate) fn event(name: &str, argument: serde_json::Value) -> Inbound {
    Inbound::Event { name: name.to_owned(), args: vec![argument] }
}
