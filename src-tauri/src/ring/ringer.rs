//! The ringer: carries out the rules of ringing, message alerts and reminders on the answer window and the
//! notifications. The rules are `ringing.rs`, `messages.rs`, `missed.rs` and `reminders.rs`; the sound is
//! `ring_sound.rs`.

mod text;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bellwire_engine::{AccountId, CallView, EngineView, PersonId};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};

use self::text::Room;
use crate::events::ThreadPlace;
use crate::i18n::Strings;
use crate::ring::actions::CallAction;
use crate::ring::do_not_disturb::RecentCallers;
use crate::ring::messages::UnreadMessages;
use crate::ring::missed::MissedCalls;
use crate::ring::notify::{NotificationAction, NotificationContent, NotificationEvent, Topic};
use crate::ring::reminders::{self, Reminders};
use crate::ring::ringing::{RingEffects, RingLevel, RingNotification, ring_level, ringing};
use crate::shell_state::{DesktopView, Quiet};
use crate::storage::settings::Settings;
use crate::ui::Ui;

/// How often the clock is read while an appointment or session is ahead.
const CLOCK_POLL_INTERVAL: Duration = Duration::from_secs(20);

/// The channels of the ringer.
#[derive(Debug)]
pub(crate) struct RingerInputs {
    pub(crate) settings: watch::Receiver<Arc<Settings>>,
    pub(crate) shell_state: watch::Receiver<DesktopView>,
    /// The main window has the focus.
    pub(crate) focus: watch::Receiver<bool>,
    /// BCP 47, where the settings name none.
    pub(crate) language: String,
    // Newest wins, for both.
    pub(crate) notifications: watch::Sender<Vec<NotificationContent>>,
    /// A call rings as an exception to do-not-disturb.
    pub(crate) through: watch::Sender<bool>,
    pub(crate) reminders: Reminders,
}

/// The ringer's present state.
#[derive(Debug)]
pub(crate) struct Ringer {
    inputs: RingerInputs,
    view: Arc<EngineView>,
    callers: RecentCallers,
    messages: UnreadMessages,
    missed: MissedCalls,
    /// Missed calls in the shell state at the last refresh.
    unseen: u32,
    /// The answer window is up.
    up: bool,
    /// Created at the first use, inside the runtime.
    look: Option<Interval>,
}

impl Ringer {
    pub(crate) fn new(inputs: RingerInputs) -> Self {
        Self {
            inputs,
            view: Arc::default(),
            callers: RecentCallers::default(),
            messages: UnreadMessages::default(),
            missed: MissedCalls::default(),
            unseen: 0,
            up: false,
            look: None,
        }
    }

    /// A new snapshot of the engine; `now` is wall-clock time.
    pub(crate) fn view(&mut self, view: &Arc<EngineView>, now: SystemTime, ui: &impl Ui) {
        self.view = Arc::clone(view);
        self.refresh(now, ui);
    }

    pub(crate) fn missed(&mut self, call: CallView, now: SystemTime, ui: &impl Ui) {
        let quiet = self.inputs.shell_state.borrow().quiet;
        self.missed.add(call, quiet);
        self.refresh(now, ui);
    }

    /// Waits for a change of settings, shell state or focus, or for the clock; `None`: the
    /// program is quitting.
    pub(crate) async fn changed(&mut self, now: SystemTime) -> Option<()> {
        let clock =
            self.inputs.settings.borrow().notify_soon && reminders::any_upcoming(&self.view, now.into());
        let look = self.look.get_or_insert_with(|| {
            let mut look = tokio::time::interval(CLOCK_POLL_INTERVAL);
            look.set_missed_tick_behavior(MissedTickBehavior::Delay);
            look
        });
        tokio::select! {
            changed = self.inputs.settings.changed() => changed.ok(),
            changed = self.inputs.shell_state.changed() => changed.ok(),
            changed = self.inputs.focus.changed() => changed.ok(),
            _ = look.tick(), if clock => Some(()),
        }
    }

    /// Applies the rules to the answer window and the notifications.
    pub(crate) fn refresh(&mut self, now: SystemTime, ui: &impl Ui) {
        let settings = Arc::clone(&self.inputs.settings.borrow_and_update());
        let focused = *self.inputs.focus.borrow_and_update();
        let (quiet, unseen) = {
            let view = self.inputs.shell_state.borrow_and_update();
            (view.quiet, view.missed)
        };
        if unseen == 0 && self.unseen > 0 {
            self.missed.clear();
        }
        self.unseen = unseen;
        self.missed.quiet(quiet);
        self.callers.update(&self.view.phone.calls, now);
        self.messages.update(&self.view, focused, quiet != Quiet::Off || !settings.notify_messages);
        self.inputs.reminders.update(&self.view, now.into(), quiet != Quiet::Off || !settings.notify_soon);

        let wanted = self.ringing(quiet, focused, &settings);
        let through = quiet != Quiet::Off && wanted.audible;
        self.inputs.through.send_if_modified(|old| std::mem::replace(old, through) != through);
        if wanted.window != self.up {
            self.up = wanted.window;
            if self.up { ui.show_ring() } else { ui.hide_ring() }
        }
        let notifications = self.wanted_notes(&wanted.notifications, &settings, quiet);
        self.inputs.notifications.send_if_modified(|old| {
            let changed = *old != notifications;
            *old = notifications;
            changed
        });
    }

    fn ringing(&self, quiet: Quiet, focused: bool, settings: &Settings) -> RingEffects {
        let calls = &self.view.phone.calls;
        ringing(calls, |call| self.ring_level(call, quiet, settings), settings.notify_calls, focused)
    }

    /// The caller does not ring but waits in a room.
    fn in_room(&self, call: &CallView) -> Option<Room> {
        let account = self.view.accounts.iter().find(|account| account.id == call.account)?;
        let admits = account.role.eq_ignore_ascii_case("practitioner");
        let room = if admits { Room::Admits } else { Room::Joins };
        account.capabilities.ring_timeout_s.is_none().then_some(room)
    }

    fn ring_level(&self, call: &CallView, quiet: Quiet, settings: &Settings) -> RingLevel {
        let through = self.callers.bypasses(call, &self.view.accounts, settings);
        ring_level(quiet, through, self.in_room(call).is_some())
    }

    fn wanted_notes(
        &self,
        rings: &[RingNotification],
        settings: &Settings,
        quiet: Quiet,
    ) -> Vec<NotificationContent> {
        let strings = Strings::of(settings.language.as_deref().unwrap_or(&self.inputs.language));
        let rings = rings.iter().filter_map(|ring| {
            let call = self.view.phone.calls.iter().find(|call| call.id == ring.call)?;
            Some(text::ring(*ring, call, self.in_room(call), strings))
        });
        let allowed = quiet == Quiet::Off;
        let missed = self.missed.shown().filter(|_| settings.notify_missed && allowed);
        let soon = self.inputs.reminders.shown().iter().filter(|_| settings.notify_soon);
        let messages = self.messages.alerts().iter().filter(|_| settings.notify_messages && allowed);
        rings
            .chain(soon.map(|begins| text::soon(begins, strings)))
            .chain(missed.map(|missed| text::missed(&missed.call, missed.count, strings)))
            .chain(messages.map(|alert| text::message(alert, strings)))
            .collect()
    }

    /// Handles the user's action on a notification; `None`: nothing is to be done.
    pub(crate) fn on_notification(
        &mut self,
        event: NotificationEvent,
        now: SystemTime,
        ui: &impl Ui,
    ) -> Option<CallAction> {
        match event.topic {
            Topic::Ring(call) => match event.action {
                NotificationAction::Accept => Some(CallAction::Accept(call)),
                NotificationAction::EndAndAccept => Some(CallAction::EndAndAccept(call)),
                NotificationAction::Decline => Some(CallAction::Decline(call)),
                NotificationAction::Silence => Some(CallAction::Silence(call)),
                NotificationAction::Open => Some(CallAction::Show),
                // Without its notification the call still rings in the answer window.
                NotificationAction::CallBack | NotificationAction::Close => None,
            },
            Topic::Missed(account, person) => {
                let act = match event.action {
                    NotificationAction::Open => Some(CallAction::ShowHistory),
                    NotificationAction::CallBack => self.call_back(account, &person),
                    NotificationAction::Accept
                    | NotificationAction::EndAndAccept
                    | NotificationAction::Decline
                    | NotificationAction::Silence
                    | NotificationAction::Close => None,
                };
                self.missed.dismiss(account, &person);
                self.refresh(now, ui);
                act
            }
            Topic::Message(account, thread) => {
                self.messages.dismiss(account, &thread);
                self.refresh(now, ui);
                opened(event.action).then_some(CallAction::ShowThread(ThreadPlace { account, thread }))
            }
            Topic::Soon(account, line) => {
                self.inputs.reminders.dismiss(account, &line);
                self.refresh(now, ui);
                opened(event.action).then_some(CallAction::Show)
            }
        }
    }

    fn call_back(&self, account: AccountId, person: &PersonId) -> Option<CallAction> {
        let call = &self.missed.of(account, person)?.call;
        Some(CallAction::CallBack {
            account,
            person: call.peer.clone(),
            kind: call.kind,
            subject: call.subject.clone(),
        })
    }
}

fn opened(action: NotificationAction) -> bool {
    match action {
        NotificationAction::Open => true,
        NotificationAction::Accept
        | NotificationAction::EndAndAccept
        | NotificationAction::Decline
        | NotificationAction::Silence
        | NotificationAction::CallBack
        | NotificationAction::Close => false,
    }
}

#[cfg(test)]
mod tests;
