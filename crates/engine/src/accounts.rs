//! The accounts that are signed in: their sessions, their lists of people, their ICE servers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use bellwire_call::{AccountId, PersonId, Subject};
use bellwire_signaling::{
    Analytics, Capabilities, ChatAction, LinkProblem, Message, RenewError, Rows, SayError, Session,
    SessionEvent, SignInError, SignedIn, resume, sign_in,
};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::chats::{self, Chats};
use crate::figures;
use crate::handle::{DeclineError, HistoryPage, ListError};
use crate::history::Source;
use crate::ice::{IceCache, Use};
use crate::internal::Internal;
use crate::keepsake::{Keepsake, Keepsakes};
use crate::lists::{backend_entry, label, log_account, rfc3339, wire_request};
use crate::people::People;
use crate::view::{AccountView, ChatView, LinkState, SignIn};

/// Calls per page of a backend's history.
const PAGE: u32 = 20;
/// How long the events of a closed session may take to the loop.
const LAST_NEWS: Duration = Duration::from_millis(500);
/// Threads remembered, so that people can be written to who are not listed now.
const THREADS: usize = 4096;
/// Messages fetched of a thread that is opened.
const MESSAGES: u32 = 50;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) session: Session,
    pub(crate) ice: Arc<IceCache>,
    pub(crate) view: AccountView,
    chats: Chats,
    log: bellwire_log::Account,
    pub(crate) people: People,
    forward: JoinHandle<()>,
    /// Where people can be written to, also about a subject (by its id), whatever is searched for now.
    threads: BTreeMap<(PersonId, Option<String>), String>,
    pub(crate) token: CancellationToken,
}

#[derive(Debug, Default)]
pub(crate) struct Accounts {
    next: u32,
    pub(crate) keepsakes: Keepsakes,
    all: BTreeMap<AccountId, Account>,
    /// Accounts that were removed and still say their last words.
    leaving: JoinSet<()>,
}

impl Accounts {
    /// Signs in on a task of its own; the result comes back to the loop.
    pub(crate) fn sign_in(
        &self,
        request: SignIn,
        reply: oneshot::Sender<Result<AccountId, SignInError>>,
        out: &mpsc::Sender<Internal>,
    ) {
        let out = out.clone();
        tokio::spawn(async move {
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
        keepsake: Keepsake,
        reply: oneshot::Sender<Result<AccountId, SignInError>>,
        out: &mpsc::Sender<Internal>,
    ) {
        let out = out.clone();
        tokio::spawn(async move {
            let (request, backend, identity, transport) = match keepsake.opened() {
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
            account.log == log_of(signed_in) && account.view.role == signed_in.identity.role
        })?;
        if resumed {
            return Some(*id);
        }
        match account.session.renew(signed_in.identity.clone()) {
            Ok(()) => {
                account.view.link = LinkState::Connecting;
                self.keepsakes.signed_in(*id, request, signed_in);
                Some(*id)
            }
            Err(RenewError::OtherAccount | RenewError::Say(_) | _) => None,
        }
    }

    pub(crate) fn add(
        &mut self,
        request: &SignIn,
        signed_in: SignedIn,
        out: &mpsc::Sender<Internal>,
    ) -> AccountId {
        self.next += 1;
        let id = AccountId(self.next);
        self.keepsakes.signed_in(id, request, &signed_in);
        // Not a child of the engine's token: what is still to be said goes out after that is cancelled.
        let token = CancellationToken::new();
        let log = log_of(&signed_in);
        let view = AccountView {
            id,
            dialect: signed_in.identity.dialect.clone(),
            label: label(&signed_in.identity.dialect),
            server: shown_server(request, &signed_in),
            me: signed_in.identity.person.clone(),
            role: signed_in.identity.role.clone(),
            link: LinkState::Connecting,
            contacts: Vec::new(),
            contacts_loaded: false,
            left_out: 0,
            list_error: None,
            paused_until: None,
            link_problem: None,
            can_call: signed_in.capabilities.contacts,
            capabilities: signed_in.capabilities,
        };
        let forward = tokio::spawn(forward(id, signed_in.events, out.clone(), token.clone()));
        let ice = Arc::new(IceCache::new(signed_in.session.clone()));
        let warm = Arc::clone(&ice);
        tokio::spawn(async move { drop(warm.servers(Use::Call).await) });
        let (session, chats, people) = (signed_in.session, Chats::default(), People::default());
        let threads = BTreeMap::new();
        let account = Account { session, ice, view, chats, log, people, threads, forward, token };
        self.all.insert(id, account);
        id
    }

    pub(crate) fn by_id_mut(&mut self, id: AccountId) -> Option<&mut Account> {
        self.all.get_mut(&id)
    }

    /// Threads of messages that are open.
    pub(crate) fn chats(&self) -> Vec<ChatView> {
        self.all.values().flat_map(|account| account.chats.view().cloned()).collect()
    }

    /// Whose calls the log may ask the backends for.
    pub(crate) fn sources(&self) -> Vec<Source> {
        let source = |(id, account): (&AccountId, &Account)| Source {
            id: *id,
            account: account.log.clone(),
            session: account.view.capabilities.history.then(|| account.session.clone()),
        };
        self.all.iter().map(source).collect()
    }

    pub(crate) fn by_id(&self, id: AccountId) -> Option<&Account> {
        self.all.get(&id)
    }

    pub(crate) fn ids(&self) -> Vec<AccountId> {
        self.all.keys().copied().collect()
    }

    pub(crate) fn view(&self) -> Vec<AccountView> {
        self.all.values().map(|a| a.view.clone()).collect()
    }

    /// Forgets an account; what its session still has to say (a hang-up) goes out first.
    pub(crate) fn remove(&mut self, id: AccountId) {
        self.keepsakes.forget(id);
        if let Some(account) = self.all.remove(&id) {
            while self.leaving.try_join_next().is_some() {}
            self.leaving.spawn(account.sign_out());
        }
    }

    /// All at once: one whose backend does not answer takes nothing from the others' last words.
    pub(crate) async fn close_all(&mut self) {
        let mut closing = std::mem::take(&mut self.leaving);
        for (_, account) in std::mem::take(&mut self.all) {
            closing.spawn(account.close());
        }
        while closing.join_next().await.is_some() {}
    }

    pub(crate) fn set_pause(
        &mut self,
        id: AccountId,
        until: Option<SystemTime>,
        out: &mpsc::Sender<Internal>,
    ) {
        if let Some(account) = self.all.get_mut(&id) {
            account.view.paused_until = until.and_then(rfc3339);
            if until.is_none() {
                account.pause_over(out);
            }
        }
    }

    pub(crate) fn set_link_problem(&mut self, id: AccountId, problem: Option<LinkProblem>) {
        if let Some(account) = self.all.get_mut(&id) {
            account.view.link_problem = problem;
        }
    }

    pub(crate) fn set_link(&mut self, id: AccountId, link: LinkState) {
        if let Some(account) = self.all.get_mut(&id)
            && (account.view.link != LinkState::SignedOut || link == LinkState::Online)
        {
            account.view.link = link;
            if link == LinkState::Online {
                account.chats.connected(Instant::now());
            }
        }
    }

    /// Messages nothing was heard of for too long did not get through; true if there are such.
    pub(crate) fn give_up_messages(&mut self) -> bool {
        let now = Instant::now();
        let online = self.all.values_mut().filter(|account| account.view.link == LinkState::Online);
        online.fold(false, |any, account| account.chats.give_up(now) || any)
    }
}

impl Account {
    pub(crate) fn learn_threads(&mut self) {
        for contact in &self.view.contacts {
            let Some(thread) = &contact.thread else { continue };
            let about = contact.subject.as_ref().map(|subject| subject.id.clone());
            // Without a subject: the first one of the list, which is the newest.
            for key in [(contact.person.id.clone(), about), (contact.person.id.clone(), None)] {
                if self.threads.len() < THREADS {
                    self.threads.entry(key).or_insert_with(|| thread.clone());
                }
            }
        }
    }

    /// Shows a thread: its messages are fetched, and what is in it counts as read.
    pub(crate) fn open_thread(&mut self, thread: String, out: &mpsc::Sender<Internal>) {
        self.chats.open(self.view.id, &thread);
        self.say(ChatAction::Open { thread: thread.clone() });
        self.say(ChatAction::MarkRead { thread: thread.clone() });
        self.forget_unread(&thread);
        let (session, account, out) = (self.session.clone(), self.view.id, out.clone());
        tokio::spawn(async move {
            let result = session.messages(&thread, MESSAGES).await;
            let _ = out.send(Internal::Messages { account, thread, result }).await;
        });
    }

    pub(crate) fn close_thread(&mut self, thread: &str) {
        self.chats.close(thread);
    }

    pub(crate) fn send_message(&mut self, thread: String, text: String) {
        if let Err(error) = self.send_text(thread, &text) {
            debug!(%error, "Message not sent");
        }
    }

    fn send_text(&mut self, thread: String, text: &str) -> Result<(), SayError> {
        let text = chats::sayable(text);
        if text.is_empty() {
            return Ok(());
        }
        self.chats.sending(&thread, &self.view.me.name, &text, Instant::now());
        self.say_text(thread, text)
    }

    fn say_text(&mut self, thread: String, text: String) -> Result<(), SayError> {
        let said = self.session.chat(ChatAction::Send { thread: thread.clone(), text: text.clone() });
        if said.is_err() {
            self.chats.lost(&thread, &text);
        }
        said
    }

    /// What did not get through in a thread goes out once more.
    pub(crate) fn retry(&mut self, thread: &str) {
        for text in self.chats.retry(thread, Instant::now()) {
            if let Err(error) = self.say_text(thread.to_owned(), text) {
                debug!(%error, "Message not sent again");
            }
        }
    }

    /// Writes into the thread of somebody who calls about `subject`.
    pub(crate) fn write_to(
        &mut self,
        person: &PersonId,
        subject: Option<&Subject>,
        text: String,
    ) -> Result<(), DeclineError> {
        let thread = self.thread_of(person, subject).ok_or(DeclineError::NoMessages)?;
        Ok(self.send_text(thread, &text)?)
    }

    /// With several threads with one person: the one about that subject.
    fn thread_of(&self, person: &PersonId, subject: Option<&Subject>) -> Option<String> {
        if !self.view.capabilities.chat {
            return None;
        }
        let about = subject.map(|subject| subject.id.clone());
        let threads = [(person.clone(), about), (person.clone(), None)];
        threads.iter().find_map(|key| self.threads.get(key).cloned())
    }

    pub(crate) fn message_lost(&mut self, thread: &str, text: &str) {
        self.chats.lost(thread, text);
    }

    pub(crate) fn typing(&self, thread: String, on: bool) {
        self.say(ChatAction::Typing { thread, on });
    }

    pub(crate) fn messages_came(
        &mut self,
        thread: &str,
        result: Result<Rows<Message>, bellwire_signaling::ReplyError>,
    ) {
        match result {
            Ok(messages) => self.chats.loaded(thread, messages),
            Err(error) => self.chats.failed(thread, &error.to_string()),
        }
    }

    pub(crate) fn message_heard(&mut self, message: &Message) {
        let seen = self.chats.is_open(&message.thread);
        self.chats.heard(message);
        chats::note_in_list(&mut self.view.contacts, message, seen);
        self.people.thread_changed(&message.thread);
        if seen && !message.from_me {
            self.say(ChatAction::MarkRead { thread: message.thread.clone() });
        }
    }

    pub(crate) fn thread_read(&mut self, thread: &str, by_me: bool) {
        self.chats.read(thread, by_me);
        if by_me {
            self.forget_unread(thread);
        }
    }

    pub(crate) fn typing_heard(&mut self, thread: &str, person: &PersonId, on: bool) {
        let who = on.then(|| chats::name_of(&self.view.contacts, person).unwrap_or_default());
        self.chats.typing(thread, who);
    }

    fn forget_unread(&mut self, thread: &str) {
        self.people.thread_changed(thread);
        for contact in self.view.contacts.iter_mut().filter(|c| c.thread.as_deref() == Some(thread)) {
            contact.unread = 0;
        }
    }

    fn say(&self, action: ChatAction) {
        if let Err(error) = self.session.chat(action) {
            debug!(%error, "Not said");
        }
    }

    pub(crate) fn log(&self) -> &bellwire_log::Account {
        &self.log
    }

    /// Fetches the figures beside the loop, for whoever asked.
    pub(crate) fn load_analytics(&self, reply: oneshot::Sender<Result<Analytics, ListError>>) {
        let session = self.session.clone();
        tokio::spawn(async move {
            let result = match session.analytics().await {
                Ok(Some(said)) => Ok(figures::bounded(said)),
                Ok(None) => Err(ListError::NoFigures),
                Err(error) => Err(error.into()),
            };
            let _ = reply.send(result);
        });
    }

    pub(crate) fn load_history(&self, page: u32, reply: oneshot::Sender<Result<HistoryPage, ListError>>) {
        let (session, account) = (self.session.clone(), self.view.clone());
        tokio::spawn(async move {
            let result = session.history(page, PAGE).await;
            let result = result.map_err(ListError::from).map(|list| HistoryPage {
                entries: list.items.into_iter().map(|item| backend_entry(&account, item)).collect(),
                page: list.page,
                pages: list.pages,
                left_out: list.left_out,
            });
            let _ = reply.send(result);
        });
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.view.capabilities
    }

    /// As [`Account::close`]; the backend accepts the token no longer.
    async fn sign_out(self) {
        self.session.sign_out().await;
        self.close().await;
    }

    async fn close(self) {
        self.session.close().await;
        // A last new token may be on its way to the loop.
        let _ = tokio::time::timeout(LAST_NEWS, self.forward).await;
        self.token.cancel();
    }
}

async fn forward(
    account: AccountId,
    mut events: mpsc::Receiver<SessionEvent>,
    out: mpsc::Sender<Internal>,
    token: CancellationToken,
) {
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            event = events.recv() => match event {
                Some(event) => drop(out.send(Internal::Session { account, event }).await),
                None => break,
            },
        }
    }
    let _ = out.send(Internal::SessionOver { account }).await;
}

fn log_of(signed_in: &SignedIn) -> bellwire_log::Account {
    let identity = &signed_in.identity;
    let rest = &signed_in.backend.rest;
    let server = match (rest.host_str(), rest.port_or_known_default()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        (None, _) => rest.to_string(),
    };
    log_account(&identity.dialect, &server, &identity.person.id, &identity.person.name)
}

/// What the user typed, or where the backend is if only bases were given.
fn shown_server(request: &SignIn, signed_in: &SignedIn) -> String {
    match request.server.trim() {
        "" => signed_in.backend.rest.host_str().unwrap_or_default().to_owned(),
        typed => typed.to_owned(),
    }
}
