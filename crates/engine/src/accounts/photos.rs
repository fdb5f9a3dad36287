//! Cache of photos of people, in memory. Which may be fetched, and through which proxy and certificates,
//! follows from the accounts there are.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_signaling::{Photo, PhotoClient, PhotoError, TransportConfig};
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::sync::Semaphore;
use tracing::debug;
use url::Url;

/// Bytes of photos that are kept.
const MAX_CACHE_BYTES: u64 = 32 * 1024 * 1024;
/// What an address without a photo counts for.
const EMPTY_ENTRY_BYTES: u64 = 512;
/// Photos of an ordinary size; only a hint for the table.
const EXPECTED_PHOTOS: usize = 512;
/// Servers that a client is kept for.
const MAX_CLIENTS: usize = 16;
/// Photos fetched at the same time; further ones wait their turn.
const MAX_CONCURRENT_FETCHES: usize = 4;
/// After this an address that gave no photo is asked again.
const RETRY_AFTER: Duration = Duration::from_secs(300);

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
        EMPTY_ENTRY_BYTES + u64::try_from(address.len() + bytes).unwrap_or(u64::MAX / 2)
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
            answers: Cache::with_weighter(EXPECTED_PHOTOS, MAX_CACHE_BYTES, Size),
            clients: Cache::new(MAX_CLIENTS),
            turns: Semaphore::new(MAX_CONCURRENT_FETCHES),
        }
    }
}

impl Photos {
    /// `own`: how the account is reached whose own server that is; `None`: it is another one.
    pub(crate) async fn get(&self, url: &Url, own: Option<TransportConfig>) -> Option<Arc<Photo>> {
        // Without an account on that server its photos are not there any more.
        let key = format!("{} {url}", own.is_some());
        self.answers.remove_if(&key, |old| old.photo.is_none() && old.at.elapsed() > RETRY_AFTER);
        let fetch = async {
            let _turn = self.turns.acquire().await?;
            let photo = self.fetch(url, own).await;
            let photo = photo.inspect_err(|error| debug!(%error, "No photo")).ok().map(Arc::new);
            Ok::<_, tokio::sync::AcquireError>(Answer { photo, at: Instant::now() })
        };
        self.answers.get_or_insert_async(&key, fetch).await.ok()?.photo
    }

    async fn fetch(&self, url: &Url, own: Option<TransportConfig>) -> Result<Photo, PhotoError> {
        let make =
            async { PhotoClient::new(own.is_some(), own.as_ref().unwrap_or(&Default::default())).await };
        self.clients.get_or_insert_async(&own, make).await?.fetch(url).await
    }
}
