//! Redacts personal data and credentials in a text: addresses, hosts, links, numbers, tokens, serials, and
//! given names. Rather too much than too little.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Minimum digits of a telephone number.
const MIN_PHONE_DIGITS: usize = 7;
/// Minimum length of a token with a digit in it.
const MIN_TOKEN_CHARS: usize = 20;
/// Minimum length of a token without a digit: no word of the log is that long.
const MIN_LETTER_TOKEN_CHARS: usize = 40;
/// Minimum length of a serial number.
const MIN_SERIAL_CHARS: usize = 8;
/// The word after one of these is secret whatever it looks like.
const SECRETS: [&str; 9] = [
    "token",
    "password",
    "passphrase",
    "secret",
    "authorization",
    "bearer",
    "cookie",
    "ticket",
    "credential",
];

/// The text without anything of that kind. `names` are replaced wherever they stand, in any case.
pub(super) fn redact(text: &str, names: &[String]) -> String {
    let text = links(text);
    let text = names_out(&text, names);
    let text = words(&text);
    numbers(&text)
}

/// Redacts everything that belongs to a `…://…`.
fn links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let start = rest[..at]
            .rfind(|c| !scheme(c))
            .map_or(0, |i| i + rest[i..].chars().next().map_or(1, char::len_utf8));
        let after = &rest[at..];
        let end = after
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>' | '`'))
            .unwrap_or(after.len());
        out.push_str(&rest[..start]);
        out.push_str("<url>");
        rest = &after[end..];
    }
    out.push_str(rest);
    out
}

/// Letters as they are compared.
fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

fn names_out(text: &str, names: &[String]) -> String {
    let mut names: Vec<Vec<char>> = names
        .iter()
        .flat_map(|name| {
            let parts = name.split_whitespace().filter(|part| part.chars().count() >= 3);
            std::iter::once(name.trim()).chain(parts)
        })
        .filter(|name| !name.is_empty())
        .map(|name| name.chars().map(fold).collect())
        .collect();
    // The longest first: a whole name before its parts.
    names.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    names.dedup();
    if names.is_empty() {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let folded: Vec<char> = letters.iter().copied().map(fold).collect();
    let mut out = String::new();
    let mut at = 0;
    while at < letters.len() {
        let here =
            names.iter().find(|name| folded[at..].starts_with(name) && stands_alone(&folded, at, name.len()));
        match here {
            Some(name) => {
                out.push_str("<name>");
                at += name.len();
            }
            None => {
                out.push(letters[at]);
                at += 1;
            }
        }
    }
    out
}

/// Short names are words of their own, not parts of others.
fn stands_alone(text: &[char], at: usize, length: usize) -> bool {
    if length > 3 {
        return true;
    }
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    let after = text.get(at + length);
    [before, after].into_iter().flatten().all(|c| !c.is_alphanumeric())
}

/// Looks at each word between blanks, quotes and brackets.
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    let mut secret_next = false;
    for c in text.chars().map(Some).chain([None]) {
        let ends = c.is_none_or(|c| {
            c.is_whitespace()
                || matches!(
                    c,
                    '"' | '\'' | '`' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '=' | '|'
                )
        });
        if !ends {
            word.extend(c);
            continue;
        }
        if !word.is_empty() {
            let plain = word.trim_end_matches([':', '.']).to_ascii_lowercase();
            let announces = SECRETS.iter().any(|secret| plain.ends_with(secret));
            if secret_next && !announces {
                out.push_str("<secret>");
                secret_next = c == Some('=');
            } else {
                out.push_str(&redacted(&word));
                let assigned = c == Some('=') || word.ends_with(':') || plain == "bearer";
                secret_next = announces && assigned;
            }
            word.clear();
        }
        out.extend(c);
        if c == Some('\n') {
            secret_next = false;
        }
    }
    out
}

fn redacted(word: &str) -> String {
    let end = word.trim_end_matches(['.', ':', '!', '?']).len();
    let (inner, tail) = word.split_at(end);
    let instead = if inner.is_empty() || is_time(inner) {
        return word.to_owned();
    } else if inner.contains('@') {
        "<address>"
    } else if is_path(inner) {
        "<path>"
    } else if is_ip(inner) {
        "<ip>"
    } else if has_token(inner) {
        "<secret>"
    } else if is_host(inner) {
        "<host>"
    } else {
        return word.to_owned();
    };
    format!("{instead}{tail}")
}

/// `2026-11-21T09:12:04.123Z`, `2026-11-21`, `09:12:04`: digits and signs in their places.
fn is_time(word: &str) -> bool {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let date = |text: &str| text == "0000-00-00";
    let clock = |text: &str| {
        let text = text.strip_suffix('Z').unwrap_or(text);
        let (time, fraction) = text.split_once('.').unwrap_or((text, "0"));
        time == "00:00:00"
            && !fraction.is_empty()
            && fraction.len() <= 9
            && fraction.bytes().all(|b| b == b'0')
    };
    match shape.split_once('T') {
        Some((day, time)) => date(day) && clock(time),
        None => date(&shape) || clock(&shape),
    }
}

fn is_path(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    ["/home/", "/users/", "/root/", "/run/user/", "/media/", "\\users\\"]
        .iter()
        .any(|part| lower.contains(part))
        || word.starts_with("\\\\")
}

fn is_ip(word: &str) -> bool {
    let bare = word.split(['/', '%']).next().unwrap_or(word);
    let v4 = bare.split(':').next().unwrap_or(bare);
    // Also within other things, e.g. `udp4:192.0.2.1:3478` and `192-0-2-1`.
    let v4_inside =
        word.split(|c: char| !c.is_ascii_digit() && c != '.').any(|part| part.parse::<Ipv4Addr>().is_ok());
    let dashed = word
        .split(|c: char| !c.is_ascii_digit() && c != '-')
        .any(|part| part.replace('-', ".").parse::<Ipv4Addr>().is_ok());
    let v6 = bare.parse::<Ipv6Addr>().is_ok() && bare.bytes().any(|b| b.is_ascii_hexdigit());
    let groups = bare.split(':').filter(|group| !group.is_empty());
    let hex = |group: &str| group.len() <= 4 && group.bytes().all(|b| b.is_ascii_hexdigit());
    let colons = bare.matches(':').count();
    let like_mac = colons >= 3 && groups.clone().all(hex);
    v4.parse::<Ipv4Addr>().is_ok() || v4_inside || dashed || v6 || like_mac
}

/// A run of letters that is too long or too odd for a word.
fn has_token(word: &str) -> bool {
    let run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '/' | '~' | '.');
    word.split(|c: char| !run(c)).any(|part| {
        let digits = part.bytes().any(|b| b.is_ascii_digit());
        (part.len() >= MIN_TOKEN_CHARS && digits)
            || part.len() >= MIN_LETTER_TOKEN_CHARS
            || part.split(['.', '/', '-', '_', '+', '~']).any(is_serial)
    })
}

/// Capitals or hexadecimal digits, with numbers between.
fn is_serial(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let capitals = part.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    let hexadecimal = part.bytes().all(|b| b.is_ascii_hexdigit());
    part.len() >= MIN_SERIAL_CHARS && digits > 0 && (capitals || hexadecimal)
}

/// Dotted labels that end like a domain, or one with a port.
fn is_host(word: &str) -> bool {
    if word.contains("::") {
        return false;
    }
    word.split(['/', '\\']).any(|part| {
        let (name, port) = part.rsplit_once(':').unwrap_or((part, ""));
        let port = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
        let name = if port { name } else { part };
        let label = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let dotted = name.rsplit_once('.').is_some_and(|(_, last)| {
            last.chars().count() >= 2
                && last.chars().next().is_some_and(char::is_alphabetic)
                && last.chars().all(label)
        });
        dotted || (port && name.chars().any(char::is_alphabetic))
    })
}

/// Telephone numbers: many digits with what people write between them.
fn numbers(text: &str) -> String {
    let mut out = String::new();
    for line in text.split_inclusive('\n') {
        let mut run = String::new();
        for c in line.chars().map(Some).chain([None]) {
            let belongs = c.is_some_and(|c| {
                c.is_numeric()
                    || (!run.is_empty() && matches!(c, ' ' | '-' | '/' | '.' | '(' | ')' | '\u{a0}'))
                    || matches!(c, '+')
            });
            if belongs {
                run.extend(c);
                continue;
            }
            let end = run.trim_end_matches(|c: char| !c.is_numeric()).len();
            let (number, tail) = run.split_at(end);
            let digits = number.chars().filter(|c| c.is_numeric()).count();
            // The date of a line is a run of its own, for a letter comes after it.
            if digits >= MIN_PHONE_DIGITS && !is_date_and_more(number) {
                out.push_str("<number>");
            } else {
                out.push_str(number);
            }
            out.push_str(tail);
            run.clear();
            out.extend(c);
        }
    }
    out
}

/// The beginning of a time stamp, which a `T` or a blank cuts off.
fn is_date_and_more(run: &str) -> bool {
    let shape: String = run.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00"
        || (shape.starts_with("00.") && shape.len() <= 12 && !shape[3..].contains(|c| c != '0'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(text: &str) -> String {
        redact(text, &[])
    }

    #[test]
    fn what_logs_are_for_stays() {
        for line in [
            "2026-11-21T09:12:04.123456Z  INFO bellwire_engine::run: Signed in account=1",
            "2026-11-21T09:12:04Z WARN bellwire: The engine did not stop in time",
            "width=1280 height=720 fps=29.97 epoch=3 loss=0.02 state=Connected",
            "Bellwire 0.1.0 on linux x86_64, 09:12:04",
            "codec=H264 path=\"relayed\" rtt_ms=12.5",
        ] {
            assert_eq!(plain(line), line);
        }
    }

    #[test]
    fn each_kind_goes() {
        for (line, wanted) in [
            ("from ada@example.com.", "from <address>."),
            ("to <sip:ada@10.0.0.1>", "to <<address>>"),
            ("at 192.0.2.7:5060", "at <ip>"),
            ("at [2001:db8::7]:443", "at [<ip>]:443"),
            ("mac 00:1B:44:11:3A:B7", "mac <ip>"),
            ("host calls.example.com:443 x", "host <host> x"),
            ("at localhost:8080", "at <host>"),
            ("GET https://h/x?token=1 done", "GET <url> done"),
            ("token=abc x", "token=<secret> x"),
            ("Authorization: Bearer abc", "Authorization: Bearer <secret>"),
            ("call +49 (30) 123-4567 now", "call <number> now"),
            ("serial 4A5B6C7F", "serial <secret>"),
            ("in /home/ada/x", "in <path>"),
            ("id 6f9619ff-8b86-d011-b42d-00cf4fc964ff", "id <secret>"),
            ("eyJhbGciOiJI.eyJzdWIi.SflKxwRJ1", "<secret>"),
        ] {
            assert_eq!(plain(line), wanted, "{line}");
        }
    }

    #[test]
    fn names_go_in_any_case_and_in_parts() {
        let names = ["Amira Haddad".to_owned(), "Bo".to_owned(), "أميرة".to_owned(), "Jürgen".to_owned()];
        let text = redact("AMIRA HADDAD rang; haddad, Bo, Bob and JÜRGEN; أميرة.", &names);
        assert_eq!(text, "<name> rang; <name>, <name>, Bob and <name>; <name>.");
    }

    fn secret() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z]{1,9}(\\.[a-z]{1,9})?@[a-z]{2,9}\\.(com|example|de)",
            (any::<u8>(), any::<u8>(), any::<u8>(), any::<u8>())
                .prop_map(|(a, b, c, d)| format!("{a}.{b}.{c}.{d}")),
            any::<[u16; 8]>()
                .prop_map(|groups| Ipv6Addr::from(groups).to_string())
                .prop_filter("the unspecified address says nothing", |ip| ip.len() > 4),
            "[a-z]{2,9}(\\.[a-z][a-z0-9-]{0,8}[a-z]){1,3}\\.[a-z]{2,6}",
            "(https?|wss|bellwire|turn)://[a-z]{3,9}(:[0-9]{2,5})?/[a-zA-Z0-9/?=&%._-]{0,20}",
            "eyJ[A-Za-z0-9_-]{12,40}[0-9]\\.[A-Za-z0-9_-]{12,40}\\.[A-Za-z0-9_-]{12,40}",
            "[A-Za-z0-9+/]{24,60}[0-9]",
            "[0-9a-f]{7,31}[0-9][a-f]",
            "\\+[1-9][0-9]{1,2} [0-9]{3,5}[ -][0-9]{4,6}",
            "\\([0-9]{4}\\) [0-9]{5,7}",
            "[A-Z0-9]{4}[0-9][A-Z][A-Z0-9]{4,8}",
        ]
    }

    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[A-Z][a-z]{3,9} [A-Z][a-zäöüß]{3,11}", "[ء-ي]{4,9}", "[A-Z][a-z]{4,9}-[A-Z][a-z]{4,9}"]
    }

    proptest! {
        #[test]
        fn nothing_planted_survives(
            planted in proptest::collection::vec(secret(), 1..5),
            names in proptest::collection::vec(name(), 0..3),
            between in proptest::sample::select(vec![" ", "\n", ", ", " = ", "=\"", ": ", " (", "\t", " -> ", "; "]),
        ) {
            let mut text = "2026-11-21T09:12:04.5Z  INFO bellwire::x: Heard".to_owned();
            for one in planted.iter().chain(&names) {
                text.push_str(between);
                text.push_str(one);
            }
            text.push_str(if between.ends_with('"') { "\" end" } else { " end" });
            let clean = redact(&text, &names);
            for one in planted.iter().chain(&names) {
                prop_assert!(!clean.contains(one.as_str()), "{one:?} in {clean:?}");
            }
            prop_assert!(clean.starts_with("2026-11-21T09:12:04.5Z  INFO bellwire::x: Heard"));
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,200}", name in "\\PC{0,10}") {
            let clean = redact(&text, std::slice::from_ref(&name));
            prop_assert!(clean.len() <= text.len() * 9 + 9);
        }
    }
}
