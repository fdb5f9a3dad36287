//! The page order of appointment lists. Asked for the newest first, a deployed backend gives the oldest
//! first all the same; then the pages are counted from the other end.

use std::sync::atomic::{AtomicU32, Ordering};

use super::wire::Meta;

/// Pages of past appointments where the oldest come first; 0 until that was seen.
#[derive(Debug, Default)]
pub(super) struct PageOrder {
    ascending: AtomicU32,
}

impl PageOrder {
    /// The page to ask for where the `page`th of the newest is wanted.
    pub(super) fn turned(&self, page: u32) -> u32 {
        let pages = self.ascending.load(Ordering::Relaxed);
        let page = page.max(1);
        if page <= pages { pages - page + 1 } else { page }
    }

    /// Takes in when the appointments of a page begin, as they came. Gives the number of the page,
    /// counted from the newest.
    pub(super) fn learn(&self, starts: &[i64], meta: &Meta) -> u32 {
        let ascending = match (starts.first(), starts.last()) {
            (Some(first), Some(last)) if first < last => true,
            (Some(first), Some(last)) if first > last => false,
            // One row, or all at once: as before.
            (Some(_), Some(_)) | (None, _) | (_, None) => self.ascending.load(Ordering::Relaxed) > 0,
        };
        let pages = if ascending { meta.total_pages } else { 0 };
        self.ascending.store(pages, Ordering::Relaxed);
        self.turned(meta.current_page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(current_page: u32, total_pages: u32) -> Meta {
        Meta { total_count: 25, current_page, page_size: 10, total_pages }
    }

    #[test]
    fn a_backend_that_begins_with_the_oldest_is_read_from_its_end() {
        let order = PageOrder::default();
        assert_eq!(order.turned(1), 1);
        assert_eq!(order.learn(&[1, 2, 3], &page(1, 3)), 3, "the first of the oldest is the last");
        assert_eq!([1, 2, 3, 4].map(|page| order.turned(page)), [3, 2, 1, 4]);
        assert_eq!(order.learn(&[25], &page(3, 3)), 1, "one row tells nothing");
        assert_eq!(order.learn(&[9, 8], &page(2, 3)), 2, "it was taught to sort");
        assert_eq!(order.turned(1), 1);
    }
}
