//! Tests of receiver-side estimates (REMB, draft-alvestrand-rmcat-remb-03) between two peers on loopback: sent where
//! the other end understands nothing else, and obeyed.

#[path = "support/pair.rs"]
mod support;

use std::time::Duration;

use anyhow::Result;
use bellwire_call::{Sdp, SdpKind};
use bellwire_media::Codec;
use support::{Pair, Side, Stream, WAIT_LIMIT, config, until};

const ABS_SEND_TIME: &str = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time";

/// An offer of an endpoint that knows no transport-wide feedback.
fn without_transport_cc(text: &str) -> String {
    let lines =
        text.lines().filter(|line| !line.contains("transport-cc") && !line.contains("transport-wide-cc"));
    lines.map(|line| format!("{line}\r\n")).collect()
}

/// The same, whose packets say when they leave.
fn with_send_times(text: &str) -> String {
    assert!(!text.contains(ABS_SEND_TIME), "offered by those only who have a use for it");
    text.trim_end().to_owned() + &format!("\r\na=extmap:14 {ABS_SEND_TIME}\r\n")
}

/// A pair whose `a` offers what is left of its offer; and the answer.
async fn pair(change: impl Fn(&str) -> String) -> Result<(Pair, String)> {
    let pair = Pair::new(config(), config()).await?;
    let offer = change(&pair.a.peer.create_offer(false).await?.sdp);
    let answer = pair.b.peer.accept_offer(Sdp { kind: SdpKind::Offer, sdp: offer }).await?;
    let text = answer.sdp.clone();
    pair.a.peer.accept_answer(answer).await?;
    pair.wait_connected().await?;
    Ok((pair, text))
}

/// Waits until one side has told the other what it can receive.
async fn both_know(side: &Side, other: &Side) -> u64 {
    loop {
        let (told, heard) = (side.peer.stats().await.remb_sent_bps, other.peer.stats().await.remb_bps);
        if let (Some(told), Some(_)) = (told, heard) {
            return told;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_without_transport_wide_feedback_is_told_what_we_can_receive() -> Result<()> {
    let (foreign, answer) = pair(without_transport_cc).await?;
    assert!(answer.contains("goog-remb") && !answer.contains("transport-cc"), "{answer}");
    let (usual, answer) = pair(str::to_owned).await?;
    assert!(answer.contains(" goog-remb") && answer.contains(" transport-cc"), "{answer}");
    let mut streams = Vec::new();
    for pair in [&foreign, &usual] {
        streams.extend([Stream::start(&pair.a, 1_000), Stream::start(&pair.b, 1_000)]);
    }
    // Both ways: neither side can have transport-wide feedback.
    for (side, other) in [(&foreign.b, &foreign.a), (&foreign.a, &foreign.b)] {
        let told = tokio::time::timeout(WAIT_LIMIT, both_know(side, other)).await?;
        assert!((50_000..=4_000_000).contains(&told), "{told}");
    }
    until("pictures", || usual.b.heard.count(Codec::H264) > 150).await?;
    for side in [&usual.a, &usual.b] {
        let stats = side.peer.stats().await;
        assert_eq!((stats.remb_bps, stats.remb_sent_bps), (None, None));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn send_times_are_asked_for_only_where_the_estimate_is_ours() -> Result<()> {
    let (pair_of_both, answer) = pair(|text| with_send_times(&without_transport_cc(text))).await?;
    assert!(answer.contains(&format!("a=extmap:14 {ABS_SEND_TIME}")), "{answer}");
    // What has been agreed stays in later offers of either side.
    let again = pair_of_both.b.peer.create_offer(false).await?.sdp;
    assert!(again.contains(&format!("a=extmap:14 {ABS_SEND_TIME}")), "{again}");
    let (_, answer) = pair(with_send_times).await?;
    assert!(!answer.contains(ABS_SEND_TIME), "{answer}");
    Ok(())
}
