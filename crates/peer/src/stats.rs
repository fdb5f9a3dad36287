//! Statistics of a connection, counted from its start.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rtc::peer_connection::transport::RTCIceCandidateType;
use serde::Serialize;
use webrtc::peer_connection::{RTCStatsReport, RTCStatsReportEntry};

use crate::shared::{Counters, Shared};

/// How packets travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PathKind {
    /// Within one network.
    Direct,
    /// Through a NAT, by an address it was seen with.
    Reflexive,
    /// Through a TURN server.
    Relayed,
}

/// One kind of media, both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct KindStats {
    /// RTP packets, retransmissions left out.
    pub packets_sent: u64,
    /// RTP headers included, retransmissions and padding included.
    pub bytes_sent: u64,
    pub packets_received: u64,
    pub bytes_received: u64,
    /// Packets of ours the other side lacks, by its last report.
    pub remote_lost: u32,
    /// Packets we lack, by our last report.
    pub lost: u32,
    /// NACK messages (RFC 4585 6.2.1), and the packets they name, each time anew.
    pub nacks_sent: u64,
    pub packets_requested: u64,
    pub nacks_received: u64,
    pub packets_requested_by_remote: u64,
    /// Packets sent again because they were asked for.
    pub retransmissions_sent: u64,
    /// Asked for and not sent again: unknown, too old, or on their way already.
    pub retransmissions_refused: u64,
    /// Padding of the other side's included: it consists of retransmissions.
    pub retransmissions_received: u64,
    /// Copies of packets sent to probe the path.
    pub padding_bytes_sent: u64,
    /// Frames that never reached the wire.
    pub frames_dropped: u64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct PeerStats {
    pub audio: KindStats,
    pub video: KindStats,
    /// Smoothed, from RTCP.
    pub round_trip: Option<Duration>,
    /// Estimate of what the path carries, bit/s.
    pub target_bps: u64,
    /// Its part by delay and its part by loss, and the rate that arrives by the other side's feedback, bit/s.
    /// `None`: not known, or no limit.
    pub delay_based_bps: Option<u64>,
    pub loss_based_bps: Option<u64>,
    pub acknowledged_bps: Option<u64>,
    /// What the other side says that it can receive, and what we have told it that we can (REMB,
    /// draft-alvestrand-rmcat-remb-03), bit/s. `None`: nothing, as with transport-wide feedback.
    pub remb_bps: Option<u64>,
    pub remb_sent_bps: Option<u64>,
    /// Part of the packets that the path loses at any rate, 0 to 1.
    pub inherent_loss: f32,
    /// We send less than the target because there is no more to send.
    pub application_limited: bool,
    pub probing: bool,
    /// Clusters of packets sent to find out whether the path carries more.
    pub probes_sent: u64,
    /// Packets that wait in the pacer, and how long they take to leave.
    pub pacer_packets: u64,
    pub pacer_queue: Duration,
    /// Because the encoder made more than the path carries.
    pub pacer_frames_dropped: u64,
    /// PLI (RFC 4585 6.3.1) sent, and PLI and FIR (RFC 5104 4.3.1) received.
    pub key_frames_requested: u64,
    pub key_frames_requested_by_remote: u64,
    /// Requests (RPSI, RFC 4585 6.3.3) for a picture that is predicted from one kept for that, instead of a key frame.
    pub recoveries_requested: u64,
    pub recoveries_requested_by_remote: u64,
    /// Known while a path is selected.
    pub path: Option<PathKind>,
}

fn kind(counters: &Counters) -> KindStats {
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    KindStats {
        packets_sent: read(&counters.packets_sent),
        bytes_sent: read(&counters.bytes_sent),
        packets_received: read(&counters.packets_received),
        bytes_received: read(&counters.bytes_received),
        remote_lost: counters.remote_lost.load(Ordering::Relaxed),
        lost: counters.lost.load(Ordering::Relaxed),
        nacks_sent: read(&counters.nacks_sent),
        packets_requested: read(&counters.packets_requested),
        nacks_received: read(&counters.nacks_received),
        packets_requested_by_remote: read(&counters.packets_requested_by_remote),
        retransmissions_sent: read(&counters.retransmissions_sent),
        retransmissions_refused: read(&counters.retransmissions_refused),
        padding_bytes_sent: read(&counters.padding_bytes_sent),
        retransmissions_received: read(&counters.retransmissions_received),
        frames_dropped: read(&counters.frames_dropped),
    }
}

pub(crate) fn collect(shared: &Shared, report: &RTCStatsReport) -> PeerStats {
    let sending = &shared.sending;
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let known = |counter: &AtomicU64| Some(read(counter)).filter(|bps| *bps > 0);
    PeerStats {
        audio: kind(&shared.counters.audio),
        video: kind(&shared.counters.video),
        round_trip: shared.round_trip(),
        target_bps: read(&shared.target),
        delay_based_bps: known(&sending.delay_based_bps),
        loss_based_bps: known(&sending.loss_based_bps),
        acknowledged_bps: known(&sending.acknowledged_bps),
        remb_bps: known(&sending.remb_bps),
        remb_sent_bps: known(&shared.remb_sent_bps),
        inherent_loss: read(&sending.inherent_loss_ppm) as f32 / 1e6,
        application_limited: sending.application_limited.load(Ordering::Relaxed),
        probing: sending.probing.load(Ordering::Relaxed),
        probes_sent: read(&sending.probes_sent),
        pacer_packets: read(&sending.pacer_packets),
        pacer_queue: Duration::from_micros(read(&sending.pacer_us)),
        pacer_frames_dropped: read(&sending.pacer_frames_dropped),
        key_frames_requested: read(&sending.key_frames_asked),
        key_frames_requested_by_remote: read(&sending.key_frames_asked_by_remote),
        recoveries_requested: read(&sending.recoveries_asked),
        recoveries_requested_by_remote: read(&sending.recoveries_asked_by_remote),
        path: path(report),
    }
}

fn path(report: &RTCStatsReport) -> Option<PathKind> {
    let selected = &report.transport()?.selected_candidate_pair_id;
    let pair = report.candidate_pairs().find(|pair| pair.stats.id == *selected)?;
    // A pair names its candidates without the prefixes the report files them under (rtc 0.21.1).
    let kind = |side: &str, id: &str| {
        if let Some(RTCStatsReportEntry::LocalCandidate(c) | RTCStatsReportEntry::RemoteCandidate(c)) =
            report.get(&format!("RTC{side}IceCandidate_{id}"))
        {
            Some(c.candidate_type)
        } else {
            None
        }
    };
    let ends = [kind("Local", &pair.local_candidate_id), kind("Remote", &pair.remote_candidate_id)];
    if ends.contains(&Some(RTCIceCandidateType::Relay)) {
        Some(PathKind::Relayed)
    } else if ends.contains(&Some(RTCIceCandidateType::Srflx)) {
        Some(PathKind::Reflexive)
    } else {
        Some(PathKind::Direct)
    }
}
