//! Message alerts, snapshot by snapshot.

use bellwire_engine::{ChatView, LastMessage, Message};

use super::*;
use crate::ring::ringing::tests::{account, line};

/// A list with one line of that thread.
fn list(unread: u32, last: &str, from_me: bool) -> EngineView {
    let mut account = account(1);
    let mut line = line("ada");
    line.thread = Some("t".into());
    line.unread = unread;
    line.last_message = Some(LastMessage { text: last.into(), at: String::new(), from_me });
    account.contacts = vec![line];
    EngineView { accounts: vec![account], ..EngineView::default() }
}

fn message(id: &str, from_me: bool) -> Message {
    Message {
        id: id.into(),
        thread: "t".into(),
        from_me,
        sender: "Ada".into(),
        text: format!("text {id}"),
        at: String::new(),
        read: false,
        call: None,
    }
}

/// The thread is on the screen, with these messages.
fn opened(messages: Vec<Message>) -> EngineView {
    let chat = ChatView {
        left_out: 0,
        account: AccountId(1),
        thread: "t".into(),
        messages,
        loaded: true,
        typing: None,
        failed: None,
    };
    EngineView { chats: vec![chat], ..list(0, "", false) }
}

fn alerts(messages: &UnreadMessages) -> Vec<(&str, u32)> {
    messages.alerts().iter().map(|alert| (alert.text.as_str(), alert.count)).collect()
}

#[test]
fn each_thread_has_one_alert() {
    let mut messages = UnreadMessages::default();
    messages.update(&list(3, "old", false), false, false);
    assert_eq!(alerts(&messages), [], "what was there before is no news");
    messages.update(&list(4, "hello", false), false, false);
    messages.update(&list(4, "hello", false), false, false);
    assert_eq!(alerts(&messages), [("hello", 1)]);
    messages.update(&list(6, "are you there", false), true, false);
    assert_eq!(alerts(&messages), [("are you there", 3)], "another view is in front");
    messages.update(&list(0, "are you there", false), true, false);
    assert_eq!(alerts(&messages), [], "read, here or elsewhere");
}

#[test]
fn own_messages_cause_no_alert() {
    let mut messages = UnreadMessages::default();
    messages.update(&list(0, "", false), false, false);
    messages.update(&list(1, "from my other device", true), false, false);
    assert_eq!(alerts(&messages), []);
    messages.update(&opened(Vec::new()), false, false);
    messages.update(&opened(vec![message("1", true)]), false, false);
    assert_eq!(alerts(&messages), []);
}

#[test]
fn an_open_thread_alerts_only_without_focus() {
    let mut messages = UnreadMessages::default();
    messages.update(&opened(vec![message("1", false)]), true, false);
    messages.update(&opened(vec![message("1", false), message("2", false)]), true, false);
    assert_eq!(alerts(&messages), []);
    let three = vec![message("1", false), message("2", false), message("3", false)];
    messages.update(&opened(three.clone()), false, false);
    assert_eq!(alerts(&messages), [("text 3", 1)]);
    messages.update(&opened(three), true, false);
    assert_eq!(alerts(&messages), [], "somebody came back to the window");
}

#[test]
fn do_not_disturb_suppresses_alerts_for_good() {
    let mut messages = UnreadMessages::default();
    messages.update(&list(0, "", false), false, true);
    messages.update(&list(1, "hello", false), false, true);
    messages.update(&list(1, "hello", false), false, false);
    assert_eq!(alerts(&messages), []);
    messages.update(&list(2, "still there", false), false, false);
    assert_eq!(alerts(&messages), [("still there", 1)]);
}

#[test]
fn what_was_put_away_or_signed_out_is_gone() {
    let mut messages = UnreadMessages::default();
    messages.update(&list(0, "", false), false, false);
    messages.update(&list(1, "hello", false), false, false);
    messages.dismiss(AccountId(1), "t");
    assert_eq!(alerts(&messages), []);
    messages.update(&list(2, "again", false), false, false);
    messages.update(&EngineView::default(), false, false);
    assert_eq!(alerts(&messages), []);
    messages.update(&list(9, "signed in anew", false), false, false);
    assert_eq!(alerts(&messages), []);
}

#[test]
fn a_storm_of_threads_is_bounded() {
    let mut messages = UnreadMessages::default();
    let mut view = list(0, "", false);
    let lines = |unread: u32| {
        (0..50).map(move |number| {
            let mut line = line("ada");
            (line.thread, line.unread) = (Some(format!("t{number}")), unread);
            line
        })
    };
    view.accounts[0].contacts = lines(0).collect();
    messages.update(&view, false, false);
    view.accounts[0].contacts = lines(1).collect();
    messages.update(&view, false, false);
    assert_eq!(messages.alerts().len(), MAX_ALERTS);
    assert_eq!(unread(&view), 50);
}

#[test]
fn a_new_thread_is_news_and_an_old_one_that_is_found_is_not() {
    let at = |thread: &str, time: &str| {
        let mut line = line("ada");
        (line.thread, line.unread) = (Some(thread.into()), 1);
        line.last_message = Some(LastMessage { text: thread.into(), at: time.into(), from_me: false });
        line
    };
    let mut messages = UnreadMessages::default();
    let mut view = list(0, "", false);
    view.accounts[0].contacts = vec![at("known", "2026-11-28T10:00:00Z")];
    messages.update(&view, false, false);
    view.accounts[0].contacts.push(at("found", "2026-11-20T10:00:00Z"));
    messages.update(&view, false, false);
    assert_eq!(alerts(&messages), []);
    view.accounts[0].contacts.push(at("new", "2026-11-28T11:00:01+01:00"));
    messages.update(&view, false, false);
    assert_eq!(alerts(&messages), [("new", 1)]);
}

#[test]
fn a_thread_of_several_lines_counts_once() {
    let mut view = list(2, "", false);
    let twice = view.accounts[0].contacts[0].clone();
    view.accounts[0].contacts.push(twice);
    let mut silent = line("bob");
    silent.unread = 7;
    view.accounts[0].contacts.push(silent);
    assert_eq!(unread(&view), 2);
}
