//! Network watch: the addresses of this machine as they change, told by the system's events rather than
//! asked for, and what a change means for a path.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;

use crate::local_addresses;
use crate::shared::lock;

/// After an event: at once, when what belongs to it has come too, and when IPv6 addresses have been found to
/// be nobody else's (RFC 4862 5.4), before which they cannot be bound and after which no event comes.
const SETTLING: [Duration; 2] = [Duration::from_millis(30), Duration::from_secs(2)];
/// Where the system tells of no changes.
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Addresses of nobody (RFC 5737, RFC 3849), which only the default routes lead to.
const ANYWHERE: [IpAddr; 2] =
    [IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1))];

/// A source of events: something about the interfaces of this machine has changed.
#[async_trait::async_trait]
pub(crate) trait InterfaceEvents: Send {
    /// Returns at the next change; an error ends the source.
    async fn changed(&mut self) -> io::Result<()>;
}

/// What the system tells: netlink on Linux, and its like elsewhere.
struct SystemEvents(if_watch::tokio::IfWatcher);

#[async_trait::async_trait]
impl InterfaceEvents for SystemEvents {
    async fn changed(&mut self) -> io::Result<()> {
        std::future::poll_fn(|cx| self.0.poll_if_event(cx)).await.map(drop)
    }
}

/// The usable addresses of this machine, kept up to date by whoever runs the future that comes with it.
#[derive(Clone, Debug)]
pub struct NetworkWatch(watch::Receiver<Vec<IpAddr>>);

impl NetworkWatch {
    /// The watch and what keeps it up to date, which ends when the last watch is gone.
    pub fn of_system() -> (Self, impl Future<Output = ()> + Send) {
        let (out, addresses) = watch::channel(local_addresses::usable());
        let run = async move {
            match if_watch::tokio::IfWatcher::new() {
                Ok(events) => run(SystemEvents(events), local_addresses::usable, out).await,
                Err(error) => {
                    tracing::debug!(%error, "changes of the network are not told");
                    poll(local_addresses::usable, &out).await;
                }
            }
        };
        (Self(addresses), run)
    }

    /// Of addresses that somebody else keeps.
    pub fn of(addresses: watch::Receiver<Vec<IpAddr>>) -> Self {
        Self(addresses)
    }

    pub fn addresses(&self) -> Vec<IpAddr> {
        self.0.borrow().clone()
    }

    /// The addresses after the next change; never, if none can come any more.
    pub async fn changed(&mut self) -> Vec<IpAddr> {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        self.0.borrow_and_update().clone()
    }
}

async fn run(
    mut events: impl InterfaceEvents,
    list: impl Fn() -> Vec<IpAddr> + Send,
    out: watch::Sender<Vec<IpAddr>>,
) {
    // Times until the addresses are read, next one last.
    let mut due: Vec<Duration> = Vec::new();
    loop {
        let settled = tokio::time::sleep(due.last().copied().unwrap_or_default());
        tokio::select! {
            () = out.closed() => return,
            happened = events.changed() => match happened {
                Ok(()) => due = SETTLING.into_iter().rev().collect(),
                Err(error) => {
                    tracing::debug!(%error, "changes of the network are not told any more");
                    return poll(list, &out).await;
                }
            },
            () = settled, if !due.is_empty() => {
                due.pop();
                update(&list, &out);
            }
        }
    }
}

async fn poll(list: impl Fn() -> Vec<IpAddr> + Send, out: &watch::Sender<Vec<IpAddr>>) {
    loop {
        tokio::select! {
            () = out.closed() => return,
            () = tokio::time::sleep(POLL_INTERVAL) => update(&list, out),
        }
    }
}

fn update(list: &impl Fn() -> Vec<IpAddr>, out: &watch::Sender<Vec<IpAddr>>) {
    let now = list();
    out.send_if_modified(|known| {
        let changed = *known != now;
        *known = now;
        changed
    });
}

/// From where to where media went last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) local: IpAddr,
    /// `None`: a relay over a stream.
    pub(crate) remote: Option<IpAddr>,
}

/// Noted by the sockets, read when the network changes.
#[derive(Debug, Default)]
pub(crate) struct RouteInUse(Mutex<Option<Route>>);

impl RouteInUse {
    pub(crate) fn note(&self, local: IpAddr, remote: Option<IpAddr>) {
        *lock(&self.0) = Some(Route { local, remote });
    }

    pub(crate) fn get(&self) -> Option<Route> {
        *lock(&self.0)
    }
}

/// What a change of addresses means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Meaning {
    /// The address in use is gone, and the path with it.
    pub(crate) lost: bool,
    /// There is an address that a path is to be looked for with.
    pub(crate) gained: bool,
}

/// `works`: there is a path that carries something. `preferred`: the address that the system would send from
/// to another one.
pub(crate) fn meaning(
    before: &[IpAddr],
    after: &[IpAddr],
    route: Option<Route>,
    works: bool,
    preferred: impl Fn(IpAddr) -> Option<IpAddr>,
) -> Meaning {
    let new = |ip: &IpAddr| after.contains(ip) && !before.contains(ip) && !ip.is_loopback();
    let any = after.iter().any(new);
    let Some(route) = route else { return Meaning { lost: false, gained: any } };
    let lost = before.contains(&route.local) && !after.contains(&route.local);
    let anywhere = ANYWHERE[usize::from(route.local.is_ipv6())];
    let better = || preferred(route.remote.unwrap_or(anywhere)).is_some_and(|ip| new(&ip));
    Meaning { lost, gained: any && (lost || !works || better()) }
}

/// Asks the routing table; nothing is sent.
pub(crate) fn source_towards(remote: IpAddr) -> Option<IpAddr> {
    let any: IpAddr =
        if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    socket.connect(SocketAddr::new(remote, 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// What connections begin at by default, at most one address of each family.
pub fn source_anywhere() -> Vec<IpAddr> {
    ANYWHERE.into_iter().filter_map(source_towards).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::mpsc;

    use super::*;

    struct Injected(mpsc::Receiver<()>);

    #[async_trait::async_trait]
    impl InterfaceEvents for Injected {
        async fn changed(&mut self) -> io::Result<()> {
            self.0.recv().await.ok_or_else(|| io::Error::other("over"))
        }
    }

    fn ips(list: &[&str]) -> Vec<IpAddr> {
        list.iter().map(|ip| ip.parse().expect("an address")).collect()
    }

    /// A machine whose addresses the test sets, and the watch over it.
    struct Machine {
        addresses: Arc<Mutex<Vec<IpAddr>>>,
        events: mpsc::Sender<()>,
        watch: NetworkWatch,
    }

    impl Machine {
        fn start(first: &[&str]) -> Self {
            let addresses = Arc::new(Mutex::new(ips(first)));
            let (events, happened) = mpsc::channel(8);
            let (out, watched) = watch::channel(ips(first));
            let listed = Arc::clone(&addresses);
            tokio::spawn(run(Injected(happened), move || lock(&listed).clone(), out));
            Self { addresses, events, watch: NetworkWatch::of(watched) }
        }

        fn has(&self, now: &[&str]) {
            *lock(&self.addresses) = ips(now);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_is_told_soon_after_its_event_and_once() {
        let mut machine = Machine::start(&["192.0.2.1"]);
        machine.has(&["192.0.2.1", "192.0.2.2"]);
        machine.events.send(()).await.expect("watched");
        let start = tokio::time::Instant::now();
        assert_eq!(machine.watch.changed().await, ips(&["192.0.2.1", "192.0.2.2"]));
        assert!(start.elapsed() < Duration::from_millis(100), "{:?}", start.elapsed());
        machine.events.send(()).await.expect("watched");
        let more = tokio::time::timeout(Duration::from_secs(60), machine.watch.changed()).await;
        assert!(more.is_err(), "nothing has changed: {more:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_becomes_usable_after_its_event_is_found() {
        let mut machine = Machine::start(&["192.0.2.1"]);
        machine.events.send(()).await.expect("watched");
        tokio::time::sleep(Duration::from_millis(500)).await;
        machine.has(&["192.0.2.1", "2001:db8::7"]);
        assert_eq!(machine.watch.changed().await, ips(&["192.0.2.1", "2001:db8::7"]));
    }

    #[tokio::test(start_paused = true)]
    async fn without_events_the_addresses_are_asked_for() {
        let Machine { addresses, events, mut watch } = Machine::start(&["192.0.2.1"]);
        drop(events);
        tokio::time::sleep(Duration::from_secs(10)).await;
        *lock(&addresses) = ips(&["192.0.2.9"]);
        assert_eq!(watch.changed().await, ips(&["192.0.2.9"]));
    }

    #[test]
    fn the_loss_of_the_address_in_use_is_the_loss_of_the_path() {
        let (wifi, both) = (ips(&["192.0.2.1"]), ips(&["192.0.2.1", "192.0.2.2"]));
        let route = Some(Route { local: both[1], remote: Some(ips(&["198.51.100.1"])[0]) });
        let meant =
            |before: &[IpAddr], after: &[IpAddr], works| meaning(before, after, route, works, |_| None);
        assert_eq!(meant(&both, &wifi, true), Meaning { lost: true, gained: false });
        assert_eq!(meant(&wifi, &[], true), Meaning::default(), "another one");
        let moved = ips(&["192.0.2.1", "192.0.2.3"]);
        assert_eq!(meant(&both, &moved, true), Meaning { lost: true, gained: true });
        assert_eq!(meant(&both, &ips(&["127.0.0.1"]), true), Meaning { lost: true, gained: false });
    }

    #[test]
    fn a_new_address_counts_if_there_is_no_path_or_the_system_prefers_it() {
        let (before, after) = (ips(&["192.0.2.1"]), ips(&["192.0.2.1", "192.0.2.2"]));
        for remote in [Some(ips(&["198.51.100.1"])[0]), None] {
            let route = Some(Route { local: before[0], remote });
            let gained =
                |works, preferred: IpAddr| meaning(&before, &after, route, works, |_| Some(preferred)).gained;
            assert!(gained(true, after[1]));
            assert!(!gained(true, after[0]), "the old one is as good");
            assert!(gained(false, after[0]));
        }
        assert!(meaning(&before, &after, None, false, |_| None).gained);
        assert!(!meaning(&after, &before, None, false, |_| None).gained);
    }

    #[test]
    fn the_routing_table_is_asked() {
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        assert_eq!(source_towards(loopback), Some(loopback));
    }
}
