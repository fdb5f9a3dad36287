//! Making, entering and ending call sessions: permissions, the record, and that all participants hear
//! of it. REST and sockets both come through here, so that a session has one life however it is driven.

mod initiate;
mod invite;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwire_dialects::hearth::wire::{MediaBody, SessionType};
use tracing::info;

use super::engine::GroupEngine;
use super::figures::Report;
use super::hub::{Ending, Facts, Hub, News, Order};
use super::response;
use super::store::{Account, FullSession, FullTherapy, Seating, Sends, Store};
use crate::clock::Millis;
use crate::config::{BackendConfig, Mode};
use crate::context::ServerContext;
use crate::error::ApiError;
use crate::hearth::defaults::{BACKEND, MAX_PARTICIPANTS};
use crate::hub_actor::{HubHandle, Job};
use crate::limits::Rate;
use crate::metrics::Outcome;
use crate::relay::IceServer;
use crate::store::StoreError;
use crate::throttle::warn_rarely;

const NOT_FOUND: &str = "Call session not found or has ended";

/// What a socket finds that enters a session.
#[derive(Debug)]
pub(crate) enum Entrance {
    Open(Box<Facts>),
    /// It ended while the socket was not there to hear of it.
    Over(Ending),
}

fn ending(full: &FullSession, by: &Account) -> Ending {
    Ending {
        session_id: full.session.session_id.clone(),
        by: response::user(by),
        duration: full.session.duration,
        reason: full.session.end_reason.clone(),
    }
}

fn sends(media: MediaBody) -> Sends {
    Sends { video: media.has_video, audio: media.has_audio, sharing: media.is_screen_sharing }
}

#[derive(Debug)]
pub(crate) struct Sessions {
    context: Arc<ServerContext>,
    store: Store,
    hub: HubHandle<Hub>,
    /// What carries the media of calls of several; `None`: their members do.
    engine: Option<GroupEngine>,
    ring_timeout: Duration,
    /// Of a group session.
    max_participants: u32,
    initiates: Rate<String>,
    /// Seats that the records have and the rooms do not; who is here twice in a row is gone.
    suspects: Mutex<BTreeSet<(String, String)>>,
}

impl Sessions {
    pub(crate) fn new(
        context: Arc<ServerContext>,
        config: &BackendConfig,
        store: Store,
        (hub, engine): (HubHandle<Hub>, Option<GroupEngine>),
    ) -> Self {
        Self {
            initiates: Rate::per_minute(context.config.limits.initiates_per_minute),
            ring_timeout: config.ring_timeout,
            max_participants: config.setting(&MAX_PARTICIPANTS),
            suspects: Mutex::default(),
            context,
            store,
            hub,
            engine,
        }
    }

    /// Forgets rate limits of people who have been quiet.
    pub(crate) fn sweep(&self) {
        self.initiates.sweep();
    }

    /// Gives a user a seat; they are to enter the room with their socket next.
    pub(crate) async fn join(&self, me: &Account, session_id: &str) -> Result<FullSession, ApiError> {
        let full = self.open_to(me, session_id).await?;
        let (id, user) = (session_id.to_owned(), me.id.clone());
        if self.hub.look(move |hub| hub.is_in(&id, &user)).await.unwrap_or(false) {
            return Err(ApiError::bad_request("User already in the call session"));
        }
        let full = self.seat(me, full).await?;
        let news = News::Seated { facts: Box::new(self.facts(&full)), user: response::user(me) };
        self.hub.tell(news).await;
        Ok(full)
    }

    /// The same for a socket that enters at once; what it may not do is said in words.
    pub(crate) async fn enter(
        &self,
        me: &Account,
        session_id: &str,
        peer_id: &str,
    ) -> Result<Entrance, ApiError> {
        let full = self.meant_for(me, session_id).await?;
        if full.is_over() {
            return Ok(Entrance::Over(ending(&full, &full.initiator)));
        }
        let full = self.seat(me, full).await?;
        self.store.name_seat(session_id, &me.id, peer_id).await?;
        Ok(Entrance::Open(Box::new(self.facts(&full))))
    }

    /// Ends a session for all its participants.
    pub(crate) async fn end(&self, me: &Account, session_id: &str) -> Result<FullSession, ApiError> {
        let full = self.found(session_id).await?;
        self.may_see(me, &full)?;
        if full.is_over() {
            return Err(ApiError::not_found(NOT_FOUND));
        }
        let pair = SessionType::parse(&full.session.kind) == SessionType::OneToOne;
        if full.session.initiator != me.id && !pair {
            return Err(ApiError::forbidden("Only the initiator can end this call session"));
        }
        let reason = (full.session.status == "waiting").then_some("cancelled");
        self.finish(session_id, None, me, reason).await?;
        self.found(session_id).await
    }

    /// An invited person says no.
    pub(crate) async fn decline(&self, me: &Account, session_id: &str, busy: bool) -> Result<(), ApiError> {
        let full = self.found(session_id).await?;
        if !full.is_invited(&me.id) {
            return Err(ApiError::forbidden("You are not invited to this call session"));
        }
        let reason = if busy { "busy" } else { "declined" };
        if full.is_over() || !self.store.answer_invitation(session_id, &me.id, reason).await? {
            return Err(ApiError::not_found(NOT_FOUND));
        }
        let news = News::Declined {
            session_id: session_id.to_owned(),
            user: me.id.clone(),
            reason: reason.to_owned(),
        };
        self.hub.tell(news).await;
        let invited = self.found(session_id).await?.invitees;
        if invited.iter().all(|invitee| matches!(invitee.state.as_str(), "declined" | "busy")) {
            self.finish(session_id, Some("waiting"), me, Some(reason)).await?;
        }
        Ok(())
    }

    /// The media a participant sends.
    pub(crate) async fn media(
        &self,
        me: &Account,
        session_id: &str,
        media: MediaBody,
    ) -> Result<(), ApiError> {
        let full = self.found(session_id).await?;
        self.may_see(me, &full)?;
        if media.is_screen_sharing == Some(true) && !response::settings(&full.session).allow_screen_share {
            return Err(ApiError::forbidden("Screen sharing is not allowed in this call session"));
        }
        if full.is_over() || !self.store.set_media(session_id, &me.id, sends(media)).await? {
            return Err(ApiError::not_found("Participant not found in call session"));
        }
        let (session_id, user) = (session_id.to_owned(), me.id.clone());
        self.hub.tell(News::Media { session_id, user, media }).await;
        Ok(())
    }

    /// A session that a user takes part in, over or not.
    pub(crate) async fn seen(&self, me: &Account, session_id: &str) -> Result<FullSession, ApiError> {
        let full = self.found(session_id).await?;
        self.may_see(me, &full)?;
        Ok(full)
    }

    /// Does what the hub has decided about a record.
    pub(crate) async fn perform(&self, Job { order, .. }: Job<Order>) {
        let outcome = match &order {
            Order::Miss { session_id } => self.give_up(session_id, Some("waiting"), "missed").await,
            Order::TimeOut { session_id } => self.give_up(session_id, None, "timeout").await,
            Order::CloseInvitations { session_id } => self.store.miss_invitations(session_id).await,
            Order::Left { session_id, user, lost } => self.left(session_id, user, *lost).await,
            Order::Abandon { session_id } => self.abandon(session_id).await,
            Order::Media { session_id, user, media } => {
                self.store.set_media(session_id, user, sends(*media)).await.map(drop)
            }
            Order::Quality { session_id, user, report } => {
                self.count_report(report);
                self.store.add_report(session_id, user, report).await
            }
            Order::Issue { session_id, user, about, issue } => {
                self.context.metrics.connection_issue(BACKEND, issue.as_str());
                self.store.add_issue(session_id, user, about.as_deref(), *issue).await
            }
            Order::Engine(request) => {
                if let Some(engine) = &self.engine {
                    engine.ask(request.clone()).await;
                }
                Ok(())
            }
        };
        if let Err(error) = outcome {
            warn_rarely!(error, "A call session was not updated");
        }
    }

    /// Tells the hub of every session that is not over, and frees seats that no room knows of: after a
    /// restart, and should an order have been lost.
    pub(crate) async fn reconcile(&self) -> Result<(), StoreError> {
        let mut missing = BTreeSet::new();
        for full in self.store.open_sessions().await? {
            self.hub.tell(News::Learned(Box::new(self.facts(&full)))).await;
            let id = full.session.session_id.clone();
            let look = id.clone();
            let Some(live) = self.hub.look(move |hub| hub.seats(&look)).await else { return Ok(()) };
            let active = full.seats.iter().filter(|seat| seat.is_active);
            let gone = active.filter(|seat| !live.contains_key(&seat.account.id));
            missing.extend(gone.map(|seat| (id.clone(), seat.account.id.clone())));
        }
        let before = {
            let mut suspects = self.suspects.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *suspects, missing.clone())
        };
        for (session_id, user) in before.intersection(&missing) {
            self.left(session_id, user, false).await?;
        }
        Ok(())
    }

    async fn seat(&self, me: &Account, full: FullSession) -> Result<FullSession, ApiError> {
        let session_id = &full.session.session_id;
        let settings = response::settings(&full.session);
        let sends = Sends {
            video: Some(settings.is_video_enabled),
            audio: Some(settings.is_audio_enabled),
            sharing: None,
        };
        let now = Millis::now();
        match self.store.take_seat(session_id, &me.id, sends, now).await? {
            Seating::Taken => {}
            Seating::Full => return Err(ApiError::bad_request("Call session is full")),
            Seating::Over => return Err(ApiError::not_found(NOT_FOUND)),
        }
        self.store.answer_invitation(session_id, &me.id, "joined").await?;
        if me.id != full.session.initiator && self.store.mark_active(session_id, now).await? {
            self.count(Outcome::Answered);
            info!(session = session_id, "Call session active");
        }
        self.found(session_id).await
    }

    /// `lost`: somebody may come back to a session that nobody is in now.
    async fn left(&self, session_id: &str, user: &str, lost: bool) -> Result<(), StoreError> {
        let (id, who) = (session_id.to_owned(), user.to_owned());
        if self.hub.look(move |hub| hub.seats(&id).contains_key(&who)).await.unwrap_or(false) {
            // They came again before this was heard, and the seat is theirs.
            return Ok(());
        }
        if self.store.leave_seat(session_id, user, Millis::now()).await? > 0 || lost {
            return Ok(());
        }
        let Some(full) = self.store.session(session_id).await? else { return Ok(()) };
        let by = self.store.account(user).await?.unwrap_or_else(|| full.initiator.clone());
        let reason = (full.session.status == "waiting").then_some("cancelled");
        self.finish(session_id, None, &by, reason).await
    }

    async fn give_up(&self, session_id: &str, from: Option<&str>, reason: &str) -> Result<(), StoreError> {
        let Some(full) = self.store.session(session_id).await? else { return Ok(()) };
        self.finish(session_id, from, &full.initiator, Some(reason)).await
    }

    /// The one way a session ends. The hub is notified also when another request ended it: it may not have
    /// heard.
    async fn finish(
        &self,
        session_id: &str,
        from: Option<&str>,
        by: &Account,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        let done = self.store.mark_ended(session_id, from, reason, Millis::now()).await?;
        self.tell_end(session_id, by, reason, done).await
    }

    /// Ends a session that all have lost, unless somebody comes at this moment.
    async fn abandon(&self, session_id: &str) -> Result<(), StoreError> {
        let Some(full) = self.store.session(session_id).await? else { return Ok(()) };
        let done = self.store.mark_abandoned(session_id, Millis::now()).await?;
        self.tell_end(session_id, &full.initiator, None, done).await
    }

    async fn tell_end(
        &self,
        session_id: &str,
        by: &Account,
        reason: Option<&str>,
        done: bool,
    ) -> Result<(), StoreError> {
        let Some(full) = self.store.session(session_id).await? else { return Ok(()) };
        if !full.is_over() {
            return Ok(());
        }
        if done {
            self.count(match reason {
                Some("declined") => Outcome::Declined,
                Some("busy") => Outcome::Busy,
                Some("missed") => Outcome::Missed,
                Some("cancelled") => Outcome::Cancelled,
                Some(_) | None => Outcome::Ended,
            });
            info!(session = session_id, duration = full.session.duration, reason, "Call session ended");
        }
        self.hub.tell(News::Ended(ending(&full, by))).await;
        Ok(())
    }

    /// Whether a user who has just entered may still stay: members of a therapy session change.
    pub(crate) async fn may_stay(&self, me: &Account, session_id: &str) -> Result<(), ApiError> {
        self.meant_for(me, session_id).await.map(drop)
    }

    /// Ends the calls of a therapy session that is over.
    pub(crate) async fn end_of_therapy(&self, by: &Account, therapy: &str) -> Result<(), StoreError> {
        for full in self.store.open_sessions().await? {
            if full.session.therapy.as_deref() == Some(therapy) {
                self.finish(&full.session.session_id, None, by, None).await?;
            }
        }
        Ok(())
    }

    /// Takes back invitations to calls of a therapy session from those who are of it no more.
    pub(crate) async fn uninvite_strangers(&self, therapy: &FullTherapy) -> Result<(), StoreError> {
        for full in self.store.open_sessions().await? {
            if full.session.therapy.as_ref() != Some(&therapy.session.id) {
                continue;
            }
            let id = &full.session.session_id;
            for invitee in full.invitees.iter().filter(|invitee| !therapy.is_member(&invitee.account.id)) {
                self.store.answer_invitation(id, &invitee.account.id, "missed").await?;
            }
        }
        Ok(())
    }

    /// A session that is not over and that a user may enter.
    async fn open_to(&self, me: &Account, session_id: &str) -> Result<FullSession, ApiError> {
        let full = self.meant_for(me, session_id).await?;
        if full.is_over() {
            return Err(ApiError::not_found(NOT_FOUND));
        }
        Ok(full)
    }

    /// A session that a user may enter, over or not.
    async fn meant_for(&self, me: &Account, session_id: &str) -> Result<FullSession, ApiError> {
        let full = self.found(session_id).await?;
        let invited = full.session.initiator == me.id || full.is_invited(&me.id);
        let allowed = match full.session.therapy {
            // Its people may change while an invitation lasts.
            Some(_) => self.is_of_therapy(me, &full).await?,
            None => invited || full.session.open,
        };
        if !allowed {
            return Err(ApiError::forbidden("You are not invited to this call session"));
        }
        Ok(full)
    }

    async fn is_of_therapy(&self, me: &Account, full: &FullSession) -> Result<bool, StoreError> {
        let Some(id) = &full.session.therapy else { return Ok(false) };
        Ok(self.store.therapy(id).await?.is_some_and(|therapy| therapy.is_member(&me.id)))
    }

    fn may_see(&self, me: &Account, full: &FullSession) -> Result<(), ApiError> {
        if full.session.initiator == me.id || full.is_invited(&me.id) || full.has_seat(&me.id) {
            Ok(())
        } else {
            Err(ApiError::forbidden("You are not part of this call session"))
        }
    }

    async fn found(&self, session_id: &str) -> Result<FullSession, ApiError> {
        self.store.session(session_id).await?.ok_or_else(|| ApiError::not_found(NOT_FOUND))
    }

    fn facts(&self, full: &FullSession) -> Facts {
        let mut ice: Vec<IceServer> = self.context.ice_servers(BACKEND, "", Millis::now());
        // All invited users read the same, so no credentials.
        ice.retain(|server| server.credential.is_none());
        response::facts(full, ice)
    }

    /// Sessions that any user may enter: to try the server out, and for web clients that expect them.
    fn has_demo_sessions(&self) -> bool {
        self.context.config.demo_data || self.context.config.mode == Mode::Compat
    }

    fn count_report(&self, report: &Report) {
        for member in &report.members {
            self.context.metrics.quality_report(BACKEND, member.level.as_str());
        }
    }

    fn count(&self, outcome: Outcome) {
        self.context.metrics.call(BACKEND, outcome);
    }
}
