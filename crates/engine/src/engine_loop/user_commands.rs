//! Commands of the user, passed to the part of the engine that carries them out.

use bellwire_call::{AccountId, CallId, CallView, Event, MediaKind, UserAction};

use super::EngineLoop;
use crate::config::CallDefaults;
use crate::engine_loop::command::EngineCommand;
use crate::error::{DeclineError, ListError};
use crate::notice::Notice;

impl EngineLoop {
    pub(super) fn handle_command(&mut self, command: EngineCommand) {
        match command {
            EngineCommand::SignIn { request, reply } => self.accounts.sign_in(request, reply),
            EngineCommand::Resume { stored, reply } => self.accounts.resume(*stored, reply),
            EngineCommand::SignOut(account) => {
                self.dispatch(Event::AccountRemoved { account });
                self.accounts.remove(account);
                self.publish();
            }
            EngineCommand::Snapshot(reply) => drop(reply.send(self.snapshot())),
            EngineCommand::User(action) => self.handle_action(action),
            EngineCommand::ShareScreen(source) => self.share_screen(source),
            EngineCommand::ShowMember { call, member, size } => self.calls.show_member(call, member, size),
            EngineCommand::RaiseHand { call, up } => self.calls.raise_hand(call, up),
            EngineCommand::Device(command) => {
                if let Some(old) = self.devices.handle(command, self.calls.have_media()) {
                    self.calls.change_devices(&old, &self.devices.chosen);
                }
                self.publish_devices();
            }
            EngineCommand::SetCallDefaults(CallDefaults { microphone, camera, relay_only }) => {
                self.calls.set_relay_only(relay_only);
                self.dispatch(Event::StartWith { microphone, camera });
            }
            EngineCommand::Contacts { account, search, reply } => match self.accounts.by_id_mut(account) {
                Some(account) => account.load_contacts(search, reply),
                None => drop(reply.send(Err(ListError::NoAccount))),
            },
            EngineCommand::History { filter, page, reply } => {
                self.history.page(self.accounts.sources(), (filter, page), reply);
            }
            EngineCommand::Recent { limit, reply } => {
                self.history.recent(self.accounts.sources(), limit, reply);
            }
            EngineCommand::Export { filter, format, reply } => {
                self.history.export(self.accounts.sources(), (filter, format), reply);
            }
            EngineCommand::DeleteRecord { id, reply } => self.history.delete(id, reply),
            EngineCommand::Analytics { account, reply } => match self.accounts.by_id(account) {
                Some(account) => account.load_analytics(reply),
                None => drop(reply.send(Err(ListError::NoAccount))),
            },
            EngineCommand::BackendHistory { account, page, reply } => match self.accounts.by_id(account) {
                Some(account) => account.load_history(page, reply),
                None => drop(reply.send(Err(ListError::NoAccount))),
            },
            EngineCommand::DeclineWith { call, text, reply } => {
                let _ = reply.send(self.decline_with(call, &text));
            }
            EngineCommand::Chat { account, command } => {
                if let Some(account) = self.accounts.by_id_mut(account) {
                    account.handle_chat(command);
                    self.publish();
                }
            }
        }
    }

    fn handle_action(&mut self, action: UserAction) {
        if matches!(action, UserAction::SetSharing(true)) && !self.may_share() {
            return self.notify(Notice::Problem {
                code: "cannot_share",
                text: "The screen cannot be shared in this call".into(),
            });
        }
        if let UserAction::Dial { account, invite } = &action
            && !invite.others.is_empty()
            && invite.others.len() + 2 > self.seats(*account)
        {
            return self.notify(Notice::Problem {
                code: "too_many_people",
                text: "A call there has no room for so many people".into(),
            });
        }
        if let UserAction::AddPeople { call, people } = &action
            && let Some(view) = self.call_view(*call)
            && view.members.len() + people.len() + 1 > self.seats(view.account)
        {
            return self.notify(Notice::Problem {
                code: "too_many_people",
                text: "A call there has no room for so many people".into(),
            });
        }
        self.dispatch(Event::User(action));
    }

    /// People a call of that account has room for, ourselves included.
    fn seats(&self, account: AccountId) -> usize {
        self.accounts.by_id(account).map_or(0, |account| usize::from(account.capabilities().seats))
    }

    /// The message goes first: if it cannot, the call still rings.
    fn decline_with(&mut self, call: CallId, text: &str) -> Result<(), DeclineError> {
        let ringing = |view: &CallView| view.state.is_ringing();
        let view = self.call_view(call).filter(ringing).ok_or(DeclineError::NotRinging)?;
        let account = self.accounts.by_id_mut(view.account).ok_or(DeclineError::NoMessages)?;
        account.write_to(&view.peer.id, view.subject.as_ref(), text)?;
        self.dispatch(Event::User(UserAction::Decline(call)));
        Ok(())
    }

    /// `None`: the camera again.
    fn share_screen(&mut self, source: Option<String>) {
        let on = source.is_some();
        if let Some(source) = source {
            self.calls.choose_screen(source);
        }
        let already = self.phone_view().sharing;
        self.handle_action(UserAction::SetSharing(on));
        if on && already {
            // The phone sees no change, and the picture is another one.
            self.calls.set_sharing(true);
        }
    }

    /// The active call has video, and its account may share the screen. The backend's capabilities are not
    /// known to the phone, so this is not decided there.
    fn may_share(&self) -> bool {
        let calls = self.phone_view().calls;
        let active = calls.iter().filter(|call| call.state.is_active() && call.kind == MediaKind::Video);
        let mut accounts = active.filter_map(|call| self.accounts.by_id(call.account));
        accounts.any(|account| account.capabilities().screen_share)
    }
}
