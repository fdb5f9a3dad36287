//! Test that a peer's candidates cannot make us flood other addresses.

#[path = "support/pair.rs"]
mod support;

use std::net::UdpSocket;
use std::time::{Duration, Instant};

use anyhow::Result;
use bellwire_call::{IceCandidate, Sdp, SdpKind};
use support::{config, side};

/// Checks a second over all pairs, and the first of each pair.
const CHECKS_PER_SECOND: f64 = 200.0;
const FREE_CHECKS: f64 = 50.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_candidates_are_not_a_thousand_targets() -> Result<()> {
    // All of 127.0.0.0/8 ends here.
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(Duration::from_millis(100)))?;
    let port = socket.local_addr()?.port();
    let candidate = |n: u32| {
        format!(
            "candidate:{n} 1 udp {} 127.0.{}.{} {port} typ host",
            2_130_706_431 - n,
            1 + n / 200,
            1 + n % 200
        )
    };
    let (a, _from_a) = side(config()).await?;
    let (b, _from_b) = side(config()).await?;
    let offer = a.peer.create_offer(false).await?;
    let answer = b.peer.accept_offer(offer).await?.sdp;
    let many: String = (0..1_000).map(|n| format!("a={}\r\n", candidate(n))).collect();
    let answer = answer.replacen("a=rtcp-mux", &format!("{many}a=rtcp-mux"), 1);
    let start = Instant::now();
    a.peer.accept_answer(Sdp { kind: SdpKind::Answer, sdp: answer }).await?;
    for n in 1_000..2_000 {
        let candidate = IceCandidate {
            candidate: candidate(n),
            sdp_mid: Some("0".to_owned()),
            sdp_m_line_index: Some(0),
            username_fragment: None,
        };
        a.peer.add_candidate(candidate).await?;
    }
    let counted = tokio::task::spawn_blocking(move || {
        let (mut count, mut buffer) = (0_u32, [0; 2_048]);
        // Enough for a hundred rounds of all of them, were they not held back.
        while count < 400 && start.elapsed() < Duration::from_secs(20) {
            count += u32::from(socket.recv(&mut buffer).is_ok());
        }
        (count, start.elapsed().as_secs_f64())
    });
    let (count, seconds) = counted.await?;
    assert!(count >= 50, "{count}: the path is still looked for");
    assert!(f64::from(count) <= FREE_CHECKS + CHECKS_PER_SECOND * (seconds + 0.1), "{count} in {seconds} s");
    Ok(())
}
