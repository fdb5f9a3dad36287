//! Group engines: what carries the media of calls of several.
//!
//! Without one, members are connected to each other (a mesh), and the hub passes on what they say. With one, each
//! member offers what they send to the engine, and is offered by it what the others send. An engine is a task: it is
//! asked, and what it says to members goes through the hub. No client talks to it or has a secret of it.
//!
//! ```text
//!  sockets ──► hub ── Request ──► engine ──► its server
//!               ▲                   │
//!               └────── Said ◄──────┘
//! ```

mod janus;

use bellwire_dialects::hearth::wire::{IceCandidateInit, SdpBody};
use tokio::sync::{mpsc, watch};

use crate::config::GroupEngineConfig;
use crate::runtime::TaskSet;

/// How the engine is named to clients, among the members of a call.
pub(crate) const ENGINE_PEER: &str = "group-engine";

/// What an engine is asked. Members are named by their user.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    /// Somebody is in the room with that program, for the first time or again.
    Enter {
        room: String,
        member: String,
        peer: String,
    },
    Leave {
        room: String,
        member: String,
    },
    /// Of what a member sends.
    Offer {
        room: String,
        member: String,
        offer: SdpBody,
    },
    /// A member takes what comes of another.
    Answer {
        room: String,
        member: String,
        of: String,
        answer: SdpBody,
    },
    /// For the connection of what a member sends, or of what comes to them of another.
    Candidate {
        room: String,
        member: String,
        of: Option<String>,
        candidate: Option<IceCandidateInit>,
    },
    Close {
        room: String,
    },
}

/// What an engine says to a member: about what comes of another, or about what they send.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Said {
    pub(crate) room: String,
    pub(crate) to: String,
    pub(crate) of: Option<String>,
    pub(crate) what: Word,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Word {
    Offer(SdpBody),
    Answer(SdpBody),
    Candidate(Option<IceCandidateInit>),
}

/// An engine that has been started.
#[derive(Clone, Debug)]
pub(crate) struct GroupEngine {
    /// When full, the records wait, and with them the sockets.
    requests: mpsc::Sender<Request>,
    up: watch::Receiver<bool>,
}

impl GroupEngine {
    /// `None`: members are connected to each other. When nobody reads what it `said`, it waits.
    pub(crate) fn start(
        config: &GroupEngineConfig,
        said: mpsc::Sender<Said>,
        tasks: &mut TaskSet,
    ) -> Option<GroupEngine> {
        match config {
            GroupEngineConfig::Mesh => None,
            GroupEngineConfig::Janus(config) => Some(janus::start(config.clone(), said, tasks)),
        }
    }

    pub(crate) async fn ask(&self, request: Request) {
        // It ends with the server.
        let _ = self.requests.send(request).await;
    }

    /// Whether its server can be reached.
    pub(crate) fn is_up(&self) -> bool {
        *self.up.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<bool> {
        self.up.clone()
    }
}
