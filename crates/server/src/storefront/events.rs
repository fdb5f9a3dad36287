//! Socket events: the handshake, and the events of a client. Parses, asks the hub, and decides
//! nothing.

mod parse;

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use bellwire_dialects::storefront::wire::{CallError, IncomingVideoCall, UserType, name};
use serde_json::{Value, json};
use tracing::debug;

use self::parse::Parsed;
use crate::auth::Session;
use crate::clock::Millis;
use crate::config::Mode;
use crate::hub_actor::{Hub as _, Opened, SocketKey};
use crate::metrics::Flow;
use crate::socket::{self, INTERNAL_ERROR, Refused};
use crate::store::StoreError;
use crate::storefront::hub::{Facts, Hub, News, Party, Request};
use crate::storefront::state::{Claims, Shared};
use crate::storefront::store::FullCall;
use crate::throttle::warn_rarely;

/// Calls a socket has lately spoken of and the hub therefore knows.
const REMEMBERED_CALLS: usize = 32;

const EVENTS: [&str; 14] = [
    name::ADD_USER,
    name::INCOMING_VIDEO_CALL,
    name::JOIN_VIDEO_CALL,
    name::LEAVE_VIDEO_CALL,
    name::OFFER,
    name::ANSWER,
    name::ICE_CANDIDATE,
    name::CALL_STATUS_UPDATE,
    name::END_VIDEO_CALL,
    name::TOGGLE_AUDIO,
    name::TOGGLE_VIDEO,
    name::START_SCREEN_SHARE,
    name::STOP_SCREEN_SHARE,
    name::CALL_QUALITY_REPORT,
];

#[cfg(feature = "fuzzing")]
pub(super) fn reads(event: &str, data: Value) -> bool {
    EVENTS.contains(&event) && parse::parse(event, data).is_some()
}

const UNAUTHENTICATED: &str = "Authentication error";

/// The namespace `/`: a token at the door, none needed in compat mode.
pub(super) struct Namespace(pub(super) Shared);

#[async_trait]
impl socket::Namespace for Namespace {
    type Hub = Hub;
    /// The session of the token; in compat mode `None` until `addUser`.
    type Identity = Option<Session<Claims>>;
    type Connection = Connection;

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
                // Not a word about tokens: a client would throw a good one away.
                Err(Refused::new("Server error"))
            }
        }
    }

    fn account(identity: &Self::Identity) -> Option<String> {
        identity.as_ref().map(|session| format!("{:?} {}", session.claims.role, session.claims.id))
    }

    fn connect(self: Arc<Self>, key: SocketKey, identity: Self::Identity) -> Connection {
        Connection { state: Arc::clone(&self.0), key, identity, known: HashSet::new() }
    }

    fn too_many(retry_after: u64) -> (&'static str, Value) {
        let message = "Too many events, please wait a moment";
        (name::CALL_ERROR, json!({ "message": message, "retryAfter": retry_after }))
    }
}

async fn known(state: &Shared, session: &Session<Claims>) -> Result<bool, StoreError> {
    let Claims { id, role } = &session.claims;
    Ok(!state.context.revoked.contains(session).await? && state.store.account(*role, id).await?.is_some())
}

/// One socket's task.
pub(super) struct Connection {
    state: Shared,
    key: SocketKey,
    identity: Option<Session<Claims>>,
    known: HashSet<String>,
}

#[async_trait]
impl socket::Connection for Connection {
    async fn begin(&mut self) {
        if let Some(session) = &self.identity {
            let party = Party { id: session.claims.id.clone(), role: session.claims.role };
            self.state.hub.signed_in(self.key, Opened::by(session)).await;
            self.arrive(party).await;
        }
    }

    async fn event(&mut self, name: &str, data: Value) -> Option<Value> {
        let Some(parsed) = parse::parse(name, data) else {
            debug!(socket = self.key.0, "An event that makes no sense is dropped");
            return None;
        };
        let call_id = parsed.call_id().map(str::to_owned);
        if let Err(error) = self.handle(parsed, self.identity.is_some()).await {
            warn_rarely!(error, "An event was not handled");
            let body = CallError { call_id, message: INTERNAL_ERROR.to_owned() };
            self.state.hub.say(self.key, name::CALL_ERROR, &body).await;
        }
        None
    }
}

impl Connection {
    async fn handle(&mut self, parsed: Parsed, has_token: bool) -> Result<(), StoreError> {
        match parsed {
            Parsed::AddUser(id) => {
                if !has_token
                    && self.state.context.config.mode == Mode::Compat
                    && let Some(party) = self.believed(id).await?
                {
                    self.arrive(party).await;
                } else {
                    self.state.hub.ask(self.key, Request::ListOnline).await;
                }
            }
            Parsed::Ring { call_id, is_callback, original_call_id } => {
                // Rebuilt from the record: a name in a payload is not checked.
                let ring = match self.state.store.call(&call_id).await? {
                    Some(call) => {
                        self.learn(&call).await;
                        IncomingVideoCall { is_callback, original_call_id, ..ring(call) }
                    }
                    // For the hub to refuse.
                    None => IncomingVideoCall { call_id, ..IncomingVideoCall::default() },
                };
                self.state.hub.ask(self.key, Request::Ring(Box::new(ring))).await;
            }
            Parsed::Of(_, Request::Quality { .. }) if self.reports_too_often() => {}
            Parsed::Of(call_id, request) => {
                if !self.known.contains(&call_id)
                    && let Some(call) = self.state.store.call(&call_id).await?
                {
                    self.learn(&call).await;
                }
                self.state.hub.ask(self.key, request).await;
            }
        }
        Ok(())
    }

    fn reports_too_often(&self) -> bool {
        let Some(session) = &self.identity else { return false };
        let often = self.state.reports.check(&session.claims.id).is_err();
        if often {
            self.state.context.metrics.event(Hub::BACKEND, Flow::Dropped);
        }
        often
    }

    async fn learn(&mut self, call: &FullCall) {
        if self.known.len() >= REMEMBERED_CALLS {
            self.known.clear();
        }
        self.known.insert(call.call.call_id.clone());
        self.state.hub.tell(News::Learned(Facts::from(&call.call))).await;
    }

    async fn arrive(&self, party: Party) {
        let related = match self.state.store.related(party.role, &party.id).await {
            Ok(related) => related,
            Err(error) => {
                warn_rarely!(error, "Presence is incomplete");
                Vec::new()
            }
        };
        self.state.hub.ask(self.key, Request::Connected { party, related }).await;
    }

    async fn believed(&self, id: String) -> Result<Option<Party>, StoreError> {
        for role in [UserType::Customer, UserType::Seller] {
            if self.state.store.account(role, &id).await?.is_some() {
                return Ok(Some(Party { id, role }));
            }
        }
        Ok(None)
    }
}

fn ring(full: FullCall) -> IncomingVideoCall {
    let call = full.call;
    IncomingVideoCall {
        seller_name: Some(full.seller_name.clone()),
        shop_name: Some(full.seller_name),
        customer_name: Some(full.customer_name),
        call_type: Some(bellwire_dialects::storefront::wire::CallType::parse(&call.call_type)),
        order_number: full.order_number,
        timestamp: Some(Millis::now().iso()),
        product_name: full.product_name,
        is_callback: None,
        original_call_id: None,
        initiated_by: Some(call.initiator()),
        seller_id: call.seller,
        customer_id: call.customer,
        product_id: call.product_id,
        order_id: call.order_id,
        call_id: call.call_id,
    }
}

#[cfg(test)]
mod tests {
    use bellwire_dialects::storefront::wire::name;

    #[test]
    fn no_event_of_a_client_is_forgotten() {
        let body = serde_json::json!({
            "callId": "c", "userId": "u", "senderId": "u", "userType": "seller", "status": "accepted",
            "offer": {"type": "offer", "sdp": "v=0"}, "answer": {"type": "answer", "sdp": "v=0"},
            "candidate": null, "isAudioEnabled": true, "isVideoEnabled": true, "quality": "good",
            "sellerId": "s", "customerId": "u", "reason": "done",
        });
        for event in super::EVENTS.into_iter().filter(|event| *event != name::ADD_USER) {
            assert!(super::parse::parse(event, body.clone()).is_some(), "{event}");
        }
        assert!(super::parse::parse(name::ADD_USER, serde_json::json!("u")).is_some());
    }
}
