//! Photos of people, kept in memory once they were fetched. Which may be fetched, and by whose proxy and
//! certificates, follows from the accounts there are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_signaling::{Photo, PhotoClient, PhotoError, TransportConfig};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use tracing::debug;
use url::Url;

use crate::Handle;

/// Bytes of photos that are kept.
const KEPT: u64 = 32 * 1024 * 1024;
/// What an address without a photo counts for.
const NOTHING: u64 = 512;
/// Photos of an ordinary size; only a hint for the table.
const EXPECTED: usize = 512;
/// Servers that a client is kept for.
const CLIENTS: usize = 16;
/// Photos fetched at the same time; further ones wait their turn.
const AT_ONCE: usize = 4;
/// After this an address that gave no photo is asked again.
const FORGIVEN: Duration = Duration::from_secs(300);

/// What an address gave.
#[derive(Clone, Debug)]
struct Answer {
    photo: Option<Arc<Photo>>,
    at: Instant,
}

#[derive(Clone, Debug)]
struct Size;

impl Weighter<String, Answer> for Size {
    fn weight(&self, address: &String, answer: &Answer) -> u64 {
        let bytes = answer.photo.as_ref().map_or(0, |photo| photo.bytes.len());
        NOTHING + u64::try_from(address.len() + bytes).unwrap_or(u64::MAX / 2)
    }
}

#[derive(Debug)]
pub(crate) struct Photos {
    answers: Cache<String, Answer, Size>,
    /// By how an account's own server is reached; `None` for all others.
    clients: Cache<Option<TransportConfig>, PhotoClient>,
    turns: Semaphore,
}

impl Default for Photos {
    fn default() -> Self {
        Self {
            answers: Cache::with_weighter(EXPECTED, KEPT, Size),
            clients: Cache::new(CLIENTS),
            turns: Semaphore::new(AT_ONCE),
        }
    }
}

impl Photos {
    async fn fetch(&self, url: &Url, own: Option<TransportConfig>) -> Result<Photo, PhotoError> {
        let make =
            async { PhotoClient::new(own.is_some(), own.as_ref().unwrap_or(&Default::default())).await };
        self.clients.get_or_insert_async(&own, make).await?.fetch(url).await
    }
}

impl Handle {
    /// The photo at an address: over plain HTTP only from an account's own server. `None` if there is none
    /// to be had.
    pub async fn photo(&self, address: &str) -> Option<Arc<Photo>> {
        let url = Url::parse(address).ok().filter(Url::has_host)?;
        let own = self.own_transport(&url);
        // Who signs out of a server has no photos of it any more.
        let key = format!("{} {url}", own.is_some());
        let photos = &self.photos;
        let over = |old: &Answer| old.photo.is_none() && old.at.elapsed() > FORGIVEN;
        photos.answers.remove_if(&key, over);
        let fetch = async {
            let _turn = photos.turns.acquire().await?;
            let photo = photos.fetch(&url, own).await;
            let photo = photo.inspect_err(|error| debug!(%error, "No photo")).ok().map(Arc::new);
            Ok::<_, tokio::sync::AcquireError>(Answer { photo, at: Instant::now() })
        };
        photos.answers.get_or_insert_async(&key, fetch).await.ok()?.photo
    }

    /// How the account whose server that is reaches it.
    fn own_transport(&self, url: &Url) -> Option<TransportConfig> {
        self.keepsakes().borrow().values().find(|one| one.is_at(url)).and_then(|one| one.transport().ok())
    }
}
