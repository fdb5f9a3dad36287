//! The strings outside the web view, translated: tray menu, notifications, window titles. Those inside it are
//! in `ui/src/text`.

mod ar;
mod de;
mod en;
mod strings;

use crate::storage::settings::Settings;
pub(crate) use strings::{NotificationStrings, Strings, TrayStrings};

impl Strings {
    /// The strings for a BCP 47 tag; English for unknown languages.
    pub(crate) fn of(language: &str) -> &'static Strings {
        match language.split(['-', '_']).next().unwrap_or_default() {
            "de" => &de::STRINGS,
            "ar" => &ar::STRINGS,
            _ => &en::STRINGS,
        }
    }

    /// The strings in the chosen language, or in the system's.
    pub(crate) fn now(settings: &Settings) -> &'static Strings {
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

/// The BCP 47 tag of the language the system is set to.
pub(crate) fn system_language() -> String {
    // POSIX: the first that is set and not empty counts.
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|value| !value.is_empty());
    language_tag(locale.as_deref().unwrap_or_default())
}

/// The BCP 47 tag of a POSIX locale such as `pt_BR.UTF-8@euro`; English for `C` and nonsense.
fn language_tag(locale: &str) -> String {
    let tag = locale.split(['.', '@']).next().unwrap_or_default().replace('_', "-");
    let language = tag.split('-').next().unwrap_or_default();
    let plain = tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if matches!(language.len(), 2 | 3) && plain { tag } else { "en".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_found_by_its_tag() {
        for (tag, quit) in
            [("de-AT", "Beenden"), ("ar", "إنهاء"), ("en-GB", "Quit"), ("fr", "Quit"), ("", "Quit")]
        {
            assert_eq!(Strings::of(tag).tray.quit, quit, "{tag}");
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
        assert_eq!((Strings::of("en").tray.missed)(1), "1 missed call");
        assert_eq!((Strings::of("en").tray.missed)(4), "4 missed calls");
        assert_eq!((Strings::of("de").tray.missed)(1), "1 verpasster Anruf");
        let arabic = Strings::of("ar").tray.missed;
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

    #[test]
    fn locales_become_language_tags() {
        let tags = [
            ("de_AT.UTF-8", "de-AT"),
            ("pt_BR.UTF-8@euro", "pt-BR"),
            ("ar", "ar"),
            ("C.UTF-8", "en"),
            ("POSIX", "en"),
            ("", "en"),
            ("e\u{301}n_GB", "en"),
        ];
        for (locale, tag) in tags {
            assert_eq!(language_tag(locale), tag, "{locale}");
        }
    }
}
