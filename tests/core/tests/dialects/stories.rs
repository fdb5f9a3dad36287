//! Tests that replay the recorded stories word for word, and once more with a megabyte in every field.

use std::fs;
use std::path::{Path, PathBuf};

use bellwire_call::{CallKey, CallReport, OutgoingSignal};
use bellwire_dialects::{
    ChatAction, DIALECTS, Dialect, EncodeError, Entry, Inbound, Method, Outbound, Reaction, RequestId,
    SideEvent,
};
use serde_json::{Map, Value, json};

use crate::pair::identity;

pub(crate) fn folder(entry: &Entry) -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
        .join("../transcripts")
        .join(entry.id)
}

/// Every story of a dialect: its file and its lines.
pub(crate) fn stories(entry: &Entry) -> Vec<(PathBuf, Vec<Value>)> {
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

/// The account that the first line of a story names.
fn teller(entry: &Entry, lines: &[Value]) -> Box<dyn Dialect> {
    let account = &lines[0]["account"];
    let text = |field: &str| account[field].as_str().expect("text");
    (entry.new)(&identity(entry, text("id"), text("name"), text("role")))
}

#[test]
fn every_story_is_told_again_word_for_word() {
    for entry in DIALECTS {
        for (path, lines) in stories(entry) {
            let mut dialect = teller(entry, &lines);
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
    let said = if let Some(now) = line.get("poll") {
        Ok(dialect.poll(now.as_str().expect("`poll` names the hour")))
    } else if let Some(action) = line.get("chat") {
        dialect.chat(&action_of(action))
    } else if let Some(report) = line.get("report") {
        let call: CallKey = serde_json::from_value(report["call"].clone()).expect("`report` names a call");
        dialect.report(&call, &report_of(report))
    } else {
        say(dialect, &line["say"])
    };
    match said {
        Ok(outbound) => reaction_value(&Reaction { outbound, ..Reaction::default() }),
        Err(_) => json!({ "heard": [], "out": [], "side": [], "dropped": false, "refused": true }),
    }
}

fn say(dialect: &mut dyn Dialect, said: &Value) -> Result<Vec<Outbound>, EncodeError> {
    let call: CallKey = serde_json::from_value(said["call"].clone()).expect("`say` names a call");
    let signal: OutgoingSignal =
        serde_json::from_value(said["signal"].clone()).expect("`say` holds a signal");
    dialect.encode(&call, &signal)
}

fn report_of(report: &Value) -> CallReport {
    if let Some(issue) = report.get("issue") {
        let issue = serde_json::from_value(issue.clone()).expect("`issue` is a known one");
        let member = serde_json::from_value(report["member"].clone()).expect("`member` is a person");
        return CallReport::PathIssue { member, issue };
    }
    let worst = serde_json::from_value(report["quality"].clone()).expect("`quality` holds figures");
    let members = report.get("members").cloned().unwrap_or_else(|| json!([]));
    let members = serde_json::from_value(members).expect("`members` holds those of each");
    CallReport::Quality { worst, members }
}

fn action_of(action: &Value) -> ChatAction {
    let (what, thread) = action.as_object().and_then(|fields| fields.iter().next()).expect("an action");
    let thread_of = |value: &Value| value.as_str().expect("a thread").to_owned();
    match what.as_str() {
        "open" => ChatAction::Open { thread: thread_of(thread) },
        "read" => ChatAction::MarkRead { thread: thread_of(thread) },
        "send" => ChatAction::Send { thread: thread_of(&thread[0]), text: thread_of(&thread[1]) },
        "typing" => ChatAction::Typing {
            thread: thread_of(&thread[0]),
            on: thread[1].as_bool().expect("whether somebody types"),
        },
        other => panic!("no such action: {other}"),
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
        SideEvent::Presence(changes) => {
            let changes: Vec<_> =
                changes.iter().map(|change| json!([change.person.0, change.online])).collect();
            json!({ "presence": changes })
        }
        SideEvent::Message(message) => json!({ "message": message }),
        SideEvent::ThreadRead { thread, by_me } => json!({ "read": [thread, by_me] }),
        SideEvent::MessageLost { thread, text } => json!({ "messageLost": [thread, text] }),
        SideEvent::Typing { thread, person, on } => json!({ "typing": [thread, person.0, on] }),
    }
}

#[test]
fn a_megabyte_in_any_field_is_refused_and_the_call_goes_on() {
    let mega = "x".repeat(1024 * 1024);
    for entry in DIALECTS {
        for (path, lines) in stories(entry) {
            for line in &lines[1..] {
                let Some(Value::Object(fields)) = line.pointer("/in/args/0") else { continue };
                let event = line["in"]["event"].as_str().unwrap();
                for field in fields.keys() {
                    let mut huge = fields.clone();
                    huge.insert(field.clone(), json!(mega));
                    let mut dialect = teller(entry, &lines);
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
