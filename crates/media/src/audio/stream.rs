//! Audio stream that stays up: a supervisor thread opens the wanted device or the default, notices when it
//! goes, fails or falls silent, and opens it or another again. The audio itself belongs to the thread at the
//! near end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rtrb::{Consumer, Producer, RingBuffer};

use super::callback::CallbackStats;
use super::device::{DeviceEnd, Direction, Host, OpenError, OpenPlan, OpenStream};
use crate::DeviceProblem;
use crate::slot::Slot;
use crate::thread::Thread;

/// Interval between checks of a stream's error flag.
const ERROR_CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// Interval between checks of the device list; there is no plug event.
const DEVICE_POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The same where listing is slow.
const SLOW_DEVICE_POLL_INTERVAL: Duration = Duration::from_secs(5);
/// A device without a callback for so long is broken.
const CALLBACK_TIMEOUT: Duration = Duration::from_secs(4);
/// How long no device may be open before that is reported.
const LOSS_REPORT_DELAY: Duration = Duration::from_secs(1);
const MIN_RETRY_DELAY: Duration = Duration::from_millis(200);
const MAX_RETRY_DELAY: Duration = Duration::from_secs(3);
/// A ring buffer holds half a second: a later reader loses audio anyway.
const RINGS_PER_SECOND: u32 = 2;

/// What happens to a stream that the user is notified of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StreamEvent {
    /// Nothing is left in its place. `label`: of what was in use, may be empty.
    Lost { label: String, problem: DeviceProblem },
    /// The wanted device works again.
    Back { label: String },
    /// Another device took its place; `problem` is what is wrong with the wanted one, if anything.
    Switched { label: String, problem: Option<DeviceProblem> },
}

/// Receives stream events; called on the supervisor's thread.
pub(crate) type StreamEvents = Arc<dyn Fn(StreamEvent) + Send + Sync>;

/// An opened device, as its near end uses it.
pub(super) struct OpenedDevice<R> {
    pub(super) ring: R,
    /// Samples per second.
    pub(super) rate: u32,
    /// What the system calls it.
    pub(super) id: String,
    pub(super) label: String,
    pub(super) stats: Arc<CallbackStats>,
}

/// Direction of a stream.
pub(super) trait StreamDirection: 'static {
    type Ring: Send + 'static;
    const DIRECTION: Direction;
    /// How long a replaced device runs on, so that what it has is heard to its end and fades out.
    const RUN_OUT: Duration;
    fn ring(capacity: usize) -> (DeviceEnd, Self::Ring);
}

/// From a microphone.
pub(super) struct CaptureSide;

impl StreamDirection for CaptureSide {
    type Ring = Consumer<f32>;
    const DIRECTION: Direction = Direction::Input;
    const RUN_OUT: Duration = Duration::ZERO;

    // Full: the callback drops and counts.
    fn ring(capacity: usize) -> (DeviceEnd, Self::Ring) {
        let (producer, consumer) = RingBuffer::new(capacity);
        (DeviceEnd::Capture(producer), consumer)
    }
}

/// To a speaker.
pub(super) struct PlaybackSide;

impl StreamDirection for PlaybackSide {
    type Ring = Producer<f32>;
    const DIRECTION: Direction = Direction::Output;
    // Up to 80 ms wait in the ring (`speaker.rs`), the rest in the device's buffer.
    const RUN_OUT: Duration = Duration::from_millis(150);

    // Never full: the near end writes only as much as it wants ahead.
    fn ring(capacity: usize) -> (DeviceEnd, Self::Ring) {
        let (producer, consumer) = RingBuffer::new(capacity);
        (DeviceEnd::Playback(consumer), producer)
    }
}

/// Owner of the thread that keeps the device open.
pub(super) struct DeviceStream<S: StreamDirection> {
    changes: Receiver<Option<OpenedDevice<S::Ring>>>,
    wish: Arc<Slot<String>>,
    stop: Arc<AtomicBool>,
    thread: Thread,
}

impl<S: StreamDirection> DeviceStream<S> {
    /// Begins to open `wanted` (`default` or a kept choice); to be called by the near end's own thread,
    /// which is unparked when there is something to do. With `stand_in` the default device takes the place
    /// of one that is not there.
    pub(super) fn start(wanted: String, stand_in: bool, events: StreamEvents) -> Self {
        // Full: the supervisor waits; the near end reads at least every 20 ms.
        let (sender, changes) = sync_channel(4);
        let stop = Arc::new(AtomicBool::new(false));
        let wish = Arc::new(Slot::default());
        let name = match S::DIRECTION {
            Direction::Input => "media-mic-line",
            Direction::Output => "media-spk-line",
        };
        let supervisor = Supervisor::<S> {
            wanted,
            stand_in,
            near: std::thread::current(),
            changes: sender,
            wish: wish.clone(),
            stop: stop.clone(),
            events,
            host: None,
            stream: None,
            outage: None,
            lost: false,
            retry: MIN_RETRY_DELAY,
        };
        let thread = Thread::spawn(name, move || supervisor.run());
        Self { changes, wish, stop, thread }
    }

    /// Changes to another device. The open one runs until the other one is open.
    pub(super) fn want(&self, wanted: &str) {
        self.wish.put(wanted.to_owned());
        self.thread.unpark();
    }

    /// The newest change, if there was one: an opened device, or its loss.
    pub(super) fn change(&self) -> Option<Option<OpenedDevice<S::Ring>>> {
        self.changes.try_iter().last()
    }
}

impl<S: StreamDirection> Drop for DeviceStream<S> {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.unpark();
        // Releases a supervisor that waits to report.
        while self.changes.try_recv().is_ok() {}
    }
}

/// State of the supervisor's thread.
struct Supervisor<S: StreamDirection> {
    wanted: String,
    stand_in: bool,
    near: std::thread::Thread,
    changes: SyncSender<Option<OpenedDevice<S::Ring>>>,
    wish: Arc<Slot<String>>,
    stop: Arc<AtomicBool>,
    events: StreamEvents,
    host: Option<Host>,
    stream: Option<ActiveStream>,
    /// Nothing is open, and why.
    outage: Option<Outage>,
    /// Whether that was reported.
    lost: bool,
    retry: Duration,
}

#[derive(Clone, Debug)]
struct Outage {
    since: Instant,
    /// What was open before: id and label.
    before: Option<(String, String)>,
    problem: DeviceProblem,
}

struct ActiveStream {
    stream: OpenStream,
    calls: u64,
    called: Instant,
    polled: Instant,
    /// It is not the wanted device.
    stands_in: bool,
}

/// Why a device is to be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OpenReason {
    /// For the first time, or because nothing is open.
    Nothing,
    /// The user chose another.
    Chosen,
    /// The wanted one came back, or the default is another.
    Better,
    /// The one in use is no longer there; the sound server may have moved the stream.
    Unplugged,
    /// The one in use gives or takes nothing any more.
    Dead(DeviceProblem),
}

impl<S: StreamDirection> Supervisor<S> {
    fn run(mut self) {
        let mut next_try = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let now = Instant::now();
            let chosen = self.wish.clear().filter(|wish| *wish != self.wanted);
            let why = if let Some(wish) = chosen {
                self.wanted = wish;
                Some(OpenReason::Chosen)
            } else {
                self.look(now).or_else(|| self.stream.is_none().then_some(OpenReason::Nothing))
            };
            // Trouble in use and wishes are seen to at once, a repeated failure when its time has come.
            let waits = matches!(why, Some(OpenReason::Nothing | OpenReason::Better)) && now < next_try;
            if let Some(why) = why.filter(|_| !waits) {
                if self.replace(why, now) {
                    self.retry = MIN_RETRY_DELAY;
                } else {
                    next_try = now + self.retry;
                    self.retry = (self.retry * 2).min(MAX_RETRY_DELAY);
                }
            }
            self.tell_of_loss();
            std::thread::park_timeout(ERROR_CHECK_INTERVAL);
        }
    }

    fn tell_of_loss(&mut self) {
        let Some(outage) = self.outage.as_ref().filter(|outage| outage.since.elapsed() > LOSS_REPORT_DELAY)
        else {
            return;
        };
        if !std::mem::replace(&mut self.lost, true) {
            let label = outage.before.clone().map(|(_, label)| label).unwrap_or_default();
            (self.events)(StreamEvent::Lost { label, problem: outage.problem });
        }
    }

    /// Opens the wanted device, or the default in its place, and lets go of what was open; false if the
    /// wanted one cannot be had.
    fn replace(&mut self, why: OpenReason, now: Instant) -> bool {
        let open = self.stream.as_ref().map(|kept| (kept.stream.id.clone(), kept.stream.label.clone()));
        let before = open.or_else(|| self.outage.as_ref().and_then(|outage| outage.before.clone()));
        if let OpenReason::Dead(_) = why {
            self.stream = None;
            self.host = None;
            self.change(None);
        }
        let opened = match self.open(&self.wanted.clone(), false, now) {
            Err(error) if self.may_stand_in(&error, why) => {
                tracing::debug!(%error, "The wanted sound device cannot be had");
                self.open("default", true, now).map(|()| Some(error.problem()))
            }
            opened => opened.map(|()| None),
        };
        match opened {
            Ok(outage) => {
                self.tell(why, before, outage);
                outage.is_none()
            }
            Err(error) => {
                self.host = None;
                if self.stream.is_some() && matches!(why, OpenReason::Chosen | OpenReason::Better) {
                    // What runs is better than nothing.
                    self.keep(why, &error);
                    return false;
                }
                self.stream = None;
                self.change(None);
                let problem = match why {
                    OpenReason::Dead(problem) => problem,
                    OpenReason::Unplugged => DeviceProblem::Missing,
                    OpenReason::Nothing | OpenReason::Chosen | OpenReason::Better => error.problem(),
                };
                tracing::debug!(%error, ?why, "No sound device can be opened");
                self.outage.get_or_insert(Outage { since: now, before, problem });
                false
            }
        }
    }

    /// Whether the default device should be opened because of this error.
    fn may_stand_in(&self, error: &OpenError, why: OpenReason) -> bool {
        let running = self.stream.is_some() && matches!(why, OpenReason::Chosen | OpenReason::Better);
        self.stand_in && self.wanted != "default" && *error != OpenError::NoHost && !running
    }

    /// Stays with what runs, though another one is wanted.
    fn keep(&mut self, why: OpenReason, error: &OpenError) {
        let Some(kept) = &mut self.stream else { return };
        let known = std::mem::replace(&mut kept.stands_in, true);
        if why == OpenReason::Chosen || !known {
            let label = kept.stream.label.clone();
            (self.events)(StreamEvent::Switched { label, problem: Some(error.problem()) });
        }
    }

    fn tell(&mut self, why: OpenReason, before: Option<(String, String)>, outage: Option<DeviceProblem>) {
        let Some(kept) = &self.stream else { return };
        let label = kept.stream.label.clone();
        let known = before.is_some();
        let same = before.is_some_and(|(id, _)| id == kept.stream.id);
        tracing::debug!(?why, ?outage, label, same, "Sound device opened");
        let was_lost = std::mem::take(&mut self.lost);
        let past = self.outage.take().map(|past| past.problem);
        let event = match (outage, why) {
            (Some(_), _) if same => None,
            (Some(problem), _) => Some(StreamEvent::Switched { label, problem: Some(problem) }),
            (None, _) if was_lost => Some(StreamEvent::Back { label }),
            (None, _) if same => None,
            // It was gone for a moment only, and another one is there now.
            (None, OpenReason::Nothing) if past.is_some() && known => {
                Some(StreamEvent::Switched { label, problem: past })
            }
            (None, OpenReason::Nothing | OpenReason::Chosen) => None,
            (None, OpenReason::Better) if self.wanted != "default" => Some(StreamEvent::Back { label }),
            (None, OpenReason::Better) => Some(StreamEvent::Switched { label, problem: None }),
            (None, OpenReason::Unplugged) => {
                Some(StreamEvent::Switched { label, problem: Some(DeviceProblem::Missing) })
            }
            (None, OpenReason::Dead(problem)) => {
                Some(StreamEvent::Switched { label, problem: Some(problem) })
            }
        };
        if let Some(event) = event {
            tracing::debug!(?event, "Told of a sound device");
            (self.events)(event);
        }
    }

    /// What should be done about the running stream, if anything.
    fn look(&mut self, now: Instant) -> Option<OpenReason> {
        let kept = self.stream.as_mut()?;
        if kept.stream.fault.raised() {
            return Some(OpenReason::Dead(DeviceProblem::Missing));
        }
        let calls = kept.stream.stats.calls();
        if calls != kept.calls {
            kept.calls = calls;
            kept.called = now;
        } else if now.duration_since(kept.called) > CALLBACK_TIMEOUT {
            return Some(OpenReason::Dead(DeviceProblem::Failed));
        }
        if self.host.is_none() {
            self.host = Host::connect().ok();
        }
        let host = self.host.as_ref()?;
        let every = if host.cheap_to_ask() { DEVICE_POLL_INTERVAL } else { SLOW_DEVICE_POLL_INTERVAL };
        if now.duration_since(kept.polled) < every {
            return None;
        }
        kept.polled = now;
        let wanted = if self.wanted == "default" {
            host.default_id(S::DIRECTION)
        } else {
            host.resolve(S::DIRECTION, &self.wanted)
        };
        if wanted.as_ref().is_some_and(|id| *id != kept.stream.id) {
            // Also after the loss of a stand-in: what is wanted goes before all else.
            let there = host.has(S::DIRECTION, &kept.stream.id);
            return Some(if there { OpenReason::Better } else { OpenReason::Unplugged });
        }
        (!host.has(S::DIRECTION, &kept.stream.id)).then_some(OpenReason::Unplugged)
    }

    /// Opens a device and puts it in the place of the one that is open.
    fn open(&mut self, id: &str, stands_in: bool, now: Instant) -> Result<(), OpenError> {
        // A connection of its own: PulseAudio's refuses a second stream ("Invalid argument").
        let host = Host::connect()?;
        let plan = OpenPlan::new(&host, S::DIRECTION, id);
        self.host = Some(host);
        let plan = plan?;
        let (far, ring) = S::ring((plan.rate() / RINGS_PER_SECOND) as usize);
        let stream = plan.open(far, self.near.clone())?;
        let line = OpenedDevice {
            ring,
            rate: stream.rate,
            id: stream.id.clone(),
            label: stream.label.clone(),
            stats: stream.stats.clone(),
        };
        let old = self.stream.replace(ActiveStream { stream, calls: 0, called: now, polled: now, stands_in });
        self.change(Some(line));
        // Last, so that the near end has the new one first.
        if let Some(old) = old {
            std::thread::sleep(S::RUN_OUT);
            drop(old);
        }
        Ok(())
    }

    fn change(&self, change: Option<OpenedDevice<S::Ring>>) {
        // Fails only when the near end is gone, and then nothing matters.
        let _ = self.changes.send(change);
        self.near.unpark();
    }
}
