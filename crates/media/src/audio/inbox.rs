//! Queue of a member's sound packets between the network and the playout thread.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::Packet;

/// A second of packets with three copies each, on their way to a thread that should take them every 10 ms.
const MAX_QUEUED_PACKETS: usize = 200;

/// See the module. Full: the newest is dropped.
#[derive(Debug)]
pub(crate) struct Inbox {
    /// `None` once the member has left.
    packets: Mutex<Option<VecDeque<(Packet, Origin)>>>,
}

/// How a packet came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Itself,
    /// Repeated in a later packet.
    Copy,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { packets: Mutex::new(Some(VecDeque::new())) }
    }
}

impl Inbox {
    /// Takes a packet from any thread; nothing after [`Self::close`].
    pub(crate) fn push(&self, packet: Packet, origin: Origin) {
        let mut packets = self.lock();
        let Some(queue) = &mut *packets else { return };
        if queue.len() < MAX_QUEUED_PACKETS {
            queue.push_back((packet, origin));
        } else {
            drop(packets);
            tracing::debug!("A sound packet found no room");
        }
    }

    /// The member leaves: what waits is forgotten.
    pub(super) fn close(&self) {
        *self.lock() = None;
    }

    /// What came since the last time; `None` once the member has left.
    pub(super) fn take(&self) -> Option<VecDeque<(Packet, Origin)>> {
        self.lock().as_mut().map(std::mem::take)
    }

    fn lock(&self) -> MutexGuard<'_, Option<VecDeque<(Packet, Origin)>>> {
        self.packets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
