//! The words outside the web view: tray menu, notifications, titles of windows. Those inside it are the
//! interface's (`ui/src/text`).

mod ar;
mod de;
mod en;

use crate::commands::system_language;
use crate::settings::Settings;

/// All of them in one language. Names go in as they come; see [`isolated`] and [`cut`].
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) titles: Titles,
    pub(crate) tray: TrayWords,
    pub(crate) notices: NoticeWords,
}

/// Titles of the windows.
#[derive(Debug)]
pub(crate) struct Titles {
    pub(crate) main: &'static str,
    /// While calls were missed.
    pub(crate) main_missed: fn(u32) -> String,
    pub(crate) ring: &'static str,
    pub(crate) mini: &'static str,
}

/// The tray's menu and its tooltip.
#[derive(Debug)]
pub(crate) struct TrayWords {
    pub(crate) open: &'static str,
    pub(crate) quit: &'static str,
    pub(crate) favourites: &'static str,
    pub(crate) recent: &'static str,
    pub(crate) voice_call: &'static str,
    pub(crate) video_call: &'static str,
    pub(crate) do_not_disturb: &'static str,
    pub(crate) quiet_hour: &'static str,
    pub(crate) quiet_tomorrow: &'static str,
    pub(crate) quiet_open: &'static str,
    /// Somebody waits in a room.
    pub(crate) waits: fn(&str) -> String,
    pub(crate) muted: &'static str,
    pub(crate) answer: fn(&str) -> String,
    pub(crate) decline: &'static str,
    pub(crate) hang_up: &'static str,
    pub(crate) missed: fn(u32) -> String,
    /// What a tooltip or screen reader says of each state.
    pub(crate) idle: &'static str,
    pub(crate) quiet: &'static str,
    pub(crate) offline: &'static str,
    pub(crate) ringing: fn(&str) -> String,
    pub(crate) in_call: fn(&str) -> String,
    pub(crate) in_call_muted: fn(&str) -> String,
}

/// Notifications.
#[derive(Debug)]
pub(crate) struct NoticeWords {
    pub(crate) incoming_voice: &'static str,
    pub(crate) incoming_video: &'static str,
    /// Another one while talking.
    pub(crate) waiting: &'static str,
    /// Whoever has no name.
    pub(crate) someone: &'static str,
    /// Who calls, and about what if that is known.
    pub(crate) from: fn(&str, Option<&str>) -> String,
    pub(crate) accept: &'static str,
    pub(crate) end_and_accept: &'static str,
    pub(crate) decline: &'static str,
    pub(crate) silence: &'static str,
    /// In place of the last five, where the other side waits in a room.
    pub(crate) waits: &'static str,
    pub(crate) patient_waits: &'static str,
    pub(crate) join: &'static str,
    pub(crate) admit: &'static str,
    pub(crate) end_and_join: &'static str,
    pub(crate) not_now: &'static str,
    pub(crate) missed: &'static str,
    /// The missed call's body: from whom and how often in a row.
    pub(crate) missed_from: fn(&str, u32) -> String,
    pub(crate) call_back: &'static str,
    /// An appointment or session begins in a few minutes: title and body, with 1 to 5 minutes.
    pub(crate) soon: &'static str,
    pub(crate) soon_with: fn(&str, i64) -> String,
    pub(crate) show: &'static str,
}

impl Words {
    /// Those of a BCP 47 tag's language; English for all others.
    pub(crate) fn of(language: &str) -> &'static Words {
        match language.split(['-', '_']).next().unwrap_or_default() {
            "de" => &de::WORDS,
            "ar" => &ar::WORDS,
            _ => &en::WORDS,
        }
    }

    /// Those of the language that is chosen, or of the system's.
    pub(crate) fn now(settings: &Settings) -> &'static Words {
        settings.language.as_deref().map_or_else(|| Self::of(&system_language()), Self::of)
    }
}

/// First-strong isolate and its end: what stands between has a direction of its own.
const ISOLATE: (char, char) = ('\u{2068}', '\u{2069}');

/// A name that neither turns the words around it nor is turned by them. What could is taken out of it,
/// as are line ends and other control characters.
pub(crate) fn isolated(name: &str) -> String {
    let plain: String =
        name.chars().filter(|c| !turns(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut out = String::with_capacity(plain.len() + 6);
    out.push(ISOLATE.0);
    out.push_str(plain.trim());
    out.push(ISOLATE.1);
    out
}

/// At most `most` characters, the last one an ellipsis if there were more.
pub(crate) fn cut(name: &str, most: usize) -> String {
    let name = name.trim();
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let mut out: String = name.chars().take(most.saturating_sub(1)).collect();
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// Marks and embeddings of the bidirectional algorithm.
fn turns(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_its_tag() {
        for (tag, quit) in
            [("de-AT", "Beenden"), ("ar", "إنهاء"), ("en-GB", "Quit"), ("fr", "Quit"), ("", "Quit")]
        {
            assert_eq!(Words::of(tag).tray.quit, quit, "{tag}");
        }
    }

    #[test]
    fn names_cannot_turn_the_line() {
        assert_eq!(isolated("Ada"), "\u{2068}Ada\u{2069}");
        assert_eq!(isolated("\u{202e}Ada\n\u{2069}Bob "), "\u{2068}Ada Bob\u{2069}");
        assert_eq!(isolated(""), "\u{2068}\u{2069}");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        assert_eq!(cut("Ada", 3), "Ada");
        assert_eq!(cut("Adaé", 3), "Ad…");
        assert_eq!(cut("Ad a", 3), "Ad…");
        assert_eq!(cut("أبجد هوز", 5), "أبجد…");
        assert_eq!(cut("Ada", 0), "…");
    }

    #[test]
    fn numbers_agree_with_their_words() {
        assert_eq!((Words::of("en").tray.missed)(1), "1 missed call");
        assert_eq!((Words::of("en").tray.missed)(4), "4 missed calls");
        assert_eq!((Words::of("de").tray.missed)(1), "1 verpasster Anruf");
        let arabic = Words::of("ar").tray.missed;
        let forms: Vec<String> = [1, 2, 3, 11, 100, 103].into_iter().map(arabic).collect();
        assert_eq!(
            forms,
            [
                "مكالمة فائتة واحدة",
                "مكالمتان فائتتان",
                "3 مكالمات فائتة",
                "11 مكالمة فائتة",
                "100 مكالمة فائتة",
                "103 مكالمات فائتة"
            ]
        );
    }
}
