//! Socket events: the handshake, and the events of a client. Parses, asks the hub, and decides
//! nothing.

mod parse;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use bellwire_dialects::marketplace::wire::{MessageType, PersonBody, name};
use serde_json::{Value, json};
use tracing::debug;

use self::parse::Parsed;
use super::current_user::known;
use super::hub::{Facts, Hub, News, Request};
use super::state::{Claims, Shared, session_name};
use super::store::{FullMessage, User};
use crate::auth::Session;
use crate::error::ApiError;
use crate::hub_actor::{Opened, SocketKey};
use crate::socket::{self, INTERNAL_ERROR, Refused};
use crate::throttle::warn_rarely;

/// Calls a socket has lately spoken of and the hub therefore knows.
const REMEMBERED_CALLS: usize = 32;

const EVENTS: [&str; 16] = [
    name::INITIATE_VIDEO_CALL,
    name::INITIATE_VOICE_CALL,
    name::INITIATE_SCREEN_SHARE,
    name::ACCEPT_CALL,
    name::DECLINE_CALL,
    name::END_CALL,
    name::PARTICIPANT_JOINED,
    name::PARTICIPANT_LEFT,
    name::WEBRTC_OFFER,
    name::WEBRTC_ANSWER,
    name::ICE_CANDIDATE,
    name::MEDIA_STATE,
    name::TYPING,
    name::STOP_TYPING,
    name::SEND_MESSAGE,
    name::UPDATE_STATUS,
];

/// As deployed: no token, and one that is not good.
const NO_TOKEN: &str = "Authentication error";
const BAD_TOKEN: &str = "Invalid token";

#[cfg(feature = "fuzzing")]
pub(super) fn reads(event: &str, data: Value) -> bool {
    EVENTS.contains(&event) && parse::parse(event, data).is_some()
}

/// The namespace `/`. Deployed clients have a token too, so both modes ask for it.
pub(super) struct Namespace(pub(super) Shared);

/// A user with a valid token.
#[derive(Clone)]
pub(super) struct Identity {
    me: User,
    opened: Opened,
}

#[async_trait]
impl socket::Namespace for Namespace {
    type Hub = Hub;
    type Identity = Identity;
    type Connection = Connection;

    const EVENTS: &'static [&'static str] = &EVENTS;

    async fn admit(&self, auth: Value) -> Result<Identity, Refused> {
        let state = &self.0;
        let token = auth.get("token").and_then(Value::as_str).filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| Refused::new(NO_TOKEN))?;
        let session: Session<Claims> = state.tokens.read(token).ok_or_else(|| Refused::new(BAD_TOKEN))?;
        match known(state, &session).await {
            Ok(Some(me)) => {
                let opened = Opened { name: Some(session_name(&session)), ..Opened::by(&session) };
                Ok(Identity { me, opened })
            }
            Ok(None) => Err(Refused::new(BAD_TOKEN)),
            Err(error) => {
                warn_rarely!(error, "A socket could not be checked");
                // Not a word about tokens: a client would throw a good one away.
                Err(Refused::new("Server error"))
            }
        }
    }

    fn account(identity: &Self::Identity) -> Option<String> {
        Some(identity.me.id.clone())
    }

    fn connect(self: Arc<Self>, key: SocketKey, identity: Identity) -> Connection {
        Connection { state: Arc::clone(&self.0), key, identity, known: HashSet::new() }
    }

    fn too_many(retry_after: u64) -> (&'static str, Value) {
        let message = "Too many events, please wait a moment";
        (name::CALL_ERROR, json!({ "message": message, "retryAfter": retry_after }))
    }
}

/// One socket's task.
pub(super) struct Connection {
    state: Shared,
    key: SocketKey,
    identity: Identity,
    known: HashSet<String>,
}

#[async_trait]
impl socket::Connection for Connection {
    async fn begin(&mut self) {
        let User { id, full_name, avatar, .. } = self.identity.me.clone();
        let related = match self.state.store.related(&id).await {
            Ok(related) => related,
            Err(error) => {
                warn_rarely!(error, "Presence is incomplete");
                Vec::new()
            }
        };
        let me = PersonBody { id, name: Some(full_name), avatar };
        self.state.hub.signed_in(self.key, self.identity.opened.clone()).await;
        self.ask(Request::Connected { me, related }).await;
    }

    async fn event(&mut self, name: &str, data: Value) -> Option<Value> {
        let Some(parsed) = parse::parse(name, data) else {
            debug!(socket = self.key.0, "An event that makes no sense is dropped");
            return None;
        };
        if let Err(error) = self.handle(parsed).await {
            debug!(message = error.message(), "An event was refused");
        }
        None
    }
}

impl Connection {
    async fn ask(&self, request: Request) {
        self.state.hub.ask(self.key, request).await;
    }

    async fn handle(&mut self, parsed: Parsed) -> Result<(), ApiError> {
        match parsed {
            Parsed::Ring { call_id, recipient, kind } => self.ring(call_id, &recipient, kind).await,
            Parsed::Of(call_id, request) => {
                if !self.known.contains(&call_id) {
                    let found = self.state.store.call(&call_id).await;
                    if let Some(call) = self.or_say(Some(&call_id), found).await? {
                        self.learn(&call).await;
                    }
                }
                self.ask(request).await;
                Ok(())
            }
            Parsed::Ask(request) => {
                self.ask(request).await;
                Ok(())
            }
            Parsed::Say { recipient, text, id } => {
                let me = &self.identity.me;
                // A client that wrote it over REST repeats it here, for backends whose REST does not notify.
                if let Some(id) = id {
                    let told = self.state.chat.was_told(&me.id, &id).await;
                    if self.or_say(None, told).await? {
                        return Ok(());
                    }
                }
                match self.state.chat.send(me, &recipient, &text).await {
                    Ok(_) => Ok(()),
                    Err(error) => {
                        self.ask(Request::Refuse { call_id: None, message: "The message was not sent" })
                            .await;
                        Err(error)
                    }
                }
            }
        }
    }

    /// The socket hears that what it asked for failed.
    async fn or_say<T, E>(&self, call_id: Option<&str>, done: Result<T, E>) -> Result<T, E> {
        if done.is_err() {
            let call_id = call_id.map(str::to_owned);
            self.ask(Request::Refuse { call_id, message: INTERNAL_ERROR }).await;
        }
        done
    }

    /// A web client rings without a record, with an id it made up: then the record is made here.
    async fn ring(&mut self, call_id: String, recipient: &str, kind: MessageType) -> Result<(), ApiError> {
        let found = self.state.store.call(&call_id).await;
        let call = match self.or_say(Some(&call_id), found).await? {
            Some(call) => call,
            None => {
                let made = self
                    .state
                    .calls
                    .initiate(&self.identity.me, recipient, kind, Some(call_id.clone()))
                    .await;
                match made {
                    Ok(call) => call,
                    Err(error) => {
                        let message = "This call could not be placed";
                        self.ask(Request::Refuse { call_id: Some(call_id), message }).await;
                        return Err(error);
                    }
                }
            }
        };
        self.learn(&call).await;
        let request = if kind == MessageType::ScreenShare {
            Request::Share { session_id: call_id }
        } else {
            Request::Ring { call_id }
        };
        self.ask(request).await;
        Ok(())
    }

    async fn learn(&mut self, call: &FullMessage) {
        let Some(facts) = Facts::of(call) else { return };
        if self.known.len() >= REMEMBERED_CALLS {
            self.known.clear();
        }
        self.known.insert(facts.call_id.clone());
        self.state.hub.tell(News::Learned(facts)).await;
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_event_of_a_client_is_forgotten() {
        let body = serde_json::json!({
            "callId": "c", "sessionId": "s", "roomId": "r", "recipientId": "u", "chatId": "chat_u_v",
            "callerId": "u", "participantIds": ["u"], "duration": 3, "targetUserId": "u", "status": "away",
            "offer": {"type": "offer", "sdp": "v=0"}, "answer": {"type": "answer", "sdp": "v=0"},
            "candidate": null, "audio": true, "message": "Hello", "reason": "busy",
        });
        for event in super::EVENTS {
            assert!(super::parse::parse(event, body.clone()).is_some(), "{event}");
        }
    }
}
