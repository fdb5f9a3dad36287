//! Carries out the rules of ringing: answer window, notifications and what people do with them. The rules
//! are `ringing.rs`; the sound is `ring_sound.rs`.

mod start;

pub(crate) use start::start;

use std::sync::Arc;

use bellwire_engine::{AccountId, CallId, CallView, Handle, MediaKind, Person, PersonId, Subject};
use tokio::sync::watch;

use crate::desktop::Desktop;
use crate::notify::{Answer, Note, Said, Topic};
use crate::ringing::{MissedCalls, RingNote, ringing};
use crate::settings::Settings;
use crate::surroundings::{DesktopView, Quiet};
use crate::words::{NoticeWords, Words, cut, isolated};

/// Characters of a name or of what a call is about in a notification.
const LONGEST: usize = 80;

/// What somebody asked for by a notification, the tray, a key or a button.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// And brings the main window to the front.
    Accept(CallId),
    /// As [`Act::Accept`].
    EndAndAccept(CallId),
    Decline(CallId),
    Silence(CallId),
    /// Brings the main window to the front.
    Show,
    /// Shows the earlier calls.
    ShowHistory,
    CallBack {
        account: AccountId,
        person: Person,
        kind: MediaKind,
        subject: Option<Subject>,
    },
}

/// What ringing calls do to the desktop now.
#[derive(Debug)]
pub(crate) struct Ringer {
    settings: watch::Receiver<Arc<Settings>>,
    surroundings: watch::Receiver<DesktopView>,
    /// BCP 47, where the settings name none.
    language: String,
    // Newest wins: what is wanted now is all that counts.
    notes: watch::Sender<Vec<Note>>,
    calls: Vec<CallView>,
    missed: MissedCalls,
    /// Of the surroundings, when last looked at.
    unseen: u32,
    /// The answer window is up.
    up: bool,
}

impl Ringer {
    pub(crate) fn new(
        settings: watch::Receiver<Arc<Settings>>,
        surroundings: watch::Receiver<DesktopView>,
        language: String,
        notes: watch::Sender<Vec<Note>>,
    ) -> Self {
        Self {
            settings,
            surroundings,
            language,
            notes,
            calls: Vec::new(),
            missed: MissedCalls::default(),
            unseen: 0,
            up: false,
        }
    }

    /// The phone has these calls now.
    pub(crate) fn calls(&mut self, calls: &[CallView], desktop: &impl Desktop) {
        if self.calls != calls {
            self.calls = calls.to_vec();
            self.refresh(desktop);
        }
    }

    pub(crate) fn missed(&mut self, call: CallView, desktop: &impl Desktop) {
        let quiet = self.surroundings.borrow().quiet;
        self.missed.add(call, quiet);
        self.refresh(desktop);
    }

    /// Waits until settings or surroundings changed; `None`: the program is ending.
    pub(crate) async fn changed(&mut self) -> Option<()> {
        tokio::select! {
            changed = self.settings.changed() => changed.ok(),
            changed = self.surroundings.changed() => changed.ok(),
        }
    }

    /// Makes the desktop what calls, settings and do-not-disturb ask for.
    pub(crate) fn refresh(&mut self, desktop: &impl Desktop) {
        let settings = Arc::clone(&self.settings.borrow_and_update());
        let (quiet, unseen) = {
            let view = self.surroundings.borrow_and_update();
            (view.quiet, view.missed)
        };
        if unseen == 0 && self.unseen > 0 {
            self.missed.clear();
        }
        self.unseen = unseen;
        self.missed.quiet(quiet);

        let wanted = ringing(&self.calls, quiet, settings.notify_calls);
        if wanted.window != self.up {
            self.up = wanted.window;
            if self.up { desktop.show_ring() } else { desktop.hide_ring() }
        }
        let notes = self.wanted_notes(&wanted.notes, &settings, quiet);
        self.notes.send_if_modified(|old| {
            let changed = *old != notes;
            *old = notes;
            changed
        });
    }

    fn wanted_notes(&self, rings: &[RingNote], settings: &Settings, quiet: Quiet) -> Vec<Note> {
        let words = Words::of(settings.language.as_deref().unwrap_or(&self.language));
        let rings = rings.iter().filter_map(|ring| {
            let call = self.calls.iter().find(|call| call.id == ring.call)?;
            Some(ring_note(*ring, call, words))
        });
        let missed = self.missed.shown().filter(|_| settings.notify_missed && quiet == Quiet::Off);
        rings.chain(missed.map(|missed| missed_note(&missed.call, missed.count, words))).collect()
    }

    /// What somebody did with a notification; `None`: nothing is to be done.
    pub(crate) fn said(&mut self, said: Said, desktop: &impl Desktop) -> Option<Act> {
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
                self.refresh(desktop);
                act
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

/// Carries it out: the one place that says what comes with an answer.
pub(crate) async fn act(act: Act, engine: &Handle, desktop: &impl Desktop) {
    match act {
        Act::Accept(call) => {
            engine.accept(call).await;
            desktop.show_main();
        }
        Act::EndAndAccept(call) => {
            engine.end_and_accept(call).await;
            desktop.show_main();
        }
        Act::Decline(call) => engine.decline(call).await,
        Act::Silence(call) => engine.silence(call).await,
        Act::Show => desktop.show_main(),
        Act::ShowHistory => {
            desktop.show_main();
            desktop.emit("go", "history");
        }
        Act::CallBack { account, person, kind, subject } => {
            desktop.show_main();
            engine.dial(account, person, kind, subject).await;
        }
    }
}

fn ring_note(ring: RingNote, call: &CallView, words: &Words) -> Note {
    let words = &words.notices;
    let accept = if ring.ends_another {
        (Answer::EndAndAccept, words.end_and_accept)
    } else {
        (Answer::Accept, words.accept)
    };
    let mut buttons = vec![accept, (Answer::Decline, words.decline)];
    if !ring.silenced {
        buttons.push((Answer::Silence, words.silence));
    }
    let kind = match call.kind {
        MediaKind::Voice => words.incoming_voice,
        MediaKind::Video => words.incoming_video,
    };
    Note {
        topic: Topic::Ring(call.id),
        title: if ring.ends_another { words.waiting } else { kind }.to_owned(),
        body: (words.from)(&name(call, words), about(call).as_deref()),
        buttons,
    }
}

fn missed_note(call: &CallView, count: u32, words: &Words) -> Note {
    let words = &words.notices;
    Note {
        topic: Topic::Missed(call.account, call.peer.id.clone()),
        title: words.missed.to_owned(),
        body: (words.missed_from)(&name(call, words), count),
        buttons: vec![(Answer::CallBack, words.call_back), (Answer::Open, words.show)],
    }
}

fn name(call: &CallView, words: &NoticeWords) -> String {
    let name = call.peer.name.trim();
    isolated(&cut(if name.is_empty() { words.someone } else { name }, LONGEST))
}

fn about(call: &CallView) -> Option<String> {
    let label =
        call.subject.as_ref().map(|subject| subject.label.trim()).filter(|label| !label.is_empty())?;
    Some(isolated(&cut(label, LONGEST)))
}

#[cfg(test)]
mod tests;
