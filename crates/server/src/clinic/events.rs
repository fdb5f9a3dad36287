//! Socket events: the handshake, and the events of a client. Parses, asks the hub, and decides
//! nothing.

use std::sync::Arc;

use async_trait::async_trait;
use bellwire_dialects::clinic::wire::{ErrorEvent, RoomEvent, SignalSaid, Toggle, UserRole, name};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tracing::debug;

use super::hub::{Hub, News, Pretended, Relay, Request};
use super::party::{Claims, Party};
use super::response;
use super::state::Shared;
use crate::auth::Session;
use crate::config::Mode;
use crate::hub_actor::{Opened, SocketKey};
use crate::socket::{self, INTERNAL_ERROR, Refused};
use crate::store::StoreError;
use crate::throttle::warn_rarely;

const EVENTS: [&str; 8] = [
    name::JOIN_ROOM,
    name::LEAVE_ROOM,
    name::WEBRTC_SIGNAL,
    name::SCREEN_SHARE_START,
    name::SCREEN_SHARE_STOP,
    name::TOGGLE_VIDEO,
    name::TOGGLE_AUDIO,
    name::END_CALL,
];
const UNAUTHENTICATED: &str = "Unauthorized";
const LONGEST_ID: usize = 64;

#[cfg(feature = "fuzzing")]
pub(super) fn reads(event: &str, data: Value) -> bool {
    EVENTS.contains(&event) && parse(event, data).is_some()
}

/// The namespace `/video-call`: a token at the door, none needed in compat mode.
pub(super) struct Namespace(pub(super) Shared);

#[async_trait]
impl socket::Namespace for Namespace {
    type Hub = Hub;
    /// The session of the token; in compat mode `None` until an event names a user.
    type Identity = Option<Session<Claims>>;
    type Connection = Connection;

    const NAMESPACE: &'static str = "/video-call";
    const EVENTS: &'static [&'static str] = &EVENTS;

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
        match known(state, &session).await {
            Ok(true) => Ok(Some(session)),
            Ok(false) => Err(Refused::new(UNAUTHENTICATED)),
            Err(error) => {
                warn_rarely!(error, "A socket could not be checked");
                Err(Refused::new("Not available"))
            }
        }
    }

    fn account(identity: &Self::Identity) -> Option<String> {
        identity.as_ref().map(|session| session.claims.sub.clone())
    }

    fn connect(self: Arc<Self>, key: SocketKey, identity: Self::Identity) -> Connection {
        Connection { state: Arc::clone(&self.0), key, identity, me: None }
    }

    fn too_many(retry_after: u64) -> (&'static str, Value) {
        let message = "Too many events, please wait a moment";
        (name::ERROR, json!({ "message": message, "retryAfter": retry_after }))
    }
}

async fn known(state: &Shared, session: &Session<Claims>) -> Result<bool, StoreError> {
    let known = state.store.user(&session.claims.sub).await?;
    let current = known.is_some_and(|user| user.generation == session.claims.generation);
    Ok(current && !state.context.revoked.contains(session).await?)
}

/// One socket's task.
pub(super) struct Connection {
    state: Shared,
    key: SocketKey,
    identity: Option<Session<Claims>>,
    /// Who the hub was told this is.
    me: Option<String>,
}

#[async_trait]
impl socket::Connection for Connection {
    async fn begin(&mut self) {
        if let Some(session) = self.identity.clone() {
            self.state.hub.signed_in(self.key, Opened::by(&session)).await;
            let claims = session.claims;
            self.arrive(Party { id: claims.sub, role: claims.role }, true).await;
        }
    }

    async fn event(&mut self, name: &str, data: Value) -> Option<Value> {
        let Some(said) = parse(name, data) else {
            debug!(socket = self.key.0, "An event that makes no sense is dropped");
            return None;
        };
        let room_id = Some(said.room_id.clone());
        if let Err(error) = self.handle(said).await {
            warn_rarely!(error, "An event was not handled");
            let body = ErrorEvent { message: Some(INTERNAL_ERROR.to_owned()), room_id };
            self.state.hub.say(self.key, name::ERROR, &body).await;
        }
        None
    }
}

impl Connection {
    async fn arrive(&mut self, party: Party, has_token: bool) {
        self.me = Some(party.id.clone());
        self.state.hub.ask(self.key, Request::Connected { party, has_token }).await;
    }

    async fn handle(&mut self, said: Said) -> Result<(), StoreError> {
        if self.me.is_none()
            && self.state.context.config.mode == Mode::Compat
            && let Some(party) = self.believed(&said.user_id).await?
        {
            self.arrive(party, false).await;
        }
        if self.me.as_ref() != Some(&said.user_id) {
            let event = match &said.what {
                What::Join => Pretended::Join,
                What::End => Pretended::End,
                What::Leave | What::Relay(_) => Pretended::Other,
            };
            self.state.hub.ask(self.key, Request::Pretend { room_id: said.room_id, event }).await;
            return Ok(());
        }
        let room_id = said.room_id;
        let request = match said.what {
            What::Join => {
                self.learn(&room_id).await?;
                Request::Join { room_id }
            }
            What::Leave => {
                self.learn(&room_id).await?;
                Request::Leave { room_id }
            }
            What::End => {
                self.learn(&room_id).await?;
                Request::End { room_id }
            }
            // The hub knows every room that is not empty; in others there is nothing to pass on.
            What::Relay(relay) => Request::Relay { room_id, relay },
        };
        self.state.hub.ask(self.key, request).await;
        Ok(())
    }

    async fn learn(&self, room_id: &str) -> Result<(), StoreError> {
        let news = match self.state.store.appointment_of_room(room_id).await? {
            Some(appointment) => response::facts(&appointment).map(News::Learned),
            None => Some(News::Removed { room_id: room_id.to_owned() }),
        };
        if let Some(news) = news {
            self.state.hub.tell(news).await;
        }
        Ok(())
    }

    async fn believed(&self, id: &str) -> Result<Option<Party>, StoreError> {
        let user = self.state.store.user(id).await?;
        Ok(user.and_then(|user| Some(Party { role: UserRole::parse(&user.role)?, id: user.id })))
    }
}

struct Said {
    room_id: String,
    user_id: String,
    what: What,
}

enum What {
    Join,
    Leave,
    End,
    Relay(Relay),
}

/// What does not fit its shape is nothing.
fn parse(event: &str, data: Value) -> Option<Said> {
    let of = |data| -> Option<(String, String)> {
        let RoomEvent { room_id, user_id } = read(data)?;
        Some((room_id, user_id))
    };
    let ((room_id, user_id), what) = match event {
        name::JOIN_ROOM => (of(data)?, What::Join),
        name::LEAVE_ROOM => (of(data)?, What::Leave),
        name::END_CALL => (of(data)?, What::End),
        name::SCREEN_SHARE_START => (of(data)?, What::Relay(Relay::Sharing(true))),
        name::SCREEN_SHARE_STOP => (of(data)?, What::Relay(Relay::Sharing(false))),
        name::TOGGLE_AUDIO => {
            let Toggle { room_id, user_id, is_enabled } = read(data)?;
            ((room_id, user_id), What::Relay(Relay::Audio(is_enabled)))
        }
        name::TOGGLE_VIDEO => {
            let Toggle { room_id, user_id, is_enabled } = read(data)?;
            ((room_id, user_id), What::Relay(Relay::Video(is_enabled)))
        }
        name::WEBRTC_SIGNAL => {
            let SignalSaid { room_id, user_id, signal } = read(data)?;
            let known = matches!(signal.kind.as_deref(), None | Some("offer" | "answer" | "candidate"));
            let says = signal.sdp.is_some() || signal.candidate.is_some();
            if !known || !says {
                return None;
            }
            ((room_id, user_id), What::Relay(Relay::Signal(signal)))
        }
        _ => return None,
    };
    let plausible = |id: &str| !id.is_empty() && id.len() <= LONGEST_ID;
    (plausible(&room_id) && plausible(&user_id)).then_some(Said { room_id, user_id, what })
}

fn read<T: DeserializeOwned>(data: Value) -> Option<T> {
    serde_json::from_value(data).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_of_a_client_is_forgotten() {
        let body = json!({ "roomId": "r", "userId": "u", "isEnabled": true, "signal": { "type": "offer", "sdp": "v=0" } });
        for event in EVENTS {
            assert!(parse(event, body.clone()).is_some(), "{event}");
        }
        assert!(parse("incoming-call", body).is_none());
    }

    #[test]
    fn candidates_come_in_with_and_without_a_type() {
        let signal = |signal: Value| {
            parse(name::WEBRTC_SIGNAL, json!({ "roomId": "r", "userId": "u", "signal": signal })).is_some()
        };
        assert!(signal(json!({ "type": "candidate", "candidate": "candidate:1", "sdpMid": "0" })));
        assert!(signal(json!({ "candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0 })));
        assert!(signal(json!({ "candidate": "" })));
        for nonsense in
            [json!({}), json!({ "type": "offer" }), json!({ "type": "rollback", "sdp": "" }), json!(7)]
        {
            assert!(!signal(nonsense.clone()), "{nonsense}");
        }
    }
}
