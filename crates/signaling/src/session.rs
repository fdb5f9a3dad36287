//! The session of a signed-in account: a handle to send signals, make queries and receive events. The work
//! is done by the task, one per account.

mod renewal;
mod request;
mod task;
#[cfg(test)]
mod tests;
mod token;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bellwire_call::{CallKey, CallReport, IncomingSignal, OutgoingSignal, PersonId};
use bellwire_dialects::{
    Analytics, ChatAction, Contact, Dialect, Directory, Entry, HistoryPage, IceServers, Identity, Message,
    Query, Reply, ReplyError, RestCall, Rows,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;
use thiserror::Error;
use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::debug;

use crate::{
    access::{Access, Generation},
    backend::Backend,
    carrier::LinkProblem,
    rest::{Rest, RestError},
    transport::Transport,
};

/// Orders that wait to be carried out; when full, [`Session::say`] and its like fail.
const ORDER_QUEUE: usize = 1024;
/// Events for the engine; when full, the session waits (and with it the socket).
const EVENT_QUEUE: usize = 1024;
/// See `Directory::contacts`.
const MAX_LIST_ROUNDS: usize = 4;
const MAX_LIST_CALLS: usize = 64;
/// REST calls of one list at a time: deployed backends count requests.
const MAX_LIST_CALLS_AT_ONCE: usize = 4;
/// How long a list waits for a new token.
const NEW_TOKEN_TIMEOUT: Duration = Duration::from_secs(60);
/// How long signing out may take altogether: the program may be about to end.
const LOGOUT_TIMEOUT: Duration = Duration::from_secs(10);
/// Before each request to sign out.
const LOGOUT_DELAYS: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3)];

/// What a session says.
#[derive(Debug)]
pub enum SessionEvent {
    Signal {
        key: CallKey,
        signal: IncomingSignal,
    },
    /// The socket opened or is gone; only changes, and false if it does not open at first.
    Link {
        up: bool,
    },
    /// Why the socket does not come up, or that it did; only changes.
    LinkProblem {
        problem: Option<LinkProblem>,
    },
    /// The backend asks for a pause until then: what can wait is not asked meanwhile. `None`: it is over.
    Paused {
        until: Option<SystemTime>,
    },
    Presence {
        person: PersonId,
        online: bool,
    },
    /// The account's list changed: fetch it again.
    ListChanged,
    /// A chat message came (ours too, once the backend has it).
    Message(Message),
    /// The backend did not take a message of ours.
    MessageLost {
        thread: String,
        text: String,
    },
    ThreadRead {
        thread: String,
        by_me: bool,
    },
    Typing {
        thread: String,
        person: PersonId,
        on: bool,
    },
    /// The account has a new token, by itself or by [`Session::renew`]: store this identity instead of
    /// the old one.
    Renewed(Box<Identity>),
    /// The backend no longer accepts the token and gives no new one. The session stays offline until
    /// [`Session::renew`]; calls that run keep their media.
    TokenExpired,
}

/// Why an order was not taken.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SayError {
    #[error("the session is closed")]
    Closed,
    #[error("too many signals are waiting")]
    Full,
}

/// Why a session does not go on as that identity.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RenewError {
    #[error("this is another account")]
    OtherAccount,
    #[error(transparent)]
    Say(#[from] SayError),
}

/// A handle on a running session. The session ends when the last one is dropped; then nothing is said
/// any more, unlike with [`Session::close`].
#[derive(Clone, Debug)]
pub struct Session {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    orders: mpsc::Sender<Order>,
    access: Arc<Access>,
    directory: Arc<dyn Directory>,
    /// Dialect, role and person: what a new identity must not change.
    account: (String, String, PersonId),
    roots: Arc<Vec<String>>,
    _life: DropGuard,
}

enum Order {
    Say {
        key: CallKey,
        signal: OutgoingSignal,
    },
    Report {
        key: CallKey,
        report: CallReport,
    },
    Chat(ChatAction),
    /// A list was refused with the token of that generation; told whether there is a newer one.
    Refused {
        generation: Generation,
        renewed: oneshot::Sender<bool>,
    },
    Renew(Box<Identity>),
    NetworkChanged {
        moved: bool,
    },
    Close {
        done: oneshot::Sender<()>,
    },
}

/// Everything a session starts with.
pub(crate) struct Account {
    pub(crate) entry: &'static Entry,
    pub(crate) backend: Backend,
    pub(crate) identity: Identity,
    pub(crate) transport: Transport,
    pub(crate) rest: Rest,
}

impl Session {
    /// Runs `dialect` for that account.
    pub(crate) fn start(
        dialect: Box<dyn Dialect>,
        account: Account,
    ) -> std::io::Result<(Self, mpsc::Receiver<SessionEvent>)> {
        let (orders, orders_in) = mpsc::channel(ORDER_QUEUE);
        let (events, events_out) = mpsc::channel(EVENT_QUEUE);
        let life = CancellationToken::new();
        let access = Arc::new(Access::new(account.rest.clone()));
        let directory = dialect.directory();
        let (who, roots) = (who(&account.identity), account.transport.roots());
        let task = task::Task::new(dialect, account, Arc::clone(&access), events)?;
        let ended = life.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = ended.cancelled() => {}
                () = task.run(orders_in) => {}
            }
        });
        let shared = Shared { orders, access, directory, account: who, roots, _life: life.drop_guard() };
        Ok((Self { shared: Arc::new(shared) }, events_out))
    }

    /// Says a signal of a call: its REST part at once, its socket part when the socket is open.
    ///
    /// # Errors
    /// The session is closed or does not keep up.
    pub fn say(&self, key: CallKey, signal: OutgoingSignal) -> Result<(), SayError> {
        self.order(Order::Say { key, signal })
    }

    /// Reports how a call goes, to a backend that keeps such figures; at most every few seconds.
    ///
    /// # Errors
    /// The session is closed or does not keep up.
    pub fn report(&self, key: CallKey, report: CallReport) -> Result<(), SayError> {
        self.order(Order::Report { key, report })
    }

    /// Says what the user does with messages. What comes of it is heard as events; a message that did
    /// not get through is not there when [`Session::messages`] asks.
    ///
    /// # Errors
    /// The session is closed or does not keep up.
    pub fn chat(&self, action: ChatAction) -> Result<(), SayError> {
        self.order(Order::Chat(action))
    }

    /// Goes on as the same person with a new token, after the user signed in again. Calls stay as they
    /// are; the socket opens again.
    ///
    /// # Errors
    /// Another account signed in, the session is closed or does not keep up.
    pub fn renew(&self, identity: Identity) -> Result<(), RenewError> {
        if who(&identity) != self.shared.account {
            return Err(RenewError::OtherAccount);
        }
        Ok(self.order(Order::Renew(Box::new(identity)))?)
    }

    /// This machine's network changed, so that a connection is tried for at once where there is none.
    /// `moved`: connections begin at another address now, and a packet of the one there is will hardly ever
    /// arrive; rather than wait until that shows, it is replaced.
    ///
    /// # Errors
    /// The session is closed or does not keep up.
    pub fn network_changed(&self, moved: bool) -> Result<(), SayError> {
        self.order(Order::NetworkChanged { moved })
    }

    fn order(&self, order: Order) -> Result<(), SayError> {
        self.shared.orders.try_send(order).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SayError::Full,
            mpsc::error::TrySendError::Closed(_) => SayError::Closed,
        })
    }

    /// People this account can call whose name or address contains `search` (empty: all).
    ///
    /// # Errors
    /// See [`ReplyError`]; likewise for the other lists.
    pub async fn contacts(&self, search: &str) -> Result<Rows<Contact>, ReplyError> {
        let mut generation = self.shared.access.generation();
        loop {
            let result = self.contacts_once(search).await;
            match self.worth_repeating(&result, generation).await {
                Some(newer) => generation = newer,
                None => return result,
            }
        }
    }

    async fn contacts_once(&self, search: &str) -> Result<Rows<Contact>, ReplyError> {
        let now = now();
        let directory = &self.shared.directory;
        let mut replies = Vec::new();
        for _ in 0..MAX_LIST_ROUNDS {
            let calls = directory.contacts(search, &now, &replies);
            if calls.is_empty() {
                break;
            }
            let asked = calls.into_iter().take(MAX_LIST_CALLS).map(|call| async move {
                let (status, body) = self.ask(&call).await?;
                Ok::<Reply, ReplyError>(Reply { call, status, body })
            });
            let answered: Vec<Reply> =
                stream::iter(asked).buffered(MAX_LIST_CALLS_AT_ONCE).try_collect().await?;
            replies.extend(answered);
        }
        directory.parse_contacts(search, &now, &replies)
    }

    /// The newest messages of a thread, oldest first; none where the backend has no messages.
    ///
    /// # Errors
    /// See [`ReplyError`].
    pub async fn messages(&self, thread: &str, limit: u32) -> Result<Rows<Message>, ReplyError> {
        let messages = self.fetch(Urgency::CanWait, |directory| directory.messages(thread, limit));
        Ok(messages.await?.unwrap_or_default())
    }

    /// One page (from 1) of past calls, newest first.
    ///
    /// # Errors
    /// See [`ReplyError`].
    pub async fn history(&self, page: u32, limit: u32) -> Result<HistoryPage, ReplyError> {
        let asked = || self.shared.directory.history(page, limit).map(|query| query.call);
        let fetch = || self.fetch(Urgency::CanWait, move |directory| directory.history(page, limit));
        let before = asked();
        let history = fetch().await?;
        // A reply can teach the directory that this backend counts its pages from the other end.
        let history = if asked() == before { history } else { fetch().await? };
        Ok(history.unwrap_or_default())
    }

    /// Call figures of the account; `None` where the backend keeps none for it.
    ///
    /// # Errors
    /// See [`ReplyError`].
    pub async fn analytics(&self) -> Result<Option<Analytics>, ReplyError> {
        self.fetch(Urgency::CanWait, |directory| directory.analytics()).await
    }

    /// STUN and TURN servers with fresh credentials, and how long those are good for, if they end. Belongs
    /// to a call: it does not wait for a pause to end.
    ///
    /// # Errors
    /// See [`ReplyError`].
    pub async fn ice_servers(&self) -> Result<IceServers, ReplyError> {
        let servers = self.fetch(Urgency::Call, |directory| directory.ice_servers());
        Ok(servers.await?.unwrap_or(IceServers { servers: Vec::new(), ttl_s: None }))
    }

    /// Certificate authorities, as PEM, that this account's servers are trusted by besides those of the system.
    pub fn extra_roots(&self) -> Vec<String> {
        self.shared.roots.to_vec()
    }

    /// Says what is still to be said, closes the socket and ends the session.
    pub async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.shared.orders.send(Order::Close { done }).await.is_ok() {
            // Fails only if the session is gone already, which is what is waited for.
            let _ = closed.await;
        }
    }

    /// [`Session::close`], and asks the backend to accept the token no longer, so that it is of no
    /// use if it is found later. Asked again while the backend cannot be reached, for some seconds.
    pub async fn sign_out(&self) {
        self.close().await;
        let call = self.shared.directory.logout();
        let ask = async {
            for wait in LOGOUT_DELAYS {
                tokio::time::sleep(wait).await;
                match self.ask_now(&self.shared.access.rest().1, &call).await {
                    Ok((0 | 500..=599, _)) | Err(ReplyError::Unreachable | ReplyError::Paused) => {}
                    Ok((status, _)) => return debug!(status, "Signed out"),
                    Err(error) => return debug!(%error, "Not signed out"),
                }
            }
        };
        if tokio::time::timeout(LOGOUT_TIMEOUT, ask).await.is_err() {
            debug!("Not signed out in time");
        }
    }

    /// Makes a query, again if its token was too old and there is a newer one.
    async fn fetch<'a, T>(
        &'a self,
        urgency: Urgency,
        query: impl Fn(&'a dyn Directory) -> Option<Query<'a, T>>,
    ) -> Result<Option<T>, ReplyError> {
        let access = &self.shared.access;
        let Some(query) = query(self.shared.directory.as_ref()) else { return Ok(None) };
        let mut generation = access.generation();
        loop {
            let (status, body) = match urgency {
                Urgency::Call => self.ask_now(&access.rest().1, &query.call).await?,
                Urgency::CanWait => self.ask(&query.call).await?,
            };
            let result = query.parse(status, &body);
            match self.worth_repeating(&result, generation).await {
                Some(newer) => generation = newer,
                None => return result.map(Some),
            }
        }
    }

    async fn ask(&self, call: &RestCall) -> Result<(u16, Value), ReplyError> {
        let (_, rest) = self.shared.access.rest();
        if rest.budget().borrow().waits_until(SystemTime::now()).is_some() {
            return Err(ReplyError::Paused);
        }
        self.ask_now(&rest, call).await
    }

    async fn ask_now(&self, rest: &Rest, call: &RestCall) -> Result<(u16, Value), ReplyError> {
        match rest.call(call).await {
            // A pause that begins with this answer.
            Ok((429 | 503, _)) if rest.budget().borrow().waits_until(SystemTime::now()).is_some() => {
                Err(ReplyError::Paused)
            }
            Ok(answer) => Ok(answer),
            Err(RestError::TooLarge) => Err(ReplyError::TooLarge),
            Err(error) => {
                debug!(%error, "List not fetched");
                Err(ReplyError::Unreachable)
            }
        }
    }

    /// The generation of a token that is newer than the refused one. Each repeat has a newer token, and
    /// the task gives up on tokens that are never accepted, so repeating ends.
    async fn worth_repeating<T>(
        &self,
        result: &Result<T, ReplyError>,
        generation: Generation,
    ) -> Option<Generation> {
        let Err(ReplyError::TokenExpired) = result else { return None };
        let (renewed, answer) = oneshot::channel();
        // A full queue only delays the news to the next call.
        self.order(Order::Refused { generation, renewed }).ok()?;
        match tokio::time::timeout(NEW_TOKEN_TIMEOUT, answer).await {
            Ok(Ok(true)) => Some(self.shared.access.generation()),
            Ok(Ok(false) | Err(_)) | Err(_) => None,
        }
    }
}

/// Whether a request waits while the backend asks for a pause.
#[derive(Clone, Copy)]
enum Urgency {
    Call,
    CanWait,
}

fn who(identity: &Identity) -> (String, String, PersonId) {
    (identity.dialect.clone(), identity.role.clone(), identity.person.id.clone())
}

/// RFC 3339 in UTC with milliseconds, as the backends themselves write it.
fn now() -> String {
    const FORMAT: &[BorrowedFormatItem<'_>] =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    // Fails only for years of more than four digits.
    OffsetDateTime::now_utc().format(FORMAT).unwrap_or_default()
}
