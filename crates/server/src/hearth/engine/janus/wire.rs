//! Messages of the Janus API (WebSocket transport) and of its VideoRoom plugin, as far as they are used.

use bellwire_dialects::hearth::wire::{IceCandidateInit, SdpBody};
use serde_json::{Value, json};

/// The plugin that rooms are of.
pub(super) const PLUGIN: &str = "janus.plugin.videoroom";
/// `JANUS_VIDEOROOM_ERROR_ROOM_EXISTS`.
pub(super) const ROOM_EXISTS: i64 = 427;

/// What Janus says of a handle by itself.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Event {
    /// The connection carries media.
    Up,
    /// There is no connection any more.
    Down,
    /// `None`: there are no more.
    Candidate(Option<IceCandidateInit>),
    /// What is sent has changed: a new offer.
    Offer(SdpBody),
}

impl Event {
    /// `None`: of no use.
    pub(super) fn read(message: &Value) -> Option<Self> {
        match message.get("janus")?.as_str()? {
            "webrtcup" => Some(Self::Up),
            "hangup" | "detached" => Some(Self::Down),
            "trickle" => {
                let candidate = message.get("candidate")?;
                let last = candidate.get("completed").is_some();
                let read = || serde_json::from_value(candidate.clone()).ok();
                if last { Some(Self::Candidate(None)) } else { Some(Self::Candidate(Some(read()?))) }
            }
            "event" => description(message).filter(|jsep| jsep.kind == "offer").map(Self::Offer),
            _ => None,
        }
    }
}

/// What was asked for, done.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reply {
    /// Id of what was made, if anything was.
    pub(super) id: Option<u64>,
    pub(super) jsep: Option<SdpBody>,
}

/// Why it was not, in the words of Janus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    pub(super) reason: String,
}

impl Reply {
    pub(super) fn read(message: &Value) -> Result<Self, Refusal> {
        let refusal = |error: &Value, code: &str, reason: &str| Refusal {
            code: error.get(code).and_then(Value::as_i64).unwrap_or(0),
            reason: error.get(reason).and_then(Value::as_str).unwrap_or("no reason").to_owned(),
        };
        if let Some(error) = message.get("error") {
            return Err(refusal(error, "code", "reason"));
        }
        if let Some(data) =
            message.pointer("/plugindata/data").filter(|data| data.get("error_code").is_some())
        {
            return Err(refusal(data, "error_code", "error"));
        }
        Ok(Self { id: message.pointer("/data/id").and_then(Value::as_u64), jsep: description(message) })
    }
}

/// Whether this only says that an answer will come.
pub(super) fn is_ack(message: &Value) -> bool {
    message.get("janus").and_then(Value::as_str) == Some("ack")
}

fn description(message: &Value) -> Option<SdpBody> {
    serde_json::from_value(message.get("jsep")?.clone()).ok()
}

/// Candidates as Janus reads them.
pub(super) fn trickle(candidate: Option<&IceCandidateInit>) -> Value {
    match candidate.filter(|candidate| !candidate.candidate.is_empty()) {
        Some(candidate) => json!(candidate),
        None => json!({ "completed": true }),
    }
}

/// A room for one call. Sound and pictures are encoded once for all, so that everybody has to take the same: what
/// our clients offer first. Rates follow each member's own path (transport-wide congestion control).
pub(super) fn create(room: u64, secret: &str, admin_key: Option<&str>) -> Value {
    let mut body = json!({
        "request": "create",
        "room": room,
        "secret": secret,
        "permanent": false,
        "is_private": true,
        "publishers": 64,
        "audiocodec": "opus",
        "opus_fec": true,
        "videocodec": "h264,vp8",
        "transport_wide_cc_ext": true,
        "notify_joining": false,
    });
    if let (Some(key), Some(fields)) = (admin_key, body.as_object_mut()) {
        fields.insert("admin_key".to_owned(), json!(key));
    }
    body
}

pub(super) fn destroy(room: u64, secret: &str) -> Value {
    json!({ "request": "destroy", "room": room, "secret": secret, "permanent": false })
}

/// Enters a room and publishes at once, with an offer.
pub(super) fn publish(room: u64, feed: u64) -> Value {
    json!({ "request": "joinandconfigure", "ptype": "publisher", "room": room, "id": feed })
}

/// Goes on with another offer.
pub(super) fn configure() -> Value {
    json!({ "request": "configure" })
}

pub(super) fn subscribe(room: u64, feed: u64) -> Value {
    json!({ "request": "join", "ptype": "subscriber", "room": room, "streams": [{ "feed": feed }] })
}

/// With the answer to what was offered.
pub(super) fn take() -> Value {
    json!({ "request": "start" })
}

/// An offer that looks for another path.
pub(super) fn restart() -> Value {
    json!({ "request": "configure", "restart": true })
}

/// The session id of a description's `o=` line.
pub(super) fn session(sdp: &str) -> Option<&str> {
    sdp.lines().find_map(|line| line.strip_prefix("o="))?.split_ascii_whitespace().nth(1)
}

/// The description with another one.
pub(super) fn with_session(sdp: &str, session: u64) -> String {
    let line = |line: &str| match line.strip_prefix("o=").map(|origin| origin.split(' ').collect::<Vec<_>>())
    {
        Some(mut words) if words.len() > 1 => {
            let session = session.to_string();
            words[1] = &session;
            format!("o={}", words.join(" "))
        }
        Some(_) | None => line.to_owned(),
    };
    sdp.split_inclusive('\n').map(line).collect()
}

const TRANSPORT_CC: &str = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// An answer that takes transport-wide feedback for sound too, where the offer has it. Janus gives it for every packet
/// that is numbered, and asks for numbers of pictures only: a sender that has no picture left for its path would
/// never hear that the path is better.
pub(super) fn with_feedback_for_sound(answer: &str, offer: &str) -> String {
    let line = |sdp: &str, media: &str| {
        let section = sdp.split("\nm=").skip(1).find(|section| section.starts_with(media))?;
        let is_meant = |line: &&str| line.starts_with("a=extmap:") && line.trim_end().ends_with(TRANSPORT_CC);
        section.lines().find(is_meant).map(|line| line.trim_end().to_owned())
    };
    let (Some(offered), Some(taken)) = (line(offer, "audio"), line(answer, "video")) else {
        return answer.to_owned();
    };
    if offered != taken || line(answer, "audio").is_some() {
        return answer.to_owned();
    }
    let mut sections = answer.split("\nm=");
    let mut all = sections.next().unwrap_or_default().to_owned();
    for section in sections {
        all.push_str("\nm=");
        all.push_str(section);
        if section.starts_with("audio") {
            // A section but the last ends without its line feed.
            let (end, begin) = if section.ends_with('\n') { ("\r\n", "") } else { ("\r", "\n") };
            all.push_str(begin);
            all.push_str(&taken);
            all.push_str(end);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_janus_and_of_its_plugin_are_read() {
        let core = json!({ "janus": "error", "error": { "code": 458, "reason": "No such session" } });
        let refused = |code, reason: &str| Err(Refusal { code, reason: reason.to_owned() });
        assert_eq!(Reply::read(&core), refused(458, "No such session"));
        let data = json!({ "videoroom": "event", "error_code": 426, "error": "No such room" });
        let plugin = json!({ "janus": "event", "plugindata": { "plugin": PLUGIN, "data": data } });
        assert_eq!(Reply::read(&plugin), refused(426, "No such room"));
        let made = json!({ "janus": "success", "data": { "id": 7 } });
        assert_eq!(Reply::read(&made), Ok(Reply { id: Some(7), jsep: None }));
    }

    #[test]
    fn events_are_read_and_odd_ones_are_nothing() {
        let candidate = json!({ "candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0 });
        let trickled = json!({ "janus": "trickle", "sender": 7, "candidate": candidate });
        let read = Event::read(&trickled);
        assert!(
            matches!(&read, Some(Event::Candidate(Some(c))) if c.sdp_mid.as_deref() == Some("0")),
            "{read:?}"
        );
        let last = json!({ "janus": "trickle", "candidate": { "completed": true } });
        assert_eq!(Event::read(&last), Some(Event::Candidate(None)));
        assert_eq!(Event::read(&json!({ "janus": "webrtcup" })), Some(Event::Up));
        assert_eq!(Event::read(&json!({ "janus": "hangup", "reason": "ICE failed" })), Some(Event::Down));
        let offer = json!({ "janus": "event", "jsep": { "type": "offer", "sdp": "v=0" } });
        assert!(matches!(Event::read(&offer), Some(Event::Offer(_))));
        for odd in [json!(7), json!({}), json!({ "janus": 7 }), json!({ "janus": "trickle", "candidate": 7 })]
        {
            assert_eq!(Event::read(&odd), None, "{odd}");
        }
    }

    #[test]
    fn a_description_gets_another_session_and_nothing_else() {
        let sdp = "v=0\r\no=- 17 2 IN IP4 192.0.2.2\r\ns=-\r\na=x:o=- 17 2\r\n";
        let other = with_session(sdp, 5);
        assert_eq!(other, sdp.replacen("17", "5", 1));
        assert_eq!((session(sdp), session(&other)), (Some("17"), Some("5")));
        for odd in ["", "o=", "o=-", "\r\n", "v=0"] {
            assert_eq!((with_session(odd, 5).as_str(), session(odd)), (odd, None));
        }
    }

    #[test]
    fn sound_has_feedback_where_pictures_have_it_and_it_was_offered() {
        let feedback = format!("a=extmap:3 {TRANSPORT_CC}\r\n");
        let sdp = |sound: &str, pictures: &str| {
            format!("v=0\r\nm=audio 9 X 111\r\na=mid:0\r\n{sound}m=video 9 X 96\r\na=mid:1\r\n{pictures}")
        };
        let both = sdp(&feedback, &feedback);
        assert_eq!(with_feedback_for_sound(&sdp("", &feedback), &both), both);
        for same in [sdp("", ""), both.clone(), "v=0\r\n".to_owned(), String::new()] {
            assert_eq!(with_feedback_for_sound(&same, &both), same);
        }
        assert_eq!(with_feedback_for_sound(&sdp("", &feedback), &sdp("", &feedback)), sdp("", &feedback));
        let last = format!("v=0\r\nm=video 9 X 96\r\n{feedback}m=audio 9 X 111\r\na=mid:1\r\n");
        assert_eq!(with_feedback_for_sound(&last, &both), format!("{last}{feedback}"));
    }

    #[test]
    fn candidates_are_said_as_janus_reads_them() {
        let one = IceCandidateInit {
            candidate: "candidate:1".into(),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(0),
            username_fragment: None,
        };
        let said = json!({ "candidate": "candidate:1", "sdpMid": "0", "sdpMLineIndex": 0 });
        assert_eq!(trickle(Some(&one)), said);
        let last = IceCandidateInit { candidate: String::new(), ..one };
        assert_eq!(
            (trickle(None), trickle(Some(&last))),
            (json!({ "completed": true }), json!({ "completed": true }))
        );
    }
}
