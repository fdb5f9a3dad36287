//! Ends of a call without a network between them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bellwire_media::{
    CallMedia, CallMediaConfig, EncodedFrame, EncodedSink, FrameSink, MediaEvent, MemberMedia, MemberOutputs,
    Outputs, Packet, SharedReceiver, VideoFrame,
};

pub(crate) type Events = Arc<Mutex<Vec<MediaEvent>>>;

/// Carries packets and counts them.
#[derive(Clone, Default)]
pub(crate) struct Wire {
    packets: Arc<AtomicU64>,
}

struct Carrier {
    packets: Arc<AtomicU64>,
    to: Arc<OnceLock<SharedReceiver>>,
}

impl EncodedSink for Carrier {
    fn send(&self, frame: EncodedFrame) {
        let sequence = self.packets.fetch_add(1, Ordering::Relaxed) as u16;
        if let Some(receiver) = self.to.get() {
            let EncodedFrame { codec, data, timestamp, .. } = frame;
            let packet =
                Packet { sequence, timestamp, marker: false, payload: data, arrived: Instant::now() };
            receiver.packet(codec, packet);
        }
    }
}

struct Blind;

impl FrameSink for Blind {
    fn frame(&self, _frame: VideoFrame) {}
}

/// One end of a call of two.
pub(crate) struct End {
    media: CallMedia,
    other: MemberMedia,
}

impl std::ops::Deref for End {
    type Target = CallMedia;

    fn deref(&self) -> &CallMedia {
        &self.media
    }
}

impl Wire {
    /// An end without a listener.
    pub(crate) fn end(&self, config: CallMediaConfig) -> (End, Events) {
        self.start(config, Arc::new(OnceLock::new()))
    }

    /// An end that `listener` hears.
    pub(crate) fn speaker_to(&self, config: CallMediaConfig, listener: &End) -> (End, Events) {
        let to = Arc::new(OnceLock::new());
        let _ = to.set(listener.other.receiver());
        self.start(config, to)
    }

    /// An end that hears itself.
    pub(crate) fn echo(&self, config: CallMediaConfig) -> (End, Events) {
        let to = Arc::new(OnceLock::new());
        let (media, events) = self.start(config, to.clone());
        let _ = to.set(media.other.receiver());
        (media, events)
    }

    pub(crate) fn packets(&self) -> u64 {
        self.packets.load(Ordering::Relaxed)
    }

    fn start(&self, config: CallMediaConfig, to: Arc<OnceLock<SharedReceiver>>) -> (End, Events) {
        let events = Events::default();
        let told = events.clone();
        let carrier = Arc::new(Carrier { packets: self.packets.clone(), to });
        let tell: Arc<dyn Fn(MediaEvent) + Send + Sync> = Arc::new(move |event| {
            if !matches!(event, MediaEvent::Levels { .. }) {
                told.lock().unwrap_or_else(PoisonError::into_inner).push(event);
            }
        });
        let outputs = Outputs {
            audio: carrier.clone(),
            video: carrier,
            self_view: Arc::new(Blind),
            events: tell.clone(),
        };
        let media = CallMedia::start(config, outputs);
        let other = media.join(MemberOutputs { view: Arc::new(Blind), events: tell });
        (End { media, other }, events)
    }
}

/// Waits for a condition, for as long as a slow machine may need.
pub(crate) fn until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
