//! Arabic strings outside the web view.

use super::strings::{NotificationStrings, Strings, TrayStrings, WindowTitles};

/// Arabic counts in six forms; of none it is never said.
fn missed(count: u32) -> String {
    match (count, count % 100) {
        (1, _) => "مكالمة فائتة واحدة".to_owned(),
        (2, _) => "مكالمتان فائتتان".to_owned(),
        (_, 3..=10) => format!("{count} مكالمات فائتة"),
        _ => format!("{count} مكالمة فائتة"),
    }
}

pub(super) static STRINGS: Strings = Strings {
    titles: WindowTitles {
        main: "Bellwire",
        main_missed: |count| format!("({count}) Bellwire"),
        ring: "مكالمة واردة – Bellwire",
        mini: "مكالمة – Bellwire",
    },
    tray: TrayStrings {
        open: "فتح Bellwire",
        quit: "إنهاء",
        favourites: "المفضلة",
        recent: "الأخيرة",
        voice_call: "مكالمة صوتية",
        video_call: "مكالمة فيديو",
        do_not_disturb: "عدم الإزعاج",
        quiet_hour: "لمدة ساعة",
        quiet_tomorrow: "حتى الغد",
        quiet_open: "حتى أوقفه",
        waits: |name| format!("{name} في الانتظار"),
        muted: "الميكروفون مكتوم",
        answer: |name| format!("الرد على {name}"),
        decline: "رفض",
        hang_up: "إنهاء المكالمة",
        missed,
        idle: "Bellwire",
        quiet: "Bellwire – عدم الإزعاج",
        offline: "Bellwire – غير متصل",
        ringing: |name| format!("{name} يتصل بك"),
        in_call: |name| format!("في مكالمة مع {name}"),
        in_call_muted: |name| format!("في مكالمة مع {name}، الميكروفون مكتوم"),
    },
    notices: NotificationStrings {
        incoming_voice: "مكالمة صوتية واردة",
        incoming_video: "مكالمة فيديو واردة",
        waiting: "مكالمة أخرى",
        someone: "متصل مجهول",
        from: |name, about| about.map_or_else(|| name.to_owned(), |about| format!("{name} بخصوص {about}")),
        accept: "رد",
        end_and_accept: "إنهاء المكالمة والرد",
        decline: "رفض",
        silence: "كتم الرنين",
        waits: "في انتظارك",
        patient_waits: "المريض في الانتظار",
        join: "انضمام",
        admit: "إدخال",
        end_and_join: "إنهاء المكالمة والانضمام",
        not_now: "ليس الآن",
        missed: "مكالمة فائتة",
        missed_from: |name, count| {
            if count > 1 { format!("{name}، عدد المكالمات: {count}") } else { name.to_owned() }
        },
        call_back: "معاودة الاتصال",
        soon: "يبدأ قريبًا",
        soon_with: |name, minutes| match minutes {
            1 => format!("{name}، بعد دقيقة واحدة"),
            2 => format!("{name}، بعد دقيقتين"),
            _ => format!("{name}، بعد {minutes} دقائق"),
        },
        show: "عرض",
    },
};
