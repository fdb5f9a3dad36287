//! The controller against a recorder of UI calls.

use std::sync::Mutex;

use bellwire_engine::{CallState, DeviceChange, DeviceEvent, DeviceKind, EndReason, PhoneView};

use tokio::sync::watch;

use super::*;
use crate::events::Event;
use crate::ring::reminders::Reminders;
use crate::ring::ringer::RingerInputs;
use crate::ring::ringing::tests::call;
use crate::shell_state::ShellState;
use crate::storage::settings::Settings;

#[derive(Default)]
struct Recorder {
    asked: Mutex<Vec<String>>,
}

impl Recorder {
    /// What was asked since the last time.
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    fn write(&self, what: &str) {
        self.asked.lock().unwrap().push(what.to_owned());
    }
}

impl Ui for Recorder {
    fn show_ring(&self) {
        self.write("show ring");
    }

    fn hide_ring(&self) {
        self.write("hide ring");
    }

    fn show_main(&self) {
        self.write("show main");
    }

    fn emit<E: Event>(&self, payload: E) {
        let payload = serde_json::to_value(payload).unwrap();
        let kind = payload["kind"].as_str().map(|k| format!(" {k}")).unwrap_or_default();
        self.write(&format!("emit {}{kind}", E::NAME));
    }
}

fn view(calls: Vec<CallView>) -> Arc<EngineView> {
    Arc::new(EngineView {
        accounts: Vec::new(),
        chats: Vec::new(),
        phone: PhoneView {
            calls,
            microphone: true,
            camera: true,
            sharing: false,
            has_microphone: true,
            has_camera: true,
        },
    })
}

fn controller() -> (Controller<Recorder>, Arc<Recorder>) {
    let ui = Arc::new(Recorder::default());
    let shell_state = ShellState::default();
    let ringer = Ringer::new(RingerInputs {
        settings: watch::channel(Arc::new(Settings::default())).1,
        shell_state: shell_state.subscribe(),
        focus: shell_state.focus(),
        language: "en".into(),
        notifications: watch::channel(Vec::new()).0,
        through: watch::channel(false).0,
        reminders: Reminders::default(),
    });
    (Controller::new(Arc::clone(&ui), ringer), ui)
}

const RINGING: CallState = CallState::Ringing { silenced: false };

#[test]
fn a_ringing_call_is_told_to_the_window_before_it_comes_up() {
    let (mut controller, ui) = controller();
    controller.view(&view(vec![call(1, RINGING)]));
    assert_eq!(ui.take(), ["emit view", "show ring"]);
    controller.view(&view(vec![call(1, RINGING)]));
    assert_eq!(ui.take(), ["emit view"], "it is up already");
}

#[test]
fn an_answer_elsewhere_hides_it() {
    let (mut controller, ui) = controller();
    controller.view(&view(vec![call(1, RINGING)]));
    ui.take();
    let over = call(1, CallState::Ended { reason: EndReason::AnsweredElsewhere });
    controller.view(&view(vec![over.clone()]));
    controller.notice(Notice::Ended { call: over });
    assert_eq!(ui.take(), ["emit view", "hide ring", "emit notice ended"]);
}

#[test]
fn news_reaches_the_interface_by_kind() {
    let (mut controller, ui) = controller();
    controller.notice(Notice::Missed { call: call(1, RINGING) });
    let news = DeviceEvent {
        device: DeviceKind::Camera,
        happened: DeviceChange::Back,
        name: "Lid".into(),
        problem: None,
    };
    controller.notice(Notice::Device { news, text: "the camera is back".into() });
    controller.notice(Notice::Problem { code: "log_newer", text: "x".into() });
    assert_eq!(ui.take(), ["emit notice missed", "emit notice device", "emit notice error"]);
}

#[test]
fn words_of_errors_become_sentences() {
    assert_eq!(sentence("there is no sound card"), "There is no sound card");
    assert_eq!(sentence("éclair"), "Éclair");
    assert_eq!(sentence(""), "");
}
