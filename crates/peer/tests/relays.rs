//! Tests of calls through a relay over TCP and TLS: coturn without a UDP listener, so that nothing but the
//! stream leads to it.

#[path = "support/coturn.rs"]
mod coturn;
#[path = "support/pair.rs"]
mod support;

use anyhow::{Context, Result};
use bellwire_media::Codec;
use bellwire_peer::{IceServer, PathKind, PeerConfig, PeerEvent};
use coturn::{Coturn, PASSWORD, USER};
use support::{Pair, Stream, config, until};

fn through(coturn: &Coturn, url: String) -> PeerConfig {
    let server = IceServer { urls: vec![url], username: USER.to_owned(), credential: PASSWORD.to_owned() };
    PeerConfig {
        ice_servers: vec![server],
        relay_only: true,
        relay_roots: vec![coturn.root.clone()],
        ..config()
    }
}

/// A call through that relay alone, with an ICE restart, which opens another stream.
async fn a_call_through(coturn: &Coturn, url: &str) -> Result<()> {
    let pair = Pair::new(through(coturn, url.to_owned()), through(coturn, url.to_owned())).await?;
    let _streams = [Stream::start(&pair.a, 1_500), Stream::start(&pair.b, 1_500)];
    Pair::negotiate(&pair.a, &pair.b, false).await?;
    pair.wait_connected().await?;
    for round in ["first", "after a restart"] {
        for side in [&pair.a, &pair.b] {
            let before = (side.heard.count(Codec::Opus), side.heard.count(Codec::H264));
            until("media", || {
                side.heard.count(Codec::Opus) > before.0 + 50
                    && side.heard.count(Codec::H264) > before.1 + 100
            })
            .await
            .context(round)?;
            assert_eq!(side.peer.stats().await.path, Some(PathKind::Relayed), "{round}");
        }
        Pair::negotiate(&pair.a, &pair.b, true).await?;
    }
    let relayed = |e: &PeerEvent| matches!(e, PeerEvent::Candidate(c) if c.candidate.contains("typ relay"));
    assert!(pair.a.saw(relayed) && !pair.a.saw(|e| matches!(e, PeerEvent::Candidate(_)) && !relayed(e)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_over_tcp() -> Result<()> {
    let coturn = Coturn::start().await?;
    a_call_through(&coturn, &format!("turn:127.0.0.1:{}?transport=tcp", coturn.tcp)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_over_tls_to_a_name() -> Result<()> {
    let coturn = Coturn::start().await?;
    a_call_through(&coturn, &format!("turns:localhost:{}", coturn.tls)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_whose_certificate_nobody_knows_is_not_used() -> Result<()> {
    let coturn = Coturn::start().await?;
    let url = |scheme, port| format!("{scheme}:localhost:{port}");
    let mut config = through(&coturn, url("turns", coturn.tls));
    config.relay_roots.clear();
    // The other way to it shows when the first would have been through.
    config.ice_servers[0].urls.push(format!("{}?transport=tcp", url("turn", coturn.tcp)));
    let (side, _candidates) = support::side(config).await?;
    side.peer.create_offer(false).await?;
    let relayed = || {
        let seen = support::locked(&side.seen);
        let relayed =
            |e: &&PeerEvent| matches!(e, PeerEvent::Candidate(c) if c.candidate.contains("typ relay"));
        seen.iter().filter(relayed).count()
    };
    until("the relay over TCP", || relayed() > 0).await?;
    assert_eq!(relayed(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_ends_the_streams() -> Result<()> {
    let coturn = Coturn::start().await?;
    let url = format!("turn:127.0.0.1:{}?transport=tcp", coturn.tcp);
    let (side, _candidates) = support::side(through(&coturn, url)).await?;
    side.peer.create_offer(false).await?;
    until("a relay", || side.saw(|e| matches!(e, PeerEvent::Candidate(_)))).await?;
    tokio::time::timeout(support::WAIT_LIMIT, side.peer.close()).await?;
    Ok(())
}
