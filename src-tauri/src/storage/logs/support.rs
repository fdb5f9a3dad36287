//! The support text: version, system, settings, and the last lines of the log, redacted.

use std::fmt::Write as _;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use bellwire_engine::EngineView;

use super::redact::redact;
use super::writer::{PREFIX, SUFFIX};
use crate::shell_state::DesktopView;
use crate::storage::settings::Settings;

/// Lines of the log.
const MAX_LOG_LINES: usize = 400;
/// Bytes at the end of the log that are read.
const LOG_TAIL_BYTES: u64 = 256 * 1024;
/// Minimum length of a name or id: shorter ones would match everywhere.
const MIN_NAME_CHARS: usize = 2;

/// The support text without names, addresses and tokens. Reads the log: blocking.
pub(crate) fn support_text(
    folder: Option<PathBuf>,
    settings: &Settings,
    desktop: &DesktopView,
    engine: &EngineView,
) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(text, "Bellwire {} on {}", env!("CARGO_PKG_VERSION"), system());
    let _ = writeln!(text, "Settings: {}", without_names(settings));
    let _ = writeln!(
        text,
        "Secrets: {:?}, {:?}; quiet: {:?}; tray: {}; not restored: {}",
        desktop.secrets.store,
        desktop.secrets.problem,
        desktop.quiet,
        desktop.tray,
        desktop.restoring.len(),
    );
    for account in &engine.accounts {
        let _ = writeln!(
            text,
            "Account: {}, {:?}, {} people",
            account.dialect,
            account.link,
            account.contacts.len()
        );
    }
    text.push('\n');
    let log = folder.as_deref().and_then(newest).and_then(|file| tail(&file)).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    for line in &lines[lines.len().saturating_sub(MAX_LOG_LINES)..] {
        text.push_str(line);
        text.push('\n');
    }
    redact(&text, &names(settings, engine))
}

fn system() -> String {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME=")).unwrap_or_default();
    let of = |variable: &str| std::env::var(variable).unwrap_or_default();
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let parts = [
        os.to_owned(),
        arch.to_owned(),
        name.trim_matches('"').to_owned(),
        of("XDG_CURRENT_DESKTOP"),
        of("XDG_SESSION_TYPE"),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Devices are reduced to "chosen", people and replies to their number.
fn without_names(settings: &Settings) -> String {
    let chosen = |device: &str| match device {
        "default" | "none" => device.to_owned(),
        _ => "chosen".to_owned(),
    };
    let plain = Settings {
        microphone: chosen(&settings.microphone),
        speaker: chosen(&settings.speaker),
        camera: chosen(&settings.camera),
        ring_device: chosen(&settings.ring_device),
        ring_second_device: settings.ring_second_device.as_deref().map(chosen),
        ringtone: if settings.ringtone.contains(['/', '\\', '.', ':']) {
            "own".into()
        } else {
            settings.ringtone.clone()
        },
        replies: Vec::new(),
        favourites: Vec::new(),
        ..settings.clone()
    };
    let text = serde_json::to_string(&plain).unwrap_or_default();
    format!("{text}, {} replies, {} favourites", settings.replies.len(), settings.favourites.len())
}

/// All names that the program knows.
fn names(settings: &Settings, engine: &EngineView) -> Vec<String> {
    let mut names = Vec::new();
    for account in &engine.accounts {
        names.extend([account.me.name.clone(), account.server.clone()]);
        names.extend(long(&account.me.id.0));
        for contact in &account.contacts {
            names.extend([contact.person.name.clone(), contact.detail.clone()]);
            names.extend(long(&contact.person.id.0));
        }
    }
    for call in &engine.phone.calls {
        names.push(call.peer.name.clone());
    }
    for favourite in &settings.favourites {
        names.extend([favourite.name.clone(), favourite.server.clone()]);
    }
    names.extend(settings.replies.iter().cloned());
    let devices = [&settings.microphone, &settings.speaker, &settings.camera, &settings.ring_device];
    names.extend(devices.into_iter().filter(|id| !matches!(id.as_str(), "default" | "none")).cloned());
    let home = dirs::home_dir().and_then(|home| Some(home.file_name()?.to_string_lossy().into_owned()));
    // `root` is part of too many words.
    names.extend(home.filter(|user| user != "root"));
    names.extend(std::fs::read_to_string("/etc/hostname").ok().map(|host| host.trim().to_owned()));
    names.retain(|name| name.trim().chars().count() >= MIN_NAME_CHARS);
    names
}

/// Short ids could be words or counts; they identify nobody outside their server.
fn long(id: &str) -> Option<String> {
    (id.len() >= 6).then(|| id.to_owned())
}

/// Today's file: their names sort by their dates.
fn newest(folder: &Path) -> Option<PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let ours = files.filter(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.starts_with(PREFIX) && name.ends_with(SUFFIX)
    });
    ours.max()
}

fn tail(path: &Path) -> Option<String> {
    let mut file = std::fs::File::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(size.saturating_sub(LOG_TAIL_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.take(LOG_TAIL_BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The first line is most likely cut.
    Some(if size > LOG_TAIL_BYTES {
        text.split_once('\n').map_or(text.clone(), |(_, rest)| rest.to_owned())
    } else {
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::settings::Favourite;

    #[test]
    fn the_text_is_complete_and_redacted() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("bellwire.2026-11-20.log"), "yesterday\n").unwrap();
        let log = "2026-11-21T09:12:04Z INFO bellwire: Call from Amira Haddad\n".repeat(500);
        std::fs::write(folder.path().join("bellwire.2026-11-21.log"), log).unwrap();
        let settings = Settings {
            microphone: "pulseaudio:Amira's headset".into(),
            ringtone: "/home/amira/ring.wav".into(),
            favourites: vec![Favourite {
                dialect: "storefront".into(),
                server: "intranet".into(),
                person: "u-2".into(),
                name: "Amira Haddad".into(),
            }],
            ..Settings::default()
        };
        let text = support_text(
            Some(folder.path().to_owned()),
            &settings,
            &DesktopView::default(),
            &EngineView::default(),
        );
        assert!(
            text.starts_with("Bellwire ")
                && text.contains("\"theme\":\"system\"")
                && text.contains("1 favourites")
        );
        assert_eq!(text.matches("Call from <name>").count(), MAX_LOG_LINES);
        for gone in ["Amira", "amira", "Haddad", "intranet", "yesterday"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
    }

    #[test]
    fn without_a_log_there_is_still_the_rest() {
        let text = support_text(None, &Settings::default(), &DesktopView::default(), &EngineView::default());
        assert!(text.contains("Settings: {"));
    }
}
