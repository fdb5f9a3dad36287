//! The text and buttons of notifications. Pure.

use bellwire_engine::{CallView, MediaKind};

use crate::i18n::{NotificationStrings, Strings, cut, isolated};
use crate::ring::messages::MessageAlert;
use crate::ring::notify::{NotificationAction, NotificationContent, Topic};
use crate::ring::reminders::Reminder;
use crate::ring::ringing::RingNotification;

/// Characters of a name or of what a call is about.
const MAX_NAME_CHARS: usize = 80;
/// Characters of a message.
const MAX_MESSAGE_CHARS: usize = 160;

/// A room in which the other side waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// We let them in: a practitioner and a patient.
    Admits,
    Joins,
}

/// In the same words as the main window and the answer window.
pub(super) fn ring(
    ring: RingNotification,
    call: &CallView,
    room: Option<Room>,
    strings: &Strings,
) -> NotificationContent {
    let strings = &strings.notices;
    let accept = match (ring.ends_another, room) {
        (true, None) => (NotificationAction::EndAndAccept, strings.end_and_accept),
        (true, Some(_)) => (NotificationAction::EndAndAccept, strings.end_and_join),
        (false, None) => (NotificationAction::Accept, strings.accept),
        (false, Some(Room::Joins)) => (NotificationAction::Accept, strings.join),
        (false, Some(Room::Admits)) => (NotificationAction::Accept, strings.admit),
    };
    let decline = if room.is_some() { strings.not_now } else { strings.decline };
    let mut buttons = vec![accept, (NotificationAction::Decline, decline)];
    if !ring.silenced {
        buttons.push((NotificationAction::Silence, strings.silence));
    }
    let kind = match call.kind {
        MediaKind::Voice => strings.incoming_voice,
        MediaKind::Video => strings.incoming_video,
    };
    NotificationContent {
        topic: Topic::Ring(call.id),
        title: match (ring.ends_another, room) {
            (_, Some(Room::Admits)) => strings.patient_waits,
            (_, Some(Room::Joins)) => strings.waits,
            (true, None) => strings.waiting,
            (false, None) => kind,
        }
        .to_owned(),
        body: (strings.from)(&name(call, strings), about(call).as_deref()),
        buttons,
        silent: ring.silent,
    }
}

pub(super) fn missed(call: &CallView, count: u32, strings: &Strings) -> NotificationContent {
    let strings = &strings.notices;
    NotificationContent {
        topic: Topic::Missed(call.account, call.peer.id.clone()),
        title: strings.missed.to_owned(),
        body: (strings.missed_from)(&name(call, strings), count),
        buttons: vec![
            (NotificationAction::CallBack, strings.call_back),
            (NotificationAction::Open, strings.show),
        ],
        silent: false,
    }
}

/// The newest message of a thread, and the number since the user last looked.
pub(super) fn message(alert: &MessageAlert, strings: &Strings) -> NotificationContent {
    let strings = &strings.notices;
    let sender = display_name(&alert.sender, strings);
    NotificationContent {
        topic: Topic::Message(alert.account, alert.thread.clone()),
        title: if alert.count > 1 { format!("{sender} ({})", alert.count) } else { sender },
        body: isolated(&cut(&alert.text, MAX_MESSAGE_CHARS)),
        buttons: vec![(NotificationAction::Open, strings.show)],
        silent: false,
    }
}

/// An appointment or session that begins in some minutes.
pub(super) fn soon(begins: &Reminder, strings: &Strings) -> NotificationContent {
    let strings = &strings.notices;
    NotificationContent {
        topic: Topic::Soon(begins.account, begins.line.clone()),
        title: strings.soon.to_owned(),
        body: (strings.soon_with)(&display_name(&begins.name, strings), begins.minutes),
        buttons: vec![(NotificationAction::Open, strings.show)],
        silent: false,
    }
}

fn name(call: &CallView, strings: &NotificationStrings) -> String {
    display_name(&call.peer.name, strings)
}

fn display_name(name: &str, strings: &NotificationStrings) -> String {
    let name = name.trim();
    isolated(&cut(if name.is_empty() { strings.someone } else { name }, MAX_NAME_CHARS))
}

fn about(call: &CallView) -> Option<String> {
    let label =
        call.subject.as_ref().map(|subject| subject.label.trim()).filter(|label| !label.is_empty())?;
    Some(isolated(&cut(label, MAX_NAME_CHARS)))
}
