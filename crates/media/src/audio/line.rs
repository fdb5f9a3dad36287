//! A line to a sound device that stays up: it opens the wanted device or the default, notices when
//! the device goes, fails or falls silent, and opens it or another again. What flows through the line
//! is the business of the thread at its near end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

use super::callback::Gauge;
use super::device::{DeviceEnd, Direction, Host, OpenError, OpenStream, Plan};
use crate::thread::Thread;

/// How often a stream's error flag is looked at.
const TICK: Duration = Duration::from_millis(100);
/// How often the list of devices is compared; nothing tells of plugging.
const POLL: Duration = Duration::from_secs(1);
/// The same where asking is dear.
const DEAR_POLL: Duration = Duration::from_secs(5);
/// A device that has not called for so long is broken, whatever it says.
const SILENT: Duration = Duration::from_secs(4);
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LAST_RETRY: Duration = Duration::from_secs(3);
/// Half a second: a reader later than that loses sound anyway.
const RING_SHARE: u32 = 2;

/// What the person should know of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LineEvent {
    Lost(String),
    Back,
}

/// The near end of a device that was opened.
pub(super) struct Line<R> {
    pub(super) ring: R,
    /// Samples per second.
    pub(super) rate: u32,
    pub(super) label: String,
    pub(super) gauge: Arc<Gauge>,
}

/// One of the two directions a line can have.
pub(super) trait Side: 'static {
    type Ring: Send + 'static;
    const DIRECTION: Direction;
    fn ring(capacity: usize) -> (DeviceEnd, Self::Ring);
}

/// From a microphone.
pub(super) struct Inward;

impl Side for Inward {
    type Ring = Consumer<f32>;
    const DIRECTION: Direction = Direction::Input;

    // Full: the callback drops and counts.
    fn ring(capacity: usize) -> (DeviceEnd, Self::Ring) {
        let (producer, consumer) = RingBuffer::new(capacity);
        (DeviceEnd::Capture(producer), consumer)
    }
}

/// To a speaker.
pub(super) struct Outward;

impl Side for Outward {
    type Ring = Producer<f32>;
    const DIRECTION: Direction = Direction::Output;

    // Never full: the near end writes only as much as it wants ahead.
    fn ring(capacity: usize) -> (DeviceEnd, Self::Ring) {
        let (producer, consumer) = RingBuffer::new(capacity);
        (DeviceEnd::Playback(consumer), producer)
    }
}

/// Owner of the thread that keeps the device open.
pub(super) struct DeviceLine<S: Side> {
    changes: Receiver<Option<Line<S::Ring>>>,
    stop: Arc<AtomicBool>,
    _thread: Thread,
}

impl<S: Side> DeviceLine<S> {
    /// Begins to open `wanted` (`default` or an id); to be called by the near end's own thread, which
    /// is unparked when there is something to do.
    pub(super) fn start(wanted: String, events: impl Fn(LineEvent) + Send + 'static) -> Self {
        // Full: the keeper waits; the near end looks at least every 20 ms.
        let (sender, changes) = sync_channel(4);
        let stop = Arc::new(AtomicBool::new(false));
        let name = match S::DIRECTION {
            Direction::Input => "media-mic-line",
            Direction::Output => "media-spk-line",
        };
        let keeper = Keeper::<S> {
            wanted,
            near: std::thread::current(),
            changes: sender,
            stop: stop.clone(),
            host: None,
            stream: None,
            lost: false,
            retry: FIRST_RETRY,
        };
        let thread = Thread::spawn(name, move || keeper.run(&events));
        Self { changes, stop, _thread: thread }
    }

    /// The newest change, if there was one: a line, or the loss of it.
    pub(super) fn change(&self) -> Option<Option<Line<S::Ring>>> {
        self.changes.try_iter().last()
    }
}

impl<S: Side> Drop for DeviceLine<S> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // Lets a keeper go that waits to report.
        while self.changes.try_recv().is_ok() {}
    }
}

/// The keeping thread's own.
struct Keeper<S: Side> {
    wanted: String,
    near: std::thread::Thread,
    changes: SyncSender<Option<Line<S::Ring>>>,
    stop: Arc<AtomicBool>,
    host: Option<Host>,
    stream: Option<Kept>,
    lost: bool,
    retry: Duration,
}

struct Kept {
    stream: OpenStream,
    calls: u64,
    called: Instant,
    polled: Instant,
}

/// What a look at the running stream came to.
enum Finding {
    Well,
    /// It should be exchanged for another, without any ado.
    Outdated,
    Dead(String),
}

impl<S: Side> Keeper<S> {
    fn run(mut self, events: &dyn Fn(LineEvent)) {
        let mut next_try = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            match self.look(now) {
                Finding::Well => {}
                Finding::Outdated => next_try = now,
                Finding::Dead(message) => {
                    self.stream = None;
                    self.lose(message, events);
                    next_try = now;
                }
            }
            if self.stream.as_ref().is_none_or(|_| next_try == now) && now >= next_try {
                match self.open(now) {
                    Ok(()) => {
                        self.retry = FIRST_RETRY;
                        if std::mem::take(&mut self.lost) {
                            events(LineEvent::Back);
                        }
                    }
                    Err(error) => {
                        self.host = None;
                        self.stream = None;
                        self.lose(error.to_string(), events);
                        next_try = now + self.retry;
                        self.retry = (self.retry * 2).min(LAST_RETRY);
                    }
                }
            }
            std::thread::sleep(TICK);
        }
    }

    fn lose(&mut self, message: String, events: &dyn Fn(LineEvent)) {
        self.change(None);
        if !std::mem::replace(&mut self.lost, true) {
            events(LineEvent::Lost(message));
        }
    }

    fn look(&mut self, now: Instant) -> Finding {
        let Some(kept) = &mut self.stream else { return Finding::Well };
        if kept.stream.fault.raised() {
            self.host = None;
            return Finding::Dead(format!("{} stopped", kept.stream.label));
        }
        let calls = kept.stream.gauge.calls();
        if calls != kept.calls {
            kept.calls = calls;
            kept.called = now;
        } else if now.duration_since(kept.called) > SILENT {
            self.host = None;
            return Finding::Dead(format!("{} delivers nothing", kept.stream.label));
        }
        let Some(host) = &self.host else { return Finding::Well };
        let every = if host.cheap_to_ask() { POLL } else { DEAR_POLL };
        if now.duration_since(kept.polled) < every {
            return Finding::Well;
        }
        kept.polled = now;
        if !host.has(S::DIRECTION, &kept.stream.id) {
            return Finding::Dead(format!("{} was unplugged", kept.stream.label));
        }
        let better = if self.wanted == "default" {
            host.default_id(S::DIRECTION).is_some_and(|id| id != kept.stream.id)
        } else {
            kept.stream.id != self.wanted && host.has(S::DIRECTION, &self.wanted)
        };
        if better { Finding::Outdated } else { Finding::Well }
    }

    fn open(&mut self, now: Instant) -> Result<(), OpenError> {
        let host = match self.host.take() {
            Some(host) => host,
            None => Host::connect()?,
        };
        let plan = Plan::new(&host, S::DIRECTION, &self.wanted).or_else(|error| match error {
            OpenError::NotFound if self.wanted != "default" => Plan::new(&host, S::DIRECTION, "default"),
            OpenError::NotFound
            | OpenError::NoHost
            | OpenError::Busy
            | OpenError::Denied
            | OpenError::Failed(_) => Err(error),
        })?;
        self.host = Some(host);
        let (far, ring) = S::ring((plan.rate() / RING_SHARE) as usize);
        let stream = plan.open(far, self.near.clone())?;
        let line = Line { ring, rate: stream.rate, label: stream.label.clone(), gauge: stream.gauge.clone() };
        self.stream = Some(Kept { stream, calls: 0, called: now, polled: now });
        self.change(Some(line));
        Ok(())
    }

    fn change(&self, change: Option<Line<S::Ring>>) {
        // Fails only when the near end is gone, and then nothing matters.
        let _ = self.changes.send(change);
        self.near.unpark();
    }
}
