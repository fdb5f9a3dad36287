//! Commands of the phone, given to whoever can do them. Results come back to the loop as events.

use std::sync::Arc;

use bellwire_call::{CallId, CallView, Command};
use bellwire_media::Tone;
use bellwire_peer::PeerConfig;
use tracing::{debug, info};

use crate::conversation::Conversation;
use crate::device_work::Lost;
use crate::ice::Use;
use crate::notice::Notice;
use crate::peer_task::{PeerHandle, PeerOrder};
use crate::run::Loop;

impl Loop {
    pub(crate) fn perform(&mut self, command: Command) {
        match command {
            Command::Say { account, call, signal } => {
                if let Some(account) = self.account(account)
                    && let Err(error) = account.session.say(call, signal)
                {
                    debug!(%error, "Signal not sent");
                }
            }

            Command::OpenPeer { call, epoch, kind } => self.open_peer(call, epoch, kind),
            Command::CreateOffer { call, epoch, ice_restart } => {
                self.peer_order(call, epoch, PeerOrder::CreateOffer { ice_restart });
            }
            Command::AcceptOffer { call, epoch, offer } => {
                self.peer_order(call, epoch, PeerOrder::AcceptOffer(offer));
            }
            Command::AcceptAnswer { call, epoch, answer } => {
                self.peer_order(call, epoch, PeerOrder::AcceptAnswer(answer));
            }
            Command::AddCandidate { call, epoch, candidate } => {
                self.peer_order(call, epoch, PeerOrder::AddCandidate(candidate));
            }
            Command::ClosePeer { call, epoch } => {
                if let Some(conversation) = self.conversations.get_mut(&call)
                    && conversation.peer.as_ref().is_some_and(|p| p.epoch == epoch)
                {
                    conversation.peer = None;
                }
            }

            Command::StartMedia { call, kind, microphone, camera } => {
                self.end_trial();
                self.desk.lost = Lost::default();
                let conversation = self.conversations.entry(call).or_default();
                let devices = (microphone, camera);
                let chosen = &self.desk.chosen;
                conversation.start_media(
                    call,
                    kind,
                    devices,
                    (&self.config, chosen),
                    &self.screens,
                    &self.internal,
                );
            }
            Command::SetMicrophone { on } => self.each_media(|media| media.set_microphone(on)),
            Command::SetCamera { on } => self.each_media(|media| media.set_camera(on)),
            Command::SetSharing { on } => {
                let screen = on.then_some(self.config.screen.as_str());
                self.each_media(|media| media.share(screen));
            }
            Command::StopMedia { call } => {
                if let Some(mut conversation) = self.conversations.remove(&call) {
                    self.close_media(&mut conversation);
                    self.conversations.insert(call, conversation);
                }
            }

            Command::Ring { call, waiting } => self.ring(call, waiting),
            Command::StopRing { call } => self.stop_ring(call),
            Command::RingBack { .. } => self.desk.call_tone(Some(Tone::RingBack)),
            Command::StopRingBack { .. } => self.desk.call_tone(None),
            Command::Notice(notice) => self.tell(notice),
        }
    }

    fn tell(&mut self, notice: bellwire_call::Notice) {
        match notice {
            bellwire_call::Notice::Missed { call } => {
                if let Some(call) = self.call_view(call) {
                    self.notice(Notice::Missed { call });
                }
            }
            bellwire_call::Notice::Ended { call, reason } => {
                info!(call = call.0, ?reason, "Call ended");
                let view = self.call_view(call);
                if let Some(mut conversation) = self.conversations.remove(&call) {
                    self.close_media(&mut conversation);
                }
                if let Some(call) = view {
                    self.notice(Notice::Ended { call });
                }
            }
        }
    }

    fn open_peer(&mut self, call: CallId, epoch: bellwire_call::Epoch, kind: bellwire_call::MediaKind) {
        let view = self.call_view(call);
        let ice = view.and_then(|v| self.account(v.account)).map(|a| Arc::clone(&a.ice));
        let (config, renewed) = (self.config.clone(), ice.clone());
        let conversation = self.conversations.entry(call).or_default();
        let config = async move {
            let ice_servers = match ice {
                Some(ice) => ice.servers(Use::Call).await,
                None => Vec::new(),
            };
            PeerConfig {
                ice_servers,
                video: kind == bellwire_call::MediaKind::Video,
                video_codecs: config.video_codecs,
                start_bitrate: config.start_bitrate,
                max_bitrate: config.max_bitrate,
                relay_only: config.relay_only,
                bind: None,
            }
        };
        let switch = conversation.switch.clone();
        conversation.peer =
            Some(PeerHandle::start(call, epoch, config, renewed, switch, self.internal.clone(), &self.token));
    }

    fn peer_order(&self, call: CallId, epoch: bellwire_call::Epoch, order: PeerOrder) {
        if let Some(conversation) = self.conversations.get(&call) {
            conversation.order(epoch, order);
        }
    }

    pub(crate) fn each_media(&self, f: impl Fn(&bellwire_media::CallMedia)) {
        self.conversations.values().filter_map(|c| c.media.as_ref()).for_each(f);
    }

    /// Dropping media joins its threads, so that is done elsewhere.
    pub(crate) fn close_media(&mut self, conversation: &mut Conversation) {
        if let Some(media) = conversation.take_media() {
            self.closing.spawn_blocking(move || drop(media));
        }
    }

    pub(crate) fn call_view(&self, call: CallId) -> Option<CallView> {
        self.phone.view(self.clock.now()).calls.into_iter().find(|c| c.id == call)
    }
}
