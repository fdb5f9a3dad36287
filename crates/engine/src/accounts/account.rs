//! One signed-in account: its session, its contacts, its messages and its ICE servers.

mod messages;

use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant, SystemTime};

use bellwire_call::{AccountId, PersonId};
use bellwire_signaling::{
    Analytics, Capabilities, Contact, Identity, ReplyError, Rows, Session, SessionEvent, SignedIn,
};
use tokio::sync::{mpsc, oneshot};

use crate::accounts::chats::Chats;
use crate::accounts::contacts::{ContactList, ListReply, Next};
use crate::accounts::ice_cache::{IceCache, Use};
use crate::accounts::sign_in::{account_view, logged_account};
use crate::accounts::threads::ThreadIndex;
use crate::error::ListError;
use crate::figures;
use crate::internal::Internal;
use crate::lists::{backend_entry, rfc3339};
use crate::task_set::TaskSet;
use crate::view::{AccountView, HistoryPage, LinkState, SignIn};

/// Calls per page of a backend's history.
const HISTORY_PAGE_LEN: u32 = 20;
/// How long the last events of a closed session may take.
const LAST_EVENTS_TIMEOUT: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) session: Session,
    /// `None`: they have ended for good.
    events: Option<mpsc::Receiver<SessionEvent>>,
    pub(crate) ice: Arc<IceCache>,
    pub(crate) view: AccountView,
    pub(crate) chats: Chats,
    pub(crate) log: bellwire_call_log::Account,
    contacts: ContactList,
    threads: ThreadIndex,
    internal: mpsc::Sender<Internal>,
    /// Not cancelled with the engine: the last signals of a session go out after that.
    tasks: TaskSet,
}

impl Account {
    pub(crate) fn new(
        id: AccountId,
        request: &SignIn,
        signed_in: SignedIn,
        internal: mpsc::Sender<Internal>,
    ) -> Self {
        let (view, log) = (account_view(id, request, &signed_in), logged_account(&signed_in));
        let ice = Arc::new(IceCache::new(signed_in.session.clone()));
        let (tasks, warm) = (TaskSet::default(), Arc::clone(&ice));
        tasks.spawn(async move { drop(warm.servers(Use::Call).await) });
        Self {
            session: signed_in.session,
            events: Some(signed_in.events),
            ice,
            view,
            chats: Chats::default(),
            log,
            contacts: ContactList::default(),
            threads: ThreadIndex::default(),
            internal,
            tasks,
        }
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.view.capabilities
    }

    /// The next event of the session; `None` once, when there are no more.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<SessionEvent>> {
        let Some(events) = &mut self.events else { return Poll::Pending };
        let event = ready!(events.poll_recv(cx));
        if event.is_none() {
            self.events = None;
        }
        Poll::Ready(event)
    }

    /// Searches the contacts. Searches for the same at the same time share one answer.
    pub(crate) fn load_contacts(&mut self, search: String, reply: ListReply) {
        if !self.view.can_call {
            let _ = reply.send(Ok(()));
            return;
        }
        if let Some(search) = self.contacts.search(search, reply, Instant::now()) {
            self.fetch_contacts(search);
        }
    }

    /// The backend says that the list changed, or it was not there yet.
    pub(crate) fn list_changed(&mut self) {
        if !self.view.can_call {
            return;
        }
        match self.contacts.changed(Instant::now()) {
            Next::Fetch(search) => self.fetch_contacts(search),
            Next::After(wait) => {
                let (account, out) = (self.view.id, self.internal.clone());
                self.tasks.spawn(async move {
                    tokio::time::sleep(wait).await;
                    let _ = out.send(Internal::ListDue { account }).await;
                });
            }
            Next::Nothing => {}
        }
    }

    /// A change that had to wait is fetched now.
    pub(crate) fn list_due(&mut self) {
        if let Some(search) = self.contacts.due(Instant::now()) {
            self.fetch_contacts(search);
        }
    }

    fn fetch_contacts(&self, search: String) {
        let (session, account, out) = (self.session.clone(), self.view.id, self.internal.clone());
        self.tasks.spawn(async move {
            let result = session.contacts(&search).await;
            let _ = out.send(Internal::Contacts { account, search, result }).await;
        });
    }

    /// Gives the callers that wait for the list and what to answer them, once the view is published.
    pub(crate) fn on_contacts(
        &mut self,
        search: &str,
        result: Result<Rows<Contact>, ReplyError>,
    ) -> (Vec<ListReply>, Result<(), ReplyError>) {
        let answer = self.contacts.arrived(search, result, &mut self.view);
        self.threads.learn(&self.view.contacts);
        answer
    }

    pub(crate) fn set_presence(&mut self, person: PersonId, online: bool) {
        for contact in self.view.contacts.iter_mut().filter(|c| c.person.id == person) {
            contact.online = online;
        }
        self.contacts.presence_changed(person);
    }

    /// Until then the backend wants no requests that can wait.
    pub(crate) fn set_pause(&mut self, until: Option<SystemTime>) {
        self.view.paused_until = until.and_then(rfc3339);
        // A list that did not come because of the pause is fetched afterwards.
        if until.is_none() && self.view.list_error.as_deref() == Some(ReplyError::Paused.code()) {
            self.list_changed();
        }
    }

    pub(crate) fn set_link(&mut self, link: LinkState) {
        if self.view.link != LinkState::SignedOut || link == LinkState::Online {
            self.view.link = link;
            if link == LinkState::Online {
                self.chats.connected(Instant::now());
            }
        }
    }

    /// Fetches the call figures of the backend beside the loop.
    pub(crate) fn load_analytics(&self, reply: oneshot::Sender<Result<Analytics, ListError>>) {
        let session = self.session.clone();
        self.tasks.spawn(async move {
            let result = match session.analytics().await {
                Ok(Some(said)) => Ok(figures::bounded(said)),
                Ok(None) => Err(ListError::NoFigures),
                Err(error) => Err(error.into()),
            };
            let _ = reply.send(result);
        });
    }

    /// Fetches a page of the backend's own history beside the loop.
    pub(crate) fn load_history(&self, page: u32, reply: oneshot::Sender<Result<HistoryPage, ListError>>) {
        let (session, account) = (self.session.clone(), self.view.clone());
        self.tasks.spawn(async move {
            let result = session.history(page, HISTORY_PAGE_LEN).await;
            let result = result.map_err(ListError::from).map(|list| HistoryPage {
                entries: list.items.into_iter().map(|item| backend_entry(&account, item)).collect(),
                page: list.page,
                pages: list.pages,
                left_out: list.left_out,
            });
            let _ = reply.send(result);
        });
    }

    /// As [`Self::close`]; the backend accepts the token no longer.
    pub(crate) async fn sign_out(self) {
        drain_while(self.events, self.session.sign_out()).await;
        self.tasks.close().await;
    }

    /// Ends the session after what it still has to say. Gives the identity of a token that was renewed
    /// meanwhile.
    pub(crate) async fn close(self) -> (AccountId, Option<Identity>) {
        let renewed = drain_while(self.events, self.session.close()).await;
        self.tasks.close().await;
        (self.view.id, renewed)
    }
}

/// Reads events until `work` is done and there are no more: a session waits while its events are not read.
async fn drain_while(
    events: Option<mpsc::Receiver<SessionEvent>>,
    work: impl Future<Output = ()>,
) -> Option<Identity> {
    let mut renewed = None;
    let drain = async {
        let Some(mut events) = events else { return };
        while let Some(event) = events.recv().await {
            if let SessionEvent::Renewed(identity) = event {
                renewed = Some(*identity);
            }
        }
    };
    let (mut drain, mut work) = (Box::pin(drain), std::pin::pin!(work));
    tokio::select! {
        () = &mut drain => work.await,
        () = &mut work => {
            let _ = tokio::time::timeout(LAST_EVENTS_TIMEOUT, &mut drain).await;
        }
    }
    drop(drain);
    renewed
}
