//! The handle of one connection: descriptions and candidates in and out, frames in, events out.
//!
//! Operations on descriptions run one at a time, in the order they were called, as JSEP has it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bellwire_call::{IceCandidate, Sdp, SdpKind};
use bellwire_media::{Codec, EncodedSink, SharedReceiver, TrackKind};
use rtc::peer_connection::configuration::{RTCIceServer, RTCOfferOptions};
use rtc::rtp_transceiver::rtp_sender::{RTCRtpCodecParameters, RtpCodecKind};
use rtc::rtp_transceiver::{RTCRtpTransceiverDirection, RTCRtpTransceiverInit};
use tokio::sync::{Mutex, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{PeerConnection, RTCIceCandidateInit, RTCSessionDescription, StatsSelector};
use webrtc::rtp_transceiver::{RtpSender, RtpTransceiver};

use crate::codecs::{self, codec_of};
use crate::config::{IceServer, PeerConfig};
use crate::connection::{Handler, Label, configuration, connect};
use crate::event::PeerEvent;
use crate::negotiate::{self, Description, DescriptionError};
use crate::pump::Pump;
use crate::servers;
use crate::shared::{SendPlan, Shared, lock};
use crate::stats::{self, PeerStats};
use crate::tracks::{Sink, Track, Writer, sinks};

/// Candidates kept while their description is not there yet; more are dropped.
const MOST_EARLY_CANDIDATES: usize = 64;
/// How long a description waits for the names of ICE servers. What comes later serves an ICE restart.
const SERVERS_WAIT: Duration = Duration::from_millis(200);
/// How long the names of newer servers are looked up.
const LOOKUP: Duration = Duration::from_secs(2);

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

/// Where negotiation stands; guarded as a whole.
#[derive(Default)]
struct Negotiation {
    offered: bool,
    remote_ufrag: Option<String>,
    early: Vec<IceCandidate>,
}

#[derive(Default)]
struct Fingerprints {
    ours: Option<Vec<u8>>,
    theirs: Option<Vec<u8>>,
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
    negotiation: Mutex<Negotiation>,
    servers: watch::Sender<Option<Vec<RTCIceServer>>>,
    audio: Arc<dyn RtpSender>,
    video: Option<VideoSender>,
    stream: String,
    audio_sink: Arc<Sink>,
    video_sink: Arc<Sink>,
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
        let label = Arc::new(std::sync::Mutex::new(Label { mid: "0".to_owned(), ufrag: None }));
        let known = servers::without_lookup(&config.ice_servers);
        let (ordered_in, ordered) = mpsc::channel(256);
        let handler = Handler { shared: Arc::clone(&shared), ordered: ordered_in, label: Arc::clone(&label) };
        let first = known.clone().unwrap_or_default();
        let connection = connect(&config, first, &shared, handler).await.map_err(failed)?;

        let tasks = TaskTracker::new();
        let cancel = CancellationToken::new();
        let servers = watch::Sender::new(known.clone());
        if known.is_none() {
            let (wanted, cancel, servers_in) = (config.ice_servers.clone(), cancel.clone(), servers.clone());
            tasks.spawn(async move {
                tokio::select! {
                    () = cancel.cancelled() => {}
                    found = servers::resolve(wanted) => { servers_in.send_replace(Some(found)); }
                }
            });
        }

        let stream = format!("bellwire-{:016x}", rand::random::<u64>());
        let audio_track = Arc::new(Track::new(TrackKind::Audio, codecs::opus(), &stream));
        let (audio, _) = add(&connection, &audio_track).await.map_err(failed)?;
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
        let pump =
            Pump { shared: Arc::clone(&shared), ordered, events, rtcp: audio_track, cancel: cancel.clone() };
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
            audio,
            video,
            stream,
            audio_sink,
            video_sink,
            tasks,
            cancel,
        })
    }

    /// Who gets what is received from now on; `None`: nobody. Nothing is kept for a later receiver.
    pub fn set_receiver(&self, receiver: Option<SharedReceiver>) {
        self.shared.set_receiver(receiver);
    }

    /// Makes an offer and sets it as ours. Made again before an answer, it replaces the first.
    pub async fn create_offer(&self, ice_restart: bool) -> Result<Sdp, NegotiateError> {
        let mut negotiation = self.negotiation.lock().await;
        self.apply_servers().await;
        let options = RTCOfferOptions { ice_restart };
        let offer = self.connection.create_offer(Some(options)).await.map_err(refused)?;
        self.note_local(&offer);
        self.connection.set_local_description(offer.clone()).await.map_err(refused)?;
        negotiation.offered = true;
        Ok(Sdp { kind: SdpKind::Offer, sdp: offer.sdp })
    }

    /// Applies an offer of the other side and answers it. An open offer of ours is taken back: call
    /// this only if theirs is to win.
    pub async fn accept_offer(&self, offer: Sdp) -> Result<Sdp, NegotiateError> {
        let description = negotiate::inspect(&offer, SdpKind::Offer)?;
        let mut negotiation = self.negotiation.lock().await;
        self.apply_servers().await;
        if negotiation.offered {
            let rollback = RTCSessionDescription::rollback(None).map_err(refused)?;
            self.connection.set_local_description(rollback).await.map_err(refused)?;
            negotiation.offered = false;
        }
        let applied = self.answer(&description).await;
        let answer = match applied {
            Ok(answer) => answer,
            Err(error) => {
                // Back to the state before, so that a bad offer harms nothing that runs.
                if let Ok(rollback) = RTCSessionDescription::rollback(None)
                    && let Err(error) = self.connection.set_remote_description(rollback).await
                {
                    tracing::debug!(%error, "an offer could not be taken back");
                }
                return Err(refused(error));
            }
        };
        self.negotiated(&mut negotiation, &description).await;
        Ok(Sdp { kind: SdpKind::Answer, sdp: answer.sdp })
    }

    /// Applies the answer to our open offer.
    pub async fn accept_answer(&self, answer: Sdp) -> Result<(), NegotiateError> {
        let description = negotiate::inspect(&answer, SdpKind::Answer)?;
        let mut negotiation = self.negotiation.lock().await;
        if !negotiation.offered {
            return Err(NegotiateError::NoOffer);
        }
        if let Some(codecs) = description.video.first() {
            self.choose_video(codecs).await.map_err(refused)?;
        }
        self.connection.set_remote_description(description.parsed.clone()).await.map_err(refused)?;
        negotiation.offered = false;
        self.negotiated(&mut negotiation, &description).await;
        Ok(())
    }

    /// Takes a candidate of the other side; one that comes before its description is kept.
    pub async fn add_candidate(&self, candidate: IceCandidate) -> Result<(), CandidateError> {
        let usable =
            negotiate::usable_candidate(&candidate.candidate).map_err(|()| CandidateError::Malformed)?;
        if !usable {
            return Ok(());
        }
        let mut negotiation = self.negotiation.lock().await;
        let known = negotiation.remote_ufrag.as_deref();
        if known.is_some_and(|ufrag| negotiate::belongs(&candidate, ufrag)) {
            return self.add_now(candidate).await.map_err(|e| CandidateError::Refused(e.to_string()));
        }
        if negotiation.early.len() < MOST_EARLY_CANDIDATES {
            negotiation.early.push(candidate);
        }
        Ok(())
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
        self.shared.ask_key_frame.store(true, Ordering::Relaxed);
        self.shared.changed.notify_one();
    }

    pub async fn stats(&self) -> PeerStats {
        let report = self.connection.get_stats(Instant::now(), StatsSelector::None).await;
        stats::collect(&self.shared, &report)
    }

    /// Digits that are the same on both sides unless somebody sits between them; known once both
    /// descriptions are, certain once connected.
    pub fn security_code(&self) -> Option<String> {
        let prints = lock(&self.fingerprints);
        Some(negotiate::security_code(prints.ours.as_ref()?, prints.theirs.as_ref()?))
    }

    /// Says goodbye to the other side (it may not notice: signal it too) and waits for every task.
    pub async fn close(self) {
        self.cancel.cancel();
        self.tasks.wait().await;
    }

    /// Other servers, or the same with newer credentials: the next description of ours has them. What runs
    /// keeps its path until an ICE restart.
    pub async fn set_servers(&self, wanted: Vec<IceServer>) {
        let found = match servers::without_lookup(&wanted) {
            Some(found) => found,
            None => match tokio::time::timeout(LOOKUP, servers::resolve(wanted)).await {
                Ok(found) => found,
                Err(_late) => return tracing::debug!("ice servers not looked up in time"),
            },
        };
        self.servers.send_replace(Some(found));
    }

    /// Gives the connection the servers whose names have been looked up by now.
    async fn apply_servers(&self) {
        let mut servers = self.servers.subscribe();
        let found = tokio::time::timeout(SERVERS_WAIT, servers.wait_for(Option::is_some)).await;
        if let Ok(Ok(found)) = found.map(|r| r.map(|servers| servers.clone()))
            && let Some(found) = found.filter(|found| !found.is_empty())
            && let Err(error) = self.connection.set_configuration(configuration(&self.config, found)).await
        {
            tracing::debug!(%error, "ice servers refused");
        }
    }

    /// What of our own description is needed later.
    fn note_local(&self, description: &RTCSessionDescription) {
        let answer = description.sdp_type == webrtc::peer_connection::RTCSdpType::Answer;
        let kind = if answer { SdpKind::Answer } else { SdpKind::Offer };
        let own = Sdp { kind, sdp: description.sdp.clone() };
        match negotiate::inspect(&own, kind) {
            Ok(own) => {
                lock(&self.fingerprints).ours = Some(own.fingerprint);
                *lock(&self.label) = Label { mid: own.first_mid, ufrag: Some(own.ufrag) };
            }
            Err(error) => tracing::debug!(%error, "own description"),
        }
    }

    async fn answer(&self, offer: &Description) -> rtc::shared::error::Result<RTCSessionDescription> {
        self.connection.set_remote_description(offer.parsed.clone()).await?;
        if let Some(video) = &self.video {
            let negotiated = video.sender.get_parameters().await?.rtp_parameters.codecs;
            if video.transceiver.mid().await?.is_some() {
                self.choose_video(&negotiated).await?;
                let preferred = codecs::by_preference(&negotiated, &self.config.video_codecs);
                if !preferred.is_empty() {
                    video.transceiver.set_codec_preferences(preferred).await?;
                }
            }
        } else {
            self.decline_video().await?;
        }
        let answer = self.connection.create_answer(None).await?;
        self.note_local(&answer);
        self.connection.set_local_description(answer.clone()).await?;
        Ok(answer)
    }

    async fn decline_video(&self) -> rtc::shared::error::Result<()> {
        for transceiver in self.connection.get_transceivers().await {
            let is_audio = match transceiver.sender().await? {
                Some(sender) => sender.track().kind().await == RtpCodecKind::Audio,
                None => false,
            };
            if !is_audio && transceiver.direction().await? != RTCRtpTransceiverDirection::Inactive {
                transceiver.set_direction(RTCRtpTransceiverDirection::Inactive).await?;
            }
        }
        Ok(())
    }

    /// Makes the codec to be sent the track's own, before its stream is bound to the interceptors:
    /// they take payload types from it. The crate replaces only the description of a track here;
    /// packets keep coming from the one we write to.
    async fn choose_video(&self, negotiated: &[RTCRtpCodecParameters]) -> rtc::shared::error::Result<()> {
        let Some(video) = &self.video else { return Ok(()) };
        let Some((chosen, _)) = codecs::best(negotiated, &self.config.video_codecs) else { return Ok(()) };
        let described = video.track.described(chosen.rtp_codec.clone(), &self.stream);
        let described = Arc::new(TrackLocalStaticRTP::new(described)) as Arc<dyn TrackLocal>;
        video.sender.replace_track(described).await
    }

    /// Both descriptions are in place: says how frames go out, and lets waiting candidates in.
    async fn negotiated(&self, negotiation: &mut Negotiation, remote: &Description) {
        lock(&self.fingerprints).theirs = Some(remote.fingerprint.clone());
        self.plan(TrackKind::Audio, &self.audio, &[Codec::Opus]).await;
        if let Some(video) = &self.video {
            let before = *lock(&self.shared.plans.video);
            self.plan(TrackKind::Video, &video.sender, &self.config.video_codecs).await;
            let now = *lock(&self.shared.plans.video);
            if let Some(plan) = now
                && before.map(|b| b.codec) != Some(plan.codec)
            {
                *lock(&self.shared.pending.send_codec) = Some(plan.codec);
                self.shared.changed.notify_one();
            }
        }
        negotiation.remote_ufrag = Some(remote.ufrag.clone());
        for candidate in std::mem::take(&mut negotiation.early) {
            if negotiate::belongs(&candidate, &remote.ufrag)
                && let Err(error) = self.add_now(candidate).await
            {
                tracing::debug!(%error, "an early candidate does not fit");
            }
        }
    }

    async fn plan(&self, kind: TrackKind, sender: &Arc<dyn RtpSender>, wanted: &[Codec]) {
        let negotiated = match sender.get_parameters().await {
            Ok(parameters) => parameters.rtp_parameters.codecs,
            Err(error) => {
                tracing::debug!(%error, "no parameters");
                return;
            }
        };
        for codec in &negotiated {
            if let Some(known) = codec_of(&codec.rtp_codec.mime_type) {
                self.shared.set_received_as(codec.payload_type, known);
            }
        }
        let plan = codecs::best(&negotiated, wanted)
            .map(|(chosen, codec)| SendPlan { codec, payload_type: chosen.payload_type });
        *lock(self.shared.plans.of(kind)) = plan;
    }

    async fn add_now(&self, candidate: IceCandidate) -> rtc::shared::error::Result<()> {
        let candidate = RTCIceCandidateInit {
            candidate: candidate.candidate,
            sdp_mid: candidate.sdp_mid,
            sdp_mline_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            url: None,
        };
        self.connection.add_ice_candidate(candidate).await
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

fn refused(error: rtc::shared::error::Error) -> NegotiateError {
    NegotiateError::Refused(error.to_string())
}
