//! Offer/answer exchange: offers, answers and candidates translated between the other side and the
//! connection.

use std::net::{IpAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bellwire_call::{IceCandidate, Sdp, SdpKind};
use bellwire_media::{AudioFeatures, Codec, TrackKind};
use rtc::peer_connection::configuration::RTCOfferOptions;
use rtc::rtp_transceiver::rtp_sender::RTCRtpCodec;
use webrtc::media_stream::track_local::TrackLocal;
use webrtc::media_stream::track_local::static_rtp::TrackLocalStaticRTP;
use webrtc::peer_connection::{RTCIceCandidateInit, RTCSessionDescription};

use super::{CandidateError, NegotiateError, Peer};
use crate::candidates::{self, CandidateBudget};
use crate::codecs::{self, clock_rate, mime_type};
use crate::connection::Label;
use crate::description::formats::{self, Format};
use crate::description::layout::{Layout, Written};
use crate::description::own_description::{self, OwnDescription};
use crate::description::transport::Role;
use crate::description::{self, DescriptionError, Remote, Wanted, canonical};
use crate::incoming_streams::{IncomingKind, IncomingStreams};
use crate::local_addresses::LocalAddresses;
use crate::shared::{SendPlan, lock};

/// Candidates kept while their description is not there yet; more are dropped.
const MAX_EARLY_CANDIDATES: usize = candidates::MAX_REMOTE_CANDIDATES;

/// Where negotiation stands; guarded as a whole.
#[derive(Default)]
pub(super) struct Negotiation {
    layout: Layout,
    offered: Option<OpenOffer>,
    role: Option<Role>,
    remote_ufrag: Option<String>,
    /// Sections of theirs with a transport of their own: their candidates are not for us.
    elsewhere: Vec<usize>,
    allowance: CandidateBudget,
    /// Our own addresses at the last description.
    addresses: Vec<IpAddr>,
    early: Vec<IceCandidate>,
}

/// An offer of ours without an answer.
#[derive(Clone)]
struct OpenOffer {
    layout: Layout,
    own: Option<OwnDescription>,
    /// An ICE restart that the connection has not been given yet.
    held: Option<HeldRestart>,
}

/// The connection leaves its path as soon as it is given a restart, and the other side answers later, or
/// never: until it does, what works goes on and what is silent may come back. JSEP allows for it, as an
/// offer changes nothing before it is set (RFC 9429 4.1.8).
#[derive(Clone)]
struct HeldRestart {
    offer: RTCSessionDescription,
    label: Label,
}

/// A description of theirs that fits, and what applying it changes.
struct Step {
    remote: Remote,
    role: Role,
    layout: Layout,
    allowance: CandidateBudget,
    addresses: Vec<IpAddr>,
    /// As the connection gets it.
    text: String,
}

fn refused(error: rtc::shared::error::Error) -> NegotiateError {
    NegotiateError::Refused(error.to_string())
}

impl Peer {
    /// Makes an offer and sets it as ours. Made again before an answer, it replaces the first.
    pub async fn create_offer(&self, ice_restart: bool) -> Result<Sdp, NegotiateError> {
        let mut negotiation = self.negotiation.lock().await;
        self.apply_servers().await;
        let open = negotiation.offered.as_ref();
        // The credentials that a restart not given has put into store come with any offer after it.
        let restarts = ice_restart || open.is_some_and(|open| open.held.is_some());
        let holds =
            restarts && negotiation.remote_ufrag.is_some() && open.is_none_or(|open| open.held.is_some());
        let options = RTCOfferOptions { ice_restart };
        let offer = self.connection.create_offer(Some(options)).await.map_err(refused)?;
        let (written, layout) = negotiation.layout.offer(&offer.sdp);
        let (own, label) = self.note_own(&written);
        let held = match label {
            Some(label) if holds => Some(HeldRestart { offer, label }),
            label => {
                self.give_local(offer, label).await.map_err(refused)?;
                None
            }
        };
        negotiation.offered = Some(OpenOffer { layout, own, held });
        Ok(Sdp { kind: SdpKind::Offer, sdp: written.text })
    }

    /// Candidates of a description come as soon as the connection has it.
    async fn give_local(
        &self,
        description: RTCSessionDescription,
        label: Option<Label>,
    ) -> rtc::shared::error::Result<()> {
        if let Some(label) = label {
            *lock(&self.label) = label;
        }
        self.connection.set_local_description(description).await
    }

    async fn give_held(&self, open: &mut OpenOffer) -> rtc::shared::error::Result<()> {
        match open.held.take() {
            Some(HeldRestart { offer, label }) => self.give_local(offer, Some(label)).await,
            None => Ok(()),
        }
    }

    /// Applies an offer of the other side and answers it. An open offer of ours is taken back: call
    /// this only if theirs is to win.
    pub async fn accept_offer(&self, offer: Sdp) -> Result<Sdp, NegotiateError> {
        let mut negotiation = self.negotiation.lock().await;
        let step = self.step(&offer, SdpKind::Offer, &negotiation)?;
        self.apply_servers().await;
        if let Some(mut open) = negotiation.offered.take() {
            // Their description would otherwise be answered with what is in store for ours.
            self.give_held(&mut open).await.map_err(refused)?;
            let rollback = RTCSessionDescription::rollback(None).map_err(refused)?;
            self.connection.set_local_description(rollback).await.map_err(refused)?;
        }
        let (answer, own) = match self.answer(&step).await {
            Ok(answer) => answer,
            Err(error) => {
                // Back to the state before, so that a bad offer harms nothing that runs.
                if let Ok(rollback) = RTCSessionDescription::rollback(None)
                    && let Err(error) = self.connection.set_remote_description(rollback).await
                {
                    tracing::debug!(%error, "an offer could not be taken back");
                }
                self.obey_refusals(&offer, &negotiation.layout);
                return Err(refused(error));
            }
        };
        self.negotiated(&mut negotiation, step, own).await;
        Ok(Sdp { kind: SdpKind::Answer, sdp: answer.text })
    }

    /// Applies the answer to our open offer.
    pub async fn accept_answer(&self, answer: Sdp) -> Result<(), NegotiateError> {
        let mut negotiation = self.negotiation.lock().await;
        let Some(OpenOffer { layout, own, .. }) = negotiation.offered.clone() else {
            // Text that is no description has an error of its own.
            description::read(&answer, SdpKind::Answer, self.wanted(), &negotiation.layout)?;
            return Err(NegotiateError::NoOffer);
        };
        let step = self.step_from(&answer, SdpKind::Answer, &negotiation, &layout)?;
        if let Some(open) = &mut negotiation.offered {
            self.give_held(open).await.map_err(refused)?;
        }
        self.choose_video(&step.remote).await.map_err(refused)?;
        let text = RTCSessionDescription::answer(step.text.clone()).map_err(refused)?;
        if let Err(error) = self.connection.set_remote_description(text).await {
            self.obey_refusals(&answer, &layout);
            return Err(refused(error));
        }
        negotiation.offered = None;
        self.negotiated(&mut negotiation, step, own).await;
        Ok(())
    }

    /// Takes a candidate of the other side; one that comes before its description is kept. Those beyond
    /// what a call needs are dropped.
    pub async fn add_candidate(&self, candidate: IceCandidate) -> Result<(), CandidateError> {
        let usable = candidates::usable(&candidate.candidate).map_err(|_| CandidateError::Malformed)?;
        if !usable {
            return Ok(());
        }
        let mut negotiation = self.negotiation.lock().await;
        let known = negotiation.remote_ufrag.as_deref();
        if known.is_some_and(|ufrag| candidates::belongs(&candidate, ufrag)) {
            return self
                .add_now(&mut negotiation, candidate)
                .await
                .map_err(|e| CandidateError::Refused(e.to_string()));
        }
        if negotiation.early.len() < MAX_EARLY_CANDIDATES {
            negotiation.early.push(candidate);
        }
        Ok(())
    }

    /// Whether the other side may send sound and pictures, by the last descriptions.
    pub async fn remote_sends(&self) -> (bool, bool) {
        let negotiation = self.negotiation.lock().await;
        let receives = |kind| negotiation.layout.direction(kind).receives;
        (receives(TrackKind::Audio), receives(TrackKind::Video))
    }

    fn wanted(&self) -> Wanted<'_> {
        Wanted { video: self.video.as_ref().map(|_| self.config.video_codecs.as_slice()) }
    }

    fn step(&self, sdp: &Sdp, kind: SdpKind, negotiation: &Negotiation) -> Result<Step, DescriptionError> {
        self.step_from(sdp, kind, negotiation, &negotiation.layout)
    }

    /// Reads a description and decides whether it can be applied; changes nothing but what is sent.
    fn step_from(
        &self,
        sdp: &Sdp,
        kind: SdpKind,
        negotiation: &Negotiation,
        layout: &Layout,
    ) -> Result<Step, DescriptionError> {
        let step = self.fitting(sdp, kind, negotiation, layout);
        if let Err(error) = &step
            && error.is_final()
        {
            self.obey_refusals(sdp, layout);
        }
        step
    }

    /// A description cannot be applied, but what it says no to is not sent from now on.
    fn obey_refusals(&self, sdp: &Sdp, layout: &Layout) {
        for kind in description::refusals(sdp, layout) {
            *lock(self.shared.plans.of(kind)) = None;
        }
    }

    fn fitting(
        &self,
        sdp: &Sdp,
        kind: SdpKind,
        negotiation: &Negotiation,
        layout: &Layout,
    ) -> Result<Step, DescriptionError> {
        let remote = description::read(sdp, kind, self.wanted(), layout)?;
        lock(&self.fingerprints).check(&remote.fingerprint)?;
        let role = Role::beside(remote.setup, kind, negotiation.role)?;
        let layout = layout.with(&remote);
        let local = LocalAddresses { fixed: self.config.bind.clone() };
        let addresses: Vec<IpAddr> =
            local.to_socket_addrs().map(|list| list.map(|a| a.ip()).collect()).unwrap_or_default();
        let same_epoch = negotiation.remote_ufrag.as_deref() == Some(remote.ufrag.as_str());
        let mut allowance =
            if same_epoch { negotiation.allowance.clone() } else { CandidateBudget::default() };
        let mut admitted = remote.candidates.clone();
        admitted.retain(|candidate| allowance.admit(candidate, &addresses));
        let text = canonical::write(&remote, &layout, role, &admitted);
        Ok(Step { remote, role, layout, allowance, addresses, text })
    }

    /// What of our own description is needed later, noted before its candidates come.
    fn note_own(&self, written: &Written) -> (Option<OwnDescription>, Option<Label>) {
        let Some(own) = own_description::read(&written.text) else {
            tracing::debug!("own description cannot be read");
            return (None, None);
        };
        lock(&self.fingerprints).ours = Some(own.fingerprint.clone());
        let label = Label { mid: written.mid.clone(), index: written.index, ufrag: Some(own.ufrag.clone()) };
        (Some(own), Some(label))
    }

    async fn answer(&self, step: &Step) -> rtc::shared::error::Result<(Written, Option<OwnDescription>)> {
        let offer = RTCSessionDescription::offer(step.text.clone())?;
        self.connection.set_remote_description(offer).await?;
        if let Some(video) = &self.video
            && step.remote.carrying(TrackKind::Video).is_some()
        {
            self.choose_video(&step.remote).await?;
            let negotiated = video.sender.get_parameters().await?.rtp_parameters.codecs;
            let preferred = codecs::by_preference(&negotiated, &self.config.video_codecs);
            if !preferred.is_empty() {
                video.transceiver.set_codec_preferences(preferred).await?;
            }
        }
        let answer = self.connection.create_answer(None).await?;
        let written = step.layout.answer(&answer.sdp, step.role);
        let (own, label) = self.note_own(&written);
        self.give_local(answer, label).await?;
        Ok((written, own))
    }

    /// Makes the codec to be sent the track's own, before its stream is bound to the interceptors:
    /// they take payload types from it. The crate replaces only the description of a track here;
    /// packets keep coming from the one we write to.
    async fn choose_video(&self, remote: &Remote) -> rtc::shared::error::Result<()> {
        let (Some(video), Some(section)) = (&self.video, remote.carrying(TrackKind::Video)) else {
            return Ok(());
        };
        let Some(chosen) = formats::best(&section.formats, &self.config.video_codecs) else { return Ok(()) };
        let codec = RTCRtpCodec {
            mime_type: mime_type(chosen.codec).to_owned(),
            clock_rate: clock_rate(chosen.codec),
            sdp_fmtp_line: chosen.known_as.clone(),
            ..Default::default()
        };
        let described = video.track.described(codec, &self.stream);
        let described = Arc::new(TrackLocalStaticRTP::new(described)) as Arc<dyn TrackLocal>;
        video.sender.replace_track(described).await
    }

    /// Both descriptions are in place: says how frames go out and come in, and lets waiting candidates in.
    async fn negotiated(&self, negotiation: &mut Negotiation, step: Step, own: Option<OwnDescription>) {
        let Step { remote, role, layout, allowance, addresses, .. } = step;
        lock(&self.fingerprints).theirs = Some(remote.fingerprint.clone());
        for (kind, wanted) in
            [(TrackKind::Audio, &[Codec::Opus][..]), (TrackKind::Video, &self.config.video_codecs)]
        {
            self.plan(kind, &remote, &layout, own.as_ref(), wanted);
        }
        self.expect(&remote, own);
        negotiation.layout = layout;
        negotiation.role = Some(role);
        negotiation.allowance = allowance;
        negotiation.addresses = addresses;
        negotiation.elsewhere = remote.elsewhere;
        negotiation.remote_ufrag = Some(remote.ufrag.clone());
        for candidate in std::mem::take(&mut negotiation.early) {
            if candidates::belongs(&candidate, &remote.ufrag)
                && let Err(error) = self.add_now(negotiation, candidate).await
            {
                tracing::debug!(%error, "an early candidate does not fit");
            }
        }
    }

    /// Only what the other side wants to have is sent (RFC 3264 6 and 8).
    fn plan(
        &self,
        kind: TrackKind,
        remote: &Remote,
        layout: &Layout,
        own: Option<&OwnDescription>,
        wanted: &[Codec],
    ) {
        let section = remote.carrying(kind).filter(|_| layout.direction(kind).sends);
        let mut common = section.map(|section| section.formats.clone()).unwrap_or_default();
        if let Some(own) = own.filter(|_| remote.kind == SdpKind::Offer) {
            // Not what our answer has left out.
            let answered = if kind == TrackKind::Audio { &own.audio } else { &own.video };
            common
                .retain(|f| answered.iter().any(|a| (a.payload_type, a.codec) == (f.payload_type, f.codec)));
        }
        let chosen = formats::best(&common, wanted);
        let plan = chosen.map(|chosen| SendPlan {
            codec: chosen.codec,
            payload_type: chosen.payload_type,
            red: chosen.sound.red.filter(|red| {
                own.is_none_or(|own| {
                    own.audio.iter().any(|a| a.sound.red == Some(*red)) || remote.kind != SdpKind::Offer
                })
            }),
            long_term: chosen.keeps_references()
                && own.is_some_and(|own| {
                    own.video.iter().any(|a| a.payload_type == chosen.payload_type && a.keeps_references())
                }),
        });
        if let (TrackKind::Audio, Some(chosen), Some(plan)) = (kind, chosen, plan) {
            let asked = |format: &Format| format.has_feedback("nack");
            *lock(&self.shared.pending.audio_features) = Some(AudioFeatures {
                copies: plan.red.is_some(),
                history: chosen.sound.history,
                dtx: chosen.sound.dtx,
                repairs: asked(chosen) && own.is_some_and(|own| own.audio.iter().any(asked)),
            });
            self.shared.changed.notify_one();
        }
        let before = std::mem::replace(&mut *lock(self.shared.plans.of(kind)), plan);
        if kind == TrackKind::Video {
            let agreed = plan.is_some_and(|plan| plan.long_term);
            self.shared.long_term.store(agreed, Ordering::Relaxed);
            *lock(&self.shared.pending.long_term) = Some(agreed);
            self.shared.changed.notify_one();
        }
        if let Some(plan) = plan
            && kind == TrackKind::Video
            && before.map(|b| b.codec) != Some(plan.codec)
        {
            *lock(&self.shared.pending.send_codec) = Some(plan.codec);
            // After a hold the other side has nothing the next picture could refer to.
            self.shared.want_key_frame();
        }
    }

    fn expect(&self, remote: &Remote, own: Option<OwnDescription>) {
        let incoming = |kind: TrackKind, own: Vec<Format>| {
            let Some(section) = remote.carrying(kind) else { return IncomingKind::default() };
            let mut formats = own;
            for theirs in &section.formats {
                match formats.iter_mut().find(|f| f.payload_type == theirs.payload_type) {
                    // What both sides can do counts, as said by them.
                    Some(ours) => {
                        ours.feedback.clone_from(&theirs.feedback);
                        ours.sets.clone_from(&theirs.sets);
                    }
                    None => formats.push(theirs.clone()),
                }
            }
            let (sources, mid) = (section.sources, section.mid.clone());
            let (extensions, wants_remb) = (section.extensions.clone(), section.wants_remb());
            IncomingKind { formats, sources, mid, extensions, wants_remb }
        };
        let (audio, video) = own.map_or_else(Default::default, |own| (own.audio, own.video));
        self.shared.expect(IncomingStreams {
            audio: incoming(TrackKind::Audio, audio),
            video: incoming(TrackKind::Video, video),
        });
    }

    async fn add_now(
        &self,
        negotiation: &mut Negotiation,
        candidate: IceCandidate,
    ) -> rtc::shared::error::Result<()> {
        let section = negotiation.layout.named(candidate.sdp_mid.as_deref(), candidate.sdp_m_line_index);
        let elsewhere = section.is_some_and(|at| negotiation.elsewhere.contains(&at));
        let Negotiation { allowance, addresses, .. } = negotiation;
        if elsewhere || !allowance.admit(&candidate.candidate, addresses) {
            tracing::debug!("a candidate is not used");
            return Ok(());
        }
        let candidate = RTCIceCandidateInit {
            candidate: format!("candidate:{}", candidates::bare(&candidate.candidate)),
            sdp_mid: candidate.sdp_mid,
            sdp_mline_index: candidate.sdp_m_line_index,
            username_fragment: candidate.username_fragment,
            url: None,
        };
        self.connection.add_ice_candidate(candidate).await
    }
}
