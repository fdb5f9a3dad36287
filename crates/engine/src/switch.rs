//! Joints between media and peer. Either side can be replaced during a call (a new peer connection
//! after glare, media that starts after the peer was prepared) without the other noticing.
//! What comes while nothing is connected is dropped: it would be stale.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bellwire_media::{
    Codec, EncodedFrame, EncodedSink, Packet, PacketReceiver, SenderReport, SharedReceiver, TrackKind,
};

/// Media's way out; the peer connection behind it may change.
#[derive(Default)]
pub(crate) struct Outlet {
    target: RwLock<Option<Arc<dyn EncodedSink>>>,
}

impl Outlet {
    pub(crate) fn connect(&self, target: Option<Arc<dyn EncodedSink>>) {
        *self.target.write().unwrap_or_else(PoisonError::into_inner) = target;
    }
}

impl EncodedSink for Outlet {
    fn send(&self, frame: EncodedFrame) {
        if let Some(target) = &*self.target.read().unwrap_or_else(PoisonError::into_inner) {
            target.send(frame);
        }
    }
}

/// The network's way in; the media session behind it may not be there yet.
#[derive(Default)]
pub(crate) struct Inlet {
    target: RwLock<Option<SharedReceiver>>,
}

impl Inlet {
    pub(crate) fn connect(&self, target: Option<SharedReceiver>) {
        *self.target.write().unwrap_or_else(PoisonError::into_inner) = target;
    }

    fn with(&self, f: impl FnOnce(&SharedReceiver)) {
        if let Some(target) = &*self.target.read().unwrap_or_else(PoisonError::into_inner) {
            f(target);
        }
    }
}

impl PacketReceiver for Inlet {
    fn packet(&self, codec: Codec, packet: Packet) {
        self.with(|t| t.packet(codec, packet));
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

/// The three joints of one call.
#[derive(Clone, Default)]
pub(crate) struct Switch {
    pub(crate) audio: Arc<Outlet>,
    pub(crate) video: Arc<Outlet>,
    pub(crate) incoming: Arc<Inlet>,
}

impl std::fmt::Debug for Switch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Switch")
    }
}
