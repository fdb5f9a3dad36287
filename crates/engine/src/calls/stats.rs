//! Call statistics: those of media and of the peer connection in one record, and the grade of a call. Pure.

use std::time::Duration;

use bellwire_call::{MemberId, Quality, QualityLevel};
use bellwire_media::{MediaStats, MemberStats, SentStats};
use bellwire_peer::{KindStats, PathKind, PeerStats};

use crate::view::{CallStats, MemberQuality, TransportStats};

/// From the answer to the first picture and the first sound of the other side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Answer {
    pub(crate) to_video: Option<Duration>,
    pub(crate) to_audio: Option<Duration>,
}

/// Packets received and lost since the connection began.
pub(crate) fn totals(peer: &PeerStats) -> (u64, u64) {
    let received = peer.audio.packets_received + peer.video.packets_received;
    (received, u64::from(peer.audio.lost) + u64::from(peer.video.lost))
}

/// `counted`: the [`totals`] of the last record.
pub(crate) fn call_stats(
    (sent, received_of_member): (&SentStats, &MemberStats),
    peer: &PeerStats,
    counted: (u64, u64),
    answer: Answer,
    security_code: String,
) -> CallStats {
    let media = MediaStats::of(sent, received_of_member);
    let (received, lost) = totals(peer);
    let (newly_received, newly_lost) = (received.saturating_sub(counted.0), lost.saturating_sub(counted.1));
    let ms = |span: Duration| span.as_secs_f32() * 1e3;
    CallStats {
        frames_captured: media.frames_captured,
        frames_sent: media.frames_sent,
        frames_dropped: media.frames_dropped,
        frames_received: media.frames_received,
        fps_sent: media.fps_sent,
        fps_received: media.fps_received,
        width_sent: media.width_sent,
        height_sent: media.height_sent,
        width_received: media.width_received,
        height_received: media.height_received,
        freezes: media.freezes,
        freeze_ms: media.freeze_ms,
        longest_freeze_ms: media.longest_freeze_ms,
        first_picture_ms: media.first_picture_ms,
        frames_decoded: media.frames_decoded,
        frames_left_out: media.frames_left_out,
        frames_skipped: media.frames_skipped,
        key_frames_sent: media.key_frames_sent,
        key_frames_requested: media.key_frames_requested,
        recoveries_sent: media.recoveries_sent,
        recoveries_requested: media.recoveries_requested,
        video_delay_ms: media.video_delay_ms,
        capture_to_display_ms: media.capture_to_display_ms,
        encode_ms: media.encode_ms,
        decode_ms: media.decode_ms,
        quantiser: media.quantiser,
        picture_paused: media.picture_paused,
        video_kbps_sent: media.video_kbps_sent,
        video_kbps_received: media.video_kbps_received,
        audio_kbps_sent: media.audio_kbps_sent,
        audio_kbps_received: media.audio_kbps_received,
        target_kbps: peer.target_bps as f32 / 1e3,
        packets_lost: lost,
        loss: newly_lost as f32 / (newly_received + newly_lost).max(1) as f32,
        rtt_ms: peer.round_trip.map_or(0.0, ms),
        jitter_ms: media.jitter_ms,
        audio_level_sent_db: media.audio_level_sent_db,
        audio_level_received_db: media.audio_level_received_db,
        concealed: media.concealed,
        audio_late: media.audio_late,
        audio_restored: media.audio_restored,
        microphone_muted: media.microphone_muted,
        camera_off: media.camera_off,
        codec_sent: media.video_codec_sent,
        codec_received: media.video_codec_received,
        av_offset_ms: media.av_offset_ms,
        answer_to_video_ms: answer.to_video.map(ms),
        answer_to_audio_ms: answer.to_audio.map(ms),
        path: match peer.path {
            None => String::new(),
            Some(PathKind::Direct) => "direct".into(),
            Some(PathKind::Reflexive) => "reflexive".into(),
            Some(PathKind::Relayed) => "relayed".into(),
        },
        security_code,
        transport: transport(peer),
        upload_kbps: 0.0,
        members: Vec::new(),
    }
}

fn transport(peer: &PeerStats) -> TransportStats {
    let both = |of: fn(&KindStats) -> u64| of(&peer.audio) + of(&peer.video);
    let kbps = |bps: Option<u64>| bps.map(|bps| bps as f32 / 1e3);
    TransportStats {
        delay_based_kbps: kbps(peer.delay_based_bps),
        loss_based_kbps: kbps(peer.loss_based_bps),
        acknowledged_kbps: kbps(peer.acknowledged_bps),
        probes_sent: peer.probes_sent,
        padding_bytes_sent: both(|kind| kind.padding_bytes_sent),
        pacer_packets: peer.pacer_packets,
        pacer_queue_ms: peer.pacer_queue.as_secs_f32() * 1e3,
        pacer_frames_dropped: peer.pacer_frames_dropped,
        nacks_sent: both(|kind| kind.nacks_sent),
        packets_requested: both(|kind| kind.packets_requested),
        nacks_received: both(|kind| kind.nacks_received),
        packets_requested_by_remote: both(|kind| kind.packets_requested_by_remote),
        retransmissions_sent: both(|kind| kind.retransmissions_sent),
        retransmissions_refused: both(|kind| kind.retransmissions_refused),
        retransmissions_received: both(|kind| kind.retransmissions_received),
        key_frames_requested: peer.key_frames_requested,
        key_frames_requested_by_remote: peer.key_frames_requested_by_remote,
        recoveries_requested: peer.recoveries_requested,
        recoveries_requested_by_remote: peer.recoveries_requested_by_remote,
    }
}

impl CallStats {
    /// What we send goes another way than what is received.
    pub(crate) fn send_as(&mut self, way: &Self) {
        let received = &self.transport;
        self.transport = TransportStats {
            nacks_sent: received.nacks_sent,
            packets_requested: received.packets_requested,
            retransmissions_received: received.retransmissions_received,
            key_frames_requested: received.key_frames_requested,
            recoveries_requested: received.recoveries_requested,
            ..way.transport.clone()
        };
        self.target_kbps = way.target_kbps;
        self.rtt_ms = self.rtt_ms.max(way.rtt_ms);
    }
}

/// One of several, in short.
pub(crate) fn member_quality(member: MemberId, stats: &CallStats) -> MemberQuality {
    MemberQuality {
        member,
        quality: level(stats.loss, stats.rtt_ms),
        round_trip_ms: stats.rtt_ms,
        loss: stats.loss,
        fps: stats.fps_received,
        width: stats.width_received,
        height: stats.height_received,
        security_code: stats.security_code.clone(),
    }
}

/// How bad a connection is, for comparison: more is worse.
pub(crate) fn badness(stats: &CallStats) -> u8 {
    match level(stats.loss, stats.rtt_ms) {
        QualityLevel::Excellent => 0,
        QualityLevel::Good => 1,
        QualityLevel::Fair => 2,
        QualityLevel::Poor => 3,
    }
}

/// What backends that keep the quality of calls are told.
#[derive(Clone, Debug)]
pub(crate) struct QualityFigures {
    /// Those of the worst connection.
    pub(crate) worst: Quality,
    pub(crate) members: Vec<(MemberId, Quality)>,
}

/// Those of one connection.
pub(crate) fn quality(stats: &CallStats) -> Quality {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let whole = |figure: f32| figure.round() as u32;
    Quality {
        level: level(stats.loss, stats.rtt_ms),
        rtt_ms: whole(stats.rtt_ms),
        loss_permille: whole(stats.loss * 1e3),
        jitter_ms: whole(stats.jitter_ms),
        kbps_sent: whole(stats.video_kbps_sent + stats.audio_kbps_sent),
        kbps_received: whole(stats.video_kbps_received + stats.audio_kbps_received),
        fps: whole(stats.fps_received),
    }
}

/// `loss`: a fraction.
fn level(loss: f32, rtt_ms: f32) -> QualityLevel {
    match (loss, rtt_ms) {
        (loss, rtt) if loss < 0.01 && rtt < 150.0 => QualityLevel::Excellent,
        (loss, rtt) if loss < 0.03 && rtt < 300.0 => QualityLevel::Good,
        (loss, rtt) if loss < 0.08 && rtt < 500.0 => QualityLevel::Fair,
        _ => QualityLevel::Poor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worse_of_loss_and_round_trip_time_decides() {
        assert_eq!(level(0.0, 20.0), QualityLevel::Excellent);
        assert_eq!(level(0.0, 200.0), QualityLevel::Good);
        assert_eq!(level(0.05, 20.0), QualityLevel::Fair);
        assert_eq!(level(0.2, 20.0), QualityLevel::Poor);
    }
}
