//! The application: builds it from its parts, and runs it until the user quits.

mod setup;
mod shutdown;
mod start;

use std::sync::Arc;

use tauri::RunEvent;

use crate::commands;
use crate::desktop::windows;
use crate::options::Options;
use crate::storage::downloads::Downloads;
use setup::Setup;

/// Runs until the user quits.
pub(crate) fn run(options: Options) -> anyhow::Result<()> {
    let setup = Setup::new(options);
    let context = tauri::generate_context!();
    let app = setup
        .builder(&context)
        .manage(setup.options.clone())
        .manage(Arc::clone(&setup.shell_state))
        .manage(Downloads::of_user())
        .manage(setup.settings.clone())
        .manage(setup.paths.clone())
        .manage(setup.ringtones.clone())
        .manage(setup.tasks.clone())
        .invoke_handler(tauri::generate_handler![
            commands::accounts::sign_in,
            commands::accounts::sign_out,
            commands::dial,
            commands::call_people,
            commands::add_people,
            commands::end_for_all,
            commands::raise_hand,
            commands::ring::accept,
            commands::ring::end_and_accept,
            commands::ring::accept_with_camera_off,
            commands::ring::decline,
            commands::ring::silence,
            commands::ring::ring_drawn,
            commands::hang_up,
            commands::set_microphone,
            commands::set_camera,
            commands::dismiss,
            commands::refresh_contacts,
            commands::history::history,
            commands::history::recent_calls,
            commands::history::delete_record,
            commands::history::export_history,
            commands::history::show_exported,
            commands::history::missed_seen,
            commands::history::analytics,
            commands::history::decline_with,
            commands::history::retry_messages,
            commands::open_thread,
            commands::close_thread,
            commands::send_message,
            commands::typing,
            commands::devices::devices,
            commands::devices::test_devices,
            commands::devices::test_speaker,
            commands::devices::test_ring,
            commands::devices::test_echo,
            commands::devices::share_sources,
            commands::devices::set_sharing,
            commands::accounts::dialects,
            commands::accounts::discover,
            commands::snapshot,
            commands::frames,
            commands::start_info,
            commands::windows::desktop,
            commands::windows::show_main,
            commands::windows::quit,
            commands::windows::answer_close,
            commands::windows::set_mini,
            commands::windows::set_full_screen,
            commands::windows::confirm_call,
            commands::windows::cancel_pending_call,
            commands::accounts::typed,
            commands::accounts::unlock_secrets,
            commands::accounts::use_secrets,
            commands::accounts::restore,
            commands::settings::settings,
            commands::settings::set_settings,
            commands::support::support_text,
        ])
        .build(context)?;

    let mut running = start::start(&app, setup)?;
    app.run(move |_app, event| {
        if let RunEvent::WindowEvent { label, event, .. } = &event {
            windows::on_window_event(&running.windows, label, event);
        } else if let RunEvent::Exit = event {
            running.stop();
        }
        #[cfg(target_os = "macos")]
        if let RunEvent::Opened { urls } = &event {
            for url in urls {
                crate::deep_link::open(url.as_str(), &running.links, Some(&*running.ui));
            }
        }
    });
    Ok(())
}
