//! The signed-in accounts: signing in and out, their events, and what is asked of them.

pub(crate) mod account;
pub(crate) mod chats;
pub(crate) mod contacts;
pub(crate) mod events;
pub(crate) mod ice_cache;
pub(crate) mod photos;
mod refresh_pace;
mod sign_in;
pub(crate) mod stored_session;
mod threads;

use std::collections::BTreeMap;
use std::ops::Bound;
use std::task::Poll;
use std::time::Instant;

use bellwire_call::AccountId;
use bellwire_signaling::{Identity, RenewError, SessionEvent, SignInError, SignedIn, resume, sign_in};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::accounts::account::Account;
use crate::accounts::events::{Effect, on_event};
use crate::accounts::sign_in::logged_account;
use crate::accounts::stored_session::{StoredSession, StoredSessions};
use crate::history::source::Source;
use crate::internal::Internal;
use crate::lists::wire_request;
use crate::task_set::TaskSet;
use crate::view::{AccountView, ChatView, LinkState, SignIn};

#[derive(Debug)]
pub(crate) struct Accounts {
    next: u32,
    pub(crate) stored_sessions: StoredSessions,
    all: BTreeMap<AccountId, Account>,
    /// The account of the last event.
    last_served: AccountId,
    internal: mpsc::Sender<Internal>,
    sign_ins: TaskSet,
    /// Accounts that were removed and still send their last signals.
    leaving: JoinSet<(AccountId, Option<Identity>)>,
}

impl Accounts {
    pub(crate) fn new(internal: mpsc::Sender<Internal>) -> Self {
        Self {
            next: 0,
            stored_sessions: StoredSessions::default(),
            all: BTreeMap::new(),
            last_served: AccountId(0),
            internal,
            sign_ins: TaskSet::default(),
            leaving: JoinSet::new(),
        }
    }

    /// Signs in on a task of its own; the result comes back to the loop.
    pub(crate) fn sign_in(&self, request: SignIn, reply: oneshot::Sender<Result<AccountId, SignInError>>) {
        let out = self.internal.clone();
        self.sign_ins.spawn(async move {
            let result = match wire_request(&request) {
                Ok(wire) => Box::new(sign_in(wire).await),
                Err(error) => Box::new(Err(error)),
            };
            let _ = out.send(Internal::SignedIn { request, resumed: false, result, reply }).await;
        });
    }

    /// The same without a password.
    pub(crate) fn resume(
        &self,
        stored: StoredSession,
        reply: oneshot::Sender<Result<AccountId, SignInError>>,
    ) {
        let out = self.internal.clone();
        self.sign_ins.spawn(async move {
            let (request, backend, identity, transport) = match stored.opened() {
                Ok(opened) => opened,
                Err(error) => return drop(reply.send(Err(error))),
            };
            let result = Box::new(resume(backend, identity, &transport).await);
            let _ = out.send(Internal::SignedIn { request, resumed: true, result, reply }).await;
        });
    }

    /// The account that this is, if it is signed in already: it goes on with the new token, and its
    /// calls with it. The new session is not needed then.
    pub(crate) fn renew(
        &mut self,
        request: &SignIn,
        resumed: bool,
        signed_in: &SignedIn,
    ) -> Option<AccountId> {
        let (id, account) = self.all.iter_mut().find(|(_, account)| {
            account.log == logged_account(signed_in) && account.view.role == signed_in.identity.role
        })?;
        if resumed {
            return Some(*id);
        }
        match account.session.renew(signed_in.identity.clone()) {
            Ok(()) => {
                account.view.link = LinkState::Connecting;
                account.view.capabilities = signed_in.capabilities.clone();
                self.stored_sessions.signed_in(*id, request, signed_in);
                Some(*id)
            }
            Err(RenewError::OtherAccount | RenewError::Say(_) | _) => None,
        }
    }

    pub(crate) fn add(&mut self, request: &SignIn, signed_in: SignedIn) -> &mut Account {
        self.next += 1;
        let id = AccountId(self.next);
        self.stored_sessions.signed_in(id, request, &signed_in);
        let account = Account::new(id, request, signed_in, self.internal.clone());
        self.all.entry(id).or_insert(account)
    }

    pub(crate) fn by_id(&self, id: AccountId) -> Option<&Account> {
        self.all.get(&id)
    }

    pub(crate) fn by_id_mut(&mut self, id: AccountId) -> Option<&mut Account> {
        self.all.get_mut(&id)
    }

    pub(crate) fn ids(&self) -> Vec<AccountId> {
        self.all.keys().copied().collect()
    }

    pub(crate) fn view(&self) -> Vec<AccountView> {
        self.all.values().map(|a| a.view.clone()).collect()
    }

    /// The open message threads of all accounts.
    pub(crate) fn chats(&self) -> Vec<ChatView> {
        self.all.values().flat_map(|account| account.chats.view().cloned()).collect()
    }

    /// The accounts whose backends the call history may ask.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let source = |(id, account): (&AccountId, &Account)| Source {
            id: *id,
            account: account.log.clone(),
            session: account.view.capabilities.history.then(|| account.session.clone()),
        };
        self.all.iter().map(source).collect()
    }

    /// Waits for the next event of any account; `None`: its session has no more. The accounts take turns, so
    /// that a backend that never stops does not silence the others.
    pub(crate) async fn next_event(&mut self) -> (AccountId, Option<SessionEvent>) {
        std::future::poll_fn(|cx| {
            let after_last = (Bound::Excluded(self.last_served), Bound::Unbounded);
            let up_to_last = (Bound::Unbounded, Bound::Included(self.last_served));
            for turn in [after_last, up_to_last] {
                for (id, account) in self.all.range_mut(turn) {
                    if let Poll::Ready(event) = account.poll_event(cx) {
                        self.last_served = *id;
                        return Poll::Ready((*id, event));
                    }
                }
            }
            Poll::Pending
        })
        .await
    }

    pub(crate) fn on_event(&mut self, id: AccountId, event: Option<SessionEvent>) -> Effect {
        match self.all.get_mut(&id) {
            Some(account) => on_event(account, &self.stored_sessions, event),
            None => Effect::Nothing,
        }
    }

    /// Gives up messages that were not confirmed in time; true if there are such.
    pub(crate) fn give_up_messages(&mut self) -> bool {
        let now = Instant::now();
        let mut any = false;
        for account in self.all.values_mut().filter(|account| account.view.link == LinkState::Online) {
            any |= account.chats.give_up(now);
        }
        any
    }

    /// `moved`: connections begin at another address now.
    pub(crate) fn network_changed(&self, moved: bool) {
        for account in self.all.values() {
            // A session that is closed has no connection to replace.
            let _closed = account.session.network_changed(moved);
        }
    }

    /// If it waits before it tries to connect again, it does so now.
    pub(crate) fn connect_now(&self, id: AccountId) {
        if let Some(account) = self.all.get(&id) {
            let _closed = account.session.network_changed(false);
        }
    }

    /// Forgets an account; what its session still has to say (a hang-up) goes out first.
    pub(crate) fn remove(&mut self, id: AccountId) {
        self.stored_sessions.forget(id);
        if let Some(account) = self.all.remove(&id) {
            while self.leaving.try_join_next().is_some() {}
            self.leaving.spawn(async move {
                account.sign_out().await;
                (id, None)
            });
        }
    }

    /// All at once: a backend that does not answer does not delay the last signals of the others.
    pub(crate) async fn close(&mut self) {
        self.sign_ins.close().await;
        for account in std::mem::take(&mut self.all).into_values() {
            self.leaving.spawn(account.close());
        }
        while let Some(closed) = self.leaving.join_next().await {
            if let Ok((id, Some(identity))) = closed {
                self.stored_sessions.renewed(id, identity);
            }
        }
    }
}
