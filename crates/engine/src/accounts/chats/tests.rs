use super::*;

fn message(id: &str, from_me: bool, text: &str) -> Message {
    Message {
        id: id.into(),
        thread: "t".into(),
        from_me,
        sender: "Ann".into(),
        text: text.into(),
        at: String::new(),
        read: false,
        call: None,
    }
}

fn texts(chats: &Chats) -> Vec<(String, String)> {
    let chat = chats.view().next().expect("open");
    chat.messages.iter().map(|m| (m.id.clone(), m.text.clone())).collect()
}

#[test]
fn what_we_send_is_shown_once() {
    let mut chats = Chats::default();
    chats.open(AccountId(1), "t");
    let now = Instant::now();
    chats.sending("t", "Ann", "hello", now);
    chats.sending("t", "Ann", "hello", now);
    chats.heard(&message("7", true, "hello"));
    chats.heard(&message("7", true, "hello"));
    assert_eq!(texts(&chats), [("7".into(), "hello".into()), (String::new(), "hello".into())]);
    chats.loaded("t", vec![message("6", false, "first"), message("7", true, "hello")].into());
    assert_eq!(texts(&chats)[..2], [("6".into(), "first".into()), ("7".into(), "hello".into())]);
}

#[test]
fn what_is_said_comes_back_as_it_was() {
    assert_eq!(sendable(" one\ttwo\r\nthree\u{0}\u{7f} \n"), "one two\nthree");
    assert_eq!(sendable(" \r\n\t\u{0} "), "");
    assert_eq!(sendable(&"ä".repeat(MAX_CHARS + 5)).chars().count(), MAX_CHARS);
    for text in ["سلام\u{200f}", "a\u{1f600}b", "{\"a\": 1}"] {
        assert_eq!(sendable(text), text);
    }
}

fn failed(chats: &Chats) -> Option<String> {
    chats.view().next().expect("open").failed.clone()
}

#[test]
fn what_did_not_get_through_is_kept_and_sent_again_in_order() {
    let (mut chats, now) = (Chats::default(), Instant::now());
    chats.open(AccountId(1), "t");
    chats.loaded("t", Rows::default());
    for text in ["one", "two", "three"] {
        chats.sending("t", "Ann", text, now);
    }
    chats.heard(&message("1", true, "two"));
    assert_eq!(failed(&chats), None);
    chats.lost("t", "three");
    assert_eq!(failed(&chats), Some(String::new()));
    chats.close("t");
    assert!(!chats.give_up(now + CONFIRM_TIMEOUT));
    assert!(chats.give_up(now + CONFIRM_TIMEOUT * 2));

    chats.open(AccountId(1), "t");
    chats.loaded("t", vec![message("1", true, "two")].into());
    assert_eq!(failed(&chats), Some(String::new()));
    let all = [("1", "two"), ("", "one"), ("", "three")].map(|(id, text)| (id.into(), text.into()));
    assert_eq!(texts(&chats), all);
    let later = now + CONFIRM_TIMEOUT * 2;
    assert_eq!(chats.retry("t", later), ["one", "three"]);
    assert_eq!(failed(&chats), None);
    assert!(chats.retry("t", later).is_empty(), "nothing is sent twice");
    chats.heard(&message("2", true, "one"));
    chats.heard(&message("3", true, "three"));
    assert!(!chats.give_up(later + CONFIRM_TIMEOUT * 2));
    assert_eq!(texts(&chats).iter().filter(|(id, _)| id.is_empty()).count(), 0);
}

#[test]
fn waiting_for_the_connection_is_no_failure() {
    let (mut chats, now) = (Chats::default(), Instant::now());
    chats.sending("t", "Ann", "one", now);
    chats.connected(now + CONFIRM_TIMEOUT);
    assert!(!chats.give_up(now + CONFIRM_TIMEOUT * 2));
    assert!(chats.give_up(now + CONFIRM_TIMEOUT * 3));
    for n in 0..10 * MAX_UNSENT {
        chats.sending("t", "Ann", &n.to_string(), now);
    }
    assert_eq!(chats.unsent.len(), MAX_UNSENT);
}

#[test]
fn a_thread_that_is_not_open_keeps_nothing() {
    let mut chats = Chats::default();
    chats.heard(&message("1", false, "psst"));
    assert_eq!(chats.view().count(), 0);
    for n in 0..50 {
        chats.open(AccountId(1), &n.to_string());
    }
    assert_eq!(chats.view().count(), MAX_OPEN);
}
