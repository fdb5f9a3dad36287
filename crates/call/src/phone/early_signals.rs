//! Early signals and other memory beside the calls: signals that came before their call, rings that wait for
//! glare to be decided, and ended calls that may still be mentioned. All bounded, because remote peers can
//! make it grow.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::{AccountId, CallId, IncomingSignal, PeerId, ReceivedSignal, RemoteCallId, Ring};

/// Full: the oldest is dropped.
const MAX_SIGNALS: usize = 256;
const MAX_HELD_RINGS: usize = 4;
const MAX_ENDED_CALLS: usize = 128;
const MAX_OWED_CANCELS: usize = 32;
/// Older rings have ended.
const MAX_SIGNAL_AGE: Duration = Duration::from_secs(40);

/// A signal, and the member it came from where the backend named it.
type Said = (Option<PeerId>, IncomingSignal);

#[derive(Debug, Default)]
pub(crate) struct EarlySignals {
    signals: VecDeque<(Instant, AccountId, RemoteCallId, Said)>,
    rings: VecDeque<(Instant, AccountId, RemoteCallId, Ring)>,
    over: VecDeque<(AccountId, RemoteCallId)>,
    /// Invitations taken back before the backend said their id.
    owed_cancels: VecDeque<(AccountId, CallId)>,
}

impl EarlySignals {
    pub(crate) fn keep(&mut self, received: ReceivedSignal, now: Instant) {
        let Some(remote) = received.call.remote().cloned() else { return };
        if !self.is_over(received.account, &remote) {
            self.signals.retain(|(at, ..)| is_fresh(*at, now));
            let said = (received.call.peer().cloned(), received.signal);
            push_bounded(&mut self.signals, (now, received.account, remote, said), MAX_SIGNALS);
        }
    }

    /// What was received of a call and from whom, in its order.
    pub(crate) fn take(&mut self, account: AccountId, remote: &RemoteCallId, now: Instant) -> Vec<Said> {
        let (ours, others): (VecDeque<_>, _) = std::mem::take(&mut self.signals)
            .into_iter()
            .partition(|(_, to, id, _)| *to == account && id == remote);
        self.signals = others;
        ours.into_iter().filter(|(at, ..)| is_fresh(*at, now)).map(|(.., said)| said).collect()
    }

    pub(crate) fn hold_ring(&mut self, account: AccountId, remote: RemoteCallId, ring: Ring, now: Instant) {
        if !self.rings.iter().any(|(_, to, id, _)| *to == account && *id == remote) {
            push_bounded(&mut self.rings, (now, account, remote, ring), MAX_HELD_RINGS);
        }
    }

    /// Takes out the rings that are decidable now; the age of the others goes on.
    pub(crate) fn release_rings(
        &mut self,
        undecided: impl Fn(AccountId, &Ring) -> bool,
        now: Instant,
    ) -> Vec<(AccountId, RemoteCallId, Ring)> {
        let (held, released): (VecDeque<_>, VecDeque<_>) = std::mem::take(&mut self.rings)
            .into_iter()
            .filter(|(at, ..)| is_fresh(*at, now))
            .partition(|(_, account, _, ring)| undecided(*account, ring));
        self.rings = held;
        released.into_iter().map(|(_, account, remote, ring)| (account, remote, ring)).collect()
    }

    pub(crate) fn over(&mut self, account: AccountId, remote: RemoteCallId) {
        self.signals.retain(|(_, to, id, _)| (*to, id) != (account, &remote));
        if !self.is_over(account, &remote) {
            push_bounded(&mut self.over, (account, remote), MAX_ENDED_CALLS);
        }
    }

    pub(crate) fn is_over(&self, account: AccountId, remote: &RemoteCallId) -> bool {
        self.over.iter().any(|(to, id)| *to == account && id == remote)
    }

    pub(crate) fn owe_cancel(&mut self, account: AccountId, call: CallId) {
        push_bounded(&mut self.owed_cancels, (account, call), MAX_OWED_CANCELS);
    }

    pub(crate) fn take_owed_cancel(&mut self, account: AccountId, call: CallId) -> bool {
        let before = self.owed_cancels.len();
        self.owed_cancels.retain(|debt| *debt != (account, call));
        self.owed_cancels.len() < before
    }

    pub(crate) fn forget(&mut self, account: AccountId) {
        self.signals.retain(|(_, to, ..)| *to != account);
        self.rings.retain(|(_, to, ..)| *to != account);
        self.over.retain(|(to, _)| *to != account);
        self.owed_cancels.retain(|(to, _)| *to != account);
    }
}

fn is_fresh(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) < MAX_SIGNAL_AGE
}

fn push_bounded<T>(queue: &mut VecDeque<T>, item: T, most: usize) {
    if queue.len() >= most {
        queue.pop_front();
    }
    queue.push_back(item);
}
