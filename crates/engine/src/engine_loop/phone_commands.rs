//! Commands of the phone, passed to the part of the engine that carries them out. Results come back to the
//! loop as events.

use std::sync::Arc;

use bellwire_call::{CallId, Command};
use tracing::{debug, info, warn};

use super::EngineLoop;
use crate::calls::peer_task::PeerCommand;
use crate::connection_id::ConnectionId;
use crate::notice::Notice;

impl EngineLoop {
    pub(super) fn perform(&mut self, command: Command) {
        match command {
            Command::Say { account, call, signal } => {
                if let Some(account) = self.accounts.by_id(account)
                    && let Err(error) = account.session.say(call, signal)
                {
                    debug!(%error, "Signal not sent");
                }
            }

            Command::OpenPeer { call, member, epoch, kind } => {
                let account = self.call_view(call).and_then(|view| self.accounts.by_id(view.account));
                let ice = account.map(|account| Arc::clone(&account.ice));
                self.calls.open_peer(ConnectionId { call, member, epoch }, kind, ice);
            }
            Command::CreateOffer { call, member, epoch, ice_restart } => {
                self.calls.send_to_peer(
                    ConnectionId { call, member, epoch },
                    PeerCommand::CreateOffer { ice_restart },
                );
            }
            Command::AcceptOffer { call, member, epoch, offer } => {
                self.calls
                    .send_to_peer(ConnectionId { call, member, epoch }, PeerCommand::AcceptOffer(offer));
            }
            Command::AcceptAnswer { call, member, epoch, answer } => {
                self.calls
                    .send_to_peer(ConnectionId { call, member, epoch }, PeerCommand::AcceptAnswer(answer));
            }
            Command::AddCandidate { call, member, epoch, candidate } => {
                self.calls
                    .send_to_peer(ConnectionId { call, member, epoch }, PeerCommand::AddCandidate(candidate));
            }
            Command::ClosePeer { call, member, epoch } => {
                self.calls.close_peer(ConnectionId { call, member, epoch })
            }

            Command::StartMedia { call, kind, microphone, camera } => {
                self.devices.end_test();
                self.publish_devices();
                self.devices.forget_lost();
                self.calls.start_media(call, kind, (microphone, camera), &self.devices.chosen);
            }
            Command::SetMicrophone { on } => self.calls.set_microphone(on),
            Command::SetCamera { on } => self.calls.set_camera(on),
            Command::SetSharing { on } => self.calls.set_sharing(on),
            Command::StopMedia { call } => self.calls.stop_media(call),

            Command::Ring { call, waiting } => self.devices.ring(call, waiting),
            Command::StopRing { call } => self.devices.stop_ring(call),
            Command::RingBack { .. } => self.devices.ring_back(true),
            Command::StopRingBack { .. } => self.devices.ring_back(false),

            Command::Notice(bellwire_call::Notice::Missed { call }) => {
                if let Some(call) = self.call_view(call) {
                    self.notify(Notice::Missed { call });
                }
            }
            Command::Notice(bellwire_call::Notice::MemberRefused { call, person }) => {
                warn!(call = call.0, "Somebody came into a call that has no seat left");
                debug!(name = person.name, "Who was refused");
            }
            Command::Notice(bellwire_call::Notice::PeopleNotAdded { call, message }) => {
                info!(call = call.0, "Nobody was added to the call");
                self.notify(Notice::Problem {
                    code: "people_not_added",
                    text: message.unwrap_or_else(|| "No more people can be asked to join this call".into()),
                });
            }
            Command::Notice(bellwire_call::Notice::Ended { call, reason }) => {
                info!(call = call.0, ?reason, "Call ended");
                self.call_ended(call);
            }
        }
    }

    fn call_ended(&mut self, call: CallId) {
        let view = self.call_view(call);
        self.calls.remove(call);
        if let Some(call) = view {
            self.notify(Notice::Ended { call });
        }
    }
}
