//! Packet attribute: as what the pacer has sent a packet, for the interceptors between it and the wire.

use std::sync::Arc;

use rtc::interceptor::{Attribute, AttributedPacket};

use crate::bandwidth::ProbeClusterId;

/// Media and retransmissions outside of probes carry no such attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SentAs {
    pub(crate) probe: Option<ProbeClusterId>,
    /// Nobody asked for it: it only fills the path.
    pub(crate) padding: bool,
}

impl SentAs {
    pub(crate) fn mark(self, message: &mut AttributedPacket) {
        message.add(Attribute::Custom(Arc::new(self)));
    }

    pub(crate) fn of(message: &AttributedPacket) -> Self {
        message.custom::<Self>().copied().unwrap_or(Self { probe: None, padding: false })
    }
}
