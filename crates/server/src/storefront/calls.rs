//! Call rules: starting, answering and ending, the permissions for it, and the record. Both sides hear of
//! it. REST and sockets both come through here, so that a call has one life however it is driven.

use std::sync::Arc;
use std::time::Duration;

use bellwire_dialects::storefront::wire::{
    CallError, CallStatus, CallType, InitiateBody, MAX_NOTE_BYTES, Response, UserType, name,
};
use tracing::{debug, info};
use uuid::Uuid;

use crate::clock::Millis;
use crate::context::ServerContext;
use crate::error::ApiError;
use crate::hub_actor::{HubHandle, Job, SocketKey};
use crate::limits::Rate;
use crate::metrics::Outcome;
use crate::socket::INTERNAL_ERROR;
use crate::store::{StoreError, new_id};
use crate::storefront::defaults::BACKEND;
use crate::storefront::hub::{Change, Facts, Hub, News, Order, Party};
use crate::storefront::store::{Call, FullCall, Remarks, Store};
use crate::throttle::warn_rarely;

const FURTHEST_SCHEDULE: Duration = Duration::from_secs(366 * 24 * 3600);
const QUALITIES: [&str; 4] = ["excellent", "good", "fair", "poor"];

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

    /// Makes the record of a new call. Ringing the callee is a step of its own.
    pub(crate) async fn initiate(&self, me: &Party, body: InitiateBody) -> Result<FullCall, ApiError> {
        let now = Millis::now();
        let call_type = match body.call_type.unwrap_or_default() {
            CallType::Unknown => return Err(ApiError::bad_request("Unknown call type")),
            known @ (CallType::OrderSupport
            | CallType::ProductInquiry
            | CallType::GeneralSupport
            | CallType::Sales) => known,
        };
        short(body.notes.as_deref(), "notes")?;
        short(body.conversation_id.as_deref(), "conversationId")?;
        let scheduled_for = schedule(body.scheduled_for.as_deref(), now)?;
        let (seller, customer) = match me.role {
            UserType::Seller => (me.id.clone(), wanted(body.customer_id, "customerId")?),
            UserType::Customer => (wanted(body.seller_id, "sellerId")?, me.id.clone()),
        };
        self.initiates
            .check(&format!("{} {}", me.role.as_str(), me.id))
            .map_err(|wait| ApiError::too_many("Too many calls, please wait a moment", wait))?;
        self.may_call(me, &seller, &customer).await?;
        self.may_speak_of(&seller, &customer, body.order_id.as_deref(), body.product_id.as_deref()).await?;

        let call = Call {
            id: new_id(now),
            call_id: Uuid::new_v4().to_string(),
            seller,
            customer,
            order_id: body.order_id,
            product_id: body.product_id,
            conversation_id: body.conversation_id,
            call_type: call_type.as_str().to_owned(),
            status: CallStatus::Initiated.as_str().to_owned(),
            initiated_by: me.role.as_str().to_owned(),
            start_time: None,
            end_time: None,
            duration: 0,
            call_quality: None,
            notes: body.notes,
            decline_reason: None,
            recording_url: None,
            scheduled_for: scheduled_for.map(|at| at.0),
            ring_until: scheduled_for.unwrap_or(now).max(now).plus(self.ring_timeout).0,
            metadata: "{}".to_owned(),
            created_at: now.0,
            updated_at: now.0,
        };
        self.store.add_call(&call).await?;
        self.tell(&call, Change::default()).await;
        self.count(Outcome::Started);
        info!(call = call.call_id, by = me.role.as_str(), "Call initiated");
        self.found(&call.call_id).await
    }

    /// The callee accepts or declines; the first of their devices to do so counts.
    pub(crate) async fn respond(
        &self,
        me: &Party,
        call_id: &str,
        response: Response,
        reason: Option<&str>,
    ) -> Result<FullCall, ApiError> {
        short(reason, "declineReason")?;
        let call = self.of(me, call_id).await?.call;
        if call.initiator() == me.role {
            return Err(ApiError::forbidden("Only the person called can answer this call"));
        }
        let now = Millis::now();
        let done = match response {
            Response::Accepted => self.store.mark_accepted(call_id, now).await?,
            Response::Declined => self.store.mark_declined(call_id, reason, now).await?,
        };
        let answered = self.found(call_id).await?;
        if !done {
            // The web page says it twice: by its socket and here.
            if response == Response::Declined && answered.call.status() == CallStatus::Declined {
                return Ok(answered);
            }
            let status = answered.call.status().as_str();
            return Err(ApiError::conflict(format!("This call is already {status}")));
        }
        let reason = match response {
            Response::Accepted => None,
            Response::Declined => reason.map(str::to_owned),
        };
        let change = Change { by: Some(me.clone()), reason, duration: 0.0 };
        self.tell(&answered.call, change).await;
        self.count(match response {
            Response::Accepted => Outcome::Answered,
            Response::Declined => Outcome::Declined,
        });
        info!(call = call_id, status = answered.call.status, "Call answered");
        Ok(answered)
    }

    /// Ends a live call, or takes it back before an answer; ending one that is over only adds remarks.
    pub(crate) async fn end(
        &self,
        me: &Party,
        call_id: &str,
        remarks: &Remarks,
        reason: Option<String>,
    ) -> Result<FullCall, ApiError> {
        if let Some(quality) = remarks.call_quality.as_deref()
            && !QUALITIES.contains(&quality)
        {
            return Err(ApiError::bad_request("callQuality must be excellent, good, fair or poor"));
        }
        short(remarks.notes.as_deref(), "notes")?;
        short(remarks.recording_url.as_deref(), "recordingUrl")?;
        self.of(me, call_id).await?;

        let now = Millis::now();
        let done = self.store.mark_ended(call_id, me.role, now).await?;
        if remarks.call_quality.is_some() || remarks.notes.is_some() || remarks.recording_url.is_some() {
            self.store.remark(call_id, remarks, now).await?;
        }
        let ended = self.found(call_id).await?;
        if done {
            let reason = reason.unwrap_or_else(|| {
                if ended.call.start_time.is_some() { "ended".to_owned() } else { "cancelled".to_owned() }
            });
            #[expect(clippy::cast_precision_loss, reason = "seconds of a call are far below 2^53")]
            let duration = ended.call.duration as f64;
            let change = Change { by: Some(me.clone()), reason: Some(reason), duration };
            self.tell(&ended.call, change).await;
            let answered = ended.call.start_time.is_some();
            self.count(if answered { Outcome::Ended } else { Outcome::Cancelled });
            info!(call = call_id, duration = ended.call.duration, "Call ended");
        }
        Ok(ended)
    }

    /// Tells the hub of every call that is not over: after a restart, late ones are missed at once, and
    /// answered ones that no side comes back to are given up.
    pub(crate) async fn resume(&self) -> Result<(), StoreError> {
        for call_id in self.store.live().await? {
            if let Some(call) = self.store.call(&call_id).await? {
                self.hub.tell(News::Learned(Facts::from(&call.call))).await;
            }
        }
        Ok(())
    }

    /// Does what the hub has decided about a record.
    pub(crate) async fn perform(&self, Job { order, asked_by }: Job<Order>) {
        let outcome = match &order {
            Order::Rang { call_id } => self.rang(call_id).await,
            Order::Miss { call_id } => self.miss(call_id).await,
            Order::Abandon { call_id, since } => self.abandon(call_id, *since).await,
            Order::Decline { call_id, by, reason } => {
                let declined = self.respond(by, call_id, Response::Declined, reason.as_deref()).await;
                self.answer(asked_by, call_id, declined).await;
                Ok(())
            }
            Order::End { call_id, by, reason } => {
                let reason = reason.as_deref().map(|reason| reason.chars().take(100).collect());
                let ended = self.end(by, call_id, &Remarks::default(), reason).await;
                self.answer(asked_by, call_id, ended).await;
                Ok(())
            }
            Order::Quality { call_id, role, report } => self.store.add_quality(call_id, *role, report).await,
        };
        if let Err(error) = outcome {
            warn_rarely!(error, "A call record was not updated");
        }
    }

    /// Only the socket whose request failed is notified.
    async fn answer(&self, asked_by: Option<SocketKey>, call_id: &str, done: Result<FullCall, ApiError>) {
        let Err(error) = done else { return };
        debug!(call = call_id, ?error, "A call was not changed");
        if let Some(to) = asked_by.filter(|_| error.is_failure()) {
            let message = INTERNAL_ERROR.to_owned();
            let body = CallError { call_id: Some(call_id.to_owned()), message };
            self.hub.say(to, name::CALL_ERROR, &body).await;
        }
    }

    async fn rang(&self, call_id: &str) -> Result<(), StoreError> {
        if self.store.mark_ringing(call_id, Millis::now()).await? {
            self.announce(call_id).await?;
        }
        Ok(())
    }

    async fn miss(&self, call_id: &str) -> Result<(), StoreError> {
        if self.store.mark_missed(call_id, Millis::now()).await? {
            self.count(Outcome::Missed);
            info!(call = call_id, "Call missed");
        }
        // Also when it was not us who changed it: the hub then learns what it has not heard.
        self.announce(call_id).await
    }

    async fn abandon(&self, call_id: &str, since: Millis) -> Result<(), StoreError> {
        let Some(call) = self.store.call(call_id).await? else { return Ok(()) };
        if self.store.mark_ended(call_id, call.call.initiator(), since).await? {
            self.count(Outcome::Ended);
            info!(call = call_id, "Call given up");
        }
        if let Some(ended) = self.store.call(call_id).await? {
            let reason = Some("abandoned".to_owned());
            #[expect(clippy::cast_precision_loss, reason = "seconds of a call are far below 2^53")]
            let duration = ended.call.duration as f64;
            self.tell(&ended.call, Change { by: None, reason, duration }).await;
        }
        Ok(())
    }

    async fn announce(&self, call_id: &str) -> Result<(), StoreError> {
        if let Some(call) = self.store.call(call_id).await? {
            self.tell(&call.call, Change::default()).await;
        }
        Ok(())
    }

    fn count(&self, outcome: Outcome) {
        self.context.metrics.call(BACKEND, outcome);
    }

    async fn tell(&self, call: &Call, change: Change) {
        self.hub.tell(News::Changed(Facts::from(call), change)).await;
    }

    async fn may_call(&self, me: &Party, seller: &str, customer: &str) -> Result<(), ApiError> {
        match me.role {
            UserType::Seller => {
                if self.store.account(UserType::Customer, customer).await?.is_none() {
                    return Err(ApiError::not_found("Customer not found"));
                }
                if !self.store.is_customer_of(customer, seller).await? {
                    return Err(ApiError::forbidden("You can only call your own customers"));
                }
            }
            UserType::Customer => {
                if self.store.account(UserType::Seller, seller).await?.is_none() {
                    return Err(ApiError::not_found("Seller not found"));
                }
                if self.store.active_block(seller, customer).await?.is_some() {
                    return Err(ApiError::forbidden("You cannot call this seller"));
                }
            }
        }
        Ok(())
    }

    async fn may_speak_of(
        &self,
        seller: &str,
        customer: &str,
        order: Option<&str>,
        product: Option<&str>,
    ) -> Result<(), ApiError> {
        if let Some(id) = order {
            let order = self.store.order(id).await?.ok_or_else(|| ApiError::not_found("Order not found"))?;
            if order.shop_id != seller || order.user_id != customer {
                return Err(ApiError::forbidden("This order belongs to somebody else"));
            }
        }
        if let Some(id) = product {
            let product =
                self.store.product(id).await?.ok_or_else(|| ApiError::not_found("Product not found"))?;
            if product.shop_id != seller {
                return Err(ApiError::forbidden("This product belongs to another shop"));
            }
        }
        Ok(())
    }

    async fn of(&self, me: &Party, call_id: &str) -> Result<FullCall, ApiError> {
        let call = self.found(call_id).await?;
        if call.call.is_party(me.role, &me.id) {
            Ok(call)
        } else {
            Err(ApiError::forbidden("You are not part of this call"))
        }
    }

    async fn found(&self, call_id: &str) -> Result<FullCall, ApiError> {
        self.store.call(call_id).await?.ok_or_else(|| ApiError::not_found("Call not found"))
    }
}

fn wanted(id: Option<String>, field: &str) -> Result<String, ApiError> {
    id.filter(|id| !id.is_empty()).ok_or_else(|| ApiError::bad_request(format!("{field} is required")))
}

fn short(text: Option<&str>, field: &str) -> Result<(), ApiError> {
    match text {
        Some(text) if text.len() > MAX_NOTE_BYTES => {
            Err(ApiError::bad_request(format!("{field} is too long")))
        }
        Some(_) | None => Ok(()),
    }
}

fn schedule(text: Option<&str>, now: Millis) -> Result<Option<Millis>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    match Millis::parse(text, false) {
        Some(at) if at <= now.plus(FURTHEST_SCHEDULE) => Ok(Some(at)),
        Some(_) => Err(ApiError::bad_request("scheduledFor is too far away")),
        None => Err(ApiError::bad_request("scheduledFor is not a date")),
    }
}
