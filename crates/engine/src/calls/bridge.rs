//! Bridge between media and the peer connection of a call. Either side can be replaced during a call (a
//! new peer connection after glare, media that starts after the peer was prepared) without the other
//! noticing. Frames and packets that arrive while nothing is connected are dropped: they would be stale.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use bellwire_media::{
    Codec, Copies, EncodedFrame, EncodedSink, Packet, PacketReceiver, SenderReport, SharedReceiver, TrackKind,
};

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

/// Both directions of one call.
#[derive(Clone, Default)]
pub(crate) struct Bridge {
    pub(crate) audio: Arc<SwappableSink>,
    pub(crate) video: Arc<SwappableSink>,
    pub(crate) incoming: Arc<SwappableReceiver>,
}

impl std::fmt::Debug for Bridge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bridge")
    }
}
