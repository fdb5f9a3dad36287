//! Socket events: the handshake, and the events of a client. Parses, asks the records whether it
//! may, and the hub what follows.

mod parse;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bellwire_dialects::hearth::wire::{TherapyChat, name};
use serde_json::{Value, json};
use tracing::debug;

use self::parse::Parsed;
use super::current_user::known;
use super::hub::{Hub, Request};
use super::sessions::Entrance;
use super::state::Shared;
use super::store::Account;
use super::{response, therapy};
use crate::clock::Millis;
use crate::config::Mode;
use crate::error::ApiError;
use crate::hearth::defaults::BACKEND;
use crate::hub_actor::{Opened, SocketKey};
use crate::metrics::Flow;
use crate::occupancy::Held;
use crate::socket::{self, Refused};
use crate::throttle::warn_rarely;

/// How long a socket may stay without a token, in strict mode.
const SIGN_IN_TIMEOUT: Duration = Duration::from_secs(15);

const UNAUTHENTICATED: &str = "User not authenticated";

const EVENTS: [&str; 22] = [
    name::AUTHENTICATE,
    name::JOIN_CALL_SESSION,
    name::LEAVE_CALL_SESSION,
    name::WEBRTC_OFFER,
    name::WEBRTC_ANSWER,
    name::WEBRTC_ICE_CANDIDATE,
    name::MEDIA_STATE_CHANGED,
    name::TOGGLE_VIDEO,
    name::TOGGLE_AUDIO,
    name::SCREEN_SHARE_STARTED,
    name::SCREEN_SHARE_STOPPED,
    name::CALL_QUALITY_REPORT,
    name::CONNECTION_ISSUE,
    name::DECLINE_CALL,
    name::JOIN_SESSION,
    name::LEAVE_SESSION,
    name::VIDEO_OFFER,
    name::VIDEO_ANSWER,
    name::ICE_CANDIDATE,
    name::START_SCREEN_SHARE,
    name::STOP_SCREEN_SHARE,
    name::CHAT_MESSAGE,
];

#[cfg(feature = "fuzzing")]
pub(super) fn reads(event: &str, data: Value) -> bool {
    EVENTS.contains(&event) && parse::parse(event, data).is_some()
}

/// The namespace `/`: open, as deployed clients show their token in an event; nothing can be done without.
pub(super) struct Namespace(pub(super) Shared);

#[async_trait]
impl socket::Namespace for Namespace {
    type Hub = Hub;
    /// The token of a handshake that had one.
    type Identity = Option<String>;
    type Connection = Connection;

    const EVENTS: &'static [&'static str] = &EVENTS;

    async fn admit(&self, auth: Value) -> Result<Self::Identity, Refused> {
        let token = auth.get("token").and_then(Value::as_str).filter(|token| !token.is_empty());
        Ok(token.map(str::to_owned))
    }

    /// Their token comes later: [`Connection::authenticate`] counts them.
    fn account(_: &Self::Identity) -> Option<String> {
        None
    }

    fn connect(self: Arc<Self>, key: SocketKey, identity: Self::Identity) -> Connection {
        Connection { state: Arc::clone(&self.0), key, token: identity, me: None, place: None }
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
    token: Option<String>,
    /// Whom the token named.
    me: Option<Account>,
    place: Option<Held>,
}

#[async_trait]
impl socket::Connection for Connection {
    async fn begin(&mut self) {
        if self.state.context.config.mode == Mode::Strict {
            let until = Millis::now().plus(SIGN_IN_TIMEOUT);
            self.state.hub.signed_in(self.key, Opened::waiting(until)).await;
        }
        if let Some(token) = self.token.take() {
            self.authenticate(&token).await;
        }
    }

    async fn event(&mut self, name: &str, data: Value) -> Option<Value> {
        match parse::parse(name, data) {
            Some(Parsed::Authenticate(token)) => self.authenticate(&token).await,
            Some(parsed) => self.handle(parsed).await,
            None => debug!(socket = self.key.0, "An event that makes no sense is dropped"),
        }
        None
    }
}

impl Connection {
    async fn ask(&self, request: Request) {
        self.state.hub.ask(self.key, request).await;
    }

    async fn authenticate(&mut self, token: &str) {
        let found = known(&self.state, token).await;
        let request = match found {
            Ok(Some((account, session))) => {
                let known = self.me.as_ref().is_some_and(|me| me.id == account.id);
                if !known {
                    self.place = None;
                    match self.state.context.accounts.enter(BACKEND, account.id.clone()) {
                        Ok(place) => self.place = Some(place),
                        Err(full) => {
                            self.not_signed_in().await;
                            return self.ask(Request::Full { message: full.to_string() }).await;
                        }
                    }
                }
                self.state.hub.signed_in(self.key, Opened::by(&session)).await;
                let user = response::user(&account);
                self.me = Some(account);
                Request::Connected { user }
            }
            Ok(None) => {
                self.not_signed_in().await;
                Request::NotConnected { message: "Authentication failed".to_owned() }
            }
            Err(error) => {
                warn_rarely!(error, "A token could not be checked");
                // Not an authentication error: the token may be good.
                Request::Refuse { session_id: None, message: "Please try again".to_owned() }
            }
        };
        self.ask(request).await;
    }

    /// A socket that was signed in stays open; one that was not still has to show a token in time.
    async fn not_signed_in(&mut self) {
        if self.me.take().is_some() {
            self.state.hub.forget_session(self.key).await;
        }
    }

    async fn handle(&mut self, parsed: Parsed) {
        let about = parsed.session().map(str::to_owned);
        let Some(me) = self.me.clone() else {
            return self
                .ask(Request::Refuse { session_id: about, message: UNAUTHENTICATED.to_owned() })
                .await;
        };
        let request = match parsed {
            // Handled before.
            Parsed::Authenticate(_) => return,
            Parsed::Ask(Request::Quality { .. } | Request::Issue { .. })
                if self.state.reports.check(&me.id).is_err() =>
            {
                self.state.context.metrics.event(BACKEND, Flow::Dropped);
                return;
            }
            Parsed::Ask(request) => Ok(request),
            Parsed::Join { session_id, peer_id } => {
                match self.state.sessions.enter(&me, &session_id, &peer_id).await {
                    Ok(Entrance::Open(facts)) => {
                        self.ask(Request::Join { facts, peer_id }).await;
                        match self.state.sessions.may_stay(&me, &session_id).await {
                            Ok(()) => return,
                            Err(error) => {
                                self.ask(Request::Leave { session_id }).await;
                                Err(error)
                            }
                        }
                    }
                    Ok(Entrance::Over(ending)) => Ok(Request::TooLate(ending)),
                    Err(error) => Err(error),
                }
            }
            Parsed::Decline { session_id, busy } => {
                match self.state.sessions.decline(&me, &session_id, busy).await {
                    Ok(()) => return,
                    Err(error) => Err(error),
                }
            }
            Parsed::EnterTherapy { id } => {
                match therapy::present_member(&self.state, &me, &id).await {
                    Ok(_) => {
                        self.ask(Request::EnterTherapy { id: id.clone() }).await;
                        // Taken out between the look and the entrance, the hub has heard of it too early.
                        match therapy::present_member(&self.state, &me, &id).await {
                            Ok(_) => return,
                            Err(error) => {
                                self.ask(Request::LeaveTherapy { id }).await;
                                Err(error)
                            }
                        }
                    }
                    Err(error) => Err(error),
                }
            }
            Parsed::Chat(TherapyChat { session_id, message, .. }) => {
                match therapy::say(&self.state, &me, &session_id, &message).await {
                    Ok(_) => return,
                    Err(error) => Err(error),
                }
            }
        };
        let refuse =
            |error: ApiError| Request::Refuse { session_id: about, message: error.message().to_owned() };
        self.ask(request.unwrap_or_else(refuse)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_of_a_client_is_forgotten() {
        let body = json!({
            "sessionId": "s", "peerId": "p", "targetPeerId": "q", "hasVideo": true, "hasAudio": true,
            "isScreenSharing": false, "qualityData": {}, "issueType": "x", "description": "y",
            "offer": {"type": "offer", "sdp": "v=0"}, "answer": {"type": "answer", "sdp": "v=0"},
            "candidate": null, "message": "hello", "reason": "busy",
        });
        let bare = [name::AUTHENTICATE, name::JOIN_SESSION, name::LEAVE_SESSION];
        for event in EVENTS {
            let data = if bare.contains(&event) { json!("text") } else { body.clone() };
            assert!(parse::parse(event, data).is_some(), "{event}");
            assert!(parse::parse(event, json!(7)).is_none(), "{event}");
        }
    }
}
