//! Backend histories: their pages are fetched and merged into the call log, each page once in a while.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use bellwire_call::AccountId;
use bellwire_call_log::CallLog;
use tokio::task::JoinSet;
use tracing::debug;

use crate::history::source::Source;
use crate::lists::backend_call;

/// Calls on a page.
pub(super) const PAGE_LEN: u32 = 20;
/// A page that was fetched so recently is not fetched again.
const REFETCH_AFTER: Duration = Duration::from_secs(30);
/// Pages that are remembered as fetched.
const MAX_REMEMBERED: usize = 256;

/// Which pages were fetched from backends a short time ago, and how many rows of each could not be read.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecentFetches {
    pages: Arc<Mutex<BTreeMap<(AccountId, u32), Fetched>>>,
}

/// When a page was fetched, and how many of its rows could not be read.
type Fetched = (Instant, u32);

impl RecentFetches {
    /// True if the page is to be fetched now, and not again for a while.
    pub(super) fn begin(&self, account: AccountId, page: u32, now: Instant) -> bool {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        pages.retain(|_, (at, _)| now.saturating_duration_since(*at) < REFETCH_AFTER);
        if pages.contains_key(&(account, page)) || pages.len() >= MAX_REMEMBERED {
            return false;
        }
        pages.insert((account, page), (now, 0));
        true
    }

    pub(super) fn arrived(&self, account: AccountId, page: u32, left_out: u32) {
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = pages.get_mut(&(account, page)) {
            known.1 = left_out;
        }
    }

    pub(super) fn left_out(&self, sources: &[Source], page: u32) -> u32 {
        let pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |source: &Source| pages.get(&(source.id, page)).map_or(0, |known| known.1);
        sources.iter().map(of).fold(0, u32::saturating_add)
    }
}

/// Merges those pages of each backend's history into the log, as far as they arrive in time.
pub(super) async fn fetch_all(
    log: &CallLog,
    recent: &RecentFetches,
    sources: Vec<Source>,
    timeout: Duration,
    pages: RangeInclusive<u32>,
) {
    let mut fetching = JoinSet::new();
    for source in sources {
        let (log, recent, pages) = (log.clone(), recent.clone(), pages.clone());
        fetching.spawn(async move {
            for page in pages {
                if !fetch(&log, &recent, &source, page).await {
                    return;
                }
            }
        });
    }
    let all = async { while fetching.join_next().await.is_some() {} };
    if tokio::time::timeout(timeout, all).await.is_err() {
        debug!("Some histories did not come in time");
    }
}

/// One page of a backend's history goes into the log; false if there is none after it.
async fn fetch(log: &CallLog, recent: &RecentFetches, source: &Source, page: u32) -> bool {
    let Some(session) = &source.session else { return false };
    match session.history(page, PAGE_LEN).await {
        Ok(found) => {
            recent.arrived(source.id, page, found.left_out);
            let more = found.page < found.pages && !found.items.is_empty();
            let calls = found.items.into_iter().map(backend_call).collect();
            if let Err(error) = log.merge(source.account.clone(), calls, SystemTime::now()).await {
                debug!(%error, "A history was not kept");
            }
            more
        }
        Err(error) => {
            debug!(%error, "A history was not fetched");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_fetched_once_in_a_while_however_often_it_is_shown() {
        let (fetches, now) = (RecentFetches::default(), Instant::now());
        assert!(fetches.begin(AccountId(1), 1, now));
        for look in 0..1000 {
            assert!(!fetches.begin(AccountId(1), 1, now + Duration::from_millis(look * 29)));
        }
        assert!(fetches.begin(AccountId(1), 2, now) && fetches.begin(AccountId(2), 1, now));
        assert!(fetches.begin(AccountId(1), 1, now + REFETCH_AFTER));
    }
}
