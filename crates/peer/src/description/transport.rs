//! Transport attributes of a description: ICE, DTLS role, certificate, bundling.

use bellwire_call::SdpKind;

use super::DescriptionError;
use super::text::{Attributes, MediaText, SessionText};

/// The DTLS role the other side gives itself (RFC 4145 4, RFC 5763 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setup {
    /// Either will do.
    Actpass,
    /// It sends the ClientHello.
    Active,
    /// It waits for ours.
    Passive,
}

/// What we are in DTLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Client,
    Server,
}

impl Role {
    /// As `a=setup` of our answers says it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Client => "active",
            Self::Server => "passive",
        }
    }

    /// Our role beside `theirs`, which is fixed once the connection is made (RFC 8842 5.5).
    ///
    /// Where we may choose we are the server: roles then stay as they are in the next offer of a browser.
    pub(crate) fn beside(
        theirs: Option<Setup>,
        kind: SdpKind,
        established: Option<Self>,
    ) -> Result<Self, DescriptionError> {
        let wanted = match (theirs, kind) {
            (Some(Setup::Active), _) => Some(Self::Server),
            (Some(Setup::Passive), _) => Some(Self::Client),
            (Some(Setup::Actpass), _) | (None, SdpKind::Offer) => None,
            // RFC 4145 4: an answer that does not say is passive.
            (None, SdpKind::Answer) => established.or(Some(Self::Client)),
        };
        match (established, wanted) {
            (Some(role), Some(wanted)) if role != wanted => Err(DescriptionError::RoleChanged),
            (role, wanted) => Ok(role.or(wanted).unwrap_or(Self::Server)),
        }
    }
}

/// Which of sending and receiving a side is ready for (RFC 3264 5.1); absent it is both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Direction {
    pub(crate) sends: bool,
    pub(crate) receives: bool,
}

impl Direction {
    pub(crate) const BOTH: Self = Self { sends: true, receives: true };
    pub(crate) const NONE: Self = Self { sends: false, receives: false };

    fn of(name: &str) -> Option<Self> {
        match name {
            "sendrecv" => Some(Self::BOTH),
            "sendonly" => Some(Self { sends: true, receives: false }),
            "recvonly" => Some(Self { sends: false, receives: true }),
            "inactive" => Some(Self::NONE),
            _ => None,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match (self.sends, self.receives) {
            (true, true) => "sendrecv",
            (true, false) => "sendonly",
            (false, true) => "recvonly",
            (false, false) => "inactive",
        }
    }

    /// Of several lines only what all of them allow: what one of them refuses must not be sent.
    fn among(attributes: &Attributes) -> Option<Self> {
        let said = attributes.names().filter_map(Self::of);
        said.reduce(|a, b| Self { sends: a.sends && b.sends, receives: a.receives && b.receives })
    }

    pub(crate) fn read(section: &Attributes, session: &Attributes) -> Self {
        Self::among(section).or_else(|| Self::among(session)).unwrap_or(Self::BOTH)
    }
}

/// The mids of the BUNDLE groups (RFC 8843).
pub(crate) fn bundles(session: &SessionText) -> Vec<Vec<&str>> {
    let groups = session.attributes.all("group");
    groups
        .filter_map(|group| {
            let mut words = group.split_ascii_whitespace();
            words.next().filter(|kind| kind.eq_ignore_ascii_case("BUNDLE"))?;
            Some(words.collect())
        })
        .collect()
}

/// A section's own line, or that of the session.
pub(crate) fn inherited<'a>(
    section: &'a MediaText,
    session: &'a SessionText,
    name: &'a str,
) -> Option<&'a str> {
    section.attributes.value(name).or_else(|| session.attributes.value(name))
}

/// ICE name and password of a section.
pub(crate) fn credentials<'a>(
    section: &'a MediaText,
    session: &'a SessionText,
) -> Option<(&'a str, &'a str)> {
    Some((inherited(section, session, "ice-ufrag")?, inherited(section, session, "ice-pwd")?))
}

/// # Errors
/// `holdconn` cannot carry media, and other values are not defined.
pub(crate) fn setup(value: Option<&str>, kind: SdpKind) -> Result<Option<Setup>, DescriptionError> {
    let Some(value) = value else { return Ok(None) };
    match (value.to_ascii_lowercase().as_str(), kind) {
        ("actpass", SdpKind::Offer) => Ok(Some(Setup::Actpass)),
        // Not allowed, but seen: it decides nothing.
        ("actpass", SdpKind::Answer) => Ok(None),
        ("passive", _) => Ok(Some(Setup::Passive)),
        ("active", _) => Ok(Some(Setup::Active)),
        ("holdconn", _) => Err(DescriptionError::HoldConnection),
        _ => Err(DescriptionError::UnknownSetup(value.chars().take(32).collect())),
    }
}

fn digest(digits: &str, bytes: usize) -> Option<Vec<u8>> {
    let read = |pair: &str| (pair.len() == 2).then(|| u8::from_str_radix(pair, 16).ok()).flatten();
    let found: Option<Vec<u8>> = digits.trim().split(':').map(read).collect();
    found.filter(|found| found.len() == bytes)
}

/// The SHA-256 fingerprint of a section's certificate. Of several lines (RFC 8122 5) the others are
/// passed over: MD5 and SHA-1 prove nothing, and stronger ones cannot be checked by the connection.
pub(crate) fn fingerprint(section: &MediaText, session: &SessionText) -> Result<Vec<u8>, DescriptionError> {
    let own = section.attributes.has("fingerprint");
    let lines = if own { &section.attributes } else { &session.attributes };
    let mut others = Vec::new();
    for line in lines.all("fingerprint") {
        let (algorithm, digits) = line.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((line, ""));
        if algorithm.eq_ignore_ascii_case("sha-256")
            && let Some(found) = digest(digits, 32)
        {
            return Ok(found);
        }
        others.push(algorithm.chars().take(16).collect::<String>());
    }
    if others.is_empty() {
        return Err(DescriptionError::NoFingerprint);
    }
    Err(DescriptionError::UnusableFingerprint(others.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::super::text::parse;
    use super::*;

    const SHA256: &str =
        "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1f";

    fn found(session: &str, section: &str) -> Result<Vec<u8>, DescriptionError> {
        let session = parse(&format!("v=0\r\n{session}m=audio 9 X 0\r\n{section}")).expect("readable");
        fingerprint(&session.media[0], &session)
    }

    #[test]
    fn the_usable_fingerprint_is_chosen_among_several() {
        let sha1 = "a=fingerprint:sha-1 00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13\r\n";
        let good = format!("a=fingerprint:SHA-256  {SHA256}\r\n");
        for (session, section) in [
            (String::new(), format!("{sha1}{good}")),
            (format!("{good}{sha1}"), String::new()),
            (sha1.to_owned(), good.clone()),
            (String::new(), format!("a=fingerprint:sha-256 00:01\r\n{good}")),
        ] {
            assert_eq!(found(&session, &section).map(|f| (f.len(), f[31])), Ok((32, 0x1f)));
        }
        assert_eq!(found("", ""), Err(DescriptionError::NoFingerprint));
        assert_eq!(found(&good, sha1), Err(DescriptionError::UnusableFingerprint("sha-1".to_owned())));
        let short = "a=fingerprint:sha-256 00:+1\r\na=fingerprint:md5 1\r\n";
        let both = DescriptionError::UnusableFingerprint("sha-256, md5".to_owned());
        assert_eq!(found("", short), Err(both));
    }

    #[test]
    fn roles_have_their_defaults_and_any_letter_case() {
        let role = |value, kind, before| Role::beside(setup(value, kind)?, kind, before);
        let (offer, answer) = (SdpKind::Offer, SdpKind::Answer);
        for (value, kind, expected) in [
            (None, offer, Role::Server),
            (Some("ActPass"), offer, Role::Server),
            (Some("active"), offer, Role::Server),
            (Some("PASSIVE"), offer, Role::Client),
            (None, answer, Role::Client),
            (Some("actpass"), answer, Role::Client),
            (Some("passive"), answer, Role::Client),
            (Some("Active"), answer, Role::Server),
        ] {
            assert_eq!(role(value, kind, None), Ok(expected), "{value:?} {kind:?}");
        }
        assert_eq!(role(Some("holdconn"), offer, None), Err(DescriptionError::HoldConnection));
        assert_eq!(role(Some("both"), offer, None), Err(DescriptionError::UnknownSetup("both".to_owned())));
    }

    #[test]
    fn the_role_of_a_connection_stays() {
        let again = |theirs, kind, before| Role::beside(theirs, kind, Some(before));
        for role in [Role::Client, Role::Server] {
            for kind in [SdpKind::Offer, SdpKind::Answer] {
                assert_eq!(again(None, kind, role), Ok(role));
            }
            assert_eq!(again(Some(Setup::Actpass), SdpKind::Offer, role), Ok(role));
        }
        let changed = Err(DescriptionError::RoleChanged);
        assert_eq!(again(Some(Setup::Active), SdpKind::Offer, Role::Client), changed);
        assert_eq!(again(Some(Setup::Passive), SdpKind::Answer, Role::Server), changed);
    }

    #[test]
    fn directions_stand_at_either_level_and_the_narrower_one_counts() {
        let of = |session: &str, section: &str| {
            let text = format!("v=0\r\n{session}m=audio 9 X 0\r\n{section}");
            let session = parse(&text).expect("readable");
            Direction::read(&session.media[0].attributes, &session.attributes).name()
        };
        assert_eq!(of("", ""), "sendrecv");
        assert_eq!(of("a=inactive\r\n", ""), "inactive");
        assert_eq!(of("a=inactive\r\n", "a=sendrecv\r\n"), "sendrecv");
        assert_eq!(of("", "a=SendOnly\r\n"), "sendonly");
        assert_eq!(of("", "a=sendrecv\r\na=recvonly\r\n"), "recvonly");
        assert_eq!(of("", "a=sendonly\r\na=recvonly\r\n"), "inactive");
    }
}
