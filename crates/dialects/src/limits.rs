//! Size limits for what a server or another client sends; values above them are refused or cut.

use serde_json::Value;

use crate::DecodeError;

/// Calls remembered at once; one rings or runs, the rest is slack for a burst of rings.
pub(crate) const MAX_CALLS: usize = 64;
/// REST calls waiting for a reply.
pub(crate) const MAX_REQUESTS: usize = 256;
/// People of whom it is known that they are online.
pub(crate) const MAX_PEOPLE_ONLINE: usize = 20_000;
/// Rows of one list; those above it are counted, and the view says so.
pub(crate) const MAX_ROWS: usize = 20_000;
/// Bytes of an e-mail address (RFC 5321).
pub const MAX_EMAIL_BYTES: usize = 254;
/// Bytes of a password: hashing a longer one costs a server more than it protects.
pub const MAX_PASSWORD_BYTES: usize = 1024;
/// Bytes of a room's name: two addresses and a post.
pub(crate) const MAX_ROOM_NAME_BYTES: usize = 640;
/// Characters of a chat message.
pub(crate) const MAX_MESSAGE_CHARS: usize = 16 * 1024;

/// Bytes of one event; a description of many tracks stays below a tenth of it.
const MAX_EVENT_BYTES: usize = 256 * 1024;
/// `getUsers` grows with the shop.
const MAX_PEOPLE_EVENT_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of an id.
const MAX_ID_BYTES: usize = 128;
/// Bytes of a description (RFC 8866).
const MAX_DESCRIPTION_BYTES: usize = 128 * 1024;
/// Bytes of a candidate line.
const MAX_CANDIDATE_BYTES: usize = 4 * 1024;
/// Characters of a name or a message shown to a person.
const MAX_SHOWN_CHARS: usize = 200;

/// Refuses events that no honest backend sends.
pub(crate) fn event(people: bool, args: &[Value]) -> Result<(), DecodeError> {
    let limit = if people { MAX_PEOPLE_EVENT_BYTES } else { MAX_EVENT_BYTES };
    let Some(argument) = args.first() else { return Ok(()) };
    match weigh(argument, limit) {
        Some(_) => Ok(()),
        None => Err(DecodeError::TooLarge { what: "event" }),
    }
}

/// What is left of `budget` bytes after this value.
fn weigh(value: &Value, budget: usize) -> Option<usize> {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => budget.checked_sub(8),
        Value::String(text) => budget.checked_sub(text.len() + 2),
        Value::Array(items) => items.iter().try_fold(budget.checked_sub(2)?, |left, item| weigh(item, left)),
        Value::Object(fields) => fields.iter().try_fold(budget.checked_sub(2)?, |left, (name, item)| {
            weigh(item, left.checked_sub(name.len() + 2)?)
        }),
    }
}

/// An id, if it is a plausible one.
pub(crate) fn id(text: String) -> Result<String, DecodeError> {
    if text.is_empty() || text.len() > MAX_ID_BYTES {
        return Err(DecodeError::TooLarge { what: "id" });
    }
    Ok(text)
}

/// An e-mail address that is an id, if it is a plausible one.
pub(crate) fn address(text: String) -> Result<String, DecodeError> {
    if text.is_empty() || text.len() > MAX_EMAIL_BYTES {
        return Err(DecodeError::TooLarge { what: "address" });
    }
    Ok(text)
}

/// A session description, if it is a plausible one.
pub(crate) fn description(text: String) -> Result<String, DecodeError> {
    if text.len() > MAX_DESCRIPTION_BYTES {
        return Err(DecodeError::TooLarge { what: "description" });
    }
    Ok(text)
}

/// A candidate line, if it is a plausible one.
pub(crate) fn candidate(text: String) -> Result<String, DecodeError> {
    if text.len() > MAX_CANDIDATE_BYTES {
        return Err(DecodeError::TooLarge { what: "candidate" });
    }
    Ok(text)
}

/// A text for people, cut where it would be in the way, without control characters and without those
/// that turn the direction of writing, by which one person could look like another (Unicode TR 36).
///
/// Spaces of every kind become one plain space: names that differ by them only are the same to the eye.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    let letters = text.chars().filter(|c| !c.is_control() && !turns(*c) && !is_unseen(*c));
    for c in letters.take(MAX_SHOWN_CHARS) {
        match (is_blank(c), shown.ends_with(' ')) {
            (true, true) => {}
            (true, false) => shown.push(' '),
            (false, _) => shown.push(c),
        }
    }
    shown.trim().to_owned()
}

/// Embeddings, overrides and isolates of the bidirectional algorithm.
fn turns(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

/// Takes no room at all. Joiners stay: emoji and the scripts of Iran and India are written with them.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'
        | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E007F}')
}

/// Looks like a space, whether Unicode calls it one (White_Space) or a letter (fillers, the empty Braille cell).
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{115F}' | '\u{1160}' | '\u{2800}' | '\u{3164}' | '\u{FFA0}')
}

/// A chat message: line breaks stay.
pub(crate) fn message(text: &str) -> String {
    text.chars()
        .filter(|c| (!c.is_control() || *c == '\n') && !turns(*c) && !is_unseen(*c))
        .map(|c| if is_blank(c) && c != '\n' { ' ' } else { c })
        .take(MAX_MESSAGE_CHARS)
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_turn_its_direction() {
        assert_eq!(shown("\u{202E}dnoces\u{202C}"), "dnoces");
        assert_eq!(shown("a\u{2066}b\u{2069}\0c"), "abc");
        assert_eq!(message("one\n\u{202E}two"), "one\ntwo");
        assert_eq!(shown("\u{200F}Ada\u{200E}"), "Ada");
    }

    #[test]
    fn a_name_cannot_look_like_another() {
        for blank in ['\u{A0}', '\u{2003}', '\u{2028}', '\u{202F}', '\u{3000}', '\u{3164}', '\u{2800}', '\t']
        {
            let name = if blank == '\t' { "AdaOkafor" } else { "Ada Okafor" };
            assert_eq!(shown(&format!("Ada{blank}{blank}Okafor{blank}")), name, "{blank:?}");
            assert_eq!(shown(&blank.to_string()), "", "{blank:?} alone is no name");
        }
        for unseen in ['\u{AD}', '\u{200B}', '\u{2060}', '\u{FEFF}', '\u{E0041}', '\u{180E}'] {
            assert_eq!(shown(&format!("A{unseen}da")), "Ada", "{unseen:?}");
            assert_eq!(message(&format!("y{unseen}es\u{A0}no")), "yes no", "{unseen:?}");
        }
        assert_eq!(
            shown("👩\u{200D}🔬 می\u{200C}روم"),
            "👩\u{200D}🔬 می\u{200C}روم",
            "joiners are letters of some scripts"
        );
    }
}
