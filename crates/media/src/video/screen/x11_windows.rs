//! X11 windows and monitors that can be shared, by the titles users see.

use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, MapState, WindowClass};
use x11rb::rust_connection::RustConnection;

use super::{MONITOR, ScreenInfo, x11};

pub(super) const WHOLE_SCREEN: &str = "Whole screen";
/// Windows offered at most.
const MAX_WINDOWS: usize = 200;
const MAX_MONITORS: usize = 16;
/// Characters of a title.
const MAX_TITLE_CHARS: usize = 120;
/// Smaller windows are panels and helper windows.
const MIN_WINDOW_SIDE_PIXELS: u16 = 32;

/// The whole screen and its monitors if there are several, then the windows from the front to the back;
/// nothing where there is no X server.
pub(super) fn list() -> Vec<ScreenInfo> {
    let Ok((connection, screen)) = x11::connect() else { return Vec::new() };
    let Some(root) = connection.setup().roots.get(screen).map(|screen| screen.root) else {
        return Vec::new();
    };
    let mut sources = vec![ScreenInfo { id: "screen:".into(), label: WHOLE_SCREEN.into(), window: false }];
    let monitors = monitors(&connection, root);
    if monitors.len() > 1 {
        sources.extend(monitors.into_iter().map(|monitor| ScreenInfo {
            id: format!("screen:{MONITOR}{}", monitor.name),
            label: monitor.label(),
            window: false,
        }));
    }
    let windows =
        of_window_manager(&connection, root).or_else(|| children(&connection, root)).unwrap_or_default();
    let shown = windows.into_iter().rev().filter(|id| is_shown(&connection, *id).unwrap_or(false));
    let titled = shown.filter_map(|id| {
        Some(ScreenInfo { id: format!("screen:{id}"), label: title(&connection, id)?, window: true })
    });
    sources.extend(titled.take(MAX_WINDOWS));
    sources
}

/// One monitor's part of the screen.
#[derive(Clone, Debug)]
pub(super) struct Monitor {
    /// Of its output, e.g. `HDMI-1`.
    pub(super) name: String,
    primary: bool,
    pub(super) place: (i16, i16),
    pub(super) size: (u16, u16),
}

impl Monitor {
    fn label(&self) -> String {
        let main = if self.primary { ", main" } else { "" };
        format!("Screen {} ({} × {}{main})", self.name, self.size.0, self.size.1)
    }
}

/// The monitors as RandR knows them; empty where the server does not.
pub(super) fn monitors(connection: &RustConnection, root: u32) -> Vec<Monitor> {
    let knows = connection.extension_information(randr::X11_EXTENSION_NAME).ok().flatten().is_some();
    let version = || connection.randr_query_version(1, 5).ok()?.reply().ok();
    if !knows || version().is_none_or(|version| (version.major_version, version.minor_version) < (1, 5)) {
        return Vec::new();
    }
    let reply = connection.randr_get_monitors(root, true).ok().and_then(|cookie| cookie.reply().ok());
    let monitors = reply.map(|reply| reply.monitors).unwrap_or_default();
    let named = monitors.into_iter().take(MAX_MONITORS).filter_map(|monitor| {
        let name = connection.get_atom_name(monitor.name).ok()?.reply().ok()?.name;
        let name: String = String::from_utf8_lossy(&name)
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_TITLE_CHARS)
            .collect();
        let (place, size) = ((monitor.x, monitor.y), (monitor.width, monitor.height));
        let usable = !name.is_empty() && size.0 > 0 && size.1 > 0;
        usable.then_some(Monitor { name, primary: monitor.primary, place, size })
    });
    named.collect()
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
    let name: String = name.chars().filter(|c| !c.is_control()).take(MAX_TITLE_CHARS).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// As the window manager stacks them, lowest first; `None` without one.
fn of_window_manager(connection: &RustConnection, root: u32) -> Option<Vec<u32>> {
    let stacking = atom(connection, "_NET_CLIENT_LIST_STACKING")?;
    let words = 4 * MAX_WINDOWS as u32;
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
            && geometry.width >= MIN_WINDOW_SIDE_PIXELS
            && geometry.height >= MIN_WINDOW_SIDE_PIXELS,
    )
}

fn atom(connection: &RustConnection, name: &str) -> Option<u32> {
    let atom = connection.intern_atom(true, name.as_bytes()).ok()?.reply().ok()?.atom;
    (atom != 0).then_some(atom)
}

fn text(connection: &RustConnection, window: u32, property: u32, kind: u32) -> Option<Vec<u8>> {
    let words = MAX_TITLE_CHARS as u32;
    let value = connection.get_property(false, window, property, kind, 0, words).ok()?.reply().ok()?.value;
    (!value.is_empty()).then_some(value)
}
