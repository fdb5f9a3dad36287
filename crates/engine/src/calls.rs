//! The calls that have media or a peer connection: a session for each, by the id of its call.

pub(crate) mod bridge;
pub(crate) mod call_session;
pub(crate) mod layer_plan;
pub(crate) mod layer_switch;
pub(crate) mod member_session;
pub(crate) mod peer_task;
pub(crate) mod stats;

pub(crate) use stats::QualityFigures;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bellwire_call::{CallId, MediaKind, MemberId, PhoneView};
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
        let config = self.config.clone();
        self.session(call).start_media(kind, microphone_and_camera, (&config, chosen));
    }

    pub(crate) fn stop_media(&mut self, call: CallId) {
        if let Some(session) = self.sessions.get_mut(&call) {
            self.closing.drop_blocking(session.take_media());
        }
    }

    /// The call is over.
    pub(crate) fn remove(&mut self, call: CallId) {
        self.stop_media(call);
        self.sessions.remove(&call);
    }

    /// `ice`: the servers of the call's account. `uplink`: to the peer that passes on what we send.
    pub(crate) fn open_peer(
        &mut self,
        connection: ConnectionId,
        kind: MediaKind,
        ice: Option<Arc<IceCache>>,
        uplink: bool,
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
        let out = self.internal.clone();
        // The session takes all of `self` to be made.
        self.session(connection.call);
        let Some(session) = self.sessions.get_mut(&connection.call) else { return };
        let start = |bridge| PeerHandle::start(connection, config, renewed, bridge, out, &self.peers);
        session.open_peer(connection.member, uplink, start);
    }

    pub(crate) fn close_peer(&mut self, connection: ConnectionId) {
        if let Some(session) = self.sessions.get_mut(&connection.call) {
            session.close_peer(connection);
        }
    }

    pub(crate) fn send_to_peer(&mut self, connection: ConnectionId, command: PeerCommand) {
        let session = self.sessions.get_mut(&connection.call);
        if let Some(member) = session.and_then(|session| session.connected(connection)) {
            member.send_to_peer(command);
        }
    }

    /// The media of members who left is closed.
    pub(crate) fn remove_absent_members(&mut self, phone: &PhoneView) {
        for (id, session) in &mut self.sessions {
            let Some(call) = phone.calls.iter().find(|call| call.id == *id) else { continue };
            let is_in_call = |member| call.members.iter().any(|view| view.id == member);
            for media in session.remove_members(is_in_call) {
                self.closing.drop_blocking(media);
            }
        }
    }

    pub(crate) fn show_member(&mut self, call: CallId, member: MemberId, size: (u32, u32)) {
        if let Some(session) = self.sessions.get_mut(&call) {
            session.show_member(member, size);
        }
    }

    pub(crate) fn raise_hand(&mut self, call: CallId, up: bool) {
        if let Some(session) = self.sessions.get_mut(&call) {
            session.raise_hand(up);
        }
    }

    pub(crate) fn set_microphone(&self, on: bool) {
        self.each_media(|media| media.set_microphone(on));
    }

    pub(crate) fn set_camera(&self, on: bool) {
        self.each_media(|media| media.set_camera(on));
    }

    /// Sends the chosen screen or window instead of the camera.
    pub(crate) fn set_sharing(&mut self, on: bool) {
        let screen = on.then_some(self.config.screen.as_str());
        self.each_media(|media| media.share(screen));
        self.sessions.values_mut().for_each(|session| session.set_sharing(on));
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
        if let Some(session) = self.sessions.get_mut(&connection.call) {
            session.path_up(connection);
        }
    }

    pub(crate) fn on_peer_event(&mut self, connection: ConnectionId, event: PeerEvent) {
        if let Some(session) = self.sessions.get_mut(&connection.call) {
            session.on_peer_event(connection, event);
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
    ) -> Option<QualityFigures> {
        let session = self.sessions.get_mut(&connection.call)?;
        let quality = session.on_peer_stats(connection, peer, security_code, talked);
        self.stats.send_replace(session.stats());
        quality
    }

    pub(crate) fn on_media_event(&mut self, call: CallId, event: MediaEvent) -> Option<DeviceReport> {
        let session = self.sessions.get(&call)?;
        match event {
            MediaEvent::Levels { microphone_db, speaker_db, muted_speech } => {
                let members = session.levels();
                self.levels.send_replace(Levels { microphone_db, speaker_db, muted_speech, members });
            }
            MediaEvent::PicturePaused => tracing::debug!("Picture paused: the path carries sound only"),
            MediaEvent::PictureResumed => tracing::debug!("Picture sent again"),
            MediaEvent::KeyFrameWanted
            | MediaEvent::PictureFeedback(_)
            | MediaEvent::FirstVideo(_)
            | MediaEvent::FirstAudio(_) => {}
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

    pub(crate) fn on_member_media(
        &mut self,
        call: CallId,
        member: MemberId,
        event: MediaEvent,
    ) -> Option<DeviceReport> {
        self.sessions.get_mut(&call)?.on_member_media(member, &event);
        // What cannot be played is told like a device's failure.
        matches!(event, MediaEvent::Device(_)).then(|| self.on_media_event(call, event)).flatten()
    }

    /// Asks for the statistics of the calls that have media.
    pub(crate) fn request_stats(&mut self) {
        for session in self.sessions.values_mut().filter(|session| session.media.is_some()) {
            session.every_second();
            session.members.values().for_each(|member| member.send_to_peer(PeerCommand::Stats));
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
        let stats = self.sessions.values().find_map(|session| session.media.as_ref())?.sent_stats();
        Some(InUse { microphone: stats.microphone, speaker: stats.speaker, camera: stats.picture_source })
    }

    /// Closes what runs, and waits for it.
    pub(crate) async fn close(&mut self) {
        for mut session in std::mem::take(&mut self.sessions).into_values() {
            self.closing.drop_blocking(session.take_media());
        }
        let peers = tokio::time::timeout(PEER_CLOSE_TIMEOUT, self.peers.close());
        if peers.await.is_err() {
            tracing::debug!("Peer connections were not closed in time");
        }
        self.closing.close().await;
    }

    fn session(&mut self, call: CallId) -> &mut CallSession {
        let new = || CallSession::new(call, &self.config, self.screens.clone(), self.internal.clone());
        self.sessions.entry(call).or_insert_with(new)
    }

    fn each_media(&self, f: impl Fn(&CallMedia)) {
        self.sessions.values().filter_map(|session| session.media.as_ref()).for_each(f);
    }
}
