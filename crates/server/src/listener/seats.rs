//! The limit of connections: at a listener, and of one network.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::ConnectionLimits;
use crate::request::network;

/// Most connections of a listener, however many descriptors there are: each takes some 35 KiB.
const MOST: usize = 10_000;
/// Descriptors for all that is no connection: database files, listeners, logs, what is being turned away.
const RESERVED: usize = 64;
/// A listener serves so many however few descriptors there are.
const FEWEST: usize = 8;

/// The connections of one listener.
#[derive(Debug)]
pub(crate) struct Seats {
    total: usize,
    per_network: Option<usize>,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// A place for one connection; free again when dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Arc<Seats>,
    network: IpAddr,
}

impl Seats {
    /// Those of one of `listeners`: an equal share of the descriptors this process may open, less a
    /// reserve and what the relay takes (at most a quarter). No network has more than a quarter of it.
    pub(crate) fn new(limits: ConnectionLimits, listeners: usize, relayed: usize) -> Arc<Self> {
        let share = descriptors().map_or(MOST, |all| share(all, listeners, relayed));
        let total = limits.per_listener.unwrap_or(MOST).min(share).max(1);
        let per_network = limits.per_address.map(|most| most.min((total / 4).max(FEWEST)).max(1));
        Arc::new(Self { total, per_network, taken: Mutex::default() })
    }

    /// `None` when there is none left, or none for that network (of IPv6 the /64).
    pub(crate) fn take(self: &Arc<Self>, from: IpAddr) -> Option<Seat> {
        let network = network(from);
        let mut taken = self.lock();
        let of_it = taken.of.get(&network).copied().unwrap_or(0);
        if taken.all >= self.total || self.per_network.is_some_and(|most| of_it >= most) {
            return None;
        }
        taken.all += 1;
        taken.of.insert(network, of_it + 1);
        Some(Seat { seats: Arc::clone(self), network })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        // Counts are whole at every moment.
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.all = taken.all.saturating_sub(1);
        if let Some(count) = taken.of.get_mut(&self.network) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.of.remove(&self.network);
            }
        }
    }
}

fn share(descriptors: usize, listeners: usize, relayed: usize) -> usize {
    let relayed = relayed.min(descriptors / 4);
    (descriptors.saturating_sub(RESERVED + relayed) / listeners.max(1)).max(FEWEST)
}

/// Descriptors this process may have open, where the system has a limit.
#[cfg(unix)]
fn descriptors() -> Option<usize> {
    let (soft, _) = rlimit::Resource::NOFILE.get().ok()?;
    usize::try_from(soft).ok()
}

#[cfg(not(unix))]
fn descriptors() -> Option<usize> {
    None
}

/// Raises the number of descriptors this process may open to what the system allows it, and returns it.
///
/// # Errors
/// The system refuses; the limit stays.
pub fn raise_descriptor_limit() -> std::io::Result<u64> {
    rlimit::increase_nofile_limit(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seats(total: usize, per_network: Option<usize>) -> Arc<Seats> {
        Arc::new(Seats { total, per_network, taken: Mutex::default() })
    }

    #[test]
    fn no_network_takes_all_seats_and_each_is_free_again() {
        let seats = seats(5, Some(2));
        let ip = |text: &str| text.parse::<IpAddr>().expect("an address");

        let taken = [seats.take(ip("2001:db8::1")), seats.take(ip("2001:db8::2"))];
        assert!(taken.iter().all(Option::is_some));
        assert!(seats.take(ip("2001:db8::3")).is_none(), "it is one network");
        let others: Vec<_> = (1..=4).map(|n| seats.take(ip(&format!("192.0.2.{n}")))).collect();
        assert_eq!(others.iter().flatten().count(), 3, "five in all");

        drop(taken);
        assert!(seats.take(ip("2001:db8::3")).is_some());
        drop(others);
        assert_eq!(seats.lock().of.len(), 0, "nothing is kept of those who left");
    }

    #[test]
    fn six_listeners_and_the_relay_share_the_descriptors() {
        assert_eq!(share(1024, 6, 1024), (1024 - 64 - 256) / 6);
        assert_eq!(share(1024, 6, 0) * 6 + RESERVED, 1024);
        assert_eq!(share(24, 6, 0), FEWEST);
        let few = ConnectionLimits { per_listener: Some(40), ..ConnectionLimits::default() };
        assert_eq!(Seats::new(few, 6, 0).per_network, Some(10));
        let through_a_proxy = ConnectionLimits { per_address: None, ..few };
        assert_eq!(Seats::new(through_a_proxy, 6, 0).per_network, None);
    }
}
