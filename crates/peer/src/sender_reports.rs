//! RTCP sender reports of ours (RFC 3550 6.4.1): which instant an RTP timestamp stands for.
//!
//! Own, because the crate's takes the moment a packet is sent for the moment it was captured. Encoding
//! and pacing delay pictures far more than sound, and that difference would become lip-sync error.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bellwire_media::TrackKind;
use rtc::interceptor::{AttributedPacket, Packet, StreamInfo, TaggedPacket};
use rtc::rtcp::sender_report::SenderReport;
use rtc::shared::TransportContext;

use crate::codecs::{codec_of, kind_of};
use crate::interceptor::{PacketFilter, PacketQueue};
use crate::report_interval::{Pace, ReportInterval};
use crate::shared::{RtpClock, Shared, lock};

/// The first comes early: lip sync has to wait for it.
const FIRST_REPORT_DELAY: Duration = Duration::from_millis(100);
/// Seconds from 1900 (NTP) to 1970 (Unix).
const NTP_UNIX_OFFSET_SECONDS: f64 = 2_208_988_800.0;

struct Stream {
    kind: TrackKind,
    packets: u32,
    octets: u32,
}

pub(crate) struct SenderReports {
    shared: Arc<Shared>,
    streams: HashMap<u32, Stream>,
    /// When the first ones are due.
    first: Option<Instant>,
    interval: ReportInterval,
    /// An instant and its NTP time. Taken once: a step of the system clock must not bend media time.
    base: (Instant, f64),
}

impl SenderReports {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        Self {
            shared,
            streams: HashMap::new(),
            first: None,
            interval: ReportInterval::new(Pace::OF_STREAMS),
            base: (Instant::now(), unix + NTP_UNIX_OFFSET_SECONDS),
        }
    }

    fn report(&self, now: Instant, ssrc: u32, stream: &Stream) -> Option<SenderReport> {
        if stream.packets == 0 {
            return None;
        }
        let clock = (*lock(self.shared.clocks.of(stream.kind)))?;
        Some(SenderReport {
            ssrc,
            ntp_time: ntp(self.base.1 + now.saturating_duration_since(self.base.0).as_secs_f64()),
            rtp_time: rtp_at(clock, now),
            packet_count: stream.packets,
            octet_count: stream.octets,
            ..Default::default()
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "32.32 fixed point of a positive time"
)]
fn ntp(seconds: f64) -> u64 {
    (seconds * 4_294_967_296.0) as u64
}

#[expect(clippy::cast_possible_truncation, reason = "RTP time wraps at 32 bits")]
fn rtp_at(clock: RtpClock, now: Instant) -> u32 {
    let passed = now.saturating_duration_since(clock.captured);
    let ticks = passed.as_nanos() * u128::from(clock.rate) / 1_000_000_000;
    clock.timestamp.wrapping_add(ticks as u32)
}

impl PacketFilter for SenderReports {
    fn sent(&mut self, message: TaggedPacket, outbound: &mut PacketQueue) {
        if let Packet::Rtp(packet) = &message.message.packet
            && let Some(stream) = self.streams.get_mut(&packet.header.ssrc)
        {
            stream.packets = stream.packets.wrapping_add(1);
            let octets = u32::try_from(packet.payload.len()).unwrap_or(u32::MAX);
            stream.octets = stream.octets.wrapping_add(octets);
            if stream.packets == 1 {
                self.first = Some(message.now + FIRST_REPORT_DELAY);
            }
        }
        outbound.push_back(message);
    }

    fn timeout(&mut self, now: Instant, outbound: &mut PacketQueue) {
        if self.next_timeout().is_some_and(|next| now >= next) {
            self.first = None;
            self.interval.reported(now);
            for (ssrc, stream) in &self.streams {
                if let Some(report) = self.report(now, *ssrc, stream) {
                    outbound.push_back(TaggedPacket {
                        now,
                        transport: TransportContext::default(),
                        message: AttributedPacket::new(Packet::Rtcp(vec![Box::new(report)])),
                    });
                }
            }
        }
    }

    fn next_timeout(&self) -> Option<Instant> {
        let target = self.shared.target.load(Ordering::Relaxed) as f64;
        self.first.or_else(|| self.interval.due(target))
    }

    fn bind_local(&mut self, info: &StreamInfo) {
        if let Some(codec) = codec_of(&info.mime_type) {
            self.streams.insert(info.ssrc, Stream { kind: kind_of(codec), packets: 0, octets: 0 });
        }
    }

    fn unbind_local(&mut self, info: &StreamInfo) {
        self.streams.remove(&info.ssrc);
    }
}

#[cfg(test)]
mod tests {
    use rtc::interceptor::Interceptor;
    use rtc::rtp::header::Header;
    use rtc::sansio::Protocol;

    use super::*;
    use crate::interceptor::{Filtered, test_packets::rtp};

    #[test]
    fn rtp_time_is_extrapolated_from_capture_and_wraps() {
        let captured = Instant::now();
        let clock = RtpClock { captured, timestamp: u32::MAX - 10, rate: 90_000 };
        assert_eq!(rtp_at(clock, captured), u32::MAX - 10);
        assert_eq!(rtp_at(clock, captured + Duration::from_millis(40)), 3_600 - 11);
    }

    #[test]
    fn nothing_is_reported_before_something_was_sent() {
        let shared = Arc::new(Shared::new(None, 1));
        let mut reports = Filtered::new(SenderReports::new(Arc::clone(&shared)));
        let info = StreamInfo { ssrc: 5, mime_type: "audio/opus".to_owned(), ..Default::default() };
        reports.bind_local_stream(&info);
        assert_eq!(reports.poll_timeout(), None);
        let now = Instant::now();
        *lock(&shared.clocks.audio) = Some(RtpClock { captured: now, timestamp: 960, rate: 48_000 });
        let sent = rtp(now, Header { ssrc: 5, ..Default::default() }, vec![0; 50]);
        reports.handle_write(sent).expect("never refuses");
        assert!(reports.poll_write().is_some());
        assert_eq!(reports.poll_timeout(), Some(now + FIRST_REPORT_DELAY));
        reports.handle_timeout(now + FIRST_REPORT_DELAY).expect("never refuses");
        let Packet::Rtcp(list) = reports.poll_write().expect("a report is due").message.packet else {
            panic!("rtcp expected")
        };
        let report = list[0].as_any().downcast_ref::<SenderReport>().expect("a sender report");
        assert_eq!((report.packet_count, report.octet_count, report.rtp_time), (1, 50, 960 + 4_800));
    }
}
