//! Robustness tests: whatever a backend or a peer sends, a dialect does not panic and the next ring is
//! received. The garbage is made of the dialect's own words, taken from its stories, so that it gets far.

use std::collections::BTreeSet;

use bellwire_call::{IncomingSignal, MediaKind};
use bellwire_dialects::{DIALECTS, Dialect, Entry, Inbound, Method, Reply, RequestId, RestCall};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::pair::{NOW, Pair, identity};
use crate::relay::{self, Side};
use crate::stories::stories;

/// Words of one dialect.
#[derive(Debug, Default)]
struct Words {
    events: BTreeSet<String>,
    fields: BTreeSet<String>,
    texts: BTreeSet<String>,
}

impl Words {
    fn of(entry: &Entry) -> Self {
        let mut words = Self::default();
        for (_, lines) in stories(entry) {
            for inbound in lines.iter().filter_map(|line| line.get("in")) {
                words.events.extend(inbound["event"].as_str().map(str::to_owned));
                words.learn(&inbound["args"]);
                words.learn(&inbound["body"]);
            }
        }
        words.texts.extend(relay::relay(entry).accounts().map(|account| account.id.to_owned()));
        words
    }

    fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (name, inner) in fields {
                    self.fields.insert(name.clone());
                    self.learn(inner);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn(item)),
            Value::String(text) if text.len() < 64 => {
                self.texts.insert(text.clone());
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn json(&self) -> impl Strategy<Value = Value> + use<> {
        let texts: Vec<_> = self.texts.iter().cloned().collect();
        let fields: Vec<_> = self.fields.iter().cloned().collect();
        let leaf = prop_oneof![
            1 => Just(Value::Null),
            2 => any::<bool>().prop_map(Value::from),
            1 => any::<i64>().prop_map(Value::from),
            1 => any::<f64>().prop_map(Value::from),
            1 => ".{0,12}".prop_map(Value::from),
            6 => prop::sample::select(texts).prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, move |inner| {
            let name =
                prop_oneof![4 => prop::sample::select(fields.clone()), 1 => "[a-z]{1,6}".prop_map(String::from)];
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::vec((name, inner), 0..8)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    fn event(&self) -> impl Strategy<Value = String> + use<> {
        let events: Vec<_> = self.events.iter().cloned().collect();
        prop_oneof![9 => prop::sample::select(events), 1 => ".{0,10}".prop_map(String::from)]
    }
}

fn runner() -> TestRunner {
    TestRunner::new(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })
}

/// Name and arguments.
type SocketEvent = (String, Vec<Value>);

/// Token of the request, status and body.
type RestReply = (u64, u16, Value);

#[test]
fn garbage_never_panics_and_never_stops_the_dialect() {
    for entry in DIALECTS {
        let words = Words::of(entry);
        let events = (words.event(), proptest::collection::vec(words.json(), 0..3));
        let replies = (0_u64..4, any::<u16>(), words.json());
        let strategy = (proptest::collection::vec(events, 1..20), proptest::collection::vec(replies, 0..4));
        let test = |(events, replies): (Vec<SocketEvent>, Vec<RestReply>)| {
            let mut pair = Pair::new(entry);
            let _ = pair.ring(Side::One, MediaKind::Video);
            for (name, args) in &events {
                for dialect in &mut pair.dialects {
                    // Errors are the point; panics are what is looked for.
                    let _ = dialect.decode(Inbound::Event { name: name.clone(), args: args.clone() });
                }
            }
            let [caller, _] = &mut pair.dialects;
            for (id, status, body) in replies {
                let _ = caller.decode(Inbound::Reply { id: RequestId(id), status, body });
            }
            // A caller with fresh state rings the account that received all that.
            let account = pair.account(Side::One);
            pair.dialects[0] = (entry.new)(&identity(entry, account.id, account.name, account.role));
            pair.reconnect(Side::One);
            let (_, heard) = pair.ring(Side::One, MediaKind::Video);
            let rang = heard.words(Side::Two).iter().any(|signal| matches!(signal, IncomingSignal::Ring(_)));
            prop_assert!(rang, "{}: {heard:?}", entry.id);
            Ok(())
        };
        runner().run(&strategy, test).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
    }
}

/// Every reply parser there is, with a reply that may be anything.
fn parse_everything(dialect: &dyn Dialect, status: u16, body: &Value) {
    let directory = dialect.directory();
    let mut replies: Vec<Reply> = Vec::new();
    for _ in 0..4 {
        let calls = directory.contacts("a", NOW, &replies);
        assert!(calls.len() <= 64);
        if calls.is_empty() {
            break;
        }
        replies.extend(calls.into_iter().map(|call| Reply { call, status, body: body.clone() }));
    }
    let _ = directory.parse_contacts("a", NOW, &replies);
    let _ = directory.parse_contacts("", NOW, &[]);
    let _ = directory.history(1, 20).map(|query| query.parse(status, body));
    let _ = directory.analytics().map(|query| query.parse(status, body));
    let _ = directory.ice_servers().map(|query| query.parse(status, body));
    let _ = directory.messages("a", 50).map(|query| query.parse(status, body));
    let _ = dialect.refresh().map(|query| query.parse(status, body));
    let call = RestCall { method: Method::Get, path: "/foreign".into(), query: Vec::new(), body: None };
    let foreign = Reply { call, status, body: body.clone() };
    let _ = directory.contacts("a", NOW, std::slice::from_ref(&foreign));
    let _ = directory.parse_contacts("a", NOW, &[foreign]);
}

#[test]
fn no_reply_panics_a_parser() {
    for entry in DIALECTS {
        let words = Words::of(entry);
        let pair = Pair::new(entry);
        let status = prop_oneof![4 => Just(200_u16), 1 => any::<u16>()];
        let test = |(status, body): (u16, Value)| {
            for dialect in &pair.dialects {
                parse_everything(dialect.as_ref(), status, &body);
            }
            for role in entry.roles {
                let typed = bellwire_dialects::Credentials {
                    role: role.id.into(),
                    email: "ann@demo.example".into(),
                    password: "secret".into(),
                };
                let _ = (entry.parse_login)(&typed, None, status, &body);
                let so_far = identity(entry, "", "", role.id);
                let _ = (entry.parse_login)(&typed, Some(&so_far), status, &body);
            }
            Ok(())
        };
        runner().run(&(status, words.json()), test).unwrap_or_else(|error| panic!("{}: {error}", entry.id));
    }
}

#[test]
fn the_stories_have_words_enough_for_garbage() {
    for entry in DIALECTS {
        let words = Words::of(entry);
        assert!(words.events.len() >= 5 && words.fields.len() >= 10, "{}: {words:?}", entry.id);
        assert_ne!(json!(words.texts), json!([]));
    }
}
