//! Congestion control: the interceptor that numbers packets for transport-wide feedback, reads the feedback
//! and keeps the estimator (draft-holmer-rmcat-transport-wide-cc-extensions-01).
//!
//! It sits between the pacer and the wire and so sees when packets really leave. It numbers them itself: the
//! crate's sender leaves retransmissions out, and what has no number is not seen in the feedback.

mod history;
mod mean_loss;
mod report;
mod reported_loss;
mod sudden_loss;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bellwire_media::TrackKind;
use bytes::{BufMut, Bytes, BytesMut};
use rtc::interceptor::{Packet, StreamInfo, TaggedPacket};
use rtc::rtcp;
use rtc::rtcp::payload_feedbacks::receiver_estimated_maximum_bitrate::ReceiverEstimatedMaximumBitrate;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::sender_report::SenderReport;
use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
use rtc::shared::marshal::MarshalSize;

use self::history::History;
use self::mean_loss::MeanLoss;
use self::report::ReferenceClock;
use self::reported_loss::ReportedLoss;
use self::sudden_loss::SuddenLoss;
use crate::bandwidth::{Estimator, Limits};
use crate::codecs::{TRANSPORT_CC, codec_of, kind_of};
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::sent_as::SentAs;
use crate::shared::{Shared, whole};

/// Memory for the numbers of packets, two bytes each.
const NUMBER_MEMORY_BYTES: usize = 4_096;
const TICK_INTERVAL: Duration = Duration::from_millis(25);
/// Without packets of ours there is nothing to estimate.
const IDLE_AFTER: Duration = Duration::from_secs(5);
/// Sound alone has no use for more.
const MAX_AUDIO_BPS: f64 = 128_000.0;
/// An endpoint that still means its REMB repeats it (libwebrtc each second).
const REMB_LIFETIME: Duration = Duration::from_secs(10);

pub(crate) struct TransportFeedback {
    shared: Arc<Shared>,
    estimator: Estimator,
    history: History,
    numbers: BytesMut,
    clock: ReferenceClock,
    /// For other ends without transport-wide feedback.
    reported_loss: ReportedLoss,
    sudden_loss: SuddenLoss,
    mean_loss: MeanLoss,
    remb: Option<(Instant, f64)>,
    /// Our streams, retransmissions included, and the number of the header extension where negotiated.
    streams: HashMap<u32, Option<u8>>,
    /// SSRCs of pictures among them.
    video: HashSet<u32>,
    limits: Limits,
    /// Largest rate we have a use for, as the estimator knows it.
    useful: f64,
    last_sent: Option<Instant>,
    ticked: Option<Instant>,
}

impl TransportFeedback {
    pub(crate) fn new(limits: Limits, shared: Arc<Shared>) -> Self {
        Self {
            shared,
            estimator: Estimator::new(limits),
            history: History::default(),
            numbers: BytesMut::new(),
            clock: ReferenceClock::default(),
            reported_loss: ReportedLoss::new(limits),
            sudden_loss: SuddenLoss::default(),
            mean_loss: MeanLoss::default(),
            remb: None,
            streams: HashMap::new(),
            video: HashSet::new(),
            limits,
            useful: limits.max,
            last_sent: None,
            ticked: None,
        }
    }

    fn has_feedback(&self) -> bool {
        self.streams.values().any(Option::is_some)
    }

    fn rtcp_in(&mut self, now: Instant, packet: &dyn rtcp::Packet) {
        let any = packet.as_any();
        if let Some(feedback) = any.downcast_ref::<TransportLayerCc>() {
            let statuses = self.clock.read(feedback);
            let round_trip = self.shared.round_trip().or_else(|| self.estimator.stats(now).round_trip);
            let results = self.history.report(now, &statuses, round_trip);
            if !results.is_empty() {
                self.estimator.feedback(now, &results);
                self.ask_for_probe(now);
                self.mean_loss.feedback(now, &results);
                let (latest, queue) = (self.history.latest(), self.estimator.queue());
                if let Some(fraction) = self.sudden_loss.feedback(now, latest, queue) {
                    self.shared.note_loss(fraction as f32);
                }
            }
        } else if let Some(remb) = any.downcast_ref::<ReceiverEstimatedMaximumBitrate>() {
            let bps = f64::from(remb.bitrate);
            if bps.is_finite() && bps > 0.0 {
                self.remb = Some((now, bps));
                self.estimator.set_remb(Some(bps));
            }
        } else if let Some(report) = any.downcast_ref::<SenderReport>() {
            self.loss_reported(now, &report.reports);
        } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
            self.loss_reported(now, &report.reports);
        }
    }

    fn loss_reported(&mut self, now: Instant, reports: &[ReceptionReport]) {
        let ours = reports.iter().filter(|report| self.streams.contains_key(&report.ssrc));
        if let Some(worst) = ours.map(|report| report.fraction_lost).max() {
            let bound = self.remb.map(|(_, bps)| bps);
            let fraction = f64::from(worst) / 256.0;
            self.reported_loss.report(now, fraction, bound);
            self.sudden_loss.reported(fraction);
        }
    }

    /// One probe at a time: the pacer takes it when it has something to fill it with.
    fn ask_for_probe(&mut self, now: Instant) {
        if self.has_feedback()
            && self.last_sent.is_some()
            && self.shared.probe().is_none()
            && let Some(cluster) = self.estimator.take_probe(now)
        {
            self.shared.set_probe(Some((now, cluster)));
        }
    }

    fn tick(&mut self, now: Instant) {
        self.ticked = Some(now);
        if self.shared.take_path_change() {
            self.shared.set_probe(None);
            self.estimator.path_changed(now);
            (self.sudden_loss, self.mean_loss) = Default::default();
        }
        if self.remb.is_some_and(|(at, _)| now.saturating_duration_since(at) > REMB_LIFETIME) {
            self.remb = None;
            self.estimator.set_remb(None);
        }
        let audio_only = MAX_AUDIO_BPS.min(self.limits.max);
        let useful = if self.video.is_empty() { audio_only } else { self.limits.max };
        if useful != self.useful {
            self.useful = useful;
            self.estimator.set_max(useful);
        }
        self.estimator.timeout(now);
        self.ask_for_probe(now);
        self.publish(now);
    }

    fn publish(&self, now: Instant) {
        let target = if self.has_feedback() {
            self.estimator.target()
        } else {
            self.reported_loss.bounded(self.remb.map(|(_, bps)| bps))
        };
        let before = self.shared.target.swap(whole(target), Ordering::Relaxed);
        if before != whole(target) {
            self.shared.changed.notify_one();
        }
        let (stats, sending) = (self.estimator.stats(now), &self.shared.sending);
        sending.delay_based_bps.store(whole(stats.delay_based_bps), Ordering::Relaxed);
        sending.loss_based_bps.store(whole(stats.loss_based_bps.unwrap_or_default()), Ordering::Relaxed);
        sending.acknowledged_bps.store(whole(stats.acknowledged_bps.unwrap_or_default()), Ordering::Relaxed);
        sending.capacity_bps.store(whole(stats.capacity_bps.unwrap_or_default()), Ordering::Relaxed);
        sending.inherent_loss_ppm.store(whole(stats.inherent_loss * 1e6), Ordering::Relaxed);
        let mean = f64::from(self.mean_loss.fraction());
        sending.mean_loss_ppm.store(whole(mean * 1e6), Ordering::Relaxed);
        sending.recent_loss_ppm.store(whole(self.sudden_loss.recent(now).max(mean) * 1e6), Ordering::Relaxed);
        sending.application_limited.store(stats.application_limited, Ordering::Relaxed);
        sending.probing.store(stats.probing, Ordering::Relaxed);
        sending.remb_bps.store(self.remb.map_or(0, |(_, bps)| whole(bps)), Ordering::Relaxed);
    }
}

/// Cut off one piece of memory for many packets.
fn number_bytes(memory: &mut BytesMut, number: u16) -> Bytes {
    if memory.capacity() < 2 {
        *memory = BytesMut::with_capacity(NUMBER_MEMORY_BYTES);
    }
    memory.put_u16(number);
    memory.split().freeze()
}

impl PacketFilter for TransportFeedback {
    fn received(&mut self, message: TaggedPacket, inbound: &mut PacketQueue) {
        if let Packet::Rtcp(packets) = &message.message.packet {
            for packet in packets {
                self.rtcp_in(message.now, packet.as_ref());
            }
            self.publish(message.now);
        }
        inbound.push_back(message);
    }

    fn sent(&mut self, mut message: TaggedPacket, outbound: &mut PacketQueue) {
        let (now, sent_as) = (message.now, SentAs::of(&message.message));
        if let Packet::Rtp(packet) = &mut message.message.packet
            && let Some(extension) = self.streams.get(&packet.header.ssrc)
        {
            let number = number_bytes(&mut self.numbers, self.history.next_number());
            let numbered = extension.is_some_and(|id| packet.header.set_extension(id, number).is_ok());
            let size = packet.marshal_size();
            if numbered {
                self.history.sent(now, size, sent_as.probe);
                self.estimator.sent(now, size);
            }
            self.last_sent = Some(now);
        }
        outbound.push_back(message);
    }

    fn timeout(&mut self, now: Instant, _outbound: &mut PacketQueue) {
        if self.next_timeout().is_some_and(|due| now >= due) {
            self.tick(now);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        let last_sent = self.last_sent?;
        let Some(ticked) = self.ticked else { return Some(last_sent) };
        (ticked.saturating_duration_since(last_sent) < IDLE_AFTER).then(|| ticked + TICK_INTERVAL)
    }

    fn bind_local(&mut self, info: &StreamInfo) {
        let extension = info.rtp_header_extensions.iter().find(|extension| extension.uri == TRANSPORT_CC);
        let id = extension.and_then(|extension| u8::try_from(extension.id).ok()).filter(|id| *id > 0);
        self.streams.insert(info.ssrc, id);
        if codec_of(&info.mime_type).map(kind_of) != Some(TrackKind::Audio) {
            self.video.insert(info.ssrc);
        }
        if let Some(repairs) = info.ssrc_rtx {
            self.streams.insert(repairs, id);
        }
    }

    fn unbind_local(&mut self, info: &StreamInfo) {
        self.streams.remove(&info.ssrc);
        self.video.remove(&info.ssrc);
        if let Some(repairs) = info.ssrc_rtx {
            self.streams.remove(&repairs);
        }
    }
}

#[cfg(test)]
mod tests;
