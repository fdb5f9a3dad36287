//! Robustness tests of every list with one odd value: each field of each row, and everything around the rows,
//! becomes in turn null, nothing, and every other type. It may cost its own row, never another one, and never
//! without being counted. The lists are in `lists.json` of each folder of transcripts.

use std::fmt::Debug;
use std::fs;

use bellwire_dialects::{DIALECTS, Dialect, Entry, Reply, ReplyError, RestCall};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::pair::{NOW, identity};
use crate::stories::folder;

/// One list as a backend answers it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    read: What,
    account: Account,
    /// Of messages.
    #[serde(default)]
    thread: String,
    /// By path; any other path is not found.
    answers: Map<String, Value>,
    /// Path of the answer with the rows, and where in it they are (RFC 6901); empty for figures.
    rows: (String, String),
    /// Fields of a row by which it may rightly be none of this list, so that it is not counted.
    #[serde(default)]
    may_hide: Vec<String>,
    /// The lines are made from the rows, several of one or one of several.
    #[serde(default)]
    derived: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Account {
    id: String,
    name: String,
    role: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum What {
    Contacts,
    Messages,
    History,
    Analytics,
    Relays,
}

/// What was read: each item in full, and how many rows were not understood.
#[derive(Clone, Debug, PartialEq)]
struct Read {
    items: Vec<String>,
    left_out: u32,
}

fn written<T: Debug>(items: &[T]) -> Vec<String> {
    items.iter().map(|item| format!("{item:?}")).collect()
}

fn cases(entry: &Entry) -> Vec<Case> {
    let path = folder(entry).join("lists.json");
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

impl Case {
    fn dialect(&self, entry: &Entry) -> Box<dyn Dialect> {
        (entry.new)(&identity(entry, &self.account.id, &self.account.name, &self.account.role))
    }

    fn list_mut(&mut self) -> &mut Value {
        let (path, pointer) = &self.rows;
        let answer = self.answers.get_mut(path).expect("the rows are in an answer");
        answer.pointer_mut(pointer).expect("the rows are there")
    }

    fn rows(&self) -> Vec<Value> {
        self.clone().list_mut().as_array().expect("rows are a list").clone()
    }

    fn with_rows(&self, rows: Vec<Value>) -> Self {
        let mut case = self.clone();
        *case.list_mut() = Value::Array(rows);
        case
    }

    fn answer(&self, call: RestCall) -> Reply {
        match self.answers.get(&call.path) {
            Some(body) => Reply { call, status: 200, body: body.clone() },
            None => Reply { call, status: 404, body: json!({ "message": "Not found" }) },
        }
    }

    fn only_answer(&self) -> &Value {
        self.answers.get(&self.rows.0).expect("an answer")
    }

    fn read(&self, entry: &Entry) -> Result<Read, ReplyError> {
        let directory = self.dialect(entry).directory();
        match self.read {
            What::Contacts => {
                let mut replies = Vec::new();
                for _ in 0..4 {
                    let asked = directory.contacts("", NOW, &replies);
                    replies.extend(asked.into_iter().map(|call| self.answer(call)));
                }
                let rows = directory.parse_contacts("", NOW, &replies)?;
                Ok(Read { items: written(&rows.items), left_out: rows.left_out })
            }
            What::Messages => {
                let rows =
                    directory.messages(&self.thread, 50).expect("messages").parse(200, self.only_answer())?;
                Ok(Read { items: written(&rows.items), left_out: rows.left_out })
            }
            What::History => {
                // Past appointments are those before the hour of the last list.
                let _ = directory.contacts("", NOW, &[]);
                let page = directory.history(1, 20).expect("a history").parse(200, self.only_answer())?;
                Ok(Read { items: written(&page.items), left_out: page.left_out })
            }
            What::Analytics => {
                let figures = directory.analytics().expect("figures").parse(200, self.only_answer())?;
                let figures = format!("{figures:#?}");
                Ok(Read { items: figures.lines().map(str::to_owned).collect(), left_out: 0 })
            }
            What::Relays => {
                let relays = directory.ice_servers().expect("relays").parse(200, self.only_answer())?;
                Ok(Read { items: written(&relays.servers), left_out: 0 })
            }
        }
    }
}

/// Where all the values inside of one are, outermost first, without itself.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => {
            (0..).zip(items).map(|(n, value): (usize, _)| (n.to_string(), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (name, value) in inner {
        let place = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        found.push(place.clone());
        places(value, &place, found);
    }
}

/// A value with every odd one in a place of it, and without that place.
fn odd(value: &Value, place: &str) -> Vec<(String, Value)> {
    let there = value.pointer(place).expect("the place is there");
    let mut values = vec![
        json!(null),
        json!(7),
        json!(-1.5),
        json!(1e300),
        json!("odd"),
        json!(""),
        json!(true),
        json!([]),
        json!([null]),
        json!({}),
        json!({ "odd": [1] }),
    ];
    values.push(there.as_str().map_or_else(|| json!(there.to_string()), |text| json!(text.len())));
    let mut odd: Vec<_> = values
        .into_iter()
        .filter(|odd| odd != there)
        .map(|odd| {
            let mut changed = value.clone();
            *changed.pointer_mut(place).expect("the place is there") = odd.clone();
            (format!("{place} = {odd}"), changed)
        })
        .collect();
    let (parent, name) = place.rsplit_once('/').expect("a place has a parent");
    let mut without = value.clone();
    if let Some(Value::Object(fields)) = without.pointer_mut(parent)
        && fields.remove(&name.replace("~1", "/").replace("~0", "~")).is_some()
    {
        odd.push((format!("{place} missing"), without));
    }
    odd
}

/// Those of the one list that are not in the other.
fn missing<'a>(of: &'a [String], from: &[String]) -> Vec<&'a String> {
    of.iter().filter(|item| !from.contains(item)).collect()
}

fn check_rows(entry: &Entry, case: &Case, complaints: &mut Vec<String>) {
    let rows = case.rows();
    assert!(rows.len() >= 3, "{} {:?} has too few rows", entry.id, case.read);
    let whole = case.read(entry).expect("the list is understood");
    assert_eq!(whole.left_out, 0, "{} {:?}: a good row is left out", entry.id, case.read);
    assert!(whole.items.len() >= 3, "{} {:?}: {whole:#?}", entry.id, case.read);
    for (number, row) in rows.iter().enumerate() {
        let mut others = rows.clone();
        others.remove(number);
        let without = case.with_rows(others).read(entry).expect("the others are understood");
        let mut inside = Vec::new();
        places(row, "", &mut inside);
        let mut changed: Vec<(String, Value)> = inside.iter().flat_map(|place| odd(row, place)).collect();
        changed.extend(
            [json!(null), json!(7), json!("odd"), json!([]), json!({})].map(|odd| (format!("= {odd}"), odd)),
        );
        for (what, row) in changed {
            let mut rows = rows.clone();
            rows[number] = row;
            let told = |fault: &str| {
                format!("{} {:?} {}, row {number} {what}: {fault}", entry.id, case.read, case.rows.0)
            };
            let read = match case.with_rows(rows).read(entry) {
                Ok(read) => read,
                Err(error) => {
                    complaints.push(told(&format!("costs the whole list: {error}")));
                    continue;
                }
            };
            let lost = missing(&without.items, &read.items);
            if !lost.is_empty() {
                complaints.push(told(&format!("costs another row: {lost:?}")));
            }
            let top = what.trim_start_matches('/').split(['/', ' ']).next().unwrap_or_default();
            let kept = read.items.len() > without.items.len();
            let counted = read.left_out > without.left_out;
            let counts = case.read != What::Relays && !case.derived;
            if counts && kept == counted && !case.may_hide.iter().any(|field| field == top) {
                complaints.push(told(if kept { "is kept and counted" } else { "vanishes uncounted" }));
            }
        }
    }
}

/// What stands around the rows (page figures, flags) costs none of them.
fn check_envelope(entry: &Entry, case: &Case, complaints: &mut Vec<String>) {
    let whole = case.read(entry).expect("the list is understood");
    for (path, answer) in &case.answers {
        let mut all = Vec::new();
        places(answer, "", &mut all);
        let (of_rows, rows) = (&case.rows.0 == path, case.rows.1.as_str());
        let around = all.into_iter().filter(|place| !(of_rows && on_the_way(place, rows)));
        for (what, answer) in around.filter(|_| of_rows).flat_map(|place| odd(answer, &place)) {
            let mut case = case.clone();
            case.answers.insert(path.clone(), answer);
            match case.read(entry) {
                Ok(read) if read == whole => {}
                Ok(_) => complaints.push(format!("{} {:?} {path}{what} changes rows", entry.id, case.read)),
                Err(error) => {
                    complaints
                        .push(format!("{} {:?} {path}{what} costs the list: {error}", entry.id, case.read));
                }
            }
        }
    }
}

/// One of the places is inside the other, or they are the same.
fn on_the_way(place: &str, rows: &str) -> bool {
    let inside = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(place, rows) || inside(rows, place)
}

/// An odd figure costs itself.
fn check_figures(entry: &Entry, case: &Case, complaints: &mut Vec<String>) {
    let whole = case.read(entry).expect("the figures are understood");
    let answer = case.only_answer();
    let mut all = Vec::new();
    places(answer, "", &mut all);
    let leaf = |place: &String| !answer.pointer(place).is_some_and(|value| value.is_object());
    for (what, answer) in all.iter().filter(|place| leaf(place)).flat_map(|place| odd(answer, place)) {
        let mut case = case.clone();
        case.answers.insert(case.rows.0.clone(), answer);
        let fault = match case.read(entry) {
            Ok(read) if missing(&whole.items, &read.items).len() <= 1 => continue,
            Ok(_) => "costs other figures".to_owned(),
            Err(error) => format!("costs the figures: {error}"),
        };
        complaints.push(format!("{} {what}: {fault}", entry.id));
    }
}

fn check(id: &str) {
    let entry = DIALECTS.iter().find(|entry| entry.id == id).expect("a dialect");
    let mut complaints = Vec::new();
    let cases = cases(entry);
    assert!(!cases.is_empty());
    for case in &cases {
        if case.read == What::Analytics {
            check_figures(entry, case, &mut complaints);
        } else {
            check_rows(entry, case, &mut complaints);
            check_envelope(entry, case, &mut complaints);
        }
    }
    let first: Vec<_> = complaints.iter().take(40).map(String::as_str).collect();
    assert!(complaints.is_empty(), "{} faults, the first:\n{}", complaints.len(), first.join("\n"));
}

#[test]
fn an_odd_value_costs_no_other_row_of_storefront() {
    check("storefront");
}

#[test]
fn an_odd_value_costs_no_other_row_of_dealerdesk() {
    check("dealerdesk");
}

#[test]
fn an_odd_value_costs_no_other_row_of_marketplace() {
    check("marketplace");
}

#[test]
fn an_odd_value_costs_no_other_row_of_hearth() {
    check("hearth");
}

#[test]
fn an_odd_value_costs_no_other_row_of_clinic() {
    check("clinic");
}

#[test]
fn every_list_that_a_dialect_asks_for_is_among_them() {
    for entry in DIALECTS {
        let cases = cases(entry);
        let has = |what: What| cases.iter().any(|case| case.read == what);
        for role in entry.roles {
            let dialect = (entry.new)(&identity(entry, "me", "Me", role.id));
            let directory = dialect.directory();
            assert!(has(What::Contacts) || directory.contacts("", NOW, &[]).is_empty(), "{}", entry.id);
            assert!(has(What::History) || directory.history(1, 20).is_none(), "{}", entry.id);
            assert!(has(What::Analytics) || directory.analytics().is_none(), "{}", entry.id);
            assert!(has(What::Relays) || directory.ice_servers().is_none(), "{}", entry.id);
            assert!(has(What::Messages) || !dialect.capabilities().chat, "{}", entry.id);
        }
    }
}
