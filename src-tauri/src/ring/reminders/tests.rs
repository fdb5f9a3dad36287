//! Which reminders are announced, minute by minute.

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
            meeting: None,
        });
        account.contacts.push(line);
    }
    EngineView { accounts: vec![account], ..EngineView::default() }
}

fn names(soon: &Reminders) -> Vec<&str> {
    soon.shown().iter().map(|begins| begins.name.as_str()).collect()
}

#[test]
fn a_reminder_is_shown_from_five_minutes_before_until_the_start() {
    let list = view(&[("ada", START, Phase::Upcoming)]);
    for (before, announced) in [
        (Duration::seconds(301), false),
        (Duration::seconds(300), true),
        (Duration::seconds(1), true),
        (Duration::ZERO, false),
        (Duration::seconds(-60), false),
    ] {
        let mut soon = Reminders::default();
        soon.update(&list, AT - before, false);
        assert_eq!(!soon.shown().is_empty(), announced, "{before}");
    }
    let mut soon = Reminders::default();
    soon.update(&list, AT - LEAD_TIME, false);
    soon.update(&list, AT, false);
    assert_eq!(names(&soon), [""; 0], "it has begun");
}

#[test]
fn each_is_announced_once() {
    let list = view(&[("ada", START, Phase::Upcoming), ("bob", START, Phase::Unconfirmed)]);
    let mut soon = Reminders::default();
    soon.update(&list, AT - LEAD_TIME, false);
    assert_eq!(names(&soon), ["Name ada", "Name bob"]);
    soon.dismiss(AccountId(1), "line ada");
    soon.update(&list, AT - Duration::MINUTE, false);
    assert_eq!(names(&soon), ["Name bob"]);
    let moved = view(&[("ada", "2026-11-29T00:04:00Z", Phase::Upcoming)]);
    soon.update(&moved, AT - Duration::MINUTE, false);
    assert_eq!(names(&soon), ["Name ada"], "another time is another announcement");
}

#[test]
fn ended_cancelled_and_undated_slots_are_not_announced() {
    let list = view(&[
        ("a", START, Phase::InProgress),
        ("b", START, Phase::Ended),
        ("c", START, Phase::Cancelled),
        ("d", "", Phase::Upcoming),
        ("e", "soon", Phase::Upcoming),
    ]);
    let mut soon = Reminders::default();
    soon.update(&list, AT - LEAD_TIME, false);
    assert_eq!(names(&soon), [""; 0]);
    let going = view(&[("ada", START, Phase::Upcoming)]);
    soon.update(&going, AT - LEAD_TIME, false);
    soon.update(&view(&[("ada", START, Phase::Cancelled)]), AT - Duration::MINUTE, false);
    assert_eq!(names(&soon), [""; 0], "called off while it was shown");
}

#[test]
fn do_not_disturb_holds_it_back_until_it_is_over() {
    let list = view(&[("ada", START, Phase::Upcoming)]);
    let mut soon = Reminders::default();
    soon.update(&list, AT - LEAD_TIME, true);
    assert_eq!(names(&soon), [""; 0]);
    soon.update(&list, AT - Duration::MINUTE, false);
    assert_eq!(names(&soon), ["Name ada"]);
}

#[test]
fn a_restart_tells_nothing_twice_and_an_idle_look_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("announced.json");
    let list = view(&[("ada", START, Phase::Upcoming)]);
    let mut soon = Reminders::open(Some(file.clone()));
    soon.update(&list, AT - Duration::HOUR, false);
    assert!(!file.exists());
    soon.update(&list, AT - LEAD_TIME, false);
    assert_eq!(names(&soon), ["Name ada"]);
    let written = std::fs::read(&file).unwrap();
    let mut again = Reminders::open(Some(file.clone()));
    again.update(&list, AT - Duration::MINUTE, false);
    assert_eq!(names(&again), [""; 0]);
    std::fs::remove_file(&file).unwrap();
    again.update(&list, AT + Duration::HOUR, false);
    assert!(!file.exists() && !written.is_empty());
    std::fs::write(&file, "{ not json").unwrap();
    assert!(Reminders::open(Some(file)).announced.is_empty());
}

#[test]
fn many_at_once_are_bounded() {
    let people: Vec<String> = (0..50).map(|number| format!("p{number}")).collect();
    let list: Vec<_> = people.iter().map(|person| (person.as_str(), START, Phase::Upcoming)).collect();
    let mut soon = Reminders::default();
    soon.update(&view(&list), AT - LEAD_TIME, false);
    soon.update(&view(&list), AT - Duration::MINUTE, false);
    assert_eq!(soon.shown().len(), MAX_SHOWN);
}
