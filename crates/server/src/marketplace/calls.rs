//! Call rules: starting, answering and ending calls and shared screens, permissions, the record, and that
//! both sides hear of it. REST and sockets both come through here, so that a call has one life however
//! it is driven.

use std::sync::Arc;
use std::time::Duration;

use bellwire_dialects::marketplace::wire::{CallError, CallStatus, MessageType, conversation_of, name};
use tracing::{debug, info};

use super::hub::{Change, Facts, Hub, News, Order};
use super::store::{FullMessage, Message, Store, User};
use crate::clock::Millis;
use crate::context::ServerContext;
use crate::error::ApiError;
use crate::hub_actor::{HubHandle, Job};
use crate::limits::Rate;
use crate::marketplace::defaults::BACKEND;
use crate::metrics::Outcome;
use crate::socket::INTERNAL_ERROR;
use crate::store::{StoreError, new_id};
use crate::throttle::warn_rarely;

const LONGEST_URL: usize = 2000;
const LONGEST_REASON: usize = 100;

#[derive(Debug)]
pub(crate) struct Calls {
    context: Arc<ServerContext>,
    store: Store,
    hub: HubHandle<Hub>,
    ring_timeout: Duration,
    initiates: Rate<String>,
}

impl Calls {
    pub(crate) fn new(
        context: Arc<ServerContext>,
        store: Store,
        hub: HubHandle<Hub>,
        ring_timeout: Duration,
    ) -> Self {
        let initiates = Rate::per_minute(context.config.limits.initiates_per_minute);
        Self { context, store, hub, ring_timeout, initiates }
    }

    /// Forgets rate limits of people who have been quiet.
    pub(crate) fn sweep(&self) {
        self.initiates.sweep();
    }

    /// Makes the record of a new call or screen. Ringing the other is a step of its own. `call_id`: what
    /// a caller that does without REST calls it.
    pub(crate) async fn initiate(
        &self,
        me: &User,
        receiver: &str,
        kind: MessageType,
        call_id: Option<String>,
    ) -> Result<FullMessage, ApiError> {
        if receiver.is_empty() {
            return Err(ApiError::bad_request("Receiver ID is required"));
        }
        if receiver == me.id {
            return Err(ApiError::bad_request("You cannot call yourself"));
        }
        self.initiates
            .check(&me.id)
            .map_err(|wait| ApiError::too_many("Too many calls, please wait a moment", wait))?;
        if self.store.user(receiver).await?.is_none() {
            return Err(ApiError::not_found("Receiver not found"));
        }
        let now = Millis::now();
        let id = new_id(now);
        let room = match kind {
            MessageType::VoiceCall => "voice",
            MessageType::ScreenShare => "screen",
            MessageType::VideoCall
            | MessageType::Text
            | MessageType::Image
            | MessageType::File
            | MessageType::Unknown => "video",
        };
        let message = Message {
            conversation: conversation_of(&me.id, receiver),
            sender: me.id.clone(),
            receiver: receiver.to_owned(),
            content: String::new(),
            kind: kind.as_str().to_owned(),
            // A call is news only if it is missed.
            is_read: true,
            read_at: None,
            created_at: now.0,
            updated_at: now.0,
            call_id: Some(call_id.unwrap_or_else(|| id.clone())),
            room_id: Some(format!("{room}_{}_{:016x}", now.0, rand::random::<u64>())),
            status: Some(CallStatus::Initiated.as_str().to_owned()),
            ring_until: Some(now.plus(self.ring_timeout).0),
            answered_at: None,
            ended_at: None,
            duration: None,
            sender_left: None,
            receiver_left: None,
            recording_url: None,
            quality: None,
            id,
        };
        self.store.add_message(&message).await?;
        let made = self.found(&message.id).await?;
        self.tell(&made, Change::default()).await;
        self.count(&made, Outcome::Started);
        info!(call = message.id, kind = message.kind, "Call initiated");
        Ok(made)
    }

    /// The callee answers; either side comes back to a call that was answered.
    pub(crate) async fn join(&self, me: &str, id: &str, kind: MessageType) -> Result<FullMessage, ApiError> {
        let call = self.of(me, id, Some(kind)).await?;
        let message = &call.message;
        if message.status() == Some(CallStatus::Answered) {
            self.store.mark_back(&message.id, message.sender == me, Millis::now()).await?;
            return self.found(&message.id).await;
        }
        self.accept(me, id).await
    }

    async fn accept(&self, me: &str, id: &str) -> Result<FullMessage, ApiError> {
        let call = self.of(me, id, None).await?;
        let message = &call.message;
        if message.receiver != me {
            return Err(ApiError::forbidden("Only the person called can answer this call"));
        }
        let done = self.store.mark_answered(&message.id, Millis::now()).await?;
        let answered = self.found(&message.id).await?;
        if done {
            let change = Change { by: Some(me.to_owned()), ..Change::default() };
            self.tell(&answered, change).await;
            self.count(&answered, Outcome::Answered);
            info!(call = message.id, "Call answered");
        } else if answered.message.status() != Some(CallStatus::Answered) {
            return Err(already(&answered));
        }
        Ok(answered)
    }

    /// The callee does not want to; the first of their devices to say something counts.
    pub(crate) async fn decline(
        &self,
        me: &str,
        id: &str,
        reason: Option<&str>,
    ) -> Result<FullMessage, ApiError> {
        let call = self.of(me, id, None).await?;
        let message = &call.message;
        if message.receiver != me || message.kind().kind().is_none() {
            return Err(ApiError::forbidden("Only the person called can decline this call"));
        }
        let done = self.store.mark_declined(&message.id, Millis::now()).await?;
        let declined = self.found(&message.id).await?;
        if done {
            let change = Change { by: Some(me.to_owned()), reason: short(reason), duration: 0.0 };
            self.tell(&declined, change).await;
            self.count(&declined, if reason == Some("busy") { Outcome::Busy } else { Outcome::Declined });
            info!(call = message.id, "Call declined");
        } else if declined.message.status() != Some(CallStatus::Declined) {
            return Err(already(&declined));
        }
        Ok(declined)
    }

    /// One side leaves; the call ends when both have, or if it was not answered.
    pub(crate) async fn leave(
        &self,
        me: &str,
        id: &str,
        kind: MessageType,
        recording: Option<&str>,
    ) -> Result<FullMessage, ApiError> {
        let call = self.of(me, id, Some(kind)).await?;
        let message = &call.message;
        if kind == MessageType::ScreenShare && message.sender != me {
            return Err(ApiError::forbidden("Only the person who shares can end this"));
        }
        let now = Millis::now();
        if let Some(url) = recording {
            if url.len() > LONGEST_URL || !(url.starts_with("https://") || url.starts_with("http://")) {
                return Err(ApiError::bad_request("recordingUrl is not valid"));
            }
            self.store.keep_recording(&message.id, url, now).await?;
        }
        let answered = message.status() == Some(CallStatus::Answered);
        if answered && kind != MessageType::ScreenShare {
            let left = self.store.mark_left(&message.id, message.sender == me, now).await?;
            let after = self.found(&message.id).await?;
            let everybody = after.message.sender_left.is_some() && after.message.receiver_left.is_some();
            if !everybody {
                if left {
                    let call_id = after.message.call_id.clone().unwrap_or_default();
                    self.hub.tell(News::Left { call_id, user: me.to_owned() }).await;
                }
                return Ok(after);
            }
        }
        self.end(Some(me), &message.id, None).await
    }

    /// Over for both sides. Before an answer it is missed (or declined, if the callee says so); what is
    /// over already stays as it is.
    pub(crate) async fn end(
        &self,
        by: Option<&str>,
        id: &str,
        reason: Option<&str>,
    ) -> Result<FullMessage, ApiError> {
        let call = match by {
            Some(me) => self.of(me, id, None).await?,
            None => self.found(id).await?,
        };
        let message = &call.message;
        let now = Millis::now();
        let callee = by == Some(message.receiver.as_str());
        let screen = message.kind() == MessageType::ScreenShare;
        if screen && callee {
            return Err(ApiError::forbidden("Only the person who shares can end this"));
        }
        let mut outcome = Outcome::Ended;
        let mut done = self.store.mark_ended(&message.id, now).await?;
        if !done {
            (outcome, done) = if screen {
                (Outcome::Failed, self.store.mark_failed(&message.id, now).await?)
            } else if callee {
                (Outcome::Declined, self.store.mark_declined(&message.id, now).await?)
            } else {
                (Outcome::Cancelled, self.store.mark_missed(&message.id, now).await?)
            };
        }
        let ended = self.found(&message.id).await?;
        if done {
            // Only the caller can know that there was no answer.
            let reason = reason.filter(|reason| *reason == "missed" && outcome == Outcome::Cancelled);
            #[expect(clippy::cast_precision_loss, reason = "seconds of a call are far below 2^53")]
            let duration = ended.message.duration.unwrap_or_default() as f64;
            let change = Change { by: by.map(str::to_owned), reason: short(reason), duration };
            self.tell(&ended, change).await;
            self.count(&ended, outcome);
            info!(call = message.id, duration, "Call over");
        }
        Ok(ended)
    }

    /// Tells the hub of everything that was not over when the server went down: what has rung too long
    /// is missed at once, and a call that no one comes back to ends.
    pub(crate) async fn resume(&self) -> Result<(), StoreError> {
        for call in self.store.live_calls().await? {
            if let Some(facts) = Facts::of(&call) {
                self.hub.tell(News::Learned(facts)).await;
            }
        }
        Ok(())
    }

    /// Does what the hub has decided about a record.
    pub(crate) async fn perform(&self, Job { order, asked_by }: Job<Order>) {
        let now = Millis::now();
        // Only the socket whose request failed is notified.
        let refused = async |done: Result<FullMessage, ApiError>, id: &str| {
            let Err(error) = done else { return Ok(()) };
            debug!(message = error.message(), "A call was not changed");
            if let Some(to) = asked_by.filter(|_| error.is_failure()) {
                let call_id = self.store.call(id).await?.and_then(|call| Facts::of(&call));
                let call_id = call_id.map(|facts| facts.call_id);
                let body = CallError { call_id, message: INTERNAL_ERROR.to_owned() };
                self.hub.say(to, name::CALL_ERROR, &body).await;
            }
            Ok(())
        };
        let outcome = match &order {
            Order::Rang { id } => self.rang(id).await,
            Order::Shown { id } => self.shown(id).await,
            Order::Accept { id, by } => refused(self.accept(by, id).await, id).await,
            Order::Decline { id, by, reason } => {
                refused(self.decline(by, id, reason.as_deref()).await, id).await
            }
            Order::End { id, by, reason } => {
                refused(self.end(by.as_deref(), id, reason.as_deref()).await, id).await
            }
            Order::Miss { id } => self.miss(id).await,
            Order::Seen { user } => self.store.seen(user, now).await,
        };
        if let Err(error) = outcome {
            warn_rarely!(error, "A record was not updated");
        }
    }

    async fn rang(&self, id: &str) -> Result<(), StoreError> {
        if self.store.mark_ringing(id, Millis::now()).await? {
            self.announce(id).await?;
        }
        Ok(())
    }

    async fn shown(&self, id: &str) -> Result<(), StoreError> {
        if self.store.mark_answered(id, Millis::now()).await? {
            self.announce(id).await?;
        }
        Ok(())
    }

    async fn miss(&self, id: &str) -> Result<(), StoreError> {
        let Some(call) = self.store.call(id).await? else { return Ok(()) };
        let now = Millis::now();
        let (missed, outcome) = if call.message.kind() == MessageType::ScreenShare {
            (self.store.mark_failed(id, now).await?, Outcome::Failed)
        } else {
            (self.store.mark_missed(id, now).await?, Outcome::Missed)
        };
        if missed {
            self.count(&call, outcome);
            info!(call = id, "Call missed");
        }
        // Also when it was not us who changed it: the hub then learns what it has not heard.
        self.announce(id).await
    }

    async fn announce(&self, id: &str) -> Result<(), StoreError> {
        if let Some(call) = self.store.call(id).await? {
            self.tell(&call, Change::default()).await;
        }
        Ok(())
    }

    async fn tell(&self, call: &FullMessage, change: Change) {
        if let Some(facts) = Facts::of(call) {
            self.hub.tell(News::Changed(facts, change)).await;
        }
    }

    /// Screens are no calls.
    fn count(&self, call: &FullMessage, outcome: Outcome) {
        if call.message.kind() != MessageType::ScreenShare {
            self.context.metrics.call(BACKEND, outcome);
        }
    }

    /// A call of this person's, of that kind.
    async fn of(&self, me: &str, id: &str, kind: Option<MessageType>) -> Result<FullMessage, ApiError> {
        let call = self.found(id).await?;
        if kind.is_some_and(|kind| kind != call.message.kind()) {
            return Err(ApiError::not_found("Call not found"));
        }
        if call.message.is_party(me) {
            Ok(call)
        } else {
            Err(ApiError::forbidden("Not authorized to access this call"))
        }
    }

    async fn found(&self, id: &str) -> Result<FullMessage, ApiError> {
        self.store.call(id).await?.ok_or_else(|| ApiError::not_found("Call not found"))
    }
}

fn already(call: &FullMessage) -> ApiError {
    let status = call.message.status.as_deref().unwrap_or("over");
    ApiError::conflict(format!("This call is already {status}"))
}

fn short(text: Option<&str>) -> Option<String> {
    text.map(|text| text.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect())
}
