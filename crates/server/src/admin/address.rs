//! E-mail addresses, and how what is none is shown.

/// An address as accounts have it.
pub(crate) fn address(text: &str) -> Result<String, String> {
    let address = text.trim().to_lowercase();
    let parts = address.split_once('@');
    let fits = parts.is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && address.len() <= bellwire_dialects::MAX_EMAIL_BYTES
        && !address.contains(|c: char| c.is_whitespace() || c.is_control() || ":,;<>\"".contains(c));
    if fits { Ok(address) } else { Err(format!("{} is not an e-mail address", shown(text))) }
}

/// At most so much of a value is shown in an error.
const MAX_SHOWN_CHARS: usize = 60;

/// A value for an error message: short, without control characters.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_SHOWN_CHARS).flat_map(char::escape_debug).collect();
    if text.chars().count() > MAX_SHOWN_CHARS {
        short.push('…');
    }
    format!("\"{short}\"")
}
