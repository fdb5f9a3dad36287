//! The ringer, step by step, against a recorder of UI calls.

use std::sync::Mutex;

use bellwire_engine::{CallId, CallState, EndReason, LastMessage, Phase, Slot};

use super::*;
use crate::events::Event;
use crate::ring::ringing::tests::{account, call, line};
use crate::shell_state::ShellState;

#[derive(Default)]
struct Recorder(Mutex<Vec<&'static str>>);

impl Recorder {
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Ui for Recorder {
    fn show_ring(&self) {
        self.0.lock().unwrap().push("show ring");
    }

    fn hide_ring(&self) {
        self.0.lock().unwrap().push("hide ring");
    }

    fn show_main(&self) {
        self.0.lock().unwrap().push("show main");
    }

    fn emit<E: Event>(&self, _payload: E) {}
}

struct Bench {
    ringer: Ringer,
    desktop: Recorder,
    settings: watch::Sender<Arc<Settings>>,
    shell_state: ShellState,
    notifications: watch::Receiver<Vec<NotificationContent>>,
    through: watch::Receiver<bool>,
    view: EngineView,
    now: SystemTime,
}

fn bench() -> Bench {
    let (settings, followed) = watch::channel(Arc::new(Settings::default()));
    let shell_state = ShellState::default();
    let (wanted, notifications) = watch::channel(Vec::new());
    let (loud, through) = watch::channel(false);
    let ringer = Ringer::new(RingerInputs {
        settings: followed,
        shell_state: shell_state.subscribe(),
        focus: shell_state.focus(),
        language: "en".into(),
        notifications: wanted,
        through: loud,
        reminders: Reminders::default(),
    });
    let view = EngineView { accounts: vec![account(1)], ..EngineView::default() };
    let (desktop, now) = (Recorder::default(), SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
    Bench { ringer, desktop, settings, shell_state, notifications, through, view, now }
}

impl Bench {
    fn calls(&mut self, calls: &[CallView]) {
        self.view.phone.calls = calls.to_vec();
        self.show();
    }

    fn show(&mut self) {
        self.ringer.view(&Arc::new(self.view.clone()), self.now, &self.desktop);
    }

    fn missed(&mut self, call: CallView) {
        self.ringer.missed(call, self.now, &self.desktop);
    }

    fn refresh(&mut self) {
        self.ringer.refresh(self.now, &self.desktop);
    }

    fn events(&mut self, topic: Topic, action: NotificationAction) -> Option<CallAction> {
        self.ringer.on_notification(NotificationEvent { topic, action }, self.now, &self.desktop)
    }

    fn notifications(&self) -> Vec<NotificationContent> {
        self.notifications.borrow().clone()
    }

    fn buttons(&self) -> Vec<NotificationAction> {
        self.notifications()
            .first()
            .map(|note| note.buttons.iter().map(|b| b.0).collect())
            .unwrap_or_default()
    }
}

const RINGING: CallState = CallState::Ringing { silenced: false };
const SILENCED: CallState = CallState::Ringing { silenced: true };

fn missed(id: u64) -> CallView {
    call(id, CallState::Ended { reason: EndReason::Missed })
}

#[test]
fn a_ring_comes_up_once_and_goes_however_it_ends() {
    for end in [
        CallState::Connecting,
        CallState::Ended { reason: EndReason::AnsweredElsewhere },
        CallState::Ended { reason: EndReason::DeclinedElsewhere },
        CallState::Ended { reason: EndReason::RemoteCancelled },
        CallState::Ended { reason: EndReason::Declined },
    ] {
        let mut bench = bench();
        bench.calls(&[call(1, RINGING)]);
        assert_eq!(bench.desktop.take(), ["show ring"]);
        assert_eq!(
            bench.buttons(),
            [NotificationAction::Accept, NotificationAction::Decline, NotificationAction::Silence]
        );
        bench.calls(&[call(1, SILENCED)]);
        assert_eq!(bench.desktop.take(), [""; 0], "silence is no decline");
        assert_eq!(bench.buttons(), [NotificationAction::Accept, NotificationAction::Decline]);
        bench.calls(&[call(1, end)]);
        assert_eq!(bench.desktop.take(), ["hide ring"]);
        assert_eq!(bench.notifications(), []);
    }
}

#[test]
fn a_call_that_waits_behind_another_has_a_notification_only() {
    let mut bench = bench();
    bench.calls(&[call(1, CallState::Connected), call(2, RINGING)]);
    assert_eq!(bench.desktop.take(), [""; 0]);
    assert_eq!(
        bench.buttons(),
        [NotificationAction::EndAndAccept, NotificationAction::Decline, NotificationAction::Silence]
    );
    // The first call ends while the second still rings: now it rings like any other.
    bench.calls(&[call(2, RINGING)]);
    assert_eq!(bench.desktop.take(), ["show ring"]);
    assert_eq!(
        bench.buttons(),
        [NotificationAction::Accept, NotificationAction::Decline, NotificationAction::Silence]
    );
}

#[test]
fn the_main_window_rings_alone_while_it_has_the_focus() {
    let mut bench = bench();
    bench.shell_state.focused(true);
    bench.calls(&[call(1, RINGING)]);
    assert_eq!((bench.desktop.take(), bench.notifications()), (vec![], vec![]));
    bench.shell_state.focused(false);
    bench.refresh();
    assert_eq!(bench.desktop.take(), ["show ring"]);
    assert_eq!(
        bench.buttons(),
        [NotificationAction::Accept, NotificationAction::Decline, NotificationAction::Silence]
    );
    bench.shell_state.focused(true);
    bench.refresh();
    assert_eq!((bench.desktop.take(), bench.notifications()), (vec!["hide ring"], vec![]));
}

#[test]
fn a_patient_who_waits_is_no_video_call() {
    let mut bench = bench();
    for (role, title, accept) in
        [("Practitioner", "Patient is waiting", "Admit"), ("Patient", "Waiting for you", "Join")]
    {
        bench.view.accounts[0].role = role.into();
        bench.view.accounts[0].capabilities.ring_timeout_s = None;
        bench.calls(&[call(1, RINGING)]);
        let note = bench.notifications().remove(0);
        assert_eq!((note.title.as_str(), note.buttons[0].1, note.buttons[1].1), (title, accept, "Not now"));
        bench.calls(&[]);
    }
}

#[test]
fn do_not_disturb_applies_at_once() {
    let mut bench = bench();
    bench.calls(&[call(1, RINGING)]);
    bench.desktop.take();
    bench.shell_state.quiet(Quiet::Own);
    bench.refresh();
    assert_eq!(bench.desktop.take(), ["hide ring"]);
    assert_eq!(bench.notifications(), []);
    bench.shell_state.quiet(Quiet::Off);
    bench.refresh();
    assert_eq!(bench.desktop.take(), ["show ring"]);
    assert_eq!(bench.notifications().len(), 1);
}

#[test]
fn notifications_can_be_turned_off_and_the_window_stays() {
    let mut bench = bench();
    bench.settings.send_replace(Arc::new(Settings { notify_calls: false, ..Settings::default() }));
    bench.calls(&[call(1, RINGING)]);
    assert_eq!(bench.desktop.take(), ["show ring"]);
    assert_eq!(bench.notifications(), []);
}

#[test]
fn words_are_those_of_the_chosen_language() {
    let mut bench = bench();
    bench.settings.send_replace(Arc::new(Settings { language: Some("de".into()), ..Settings::default() }));
    bench.calls(&[call(1, RINGING)]);
    let german = &Strings::of("de").notices;
    assert_eq!(bench.notifications()[0].title, german.incoming_video);
}

#[test]
fn missed_calls_are_shown_after_do_not_disturb() {
    let mut bench = bench();
    bench.shell_state.quiet(Quiet::Hours);
    bench.refresh();
    bench.missed(missed(1));
    bench.shell_state.missed(1);
    bench.refresh();
    assert_eq!(bench.notifications(), []);
    bench.shell_state.quiet(Quiet::Off);
    bench.refresh();
    assert_eq!(bench.buttons(), [NotificationAction::CallBack, NotificationAction::Open]);
    // The user looks at the earlier calls.
    bench.shell_state.missed(0);
    bench.refresh();
    assert_eq!(bench.notifications(), []);
}

#[test]
fn a_missed_call_can_be_called_back_or_looked_at() {
    let mut bench = bench();
    let topic = || Topic::Missed(AccountId(1), PersonId("p1".into()));
    bench.missed(missed(1));
    let act = bench.events(topic(), NotificationAction::CallBack);
    assert!(matches!(act, Some(CallAction::CallBack { person, .. }) if person.id.0 == "p1"));
    assert_eq!(bench.notifications(), [], "done with");
    assert_eq!(bench.events(topic(), NotificationAction::CallBack), None, "there is none any more");

    bench.missed(missed(1));
    assert_eq!(bench.events(topic(), NotificationAction::Open), Some(CallAction::ShowHistory));
    bench.missed(missed(1));
    assert_eq!(bench.events(topic(), NotificationAction::Close), None);
    assert_eq!(bench.notifications(), []);
}

#[test]
fn answers_do_what_their_buttons_say() {
    let mut bench = bench();
    bench.calls(&[call(1, RINGING)]);
    let ring = || Topic::Ring(CallId(1));
    assert_eq!(bench.events(ring(), NotificationAction::Accept), Some(CallAction::Accept(CallId(1))));
    assert_eq!(
        bench.events(ring(), NotificationAction::EndAndAccept),
        Some(CallAction::EndAndAccept(CallId(1)))
    );
    assert_eq!(bench.events(ring(), NotificationAction::Decline), Some(CallAction::Decline(CallId(1))));
    assert_eq!(bench.events(ring(), NotificationAction::Silence), Some(CallAction::Silence(CallId(1))));
    assert_eq!(bench.events(ring(), NotificationAction::Open), Some(CallAction::Show));
    assert_eq!(bench.events(ring(), NotificationAction::Close), None, "it rings on in its window");
}

#[test]
fn a_hostile_name_stays_one_short_line() {
    let mut bench = bench();
    let mut hostile = call(1, RINGING);
    hostile.peer.name = format!("\u{202e}Ada\n\n{}", "x".repeat(10_000));
    bench.calls(&[hostile]);
    let body = bench.notifications()[0].body.clone();
    assert!(body.chars().count() < 100, "{body}");
    assert!(!body.contains(['\n', '\u{202e}']));
    let mut nameless = call(2, RINGING);
    nameless.peer.name = " ".into();
    bench.calls(&[nameless]);
    assert!(bench.notifications()[0].body.contains(Strings::of("en").notices.someone));
}

#[test]
fn a_second_call_rings_through_do_not_disturb() {
    let mut bench = bench();
    bench.shell_state.quiet(Quiet::Own);
    bench.calls(&[call(1, RINGING)]);
    assert_eq!((bench.desktop.take(), bench.notifications()), (Vec::new(), Vec::new()));
    bench.calls(&[missed(1)]);
    bench.now += Duration::from_secs(170);
    let again = CallView { id: CallId(2), ..call(1, RINGING) };
    bench.calls(std::slice::from_ref(&again));
    assert_eq!(bench.desktop.take(), ["show ring"]);
    assert_eq!((bench.notifications().len(), *bench.through.borrow()), (1, true));
    bench.calls(&[]);
    assert_eq!(bench.desktop.take(), ["hide ring"]);
    assert!(!*bench.through.borrow());
}

#[test]
fn a_waiting_caller_is_notified_silently_in_do_not_disturb() {
    let mut bench = bench();
    bench.view.accounts[0].capabilities.ring_timeout_s = None;
    bench.settings.send_replace(Arc::new(Settings { notify_calls: false, ..Settings::default() }));
    bench.shell_state.quiet(Quiet::Hours);
    bench.calls(&[call(1, RINGING)]);
    assert_eq!(bench.desktop.take(), [""; 0]);
    let notifications = bench.notifications();
    assert_eq!((notifications.len(), notifications[0].silent, *bench.through.borrow()), (1, true, false));
}

#[test]
fn a_message_is_notified_and_opens_its_thread() {
    let mut bench = bench();
    let mut room = line("ada");
    room.thread = Some("room".into());
    bench.view.accounts[0].contacts = vec![room];
    bench.show();
    let text = format!("hello {}", "x".repeat(10_000));
    bench.view.accounts[0].contacts[0].unread = 1;
    bench.view.accounts[0].contacts[0].last_message =
        Some(LastMessage { text, at: String::new(), from_me: false });
    bench.show();
    let note = bench.notifications()[0].clone();
    assert_eq!(note.title, "\u{2068}Name ada\u{2069}");
    assert!(note.body.starts_with("\u{2068}hello") && note.body.chars().count() < 170);
    let place = ThreadPlace { account: AccountId(1), thread: "room".into() };
    assert_eq!(bench.events(note.topic, NotificationAction::Open), Some(CallAction::ShowThread(place)));
    assert_eq!(bench.notifications(), []);

    bench.settings.send_replace(Arc::new(Settings { notify_messages: false, ..Settings::default() }));
    bench.view.accounts[0].contacts[0].unread = 2;
    bench.show();
    assert_eq!(bench.notifications(), []);
}

#[test]
fn reminders_follow_the_clock() {
    let mut bench = bench();
    let mut visit = line("ada");
    let starts_at = "1970-01-12T13:56:40Z".to_owned();
    let (phase, label) = (Phase::Upcoming, String::new());
    visit.slot = Some(Slot { starts_at, minutes: 30, phase, they_wait: false, label, meeting: None });
    bench.view.accounts[0].contacts = vec![visit];
    bench.show();
    assert_eq!(bench.notifications(), [], "ten minutes before");
    bench.now += Duration::from_secs(330);
    bench.refresh();
    let note = bench.notifications()[0].clone();
    assert_eq!(note.body, "\u{2068}Name ada\u{2069}, in 5 minutes");
    bench.now += Duration::from_secs(100);
    bench.refresh();
    assert_eq!(bench.notifications(), std::slice::from_ref(&note), "it does not count down");
    assert_eq!(bench.events(note.topic, NotificationAction::Open), Some(CallAction::Show));
    assert_eq!(bench.notifications(), []);
}
