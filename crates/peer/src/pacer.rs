//! Pacer: spreads what is sent over time at little more than the estimate; sound never waits behind pictures.
//!
//! A key frame sent at once fills the bottleneck's queue, and every packet behind it, sound first of all, is
//! late. Order of sending: sound and RTCP at once, then retransmissions within a budget of their own, then
//! new video. Where the encoder makes more than the path carries, whole frames are dropped up to the next
//! key frame. Packets get their sequence numbers here, so that dropped frames leave no gap, and are kept here
//! for retransmission. Probes leave at their own rate, filled up with copies of recent packets.

mod budget;
mod probe;
mod video_queue;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bellwire_media::TrackKind;
use rtc::interceptor::{Attribute, AttributedPacket, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::transport_feedbacks::transport_layer_nack::TransportLayerNack;
use rtc::shared::TransportContext;

use self::budget::{Budget, Load};
use self::probe::Probe;
use self::video_queue::{VideoQueue, bits};
use crate::bandwidth::ProbeClusterId;
use crate::codecs::{codec_of, kind_of};
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::nack::generator::negotiates_nack;
use crate::nack::second_copies::SecondCopies;
use crate::nack::sent_packets::{Retransmission, SentId, SentPackets};
use crate::sent_as::SentAs;
use crate::shared::Shared;

/// Video other than key frames that would wait longer is dropped.
const MAX_QUEUE_TIME: Duration = Duration::from_millis(500);
/// With less than this waiting there is room for the key frame that ends the dropping.
const ROOM_FOR_KEY_FRAME: Duration = Duration::from_millis(50);
/// A key frame waits no longer for the frames before it: they give way.
const MAX_WAIT_OF_KEY_FRAME: Duration = Duration::from_millis(60);
/// A key frame takes time to come; meanwhile it is not asked for again.
const KEY_FRAME_REQUEST_INTERVAL: Duration = Duration::from_secs(1);
/// Whatever the encoder does, no more than this waits.
const MAX_QUEUED_PACKETS: usize = 4_096;
const MAX_QUEUED_REPAIRS: usize = 256;
/// A retransmission that has waited so long is asked for again if it is still of use.
const MIN_REPAIR_WAIT: Duration = Duration::from_millis(200);
const MAX_REPAIR_WAIT: Duration = Duration::from_millis(500);
/// A probe that waits longer for something to send is outdated.
const MAX_PROBE_WAIT: Duration = Duration::from_secs(1);

/// A retransmission that waits.
struct Repair {
    id: SentId,
    since: Instant,
}

/// Dropping up to the next key frame.
#[derive(Default)]
struct Dropping {
    /// SSRC and timestamp of the frame dropped last.
    frame: Option<(u32, u32)>,
    asked: Option<Instant>,
}

pub(crate) struct Pacer {
    shared: Arc<Shared>,
    audio: HashSet<u32>,
    sent: SentPackets,
    repairs: VecDeque<Repair>,
    second_copies: SecondCopies,
    video: VideoQueue,
    dropping: Option<Dropping>,
    budget: Budget,
    probe: Option<Probe>,
    /// Next sequence number of each paced stream.
    numbers: HashMap<u32, u16>,
    /// Timestamp and first number of the key frame that left last, of each.
    keys: HashMap<u32, (u32, u16)>,
}

impl Pacer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            audio: HashSet::new(),
            sent: SentPackets::default(),
            repairs: VecDeque::new(),
            second_copies: SecondCopies::default(),
            video: VideoQueue::default(),
            dropping: None,
            budget: Budget::default(),
            probe: None,
            numbers: HashMap::new(),
            keys: HashMap::new(),
        }
    }

    fn target(&self) -> f64 {
        self.shared.target.load(Ordering::Relaxed) as f64
    }

    fn capacity(&self) -> Option<f64> {
        let bps = self.shared.sending.capacity_bps.load(Ordering::Relaxed);
        (bps > 0).then_some(bps as f64)
    }

    /// What the other side asks for again.
    fn requested(&mut self, now: Instant, nack: &TransportLayerNack) {
        self.sent.set_round_trip(self.shared.round_trip());
        let mut refused = 0;
        for number in nack.nacks.iter().flat_map(|pair| pair.into_iter()) {
            let id = SentId { ssrc: nack.media_ssrc, number };
            let wanted = !self.is_before_key_frame(id) && self.repairs.len() < MAX_QUEUED_REPAIRS;
            if wanted && self.sent.request(now, id).is_ok() {
                self.repairs.push_back(Repair { id, since: now });
            } else {
                refused += 1;
            }
        }
        let kind = if self.audio.contains(&nack.media_ssrc) { TrackKind::Audio } else { TrackKind::Video };
        self.shared.counters.of(kind).retransmissions_refused.fetch_add(refused, Ordering::Relaxed);
    }

    /// Takes a packet of new video, or drops it.
    fn queue(&mut self, message: TaggedPacket) {
        let now = message.now;
        let Packet::Rtp(packet) = &message.message.packet else { return };
        let frame = (packet.header.ssrc, packet.header.timestamp);
        let key = self.shared.is_key_frame(frame.1);
        let begins = self.video.begins_frame(packet);
        if let Some(dropping) = &mut self.dropping {
            if !key || dropping.frame == Some(frame) {
                let new = dropping.frame.replace(frame) != Some(frame);
                self.count_dropped(u64::from(new));
                return;
            }
            self.dropping = None;
        }
        if begins && key && self.budget.drain_time(self.video.bits()) > MAX_WAIT_OF_KEY_FRAME {
            // Nothing needs the frames that wait before it, and whoever asked for it cannot use them.
            let dropped = self.video.drop_waiting();
            self.count_dropped(dropped);
        }
        let waits = self.budget.drain_time(self.video.delta_bits());
        let dropped = if begins && !key && waits > MAX_QUEUE_TIME {
            Some(self.video.drop_deltas())
        } else if self.video.packets() >= MAX_QUEUED_PACKETS {
            Some(self.video.drop_waiting())
        } else {
            None
        };
        if let Some(dropped) = dropped {
            tracing::debug!(dropped, "frames dropped by the pacer");
            self.dropping = Some(Dropping { frame: Some(frame), asked: None });
            self.count_dropped(dropped + 1);
            self.ask_encoder(now);
            return;
        }
        self.video.push(message, key);
    }

    fn count_dropped(&self, frames: u64) {
        self.shared.sending.pacer_frames_dropped.fetch_add(frames, Ordering::Relaxed);
        self.shared.counters.video.frames_dropped.fetch_add(frames, Ordering::Relaxed);
    }

    /// What follows dropped frames refers to them: asks for a key frame once there is room for it.
    fn ask_encoder(&mut self, now: Instant) {
        let waits = self.budget.drain_time(self.video.bits());
        let Some(dropping) = &mut self.dropping else { return };
        let rested =
            dropping.asked.is_none_or(|at| now.saturating_duration_since(at) >= KEY_FRAME_REQUEST_INTERVAL);
        if rested && waits <= ROOM_FOR_KEY_FRAME {
            dropping.asked = Some(now);
            self.shared.want_key_frame();
        }
    }

    fn release(&mut self, now: Instant, outbound: &mut PacketQueue) {
        self.budget.update(now, self.target(), self.capacity());
        self.drop_stale_repairs(now);
        self.begin_probe(now);
        self.run_probe(now, outbound);
        if self.probe.is_none() {
            self.send_second_copies(now, outbound);
            loop {
                if !self.repairs.is_empty() && self.budget.allows(Load::Repair) {
                    self.send_repair(now, Load::Repair, None, outbound);
                } else if !self.video.is_empty() && self.budget.allows(Load::Media) {
                    self.send_video(now, Load::Media, None, outbound);
                } else {
                    break;
                }
            }
        }
        self.ask_encoder(now);
        self.publish();
    }

    fn publish(&self) {
        let repairs: usize = self.repairs.len();
        let sending = &self.shared.sending;
        sending.pacer_packets.store((self.video.packets() + repairs) as u64, Ordering::Relaxed);
        let waits = self.budget.drain_time(self.video.bits()).as_micros();
        sending.pacer_us.store(u64::try_from(waits).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn drop_stale_repairs(&mut self, now: Instant) {
        let round_trip = self.shared.round_trip().unwrap_or_default();
        let longest = round_trip.clamp(MIN_REPAIR_WAIT, MAX_REPAIR_WAIT);
        while let Some(repair) = self.repairs.front()
            && now.saturating_duration_since(repair.since) > longest
        {
            let bytes = self.sent.dropped(repair.id) as u64;
            self.shared.sending.repair_bytes_expired.fetch_add(bytes, Ordering::Relaxed);
            self.repairs.pop_front();
        }
    }

    fn begin_probe(&mut self, now: Instant) {
        let Some((since, cluster)) = self.shared.probe() else { return };
        if now.saturating_duration_since(since) > MAX_PROBE_WAIT {
            self.shared.set_probe(None);
        } else if self.probe.is_none() && self.can_fill_probe() {
            self.shared.set_probe(None);
            self.shared.sending.probes_sent.fetch_add(1, Ordering::Relaxed);
            self.probe = Some(Probe::new(now, cluster));
        }
    }

    fn can_fill_probe(&self) -> bool {
        !self.video.is_empty() || self.sent.has_padding()
    }

    fn run_probe(&mut self, now: Instant, outbound: &mut PacketQueue) {
        while let Some(probe) = &self.probe {
            if probe.is_over(now) {
                self.probe = None;
                return;
            }
            if probe.due() > now {
                return;
            }
            let as_probe = Some(SentAs { probe: Some(probe.id()), padding: false });
            let sent = if !self.repairs.is_empty() {
                self.send_repair(now, Load::Unpaced, as_probe, outbound)
            } else if !self.video.is_empty() {
                self.send_video(now, Load::Unpaced, as_probe, outbound)
            } else {
                let (id, most) = (probe.id(), probe.max_padding());
                self.send_padding(now, id, most, outbound)
            };
            match (sent, &mut self.probe) {
                (Some(bits), Some(probe)) => probe.sent(now, bits),
                // A repair that is no longer kept; the next turn takes something else.
                (None, _) if !self.repairs.is_empty() => {}
                (None | Some(_), _) => return,
            }
        }
    }

    fn send_video(
        &mut self,
        now: Instant,
        load: Load,
        as_what: Option<SentAs>,
        outbound: &mut PacketQueue,
    ) -> Option<f64> {
        let mut message = self.video.pop()?;
        // When it leaves, not when it was made: the estimator goes by departures.
        message.now = now;
        if let Some(as_what) = as_what {
            as_what.mark(&mut message.message);
        }
        let Packet::Rtp(packet) = &mut message.message.packet else { return None };
        let next = self.numbers.entry(packet.header.ssrc).or_insert(packet.header.sequence_number);
        packet.header.sequence_number = *next;
        *next = next.wrapping_add(1);
        self.sent.sent(now, packet);
        let bits = bits(packet);
        let header = &packet.header;
        let (ssrc, timestamp, number) = (header.ssrc, header.timestamp, header.sequence_number);
        self.budget.spend(load, bits);
        outbound.push_back(message);
        self.note_key_frame(ssrc, timestamp, number);
        Some(bits)
    }

    /// A packet of a picture leaves.
    fn note_key_frame(&mut self, ssrc: u32, timestamp: u32, number: u16) {
        let known = self.keys.get(&ssrc).copied();
        if self.shared.is_key_frame(timestamp) && known.is_none_or(|(before, _)| before != timestamp) {
            self.keys.insert(ssrc, (timestamp, number));
            self.drop_repairs_before_key_frame();
        } else if known.is_some_and(|(_, first)| number.wrapping_sub(first) > MAX_QUEUED_PACKETS as u16) {
            // Nothing from before it is kept any more, and numbers go round.
            self.keys.remove(&ssrc);
        }
    }

    /// Nothing is decoded from what left before a key frame: that it takes the path of the key frame is of no use.
    fn is_before_key_frame(&self, id: SentId) -> bool {
        is_before(&self.keys, id)
    }

    fn drop_repairs_before_key_frame(&mut self) {
        let keys = &self.keys;
        self.second_copies.forget(|id| is_before(keys, id));
        for repair in std::mem::take(&mut self.repairs) {
            if self.is_before_key_frame(repair.id) {
                self.sent.dropped(repair.id);
            } else {
                self.repairs.push_back(repair);
            }
        }
    }

    fn send_repair(
        &mut self,
        now: Instant,
        load: Load,
        as_what: Option<SentAs>,
        outbound: &mut PacketQueue,
    ) -> Option<f64> {
        let repair = self.repairs.pop_front()?;
        let Retransmission { packet, before, reference } = self.sent.retransmit(now, repair.id)?;
        let round_trip = self.shared.round_trip().unwrap_or_default();
        self.second_copies.sent(now, repair.id, before, reference, round_trip);
        Some(self.send_copy(now, load, as_what, packet, outbound))
    }

    fn send_second_copies(&mut self, now: Instant, outbound: &mut PacketQueue) {
        while self.budget.allows(Load::SecondCopy)
            && let Some(id) = self.second_copies.take(now)
        {
            if let Some(packet) = self.sent.second_copy(id) {
                self.send_copy(now, Load::SecondCopy, None, packet, outbound);
            }
        }
    }

    fn send_padding(
        &mut self,
        now: Instant,
        probe: ProbeClusterId,
        most: usize,
        outbound: &mut PacketQueue,
    ) -> Option<f64> {
        let packet = self.sent.padding(now, most)?;
        let as_what = SentAs { probe: Some(probe), padding: true };
        Some(self.send_copy(now, Load::Unpaced, Some(as_what), packet, outbound))
    }

    fn send_copy(
        &mut self,
        now: Instant,
        load: Load,
        as_what: Option<SentAs>,
        packet: rtc::rtp::Packet,
        outbound: &mut PacketQueue,
    ) -> f64 {
        let bits = bits(&packet);
        self.budget.spend(load, bits);
        let mut message = AttributedPacket::new(Packet::Rtp(packet)).with(Attribute::Retransmission);
        if let Some(as_what) = as_what {
            as_what.mark(&mut message);
        }
        outbound.push_back(TaggedPacket { now, transport: TransportContext::default(), message });
        bits
    }

    fn is_waiting(&self) -> bool {
        let probes = self.probe.is_some() || (self.shared.probe().is_some() && self.can_fill_probe());
        let copies = self.second_copies.due().is_some();
        copies || !self.repairs.is_empty() || !self.video.is_empty() || probes
    }
}

/// Whether a packet left before the last key frame of its stream.
fn is_before(keys: &HashMap<u32, (u32, u16)>, id: SentId) -> bool {
    keys.get(&id.ssrc).is_some_and(|(_, first)| id.number.wrapping_sub(*first).cast_signed() < 0)
}

impl PacketFilter for Pacer {
    fn received(&mut self, message: TaggedPacket, inbound: &mut PacketQueue) {
        if let Packet::Rtcp(packets) = &message.message.packet {
            for packet in packets {
                if let Some(nack) = packet.as_any().downcast_ref::<TransportLayerNack>() {
                    self.requested(message.now, nack);
                }
            }
        }
        inbound.push_back(message);
    }

    fn sent(&mut self, message: TaggedPacket, outbound: &mut PacketQueue) {
        let now = message.now;
        let Packet::Rtp(packet) = &message.message.packet else {
            outbound.push_back(message);
            return;
        };
        if self.audio.contains(&packet.header.ssrc) {
            self.sent.sent(now, packet);
            self.budget.update(now, self.target(), self.capacity());
            self.budget.spend(Load::Unpaced, bits(packet));
            outbound.push_back(message);
        } else {
            self.queue(message);
            self.release(now, outbound);
        }
    }

    fn timeout(&mut self, now: Instant, outbound: &mut PacketQueue) {
        if self.is_waiting() {
            self.release(now, outbound);
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        if let Some(probe) = &self.probe {
            return Some(probe.due().max(self.budget.due(Load::Unpaced)?));
        }
        let probe = self.shared.probe().map(|(since, _)| since).filter(|_| self.can_fill_probe());
        let repair = if self.repairs.is_empty() { None } else { self.budget.due(Load::Repair) };
        let video = if self.video.is_empty() { None } else { self.budget.due(Load::Media) };
        let copy = self.second_copies.due().and_then(|due| Some(due.max(self.budget.due(Load::SecondCopy)?)));
        [probe, repair, copy, video].into_iter().flatten().min()
    }

    fn bind_local(&mut self, info: &StreamInfo) {
        match codec_of(&info.mime_type).map(kind_of) {
            Some(TrackKind::Audio) => _ = self.audio.insert(info.ssrc),
            Some(TrackKind::Video) | None => {}
        }
        if negotiates_nack(info) {
            self.sent.keep(info);
        }
    }

    fn unbind_local(&mut self, info: &StreamInfo) {
        // Sequence numbers are kept: a stream that is bound again goes on.
        self.audio.remove(&info.ssrc);
        self.keys.remove(&info.ssrc);
        self.sent.forget(info.ssrc);
    }
}

#[cfg(test)]
mod tests;
