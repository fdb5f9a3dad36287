//! Some of what the interface is sent as it is really serialised, kept in `ui/tests/serialised.ts` beside its
//! generated types: the type check of the interface holds one against the other. `BELLWIRE_BLESS=1` writes the
//! file anew.

use std::fmt::Write as _;
use std::path::Path;

use bellwire_engine::{
    AccountId, CallState, CallStats, EndReason, EngineView, Levels, ListKind, MediaKind, Message, ThreadCall,
    ThreadOutcome,
};
use serde::Serialize;

use crate::events::{Place, ThreadPlace};
use crate::shell_state::DesktopView;
use crate::storage::settings::Settings;

#[derive(Default)]
struct File {
    types: Vec<&'static str>,
    text: String,
}

impl File {
    fn add<T: Serialize>(&mut self, name: &str, of: &'static str, value: T) {
        self.types.push(of.trim_end_matches("[]"));
        let value = serde_json::to_value(value).unwrap();
        write!(self.text, "\nexport const {name}: {of} = {value:#};\n").unwrap();
    }
}

fn message(call: Option<ThreadCall>) -> Message {
    Message {
        id: "m1".into(),
        thread: "room-1".into(),
        from_me: false,
        sender: "Ada".into(),
        text: "See you".into(),
        at: "2026-01-02T03:04:05Z".into(),
        read: false,
        call,
    }
}

fn serialised() -> String {
    let mut file = File::default();
    file.add("dialects", "Entry[]", bellwire_engine::dialects());
    file.add("settings", "Settings", Settings::default());
    file.add("desktop", "DesktopView", DesktopView::default());
    file.add("view", "EngineView", EngineView::default());
    file.add("stats", "CallStats", CallStats::default());
    file.add("levels", "Levels", Levels::default());
    file.add("lists", "ListKind[]", [ListKind::People, ListKind::Appointments]);
    let call = ThreadCall { kind: MediaKind::Voice, outcome: ThreadOutcome::Missed, duration_s: 0 };
    file.add("messages", "Message[]", [message(None), message(Some(call))]);
    let refused = EndReason::Refused { message: "not eligible".into() };
    let states = [
        CallState::Ringing { silenced: false },
        CallState::Connected,
        CallState::Ended { reason: EndReason::HungUp },
        CallState::Ended { reason: refused },
    ];
    file.add("states", "CallState[]", states);
    let thread = ThreadPlace { account: AccountId(1), thread: "room-1".into() };
    file.add("places", "Place[]", [Place::History, Place::Thread(thread)]);
    file.types.sort_unstable();
    format!(
        "// Written by a test of the shell (src-tauri/src/serialised.rs). Do not edit.\n\nimport type {{ {} }} from '../src/generated/bindings';\n{}",
        file.types.join(", "),
        file.text
    )
}

#[test]
fn the_file_is_what_is_serialised() {
    let file = Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this"))
        .join("../ui/tests/serialised.ts");
    let text = serialised();
    if std::env::var_os("BELLWIRE_BLESS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(file).unwrap();
    assert_eq!(kept.replace("\r\n", "\n"), text, "run this test with BELLWIRE_BLESS=1");
}
