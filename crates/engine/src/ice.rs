//! STUN and TURN servers of an account, with credentials that expire. Which of them a call uses is the
//! peer connection's business.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use bellwire_signaling::Session;

/// ICE servers with credentials that expire: fetched ahead, renewed before a call needs them.
#[derive(Debug)]
pub(crate) struct IceCache {
    session: Session,
    known: Mutex<Option<(Instant, Vec<bellwire_peer::IceServer>)>>,
}

impl IceCache {
    /// Credentials live ten minutes (`ice-servers` of our server); a call must get some minutes out of them.
    const FRESH: Duration = Duration::from_secs(300);
    /// A call is not held up longer than this for want of a TURN address.
    const PATIENCE: Duration = Duration::from_secs(2);

    pub(crate) fn new(session: Session) -> Self {
        Self { session, known: Mutex::new(None) }
    }

    pub(crate) async fn servers(&self) -> Vec<bellwire_peer::IceServer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, servers)) = &known
            && at.elapsed() < Self::FRESH
        {
            return servers.clone();
        }
        match tokio::time::timeout(Self::PATIENCE, self.session.ice_servers()).await {
            Ok(Ok(servers)) => {
                let servers: Vec<_> = servers
                    .into_iter()
                    .map(|s| bellwire_peer::IceServer {
                        urls: s.urls,
                        username: s.username.unwrap_or_default(),
                        credential: s.credential.unwrap_or_default(),
                    })
                    .collect();
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((Instant::now(), servers.clone()));
                servers
            }
            Ok(Err(_)) | Err(_) => known.map(|(_, servers)| servers).unwrap_or_default(),
        }
    }
}
