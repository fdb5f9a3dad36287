//! Model of one direction of a network path: a bottleneck with a queue, delay with jitter, loss and
//! duplication. It does no I/O and reads no clock; times are microseconds since any common zero.

mod bottleneck;
mod chance;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use serde::{Deserialize, Serialize};

use self::bottleneck::Bottleneck;
use self::chance::{Chance, Jitter, Losses};

/// Microseconds.
pub type Micros = u64;

/// How a packet's delay varies around [`LinkConfig::delay_ms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Distribution {
    /// Within plus and minus the jitter.
    Uniform,
    /// The heavy-tailed table of Linux's netem (exponent 3, mean 0), cut at four times the jitter.
    Pareto,
}

/// Whether packets may overtake each other when delays differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Overtaking {
    Forbidden,
    Allowed,
}

/// Which comes first on the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// A narrow access line, then the long way: loss happens behind the bottleneck and takes its capacity.
    BottleneckFirst,
    /// As netem below an htb class: loss, then delay, then the bottleneck. RingRTC's profiles are made so.
    DelayFirst,
}

/// Packet loss beside that of a full queue, in percent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Loss {
    None,
    /// Each packet by itself.
    Random(f64),
    /// Simple Gilbert model: chance per packet to enter and to leave the state in which all are lost.
    Gilbert {
        enter: f64,
        leave: f64,
    },
}

/// What a direction of a link is like.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkConfig {
    /// 0 means unlimited.
    pub rate_kbps: f64,
    /// Longest wait for the bottleneck, ms; a packet that would wait longer is dropped. 0 means no limit.
    pub queue_ms: f64,
    /// Most packets on the link, waiting or under way. 0 means no limit.
    pub limit: usize,
    pub delay_ms: f64,
    pub jitter_ms: f64,
    pub distribution: Distribution,
    /// How much a packet's jitter is that of the packet before, 0..1.
    pub jitter_correlation: f64,
    pub overtaking: Overtaking,
    pub loss: Loss,
    pub duplicate_percent: f64,
    /// Packets sent at once in spite of the delay, which overtake all the others.
    pub reorder_percent: f64,
    /// As `jitter_correlation`, of the chance to overtake.
    pub reorder_correlation: f64,
    pub order: Order,
    /// Nothing passes.
    pub down: bool,
}

impl LinkConfig {
    /// Unlimited and without delay.
    pub const CLEAN: Self = Self {
        rate_kbps: 0.0,
        queue_ms: 0.0,
        limit: 0,
        delay_ms: 0.0,
        jitter_ms: 0.0,
        distribution: Distribution::Uniform,
        jitter_correlation: 0.0,
        overtaking: Overtaking::Forbidden,
        loss: Loss::None,
        duplicate_percent: 0.0,
        reorder_percent: 0.0,
        reorder_correlation: 0.0,
        order: Order::BottleneckFirst,
        down: false,
    };
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Delivered,
    /// The queue was full.
    Dropped,
    /// By chance.
    Lost,
    /// The link was down.
    Down,
}

impl Fate {
    /// One letter for logs.
    pub fn letter(self) -> char {
        match self {
            Self::Delivered => 'k',
            Self::Dropped => 'q',
            Self::Lost => 'l',
            Self::Down => 'd',
        }
    }
}

/// A packet that left the link, at its end or before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<P> {
    pub packet: P,
    pub fate: Fate,
    pub sent: Micros,
    pub left: Micros,
    /// Time spent waiting for the bottleneck, without its own transmission.
    pub queued: Micros,
    /// A second copy of a packet.
    pub copy: bool,
}

#[derive(Debug)]
struct Item<P> {
    packet: P,
    bytes: usize,
    sent: Micros,
    queued: Micros,
    copy: bool,
}

#[derive(Debug)]
struct Delayed<P> {
    due: Micros,
    number: u64,
    item: Item<P>,
}

impl<P> PartialEq for Delayed<P> {
    fn eq(&self, other: &Self) -> bool {
        (self.due, self.number) == (other.due, other.number)
    }
}

impl<P> Eq for Delayed<P> {}

impl<P> PartialOrd for Delayed<P> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<P> Ord for Delayed<P> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.number).cmp(&(other.due, other.number))
    }
}

/// One direction of a path and the packets on it.
#[derive(Debug)]
pub struct Link<P> {
    config: LinkConfig,
    losses: Losses,
    jitter: Jitter,
    duplicates: Chance,
    reorders: Chance,
    bottleneck: Bottleneck<Item<P>>,
    delayed: BinaryHeap<Reverse<Delayed<P>>>,
    /// Due time of the last packet that may not be overtaken.
    newest_due: Micros,
    count: u64,
    /// Packets that left and were not taken yet, in order of time.
    out: Vec<Outcome<P>>,
}

impl<P: Clone> Link<P> {
    pub fn new(config: LinkConfig, seed: u64) -> Self {
        Self {
            config,
            losses: Losses::new(seed),
            jitter: Jitter::new(seed.wrapping_add(1)),
            duplicates: Chance::new(seed.wrapping_add(2)),
            reorders: Chance::new(seed.wrapping_add(3)),
            bottleneck: Bottleneck::new(),
            delayed: BinaryHeap::new(),
            newest_due: 0,
            count: 0,
            out: Vec::new(),
        }
    }

    pub fn config(&self) -> &LinkConfig {
        &self.config
    }

    /// Changes what the link is like; packets under way keep their delay.
    pub fn configure(&mut self, now: Micros, config: LinkConfig) {
        self.advance(now);
        if config.overtaking == Overtaking::Allowed {
            self.newest_due = 0;
        }
        self.config = config;
    }

    /// Puts a packet of `bytes` (with all headers) on the link.
    pub fn send(&mut self, now: Micros, packet: P, bytes: usize) {
        self.advance(now);
        let item = Item { packet, bytes, sent: now, queued: 0, copy: false };
        if self.config.down {
            return self.leave(now, item, Fate::Down);
        }
        match self.config.order {
            Order::BottleneckFirst => {
                if self.is_full(now) {
                    return self.leave(now, item, Fate::Dropped);
                }
                self.bottleneck.push(now, bytes, item, self.config.rate_kbps);
            }
            Order::DelayFirst => {
                if self.losses.next(self.config.loss) {
                    return self.leave(now, item, Fate::Lost);
                }
                if self.is_full(now) {
                    return self.leave(now, item, Fate::Dropped);
                }
                self.delay(now, item);
            }
        }
        self.advance(now);
    }

    /// When something happens next by itself.
    pub fn next_event(&self) -> Option<Micros> {
        let delayed = self.delayed.peek().map(|Reverse(delayed)| delayed.due);
        [delayed, self.bottleneck.next_event()].into_iter().flatten().min()
    }

    /// Everything that left the link until `now`, in order of time.
    pub fn take(&mut self, now: Micros) -> Vec<Outcome<P>> {
        self.advance(now);
        std::mem::take(&mut self.out)
    }

    fn is_full(&self, now: Micros) -> bool {
        let packets = self.delayed.len() + self.bottleneck.len();
        let wait_ms = self.bottleneck.wait(now, self.config.rate_kbps) as f64 / 1e3;
        (self.config.limit > 0 && packets >= self.config.limit)
            || (self.config.queue_ms > 0.0 && wait_ms > self.config.queue_ms)
    }

    fn advance(&mut self, now: Micros) {
        match self.config.order {
            Order::BottleneckFirst => {
                while let Some((at, waited, mut item)) = self.bottleneck.pop(now, self.config.rate_kbps) {
                    item.queued = waited;
                    if self.losses.next(self.config.loss) {
                        self.leave(at, item, Fate::Lost);
                    } else {
                        self.delay(at, item);
                    }
                }
                while let Some((at, item)) = self.pop_delayed(now) {
                    self.leave(at, item, Fate::Delivered);
                }
            }
            Order::DelayFirst => {
                while let Some((at, item)) = self.pop_delayed(now) {
                    self.bottleneck.push(at, item.bytes, item, self.config.rate_kbps);
                }
                while let Some((at, waited, mut item)) = self.bottleneck.pop(now, self.config.rate_kbps) {
                    item.queued = waited;
                    self.leave(at, item, Fate::Delivered);
                }
            }
        }
    }

    fn delay(&mut self, now: Micros, item: Item<P>) {
        let at_once = self.reorders.happens(self.config.reorder_percent, self.config.reorder_correlation);
        let jitter = self.jitter.next(&self.config);
        let mut due = now + if at_once { 0 } else { micros((self.config.delay_ms + jitter).max(0.0)) };
        if self.config.overtaking == Overtaking::Forbidden && !at_once {
            due = due.max(self.newest_due);
            self.newest_due = due;
        }
        if self.duplicates.happens(self.config.duplicate_percent, 0.0) {
            let copy = Item { packet: item.packet.clone(), copy: true, ..item };
            self.put(due, copy);
        }
        self.put(due, item);
    }

    fn put(&mut self, due: Micros, item: Item<P>) {
        self.count += 1;
        self.delayed.push(Reverse(Delayed { due, number: self.count, item }));
    }

    fn pop_delayed(&mut self, now: Micros) -> Option<(Micros, Item<P>)> {
        if self.delayed.peek()?.0.due > now {
            return None;
        }
        self.delayed.pop().map(|Reverse(delayed)| (delayed.due, delayed.item))
    }

    fn leave(&mut self, at: Micros, item: Item<P>, fate: Fate) {
        let Item { packet, sent, queued, copy, .. } = item;
        self.out.push(Outcome { packet, fate, sent, left: at, queued, copy });
    }
}

fn micros(ms: f64) -> Micros {
    (ms * 1e3).round() as Micros
}
