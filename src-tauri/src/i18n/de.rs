//! German strings outside the web view.

use super::strings::{NotificationStrings, Strings, TrayStrings, WindowTitles};

fn missed(count: u32) -> String {
    if count == 1 { "1 verpasster Anruf".to_owned() } else { format!("{count} verpasste Anrufe") }
}

pub(super) static STRINGS: Strings = Strings {
    titles: WindowTitles {
        main: "Bellwire",
        main_missed: |count| format!("({count}) Bellwire"),
        ring: "Eingehender Anruf – Bellwire",
        mini: "Anruf – Bellwire",
    },
    tray: TrayStrings {
        open: "Bellwire öffnen",
        quit: "Beenden",
        favourites: "Favoriten",
        recent: "Zuletzt",
        voice_call: "Sprachanruf",
        video_call: "Videoanruf",
        do_not_disturb: "Nicht stören",
        quiet_hour: "Eine Stunde lang",
        quiet_tomorrow: "Bis morgen",
        quiet_open: "Bis ich es ausschalte",
        waits: |name| format!("{name} wartet"),
        muted: "Mikrofon stumm",
        answer: |name| format!("Anruf von {name} annehmen"),
        decline: "Ablehnen",
        hang_up: "Auflegen",
        missed,
        idle: "Bellwire",
        quiet: "Bellwire – nicht stören",
        offline: "Bellwire – offline",
        ringing: |name| format!("{name} ruft an"),
        in_call: |name| format!("Im Gespräch mit {name}"),
        in_call_muted: |name| format!("Im Gespräch mit {name}, Mikrofon stumm"),
    },
    notices: NotificationStrings {
        incoming_voice: "Eingehender Sprachanruf",
        incoming_video: "Eingehender Videoanruf",
        waiting: "Weiterer Anruf",
        someone: "Unbekannter Anruf",
        from: |name, about| about.map_or_else(|| name.to_owned(), |about| format!("{name} zu {about}")),
        accept: "Annehmen",
        end_and_accept: "Auflegen und annehmen",
        decline: "Ablehnen",
        silence: "Stumm schalten",
        waits: "Wartet auf Sie",
        patient_waits: "Patient wartet",
        join: "Beitreten",
        admit: "Einlassen",
        end_and_join: "Auflegen und beitreten",
        not_now: "Nicht jetzt",
        missed: "Verpasster Anruf",
        missed_from: |name, count| {
            if count > 1 { format!("{name} hat {count}-mal angerufen") } else { name.to_owned() }
        },
        call_back: "Zurückrufen",
        soon: "Beginnt bald",
        soon_with: |name, minutes| {
            if minutes == 1 {
                format!("{name}, in 1 Minute")
            } else {
                format!("{name}, in {minutes} Minuten")
            }
        },
        show: "Anzeigen",
    },
};
