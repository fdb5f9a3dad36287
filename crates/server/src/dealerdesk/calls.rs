//! Call rules: placing, answering and ending, the permissions for it, the record, and the events to both sides.

use std::sync::Arc;
use std::time::Duration;

use bellwire_dialects::dealerdesk::wire::{CallFailed, CallStatus, CallType, Room};
use tracing::{debug, info};

use super::hub::{Change, Facts, Hub, News, NoAnswer, Order, Request};
use super::party::Party;
use super::store::Store;
use super::store::calls::{Call, NewCall};
use crate::clock::Millis;
use crate::context::ServerContext;
use crate::dealerdesk::defaults::BACKEND;
use crate::hub_actor::{HubHandle, Job, SocketKey};
use crate::limits::Rate;
use crate::metrics::Outcome;
use crate::store::StoreError;
use crate::throttle::warn_rarely;

const LONGEST_REASON: usize = 100;

#[derive(Debug)]
pub(crate) struct Calls {
    context: Arc<ServerContext>,
    store: Store,
    hub: HubHandle<Hub>,
    ring_timeout: Duration,
    initiates: Rate<Party>,
}

/// The user of a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Speaker<'a> {
    pub(crate) socket: SocketKey,
    pub(crate) party: &'a Party,
    pub(crate) name: &'a str,
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

    /// Makes the record and rings. Every request gets exactly one answer, in order: clients count on it.
    pub(crate) async fn place(
        &self,
        me: Speaker<'_>,
        room: Option<Room>,
        kind: CallType,
        target: &str,
    ) -> Result<(), StoreError> {
        let refuse = |room: &Option<Room>| Request::NotPlaced {
            room_id: room.as_ref().map(ToString::to_string),
            reason: CallFailed::FAILED,
        };
        let meant = room.as_ref().and_then(|room| me.party.other(room));
        let is_target = meant.is_some_and(|other| other == Party::new(other.role, target));
        let Some(room) = room.as_ref().filter(|_| is_target) else {
            self.hub.ask(me.socket, refuse(&room)).await;
            return Ok(());
        };
        if self.initiates.check(me.party).is_err() {
            debug!(role = me.party.role.as_str(), "Too many calls");
            self.hub.ask(me.socket, refuse(&Some(room.clone()))).await;
            return Ok(());
        }
        let now = Millis::now();
        let placed = async {
            if !self.store.make_room(room, now).await? {
                return Ok::<_, StoreError>(None);
            }
            let ring_until = now.plus(self.ring_timeout);
            let new = NewCall { room: room.clone(), caller: me.party.role, call_type: kind, ring_until };
            self.store.add_call(&new, now).await.map(Some)
        };
        let placed = placed.await;
        let Ok(Some(call)) = placed else {
            self.hub.ask(me.socket, refuse(&Some(room.clone()))).await;
            return placed.map(drop);
        };
        self.count(Outcome::Started);
        info!(call = call.id, kind = kind.as_str(), "Call placed");
        let request = Request::Place { facts: Facts::from(&call), caller_name: me.name.to_owned() };
        self.hub.ask(me.socket, request).await;
        Ok(())
    }

    /// The callee accepts; the first of their devices counts.
    pub(crate) async fn accept(&self, me: Speaker<'_>, id: i64) -> Result<(), StoreError> {
        let Some(call) = self.of(me.party, id).await?.filter(|call| call.caller != me.party.role) else {
            self.hub.ask(me.socket, Request::TooLate { id }).await;
            return Ok(());
        };
        let answered = self.store.mark_answered(id, Millis::now()).await?;
        self.hub.ask(me.socket, Request::Accept { room: call.room }).await;
        if answered {
            self.count(Outcome::Answered);
            info!(call = id, "Call answered");
            self.announce(id, CallStatus::Answered, Some(me.party), None, 0).await;
        } else {
            self.hub.ask(me.socket, Request::TooLate { id }).await;
        }
        Ok(())
    }

    /// The callee declines. A device that does so after another has answered changes nothing.
    pub(crate) async fn reject(&self, me: &Party, id: i64, reason: Option<String>) -> Result<(), StoreError> {
        let Some(call) = self.of(me, id).await?.filter(|call| call.caller != me.role) else { return Ok(()) };
        if self.store.mark_unanswered(call.id, CallStatus::Rejected, Millis::now()).await? {
            self.count(Outcome::Declined);
            info!(call = id, "Call declined");
            self.announce(id, CallStatus::Rejected, Some(me), reason, 0).await;
        }
        Ok(())
    }

    /// Ends a call that runs, takes one back that rings, declines one that rings here.
    pub(crate) async fn end(&self, me: &Party, id: i64, reason: Option<String>) -> Result<(), StoreError> {
        let Some(call) = self.of(me, id).await? else { return Ok(()) };
        let reason = reason.map(|reason| reason.chars().take(LONGEST_REASON).collect::<String>());
        if call.status == CallStatus::Initiated {
            if call.caller != me.role {
                return self.reject(me, id, None).await;
            }
            if self.store.mark_unanswered(id, CallStatus::Missed, Millis::now()).await? {
                // Our own word for the end of a ring; anything else would be a stranger's.
                let missed = reason.as_deref() == Some("missed");
                self.count(if missed { Outcome::Missed } else { Outcome::Cancelled });
                let reason = if missed { "missed" } else { "cancelled" };
                info!(call = id, reason, "Call not answered");
                self.announce(id, CallStatus::Missed, Some(me), Some(reason.to_owned()), 0).await;
                return Ok(());
            }
            // It was answered at this moment: then this is a hang-up.
        }
        self.finish(id, Some(me), None).await
    }

    /// Tells the hub of every call that rings or runs: after a restart, late ones are missed at once, and
    /// those whose people do not come back are ended.
    pub(crate) async fn resume(&self) -> Result<(), StoreError> {
        for call in self.store.live_calls().await? {
            let caller = Party::of(&call.room, call.caller);
            let name = self.store.account(&caller).await?.map(|account| account.name).unwrap_or_default();
            self.hub.tell(News::Learned(Facts::from(&call), name)).await;
        }
        Ok(())
    }

    /// Does what the hub has decided about a record.
    pub(crate) async fn perform(&self, Job { order, .. }: Job<Order>) {
        let outcome = match order {
            Order::Miss { id, why } => self.miss(id, why).await,
            Order::Abandon { id } => self.finish(id, None, Some("disconnected".to_owned())).await,
        };
        if let Err(error) = outcome {
            warn_rarely!(error, "A call record was not updated");
        }
    }

    async fn miss(&self, id: i64, why: NoAnswer) -> Result<(), StoreError> {
        if self.store.mark_unanswered(id, CallStatus::Missed, Millis::now()).await? {
            self.count(match why {
                NoAnswer::Busy => Outcome::Busy,
                NoAnswer::TimeUp | NoAnswer::Offline => Outcome::Missed,
            });
            info!(call = id, ?why, "Call missed");
            self.announce(id, CallStatus::Missed, None, Some("missed".to_owned()), 0).await;
            return Ok(());
        }
        self.announce_as_it_is(id).await
    }

    async fn finish(&self, id: i64, by: Option<&Party>, reason: Option<String>) -> Result<(), StoreError> {
        if !self.store.mark_ended(id, Millis::now()).await? {
            return self.announce_as_it_is(id).await;
        }
        let duration = self.store.call(id).await?.map_or(0, |call| call.duration);
        self.count(Outcome::Ended);
        info!(call = id, duration, "Call ended");
        self.announce(id, CallStatus::Ended, by, reason, duration).await;
        Ok(())
    }

    /// Another device was first: the hub learns of it, in case it has not. What it knows is over
    /// stays so.
    async fn announce_as_it_is(&self, id: i64) -> Result<(), StoreError> {
        let Some(call) = self.store.call(id).await? else { return Ok(()) };
        match call.status {
            CallStatus::Rejected | CallStatus::Ended | CallStatus::Missed => {
                self.announce(id, call.status, None, None, call.duration).await;
            }
            CallStatus::Initiated | CallStatus::Answered | CallStatus::Unknown => {}
        }
        Ok(())
    }

    async fn announce(
        &self,
        id: i64,
        status: CallStatus,
        by: Option<&Party>,
        reason: Option<String>,
        duration: u32,
    ) {
        let change = Change { id, status, by: by.cloned(), reason, duration };
        self.hub.tell(News::Changed(change)).await;
    }

    fn count(&self, outcome: Outcome) {
        self.context.metrics.call(BACKEND, outcome);
    }

    /// The call, if it is one of theirs: what a stranger names does not exist.
    async fn of(&self, me: &Party, id: i64) -> Result<Option<Call>, StoreError> {
        let call = self.store.call(id).await?.filter(|call| me.other(&call.room).is_some());
        if call.is_none() {
            debug!(call = id, "Not a call of theirs");
        }
        Ok(call)
    }
}
