//! Handle of one peer connection: descriptions and candidates in and out, frames in, events out.
//!
//! Operations on descriptions run one at a time, in the order they were called, as JSEP has it.

mod exchange;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_media::{EncodedSink, PictureFeedback, SharedReceiver, TrackKind};
use rtc::peer_connection::configuration::RTCIceServer;
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::{Mutex, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::peer_connection::{PeerConnection, StatsSelector};
use webrtc::rtp_transceiver::{RtpSender, RtpTransceiver};

use crate::codecs;
use crate::config::{IceServer, PeerConfig};
use crate::connection::{Handler, Label, configuration, connect};
use crate::description::DescriptionError;
use crate::event::PeerEvent;
use crate::event_task::EventTask;
use crate::fingerprints::Fingerprints;
use crate::ice_servers;
use crate::network_watch::RouteInUse;
use crate::relay_streams::StreamRelays;
use crate::shared::{Shared, lock};
use crate::stats::{self, PeerStats};
use crate::tracks::{Track, TrackSink, Writer, sinks};
use crate::wishes::Wish;

/// How long a description waits for the names of ICE servers. What comes later serves an ICE restart.
const ICE_SERVERS_WAIT: Duration = Duration::from_millis(200);
/// How long the names of newer servers are looked up.
const ICE_SERVERS_LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the connection cannot be set up: {0}")]
    Connection(String),
}

#[derive(Debug, thiserror::Error)]
pub enum NegotiateError {
    #[error(transparent)]
    Description(#[from] DescriptionError),
    #[error("no offer of ours is open")]
    NoOffer,
    #[error("the description does not fit: {0}")]
    Refused(String),
}

#[derive(Debug, thiserror::Error)]
pub enum CandidateError {
    #[error("the candidate cannot be read")]
    Malformed,
    #[error("the candidate does not fit: {0}")]
    Refused(String),
}

struct VideoSender {
    track: Arc<Track>,
    sender: Arc<dyn RtpSender>,
    transceiver: Arc<dyn RtpTransceiver>,
}

/// One connection. Dropping it ends its tasks; [`Peer::close`] also waits for them.
pub struct Peer {
    config: PeerConfig,
    connection: Arc<dyn PeerConnection>,
    shared: Arc<Shared>,
    label: Arc<std::sync::Mutex<Label>>,
    fingerprints: std::sync::Mutex<Fingerprints>,
    negotiation: Mutex<exchange::Negotiation>,
    servers: watch::Sender<Option<Vec<RTCIceServer>>>,
    relays: Arc<StreamRelays>,
    video: Option<VideoSender>,
    stream: String,
    audio_sink: Arc<TrackSink>,
    video_sink: Arc<TrackSink>,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer").field("connected", &self.shared.is_connected()).finish_non_exhaustive()
    }
}

impl Peer {
    /// Binds sockets and prepares both tracks; nothing is sent before a description is exchanged.
    /// Must run inside a tokio runtime. `receiver` may come later, see [`Peer::set_receiver`].
    pub async fn open(
        config: PeerConfig,
        receiver: Option<SharedReceiver>,
        events: mpsc::Sender<PeerEvent>,
    ) -> Result<Self, OpenError> {
        let failed = |error: rtc::shared::error::Error| OpenError::Connection(error.to_string());
        let shared = Arc::new(Shared::new(receiver, config.start_bitrate));
        let label =
            Arc::new(std::sync::Mutex::new(Label { mid: Some("0".to_owned()), index: 0, ufrag: None }));
        let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
        let relays = Arc::new(StreamRelays::new(&config.relay_roots, tasks.clone(), cancel.clone()));
        let known = match ice_servers::without_lookup(&config.ice_servers, &relays) {
            // The connection does not begin with this policy and no relay.
            None if config.relay_only => {
                Some(ice_servers::resolve(config.ice_servers.clone(), &relays).await)
            }
            known => known,
        };
        let (ordered_in, ordered) = mpsc::channel(256);
        let handler = Handler { shared: Arc::clone(&shared), ordered: ordered_in, label: Arc::clone(&label) };
        let first = known.clone().unwrap_or_default();
        let route = Arc::new(RouteInUse::default());
        let network = (Arc::clone(&relays), Arc::clone(&route));
        let connection = connect(&config, first, &shared, handler, network).await.map_err(failed)?;

        let servers = watch::Sender::new(known.clone());
        if known.is_none() {
            let (wanted, cancel, servers_in) = (config.ice_servers.clone(), cancel.clone(), servers.clone());
            let relays = Arc::clone(&relays);
            tasks.spawn(async move {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    found = ice_servers::resolve(wanted, &relays) => { servers_in.send_replace(Some(found)); }
                }
            });
        }

        let stream = format!("bellwire-{:016x}", rand::random::<u64>());
        let audio_track = Arc::new(Track::new(TrackKind::Audio, codecs::opus(), &stream));
        add(&connection, &audio_track).await.map_err(failed)?;
        let all = codecs::video_codecs(&config.video_codecs);
        let video = match all.first() {
            Some(codec) if config.video => {
                let track = Arc::new(Track::new(TrackKind::Video, codec.rtp_codec.clone(), &stream));
                let (sender, transceiver) = add(&connection, &track).await.map_err(failed)?;
                // A track's own codec would otherwise be the only one offered.
                transceiver.set_codec_preferences(all).await.map_err(failed)?;
                Some(VideoSender { track, sender, transceiver })
            }
            _ => None,
        };

        let (audio_sink, video_sink, queues) = sinks(&shared);
        let writer = Writer {
            shared: Arc::clone(&shared),
            audio: Arc::clone(&audio_track),
            video: video.as_ref().map(|v| Arc::clone(&v.track)),
        };
        tasks.spawn(writer.run(queues, cancel.clone()));
        let pump = EventTask {
            shared: Arc::clone(&shared),
            ordered,
            events,
            rtcp: audio_track,
            // Addresses that were chosen are not left for others.
            network: config.network.clone().filter(|_| config.bind.is_none()),
            route,
            cancel: cancel.clone(),
        };
        let closing = Arc::clone(&connection);
        tasks.spawn(async move {
            pump.run().await;
            // Also on drop: the driver would otherwise live on.
            if let Err(error) = closing.close().await {
                tracing::debug!(%error, "closing the connection");
            }
        });
        tasks.close();
        Ok(Self {
            config,
            connection,
            shared,
            label,
            fingerprints: std::sync::Mutex::default(),
            negotiation: Mutex::default(),
            servers,
            relays,
            video,
            stream,
            audio_sink,
            video_sink,
            tasks,
            cancel,
        })
    }

    /// The receiver of packets from now on, if any. Nothing is kept for a later one.
    pub fn set_receiver(&self, receiver: Option<SharedReceiver>) {
        self.shared.set_receiver(receiver);
    }

    /// Where Opus packets go. Frames are dropped until the connection is up.
    pub fn audio_sink(&self) -> Arc<dyn EncodedSink> {
        Arc::clone(&self.audio_sink) as Arc<dyn EncodedSink>
    }

    /// Where pictures go, encoded with the codec of [`PeerEvent::SendCodec`]; others are dropped.
    pub fn video_sink(&self) -> Arc<dyn EncodedSink> {
        Arc::clone(&self.video_sink) as Arc<dyn EncodedSink>
    }

    /// Asks the other side for a key frame; asking often costs nothing, five a second are sent.
    pub fn request_key_frame(&self) {
        self.shared.ask_key_frame();
    }

    /// Tells the other side what of its pictures is kept or lost, where that was agreed: see
    /// [`PeerEvent::LongTermReferences`].
    pub fn tell_picture_feedback(&self, feedback: PictureFeedback) {
        lock(&self.shared.own_feedback).add(feedback);
    }

    /// Tells the other side what we want of its picture, now and then again; programs that do not know that ignore it.
    pub fn set_wish(&self, wish: Wish) {
        *lock(&self.shared.own_wish) = Some(wish);
    }

    pub async fn stats(&self) -> PeerStats {
        let report = self.connection.get_stats(Instant::now(), StatsSelector::None).await;
        stats::collect(&self.shared, &report)
    }

    /// Digits that are the same on both sides unless a third party sits between them; known once both
    /// descriptions are, certain once connected.
    pub fn security_code(&self) -> Option<String> {
        lock(&self.fingerprints).security_code()
    }

    /// Says goodbye to the other side (it may not notice: signal it too) and waits for every task.
    pub async fn close(self) {
        self.cancel.cancel();
        self.tasks.wait().await;
    }

    /// Other servers, or the same with newer credentials: the next description of ours has them. What runs
    /// keeps its path until an ICE restart.
    pub async fn set_servers(&self, wanted: Vec<IceServer>) {
        let found = match ice_servers::without_lookup(&wanted, &self.relays) {
            Some(found) => found,
            None => {
                let found = ice_servers::resolve(wanted, &self.relays);
                match tokio::time::timeout(ICE_SERVERS_LOOKUP_TIMEOUT, found).await {
                    Ok(found) => found,
                    Err(_late) => return tracing::debug!("ice servers not looked up in time"),
                }
            }
        };
        self.servers.send_replace(Some(found));
    }

    /// Gives the connection the servers whose names have been looked up by now.
    async fn apply_servers(&self) {
        let mut servers = self.servers.subscribe();
        let found = tokio::time::timeout(ICE_SERVERS_WAIT, servers.wait_for(Option::is_some)).await;
        if let Ok(Ok(found)) = found.map(|r| r.map(|servers| servers.clone()))
            && let Some(found) = found.filter(|found| !found.is_empty())
            && let Err(error) = self.connection.set_configuration(configuration(&self.config, found)).await
        {
            tracing::debug!(%error, "ice servers refused");
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

async fn add(
    connection: &Arc<dyn PeerConnection>,
    track: &Track,
) -> rtc::shared::error::Result<(Arc<dyn RtpSender>, Arc<dyn RtpTransceiver>)> {
    let init =
        RTCRtpTransceiverInit { direction: RTCRtpTransceiverDirection::Sendrecv, ..Default::default() };
    let local = Arc::clone(&track.rtp) as Arc<dyn TrackLocal>;
    let transceiver = connection.add_transceiver_from_track(local, Some(init)).await?;
    let sender = transceiver.sender().await?.ok_or(rtc::shared::error::Error::ErrRTPSenderNotExisted)?;
    Ok((sender, transceiver))
}
