//! GTK settings by which the answer window takes no focus and stays on top. All of them work on X11; a Wayland
//! compositor places and stacks windows itself, so that there only the notification is certain to be seen.

use gtk::prelude::*;
use tauri::{LogicalPosition, WebviewWindow};
use tracing::debug;

use super::x11;

/// Once, after the window was made. On the main thread.
pub(super) fn prepare(window: &WebviewWindow) {
    let Ok(gtk) = window.gtk_window() else { return };
    // Otherwise the window manager would move the focus while the user types elsewhere.
    gtk.set_focus_on_map(false);
    gtk.set_urgency_hint(true);
    // The X window exists from now on, so that what is changed of it is there before it is shown.
    gtk.realize();
    let asked = window.with_webview(|view| {
        // A window that is not managed gets the focus from no window manager.
        view.inner().connect_button_press_event(|view, _| {
            if let Some(gdk) = view.toplevel().and_then(|top| top.window())
                && let Some(id) = x11_id(&gdk)
                && x11::is_override_redirect(id)
            {
                x11::take_keyboard(id);
            }
            gtk::glib::Propagation::Proceed
        });
    });
    if let Err(error) = asked {
        debug!(%error, "Clicks into the answer window are not seen");
    }
}

/// Before each showing. On the main thread. Gives the middle of the window that has the keyboard, or where
/// the pointer is, in logical pixels of the whole desktop.
pub(super) fn before_showing(window: &WebviewWindow) -> Option<(f64, f64)> {
    let gtk = window.gtk_window().ok()?;
    let gdk = gtk.window()?;
    x11_id(&gdk)?;
    let active = x11::active_window();
    // Window managers keep a full-screen window with the keyboard above those that are "always on top".
    gdk.set_override_redirect(active.as_ref().is_some_and(|active| active.full_screen));
    // Window managers forget these states when the window is hidden.
    gtk.stick();
    gtk.set_keep_above(true);
    gtk.set_focus_on_map(false);
    let scale = f64::from(gdk.scale_factor());
    let working = active.map(|active| (active.centre.0 / scale, active.centre.1 / scale));
    working.or_else(|| pointer(&gdk))
}

/// Shows it there at once, not by a message to the loop that runs this: a ring has little time. On the main
/// thread.
pub(super) fn show(window: &WebviewWindow, corner: Option<LogicalPosition<f64>>) {
    let Ok(gtk) = window.gtk_window() else { return };
    if let Some(corner) = corner {
        let corner = corner.cast::<i32>();
        gtk.move_(corner.x, corner.y);
    }
    gtk.show_all();
}

fn pointer(gdk: &gtk::gdk::Window) -> Option<(f64, f64)> {
    let (_, x, y) = gdk.display().default_seat()?.pointer()?.position();
    Some((f64::from(x), f64::from(y)))
}

/// Number of the X window; `None` on Wayland.
fn x11_id(gdk: &gtk::gdk::Window) -> Option<u32> {
    let window = gdk.downcast_ref::<gdkx11::X11Window>()?;
    u32::try_from(window.xid()).ok()
}
