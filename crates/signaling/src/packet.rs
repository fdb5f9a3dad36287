//! Engine.IO 4 and Socket.IO 5 as text, both ways. Knows no connection.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

/// Between packets of one body of long polling.
pub(crate) const SEPARATOR: char = '\u{1e}';
/// Answers a ping.
pub(crate) const PONG: &str = "3";
/// Ends a connection of long polling, whose end the server sees by nothing else.
pub(crate) const CLOSE: &str = "1";

/// What the server says first on a connection.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Handshake {
    pub(crate) sid: String,
    /// Milliseconds.
    #[serde(default = "ping_interval")]
    ping_interval: u64,
    /// Milliseconds.
    #[serde(default = "ping_timeout")]
    ping_timeout: u64,
    /// Bytes of one body of long polling.
    #[serde(default = "max_payload")]
    pub(crate) max_payload: usize,
}

fn ping_interval() -> u64 {
    25_000
}

fn ping_timeout() -> u64 {
    20_000
}

fn max_payload() -> usize {
    100_000
}

impl Handshake {
    /// Reads the packet that opens a connection.
    pub(crate) fn read(packet: &str) -> Option<Self> {
        let handshake: Self = serde_json::from_str(packet.strip_prefix('0')?).ok()?;
        let plausible = !handshake.sid.is_empty() && handshake.sid.len() <= 256;
        plausible.then_some(handshake)
    }

    /// A server that was silent for so long is gone. Between 2 s and 5 min, whatever it says.
    pub(crate) fn silence(&self) -> Duration {
        let said = Duration::from_millis(self.ping_interval.saturating_add(self.ping_timeout));
        said.clamp(Duration::from_secs(2), Duration::from_secs(300))
    }
}

/// What a packet of the server's means to us.
#[derive(Debug, PartialEq)]
pub(crate) enum Packet {
    Ping,
    /// We are in the namespace.
    Connected,
    /// We are not let in; the server's words.
    Refused(String),
    Event {
        name: String,
        args: Vec<Value>,
    },
    /// The server ends the connection.
    Closed,
    /// Nothing that concerns us.
    Other,
}

/// Reads one Engine.IO packet; what is of another namespace or not understood is [`Packet::Other`].
pub(crate) fn read(packet: &str, namespace: &str) -> Packet {
    let mut kind = packet.chars();
    match kind.next() {
        Some('1') => Packet::Closed,
        Some('2') => Packet::Ping,
        Some('4') => message(kind.as_str(), namespace),
        Some(_) | None => Packet::Other,
    }
}

fn message(message: &str, namespace: &str) -> Packet {
    let mut kind = message.chars();
    let Some(kind_of) = kind.next() else { return Packet::Other };
    let rest = kind.as_str();
    let (theirs, rest) = match rest.split_once(',') {
        Some((name, rest)) if name.starts_with('/') => (name.split('?').next().unwrap_or(name), rest),
        Some(_) | None if rest.starts_with('/') => (rest, ""),
        Some(_) | None => ("/", rest),
    };
    if theirs != namespace {
        return Packet::Other;
    }
    match kind_of {
        '0' => Packet::Connected,
        '1' => Packet::Closed,
        // An id before the list asks for an acknowledgement, which no dialect has.
        '2' => event(rest.trim_start_matches(|c: char| c.is_ascii_digit())),
        '4' => Packet::Refused(refusal(rest)),
        // Acknowledgements and what has binary parts: no dialect has any.
        _ => Packet::Other,
    }
}

fn event(list: &str) -> Packet {
    let Ok(mut list) = serde_json::from_str::<Vec<Value>>(list) else { return Packet::Other };
    if list.is_empty() {
        return Packet::Other;
    }
    let args = list.split_off(1);
    match list.pop() {
        Some(Value::String(name)) => Packet::Event { name, args },
        Some(_) | None => Packet::Other,
    }
}

/// The words of a server that does not let us in.
fn refusal(said: &str) -> String {
    let said: Value = serde_json::from_str(said).unwrap_or(Value::Null);
    let message = said.get("message").and_then(Value::as_str).or_else(|| said.as_str());
    message.unwrap_or("refused").chars().take(200).collect()
}

/// Asks to be let into the namespace.
pub(crate) fn connect(namespace: &str, auth: Option<&Value>) -> String {
    let auth = auth.map(Value::to_string).unwrap_or_default();
    format!("40{}{auth}", prefix(namespace))
}

/// An event of ours.
pub(crate) fn emit(namespace: &str, name: &str, args: Vec<Value>) -> String {
    let mut list = vec![Value::from(name)];
    list.extend(args);
    format!("42{}{}", prefix(namespace), Value::Array(list))
}

fn prefix(namespace: &str) -> String {
    match namespace {
        "/" | "" => String::new(),
        name => format!("{name},"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(name: &str, args: Vec<Value>) -> Packet {
        Packet::Event { name: name.to_owned(), args }
    }

    #[test]
    fn events_keep_their_name_and_all_arguments() {
        assert_eq!(read(r#"42["callEnded"]"#, "/"), event("callEnded", vec![]));
        assert_eq!(
            read(r#"42["offer",{"a":1},"offset"]"#, "/"),
            event("offer", vec![json!({ "a": 1 }), json!("offset")])
        );
        // One that wants an acknowledgement, and one in a namespace.
        assert_eq!(read(r#"4217["x",[1]]"#, "/"), event("x", vec![json!([1])]));
        assert_eq!(
            read(r#"42/video-call,3["x",{"b":","}]"#, "/video-call"),
            event("x", vec![json!({ "b": "," })])
        );
        // An event called error is an event.
        assert_eq!(
            read(r#"42["error",{"message":"no"}]"#, "/"),
            event("error", vec![json!({"message":"no"})])
        );
    }

    #[test]
    fn what_is_not_ours_or_not_understood_is_nothing() {
        for packet in
            ["", "4", "42", "42[]", "42[7]", "42{}", "42[\"x\"", "451-[\"x\",{}]", "43[1]", "6", "9", "bAAA"]
        {
            assert_eq!(read(packet, "/"), Packet::Other, "{packet}");
        }
        assert_eq!(read(r#"42/other,["x"]"#, "/"), Packet::Other);
        assert_eq!(read(r#"42["x"]"#, "/video-call"), Packet::Other);
    }

    #[test]
    fn being_let_in_refused_and_sent_away_are_told_apart() {
        assert_eq!(read(r#"40{"sid":"a"}"#, "/"), Packet::Connected);
        assert_eq!(read(r#"40/video-call,{"sid":"a"}"#, "/video-call"), Packet::Connected);
        assert_eq!(read(r#"44{"message":"Invalid token"}"#, "/"), Packet::Refused("Invalid token".into()));
        assert_eq!(read(r#"44"no""#, "/"), Packet::Refused("no".into()));
        assert_eq!(read("44", "/"), Packet::Refused("refused".into()));
        assert_eq!(read("41", "/"), Packet::Closed);
        assert_eq!(read("41/video-call,", "/video-call"), Packet::Closed);
        assert_eq!(read("1", "/"), Packet::Closed);
        assert_eq!(read("2", "/"), Packet::Ping);
    }

    #[test]
    fn what_is_said_is_as_servers_read_it() {
        assert_eq!(emit("/", "callEnded", vec![]), r#"42["callEnded"]"#);
        assert_eq!(emit("/video-call", "x", vec![json!({ "a": 1 })]), r#"42/video-call,["x",{"a":1}]"#);
        assert_eq!(connect("/", None), "40");
        assert_eq!(connect("/video-call", Some(&json!({ "token": "t" }))), r#"40/video-call,{"token":"t"}"#);
    }

    #[test]
    fn a_handshake_may_leave_things_out_but_not_its_name() {
        let whole = Handshake::read(r#"0{"sid":"a","upgrades":[],"pingInterval":2000,"pingTimeout":1000}"#);
        assert_eq!(whole.unwrap().silence(), Duration::from_secs(3));
        assert_eq!(Handshake::read(r#"0{"sid":"a"}"#).unwrap().silence(), Duration::from_secs(45));
        let endless = Handshake::read(r#"0{"sid":"a","pingInterval":18446744073709551615}"#);
        assert_eq!(endless.unwrap().silence(), Duration::from_secs(300));
        for odd in ["0{}", "0", "40", r#"0{"sid":""}"#, "<html>"] {
            assert_eq!(Handshake::read(odd), None, "{odd}");
        }
    }
}
