//! Network changes as they concern connections to servers: whether those begin at another address now.

use std::net::IpAddr;

use bellwire_peer::{NetworkWatch, source_anywhere};

#[derive(Debug)]
pub(crate) struct Network {
    watch: NetworkWatch,
    /// What connections begin at by default, one address of each family.
    sources: Vec<IpAddr>,
}

impl Network {
    pub(crate) fn new(watch: NetworkWatch) -> Self {
        Self { watch, sources: source_anywhere() }
    }

    /// Waits for a change that may matter. True: an address that connections began at is gone.
    pub(crate) async fn changed(&mut self) -> bool {
        let addresses = self.watch.changed().await;
        let before = std::mem::replace(&mut self.sources, source_anywhere());
        moved(&before, &addresses)
    }
}

fn moved(before: &[IpAddr], addresses: &[IpAddr]) -> bool {
    before.iter().any(|source| !source.is_loopback() && !addresses.contains(source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_loss_of_an_address_that_connections_begin_at_moves_them() {
        let ip = |text: &str| -> IpAddr { text.parse().expect("an address") };
        let (wifi, cable, virtual_one) = (ip("192.0.2.1"), ip("198.51.100.2"), ip("203.0.113.3"));
        assert!(moved(&[wifi], &[cable]));
        assert!(moved(&[wifi], &[ip("127.0.0.1")]), "offline");
        assert!(!moved(&[wifi], &[wifi, cable]), "a cable besides");
        assert!(!moved(&[wifi], &[wifi]), "another one went: {virtual_one}");
        assert!(!moved(&[], &[wifi]), "there were none");
    }
}
