//! Validation of settings that come from a file or from the UI.

use std::str::FromStr;

use tauri_plugin_global_shortcut::Shortcut;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::model::{Favourite, Keys, QuietHours, Settings};

/// Bytes of a device's id or a ringtone's.
const MAX_ID_BYTES: usize = 512;
/// Bytes of a favourite's parts.
const MAX_FAVOURITE_PART_BYTES: usize = 512;
/// Letters of a reply.
const MAX_REPLY_CHARS: usize = 500;
const MAX_REPLIES: usize = 20;
const MAX_FAVOURITES: usize = 200;
/// Bytes of an accelerator.
const MAX_ACCELERATOR_BYTES: usize = 64;
/// The longest release of push-to-talk, ms.
const MAX_RELEASE_MS: u32 = 5_000;

/// The languages there are words in.
pub(crate) const LANGUAGES: [&str; 3] = ["en", "de", "ar"];

/// The name of the first setting with an invalid value.
pub(super) fn first_invalid(settings: &Settings) -> Option<&'static str> {
    let Settings {
        language,
        theme: _,
        microphone,
        speaker,
        camera,
        echo_cancellation: _,
        noise_suppression: _,
        automatic_gain: _,
        mirror_self: _,
        ringtone,
        ring_volume,
        ring_device,
        ring_second_device,
        do_not_disturb: _,
        quiet_until,
        quiet_favourites: _,
        quiet_second_call: _,
        quiet_hours,
        follow_system_quiet: _,
        notify_calls: _,
        notify_missed: _,
        notify_messages: _,
        notify_soon: _,
        keys,
        push_to_talk_release_ms,
        media_keys: _,
        start_muted: _,
        start_camera_off: _,
        relay_only: _,
        letter_keys: _,
        start_at_login: _,
        asked_login: _,
        close_to_tray: _,
        replies,
        favourites,
    } = settings;
    let faults = [
        (language.as_deref().is_some_and(|l| !LANGUAGES.contains(&l)), "language"),
        (!id(microphone), "microphone"),
        (!id(speaker), "speaker"),
        (!id(camera), "camera"),
        (!id(ringtone), "ringtone"),
        (!(0.0..=1.0).contains(ring_volume), "ring_volume"),
        (!id(ring_device), "ring_device"),
        (ring_second_device.as_deref().is_some_and(|d| !id(d)), "ring_second_device"),
        (quiet_until.as_deref().is_some_and(|until| moment(until).is_none()), "quiet_until"),
        (*push_to_talk_release_ms > MAX_RELEASE_MS, "push_to_talk_release_ms"),
        (replies.len() > MAX_REPLIES || !replies.iter().all(|r| reply(r)), "replies"),
        (favourites.len() > MAX_FAVOURITES || !favourites.iter().all(favourite), "favourites"),
    ];
    let plain = faults.into_iter().find_map(|(bad, name)| bad.then_some(name));
    plain.or_else(|| hours_fault(quiet_hours)).or_else(|| keys_fault(keys))
}

fn hours_fault(hours: &QuietHours) -> Option<&'static str> {
    let QuietHours { on: _, from, until, days: _ } = hours;
    if time_of_day(from).is_none() {
        return Some("quiet_hours.from");
    }
    time_of_day(until).is_none().then_some("quiet_hours.until")
}

/// A moment in RFC 3339.
pub(crate) fn moment(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok()
}

/// Hours and minutes of `HH:MM`.
pub(crate) fn time_of_day(text: &str) -> Option<(u8, u8)> {
    let bytes = text.as_bytes();
    let [h1, h2, b':', m1, m2] = bytes else { return None };
    let two =
        |a: &u8, b: &u8| (a.is_ascii_digit() && b.is_ascii_digit()).then(|| (a - b'0') * 10 + (b - b'0'));
    let (hours, minutes) = (two(h1, h2)?, two(m1, m2)?);
    (hours < 24 && minutes < 60).then_some((hours, minutes))
}

/// A key that is assigned twice is invalid, too.
fn keys_fault(keys: &Keys) -> Option<&'static str> {
    let Keys { mute, push_to_talk, answer, hang_up } = keys;
    let all = [
        (mute, "keys.mute"),
        (push_to_talk, "keys.push_to_talk"),
        (answer, "keys.answer"),
        (hang_up, "keys.hang_up"),
    ];
    let mut taken = Vec::new();
    for (key, name) in all {
        let Some(key) = key else { continue };
        let Some(shortcut) = accelerator(key) else { return Some(name) };
        if taken.contains(&shortcut.id()) {
            return Some(name);
        }
        taken.push(shortcut.id());
    }
    None
}

/// The key that an accelerator names.
pub(crate) fn accelerator(text: &str) -> Option<Shortcut> {
    if text.len() > MAX_ACCELERATOR_BYTES || !text.is_ascii() {
        return None;
    }
    Shortcut::from_str(text).ok()
}

fn id(text: &str) -> bool {
    !text.is_empty() && text.len() <= MAX_ID_BYTES && !text.chars().any(char::is_control)
}

fn reply(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= MAX_REPLY_CHARS && !text.chars().any(char::is_control)
}

fn favourite(favourite: &Favourite) -> bool {
    let Favourite { dialect, server, person, name } = favourite;
    let part = |text: &str| text.len() <= MAX_FAVOURITE_PART_BYTES && !text.chars().any(char::is_control);
    [dialect, server, person, name].into_iter().all(|text| part(text))
        && !dialect.is_empty()
        && !person.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_invalid_after(change: impl FnOnce(&mut Settings)) -> Option<&'static str> {
        let mut settings = Settings::default();
        change(&mut settings);
        first_invalid(&settings)
    }

    #[test]
    fn the_defaults_are_fine() {
        assert_eq!(first_invalid(&Settings::default()), None);
    }

    #[test]
    fn values_that_cannot_be_are_named() {
        assert_eq!(first_invalid_after(|s| s.language = Some("fr".into())), Some("language"));
        assert_eq!(first_invalid_after(|s| s.ring_volume = f64::NAN), Some("ring_volume"));
        assert_eq!(first_invalid_after(|s| s.ring_volume = 1.01), Some("ring_volume"));
        assert_eq!(first_invalid_after(|s| s.microphone = String::new()), Some("microphone"));
        assert_eq!(
            first_invalid_after(|s| s.ring_second_device = Some("a\nb".into())),
            Some("ring_second_device")
        );
        assert_eq!(
            first_invalid_after(|s| s.push_to_talk_release_ms = 5_001),
            Some("push_to_talk_release_ms")
        );
        assert_eq!(first_invalid_after(|s| s.quiet_hours.from = "24:00".into()), Some("quiet_hours.from"));
        assert_eq!(first_invalid_after(|s| s.quiet_hours.until = "7:00".into()), Some("quiet_hours.until"));
        assert_eq!(first_invalid_after(|s| s.quiet_until = Some("tomorrow".into())), Some("quiet_until"));
        assert_eq!(first_invalid_after(|s| s.quiet_until = Some("2026-11-28T07:00:00.000Z".into())), None);
        assert_eq!(first_invalid_after(|s| s.replies = vec!["x".repeat(501)]), Some("replies"));
        assert_eq!(first_invalid_after(|s| s.replies = vec!["later".into(); 21]), Some("replies"));
        assert_eq!(first_invalid_after(|s| s.favourites = vec![Favourite::default()]), Some("favourites"));
    }

    #[test]
    fn keys_are_keys_and_each_does_one_thing() {
        assert_eq!(first_invalid_after(|s| s.keys.answer = Some("CmdOrCtrl+Alt+A".into())), None);
        for nonsense in ["", "+", "Ctrl+", "Ctrl+Shift", "Hyper+Q", "Ctrl+Ä", "Ctrl+A+B"] {
            assert_eq!(
                first_invalid_after(|s| s.keys.answer = Some(nonsense.into())),
                Some("keys.answer"),
                "{nonsense:?}"
            );
        }
        let twice = first_invalid_after(|s| s.keys.hang_up = Some("shift+CmdOrCtrl+m".into()));
        assert_eq!(twice, Some("keys.hang_up"));
    }

    #[test]
    fn times_of_day() {
        assert_eq!(time_of_day("23:59"), Some((23, 59)));
        for nonsense in ["", "24:00", "12:60", "1:00", "01.00", "aa:bb", "٠١:٠٠"] {
            assert_eq!(time_of_day(nonsense), None, "{nonsense}");
        }
    }
}
