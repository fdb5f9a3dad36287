use rtc::interceptor::{Attribute, Interceptor, RTPHeaderExtension};
use rtc::rtcp::transport_feedbacks::transport_layer_cc::{
    PacketStatusChunk, RecvDelta, RunLengthChunk, SymbolTypeTcc,
};
use rtc::rtp::header::Header;
use rtc::sansio::Protocol;

use super::*;
use crate::interceptor::{Filtered, test_packets};

const LIMITS: Limits = Limits { start: 300_000.0, min: 60_000.0, max: 2_500_000.0 };

fn interceptor(extension: Option<u16>) -> (Arc<Shared>, Filtered<TransportFeedback>) {
    let shared = Arc::new(Shared::new(None, 300_000));
    let mut feedback = Filtered::new(TransportFeedback::new(LIMITS, Arc::clone(&shared)));
    let extensions = extension.map(|id| RTPHeaderExtension { uri: TRANSPORT_CC.to_owned(), id });
    feedback.bind_local_stream(&StreamInfo {
        ssrc: 7,
        ssrc_rtx: Some(8),
        rtp_header_extensions: extensions.into_iter().collect(),
        ..Default::default()
    });
    (shared, feedback)
}

fn send(feedback: &mut Filtered<TransportFeedback>, now: Instant, ssrc: u32) -> Option<u16> {
    let mut packet = test_packets::rtp(now, Header { ssrc, ..Default::default() }, vec![0; 1_000]);
    packet.message.add(Attribute::Retransmission);
    feedback.handle_write(packet).expect("never refuses");
    let Packet::Rtp(sent) = feedback.poll_write().expect("one in, one out").message.packet else {
        return None;
    };
    Some(u16::from_be_bytes(sent.header.get_extension(5)?[..].try_into().ok()?))
}

fn arrived(count: u16, base: u16) -> TransportLayerCc {
    TransportLayerCc {
        base_sequence_number: base,
        packet_status_count: count,
        packet_chunks: vec![PacketStatusChunk::RunLengthChunk(RunLengthChunk {
            packet_status_symbol: SymbolTypeTcc::PacketReceivedSmallDelta,
            run_length: count,
            ..Default::default()
        })],
        recv_deltas: vec![RecvDelta { delta: 10_000, ..Default::default() }; count.into()],
        ..Default::default()
    }
}

#[test]
fn media_and_its_repairs_are_numbered_together_and_other_streams_are_not() {
    let (_, mut feedback) = interceptor(Some(5));
    let now = Instant::now();
    assert_eq!([7, 8, 7, 9].map(|ssrc| send(&mut feedback, now, ssrc)), [Some(0), Some(1), Some(2), None]);
    let (_, mut without) = interceptor(None);
    assert_eq!(send(&mut without, now, 7), None);
}

#[test]
fn feedback_moves_the_target_and_hostile_feedback_does_no_harm() {
    let (shared, mut feedback) = interceptor(Some(5));
    let start = Instant::now();
    for n in 0..200_u16 {
        let now = start + Duration::from_millis(u64::from(n) * 10);
        send(&mut feedback, now, 7);
        let mut report = arrived(1, n);
        report.reference_time = u32::from(n) * 10 / 64;
        report.recv_deltas[0].delta = i64::from(u32::from(n) * 10 % 64) * 1_000;
        let report = test_packets::rtcp(now + Duration::from_millis(5), report);
        feedback.handle_read(report).expect("never refuses");
    }
    assert!(shared.target.load(Ordering::Relaxed) > 300_000);
    let now = start + Duration::from_secs(3);
    for base in (0..=u16::MAX).step_by(1_000) {
        feedback.handle_read(test_packets::rtcp(now, arrived(u16::MAX, base))).expect("never refuses");
        let mut nonsense = arrived(2, base);
        nonsense.recv_deltas = vec![RecvDelta { delta: i64::MIN / 2, ..Default::default() }; 2];
        nonsense.reference_time = u32::MAX;
        feedback.handle_read(test_packets::rtcp(now, nonsense)).expect("never refuses");
        feedback.handle_timeout(now).expect("never refuses");
    }
    let target = shared.target.load(Ordering::Relaxed);
    assert!((60_000..=2_500_000).contains(&target), "{target}");
}

#[test]
fn remb_bounds_the_target_until_it_is_outdated() {
    let (shared, mut feedback) = interceptor(Some(5));
    let start = Instant::now();
    send(&mut feedback, start, 7);
    for bitrate in [100_000.0, f32::NAN, f32::INFINITY, -1.0, 0.0] {
        let remb = ReceiverEstimatedMaximumBitrate { bitrate, ..Default::default() };
        feedback.handle_read(test_packets::rtcp(start, remb)).expect("never refuses");
    }
    assert_eq!(shared.target.load(Ordering::Relaxed), 100_000);
    let later = start + REMB_LIFETIME + Duration::from_secs(1);
    send(&mut feedback, later, 7);
    feedback.handle_timeout(later).expect("never refuses");
    assert!(shared.target.load(Ordering::Relaxed) > 150_000);
}

#[test]
fn without_transport_wide_feedback_receiver_reports_decide() {
    let (shared, mut feedback) = interceptor(None);
    let start = Instant::now();
    let mut report = |second: u64, fraction_lost: u8| {
        let now = start + Duration::from_secs(second);
        send(&mut feedback, now, 7);
        let block = ReceptionReport { ssrc: 7, fraction_lost, ..Default::default() };
        let foreign = ReceptionReport { ssrc: 99, fraction_lost: 255, ..Default::default() };
        let report = ReceiverReport { ssrc: 1, reports: vec![block, foreign], ..Default::default() };
        feedback.handle_read(test_packets::rtcp(now, report)).expect("never refuses");
        shared.target.load(Ordering::Relaxed)
    };
    assert_eq!(report(0, 0), 300_000);
    assert_eq!(report(1, 0), 324_000);
    assert_eq!(report(2, 128), 243_000);
}

#[test]
fn a_voice_call_has_no_use_for_the_rate_of_pictures() {
    let (shared, mut feedback) = interceptor(None);
    feedback.unbind_local_stream(&StreamInfo { ssrc: 7, ssrc_rtx: Some(8), ..Default::default() });
    feedback.bind_local_stream(&StreamInfo {
        ssrc: 7,
        mime_type: "audio/opus".to_owned(),
        rtp_header_extensions: vec![RTPHeaderExtension { uri: TRANSPORT_CC.to_owned(), id: 5 }],
        ..Default::default()
    });
    let start = Instant::now();
    send(&mut feedback, start, 7);
    feedback.handle_timeout(start).expect("never refuses");
    assert_eq!(shared.target.load(Ordering::Relaxed), 128_000);
}
