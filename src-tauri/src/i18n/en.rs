//! English strings outside the web view.

use super::strings::{NotificationStrings, Strings, TrayStrings, WindowTitles};

fn missed(count: u32) -> String {
    if count == 1 { "1 missed call".to_owned() } else { format!("{count} missed calls") }
}

pub(super) static STRINGS: Strings = Strings {
    titles: WindowTitles {
        main: "Bellwire",
        main_missed: |count| format!("({count}) Bellwire"),
        ring: "Incoming call – Bellwire",
        mini: "Call – Bellwire",
    },
    tray: TrayStrings {
        open: "Open Bellwire",
        quit: "Quit",
        favourites: "Favourites",
        recent: "Recent",
        voice_call: "Voice call",
        video_call: "Video call",
        do_not_disturb: "Do not disturb",
        quiet_hour: "For an hour",
        quiet_tomorrow: "Until tomorrow",
        quiet_open: "Until I turn it off",
        waits: |name| format!("{name} is waiting"),
        muted: "Microphone muted",
        answer: |name| format!("Answer {name}"),
        decline: "Decline",
        hang_up: "Hang up",
        missed,
        idle: "Bellwire",
        quiet: "Bellwire – do not disturb",
        offline: "Bellwire – offline",
        ringing: |name| format!("{name} is calling"),
        in_call: |name| format!("In a call with {name}"),
        in_call_muted: |name| format!("In a call with {name}, microphone muted"),
    },
    notices: NotificationStrings {
        incoming_voice: "Incoming voice call",
        incoming_video: "Incoming video call",
        waiting: "Another incoming call",
        someone: "Unknown caller",
        from: |name, about| about.map_or_else(|| name.to_owned(), |about| format!("{name} about {about}")),
        accept: "Accept",
        end_and_accept: "End call and answer",
        decline: "Decline",
        silence: "Silence",
        waits: "Waiting for you",
        patient_waits: "Patient is waiting",
        join: "Join",
        admit: "Admit",
        end_and_join: "End call and join",
        not_now: "Not now",
        missed: "Missed call",
        missed_from: |name, count| {
            if count > 1 { format!("{name} called {count} times") } else { name.to_owned() }
        },
        call_back: "Call back",
        soon: "Starting soon",
        soon_with: |name, minutes| {
            if minutes == 1 {
                format!("{name}, in 1 minute")
            } else {
                format!("{name}, in {minutes} minutes")
            }
        },
        show: "Show",
    },
};
