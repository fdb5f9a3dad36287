//! What notifications say. Pure.

use bellwire_engine::{CallView, MediaKind};

use crate::i18n::{NoticeWords, Words, cut, isolated};
use crate::ring::messages::Told;
use crate::ring::notify::{Answer, Note, Topic};
use crate::ring::reminders::Begins;
use crate::ring::ringing::RingNote;

/// Characters of a name or of what a call is about.
const LONGEST: usize = 80;
/// Characters of a message.
const TEXT: usize = 160;

/// A room in which the other side waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// We let them in: a practitioner and a patient.
    Admits,
    Joins,
}

/// In the same words as the main window and the answer window.
pub(super) fn ring(ring: RingNote, call: &CallView, room: Option<Room>, words: &Words) -> Note {
    let words = &words.notices;
    let accept = match (ring.ends_another, room) {
        (true, None) => (Answer::EndAndAccept, words.end_and_accept),
        (true, Some(_)) => (Answer::EndAndAccept, words.end_and_join),
        (false, None) => (Answer::Accept, words.accept),
        (false, Some(Room::Joins)) => (Answer::Accept, words.join),
        (false, Some(Room::Admits)) => (Answer::Accept, words.admit),
    };
    let decline = if room.is_some() { words.not_now } else { words.decline };
    let mut buttons = vec![accept, (Answer::Decline, decline)];
    if !ring.silenced {
        buttons.push((Answer::Silence, words.silence));
    }
    let kind = match call.kind {
        MediaKind::Voice => words.incoming_voice,
        MediaKind::Video => words.incoming_video,
    };
    Note {
        topic: Topic::Ring(call.id),
        title: match (ring.ends_another, room) {
            (_, Some(Room::Admits)) => words.patient_waits,
            (_, Some(Room::Joins)) => words.waits,
            (true, None) => words.waiting,
            (false, None) => kind,
        }
        .to_owned(),
        body: (words.from)(&name(call, words), about(call).as_deref()),
        buttons,
        silent: ring.silent,
    }
}

pub(super) fn missed(call: &CallView, count: u32, words: &Words) -> Note {
    let words = &words.notices;
    Note {
        topic: Topic::Missed(call.account, call.peer.id.clone()),
        title: words.missed.to_owned(),
        body: (words.missed_from)(&name(call, words), count),
        buttons: vec![(Answer::CallBack, words.call_back), (Answer::Open, words.show)],
        silent: false,
    }
}

/// The newest message of a thread, and how many came since somebody looked.
pub(super) fn message(told: &Told, words: &Words) -> Note {
    let words = &words.notices;
    let sender = somebody(&told.sender, words);
    Note {
        topic: Topic::Message(told.account, told.thread.clone()),
        title: if told.count > 1 { format!("{sender} ({})", told.count) } else { sender },
        body: isolated(&cut(&told.text, TEXT)),
        buttons: vec![(Answer::Open, words.show)],
        silent: false,
    }
}

/// An appointment or session that begins in some minutes.
pub(super) fn soon(begins: &Begins, words: &Words) -> Note {
    let words = &words.notices;
    Note {
        topic: Topic::Soon(begins.account, begins.line.clone()),
        title: words.soon.to_owned(),
        body: (words.soon_with)(&somebody(&begins.name, words), begins.minutes),
        buttons: vec![(Answer::Open, words.show)],
        silent: false,
    }
}

fn name(call: &CallView, words: &NoticeWords) -> String {
    somebody(&call.peer.name, words)
}

fn somebody(name: &str, words: &NoticeWords) -> String {
    let name = name.trim();
    isolated(&cut(if name.is_empty() { words.someone } else { name }, LONGEST))
}

fn about(call: &CallView) -> Option<String> {
    let label =
        call.subject.as_ref().map(|subject| subject.label.trim()).filter(|label| !label.is_empty())?;
    Some(isolated(&cut(label, LONGEST)))
}
