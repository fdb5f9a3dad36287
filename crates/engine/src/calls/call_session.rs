//! Session of one call: its media, encoded once for all of its members, and a session for each of them.

mod picture_requests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bellwire_call::{CallId, MediaKind, MemberId};
use bellwire_media::{AudioFeatures, CallMedia, CallMediaConfig, Codec, MemberMedia, MemberOutputs, Outputs};
use bellwire_peer::{PeerEvent, PeerStats};
use tokio::sync::mpsc;

use crate::calls::bridge::{Bridge, FanOut};
use crate::calls::layer_plan::{LayerPlan, LayerPlanner, usual_side};
use crate::calls::member_session::MemberSession;
use crate::calls::peer_task::PeerHandle;
use crate::calls::stats::{self, QualityFigures};
use crate::config::{EngineConfig, Screens};
use crate::connection_id::ConnectionId;
use crate::devices::settings::Devices;
use crate::internal::Internal;
use crate::view::{CallStats, MemberLevel};

/// Least that an encoder can be asked for. The quality ladder pauses pictures well above it.
const MIN_VIDEO_BITS_PER_S: u32 = 10_000;
/// What sound is planned for, headers included, however thin the path to one of several is: theirs must not make
/// everybody's sound poor. Bit/s.
const MIN_SHARED_SOUND_BITS_PER_S: u32 = 64_000;
/// Members whose size is remembered: more than a call has.
const MAX_SHOWN: usize = 32;
/// Statistics of a call come once a second; every tenth is reported to the backend.
const STATS_PER_REPORT: u32 = 10;

pub(crate) struct CallSession {
    call: CallId,
    pub(crate) members: BTreeMap<MemberId, MemberSession>,
    pub(crate) media: Option<CallMedia>,
    fan_out: Arc<FanOut>,
    planner: LayerPlanner,
    plan: LayerPlan,
    codec: Codec,
    start_bitrate: u32,
    screens: Screens,
    events: mpsc::Sender<Internal>,
    hand_up: bool,
    /// The screen is sent instead of the camera.
    sharing: bool,
    /// How large members are shown, also those who have not come yet.
    shown: BTreeMap<MemberId, (u32, u32)>,
    /// The peer that passes on what we send, where there is one.
    uplink: Option<MemberId>,
    /// The member whose figures are shown for the call.
    worst: Option<MemberId>,
    /// Statistics taken since the last report to the backend.
    unreported: u32,
    /// When both agreed to talk, by the clock of media.
    consent_at: Option<Instant>,
}

impl std::fmt::Debug for CallSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallSession").field("call", &self.call).finish_non_exhaustive()
    }
}

/// Media of a call and of its members, to be dropped on a blocking thread: that joins their threads.
#[derive(Debug)]
pub(crate) struct ClosingMedia {
    _members: Vec<MemberMedia>,
    _call: Option<CallMedia>,
}

impl CallSession {
    pub(crate) fn new(
        call: CallId,
        config: &EngineConfig,
        screens: Screens,
        events: mpsc::Sender<Internal>,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            call,
            members: BTreeMap::new(),
            media: None,
            fan_out: Arc::default(),
            planner: LayerPlanner::new(cores),
            plan: LayerPlan::default(),
            codec: config.video_codecs.first().copied().unwrap_or(Codec::H264),
            start_bitrate: config.start_bitrate,
            screens,
            events,
            hand_up: false,
            sharing: false,
            shown: BTreeMap::new(),
            uplink: None,
            worst: None,
            unreported: 0,
            consent_at: None,
        }
    }

    pub(crate) fn start_media(
        &mut self,
        kind: MediaKind,
        (microphone, camera): (bool, bool),
        (config, chosen): (&EngineConfig, &Devices),
    ) {
        let (call, events) = (self.call, self.events.clone());
        let media = CallMedia::start(
            CallMediaConfig {
                audio: true,
                video: kind == MediaKind::Video,
                microphone_on: microphone,
                camera_on: camera && kind == MediaKind::Video,
                microphone: chosen.microphone.clone(),
                speaker: chosen.speaker.clone(),
                camera: chosen.camera.clone(),
                processing: chosen.processing(),
                video_codec: self.known_codec().unwrap_or(self.codec),
                start_bitrate: config.start_bitrate,
                max_bitrate: config.max_bitrate,
            },
            Outputs {
                audio: self.fan_out.clone(),
                video: self.fan_out.clone(),
                self_view: self.screens.own(),
                // Called on media threads: when the loop is behind, levels are dropped; nothing else
                // comes often enough to fill the channel.
                events: Arc::new(move |event| {
                    let _ = events.try_send(Internal::Media { call, event });
                }),
            },
        );
        self.media = Some(media);
        for id in self.members.keys().copied().collect::<Vec<_>>() {
            self.join(id);
        }
        self.share();
    }

    /// Takes the media out.
    pub(crate) fn take_media(&mut self) -> ClosingMedia {
        let members = self.members.values_mut().filter_map(MemberSession::take_media).collect();
        ClosingMedia { _members: members, _call: self.media.take() }
    }

    /// The session of a member, from the first connection to them on.
    fn member(&mut self, id: MemberId) -> &mut MemberSession {
        if !self.members.contains_key(&id) {
            let mut session = MemberSession::default();
            session.raise_hand(self.hand_up);
            if let Some(size) = self.shown.get(&id) {
                session.show(*size);
            }
            self.fan_out.add(id, session.bridge.clone());
            self.members.insert(id, session);
            self.join(id);
        }
        self.members.entry(id).or_default()
    }

    /// Starts to receive a member, as soon as there is media.
    fn join(&mut self, member: MemberId) {
        let (call, events) = (self.call, self.events.clone());
        let (Some(media), Some(session)) = (&self.media, self.members.get_mut(&member)) else { return };
        session.receive_in(media.join(MemberOutputs {
            view: self.screens.member(call, member),
            events: Arc::new(move |event| {
                let _ = events.try_send(Internal::MemberMedia { call, member, event });
            }),
        }));
    }

    /// Takes out the members who are not in the call any more; their media is for a blocking thread.
    pub(crate) fn remove_members(&mut self, is_in_call: impl Fn(MemberId) -> bool) -> Vec<MemberMedia> {
        let gone: Vec<MemberId> = self
            .members
            .iter()
            .filter(|(id, session)| session.peer.is_none() && !is_in_call(**id))
            .map(|(id, _)| *id)
            .collect();
        let mut media = Vec::new();
        for id in &gone {
            self.fan_out.remove(*id);
            self.shown.remove(id);
            self.screens.left(self.call, *id);
            media.extend(self.members.remove(id).and_then(|mut session| session.take_media()));
        }
        if !gone.is_empty() {
            self.share();
        }
        media
    }

    pub(crate) fn open_peer(
        &mut self,
        member: MemberId,
        uplink: bool,
        start: impl FnOnce(Bridge) -> PeerHandle,
    ) {
        if uplink {
            self.uplink = Some(member);
        }
        let session = self.member(member);
        session.open_peer(start(session.bridge.clone()));
        self.apply_paths();
    }

    pub(crate) fn close_peer(&mut self, connection: ConnectionId) {
        if let Some(member) = self.connected(connection) {
            member.close_peer();
            self.share();
        }
    }

    /// Whether a member can be seen, by the size their pictures are shown at; of one who cannot no picture is decoded.
    pub(crate) fn show_member(&mut self, member: MemberId, size: (u32, u32)) {
        if self.shown.len() < MAX_SHOWN || self.shown.contains_key(&member) {
            self.shown.insert(member, size);
        }
        if let Some(member) = self.members.get_mut(&member) {
            member.show(size);
        }
    }

    /// Tells everybody else whether we would like to say something.
    pub(crate) fn raise_hand(&mut self, up: bool) {
        self.hand_up = up;
        self.members.values_mut().for_each(|member| member.raise_hand(up));
    }

    /// The session of a member, if their peer connection is that one.
    pub(crate) fn connected(&mut self, connection: ConnectionId) -> Option<&mut MemberSession> {
        self.members.get_mut(&connection.member).filter(|member| member.has(connection))
    }

    /// Media may flow: the path is up.
    pub(crate) fn path_up(&mut self, connection: ConnectionId) {
        let Some(member) = self.connected(connection) else { return };
        member.bridge.set_up(true);
        member.path.silent = false;
        self.share();
        if let Some(layer) = self.plan.members.get(&connection.member) {
            self.with_media(|media| media.begin_video_layer(*layer));
        }
    }

    pub(crate) fn on_peer_event(&mut self, connection: ConnectionId, event: PeerEvent) {
        let Some(member) = self.connected(connection) else { return };
        match event {
            PeerEvent::SendCodec(codec @ (Codec::H264 | Codec::Vp8)) => {
                member.path.codec = Some(codec);
                self.apply_paths();
            }
            PeerEvent::SendAudio(features) => {
                member.path.audio = Some(features);
                self.share_features();
            }
            PeerEvent::TargetBitrate { bps, video_bps, steady_bps } => {
                member.path.target = Some((bps, video_bps.max(MIN_VIDEO_BITS_PER_S)));
                member.path.steady = Some(steady_bps);
                self.share_sound_rate();
                self.apply_paths();
            }
            PeerEvent::KeyFrameWanted => self.force_key_frame(connection.member),
            PeerEvent::LongTermReferences(agreed) => {
                member.set_long_term(agreed);
                self.apply_paths();
            }
            PeerEvent::PictureFeedback(feedback) => self.on_picture_feedback(connection.member, feedback),
            PeerEvent::RemoteLoss { fraction } => {
                member.path.hear_loss(fraction);
                let own = member.path.usual_loss;
                // Of several the worst decides, by its own reports: they are smoothed as they come.
                if self.up().all(|member| member.path.usual_loss <= own) {
                    self.with_media(|media| media.set_audio_loss(fraction));
                }
                self.apply_paths();
            }
            PeerEvent::RemoteWish(wish) => {
                member.path.hear_wish(wish, Instant::now());
                self.apply_paths();
            }
            PeerEvent::PathSilent | PeerEvent::PathBack => {
                member.path.silent = matches!(event, PeerEvent::PathSilent);
                self.share_sound_rate();
                self.apply_paths();
            }
            PeerEvent::SendCodec(Codec::Opus)
            | PeerEvent::Candidate(_)
            | PeerEvent::State(_)
            | PeerEvent::NewAddress => {}
        }
    }

    /// Statistics of a member; those of the call are in [`Self::stats`]. Gives a report for the backend when it is
    /// time for one. `talked`: how long ago both agreed to talk.
    pub(crate) fn on_peer_stats(
        &mut self,
        connection: ConnectionId,
        peer: &PeerStats,
        security_code: Option<String>,
        talked: Option<Duration>,
    ) -> Option<QualityFigures> {
        let sent = self.media.as_ref()?.sent_stats();
        // Kept from the first time on: the phone's clock counts a suspend and media's does not.
        self.consent_at = self.consent_at.or_else(|| Instant::now().checked_sub(talked?));
        let consent_at = self.consent_at;
        let member = self.connected(connection)?;
        member.take_stats(&sent, peer, security_code, consent_at)?;
        self.choose_worst();
        // Once for all members, whichever comes first.
        let first = self.members.iter().find(|(_, member)| member.peer.is_some()).map(|(id, _)| *id);
        if first != Some(connection.member) {
            return None;
        }
        self.unreported += 1;
        if self.unreported < STATS_PER_REPORT {
            return None;
        }
        self.unreported = 0;
        let members = self.with_stats().map(|(id, newest)| (id, stats::quality(newest))).collect();
        Some(QualityFigures { worst: stats::quality(&self.stats()?), members })
    }

    fn with_stats(&self) -> impl Iterator<Item = (MemberId, &CallStats)> {
        let is_person = |id: &MemberId| self.uplink != Some(*id);
        let with_peer =
            self.members.iter().filter(move |(id, member)| is_person(id) && member.peer.is_some());
        with_peer.filter_map(|(id, member)| Some((*id, member.newest.as_ref()?)))
    }

    /// Of equals the one shown before: figures that change from one member to the next say nothing.
    fn choose_worst(&mut self) {
        let before = self.worst;
        let worst =
            self.with_stats().max_by_key(|(id, newest)| (stats::badness(newest), before == Some(*id)));
        self.worst = worst.map(|(id, _)| id);
    }

    /// What waits for the next second: larger pictures, and layers whose key frame has not come.
    pub(crate) fn every_second(&mut self) {
        let now = Instant::now();
        for member in self.members.values_mut() {
            if let Some(wish) = member.path.next_wish.take() {
                member.path.hear_wish(wish, now);
            }
        }
        self.apply_paths();
        let waiting: Vec<u8> =
            self.members.values().filter_map(|member| member.bridge.layer().waits_for()).collect();
        for layer in waiting {
            self.with_media(|media| media.begin_video_layer(layer.into()));
        }
    }

    /// A shared screen is sent in its own size, however small it is shown.
    pub(crate) fn set_sharing(&mut self, on: bool) {
        self.sharing = on;
        self.apply_paths();
    }

    /// Statistics of the call: of several members those whose connection is worst, with each one's quality beside
    /// them.
    pub(crate) fn stats(&self) -> Option<CallStats> {
        let (_, worst) = self.with_stats().find(|(id, _)| Some(*id) == self.worst)?;
        let members: Vec<_> =
            self.with_stats().map(|(id, newest)| stats::member_quality(id, newest)).collect();
        let upload_kbps = self.members.values().map(|member| member.upload_kbps).sum();
        let mut stats = CallStats { members, upload_kbps, ..worst.clone() };
        let uplink = self.uplink.and_then(|id| self.members.get(&id));
        if stats.members.len() > 1 || uplink.is_some() {
            // Each connection has one of its own.
            stats.security_code.clear();
        }
        if uplink.is_some() {
            // None is to the person: something is in between.
            stats.members.iter_mut().for_each(|member| member.security_code.clear());
        }
        if let Some(sent) = uplink.and_then(|uplink| uplink.newest.as_ref()) {
            stats.send_as(sent);
        }
        Some(stats)
    }

    /// How loud each member is.
    pub(crate) fn levels(&self) -> Vec<MemberLevel> {
        let level = |(id, member): (&MemberId, &MemberSession)| {
            let member = Some(member).filter(|_| self.uplink != Some(*id))?;
            let db = member.media.as_ref()?.level_db();
            let hand_up = member.path.wish.is_some_and(|wish| wish.hand_up);
            Some(MemberLevel { call: self.call, member: *id, db, hand_up })
        };
        self.members.iter().filter_map(level).collect()
    }

    fn up(&self) -> impl Iterator<Item = &MemberSession> {
        self.members.values().filter(|member| member.is_up())
    }

    fn known_codec(&self) -> Option<Codec> {
        self.members.values().find_map(|member| member.path.codec)
    }

    /// Everything that what is encoded once depends on, after somebody came or went.
    fn share(&mut self) {
        self.share_features();
        self.share_sound_rate();
        self.apply_paths();
    }

    /// Sound is encoded once: with what everybody who is there can make use of.
    fn share_features(&self) {
        let all = |feature: fn(&AudioFeatures) -> bool| {
            let mut heard = self.up().filter_map(|member| member.path.audio.as_ref()).peekable();
            heard.peek().is_some() && heard.all(feature)
        };
        let features = AudioFeatures {
            copies: all(|takes| takes.copies),
            history: all(|takes| takes.history),
            dtx: all(|takes| takes.dtx),
            repairs: all(|takes| takes.repairs),
        };
        self.with_media(|media| media.set_audio_features(features));
    }

    /// The thinnest path decides what sound may take, within a limit where there are several.
    fn share_sound_rate(&self) {
        let heard = || self.members.values().filter(|member| member.gets_sound() && !member.path.silent);
        let rates = || heard().filter_map(|member| member.path.target).map(|(all, _)| all);
        let (Some(least), Some(most)) = (rates().min(), rates().max()) else { return };
        let shared = least.max(most.min(MIN_SHARED_SOUND_BITS_PER_S));
        // The encoder's share already leaves out what sound was measured to take.
        self.with_media(|media| {
            let _audio = media.set_total_bitrate(shared);
        });
    }

    /// Plans the layers of the picture anew and lets media flow while anybody is there.
    fn apply_paths(&mut self) {
        // Whoever passes our picture on does not say how it is shown.
        let usual = |id: &MemberId| {
            if self.uplink == Some(*id) { usual_side(self.members.len() - 1) } else { u32::MAX }
        };
        // A path that is dead for now must not take a layer from those that work.
        let several = self.up().filter(|member| member.gets_sound() && !member.path.silent).count() > 1;
        let counts = |member: &MemberSession| !(several && member.path.silent);
        let paths: BTreeMap<_, _> = self
            .members
            .iter()
            .filter(|(_, member)| counts(member))
            .filter_map(|(id, member)| {
                Some((*id, member.picture_path(self.start_bitrate, usual(id), self.sharing)?))
            })
            .collect();
        let plan = self.planner.plan(&paths, Instant::now());
        if let Some(media) = &self.media {
            for (index, layer) in plan.layers.iter().enumerate() {
                if layer.is_some() || self.plan.layers[index].is_some() {
                    media.set_video_layer(index, *layer);
                }
            }
        }
        for (id, member) in &self.members {
            let layer = plan.members.get(id).and_then(|layer| u8::try_from(*layer).ok());
            let mut switch = member.bridge.layer();
            let changed = switch.layer() != layer;
            switch.want(layer);
            let waits_for = switch.waits_for().filter(|_| changed);
            drop(switch);
            if let Some(layer) = waits_for {
                self.with_media(|media| media.begin_video_layer(layer.into()));
            }
        }
        let anybody = self.up().next().is_some();
        self.with_media(|media| media.set_sending(anybody));
        self.plan = plan;
    }

    fn with_media(&self, f: impl FnOnce(&CallMedia)) {
        if let Some(media) = &self.media {
            f(media);
        }
    }
}
