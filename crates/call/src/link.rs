//! A call that a link asks for: `bellwire://call/…`. Whoever wrote the link is a stranger; this reads it
//! strictly and dials nothing.
//!
//! ```text
//! bellwire://call/<person id or e-mail address>
//! bellwire://call/<backend>/<person id or e-mail address>?video=1&server=calls.example.com&about=1042
//! ```

use crate::signal::MediaKind;

/// Bytes of a whole link.
const LINK: usize = 2048;
/// Bytes of a person's id or address.
const PERSON: usize = 256;
/// Bytes of a backend's id.
const DIALECT: usize = 32;
/// Bytes of a host with its port.
const SERVER: usize = 255;
/// Bytes of what the call is about.
const ABOUT: usize = 200;

/// What a link asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
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
pub enum LinkError {
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

impl Link {
    /// Reads a link. Settings it does not know are passed over, so that newer links work.
    ///
    /// # Errors
    /// Anything else that is not exactly as described.
    pub fn parse(text: &str) -> Result<Self, LinkError> {
        if text.len() > LINK {
            return Err(LinkError::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(LinkError::NotACall)?;
        if !scheme.eq_ignore_ascii_case("bellwire") || rest.contains('#') {
            return Err(LinkError::NotACall);
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut parts = path.split('/');
        if !parts.next().is_some_and(|host| host.eq_ignore_ascii_case("call")) {
            return Err(LinkError::NotACall);
        }
        let (dialect, person) = match (parts.next(), parts.next(), parts.next()) {
            (Some(person), None, None) => (None, person),
            (Some(dialect), Some(person), None) => (Some(dialect), person),
            _ => return Err(LinkError::NotACall),
        };
        let dialect = dialect.map(backend).transpose()?;
        let person = text_of(person, PERSON)?;
        if person.is_empty() {
            return Err(LinkError::Nobody);
        }
        let (mut video, mut server, mut about) = (None, None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match name {
                "video" => once(&mut video, kind(value)?)?,
                "server" => once(&mut server, host(value)?)?,
                "about" => once(&mut about, text_of(value, ABOUT)?)?,
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

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), LinkError> {
    if place.replace(value).is_some() { Err(LinkError::Twice) } else { Ok(()) }
}

fn backend(text: &str) -> Result<String, LinkError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    if text.is_empty() || text.len() > DIALECT || !text.bytes().all(plain) {
        return Err(LinkError::Characters);
    }
    Ok(text.to_owned())
}

fn kind(text: &str) -> Result<MediaKind, LinkError> {
    match text {
        "1" => Ok(MediaKind::Video),
        "0" => Ok(MediaKind::Voice),
        _ => Err(LinkError::Video),
    }
}

fn host(text: &str) -> Result<String, LinkError> {
    let host = text_of(text, SERVER).map_err(|_| LinkError::Server)?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    if host.is_empty() || !host.bytes().all(plain) {
        return Err(LinkError::Server);
    }
    Ok(host.to_ascii_lowercase())
}

/// Undoes percent signs. What is left may hold neither control characters nor such as turn the line that
/// a person is shown to confirm.
fn text_of(text: &str, most: usize) -> Result<String, LinkError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let (high, low) = (rest.next().and_then(digit), rest.next().and_then(digit));
            bytes.push(high.zip(low).map(|(high, low)| high << 4 | low).ok_or(LinkError::Characters)?);
        } else {
            bytes.push(byte);
        }
    }
    let text = String::from_utf8(bytes).map_err(|_| LinkError::Characters)?;
    if text.len() > most {
        return Err(LinkError::TooLong);
    }
    if text.chars().any(unseen) || text.trim() != text {
        return Err(LinkError::Characters);
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

    fn plain(person: &str) -> Link {
        Link { dialect: None, person: person.into(), kind: MediaKind::Voice, server: None, about: None }
    }

    #[test]
    fn a_link_says_who_where_and_how() {
        assert_eq!(Link::parse("bellwire://call/ada").unwrap(), plain("ada"));
        assert_eq!(Link::parse("BELLWIRE://Call/ada%40example.com").unwrap(), plain("ada@example.com"));
        assert!(Link::parse("bellwire://call/ada@example.com").unwrap().is_address());
        let whole = "bellwire://call/storefront/64a?video=1&server=Calls.Example.com:8443&about=%231042&x=1";
        assert_eq!(
            Link::parse(whole).unwrap(),
            Link {
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
        assert_eq!(Link::parse("bellwire://call/%D9%84%D9%8A%D9%84%D9%89").unwrap().person, "ليلى");
        assert_eq!(Link::parse("bellwire://call/Ada%20L").unwrap().person, "Ada L");
        assert_eq!(Link::parse("bellwire://call/a%2Fb").unwrap().person, "a/b", "no part of the path");
    }

    #[test]
    fn what_is_not_exactly_one_is_refused() {
        let refused = [
            ("", LinkError::NotACall),
            ("bellwire:call/ada", LinkError::NotACall),
            ("https://call/ada", LinkError::NotACall),
            ("bellwire://call", LinkError::NotACall),
            ("bellwire://call/", LinkError::Nobody),
            ("bellwire://call//", LinkError::Characters),
            ("bellwire://call/a/b/c", LinkError::NotACall),
            ("bellwire://me@call/ada", LinkError::NotACall),
            ("bellwire://call:80/ada", LinkError::NotACall),
            ("bellwire://hangup/ada", LinkError::NotACall),
            ("bellwire://call/ada#x", LinkError::NotACall),
            ("bellwire://call/Store Front/ada", LinkError::Characters),
            ("bellwire://call/..%2F..%2F/ada", LinkError::Characters),
            ("bellwire://call/%00", LinkError::Characters),
            ("bellwire://call/a%0ab", LinkError::Characters),
            ("bellwire://call/%E2%80%AEada", LinkError::Characters),
            ("bellwire://call/%ff", LinkError::Characters),
            ("bellwire://call/%4", LinkError::Characters),
            ("bellwire://call/%+4", LinkError::Characters),
            ("bellwire://call/%20", LinkError::Characters),
            ("bellwire://call/ada?video=yes", LinkError::Video),
            ("bellwire://call/ada?video", LinkError::Video),
            ("bellwire://call/ada?video=1&video=0", LinkError::Twice),
            ("bellwire://call/ada?server=", LinkError::Server),
            ("bellwire://call/ada?server=a/b", LinkError::Server),
            ("bellwire://call/ada?server=a@b", LinkError::Server),
            ("bellwire://call/ada?about=%1b[0m", LinkError::Characters),
        ];
        for (text, error) in refused {
            assert_eq!(Link::parse(text), Err(error), "{text}");
        }
        let long = |n| format!("bellwire://call/{}", "a".repeat(n));
        assert!(Link::parse(&long(PERSON)).is_ok());
        assert_eq!(Link::parse(&long(PERSON + 1)), Err(LinkError::TooLong));
        assert_eq!(Link::parse(&long(1 << 20)), Err(LinkError::TooLong));
    }

    proptest! {
        #[test]
        fn nothing_breaks_it(text in "(bellwire://call/)?.{0,300}") {
            if let Ok(link) = Link::parse(&text) {
                prop_assert!(!link.person.is_empty() && link.person.len() <= PERSON);
                prop_assert!(!link.person.chars().any(unseen));
            }
        }

        #[test]
        fn every_id_comes_through(id in "[^\\p{C}\\p{Z}]{1,40}") {
            prop_assume!(!id.chars().any(unseen));
            let coded: String = id.bytes().map(|b| format!("%{b:02X}")).collect();
            prop_assert_eq!(Link::parse(&format!("bellwire://call/{coded}")).unwrap().person, id);
        }
    }
}
