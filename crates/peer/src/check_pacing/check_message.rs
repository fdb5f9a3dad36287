//! Connectivity checks among what leaves and arrives, straight or through a relay (RFC 8489, RFC 8656).

const STUN_MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const BINDING_REQUEST: [u8; 2] = [0, 1];
const SEND_INDICATION: [u8; 2] = [0, 0x16];
const USERNAME_ATTRIBUTE: u16 = 0x0006;
const XOR_PEER_ADDRESS_ATTRIBUTE: u16 = 0x0012;
const DATA_ATTRIBUTE: u16 = 0x0013;

/// Attributes of a STUN message (RFC 8489 14).
fn attributes(message: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = message.get(20..).unwrap_or_default();
    std::iter::from_fn(move || {
        let [k1, k2, l1, l2, ..] = rest else { return None };
        let (kind, length) = (u16::from_be_bytes([*k1, *k2]), usize::from(u16::from_be_bytes([*l1, *l2])));
        let value = rest.get(4..4 + length)?;
        rest = rest.get(4 + length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    })
}

fn is_stun(message: &[u8], kind: [u8; 2]) -> bool {
    message.get(..2) == Some(&kind) && message.get(4..8) == Some(&STUN_MAGIC_COOKIE)
}

/// Whether it is a connectivity check rather than a STUN server request, which has no username.
fn is_check(message: &[u8]) -> bool {
    is_stun(message, BINDING_REQUEST) && attributes(message).any(|(kind, _)| kind == USERNAME_ATTRIBUTE)
}

/// What a check through a relay is addressed to (RFC 8656 10 and 12); empty for a direct one.
pub(super) fn check(message: &[u8]) -> Option<Vec<u8>> {
    if is_check(message) {
        return Some(Vec::new());
    }
    if is_stun(message, SEND_INDICATION) {
        let find = |wanted| attributes(message).find(|(kind, _)| *kind == wanted).map(|(_, value)| value);
        return find(DATA_ATTRIBUTE)
            .filter(|data| is_check(data))
            .and(find(XOR_PEER_ADDRESS_ATTRIBUTE))
            .map(<[u8]>::to_vec);
    }
    let channel = message.get(..2).filter(|number| (0x40..=0x4f).contains(&number[0]))?;
    is_check(message.get(4..)?).then(|| channel.to_vec())
}

/// Whether it is sound or pictures, or the handshake before them, straight or through a relay.
pub(super) fn is_media(message: &[u8]) -> bool {
    !message.first().is_some_and(|first| first >> 6 == 0 && message.get(4..8) == Some(&STUN_MAGIC_COOKIE))
}

/// Whether it may be part of a check or of its answer, straight or through a relay.
pub(super) fn is_of_checks(message: &[u8]) -> bool {
    let in_channel = message.first().is_some_and(|first| (0x40..=0x4f).contains(first));
    if in_channel { message.get(8..12) == Some(&STUN_MAGIC_COOKIE) } else { !is_media(message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stun(kind: [u8; 2], attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut message = [&kind[..], &[0, 0], &STUN_MAGIC_COOKIE, &[7; 12]].concat();
        for (name, value) in attributes {
            let length = u16::try_from(value.len()).expect("short");
            message.extend([name.to_be_bytes(), length.to_be_bytes()].concat());
            message.extend(*value);
            message.resize(message.len().next_multiple_of(4), 0);
        }
        message
    }

    #[test]
    fn media_is_known_from_what_keeps_the_path() {
        for media in [&[0x80, 111, 0, 1, 0, 0, 0, 2][..], &[0x40, 1, 0, 4, 1, 2, 3, 4], &[22, 254, 253, 0]] {
            assert!(is_media(media), "{media:?}");
        }
        assert!(!is_media(&stun([1, 1], &[])) && !is_media(&stun(BINDING_REQUEST, &[])));
    }

    #[test]
    fn checks_are_known_from_everything_else_and_within_relays() {
        let direct = stun(BINDING_REQUEST, &[(0x8022, b"abc"), (USERNAME_ATTRIBUTE, b"a:b")]);
        assert_eq!(check(&direct), Some(Vec::new()));
        let relayed =
            stun(SEND_INDICATION, &[(XOR_PEER_ADDRESS_ATTRIBUTE, b"12345678"), (DATA_ATTRIBUTE, &direct)]);
        assert_eq!(check(&relayed), Some(b"12345678".to_vec()));
        let channel = [&[0x40, 5, 0, 0], &direct[..]].concat();
        assert_eq!(check(&channel), Some(vec![0x40, 5]));
        let question = stun(BINDING_REQUEST, &[]);
        let answer = stun([1, 1], &[(USERNAME_ATTRIBUTE, b"a:b")]);
        let media = [&[0x80, 111], &[0; 40][..]].concat();
        for other in [&question[..], &answer, &media, &direct[..10], &[], &[0x40], &[0x40, 5, 0, 0]] {
            assert_eq!(check(other), None);
        }
    }

    #[test]
    fn what_belongs_to_checks_is_known_through_relays_as_well() {
        let answer = stun([1, 1], &[]);
        let in_channel = [&[0x40, 5, 0, 20], &answer[..]].concat();
        let media_in_channel = [&[0x40, 5, 0, 40, 0x80, 111], &[0; 38][..]].concat();
        assert!(is_of_checks(&answer) && is_of_checks(&in_channel));
        assert!(!is_of_checks(&media_in_channel) && !is_of_checks(&[0x80; 40]) && !is_of_checks(&[]));
    }
}
