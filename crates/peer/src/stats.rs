//! Statistics of a connection, counted from its start.

use std::sync::atomic::Ordering;
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
    /// RTP headers included, retransmissions included.
    pub bytes_sent: u64,
    pub packets_received: u64,
    pub bytes_received: u64,
    /// Packets of ours the other side lacks, by its last report.
    pub remote_lost: u32,
    /// Packets we lack, by our last report.
    pub lost: u32,
    /// Packets we asked for again.
    pub nacks_sent: u64,
    pub nacks_received: u64,
    pub retransmissions_sent: u64,
    pub retransmissions_received: u64,
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
    /// Known while a path is selected.
    pub path: Option<PathKind>,
}

fn kind(counters: &Counters) -> KindStats {
    let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
    KindStats {
        packets_sent: read(&counters.packets_sent),
        bytes_sent: read(&counters.bytes_sent),
        packets_received: read(&counters.packets_received),
        bytes_received: read(&counters.bytes_received),
        remote_lost: counters.remote_lost.load(Ordering::Relaxed),
        lost: counters.lost.load(Ordering::Relaxed),
        nacks_sent: read(&counters.nacks_sent),
        nacks_received: read(&counters.nacks_received),
        retransmissions_sent: read(&counters.retransmissions_sent),
        retransmissions_received: read(&counters.retransmissions_received),
        frames_dropped: read(&counters.frames_dropped),
    }
}

pub(crate) fn collect(shared: &Shared, report: &RTCStatsReport) -> PeerStats {
    let round_trip = shared.round_trip_us.load(Ordering::Relaxed);
    PeerStats {
        audio: kind(&shared.counters.audio),
        video: kind(&shared.counters.video),
        round_trip: (round_trip > 0).then(|| Duration::from_micros(round_trip)),
        target_bps: shared.target.load(Ordering::Relaxed),
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
