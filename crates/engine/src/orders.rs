//! What people and robots order, given to whoever does it.

use bellwire_call::{AccountId, CallId, CallView, Event, MediaKind, UserAction};

use crate::config::CallDefaults;
use crate::handle::{ChatOrder, DeclineError, ListError, Order};
use crate::history;
use crate::notice::Notice;
use crate::run::Loop;

impl Loop {
    pub(crate) fn obey(&mut self, order: Order) {
        match order {
            Order::SignIn { request, reply } => self.accounts.sign_in(request, reply, &self.internal),
            Order::Resume { keepsake, reply } => self.accounts.resume(keepsake, reply, &self.internal),
            Order::SignOut(account) => {
                self.feed(Event::AccountRemoved { account });
                self.accounts.remove(account);
                self.publish();
            }
            Order::Snapshot(reply) => drop(reply.send(self.snapshot())),
            Order::User(action) => self.obey_user(action),
            Order::Share(source) => self.share(source),
            Order::Device(order) => self.device(order),
            Order::Defaults(CallDefaults { microphone, camera, relay_only }) => {
                self.config.relay_only = relay_only;
                self.feed(Event::StartWith { microphone, camera });
            }
            Order::Contacts { account, search, reply } => match self.accounts.by_id_mut(account) {
                Some(account) => account.load_contacts(search, reply, &self.internal),
                None => drop(reply.send(Err(ListError::NoAccount))),
            },
            Order::History { filter, page, reply } => {
                let (log, sources) = ((self.history.log(), self.history.asked()), self.accounts.sources());
                tokio::spawn(async move {
                    let _ = reply.send(history::page(log, sources, filter, page).await);
                });
            }
            Order::Recent { limit, reply } => {
                let (log, sources) = (self.history.log(), self.accounts.sources());
                tokio::spawn(async move {
                    let _ = reply.send(history::recent(log, sources, limit).await);
                });
            }
            Order::Export { filter, format, reply } => {
                let (log, sources) = ((self.history.log(), self.history.asked()), self.accounts.sources());
                tokio::spawn(async move {
                    let _ = reply.send(history::export(log, sources, filter, format).await);
                });
            }
            Order::Analytics { account, reply } => match self.accounts.by_id(account) {
                Some(account) => account.load_analytics(reply),
                None => drop(reply.send(Err(ListError::NoAccount))),
            },
            Order::DeclineWith { call, text, reply } => {
                let _ = reply.send(self.decline_with(call, text));
            }
            Order::BackendHistory { account, page, reply } => match self.accounts.by_id(account) {
                Some(account) => account.load_history(page, reply),
                None => drop(reply.send(Err(ListError::NoAccount))),
            },
            Order::DeleteRecord { id, reply } => {
                let log = self.history.log();
                tokio::spawn(async move {
                    let _ = reply.send(log.delete(id).await.map_err(ListError::from));
                });
            }
            Order::Chat { account, order } => self.chat(account, order),
        }
    }

    fn chat(&mut self, account: AccountId, order: ChatOrder) {
        let Some(account) = self.accounts.by_id_mut(account) else { return };
        match order {
            ChatOrder::Open(thread) => account.open_thread(thread, &self.internal),
            ChatOrder::Close(thread) => account.close_thread(&thread),
            ChatOrder::Send { thread, text } => account.send_message(thread, text),
            ChatOrder::Retry(thread) => account.retry(&thread),
            ChatOrder::Typing { thread, on } => account.typing(thread, on),
        }
        self.publish();
    }

    fn obey_user(&mut self, action: UserAction) {
        if matches!(action, UserAction::SetSharing(true)) && !self.may_share() {
            return self.notice(Notice::Problem {
                code: "cannot_share",
                text: "The screen cannot be shared in this call".into(),
            });
        }
        self.feed(Event::User(action));
    }

    /// The message goes first: if it cannot, the call still rings.
    fn decline_with(&mut self, call: CallId, text: String) -> Result<(), DeclineError> {
        let ringing = |view: &CallView| view.state.is_ringing();
        let view = self.call_view(call).filter(ringing).ok_or(DeclineError::NotRinging)?;
        let account = self.accounts.by_id_mut(view.account).ok_or(DeclineError::NoMessages)?;
        account.write_to(&view.peer.id, view.subject.as_ref(), text)?;
        self.obey_user(UserAction::Decline(call));
        Ok(())
    }

    fn share(&mut self, source: Option<String>) {
        let on = source.is_some();
        if let Some(source) = source {
            self.config.screen = source;
        }
        let already = self.phone.view(self.clock.now()).sharing;
        self.obey_user(UserAction::SetSharing(on));
        if on && already {
            // The phone sees no change, and the picture is another one.
            self.each_media(|media| media.share(Some(self.config.screen.as_str())));
        }
    }

    /// The call that is going on has pictures, and its account may share the screen.
    fn may_share(&self) -> bool {
        let calls = self.phone.view(self.clock.now()).calls;
        let active = calls.iter().filter(|call| call.state.is_active() && call.kind == MediaKind::Video);
        let mut accounts = active.filter_map(|call| self.accounts.by_id(call.account));
        accounts.any(|account| account.capabilities().screen_share)
    }
}
