//! Bridges between media and the peer connections of a call. Either side can be replaced during a call (a
//! new peer connection after glare, media that starts after the peer was prepared) without the other
//! noticing. Frames and packets that arrive while nothing is connected are dropped: they would be stale.
//!
//! What is sent is encoded once, by [`FanOut`] for every member.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bellwire_call::MemberId;
use bellwire_media::{
    Codec, Copies, EncodedFrame, EncodedSink, Packet, PacketReceiver, SenderReport, SharedReceiver, TrackKind,
};

use crate::calls::layer_switch::LayerSwitch;

/// Sink of encoded media; the peer connection behind it may change.
#[derive(Default)]
pub(crate) struct SwappableSink {
    target: RwLock<Option<Arc<dyn EncodedSink>>>,
    /// Said once, and true for every connection to come.
    copies: Mutex<Copies>,
}

impl SwappableSink {
    pub(crate) fn connect(&self, target: Option<Arc<dyn EncodedSink>>) {
        if let Some(target) = &target {
            target.set_copies(*self.copies.lock().unwrap_or_else(PoisonError::into_inner));
        }
        *self.target.write().unwrap_or_else(PoisonError::into_inner) = target;
    }
}

impl EncodedSink for SwappableSink {
    fn set_copies(&self, copies: Copies) {
        *self.copies.lock().unwrap_or_else(PoisonError::into_inner) = copies;
        if let Some(target) = &*self.target.read().unwrap_or_else(PoisonError::into_inner) {
            target.set_copies(copies);
        }
    }

    fn send(&self, frame: EncodedFrame) {
        if let Some(target) = &*self.target.read().unwrap_or_else(PoisonError::into_inner) {
            target.send(frame);
        }
    }
}

/// Receiver of packets; the media behind it may not have started yet.
#[derive(Default)]
pub(crate) struct SwappableReceiver {
    target: RwLock<Option<SharedReceiver>>,
}

impl SwappableReceiver {
    pub(crate) fn connect(&self, target: Option<SharedReceiver>) {
        *self.target.write().unwrap_or_else(PoisonError::into_inner) = target;
    }

    fn with(&self, f: impl FnOnce(&SharedReceiver)) {
        if let Some(target) = &*self.target.read().unwrap_or_else(PoisonError::into_inner) {
            f(target);
        }
    }
}

impl PacketReceiver for SwappableReceiver {
    fn packet(&self, codec: Codec, packet: Packet) {
        self.with(|t| t.packet(codec, packet));
    }

    fn copy(&self, packet: Packet) {
        self.with(|t| t.copy(packet));
    }

    fn begins_anew(&self, kind: TrackKind) {
        self.with(|t| t.begins_anew(kind));
    }

    fn parameter_sets(&self, sets: &[u8]) {
        self.with(|t| t.parameter_sets(sets));
    }

    fn sender_report(&self, kind: TrackKind, report: SenderReport) {
        self.with(|t| t.sender_report(kind, report));
    }

    fn round_trip(&self, rtt: Duration) {
        self.with(|t| t.round_trip(rtt));
    }
}

/// Both directions of one member.
#[derive(Clone, Default)]
pub(crate) struct Bridge {
    pub(crate) audio: Arc<SwappableSink>,
    pub(crate) video: Arc<SwappableSink>,
    pub(crate) incoming: Arc<SwappableReceiver>,
    /// Which layer of the picture goes to them.
    layer: Arc<Mutex<LayerSwitch>>,
    /// Their connection carries media.
    up: Arc<AtomicBool>,
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bridge")
    }
}

impl Bridge {
    pub(crate) fn layer(&self) -> MutexGuard<'_, LayerSwitch> {
        self.layer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    pub(crate) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
    }
}

/// Passes sound to every member, and to each the layer of the picture that is theirs.
#[derive(Default)]
pub(crate) struct FanOut {
    members: RwLock<Vec<(MemberId, Bridge)>>,
    /// Said once, and true for every member to come.
    copies: Mutex<Copies>,
}

impl std::fmt::Debug for FanOut {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FanOut")
    }
}

impl FanOut {
    pub(crate) fn add(&self, member: MemberId, bridge: Bridge) {
        let mut members = self.members.write().unwrap_or_else(PoisonError::into_inner);
        // Under the lock: a change meanwhile would pass the newcomer by.
        bridge.audio.set_copies(*self.copies.lock().unwrap_or_else(PoisonError::into_inner));
        members.push((member, bridge));
    }

    pub(crate) fn remove(&self, member: MemberId) {
        self.members.write().unwrap_or_else(PoisonError::into_inner).retain(|(id, _)| *id != member);
    }

    fn each(&self, mut f: impl FnMut(&Bridge)) {
        let members = self.members.read().unwrap_or_else(PoisonError::into_inner);
        members.iter().filter(|(_, bridge)| bridge.is_up()).for_each(|(_, bridge)| f(bridge));
    }
}

/// The data of a frame is shared by all it goes to.
impl EncodedSink for FanOut {
    fn set_copies(&self, copies: Copies) {
        *self.copies.lock().unwrap_or_else(PoisonError::into_inner) = copies;
        let members = self.members.read().unwrap_or_else(PoisonError::into_inner);
        members.iter().for_each(|(_, bridge)| bridge.audio.set_copies(copies));
    }

    fn send(&self, frame: EncodedFrame) {
        self.each(|bridge| match frame.codec {
            Codec::Opus => bridge.audio.send(frame.clone()),
            Codec::H264 | Codec::Vp8 => {
                let passes = bridge.layer().passes(frame.layer, frame.key, frame.timestamp);
                if let Some(timestamp) = passes {
                    bridge.video.send(EncodedFrame { timestamp, ..frame.clone() });
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<(Codec, u8)>>);

    impl EncodedSink for Kept {
        fn send(&self, frame: EncodedFrame) {
            self.0.lock().unwrap().push((frame.codec, frame.layer));
        }
    }

    fn frame(codec: Codec, layer: u8, captured: Instant) -> EncodedFrame {
        let duration = Duration::from_millis(20);
        EncodedFrame { codec, data: vec![1].into(), timestamp: 0, captured, duration, key: true, layer }
    }

    fn member(fan_out: &FanOut, id: u32, layer: Option<u8>) -> (Bridge, Arc<Kept>) {
        let (bridge, kept) = (Bridge::default(), Arc::new(Kept::default()));
        bridge.audio.connect(Some(kept.clone()));
        bridge.video.connect(Some(kept.clone()));
        bridge.layer().want(layer);
        bridge.set_up(true);
        fan_out.add(MemberId(id), bridge.clone());
        (bridge, kept)
    }

    #[test]
    fn everybody_hears_and_sees_the_layer_that_is_theirs() {
        let fan_out = FanOut::default();
        let (_, large) = member(&fan_out, 1, Some(0));
        let (_, small) = member(&fan_out, 2, Some(1));
        let (_, none) = member(&fan_out, 3, None);
        let (away, nothing) = member(&fan_out, 4, Some(0));
        away.set_up(false);
        let now = Instant::now();
        for layer in [0, 1] {
            fan_out.send(frame(Codec::H264, layer, now));
        }
        fan_out.send(frame(Codec::Opus, 0, now));
        let of = |kept: &Kept| kept.0.lock().unwrap().clone();
        assert_eq!(of(&large), [(Codec::H264, 0), (Codec::Opus, 0)]);
        assert_eq!(of(&small), [(Codec::H264, 1), (Codec::Opus, 0)]);
        assert_eq!(of(&none), [(Codec::Opus, 0)]);
        assert_eq!(of(&nothing), []);
        fan_out.remove(MemberId(1));
        fan_out.send(frame(Codec::Opus, 0, now));
        assert_eq!((of(&large).len(), of(&small).len()), (2, 3));
    }
}
