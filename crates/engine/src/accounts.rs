//! The accounts that are signed in: their sessions, their lists of people, their ICE servers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bellwire_call::{AccountId, PersonId};
use bellwire_log::CallLog;
use bellwire_signaling::{
    Capabilities, Contact, Session, SessionEvent, SignInError, SignInRequest, SignedIn, sign_in,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::call_log;
use crate::handle::{HistoryPage, ListError};
use crate::internal::Internal;
use crate::view::{AccountView, ContactView, HistoryEntry, LinkState, SignIn, SubjectView};

/// Calls per page of history.
const PAGE: u32 = 20;

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) session: Session,
    pub(crate) ice: Arc<IceCache>,
    view: AccountView,
    token: CancellationToken,
}

#[derive(Debug, Default)]
pub(crate) struct Accounts {
    next: u32,
    all: BTreeMap<AccountId, Account>,
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
            let result = Box::new(sign_in(wire_request(&request)).await);
            let _ = out.send(Internal::SignedIn { request, result, reply }).await;
        });
    }

    pub(crate) fn add(
        &mut self,
        request: &SignIn,
        signed_in: SignedIn,
        out: &mpsc::Sender<Internal>,
    ) -> AccountId {
        self.next += 1;
        let id = AccountId(self.next);
        // Not a child of the engine's token: what is still to be said goes out after that is cancelled.
        let token = CancellationToken::new();
        let view = AccountView {
            id,
            dialect: signed_in.identity.dialect.clone(),
            label: label(&signed_in.identity.dialect),
            server: request.server.clone(),
            me: signed_in.identity.person.clone(),
            role: signed_in.identity.role.clone(),
            link: LinkState::Connecting,
            contacts: Vec::new(),
            contacts_loaded: false,
            can_call: signed_in.capabilities.contacts,
            capabilities: signed_in.capabilities,
        };
        tokio::spawn(forward(id, signed_in.events, out.clone(), token.clone()));
        let ice = Arc::new(IceCache::new(signed_in.session.clone()));
        let warm = Arc::clone(&ice);
        tokio::spawn(async move { drop(warm.servers().await) });
        self.all.insert(id, Account { session: signed_in.session, ice, view, token });
        id
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
        if let Some(account) = self.all.remove(&id) {
            tokio::spawn(account.close());
        }
    }

    pub(crate) async fn close_all(&mut self) {
        for (_, account) in std::mem::take(&mut self.all) {
            account.close().await;
        }
    }

    pub(crate) fn set_link(&mut self, id: AccountId, link: LinkState) {
        if let Some(account) = self.all.get_mut(&id)
            && account.view.link != LinkState::SignedOut
        {
            account.view.link = link;
        }
    }

    pub(crate) fn set_presence(&mut self, id: AccountId, person: PersonId, online: bool) {
        if let Some(account) = self.all.get_mut(&id) {
            for contact in account.view.contacts.iter_mut().filter(|c| c.person.id == person) {
                contact.online = online;
            }
        }
    }

    pub(crate) fn set_contacts(&mut self, id: AccountId, contacts: Vec<Contact>) {
        if let Some(account) = self.all.get_mut(&id) {
            account.view.contacts = contacts.into_iter().map(contact_view).collect();
            account.view.contacts_loaded = true;
        }
    }
}

impl Account {
    /// Fetches the list beside the loop; what comes goes into the view, a failure to whoever asked.
    pub(crate) fn load_contacts(
        &self,
        search: String,
        reply: Option<oneshot::Sender<Result<(), ListError>>>,
        out: &mpsc::Sender<Internal>,
    ) {
        if !self.view.can_call {
            if let Some(reply) = reply {
                let _ = reply.send(Ok(()));
            }
            return;
        }
        let (session, account, out) = (self.session.clone(), self.view.id, out.clone());
        tokio::spawn(async move {
            match session.contacts(&search).await {
                Ok(contacts) => {
                    let _ = out.send(Internal::Contacts { account, contacts, reply }).await;
                }
                Err(error) => {
                    debug!(%error, "List of people not loaded");
                    if let Some(reply) = reply {
                        let _ = reply.send(Err(error.into()));
                    }
                }
            }
        });
    }

    /// Fetches a page of past calls beside the loop: for the call log, and for whoever asked.
    pub(crate) fn load_history(
        &self,
        page: u32,
        reply: Option<oneshot::Sender<Result<HistoryPage, ListError>>>,
        log: &CallLog,
    ) {
        let (session, account, log) = (self.session.clone(), self.view.clone(), log.clone());
        tokio::spawn(async move {
            let result = session.history(page, PAGE).await;
            match &result {
                Ok(list) => call_log::merge(&log, call_log::owner(&account), &list.items).await,
                Err(error) => debug!(%error, "History not loaded"),
            }
            let Some(reply) = reply else { return };
            let result = result.map_err(ListError::from).map(|list| HistoryPage {
                entries: list.items.into_iter().map(|item| history_entry(&account, item)).collect(),
                page: list.page,
                pages: list.pages,
            });
            let _ = reply.send(result);
        });
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.view.capabilities
    }

    pub(crate) fn view(&self) -> &AccountView {
        &self.view
    }

    async fn close(self) {
        self.session.close().await;
        self.token.cancel();
    }
}

/// ICE servers with credentials that expire: fetched ahead, renewed before a call needs them.
#[derive(Debug)]
pub(crate) struct IceCache {
    session: Session,
    known: Mutex<Option<(Instant, Vec<bellwire_peer::IceServer>)>>,
}

impl IceCache {
    /// Credentials live ten minutes (`ice-servers` of our server); a call must get some minutes out of them.
    const FRESH: Duration = Duration::from_secs(300);
    /// A call is not held up longer than this for want of a TURN address.
    const PATIENCE: Duration = Duration::from_secs(2);

    fn new(session: Session) -> Self {
        Self { session, known: Mutex::new(None) }
    }

    pub(crate) async fn servers(&self) -> Vec<bellwire_peer::IceServer> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, servers)) = &known
            && at.elapsed() < Self::FRESH
        {
            return servers.clone();
        }
        match tokio::time::timeout(Self::PATIENCE, self.session.ice_servers()).await {
            Ok(Ok(servers)) => {
                let servers: Vec<_> = servers
                    .into_iter()
                    .map(|s| bellwire_peer::IceServer {
                        urls: s.urls,
                        username: s.username.unwrap_or_default(),
                        credential: s.credential.unwrap_or_default(),
                    })
                    .collect();
                *self.known.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((Instant::now(), servers.clone()));
                servers
            }
            Ok(Err(_)) | Err(_) => known.map(|(_, servers)| servers).unwrap_or_default(),
        }
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

fn wire_request(request: &SignIn) -> SignInRequest {
    SignInRequest {
        server: request.server.clone(),
        dialect: request.dialect.clone(),
        role: request.role.clone(),
        email: request.email.clone(),
        password: request.password.clone(),
        rest_base: request.rest_base.clone(),
        socket_base: request.socket_base.clone(),
        ..SignInRequest::default()
    }
}

/// What people call a backend.
fn label(dialect: &str) -> String {
    bellwire_signaling::dialect(dialect).map_or(dialect, |entry| entry.label).to_owned()
}

fn contact_view(contact: Contact) -> ContactView {
    ContactView {
        id: contact.id,
        subject: contact.subject,
        thread: contact.thread,
        unread: contact.unread,
        last_message: contact.last_message,
        slot: contact.slot,
        voice: contact.voice,
        video: contact.video,
        person: contact.person,
        detail: contact.detail,
        online: contact.online,
        subjects: contact
            .subjects
            .into_iter()
            .map(|s| SubjectView {
                subject: s.subject,
                status: s.status,
                created_at: s.created_at,
                amount: s.amount,
            })
            .collect(),
        total_orders: contact.total_orders,
        total_spent: contact.total_spent,
    }
}

fn history_entry(account: &AccountView, item: bellwire_signaling::HistoryItem) -> HistoryEntry {
    HistoryEntry {
        account: account.id,
        account_label: account.label.clone(),
        dialect: account.dialect.clone(),
        kind: item.kind,
        call: item.call,
        peer: item.peer,
        outgoing: item.outgoing,
        status: item.status,
        started_at: item.started_at,
        duration_s: item.duration_s,
        subject: item.subject,
    }
}
