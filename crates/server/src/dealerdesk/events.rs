//! Socket events: the handshake, and the events of a client. Parses, asks, and decides nothing.

mod parse;

use std::sync::Arc;

use async_trait::async_trait;
use bellwire_dialects::dealerdesk::wire::name;
use serde_json::{Value, json};
use tracing::debug;

use self::parse::Asked;
use super::calls::Speaker;
use super::hub::{Hub, Request, refusal};
use super::party::{Claims, Party};
use super::state::Shared;
use crate::auth::Session;
use crate::config::Mode;
use crate::hub_actor::{Opened, SocketKey};
use crate::socket::{self, Refused};
use crate::store::StoreError;
use crate::throttle::warn_rarely;

const UNAUTHENTICATED: &str = "Authentication error";

#[cfg(feature = "fuzzing")]
pub(super) fn reads(event: &str, data: Value) -> bool {
    parse::EVENTS.contains(&event) && parse::parse(event, data).is_some()
}

/// The namespace `/`: a token at the door, none needed in compat mode.
pub(super) struct Namespace(pub(super) Shared);

#[async_trait]
impl socket::Namespace for Namespace {
    type Hub = Hub;
    /// The session of the token; in compat mode `None` until `register_for_notifications` or `join_room`.
    type Identity = Option<Session<Claims>>;
    type Connection = Connection;

    const EVENTS: &'static [&'static str] = parse::EVENTS;

    async fn admit(&self, auth: Value) -> Result<Self::Identity, Refused> {
        let state = &self.0;
        let token = auth.get("token").and_then(Value::as_str).filter(|token| !token.is_empty());
        let Some(token) = token else {
            return match state.context.config.mode {
                Mode::Strict => Err(Refused::new(UNAUTHENTICATED)),
                Mode::Compat => Ok(None),
            };
        };
        let session: Session<Claims> =
            state.tokens.read(token).ok_or_else(|| Refused::new(UNAUTHENTICATED))?;
        match state.context.revoked.contains(&session).await {
            Ok(false) => Ok(Some(session)),
            Ok(true) => Err(Refused::new(UNAUTHENTICATED)),
            Err(error) => {
                warn_rarely!(error, "A socket could not be checked");
                // Not a word about tokens: a client would throw a good one away.
                Err(Refused::new("Server error"))
            }
        }
    }

    fn account(identity: &Self::Identity) -> Option<String> {
        identity.as_ref().map(|session| format!("{} {}", session.claims.role.as_str(), session.claims.email))
    }

    fn connect(self: Arc<Self>, key: SocketKey, identity: Self::Identity) -> Connection {
        Connection { state: Arc::clone(&self.0), key, identity, me: None }
    }

    fn too_many(retry_after: u64) -> (&'static str, Value) {
        let message = "Too many events, please wait a moment";
        (name::ERROR, json!({ "message": message, "code": "RATE_LIMITED", "retryAfter": retry_after }))
    }
}

/// Whose socket it is.
struct Me {
    party: Party,
    name: String,
}

/// One socket's task.
pub(super) struct Connection {
    state: Shared,
    key: SocketKey,
    identity: Option<Session<Claims>>,
    me: Option<Me>,
}

#[async_trait]
impl socket::Connection for Connection {
    async fn begin(&mut self) {
        let Some(session) = &self.identity else { return };
        let party = Party { role: session.claims.role, email: session.claims.email.clone() };
        let opened = Opened::by(session);
        if let Err(error) = self.arrive(party, Some(opened)).await {
            warn_rarely!(error, "A socket could not be let in");
        }
    }

    async fn event(&mut self, name: &str, data: Value) -> Option<Value> {
        let Some(asked) = parse::parse(name, data) else {
            debug!(socket = self.key.0, "An event that makes no sense is dropped");
            return None;
        };
        if let Err(error) = self.handle(asked).await {
            warn_rarely!(error, "An event was not handled");
            self.refuse("Something went wrong, please try again", "INTERNAL").await;
        }
        None
    }
}

impl Connection {
    async fn handle(&mut self, asked: Asked) -> Result<(), StoreError> {
        if let Asked::Register(party) | Asked::Join(party, _) = &asked {
            let party = party.clone();
            self.introduce(party).await?;
        }
        let Some(Me { party, name }) = &self.me else {
            return self.unknown(&asked).await;
        };
        let me = Speaker { socket: self.key, party, name };
        let (calls, messages) = (&self.state.calls, &self.state.messages);
        match asked {
            Asked::Register(said) => {
                if said != *party {
                    self.refuse("You are somebody else", "FORBIDDEN").await;
                }
                Ok(())
            }
            Asked::Join(_, room) => messages.join(me, room).await,
            Asked::Send(room, text) => messages.send(me, &room, &text).await,
            Asked::MarkRead(id) => messages.mark_read(me, id).await,
            Asked::MarkRoomRead(room) => messages.mark_room_read(me, room).await,
            Asked::Place { room, kind, target } => calls.place(me, room, kind, &target).await,
            Asked::Accept(id) => calls.accept(me, id).await,
            Asked::Reject(id, reason) => calls.reject(party, id, reason).await,
            Asked::End(id, reason) => calls.end(party, id, reason).await,
            Asked::Typing(room, on) => {
                self.state.hub.ask(self.key, Request::Typing { room, on }).await;
                Ok(())
            }
            Asked::Relay(room, call, relay) => {
                self.state.hub.ask(self.key, Request::Relay { room, call, relay }).await;
                Ok(())
            }
        }
    }

    /// A deployed client says who it is; one with a token has been asked already.
    async fn introduce(&mut self, party: Party) -> Result<(), StoreError> {
        let known = self.me.as_ref().is_some_and(|me| me.party == party);
        if known || self.identity.is_some() || self.state.context.config.mode == Mode::Strict {
            return Ok(());
        }
        self.arrive(party, None).await
    }

    async fn arrive(&mut self, party: Party, opened: Option<Opened>) -> Result<(), StoreError> {
        let Some(account) = self.state.store.account(&party).await? else { return Ok(()) };
        let related = self.state.store.related(&party).await?;
        if let Some(opened) = opened {
            self.state.hub.signed_in(self.key, opened).await;
        }
        let request = Request::Arrive { party: party.clone(), related };
        self.state.hub.ask(self.key, request).await;
        self.me = Some(Me { party, name: account.name });
        Ok(())
    }

    async fn unknown(&self, asked: &Asked) -> Result<(), StoreError> {
        if let Asked::Place { room, .. } = asked {
            let room_id = room.as_ref().map(ToString::to_string);
            let reason = bellwire_dialects::dealerdesk::wire::CallFailed::FAILED;
            self.state.hub.ask(self.key, Request::NotPlaced { room_id, reason }).await;
        } else {
            self.refuse("Please register first", "UNAUTHORIZED").await;
        }
        Ok(())
    }

    async fn refuse(&self, message: &str, code: &str) {
        self.state.hub.ask(self.key, Request::Refuse(refusal(message, code))).await;
    }
}
