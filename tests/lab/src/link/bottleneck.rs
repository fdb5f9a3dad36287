//! Bottleneck of a link: packets wait in order and are sent one after the other at the link's rate.

use std::collections::VecDeque;

use super::Micros;

#[derive(Debug)]
struct Waiting<T> {
    item: T,
    bytes: usize,
    came: Micros,
}

/// A queue before a serial line. The rate may differ at each call; it counts for packets that are not being
/// sent yet.
#[derive(Debug)]
pub(super) struct Bottleneck<T> {
    waiting: VecDeque<Waiting<T>>,
    bytes: usize,
    /// When sending the first one began and ends; `None` while nothing waits.
    sending: Option<(Micros, Micros)>,
}

impl<T> Bottleneck<T> {
    pub(super) fn new() -> Self {
        Self { waiting: VecDeque::new(), bytes: 0, sending: None }
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn push(&mut self, now: Micros, bytes: usize, item: T, rate_kbps: f64) {
        if self.waiting.is_empty() {
            self.sending = Some((now, now + duration(bytes, rate_kbps)));
        }
        self.waiting.push_back(Waiting { item, bytes, came: now });
        self.bytes += bytes;
    }

    /// The next packet that was sent by `now`: when it was, how long it had waited, and itself.
    pub(super) fn pop(&mut self, now: Micros, rate_kbps: f64) -> Option<(Micros, Micros, T)> {
        let (begin, end) = self.sending?;
        if end > now {
            return None;
        }
        let first = self.waiting.pop_front()?;
        self.bytes -= first.bytes;
        self.sending = self.waiting.front().map(|next| {
            let begin = end.max(next.came);
            (begin, begin + duration(next.bytes, rate_kbps))
        });
        Some((end, begin.saturating_sub(first.came), first.item))
    }

    pub(super) fn next_event(&self) -> Option<Micros> {
        self.sending.map(|(_, end)| end)
    }

    /// How long a packet that comes now has to wait.
    pub(super) fn wait(&self, now: Micros, rate_kbps: f64) -> Micros {
        let Some((_, end)) = self.sending else { return 0 };
        let behind = self.bytes - self.waiting.front().map_or(0, |first| first.bytes);
        end.saturating_sub(now) + duration(behind, rate_kbps)
    }
}

fn duration(bytes: usize, rate_kbps: f64) -> Micros {
    if rate_kbps > 0.0 { (bytes as f64 * 8e3 / rate_kbps).round() as Micros } else { 0 }
}
