//! The calls that have media or a peer connection: a session for each, by the id of its call.

pub(crate) mod bridge;
pub(crate) mod call_session;
pub(crate) mod peer_task;
pub(crate) mod stats;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwire_call::{CallId, MediaKind, Quality};
use bellwire_media::{CallMedia, DeviceChange, DeviceEvent, DeviceKind, MediaEvent};
use bellwire_peer::{NetworkWatch, PeerConfig, PeerEvent, PeerStats};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::accounts::ice_cache::{IceCache, Use};
use crate::calls::call_session::CallSession;
use crate::calls::peer_task::{PeerCommand, PeerHandle};
use crate::config::{EngineConfig, Screens};
use crate::connection_id::ConnectionId;
use crate::devices::settings::Devices;
use crate::devices::snapshot::InUse;
use crate::internal::Internal;
use crate::task_set::TaskSet;
use crate::view::{CallStats, Levels};

/// How long the end of the engine waits for peer connections to close.
const PEER_CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Calls {
    sessions: BTreeMap<CallId, CallSession>,
    config: EngineConfig,
    screens: Screens,
    pub(crate) stats: watch::Sender<Option<CallStats>>,
    pub(crate) levels: watch::Sender<Levels>,
    internal: mpsc::Sender<Internal>,
    network: NetworkWatch,
    peers: TaskSet,
    /// Media that is being closed on blocking threads.
    closing: TaskSet,
}

/// A device event of a call's media, with English words for it.
#[derive(Debug)]
pub(crate) struct DeviceReport {
    pub(crate) news: DeviceEvent,
    pub(crate) text: String,
    /// The screen is not shared any more.
    pub(crate) sharing_ended: bool,
}

impl Calls {
    pub(crate) fn new(
        config: EngineConfig,
        screens: Screens,
        internal: mpsc::Sender<Internal>,
        network: NetworkWatch,
        token: &CancellationToken,
    ) -> Self {
        Self {
            sessions: BTreeMap::new(),
            config,
            screens,
            stats: watch::Sender::new(None),
            levels: watch::Sender::new(Levels::default()),
            internal,
            network,
            peers: TaskSet::child_of(token),
            closing: TaskSet::default(),
        }
    }

    pub(crate) fn start_media(
        &mut self,
        call: CallId,
        kind: MediaKind,
        microphone_and_camera: (bool, bool),
        chosen: &Devices,
    ) {
        let session = self.sessions.entry(call).or_default();
        let config = (&self.config, chosen);
        session.start_media(
            (call, kind),
            microphone_and_camera,
            config,
            &self.screens,
            self.internal.clone(),
        );
    }

    pub(crate) fn stop_media(&mut self, call: CallId) {
        if let Some(media) = self.sessions.get_mut(&call).and_then(CallSession::take_media) {
            self.closing.drop_blocking(media);
        }
    }

    /// The call is over.
    pub(crate) fn remove(&mut self, call: CallId) {
        self.stop_media(call);
        self.sessions.remove(&call);
    }

    /// `ice`: the servers of the call's account.
    pub(crate) fn open_peer(
        &mut self,
        connection: ConnectionId,
        kind: MediaKind,
        ice: Option<Arc<IceCache>>,
    ) {
        let (config, renewed, network) = (self.config.clone(), ice.clone(), self.network.clone());
        let config = async move {
            let (ice_servers, relay_roots) = match ice {
                Some(ice) => (ice.servers(Use::Call).await, ice.roots()),
                None => (Vec::new(), Vec::new()),
            };
            PeerConfig {
                ice_servers,
                video: kind == MediaKind::Video,
                video_codecs: config.video_codecs,
                start_bitrate: config.start_bitrate,
                max_bitrate: config.max_bitrate,
                relay_only: config.relay_only,
                network: Some(network),
                relay_roots,
                ..PeerConfig::default()
            }
        };
        let session = self.sessions.entry(connection.call).or_default();
        let (bridge, out) = (session.bridge.clone(), self.internal.clone());
        session.peer = Some(PeerHandle::start(connection, config, renewed, bridge, out, &self.peers));
    }

    pub(crate) fn close_peer(&mut self, connection: ConnectionId) {
        if let Some(session) = self.session(connection) {
            session.peer = None;
        }
    }

    pub(crate) fn send_to_peer(&mut self, connection: ConnectionId, command: PeerCommand) {
        if let Some(session) = self.session(connection) {
            session.send_to_peer(command);
        }
    }

    pub(crate) fn set_microphone(&self, on: bool) {
        self.each_media(|media| media.set_microphone(on));
    }

    pub(crate) fn set_camera(&self, on: bool) {
        self.each_media(|media| media.set_camera(on));
    }

    /// Sends the chosen screen or window instead of the camera.
    pub(crate) fn set_sharing(&self, on: bool) {
        let screen = on.then_some(self.config.screen.as_str());
        self.each_media(|media| media.share(screen));
    }

    /// What [`Self::set_sharing`] sends from now on.
    pub(crate) fn choose_screen(&mut self, screen: String) {
        self.config.screen = screen;
    }

    /// For peer connections opened from now on.
    pub(crate) fn set_relay_only(&mut self, relay_only: bool) {
        self.config.relay_only = relay_only;
    }

    pub(crate) fn change_devices(&self, old: &Devices, new: &Devices) {
        self.each_media(|media| {
            if old.microphone != new.microphone {
                media.set_microphone_device(&new.microphone);
            }
            if old.speaker != new.speaker {
                media.set_speaker_device(&new.speaker);
            }
            if old.camera != new.camera {
                media.set_camera_device(&new.camera);
            }
            if old.processing() != new.processing() {
                media.set_processing(new.processing());
            }
        });
    }

    pub(crate) fn path_up(&mut self, connection: ConnectionId) {
        if let Some(session) = self.session(connection) {
            session.path_up();
        }
    }

    pub(crate) fn on_peer_event(&mut self, connection: ConnectionId, event: PeerEvent) {
        if let Some(session) = self.session(connection) {
            session.on_peer_event(event);
        }
    }

    /// Publishes statistics; gives a report for the backend when it is time for one. `talked`: how long ago
    /// both agreed to talk.
    pub(crate) fn on_peer_stats(
        &mut self,
        connection: ConnectionId,
        peer: &PeerStats,
        security_code: Option<String>,
        talked: Option<Duration>,
    ) -> Option<Quality> {
        let session = self.session(connection)?;
        let stats = session.stats(peer, security_code, talked);
        let quality = stats.as_ref().and_then(|stats| session.report(stats));
        self.stats.send_replace(stats);
        quality
    }

    pub(crate) fn on_media_event(&mut self, call: CallId, event: MediaEvent) -> Option<DeviceReport> {
        let session = self.sessions.get_mut(&call)?;
        session.on_media_event(&event);
        match event {
            MediaEvent::KeyFrameWanted => session.send_to_peer(PeerCommand::RequestKeyFrame),
            MediaEvent::Levels { microphone_db, speaker_db, muted_speech } => {
                self.levels.send_replace(Levels { microphone_db, speaker_db, muted_speech });
            }
            MediaEvent::PicturePaused => tracing::debug!("Picture paused: the path carries sound only"),
            MediaEvent::PictureResumed => tracing::debug!("Picture sent again"),
            MediaEvent::FirstVideo(_) | MediaEvent::FirstAudio(_) => {}
            MediaEvent::Device(news) => {
                return Some(DeviceReport { text: news.words(), news, sharing_ended: false });
            }
            MediaEvent::SharingLost { problem, message } => {
                let (device, happened) = (DeviceKind::Sharing, DeviceChange::Lost);
                let news = DeviceEvent { device, happened, name: String::new(), problem: Some(problem) };
                let text = format!("sharing has ended: {message}");
                return Some(DeviceReport { news, text, sharing_ended: true });
            }
        }
        None
    }

    /// Asks for the statistics of the calls that have media.
    pub(crate) fn request_stats(&self) {
        for session in self.sessions.values().filter(|session| session.media.is_some()) {
            session.send_to_peer(PeerCommand::Stats);
        }
        if !self.have_media() {
            self.stats.send_if_modified(|stats| stats.take().is_some());
        }
    }

    pub(crate) fn have_media(&self) -> bool {
        self.sessions.values().any(|session| session.media.is_some())
    }

    /// The devices that a call uses; `None`: there is no call with media.
    pub(crate) fn devices_in_use(&self) -> Option<InUse> {
        let stats = self.sessions.values().find_map(|session| session.media.as_ref())?.stats();
        Some(InUse { microphone: stats.microphone, speaker: stats.speaker, camera: stats.picture_source })
    }

    /// Closes what runs, and waits for it.
    pub(crate) async fn close(&mut self) {
        for mut session in std::mem::take(&mut self.sessions).into_values() {
            if let Some(media) = session.take_media() {
                self.closing.drop_blocking(media);
            }
        }
        let peers = tokio::time::timeout(PEER_CLOSE_TIMEOUT, self.peers.close());
        if peers.await.is_err() {
            tracing::debug!("Peer connections were not closed in time");
        }
        self.closing.close().await;
    }

    /// The session of a call, if its peer connection is that one.
    fn session(&mut self, connection: ConnectionId) -> Option<&mut CallSession> {
        self.sessions.get_mut(&connection.call).filter(|session| session.has(connection))
    }

    fn each_media(&self, f: impl Fn(&CallMedia)) {
        self.sessions.values().filter_map(|session| session.media.as_ref()).for_each(f);
    }
}
