//! REMB sender (draft-alvestrand-rmcat-remb-03): the interceptor that tells the other side what we can receive, where
//! that is the only feedback that its sender understands.
//!
//! As libwebrtc's `modules/congestion_controller/remb_throttler.cc` does: in intervals, and at once what is less.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rtc::interceptor::{AttributedPacket, Packet, TaggedPacket};
use rtc::rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc::shared::TransportContext;

use crate::bandwidth::Limits;
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::receive_estimate::ReceiveEstimate;
use crate::shared::{Shared, whole};

const INTERVAL: Duration = Duration::from_secs(1);
/// An estimate below this part of the last one told is told at once.
const FALL: f64 = 0.97;
/// Never less is asked for, bit/s: sound and the thinnest picture.
const MIN_BPS: f64 = 50e3;

pub(crate) struct Remb {
    shared: Arc<Shared>,
    estimate: ReceiveEstimate,
    /// When it was told, and what.
    told: Option<(Instant, f64)>,
    sender_ssrc: u32,
}

impl Remb {
    /// `limits`: of what we send; nobody has a use for more pictures than ours.
    pub(crate) fn new(limits: Limits, shared: Arc<Shared>) -> Self {
        let min = MIN_BPS.min(limits.max);
        let estimate = ReceiveEstimate::new(Limits { min, start: limits.start.max(min), ..limits });
        Self { shared, estimate, told: None, sender_ssrc: rand::random_range(1..=u32::MAX) }
    }

    fn is_due(&self, now: Instant, bps: f64) -> bool {
        self.told.is_none_or(|(at, told)| bps < told * FALL || now.saturating_duration_since(at) >= INTERVAL)
    }
}

impl PacketFilter for Remb {
    fn received(&mut self, message: TaggedPacket, inbound: &mut PacketQueue) {
        if let Packet::Rtp(packet) = &message.message.packet
            && let Some(incoming) = self.shared.estimated(packet)
        {
            self.estimate.received(message.now, incoming);
        }
        inbound.push_back(message);
    }

    fn timeout(&mut self, now: Instant, outbound: &mut PacketQueue) {
        if self.estimate.due().is_none_or(|due| now < due) {
            return;
        }
        self.estimate.evaluate(now, self.shared.round_trip());
        let Some(bps) = self.estimate.bps().filter(|bps| self.is_due(now, *bps)) else { return };
        let ssrcs = self.estimate.pictures(now);
        if ssrcs.is_empty() {
            return;
        }
        self.told = Some((now, bps));
        self.shared.remb_sent_bps.store(whole(bps), Ordering::Relaxed);
        #[expect(clippy::cast_possible_truncation, reason = "a rate within our limits")]
        let remb =
            ReceiverEstimatedMaximumBitrate { sender_ssrc: self.sender_ssrc, bitrate: bps as f32, ssrcs };
        outbound.push_back(TaggedPacket {
            now,
            transport: TransportContext::default(),
            message: AttributedPacket::new(Packet::Rtcp(vec![Box::new(remb)])),
        });
    }

    fn next_timeout(&self) -> Option<Instant> {
        self.estimate.due()
    }
}

#[cfg(test)]
mod tests;
