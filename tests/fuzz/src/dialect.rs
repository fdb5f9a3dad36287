//! Fuzz target of the dialects: lines as in `tests/transcripts`, where anything may be wrong. Whatever the
//! backend says, the dialect must not panic, must not make requests that leave the REST base, and must answer
//! one message with a bounded number of its own.

use std::collections::BTreeSet;

use bellwire_call::{CallKey, OutgoingSignal, Person, PersonId};
use bellwire_dialects::{
    ChatAction, Credentials, Dialect, Entry, Identity, Inbound, LoginStep, Outbound, Reaction, Reply,
    RequestId, RestCall,
};
use serde::Deserialize;
use serde_json::Value;

const MAX_LINES: usize = 256;
/// More than any honest message leads to.
const MAX_OUTBOUND: usize = 300;
/// As the session asks; see `Dialect::contacts`.
const MAX_ROUNDS: usize = 4;
const MAX_CALLS: usize = 64;
const NOW: &str = "2026-01-05T10:00:00.000Z";

#[derive(Deserialize)]
struct Account {
    #[serde(default)]
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    role: String,
}

#[derive(Deserialize)]
struct Say {
    call: CallKey,
    signal: OutgoingSignal,
}

struct Play {
    entry: &'static Entry,
    dialect: Box<dyn Dialect>,
    /// Every status and body so far, for what is read outside of the story.
    bodies: Vec<(u16, Value)>,
    requests: BTreeSet<RequestId>,
}

/// Plays the lines of one input.
pub(crate) fn play(id: &str, data: &[u8]) {
    let Some(entry) = bellwire_dialects::dialect(id) else { return };
    let text = String::from_utf8_lossy(data);
    let mut play = Play {
        entry,
        dialect: (entry.new)(&identity(entry, None)),
        bodies: Vec::new(),
        requests: BTreeSet::new(),
    };
    for line in text.lines().take(MAX_LINES) {
        if let Ok(line) = serde_json::from_str::<Value>(line) {
            play.line(&line);
        }
    }
    play.lists();
    play.sign_in();
}

fn identity(entry: &Entry, account: Option<Account>) -> Identity {
    let account = account.unwrap_or(Account { id: "me".into(), name: "Me".into(), role: String::new() });
    let first = entry.roles.first().map(|role| role.id).unwrap_or_default();
    Identity {
        dialect: entry.id.to_owned(),
        person: Person { id: PersonId(account.id), name: account.name, avatar: None },
        role: if account.role.is_empty() { first.to_owned() } else { account.role },
        token: "token".to_owned(),
        cookie: None,
        bearer: true,
        refresh_token: Some("refresh".to_owned()),
    }
}

impl Play {
    fn line(&mut self, line: &Value) {
        if let Some(account) = line.get("account") {
            self.dialect = (self.entry.new)(&identity(self.entry, Account::deserialize(account).ok()));
            self.requests.clear();
        }
        if let Some(heard) = line.get("in") {
            self.hear(heard);
        }
        if let Some(Ok(Say { call, signal })) = line.get("say").map(Say::deserialize)
            && let Ok(outbound) = self.dialect.encode(&call, &signal)
        {
            self.check(&outbound);
        }
        if let Some(action) = line.get("chat").and_then(chat)
            && let Ok(outbound) = self.dialect.chat(&action)
        {
            self.check(&outbound);
        }
        if let Some(now) = line.get("poll").and_then(Value::as_str) {
            let outbound = self.dialect.poll(now);
            self.check(&outbound);
        }
        if let Some(body) = line.get("list") {
            self.body(200, body);
        }
    }

    fn hear(&mut self, heard: &Value) {
        let inbound = match heard.as_str() {
            Some("opened") => Inbound::Opened,
            Some("closed") => Inbound::Closed,
            Some(_) => return,
            None => {
                match (heard.get("event").and_then(Value::as_str), heard.get("reply").and_then(Value::as_u64))
                {
                    (Some(name), _) => {
                        let args = heard.get("args").and_then(Value::as_array).cloned().unwrap_or_default();
                        Inbound::Event { name: name.to_owned(), args }
                    }
                    (None, Some(id)) => {
                        let status = heard.get("status").and_then(Value::as_u64).unwrap_or_default();
                        let status = u16::try_from(status).unwrap_or(500);
                        let body = heard.get("body").cloned().unwrap_or_default();
                        self.body(status, &body);
                        Inbound::Reply { id: RequestId(id), status, body }
                    }
                    (None, None) => return,
                }
            }
        };
        if let Ok(Reaction { heard, outbound, side }) = self.dialect.decode(inbound) {
            assert!(heard.len() <= MAX_OUTBOUND && side.len() <= MAX_OUTBOUND, "one message says too much");
            self.check(&outbound);
        }
    }

    fn body(&mut self, status: u16, body: &Value) {
        if self.bodies.len() < MAX_LINES {
            self.bodies.push((status, body.clone()));
        }
    }

    fn check(&mut self, outbound: &[Outbound]) {
        assert!(outbound.len() <= MAX_OUTBOUND, "one message leads to too many");
        for outbound in outbound {
            if let Outbound::Request { id, call } = outbound {
                assert!(self.requests.insert(*id), "a request's number comes again");
                check_path(call);
            }
        }
    }

    /// Everything that was answered, read as an answer to everything that can be asked.
    fn lists(&self) {
        let dialect = self.dialect.as_ref();
        let directory = dialect.directory();
        for (status, body) in &self.bodies {
            let _ = directory.history(1, 20).map(|query| query.parse(*status, body));
            let _ = directory.analytics().map(|query| query.parse(*status, body));
            let _ = directory.ice_servers().map(|query| query.parse(*status, body));
            let _ = directory.messages("thread", 50).map(|query| query.parse(*status, body));
            let _ = dialect.refresh().map(|query| query.parse(*status, body));
        }
        let asked = [
            directory.history(1, 20).map(|query| query.call),
            directory.analytics().map(|query| query.call),
            directory.ice_servers().map(|query| query.call),
            dialect.refresh().map(|query| query.call),
        ];
        asked.iter().flatten().for_each(check_path);
        if self.bodies.is_empty() {
            return;
        }
        // Each answer may be the first one.
        for start in 0..self.bodies.len().min(8) {
            let mut answers = self.bodies.iter().cycle().skip(start);
            let mut replies = Vec::new();
            for _ in 0..MAX_ROUNDS {
                let calls = directory.contacts("", NOW, &replies);
                if calls.is_empty() {
                    break;
                }
                for call in calls.into_iter().take(MAX_CALLS) {
                    check_path(&call);
                    let Some((status, body)) = answers.next() else { return };
                    replies.push(Reply { call, status: *status, body: body.clone() });
                }
            }
            if let Ok(contacts) = directory.parse_contacts("a", NOW, &replies) {
                for contact in contacts {
                    let thread = contact.thread.unwrap_or_default();
                    directory.messages(&thread, 50).iter().for_each(|query| check_path(&query.call));
                }
            }
        }
    }

    fn sign_in(&self) {
        for role in self.entry.roles {
            let typed = Credentials {
                role: role.id.to_owned(),
                email: "ann@example.com".into(),
                password: "p".into(),
            };
            let Ok(call) = (self.entry.login)(&typed) else { continue };
            check_path(&call);
            let mut so_far: Option<Identity> = None;
            for (status, body) in &self.bodies {
                match (self.entry.parse_login)(&typed, so_far.as_ref(), *status, body) {
                    Ok(LoginStep::Done(identity)) => {
                        let mut dialect = (self.entry.new)(&identity);
                        let _ = (
                            dialect.capabilities(),
                            dialect.offers(),
                            dialect.socket_auth(),
                            dialect.opened(),
                        );
                    }
                    Ok(LoginStep::Then { so_far: known, call }) => {
                        check_path(&call);
                        so_far = Some(known);
                    }
                    Err(_) => {}
                }
            }
        }
    }
}

fn chat(line: &Value) -> Option<ChatAction> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    if let Some(thread) = line.get("open") {
        return Some(ChatAction::Open { thread: text(thread)? });
    }
    if let Some(thread) = line.get("read") {
        return Some(ChatAction::MarkRead { thread: text(thread)? });
    }
    if let Some(send) = line.get("send") {
        return Some(ChatAction::Send { thread: text(send.get(0)?)?, text: text(send.get(1)?)? });
    }
    let typing = line.get("typing")?;
    Some(ChatAction::Typing { thread: text(typing.get(0)?)?, on: typing.get(1)?.as_bool()? })
}

/// A path is appended to the REST base as text: it must stay below it, whatever ids the server gave.
fn check_path(call: &RestCall) {
    let path = &call.path;
    assert!(path.starts_with('/'), "{path:?} is no path");
    assert!(!path.split('/').any(|part| matches!(part, "." | "..")), "{path:?} climbs");
    let unfit = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '?' | '#' | '\\');
    assert!(!path.contains(unfit), "{path:?} is more than a path");
}
