//! A single instance per data folder: a second start shows the window of the first and hands its deep link
//! over.

use std::path::Path;

use bellwire_engine::DeepLink;
use clap::Parser;
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, Manager, Wry};
use tokio::sync::watch;

use crate::deep_link;
use crate::desktop::tauri_ui::TauriUi;
use crate::options::Options;
use crate::ui::Ui;

/// The name of the instance on the bus; each data folder is an instance of its own.
pub(crate) fn instance_id(identifier: &str, data_dir: Option<&Path>) -> String {
    let Some(folder) = data_dir else { return identifier.to_owned() };
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    // FNV-1a: the same in every version of the program.
    let hash = folder.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{identifier}.d{hash:016x}")
}

/// The plugin that finds the first instance, or `None` where instances cannot be distinguished by folder.
pub(crate) fn plugin(
    identifier: &str,
    data_dir: Option<&Path>,
    links: watch::Sender<Option<DeepLink>>,
) -> Option<TauriPlugin<Wry>> {
    // Elsewhere the plugin has one fixed name.
    if cfg!(not(target_os = "linux")) && data_dir.is_some() {
        return None;
    }
    let plugin = tauri_plugin_single_instance::Builder::new();
    #[cfg(target_os = "linux")]
    let plugin = plugin.dbus_id(instance_id(identifier, data_dir));
    #[cfg(not(target_os = "linux"))]
    let _ = identifier;
    Some(plugin.callback(move |app, arguments, _| on_second_start(app, &arguments, &links)).build())
}

/// A second start: takes over its link, and shows the main window.
fn on_second_start(app: &AppHandle, arguments: &[String], links: &watch::Sender<Option<DeepLink>>) {
    let ui = app.try_state::<std::sync::Arc<TauriUi>>();
    let options = Options::try_parse_from(arguments).ok();
    if let Some(link) = options.as_ref().and_then(|options| options.link.as_deref()) {
        deep_link::open(link, links, ui.as_ref().map(|ui| &***ui));
    }
    // The start at login shows nothing.
    if !options.is_some_and(|options| options.hidden)
        && let Some(ui) = ui
    {
        ui.show_main();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_folder_has_a_program_of_its_own() {
        let usual = instance_id("app.bellwire.desktop", None);
        let one = instance_id("app.bellwire.desktop", Some(Path::new("/tmp/one")));
        let other = instance_id("app.bellwire.desktop", Some(Path::new("/tmp/two")));
        assert_eq!(usual, "app.bellwire.desktop");
        assert_ne!(one, other);
        assert_eq!(one, instance_id("app.bellwire.desktop", Some(Path::new("/tmp/one"))));
        assert!(one.starts_with("app.bellwire.desktop.d") && one.len() == 38, "{one}");
    }
}
