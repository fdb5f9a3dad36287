//! What is announced when, minute by minute.

use time::macros::datetime;

use super::*;
use crate::ring::ringing::tests::{account, line};

const START: &str = "2026-11-29T00:03:00Z";
const AT: OffsetDateTime = datetime!(2026-11-29 00:03 UTC);

fn view(of: &[(&str, &str, Phase)]) -> EngineView {
    let mut account = account(1);
    for (person, starts_at, phase) in of {
        let mut line = line(person);
        line.slot = Some(Slot {
            starts_at: (*starts_at).into(),
            minutes: 30,
            phase: *phase,
            they_wait: false,
            label: String::new(),
        });
        account.contacts.push(line);
    }
    EngineView { accounts: vec![account], ..EngineView::default() }
}

fn names(soon: &Soon) -> Vec<&str> {
    soon.shown().iter().map(|begins| begins.name.as_str()).collect()
}

#[test]
fn it_is_told_from_five_minutes_before_until_it_begins() {
    let list = view(&[("ada", START, Phase::Upcoming)]);
    for (before, told) in [
        (Duration::seconds(301), false),
        (Duration::seconds(300), true),
        (Duration::seconds(1), true),
        (Duration::ZERO, false),
        (Duration::seconds(-60), false),
    ] {
        let mut soon = Soon::default();
        soon.note(&list, AT - before, false);
        assert_eq!(!soon.shown().is_empty(), told, "{before}");
    }
    let mut soon = Soon::default();
    soon.note(&list, AT - BEFORE, false);
    soon.note(&list, AT, false);
    assert_eq!(names(&soon), [""; 0], "it has begun");
}

#[test]
fn each_is_told_once() {
    let list = view(&[("ada", START, Phase::Upcoming), ("bob", START, Phase::Unconfirmed)]);
    let mut soon = Soon::default();
    soon.note(&list, AT - BEFORE, false);
    assert_eq!(names(&soon), ["Name ada", "Name bob"]);
    soon.forget(AccountId(1), "line ada");
    soon.note(&list, AT - Duration::MINUTE, false);
    assert_eq!(names(&soon), ["Name bob"]);
    let moved = view(&[("ada", "2026-11-29T00:04:00Z", Phase::Upcoming)]);
    soon.note(&moved, AT - Duration::MINUTE, false);
    assert_eq!(names(&soon), ["Name ada"], "another time is another announcement");
}

#[test]
fn what_is_over_called_off_or_without_a_time_is_not_told() {
    let list = view(&[
        ("a", START, Phase::InProgress),
        ("b", START, Phase::Ended),
        ("c", START, Phase::Cancelled),
        ("d", "", Phase::Upcoming),
        ("e", "soon", Phase::Upcoming),
    ]);
    let mut soon = Soon::default();
    soon.note(&list, AT - BEFORE, false);
    assert_eq!(names(&soon), [""; 0]);
    let going = view(&[("ada", START, Phase::Upcoming)]);
    soon.note(&going, AT - BEFORE, false);
    soon.note(&view(&[("ada", START, Phase::Cancelled)]), AT - Duration::MINUTE, false);
    assert_eq!(names(&soon), [""; 0], "called off while it was shown");
}

#[test]
fn do_not_disturb_holds_it_back_until_it_is_over() {
    let list = view(&[("ada", START, Phase::Upcoming)]);
    let mut soon = Soon::default();
    soon.note(&list, AT - BEFORE, true);
    assert_eq!(names(&soon), [""; 0]);
    soon.note(&list, AT - Duration::MINUTE, false);
    assert_eq!(names(&soon), ["Name ada"]);
}

#[test]
fn a_restart_tells_nothing_twice_and_an_idle_look_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("announced.json");
    let list = view(&[("ada", START, Phase::Upcoming)]);
    let mut soon = Soon::open(Some(file.clone()));
    soon.note(&list, AT - Duration::HOUR, false);
    assert!(!file.exists());
    soon.note(&list, AT - BEFORE, false);
    assert_eq!(names(&soon), ["Name ada"]);
    let written = std::fs::read(&file).unwrap();
    let mut again = Soon::open(Some(file.clone()));
    again.note(&list, AT - Duration::MINUTE, false);
    assert_eq!(names(&again), [""; 0]);
    std::fs::remove_file(&file).unwrap();
    again.note(&list, AT + Duration::HOUR, false);
    assert!(!file.exists() && !written.is_empty());
    std::fs::write(&file, "{ not json").unwrap();
    assert!(Soon::open(Some(file)).told.is_empty());
}

#[test]
fn many_at_once_are_bounded() {
    let people: Vec<String> = (0..50).map(|number| format!("p{number}")).collect();
    let list: Vec<_> = people.iter().map(|person| (person.as_str(), START, Phase::Upcoming)).collect();
    let mut soon = Soon::default();
    soon.note(&view(&list), AT - BEFORE, false);
    soon.note(&view(&list), AT - Duration::MINUTE, false);
    assert_eq!(soon.shown().len(), MOST);
}
