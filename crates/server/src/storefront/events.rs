//! Socket events: a token at the door, then one queue and one task per socket, so that what a client
//! sends is handled in the order it was sent. Parses, asks the hub, and decides nothing.

mod parse;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bellwire_dialects::storefront::wire::{IncomingVideoCall, UserType};
use governor::DefaultDirectRateLimiter;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{Event, SocketRef, TryData};
use socketioxide::handler::ConnectHandler;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use self::parse::Parsed;
use crate::auth::Identity;
use crate::clock::Millis;
use crate::config::Mode;
use crate::hub::{Facts, Party, Request, SocketKey};
use crate::limits::bucket;
use crate::state::Shared;
use crate::store::{FullCall, StoreError};

/// Calls a socket has lately spoken of and the hub therefore knows.
const REMEMBERED_CALLS: usize = 32;

/// What `connect_error` says.
#[derive(Debug, thiserror::Error)]
#[error("Authentication error")]
struct Refused;

/// Who a token at the door named; none in compat mode until `addUser`.
#[derive(Clone, Debug)]
struct Door(Option<Identity>);

/// Serves the namespace `/`. The socket tasks belong to `tasks` and end with their sockets.
pub(crate) fn attach(io: &SocketIo, state: &Shared, tasks: &TaskTracker) {
    let numbers = Arc::new(AtomicU64::new(1));
    let connected = {
        let (state, tasks) = (Arc::clone(state), tasks.clone());
        move |socket: SocketRef| {
            open(&state, &tasks, SocketKey(numbers.fetch_add(1, Ordering::Relaxed)), socket);
            std::future::ready(())
        }
    };
    let door = {
        let state = Arc::clone(state);
        move |socket: SocketRef, TryData(auth): TryData<Value>| {
            let state = Arc::clone(&state);
            async move {
                let token = auth.ok().and_then(|auth| Some(auth.get("token")?.as_str()?.to_owned()));
                let identity = admit(&state, token.as_deref()).await?;
                socket.extensions.insert(Door(identity));
                Ok::<(), Refused>(())
            }
        }
    };
    io.ns("/", connected.with(door));
}

async fn admit(state: &Shared, token: Option<&str>) -> Result<Option<Identity>, Refused> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return match state.config.mode {
            Mode::Strict => Err(Refused),
            Mode::Compat => Ok(None),
        };
    };
    let identity = state.tokens.read(token).ok_or(Refused)?;
    match state.store.account(identity.role, &identity.id).await {
        Ok(Some(_)) => Ok(Some(identity)),
        Ok(None) => Err(Refused),
        Err(error) => {
            warn!(%error, "A socket could not be checked");
            Err(Refused)
        }
    }
}

/// Runs inline in the transport's reader: it may only register handlers and start the socket's task.
fn open(state: &Shared, tasks: &TaskTracker, key: SocketKey, socket: SocketRef) {
    // When full, the client sends faster than we read, beyond what its bucket allows: it is disconnected.
    let (queue, queued) = mpsc::channel::<(String, Value)>(512);
    let gone = CancellationToken::new();
    let limiter: Arc<DefaultDirectRateLimiter> = Arc::new(bucket(&state.config.limits));

    socket.on_fallback(move |socket: SocketRef, Event(event): Event, TryData(data): TryData<Value>| {
        match data {
            Err(_) => debug!(socket = key.0, "A malformed event is dropped"),
            Ok(_) if limiter.check().is_err() => debug!(socket = key.0, "An event too many is dropped"),
            Ok(data) => {
                if queue.try_send((event, data)).is_err() {
                    let _ = socket.disconnect();
                }
            }
        }
        std::future::ready(())
    });
    let left = gone.clone();
    socket.on_disconnect(move || {
        left.cancel();
        std::future::ready(())
    });

    let door = socket.extensions.get::<Door>().and_then(|door| door.0);
    let actor = Actor { state: Arc::clone(state), key, known: HashSet::new() };
    tasks.spawn(actor.run(socket, door, queued, gone));
}

/// One socket's task.
struct Actor {
    state: Shared,
    key: SocketKey,
    known: HashSet<String>,
}

impl Actor {
    async fn run(
        mut self,
        socket: SocketRef,
        door: Option<Identity>,
        mut queued: mpsc::Receiver<(String, Value)>,
        gone: CancellationToken,
    ) {
        self.state.exchange.open(self.key, socket).await;
        if let Some(identity) = &door {
            let party = Party { id: identity.id.clone(), role: identity.role };
            self.arrive(party, Some(identity.expires)).await;
        }
        loop {
            let (event, data) = tokio::select! {
                biased;
                next = queued.recv() => match next {
                    Some(next) => next,
                    None => break,
                },
                () = gone.cancelled() => break,
            };
            let Some(parsed) = parse::parse(&event, data) else {
                debug!(socket = self.key.0, "An event that makes no sense is dropped");
                continue;
            };
            if let Err(error) = self.handle(parsed, door.is_some()).await {
                warn!(%error, "An event was not handled");
            }
        }
        self.state.exchange.ask(self.key, Request::Disconnected).await;
    }

    async fn handle(&mut self, parsed: Parsed, has_token: bool) -> Result<(), StoreError> {
        match parsed {
            Parsed::AddUser(id) => {
                if !has_token
                    && self.state.config.mode == Mode::Compat
                    && let Some(party) = self.believed(id).await?
                {
                    self.arrive(party, None).await;
                } else {
                    self.state.exchange.ask(self.key, Request::ListOnline).await;
                }
            }
            Parsed::Ring { call_id, is_callback, original_call_id } => {
                // Rebuilt from the record: a name in a payload is whatever somebody typed.
                let ring = match self.state.store.call(&call_id).await? {
                    Some(call) => {
                        self.learn(&call).await;
                        IncomingVideoCall { is_callback, original_call_id, ..ring(call) }
                    }
                    // For the hub to refuse.
                    None => IncomingVideoCall { call_id, ..IncomingVideoCall::default() },
                };
                self.state.exchange.ask(self.key, Request::Ring(Box::new(ring))).await;
            }
            Parsed::Of(call_id, request) => {
                if !self.known.contains(&call_id)
                    && let Some(call) = self.state.store.call(&call_id).await?
                {
                    self.learn(&call).await;
                }
                self.state.exchange.ask(self.key, request).await;
            }
        }
        Ok(())
    }

    async fn learn(&mut self, call: &FullCall) {
        if self.known.len() >= REMEMBERED_CALLS {
            self.known.clear();
        }
        self.known.insert(call.call.call_id.clone());
        self.state.exchange.learn(Facts::from(&call.call)).await;
    }

    async fn arrive(&self, party: Party, until: Option<Millis>) {
        let related = match self.state.store.related(party.role, &party.id).await {
            Ok(related) => related,
            Err(error) => {
                warn!(%error, "Presence is incomplete");
                Vec::new()
            }
        };
        self.state.exchange.ask(self.key, Request::Connected { party, related, until }).await;
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
        for event in [
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
        ] {
            assert!(super::parse::parse(event, body.clone()).is_some(), "{event}");
        }
        assert!(super::parse::parse(name::ADD_USER, serde_json::json!("u")).is_some());
    }
}
