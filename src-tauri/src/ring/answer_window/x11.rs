//! X11 requests that GTK does not offer. The X server is local and answers in well under a millisecond.

use std::cell::RefCell;

use tracing::debug;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, InputFocus, Window};
use x11rb::rust_connection::RustConnection;

x11rb::atom_manager! {
    Atoms: AtomsCookie {
        _NET_ACTIVE_WINDOW,
        _NET_WM_STATE,
        _NET_WM_STATE_FULLSCREEN,
        _NET_WM_WINDOW_TYPE,
        _NET_WM_WINDOW_TYPE_DESKTOP,
    }
}

/// The window with the keyboard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Active {
    pub(super) full_screen: bool,
    /// Physical pixels.
    pub(super) centre: (f64, f64),
}

struct Server {
    connection: RustConnection,
    root: Window,
    atoms: Atoms,
}

thread_local! {
    static SERVER: RefCell<Option<Server>> = const { RefCell::new(None) };
}

/// `None`: there is none, or it is the desktop itself.
pub(super) fn active_window() -> Option<Active> {
    ask(|server| {
        let (atoms, root) = (&server.atoms, server.root);
        let Some(window) = first(server, root, atoms._NET_ACTIVE_WINDOW, AtomEnum::WINDOW.into())? else {
            return Ok(None);
        };
        let kind = first(server, window, atoms._NET_WM_WINDOW_TYPE, AtomEnum::ATOM.into())?;
        if kind == Some(atoms._NET_WM_WINDOW_TYPE_DESKTOP) {
            return Ok(None);
        }
        let states = all(server, window, atoms._NET_WM_STATE, AtomEnum::ATOM.into())?;
        let size = server.connection.get_geometry(window)?.reply()?;
        let place = server.connection.translate_coordinates(window, root, 0, 0)?.reply()?;
        let centre = |from: i16, length: u16| f64::from(from) + f64::from(length) / 2.0;
        Ok(Some(Active {
            full_screen: states.contains(&atoms._NET_WM_STATE_FULLSCREEN),
            centre: (centre(place.dst_x, size.width), centre(place.dst_y, size.height)),
        }))
    })
    .flatten()
}

/// Whether no window manager knows that window.
pub(super) fn is_override_redirect(window: Window) -> bool {
    ask(|server| Ok(server.connection.get_window_attributes(window)?.reply()?.override_redirect))
        .unwrap_or(false)
}

/// Lets the keyboard go to that window.
pub(super) fn take_keyboard(window: Window) {
    ask(|server| {
        server.connection.set_input_focus(InputFocus::PARENT, window, x11rb::CURRENT_TIME)?;
        Ok(server.connection.flush()?)
    });
}

#[derive(Debug, thiserror::Error)]
enum XError {
    #[error("cannot connect")]
    Connect(#[from] x11rb::errors::ConnectError),
    #[error("the connection failed")]
    Connection(#[from] x11rb::errors::ConnectionError),
    #[error("the server refused")]
    Reply(#[from] x11rb::errors::ReplyError),
}

/// A window may go away between two questions; then the answer is `None`.
fn ask<T>(question: impl FnOnce(&Server) -> Result<T, XError>) -> Option<T> {
    SERVER.with_borrow_mut(|server| {
        if server.is_none() {
            *server = connect().inspect_err(|error| debug!(%error, "No X server")).ok();
        }
        let answer = question(server.as_ref()?);
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                debug!(%error, "The X server does not say");
                if !matches!(error, XError::Reply(_)) {
                    *server = None;
                }
                None
            }
        }
    })
}

fn connect() -> Result<Server, XError> {
    let (connection, screen) = x11rb::connect(None)?;
    let root = connection.setup().roots.get(screen).map_or(x11rb::NONE, |screen| screen.root);
    let atoms = Atoms::new(&connection)?.reply()?;
    Ok(Server { connection, root, atoms })
}

fn first(server: &Server, window: Window, property: u32, kind: u32) -> Result<Option<u32>, XError> {
    Ok(all(server, window, property, kind)?.first().copied().filter(|value| *value != x11rb::NONE))
}

/// At most 64 values.
fn all(server: &Server, window: Window, property: u32, kind: u32) -> Result<Vec<u32>, XError> {
    let answer = server.connection.get_property(false, window, property, kind, 0, 64)?.reply()?;
    Ok(answer.value32().map(Iterator::collect).unwrap_or_default())
}
