//! The answer window: created once and kept hidden, shown on top when a call rings, without taking the keyboard
//! focus. Whether it is shown is decided in `ringing.rs`, its content is the UI's.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod x11;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bellwire_engine::CallId;
use tauri::{
    AppHandle, LogicalPosition, LogicalSize, Manager, Monitor, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder,
};
use tracing::{debug, warn};

use crate::tasks::Tasks;

/// Label of the window.
pub(crate) const LABEL: &str = "ring";
/// Logical pixels.
const WIDTH: f64 = 400.0;
const HEIGHT: f64 = 236.0;
/// Heights that the UI may request.
const HEIGHT_RANGE: std::ops::RangeInclusive<f64> = 160.0..=640.0;
/// Distance from the edges of the screen's free area.
const MARGIN: f64 = 24.0;
/// The window is shown after this time even if the UI has not drawn the call: a ring must be seen.
const DRAW_LIMIT: Duration = Duration::from_millis(30);

/// The window's state.
#[derive(Debug)]
struct State {
    /// A call rings.
    wanted: bool,
    /// It has been shown and not hidden since.
    up: bool,
    /// The call that the UI drew last.
    drawn: Option<CallId>,
    height: f64,
    /// Counts rings, so that a time-out can be matched to its ring.
    generation: u64,
}

/// Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AnswerWindow {
    app: AppHandle,
    tasks: Tasks,
    state: Arc<Mutex<State>>,
}

impl AnswerWindow {
    /// Creates it hidden: a web view takes too long to load to be created when a call rings.
    pub(crate) fn open(app: &AppHandle, tasks: Tasks, title: &str) -> tauri::Result<Self> {
        let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
            .title(title)
            .inner_size(WIDTH, HEIGHT)
            .resizable(false)
            .decorations(false)
            .always_on_top(true)
            .visible_on_all_workspaces(true)
            .skip_taskbar(true)
            .focused(false)
            .visible(false)
            .build()?;
        #[cfg(target_os = "linux")]
        linux::prepare(&window);
        #[cfg(not(target_os = "linux"))]
        drop(window);
        let state = State { wanted: false, up: false, drawn: None, height: HEIGHT, generation: 0 };
        Ok(Self { app: app.clone(), tasks, state: Arc::new(Mutex::new(state)) })
    }

    /// A call rings: shows the window as soon as the UI has drawn it, at the latest after [`DRAW_LIMIT`].
    pub(crate) fn show(&self) {
        let generation = {
            let mut state = self.state();
            if state.wanted {
                return;
            }
            state.wanted = true;
            state.drawn = None;
            state.generation += 1;
            state.generation
        };
        let window = self.clone();
        self.tasks.spawn(async move {
            tokio::time::sleep(DRAW_LIMIT).await;
            if window.state().generation == generation {
                window.bring_up();
            }
        });
    }

    /// No call rings any more.
    pub(crate) fn hide(&self) {
        {
            let mut state = self.state();
            state.wanted = false;
            state.up = false;
        }
        if let Some(window) = self.app.get_webview_window(LABEL) {
            let _ = window.hide();
        }
    }

    /// The UI has drawn that call and needs this many logical pixels for it.
    pub(crate) fn drawn(&self, call: CallId, height: f64) {
        let (resize, height) = {
            let mut state = self.state();
            let height = if height.is_finite() { height } else { HEIGHT };
            let height = height.clamp(*HEIGHT_RANGE.start(), *HEIGHT_RANGE.end());
            let resize = (state.height - height).abs() >= 1.0;
            state.height = height;
            state.drawn = Some(call);
            debug!(up = state.up, "The interface has drawn the ring");
            (resize, height)
        };
        if resize && let Some(window) = self.app.get_webview_window(LABEL) {
            let _ = window.set_size(LogicalSize::new(WIDTH, height));
        }
        self.bring_up();
    }

    fn bring_up(&self) {
        let height = {
            let mut state = self.state();
            if !state.wanted || state.up {
                return;
            }
            state.up = true;
            debug!(drawn = state.drawn.is_some(), "The answer window comes up");
            state.height
        };
        let Some(window) = self.app.get_webview_window(LABEL) else { return };
        let this = self.clone();
        let shown = self.app.run_on_main_thread(move || {
            // The call may have been answered in the meantime.
            if this.state().up {
                raise(&window, height);
            }
        });
        if let Err(error) = shown {
            warn!(%error, "Answer window could not be shown");
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// On the main thread.
fn raise(window: &WebviewWindow, height: f64) {
    #[cfg(target_os = "linux")]
    let working = linux::before_showing(window);
    #[cfg(not(target_os = "linux"))]
    let working = None;
    let corner = corner(window, working, height);
    #[cfg(target_os = "linux")]
    linux::show(window, corner);
    #[cfg(not(target_os = "linux"))]
    {
        if let Some(corner) = corner {
            let _ = window.set_position(corner);
        }
        if let Err(error) = window.show() {
            warn!(%error, "Answer window could not be shown");
        }
    }
}

/// Its place on the screen where the user works: that of the window with the keyboard, else that
/// with the pointer. `working`: a point on it, where the system says so.
fn corner(window: &WebviewWindow, working: Option<(f64, f64)>, height: f64) -> Option<LogicalPosition<f64>> {
    let pointer = || window.cursor_position().ok().map(|position| (position.x, position.y));
    let here = working.or_else(pointer).and_then(|(x, y)| window.monitor_from_point(x, y).ok().flatten());
    let monitor: Monitor = here.or_else(|| window.primary_monitor().ok().flatten())?;
    debug!(?working, area = ?monitor.work_area(), "The answer window goes where somebody works");
    let scale = monitor.scale_factor();
    let area = monitor.work_area();
    let (position, size) = (area.position.to_logical::<f64>(scale), area.size.to_logical::<f64>(scale));
    let (x, y) = right_middle((position.x, position.y), (size.width, size.height), height);
    Some(LogicalPosition::new(x, y))
}

/// At the right edge, halfway down: desktops put their notifications into a corner or at the top, and the
/// ring's own would cover the window there. On a screen too small for it as far as it fits.
fn right_middle(position: (f64, f64), size: (f64, f64), height: f64) -> (f64, f64) {
    let room = |free: f64, wanted: f64| (free - wanted).max(0.0);
    let across = room(size.0, WIDTH);
    (position.0 + (across - MARGIN).max(across / 2.0), position.1 + room(size.1, height) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_at_the_right_edge_halfway_down_its_own_screen() {
        assert_eq!(right_middle((0.0, 0.0), (1600.0, 1000.0), 236.0), (1176.0, 382.0));
        // Right of another screen, below a panel.
        assert_eq!(right_middle((1600.0, 32.0), (1280.0, 700.0), 300.0), (2456.0, 232.0));
        // Left of the one that counts as the first.
        assert_eq!(right_middle((-1920.0, 0.0), (1920.0, 1080.0), 236.0), (-424.0, 422.0));
    }

    #[test]
    fn a_small_screen_holds_it_as_far_as_it_can() {
        assert_eq!(right_middle((0.0, 0.0), (420.0, 250.0), 236.0), (10.0, 7.0));
        assert_eq!(right_middle((100.0, 0.0), (320.0, 200.0), 236.0), (100.0, 0.0));
    }
}
