//! Deep link that asks for a call: `bellwire://call/…`. Its author is untrusted: it is parsed strictly and
//! dials nothing.
//!
//! ```text
//! bellwire://call/<person id or e-mail address>
//! bellwire://call/<backend>/<person id or e-mail address>?video=1&server=calls.example.com&about=1042
//! ```

use crate::signal::MediaKind;

/// Bytes of a whole link.
const MAX_LINK_BYTES: usize = 2048;
/// Bytes of a person's id or address.
const MAX_PERSON_BYTES: usize = 256;
/// Bytes of a backend's id.
const MAX_DIALECT_BYTES: usize = 32;
/// Bytes of a host with its port.
const MAX_SERVER_BYTES: usize = 255;
/// Bytes of what the call is about.
const MAX_ABOUT_BYTES: usize = 200;

/// What a link asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeepLink {
    /// Backend; `None`: whichever knows that person.
    pub dialect: Option<String>,
    /// Id or e-mail address.
    pub person: String,
    pub kind: MediaKind,
    /// Host, perhaps with a port, in lower case; `None`: any.
    pub server: Option<String>,
    /// Id or number of an order or the like.
    pub about: Option<String>,
}

/// Why a link is not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeepLinkError {
    #[error("the link is too long")]
    TooLong,
    #[error("the link is not one to a call")]
    NotACall,
    #[error("the link names nobody")]
    Nobody,
    #[error("the link contains characters that cannot be")]
    Characters,
    #[error("the link says something twice")]
    Twice,
    #[error("the link says neither video=0 nor video=1")]
    Video,
    #[error("the link's server is not a host")]
    Server,
}

impl DeepLink {
    /// Reads a link. Settings it does not know are passed over, so that newer links work.
    ///
    /// # Errors
    /// Anything else that is not exactly as described.
    pub fn parse(text: &str) -> Result<Self, DeepLinkError> {
        if text.len() > MAX_LINK_BYTES {
            return Err(DeepLinkError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(DeepLinkError::NotACall)?;
        if !scheme.eq_ignore_ascii_case("bellwire") || rest.contains('#') {
            return Err(DeepLinkError::NotACall);
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = path.split('/');
        if !parts.next().is_some_and(|host| host.eq_ignore_ascii_case("call")) {
            return Err(DeepLinkError::NotACall);
        }
        let (dialect, person) = match (parts.next(), parts.next(), parts.next()) {
            (Some(person), None, None) => (None, person),
            (Some(dialect), Some(person), None) => (Some(dialect), person),
            _ => return Err(DeepLinkError::NotACall),
        };
        let dialect = dialect.map(backend).transpose()?;
        let person = text_of(person, MAX_PERSON_BYTES)?;
        if person.is_empty() {
            return Err(DeepLinkError::Nobody);
        }
        let (mut video, mut server, mut about) = (None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "video" => once(&mut video, kind(value)?)?,
                "server" => once(&mut server, host(value)?)?,
                "about" => once(&mut about, text_of(value, MAX_ABOUT_BYTES)?)?,
                _ => {}
            }
        }
        let about = about.filter(|about| !about.is_empty());
        Ok(Self { dialect, person, kind: video.unwrap_or(MediaKind::Voice), server, about })
    }

    /// True if the person is named by an e-mail address.
    #[must_use]
    pub fn is_address(&self) -> bool {
        self.person.contains('@')
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), DeepLinkError> {
    if place.replace(value).is_some() { Err(DeepLinkError::Twice) } else { Ok(()) }
}

fn backend(text: &str) -> Result<String, DeepLinkError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if text.is_empty() || text.len() > MAX_DIALECT_BYTES || !text.bytes().all(plain) {
        return Err(DeepLinkError::Characters);
    }
    Ok(text.to_owned())
}

fn kind(text: &str) -> Result<MediaKind, DeepLinkError> {
    match text {
        "1" => Ok(MediaKind::Video),
        "0" => Ok(MediaKind::Voice),
        _ => Err(DeepLinkError::Video),
    }
}

fn host(text: &str) -> Result<String, DeepLinkError> {
    let host = text_of(text, MAX_SERVER_BYTES).map_err(|_| DeepLinkError::Server)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    if host.is_empty() || !host.bytes().all(plain) {
        return Err(DeepLinkError::Server);
    }
    Ok(host.to_ascii_lowercase())
}

/// Undoes percent signs. What is left may hold neither control characters nor such as turn the line that
/// a person is shown to confirm.
fn text_of(text: &str, most: usize) -> Result<String, DeepLinkError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (rest.next().and_then(digit), rest.next().and_then(digit));
            bytes.push(high.zip(low).map(|(high, low)| high << 4 | low).ok_or(DeepLinkError::Characters)?);
        } else {
            bytes.push(byte);
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| DeepLinkError::Characters)?;
    if text.len() > most {
        return Err(DeepLinkError::TooLong);
    }
    if text.chars().any(unseen) || text.trim() != text {
        return Err(DeepLinkError::Characters);
    }
    Ok(text)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(person: &str) -> DeepLink {
        DeepLink { dialect: None, person: person.into(), kind: MediaKind::Voice, server: None, about: None }
    }

    #[test]
    fn a_link_says_who_where_and_how() {
        assert_eq!(DeepLink::parse("bellwire://call/ada").unwrap(), plain("ada"));
        assert_eq!(DeepLink::parse("BELLWIRE://Call/ada%40example.com").unwrap(), plain("ada@example.com"));
        assert!(DeepLink::parse("bellwire://call/ada@example.com").unwrap().is_address());
        let whole = "bellwire://call/storefront/64a?video=1&server=Calls.Example.com:8443&about=%231042&x=1";
        assert_eq!(
            DeepLink::parse(whole).unwrap(),
            DeepLink {
                dialect: Some("storefront".into()),
                person: "64a".into(),
                kind: MediaKind::Video,
                server: Some("calls.example.com:8443".into()),
                about: Some("#1042".into()),
            }
        );
    }

    #[test]
    fn names_of_any_script_are_understood() {
        assert_eq!(DeepLink::parse("bellwire://call/%D9%84%D9%8A%D9%84%D9%89").unwrap().person, "ليلى");
        assert_eq!(DeepLink::parse("bellwire://call/Ada%20L").unwrap().person, "Ada L");
        assert_eq!(DeepLink::parse("bellwire://call/a%2Fb").unwrap().person, "a/b", "no part of the path");
    }

    #[test]
    fn what_is_not_exactly_one_is_refused() {
        let refused = [
            ("", DeepLinkError::NotACall),
            ("bellwire:call/ada", DeepLinkError::NotACall),
            ("https://call/ada", DeepLinkError::NotACall),
            ("bellwire://call", DeepLinkError::NotACall),
            ("bellwire://call/", DeepLinkError::Nobody),
            ("bellwire://call//", DeepLinkError::Characters),
            ("bellwire://call/a/b/c", DeepLinkError::NotACall),
            ("bellwire://me@call/ada", DeepLinkError::NotACall),
            ("bellwire://call:80/ada", DeepLinkError::NotACall),
            ("bellwire://hangup/ada", DeepLinkError::NotACall),
            ("bellwire://call/ada#x", DeepLinkError::NotACall),
            ("bellwire://call/Store Front/ada", DeepLinkError::Characters),
            ("bellwire://call/..%2F..%2F/ada", DeepLinkError::Characters),
            ("bellwire://call/%00", DeepLinkError::Characters),
            ("bellwire://call/a%0ab", DeepLinkError::Characters),
            ("bellwire://call/%E2%80%AEada", DeepLinkError::Characters),
            ("bellwire://call/%ff", DeepLinkError::Characters),
            ("bellwire://call/%4", DeepLinkError::Characters),
            ("bellwire://call/%+4", DeepLinkError::Characters),
            ("bellwire://call/%20", DeepLinkError::Characters),
            ("bellwire://call/ada?video=yes", DeepLinkError::Video),
            ("bellwire://call/ada?video", DeepLinkError::Video),
            ("bellwire://call/ada?video=1&video=0", DeepLinkError::Twice),
            ("bellwire://call/ada?server=", DeepLinkError::Server),
            ("bellwire://call/ada?server=a/b", DeepLinkError::Server),
            ("bellwire://call/ada?server=a@b", DeepLinkError::Server),
            ("bellwire://call/ada?about=%1b[0m", DeepLinkError::Characters),
        ];
        for (text, error) in refused {
            assert_eq!(DeepLink::parse(text), Err(error), "{text}");
        }
        let long = |n| format!("bellwire://call/{}", "a".repeat(n));
        assert!(DeepLink::parse(&long(MAX_PERSON_BYTES)).is_ok());
        assert_eq!(DeepLink::parse(&long(MAX_PERSON_BYTES + 1)), Err(DeepLinkError::TooLong));
        assert_eq!(DeepLink::parse(&long(1 << 20)), Err(DeepLinkError::TooLong));
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(text in "(bellwire://call/)?.{0,300}") {
            if let Ok(link) = DeepLink::parse(&text) {
                prop_assert!(!link.person.is_empty() && link.person.len() <= MAX_PERSON_BYTES);
                prop_assert!(!link.person.chars().any(unseen));
            }
        }

        #[test]
        fn every_id_comes_through(id in "[^\\p{C}\\p{Z}]{1,40}") {
            prop_assume!(!id.chars().any(unseen));
            let coded: String = id.bytes().map(|b| format!("%{b:02X}")).collect();
            prop_assert_eq!(DeepLink::parse(&format!("bellwire://call/{coded}")).unwrap().person, id);
        }
    }
}
