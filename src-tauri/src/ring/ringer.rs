//! Carries out the rules of ringing and of being told: answer window, notifications and what people do with
//! them. The rules are `ringing.rs`, `messages.rs` and `soon.rs`; the sound is `ring_sound.rs`.

mod text;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bellwire_engine::{AccountId, CallView, EngineView, PersonId};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior};

use self::text::Room;
use crate::i18n::Words;
use crate::ring::actions::{Act, ThreadPlace};
use crate::ring::do_not_disturb::Callers;
use crate::ring::messages::Messages;
use crate::ring::missed::MissedCalls;
use crate::ring::notify::{Answer, Note, Said, Topic};
use crate::ring::reminders::{self, Soon};
use crate::ring::ringing::{Comes, RingNote, Ringing, comes, ringing};
use crate::shell_state::{DesktopView, Quiet};
use crate::storage::settings::Settings;
use crate::ui::Ui;

/// The clock is looked at so often while an appointment or session is to come.
const LOOK: Duration = Duration::from_secs(20);

/// What the rules are told, and whom they tell.
#[derive(Debug)]
pub(crate) struct Around {
    pub(crate) settings: watch::Receiver<Arc<Settings>>,
    pub(crate) surroundings: watch::Receiver<DesktopView>,
    /// Somebody sits before the main window.
    pub(crate) focus: watch::Receiver<bool>,
    /// BCP 47, where the settings name none.
    pub(crate) language: String,
    // Newest wins, for both: what is wanted now is all that counts.
    pub(crate) notes: watch::Sender<Vec<Note>>,
    /// A call rings in spite of do-not-disturb.
    pub(crate) through: watch::Sender<bool>,
    pub(crate) soon: Soon,
}

/// What calls, messages and appointments do to the desktop now.
#[derive(Debug)]
pub(crate) struct Ringer {
    around: Around,
    view: Arc<EngineView>,
    callers: Callers,
    messages: Messages,
    missed: MissedCalls,
    /// Of the surroundings, when last looked at.
    unseen: u32,
    /// The answer window is up.
    up: bool,
    /// Begins with the first look, inside the runtime.
    look: Option<Interval>,
}

impl Ringer {
    pub(crate) fn new(around: Around) -> Self {
        Self {
            around,
            view: Arc::default(),
            callers: Callers::default(),
            messages: Messages::default(),
            missed: MissedCalls::default(),
            unseen: 0,
            up: false,
            look: None,
        }
    }

    /// The engine shows this now; the wall clock says `now`.
    pub(crate) fn view(&mut self, view: &Arc<EngineView>, now: SystemTime, desktop: &impl Ui) {
        self.view = Arc::clone(view);
        self.refresh(now, desktop);
    }

    pub(crate) fn missed(&mut self, call: CallView, now: SystemTime, desktop: &impl Ui) {
        let quiet = self.around.surroundings.borrow().quiet;
        self.missed.add(call, quiet);
        self.refresh(now, desktop);
    }

    /// Waits until settings, surroundings or the focus changed, or the clock is to be looked at; `None`: the
    /// program is ending.
    pub(crate) async fn changed(&mut self, now: SystemTime) -> Option<()> {
        let clock = self.around.settings.borrow().notify_soon && reminders::anything(&self.view, now.into());
        let look = self.look.get_or_insert_with(|| {
            let mut look = tokio::time::interval(LOOK);
            look.set_missed_tick_behavior(MissedTickBehavior::Delay);
            look
        });
        tokio::select! {
            changed = self.around.settings.changed() => changed.ok(),
            changed = self.around.surroundings.changed() => changed.ok(),
            changed = self.around.focus.changed() => changed.ok(),
            _ = look.tick(), if clock => Some(()),
        }
    }

    /// Makes the desktop what calls, messages, settings and do-not-disturb ask for.
    pub(crate) fn refresh(&mut self, now: SystemTime, desktop: &impl Ui) {
        let settings = Arc::clone(&self.around.settings.borrow_and_update());
        let focused = *self.around.focus.borrow_and_update();
        let (quiet, unseen) = {
            let view = self.around.surroundings.borrow_and_update();
            (view.quiet, view.missed)
        };
        if unseen == 0 && self.unseen > 0 {
            self.missed.clear();
        }
        self.unseen = unseen;
        self.missed.quiet(quiet);
        self.callers.note(&self.view.phone.calls, now);
        self.messages.note(&self.view, focused, quiet != Quiet::Off || !settings.notify_messages);
        self.around.soon.note(&self.view, now.into(), quiet != Quiet::Off || !settings.notify_soon);

        let wanted = self.ringing(quiet, focused, &settings);
        let through = quiet != Quiet::Off && wanted.audible;
        self.around.through.send_if_modified(|old| std::mem::replace(old, through) != through);
        if wanted.window != self.up {
            self.up = wanted.window;
            if self.up { desktop.show_ring() } else { desktop.hide_ring() }
        }
        let notes = self.wanted_notes(&wanted.notes, &settings, quiet);
        self.around.notes.send_if_modified(|old| {
            let changed = *old != notes;
            *old = notes;
            changed
        });
    }

    fn ringing(&self, quiet: Quiet, focused: bool, settings: &Settings) -> Ringing {
        let calls = &self.view.phone.calls;
        ringing(calls, |call| self.comes(call, quiet, settings), settings.notify_calls, focused)
    }

    /// The other side does not ring, it waits in a room.
    fn in_room(&self, call: &CallView) -> Option<Room> {
        let account = self.view.accounts.iter().find(|account| account.id == call.account)?;
        let admits = account.role.eq_ignore_ascii_case("practitioner");
        let room = if admits { Room::Admits } else { Room::Joins };
        account.capabilities.ring_timeout_s.is_none().then_some(room)
    }

    fn comes(&self, call: &CallView, quiet: Quiet, settings: &Settings) -> Comes {
        let through = self.callers.through(call, &self.view.accounts, settings);
        comes(quiet, through, self.in_room(call).is_some())
    }

    fn wanted_notes(&self, rings: &[RingNote], settings: &Settings, quiet: Quiet) -> Vec<Note> {
        let words = Words::of(settings.language.as_deref().unwrap_or(&self.around.language));
        let rings = rings.iter().filter_map(|ring| {
            let call = self.view.phone.calls.iter().find(|call| call.id == ring.call)?;
            Some(text::ring(*ring, call, self.in_room(call), words))
        });
        let told = quiet == Quiet::Off;
        let missed = self.missed.shown().filter(|_| settings.notify_missed && told);
        let soon = self.around.soon.shown().iter().filter(|_| settings.notify_soon);
        let messages = self.messages.told().iter().filter(|_| settings.notify_messages && told);
        rings
            .chain(soon.map(|begins| text::soon(begins, words)))
            .chain(missed.map(|missed| text::missed(&missed.call, missed.count, words)))
            .chain(messages.map(|told| text::message(told, words)))
            .collect()
    }

    /// What somebody did with a notification; `None`: nothing is to be done.
    pub(crate) fn said(&mut self, said: Said, now: SystemTime, desktop: &impl Ui) -> Option<Act> {
        match said.topic {
            Topic::Ring(call) => match said.answer {
                Answer::Accept => Some(Act::Accept(call)),
                Answer::EndAndAccept => Some(Act::EndAndAccept(call)),
                Answer::Decline => Some(Act::Decline(call)),
                Answer::Silence => Some(Act::Silence(call)),
                Answer::Open => Some(Act::Show),
                // Put away it rings on, in its window.
                Answer::CallBack | Answer::Close => None,
            },
            Topic::Missed(account, person) => {
                let act = match said.answer {
                    Answer::Open => Some(Act::ShowHistory),
                    Answer::CallBack => self.call_back(account, &person),
                    Answer::Accept
                    | Answer::EndAndAccept
                    | Answer::Decline
                    | Answer::Silence
                    | Answer::Close => None,
                };
                self.missed.forget(account, &person);
                self.refresh(now, desktop);
                act
            }
            Topic::Message(account, thread) => {
                self.messages.forget(account, &thread);
                self.refresh(now, desktop);
                opened(said.answer).then_some(Act::ShowThread(ThreadPlace { account, thread }))
            }
            Topic::Soon(account, line) => {
                self.around.soon.forget(account, &line);
                self.refresh(now, desktop);
                opened(said.answer).then_some(Act::Show)
            }
        }
    }

    fn call_back(&self, account: AccountId, person: &PersonId) -> Option<Act> {
        let call = &self.missed.of(account, person)?.call;
        Some(Act::CallBack {
            account,
            person: call.peer.clone(),
            kind: call.kind,
            subject: call.subject.clone(),
        })
    }
}

fn opened(answer: Answer) -> bool {
    match answer {
        Answer::Open => true,
        Answer::Accept
        | Answer::EndAndAccept
        | Answer::Decline
        | Answer::Silence
        | Answer::CallBack
        | Answer::Close => false,
    }
}

#[cfg(test)]
mod tests;
