//! The id of a backend: a line of the table of dialects, by which configuration, metrics, limits and tokens
//! tell backends apart. What a backend is made of: [`runtime`](crate::runtime).

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use bellwire_dialects::{DIALECTS, Entry};

/// One of the backends; compared by its id.
#[derive(Clone, Copy)]
pub struct Backend(&'static Entry);

impl Backend {
    pub(crate) const fn of(entry: &'static Entry) -> Self {
        Self(entry)
    }

    /// The dialect's id: what a client asks for.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// The backend of an id.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        bellwire_dialects::dialect(id).map(Self)
    }

    /// All of them, in the order of the table.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        DIALECTS.iter().map(Self)
    }

    /// What clients know of it: label, roles, fields of its sign-in, prefix of its REST routes.
    pub(crate) fn entry(self) -> &'static Entry {
        self.0
    }
}

impl PartialEq for Backend {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Backend {}

impl PartialOrd for Backend {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Backend {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id().cmp(other.id())
    }
}

impl Hash for Backend {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id().hash(state);
    }
}

impl std::fmt::Debug for Backend {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Backend").field(&self.id()).finish()
    }
}
