//! Text of a session description, split into its sections (RFC 8866) without interpretation.
//!
//! Lenient on purpose: other endpoints leave out lines that mean nothing to a call, end lines as they
//! like and write attributes in any letter case.

use super::DescriptionError;

/// A real description of a call has some kilobytes.
pub(crate) const MAX_DESCRIPTION_BYTES: usize = 256 * 1024;
pub(crate) const MAX_SECTIONS: usize = 32;

/// An `a=` line. The name is in lower case, the value without outer white space, empty if there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: String,
}

/// What may stand at session level as well as in a section.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes(Vec<Attribute>);

impl Attributes {
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |a| a.name == name).map(|a| a.value.as_str())
    }

    /// The first value that is not empty.
    pub(crate) fn value<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).find(|value| !value.is_empty())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|a| a.name == name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|a| a.name.as_str())
    }

    fn read(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let name = name.trim().to_ascii_lowercase();
        self.0.push(Attribute { name, value: value.trim().to_owned() });
    }
}

/// One `m=` line and what belongs to it.
#[derive(Clone, Debug)]
pub(crate) struct MediaText {
    /// In lower case: `audio`, `video`, `text` and whatever else there is.
    pub(crate) media: String,
    pub(crate) port: u16,
    pub(crate) protocol: String,
    pub(crate) formats: Vec<String>,
    pub(crate) attributes: Attributes,
}

#[derive(Clone, Debug)]
pub(crate) struct SessionText {
    pub(crate) attributes: Attributes,
    pub(crate) media: Vec<MediaText>,
}

pub(crate) fn parse(text: &str) -> Result<SessionText, DescriptionError> {
    if text.len() > MAX_DESCRIPTION_BYTES {
        return Err(DescriptionError::TooLarge(text.len()));
    }
    let malformed = |what: &str| DescriptionError::Malformed(what.to_owned());
    let mut lines = text.split(['\r', '\n']).map(str::trim).filter(|line| !line.is_empty());
    if lines.next().map(|line| line.replace(' ', "")).as_deref() != Some("v=0") {
        return Err(malformed("it does not begin with v=0"));
    }
    let mut session = SessionText { attributes: Attributes::default(), media: Vec::new() };
    for line in lines {
        let Some((kind, value)) = line.split_once('=') else { continue };
        match kind.trim() {
            "m" => {
                let media = media(value).ok_or_else(|| malformed("an m= line cannot be read"))?;
                session.media.push(media);
                if session.media.len() > MAX_SECTIONS {
                    return Err(malformed("unlikely number of sections"));
                }
            }
            "a" => match session.media.last_mut() {
                Some(section) => section.attributes.read(value),
                None => session.attributes.read(value),
            },
            // Addresses, bandwidths, names and times: with ICE none of them decides anything.
            _ => {}
        }
    }
    if session.media.is_empty() {
        return Err(malformed("it has no section"));
    }
    Ok(session)
}

/// `<media> <port>[/<number of ports>] <proto> <fmt> ...`
fn media(value: &str) -> Option<MediaText> {
    let mut words = value.split_ascii_whitespace();
    let media = words.next()?.to_ascii_lowercase();
    let port = words.next()?.split('/').next()?.parse().ok()?;
    let protocol = words.next()?.to_owned();
    let formats = words.map(str::to_owned).collect();
    Some(MediaText { media, port, protocol, formats, attributes: Attributes::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_they_like_and_names_have_any_case() {
        let text = "v=0\n\nm=AUDIO 9/2 RTP/AVP 0 8\r\na=MID: x \r a=sendonly\nb=AS:5\nm=video 0 RTP/AVP\n";
        let session = parse(text).expect("readable");
        assert_eq!(session.media.len(), 2);
        let audio = &session.media[0];
        assert_eq!((audio.media.as_str(), audio.port, audio.formats.len()), ("audio", 9, 2));
        assert_eq!(audio.attributes.value("mid"), Some("x"));
        assert!(audio.attributes.has("sendonly") && !session.attributes.has("sendonly"));
        assert_eq!(session.media[1].port, 0);
    }

    #[test]
    fn what_is_no_description_is_refused() {
        for text in
            ["", "nonsense", "v=0", "v=1\r\nm=audio 9 X 0", "v=0\r\nm=audio\r\n", "v=0\r\nm=audio x X 0"]
        {
            assert!(matches!(parse(text), Err(DescriptionError::Malformed(_))), "{text:?}");
        }
        let many = format!("v=0\r\n{}", "m=audio 9 X 0\r\n".repeat(MAX_SECTIONS + 1));
        assert!(matches!(parse(&many), Err(DescriptionError::Malformed(_))));
        let large = "v=0\r\n".repeat(MAX_DESCRIPTION_BYTES);
        assert!(matches!(parse(&large), Err(DescriptionError::TooLarge(_))));
    }
}
