//! Two peers in one process, over real sockets on loopback.
#![allow(dead_code, reason = "not every test uses all of it")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use bellwire_call::IceCandidate;
use bellwire_media::{Codec, EncodedFrame, Packet, PacketReceiver, SenderReport, TrackKind};
use bellwire_peer::{Peer, PeerConfig, PeerEvent, PeerState};
use tokio::sync::mpsc;

/// Longer than anything takes on a busy machine; only a failure waits this long.
pub(crate) const WAIT_LIMIT: Duration = Duration::from_secs(40);

#[derive(Default)]
pub(crate) struct Heard {
    pub(crate) packets: Mutex<Vec<(Codec, Packet)>>,
    pub(crate) copies: Mutex<Vec<Packet>>,
    pub(crate) reports: Mutex<Vec<(TrackKind, SenderReport)>>,
    pub(crate) round_trips: Mutex<Vec<Duration>>,
    pub(crate) sets: Mutex<Vec<Vec<u8>>>,
}

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl PacketReceiver for Heard {
    fn packet(&self, codec: Codec, packet: Packet) {
        locked(&self.packets).push((codec, packet));
    }

    fn copy(&self, packet: Packet) {
        locked(&self.copies).push(packet);
    }

    fn parameter_sets(&self, sets: &[u8]) {
        locked(&self.sets).push(sets.to_vec());
    }

    fn sender_report(&self, kind: TrackKind, report: SenderReport) {
        locked(&self.reports).push((kind, report));
    }

    fn round_trip(&self, rtt: Duration) {
        locked(&self.round_trips).push(rtt);
    }
}

impl Heard {
    pub(crate) fn count(&self, codec: Codec) -> usize {
        locked(&self.packets).iter().filter(|(c, _)| *c == codec).count()
    }
}

pub(crate) struct Side {
    pub(crate) peer: Peer,
    pub(crate) heard: Arc<Heard>,
    pub(crate) seen: Arc<Mutex<Vec<PeerEvent>>>,
}

impl Side {
    pub(crate) fn saw(&self, wanted: impl Fn(&PeerEvent) -> bool) -> bool {
        locked(&self.seen).iter().any(wanted)
    }

    pub(crate) fn forget(&self) {
        locked(&self.seen).clear();
    }
}

pub(crate) fn config() -> PeerConfig {
    PeerConfig { bind: Some(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]), ..PeerConfig::default() }
}

pub(crate) async fn side(config: PeerConfig) -> Result<(Side, mpsc::UnboundedReceiver<IceCandidate>)> {
    let (events, mut happened) = mpsc::channel(64);
    let heard = Arc::new(Heard::default());
    let peer = Peer::open(config, Some(heard.clone()), events).await?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (candidates_in, candidates) = mpsc::unbounded_channel();
    let log = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Some(event) = happened.recv().await {
            if let PeerEvent::Candidate(candidate) = &event {
                let _gone = candidates_in.send(candidate.clone());
            }
            locked(&log).push(event);
        }
    });
    Ok((Side { peer, heard, seen }, candidates))
}

pub(crate) struct Pair {
    pub(crate) a: Arc<Side>,
    pub(crate) b: Arc<Side>,
}

impl Pair {
    pub(crate) async fn new(a: PeerConfig, b: PeerConfig) -> Result<Self> {
        let (a, from_a) = side(a).await?;
        let (b, from_b) = side(b).await?;
        let (a, b) = (Arc::new(a), Arc::new(b));
        for (mut from, to) in [(from_a, Arc::downgrade(&b)), (from_b, Arc::downgrade(&a))] {
            tokio::spawn(async move {
                while let Some(candidate) = from.recv().await {
                    let Some(to) = to.upgrade() else { return };
                    if let Err(error) = to.peer.add_candidate(candidate).await {
                        tracing::warn!(%error, "candidate");
                    }
                }
            });
        }
        Ok(Self { a, b })
    }

    /// `from` offers, the other answers.
    pub(crate) async fn negotiate(from: &Side, to: &Side, ice_restart: bool) -> Result<()> {
        let offer = from.peer.create_offer(ice_restart).await?;
        let answer = to.peer.accept_offer(offer).await?;
        from.peer.accept_answer(answer).await?;
        Ok(())
    }

    pub(crate) async fn connected() -> Result<Self> {
        let pair = Self::new(config(), config()).await?;
        Self::negotiate(&pair.a, &pair.b, false).await?;
        pair.wait_connected().await?;
        Ok(pair)
    }

    pub(crate) async fn wait_connected(&self) -> Result<()> {
        for side in [&self.a, &self.b] {
            until("connected", || side.saw(|e| *e == PeerEvent::State(PeerState::Connected))).await?;
        }
        Ok(())
    }
}

pub(crate) async fn until(what: &str, ready: impl Fn() -> bool) -> Result<()> {
    let start = Instant::now();
    while !ready() {
        if start.elapsed() > WAIT_LIMIT {
            bail!("never came: {what}");
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

pub(crate) fn frame(codec: Codec, data: Vec<u8>, timestamp: u32, key: bool) -> EncodedFrame {
    let captured = Instant::now();
    EncodedFrame {
        codec,
        data: data.into(),
        timestamp,
        captured,
        duration: Duration::from_millis(20),
        key,
        layer: 0,
    }
}

pub(crate) fn picture(n: u32, size: usize) -> EncodedFrame {
    let mut data = vec![0, 0, 0, 1, 0x65];
    data.extend((5..size).map(|at| 1 + u8::try_from((at + n as usize) % 200).unwrap_or(1)));
    frame(Codec::H264, data, n * 3_000, true)
}

/// Sends sound and pictures from `side` until told to stop.
pub(crate) struct Stream(pub(crate) tokio::task::JoinHandle<()>);

impl Stream {
    pub(crate) fn start(side: &Arc<Side>, size: usize) -> Self {
        let (audio, video) = (side.peer.audio_sink(), side.peer.video_sink());
        Self(tokio::spawn(async move {
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            for n in 0.. {
                tick.tick().await;
                audio.send(frame(Codec::Opus, vec![7; 80], n * 960, false));
                video.send(picture(n, size));
            }
        }))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.0.abort();
    }
}
