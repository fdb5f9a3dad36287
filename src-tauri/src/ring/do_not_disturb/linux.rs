//! The desktop's do-not-disturb on Linux. There is no common interface, so all known ones are read:
//!
//! | desktop | interface | signals changes |
//! |---|---|---|
//! | KDE and compatible | property `Inhibited` of the notification service | yes |
//! | dunst | property `paused` of the same object | only if set by D-Bus; polled every 5 s |
//! | Xfce | `/do-not-disturb` of `xfce4-notifyd` in Xfconf | yes |
//! | GNOME, Cinnamon, MATE, Pantheon | GSettings | yes |

mod bus;
mod gsettings;

use tauri::AppHandle;
use tokio::sync::watch;

use crate::tasks::Tasks;

/// Follows all of them until the program ends.
pub(crate) fn follow(app: &AppHandle, tasks: &Tasks) -> watch::Receiver<bool> {
    // Newest wins in all three.
    let (bus_out, bus) = watch::channel(false);
    let (settings_out, settings) = watch::channel(false);
    let (out, quiet) = watch::channel(false);
    gsettings::follow(app, settings_out);
    tasks.spawn(bus::follow(bus_out));
    tasks.spawn(either(bus, settings, out));
    quiet
}

async fn either(mut one: watch::Receiver<bool>, mut other: watch::Receiver<bool>, out: watch::Sender<bool>) {
    loop {
        let quiet = *one.borrow_and_update() || *other.borrow_and_update();
        out.send_if_modified(|old| std::mem::replace(old, quiet) != quiet);
        tokio::select! {
            Ok(()) = one.changed() => {}
            Ok(()) = other.changed() => {}
            () = out.closed() => return,
        }
    }
}
