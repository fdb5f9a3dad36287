//! Which windows there are, by the names people see in their title bars.

use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, MapState, WindowClass};
use x11rb::rust_connection::RustConnection;

use super::super::source::SourceInfo;
use super::x11;

pub(super) const WHOLE_SCREEN: &str = "Whole screen";
/// More windows than anybody picks from.
const MOST_WINDOWS: usize = 200;
/// Characters of a title.
const TITLE: usize = 120;
/// Smaller windows are panels' and programs' helpers.
const LEAST_SIDE: u16 = 32;

/// The whole screen, then the windows from the front to the back; nothing where there is no X server.
pub(super) fn list() -> Vec<SourceInfo> {
    let Ok((connection, screen)) = x11::connect() else { return Vec::new() };
    let Some(root) = connection.setup().roots.get(screen).map(|screen| screen.root) else {
        return Vec::new();
    };
    let mut sources = vec![SourceInfo { id: "screen:".into(), label: WHOLE_SCREEN.into() }];
    let windows =
        of_window_manager(&connection, root).or_else(|| children(&connection, root)).unwrap_or_default();
    let shown = windows.into_iter().rev().filter(|id| is_shown(&connection, *id).unwrap_or(false));
    let titled = shown
        .filter_map(|id| Some(SourceInfo { id: format!("screen:{id}"), label: title(&connection, id)? }));
    sources.extend(titled.take(MOST_WINDOWS));
    sources
}

/// A window's title; `None` if it has none.
pub(super) fn title(connection: &RustConnection, window: u32) -> Option<String> {
    let modern = atom(connection, "_NET_WM_NAME").zip(atom(connection, "UTF8_STRING"));
    let name = modern
        .and_then(|(name, utf8)| text(connection, window, name, utf8))
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .or_else(|| {
            let old = (AtomEnum::WM_NAME.into(), AtomEnum::STRING.into());
            // Latin-1, whose characters are the first of Unicode.
            text(connection, window, old.0, old.1).map(|bytes| bytes.into_iter().map(char::from).collect())
        })?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(TITLE).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// As the window manager stacks them, lowest first; `None` without one.
fn of_window_manager(connection: &RustConnection, root: u32) -> Option<Vec<u32>> {
    let stacking = atom(connection, "_NET_CLIENT_LIST_STACKING")?;
    let words = 4 * MOST_WINDOWS as u32;
    let property =
        connection.get_property(false, root, stacking, AtomEnum::WINDOW, 0, words).ok()?.reply().ok()?;
    let windows: Vec<u32> = property.value32()?.collect();
    (!windows.is_empty()).then_some(windows)
}

/// Lowest first.
fn children(connection: &RustConnection, root: u32) -> Option<Vec<u32>> {
    Some(connection.query_tree(root).ok()?.reply().ok()?.children)
}

fn is_shown(connection: &RustConnection, window: u32) -> Option<bool> {
    let attributes = connection.get_window_attributes(window).ok()?;
    let geometry = connection.get_geometry(window).ok()?;
    let (attributes, geometry) = (attributes.reply().ok()?, geometry.reply().ok()?);
    Some(
        attributes.map_state == MapState::VIEWABLE
            && attributes.class == WindowClass::INPUT_OUTPUT
            && geometry.width >= LEAST_SIDE
            && geometry.height >= LEAST_SIDE,
    )
}

fn atom(connection: &RustConnection, name: &str) -> Option<u32> {
    let atom = connection.intern_atom(true, name.as_bytes()).ok()?.reply().ok()?.atom;
    (atom != 0).then_some(atom)
}

fn text(connection: &RustConnection, window: u32, property: u32, kind: u32) -> Option<Vec<u8>> {
    let words = TITLE as u32;
    let value = connection.get_property(false, window, property, kind, 0, words).ok()?.reply().ok()?.value;
    (!value.is_empty()).then_some(value)
}
