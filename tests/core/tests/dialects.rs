//! Conformance of every dialect in the table: recorded stories, every signal once round, and garbage.
//! What the lines of a story mean is in `tests/transcripts/README.md`.

use std::fs;
use std::path::{Path, PathBuf};

use bellwire_call::{
    CallId, CallKey, DeclineReason, IceCandidate, Invite, MediaKind, MediaState, Person, PersonId,
    RemoteCallId, Sdp, SdpKind, Signal, Subject,
};
use bellwire_dialects::{
    DIALECTS, DecodeError, Dialect, Entry, Identity, Inbound, Method, Outbound, Reaction, RequestId,
    SideEvent,
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn folder(entry: &Entry) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../transcripts").join(entry.id)
}

fn stories(entry: &Entry) -> Vec<(PathBuf, Vec<Value>)> {
    let folder = folder(entry);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = files
        .map(|file| file.expect("the folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), lines(&path))).collect()
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the story can be read");
    let parse = |(number, line)| {
        serde_json::from_str(line).unwrap_or_else(|error| panic!("{}:{number}: {error}", path.display()))
    };
    (1..).zip(text.lines()).map(parse).collect()
}

fn identity(entry: &Entry, id: &str, name: &str, role: &str) -> Identity {
    Identity {
        dialect: entry.id.to_owned(),
        person: Person { id: PersonId(id.to_owned()), name: name.to_owned(), avatar: None },
        role: role.to_owned(),
        token: "token".to_owned(),
        cookie: None,
        bearer: false,
        refresh_token: None,
    }
}

#[test]
fn every_dialect_has_transcripts_and_unique_id() {
    let mut ids: Vec<_> = DIALECTS.iter().map(|entry| entry.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), DIALECTS.len());
    for entry in DIALECTS {
        assert!(stories(entry).len() >= 5, "{} has too few transcripts", entry.id);
        assert!(!entry.roles.is_empty() && !entry.sign_in_fields.is_empty());
    }
}

#[test]
fn every_story_is_told_again_word_for_word() {
    for entry in DIALECTS {
        for (path, lines) in stories(entry) {
            let account = &lines[0]["account"];
            let text = |field: &str| account[field].as_str().unwrap().to_owned();
            let mut dialect = (entry.new)(&identity(entry, &text("id"), &text("name"), &text("role")));
            for (number, line) in (2..).zip(&lines[1..]) {
                let told = tell(dialect.as_mut(), line);
                let expected = expectation(line);
                assert_eq!(told, expected, "{}:{number}", path.display());
            }
        }
    }
}

/// What one line leads to, in the line's own notation.
fn tell(dialect: &mut dyn Dialect, line: &Value) -> Value {
    if let Some(inbound) = line.get("in") {
        return match dialect.decode(inbound_of(inbound)) {
            Ok(reaction) => reaction_value(&reaction),
            Err(_) => json!({ "heard": [], "out": [], "side": [], "dropped": true, "refused": false }),
        };
    }
    let call: CallKey = serde_json::from_value(line["say"]["call"].clone()).expect("`say` names a call");
    let signal: Signal = serde_json::from_value(line["say"]["signal"].clone()).expect("`say` holds a signal");
    match dialect.encode(&call, &signal) {
        Ok(outbound) => reaction_value(&Reaction { outbound, ..Reaction::default() }),
        Err(_) => json!({ "heard": [], "out": [], "side": [], "dropped": false, "refused": true }),
    }
}

fn expectation(line: &Value) -> Value {
    let list = |field: &str| line.get(field).cloned().unwrap_or_else(|| json!([]));
    let flag = |field: &str| line.get(field).cloned().unwrap_or(Value::Bool(false));
    json!({
        "heard": list("heard"), "out": list("out"), "side": list("side"),
        "dropped": flag("dropped"), "refused": flag("refused"),
    })
}

fn inbound_of(value: &Value) -> Inbound {
    match value.as_str() {
        Some("opened") => return Inbound::Opened,
        Some("closed") => return Inbound::Closed,
        Some(_) | None => {}
    }
    match value.get("reply").and_then(Value::as_u64) {
        Some(id) => {
            let status = value["status"].as_u64().and_then(|status| status.try_into().ok());
            Inbound::Reply {
                id: RequestId(id),
                status: status.expect("a reply has a status"),
                body: value["body"].clone(),
            }
        }
        None => Inbound::Event {
            name: value["event"].as_str().expect("an event has a name").to_owned(),
            args: value["args"].as_array().expect("an event has arguments").clone(),
        },
    }
}

fn reaction_value(reaction: &Reaction) -> Value {
    let heard: Vec<_> =
        reaction.heard.iter().map(|(call, signal)| json!({ "call": call, "signal": signal })).collect();
    let out: Vec<_> = reaction.outbound.iter().map(outbound_value).collect();
    let side: Vec<_> = reaction.side.iter().map(side_value).collect();
    json!({ "heard": heard, "out": out, "side": side, "dropped": false, "refused": false })
}

fn outbound_value(outbound: &Outbound) -> Value {
    match outbound {
        Outbound::Emit { name, args, .. } => json!({ "emit": name, "args": args }),
        Outbound::Request { id, call } => {
            let method = match call.method {
                Method::Get => "get",
                Method::Post => "post",
                Method::Put => "put",
                Method::Patch => "patch",
                Method::Delete => "delete",
            };
            let query: Map<String, Value> =
                call.query.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({ "request": id.0, "method": method, "path": call.path, "query": query, "body": call.body })
        }
    }
}

fn side_value(side: &SideEvent) -> Value {
    match side {
        SideEvent::TokenExpired => json!("token-expired"),
        SideEvent::ListChanged => json!("list-changed"),
        SideEvent::Message(message) => json!({ "message": message }),
        SideEvent::ThreadRead { thread, by_me } => json!({ "read": thread, "by_me": by_me }),
        SideEvent::Typing { thread, person, on } => json!({ "typing": thread, "person": person.0, "on": on }),
        SideEvent::Presence(changes) => {
            let changes: Vec<_> =
                changes.iter().map(|change| json!([change.person.0, change.online])).collect();
            json!({ "presence": changes })
        }
    }
}

/// Two accounts of one dialect in a call, and what the one says put to the other's ear.
struct Pair {
    ours: Box<dyn Dialect>,
    theirs: Box<dyn Dialect>,
}

const CALL: &str = "9f1f6a34-call";

fn remote() -> CallKey {
    CallKey::Remote(RemoteCallId(CALL.to_owned()))
}

impl Pair {
    /// A storefront seller rings a customer; the customer's ring is what the seller emitted.
    fn storefront(entry: &Entry) -> (Self, Vec<(CallKey, Signal)>) {
        let mut ours = (entry.new)(&identity(entry, "s1", "Lamp Shop", "seller"));
        let mut theirs = (entry.new)(&identity(entry, "c1", "Ann", "customer"));
        let to = Person { id: PersonId("c1".into()), name: "Ann".into(), avatar: None };
        let subject = Some(Subject { id: "o1".into(), label: String::new() });
        let invite = Signal::Invite(Invite { to, kind: MediaKind::Video, subject });
        let local = CallKey::Local(CallId(7));
        let out = ours.encode(&local, &invite).expect("an invitation can be said");
        let Some(Outbound::Request { id, .. }) = out.first() else { panic!("no request in {out:?}") };
        let body = json!({ "success": true, "videoCall": {
            "callId": CALL, "status": "initiated", "seller": "s1", "customer": "c1",
            "orderId": { "_id": "o1", "orderNumber": "1042" } } });
        let placed =
            ours.decode(Inbound::Reply { id: *id, status: 201, body }).expect("the reply is understood");
        assert!(matches!(placed.heard.as_slice(), [(_, Signal::Placed { .. })]), "{:?}", placed.heard);
        let heard = hear(theirs.as_mut(), &placed.outbound);
        (Self { ours, theirs }, heard)
    }

    fn say(&mut self, signal: &Signal) -> Vec<(CallKey, Signal)> {
        let said = self.ours.encode(&remote(), signal).expect("the signal can be said");
        hear(self.theirs.as_mut(), &said)
    }

    fn answer(&mut self, signal: &Signal) -> Vec<(CallKey, Signal)> {
        let said = self.theirs.encode(&remote(), signal).expect("the signal can be said");
        hear(self.ours.as_mut(), &said)
    }
}

/// What the backend makes of the events of one side for the other.
fn hear(dialect: &mut dyn Dialect, said: &[Outbound]) -> Vec<(CallKey, Signal)> {
    let mut heard = Vec::new();
    for outbound in said {
        let Outbound::Emit { name, args, .. } = outbound else { continue };
        let forwarded = match *name {
            "joinVideoCall" => "userJoinedCall",
            "leaveVideoCall" => "userLeftCall",
            "toggleAudio" => "participantAudioToggle",
            "toggleVideo" => "participantVideoToggle",
            "startScreenShare" => "screenShareStarted",
            "stopScreenShare" => "screenShareStopped",
            "endVideoCall" => "callEnded",
            same => same,
        };
        match dialect.decode(Inbound::Event { name: forwarded.to_owned(), args: args.clone() }) {
            Ok(reaction) => heard.extend(reaction.heard),
            // The farewell after the end: the call is forgotten by then.
            Err(DecodeError::ForeignCall { .. }) => {}
            Err(error) => panic!("{forwarded}: {error}"),
        }
    }
    heard
}

fn sdp(kind: SdpKind) -> Sdp {
    Sdp { kind, sdp: "v=0\r\no=- 4 2 IN IP4 127.0.0.1\r\ns=-\r\n".into() }
}

#[test]
fn every_signal_that_can_be_said_is_heard_as_the_same() {
    for entry in DIALECTS {
        assert_eq!(entry.id, "storefront", "teach `Pair` the new dialect");
        let (mut pair, heard) = Pair::storefront(entry);
        let [(_, Signal::Ring(ring)), ..] = heard.as_slice() else { panic!("no ring in {heard:?}") };
        assert_eq!((ring.from.id.0.as_str(), ring.from.name.as_str()), ("s1", "Lamp Shop"));
        assert_eq!(ring.subject, Some(Subject { id: "o1".into(), label: "Order #1042".into() }));

        let heard = pair.answer(&Signal::Accept);
        assert_eq!(heard, [(remote(), Signal::Accept), (remote(), Signal::PeerJoined)]);

        let candidate = IceCandidate {
            candidate: "candidate:1 1 udp 1 192.0.2.1 5 typ host".into(),
            sdp_mid: Some("0".into()),
            sdp_m_line_index: Some(1),
            username_fragment: None,
        };
        let media = MediaState { audio: Some(false), video: None, sharing: None };
        let in_call = [
            Signal::Offer(sdp(SdpKind::Offer)),
            Signal::Answer(sdp(SdpKind::Answer)),
            Signal::Candidate(candidate),
            Signal::Media(media),
            Signal::Media(MediaState { audio: None, video: Some(true), sharing: None }),
            Signal::Media(MediaState { audio: None, video: None, sharing: Some(true) }),
        ];
        for signal in &in_call {
            assert_eq!(pair.say(signal), [(remote(), signal.clone())]);
            assert_eq!(pair.answer(signal), [(remote(), signal.clone())]);
        }
        assert_eq!(pair.say(&Signal::HangUp), [(remote(), Signal::HangUp)]);
        assert_eq!(pair.answer(&Signal::HangUp), []);

        for reason in [DeclineReason::Declined, DeclineReason::Busy] {
            let (mut pair, _) = Pair::storefront(entry);
            assert_eq!(pair.answer(&Signal::Decline(reason)), [(remote(), Signal::Decline(reason))]);
        }
        let (mut pair, _) = Pair::storefront(entry);
        assert_eq!(pair.say(&Signal::Cancel), [(remote(), Signal::Cancel)]);
        let (mut pair, _) = Pair::storefront(entry);
        assert_eq!(pair.say(&Signal::NoAnswer), [(remote(), Signal::Missed)]);
    }
}

#[test]
fn a_megabyte_in_any_field_is_refused_and_the_call_goes_on() {
    let mega = "x".repeat(1024 * 1024);
    for entry in DIALECTS {
        for (path, lines) in stories(entry) {
            let account = &lines[0]["account"];
            let text = |field: &str| account[field].as_str().unwrap().to_owned();
            for line in &lines[1..] {
                let Some(Value::Object(fields)) = line.pointer("/in/args/0") else { continue };
                let event = line["in"]["event"].as_str().unwrap();
                for field in fields.keys() {
                    let mut huge = fields.clone();
                    huge.insert(field.clone(), json!(mega));
                    let mut dialect =
                        (entry.new)(&identity(entry, &text("id"), &text("name"), &text("role")));
                    let inbound = Inbound::Event { name: event.to_owned(), args: vec![Value::Object(huge)] };
                    assert!(
                        dialect.decode(inbound).is_err(),
                        "{}: {event}.{field} took a megabyte",
                        path.display()
                    );
                }
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(json!(CALL)),
        Just(json!("s1")),
        Just(json!("c1")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((field_name(), inner), 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn field_name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "callId",
        "userId",
        "senderId",
        "receiverId",
        "offer",
        "answer",
        "candidate",
        "sdp",
        "type",
        "status",
        "sellerId",
        "customerId",
        "participantCount",
        "isAudioEnabled",
        "isOnline",
        "videoCall",
        "seller",
        "customer",
        "orderId",
        "_id",
        "message",
        "success",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "[a-z]{1,6}"]
}

fn event_name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "incomingVideoCall",
        "offer",
        "answer",
        "ice-candidate",
        "userJoinedCall",
        "userLeftCall",
        "callStatusUpdate",
        "callEnded",
        "callTargetOffline",
        "callError",
        "participantAudioToggle",
        "screenShareStarted",
        "getUsers",
        "userOnlineStatusChanged",
    ]);
    prop_oneof![9 => known.prop_map(str::to_owned), 1 => ".{0,10}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_never_panics_and_never_stops_the_dialect(
        events in proptest::collection::vec((event_name(), proptest::collection::vec(any_json(), 0..3)), 1..20),
        replies in proptest::collection::vec((0_u64..4, any::<u16>(), any_json()), 0..4),
    ) {
        for entry in DIALECTS {
            let (mut pair, _) = Pair::storefront(entry);
            for (name, args) in &events {
                // Errors are the point; panics are what is looked for.
                let _ = pair.ours.decode(Inbound::Event { name: name.clone(), args: args.clone() });
                let _ = pair.theirs.decode(Inbound::Event { name: name.clone(), args: args.clone() });
            }
            for (id, status, body) in &replies {
                let reply = Inbound::Reply { id: RequestId(*id), status: *status, body: body.clone() };
                let _ = pair.ours.decode(reply);
            }
            let ring = json!({ "callId": "fresh", "sellerId": "s1", "customerId": "c1" });
            let inbound = Inbound::Event { name: "incomingVideoCall".into(), args: vec![ring] };
            let heard = pair.theirs.decode(inbound).unwrap().heard;
            prop_assert!(matches!(heard.as_slice(), [(_, Signal::Ring(_))]), "{heard:?}");
        }
    }
}
