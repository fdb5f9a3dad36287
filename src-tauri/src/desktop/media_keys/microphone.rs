//! The microphone key of keyboards (`XF86AudioMicMute`), grabbed on X11 during a call unless the desktop has
//! grabbed it. Wayland does not let programs grab it.

use std::sync::Arc;

use tokio::sync::mpsc;
use tracing::debug;
use x11rb::connection::Connection;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ConnectionExt, CreateWindowAux, EventMask, GrabMode, Keycode, ModMask, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;

/// The key's symbol in X.
const KEY: u32 = 0x1008_ffb2;

/// The grab; dropping it releases the key.
#[derive(Debug)]
pub(super) struct Key {
    display: Arc<RustConnection>,
    /// Never shown; the thread waits for its destruction.
    window: Window,
}

impl Key {
    /// Each press is sent to `presses`; one that comes before the last was received is dropped.
    /// `None`: there is no such key, no X display, or another program has grabbed it.
    pub(super) fn take(presses: mpsc::Sender<()>) -> Option<Self> {
        let (display, screen) = RustConnection::connect(None).ok()?;
        match grab(&display, screen) {
            Ok(Some(window)) => {
                let display = Arc::new(display);
                let there = Arc::clone(&display);
                // It ends when the window is destroyed on drop.
                std::thread::spawn(move || listen(&there, window, &presses));
                Some(Self { display, window })
            }
            Ok(None) => None,
            Err(error) => {
                debug!(%error, "The microphone key is not to be had");
                None
            }
        }
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        let _ = self.display.destroy_window(self.window);
        let _ = self.display.flush();
    }
}

fn grab(display: &RustConnection, screen: usize) -> Result<Option<Window>, ReplyOrIdError> {
    let Some(root) = display.setup().roots.get(screen).map(|screen| screen.root) else { return Ok(None) };
    let Some(code) = code(display)? else { return Ok(None) };
    display.grab_key(false, root, ModMask::ANY, code, GrabMode::ASYNC, GrabMode::ASYNC)?.check()?;
    let window = display.generate_id()?;
    let events = CreateWindowAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
    display
        .create_window(
            0,
            window,
            root,
            0,
            0,
            1,
            1,
            0,
            WindowClass::INPUT_ONLY,
            x11rb::COPY_FROM_PARENT,
            &events,
        )?
        .check()?;
    Ok(Some(window))
}

fn code(display: &RustConnection) -> Result<Option<Keycode>, ReplyOrIdError> {
    let (first, last) = (display.setup().min_keycode, display.setup().max_keycode);
    let map = display.get_keyboard_mapping(first, last - first + 1)?.reply()?;
    let per_key = usize::from(map.keysyms_per_keycode).max(1);
    let at = map.keysyms.chunks(per_key).position(|symbols| symbols.contains(&KEY));
    Ok(at.and_then(|at| first.checked_add(u8::try_from(at).ok()?)))
}

fn listen(display: &RustConnection, window: Window, presses: &mpsc::Sender<()>) {
    while let Ok(event) = display.wait_for_event() {
        #[expect(clippy::wildcard_enum_match_arm, reason = "events of the whole protocol")]
        match event {
            Event::KeyPress(_) => drop(presses.try_send(())),
            Event::DestroyNotify(gone) if gone.window == window => return,
            _ => {}
        }
    }
}
