//! Do-not-disturb of desktops that keep it in GSettings. Read only on those desktops: the keys are often
//! installed on others, where they have no effect.

use std::cell::RefCell;

use gtk::gio;
use gtk::prelude::*;
use tauri::AppHandle;
use tokio::sync::watch;
use tracing::debug;

/// Where one desktop keeps it.
struct DesktopSetting {
    /// Of `XDG_CURRENT_DESKTOP`.
    desktops: &'static [&'static str],
    schema: &'static str,
    key: &'static str,
    /// The key's value while it is quiet.
    quiet: bool,
}

const DESKTOP_SETTINGS: &[DesktopSetting] = &[
    DesktopSetting {
        desktops: &["GNOME", "Unity", "ubuntu", "Budgie"],
        schema: "org.gnome.desktop.notifications",
        key: "show-banners",
        quiet: false,
    },
    DesktopSetting {
        desktops: &["X-Cinnamon", "Cinnamon"],
        schema: "org.cinnamon.desktop.notifications",
        key: "display-notifications",
        quiet: false,
    },
    DesktopSetting {
        desktops: &["MATE"],
        schema: "org.mate.NotificationDaemon",
        key: "do-not-disturb",
        quiet: true,
    },
    DesktopSetting {
        desktops: &["Pantheon"],
        schema: "io.elementary.notifications",
        key: "do-not-disturb",
        quiet: true,
    },
];

thread_local! {
    /// The settings signal changes only while the object lives, and only on this thread.
    static FOLLOWED: RefCell<Option<gio::Settings>> = const { RefCell::new(None) };
}

/// Writes into `out` for as long as the main loop runs.
pub(super) fn follow(app: &AppHandle, out: watch::Sender<bool>) {
    let Some(place) = place(&std::env::var("XDG_CURRENT_DESKTOP").unwrap_or_default()) else { return };
    if let Err(error) = app.run_on_main_thread(move || open(place, out)) {
        debug!(%error, "The desktop's settings are not followed");
    }
}

fn place(desktops: &str) -> Option<&'static DesktopSetting> {
    DESKTOP_SETTINGS.iter().find(|place| desktops.split(':').any(|one| place.desktops.contains(&one)))
}

fn open(place: &'static DesktopSetting, out: watch::Sender<bool>) {
    // GSettings ends the program over a schema or key that is not there.
    let schema = gio::SettingsSchemaSource::default().and_then(|source| source.lookup(place.schema, true));
    let Some(schema) = schema.filter(|schema| schema.has_key(place.key)) else { return };
    if schema.key(place.key).value_type() != gtk::glib::VariantTy::BOOLEAN {
        return;
    }
    let settings = gio::Settings::new_full(&schema, None::<&gio::SettingsBackend>, None);
    let read = |settings: &gio::Settings| settings.boolean(place.key) == place.quiet;
    out.send_replace(read(&settings));
    settings.connect_changed(Some(place.key), move |settings, _| {
        out.send_replace(read(settings));
    });
    FOLLOWED.with_borrow_mut(|kept| *kept = Some(settings));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desktop_decides_which_setting_counts() {
        let schema = |desktops| place(desktops).map(|place| place.schema);
        assert_eq!(schema("ubuntu:GNOME"), Some("org.gnome.desktop.notifications"));
        assert_eq!(schema("X-Cinnamon"), Some("org.cinnamon.desktop.notifications"));
        assert_eq!(schema("KDE"), None);
        assert_eq!(schema(""), None);
    }
}
