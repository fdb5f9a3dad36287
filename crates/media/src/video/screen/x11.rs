//! Screen capture on X11: pixels by shared memory where the server can, the cursor by XFixes, single windows
//! by Composite, so that a covered window is whole. Only this file and `x11_windows` name the X client.

use std::fs::File;
use std::os::unix::fs::FileExt;

use tracing::debug;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::composite::{self, ConnectionExt as _, Redirect};
use x11rb::protocol::shm::{self, ConnectionExt as _};
use x11rb::protocol::xfixes::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{ConnectionExt as _, Depth, ImageFormat, ImageOrder, MapState, Screen};
use x11rb::rust_connection::RustConnection;

use super::cursor::{self, Cursor};
use super::{Part, Pixels, ScreenGrabber, x11_windows};
use crate::SourceError;

/// Larger screens are refused; four 4K screens side by side are smaller.
const MAX_SCREEN_BYTES: usize = 256 * 1024 * 1024;
const ALL_PLANES: u32 = !0;
const PIXMAP: u8 = 2;

/// A connection that grabs one thing.
#[derive(Debug)]
pub(super) struct X11 {
    connection: RustConnection,
    root: u32,
    /// `None`: the screen.
    window: Option<SharedWindow>,
    /// Only this monitor of it.
    monitor: Option<String>,
    label: String,
    memory: Option<SharedMemory>,
    /// The server can share memory.
    shares: bool,
    pointer: bool,
}

#[derive(Debug)]
struct SharedWindow {
    id: u32,
    /// Composite keeps it whole; otherwise only what is on top is seen.
    redirected: bool,
    /// The pixels of the window at this size; it gets new ones with every size.
    pixmap: Option<(u32, u16, u16)>,
}

/// Memory the server writes into.
#[derive(Debug)]
struct SharedMemory {
    segment: shm::Seg,
    file: File,
    size: usize,
}

/// Where on which drawable, and where that is on the screen.
struct Area {
    drawable: u32,
    offset: (i16, i16),
    width: u16,
    height: u16,
    on_screen: (i16, i16),
}

impl X11 {
    pub(super) fn open(part: &Part) -> Result<Self, SourceError> {
        let (connection, screen) = connect()?;
        let screen = connection.setup().roots.get(screen).ok_or_else(|| failed("it has no screen"))?;
        let root = screen.root;
        let depths = readable_depths(&connection, screen);
        let (window, monitor) = match part {
            Part::Whole => (None, None),
            Part::Monitor(name) => (None, Some(name.clone())),
            Part::Window(id) => (Some(*id), None),
        };
        if let Some(name) = &monitor
            && !x11_windows::monitors(&connection, root).iter().any(|known| known.name == *name)
        {
            return Err(SourceError::NotFound(format!("screen:monitor:{name}")));
        }
        let drawable = window.unwrap_or(root);
        let depth = connection
            .get_geometry(drawable)
            .map_err(gone)?
            .reply()
            .map_err(|_| SourceError::NotFound(format!("screen:{drawable}")))?
            .depth;
        if !depths.contains(&depth) {
            return Err(failed("its colours are of a kind that cannot be read"));
        }
        let has = |name| connection.extension_information(name).map_err(gone).map(|info| info.is_some());
        let shares = has(shm::X11_EXTENSION_NAME)? && shares_descriptors(&connection);
        let pointer = has(xfixes::X11_EXTENSION_NAME)?
            && connection.xfixes_query_version(5, 0).map_err(gone)?.reply().is_ok();
        let redirects = has(composite::X11_EXTENSION_NAME)?
            && connection.composite_query_version(0, 4).map_err(gone)?.reply().is_ok();
        let label = match window {
            None => monitor.clone().unwrap_or_else(|| x11_windows::WHOLE_SCREEN.to_owned()),
            Some(id) => x11_windows::title(&connection, id).unwrap_or_else(|| format!("Window {id}")),
        };
        let window = match window {
            None => None,
            Some(id) => {
                let redirected = redirects
                    && connection
                        .composite_redirect_window(id, Redirect::AUTOMATIC)
                        .map_err(gone)?
                        .check()
                        .is_ok();
                Some(SharedWindow { id, redirected, pixmap: None })
            }
        };
        debug!(shares, pointer, redirects, "Screen opened");
        Ok(Self { connection, root, window, monitor, label, memory: None, shares, pointer })
    }

    /// A monitor's area of the screen of this size.
    fn part(&self, name: &str, screen: (u16, u16)) -> Result<Option<Area>, SourceError> {
        let monitors = x11_windows::monitors(&self.connection, self.root);
        let monitor = monitors
            .iter()
            .find(|monitor| monitor.name == name)
            .ok_or_else(|| SourceError::Gone("the monitor was switched off".into()))?;
        let (place, size) = (monitor.place, monitor.size);
        let fits =
            |at: i16, long: u16, most: u16| u16::try_from(at).is_ok_and(|at| most - most.min(at) >= long);
        if !fits(place.0, size.0, screen.0) || !fits(place.1, size.1, screen.1) {
            // The screen is being arranged anew this very moment.
            return Ok(None);
        }
        let (width, height) = size;
        Ok(Some(Area { drawable: self.root, offset: place, width, height, on_screen: place }))
    }

    /// What to grab now; `None` while the window is not to be seen.
    fn area(&mut self) -> Result<Option<Area>, SourceError> {
        let Some(window) = &mut self.window else {
            let root = self.connection.get_geometry(self.root).map_err(gone)?.reply().map_err(lost)?;
            let (width, height) = (root.width, root.height);
            let whole = Area { drawable: self.root, offset: (0, 0), width, height, on_screen: (0, 0) };
            return self.monitor.as_ref().map_or(Ok(Some(whole)), |name| self.part(name, (width, height)));
        };
        let closed = |_| SourceError::Gone("the window was closed".into());
        let attributes = self.connection.get_window_attributes(window.id).map_err(gone)?;
        let geometry = self.connection.get_geometry(window.id).map_err(gone)?;
        let place = self.connection.translate_coordinates(window.id, self.root, 0, 0).map_err(gone)?;
        let attributes = attributes.reply().map_err(closed)?;
        let geometry = geometry.reply().map_err(closed)?;
        let place = place.reply().map_err(closed)?;
        if attributes.map_state != MapState::VIEWABLE {
            window.drop_pixmap(&self.connection);
            return Ok(None);
        }
        let (width, height) = (geometry.width, geometry.height);
        let area = Area {
            drawable: window.id,
            offset: (0, 0),
            width,
            height,
            on_screen: (place.dst_x, place.dst_y),
        };
        if !window.redirected {
            return Ok(Some(area));
        }
        if window.pixmap.is_none_or(|(_, w, h)| (w, h) != (width, height)) {
            window.drop_pixmap(&self.connection);
            let id = self.connection.generate_id().map_err(|error| failed(&error.to_string()))?;
            let named = self.connection.composite_name_window_pixmap(window.id, id).map_err(gone)?;
            if named.check().is_err() {
                // It was hidden or closed this very moment: the next try says which.
                return Ok(None);
            }
            window.pixmap = Some((id, width, height));
        }
        let drawable = window.pixmap.map_or(window.id, |(id, ..)| id);
        let border = i16_of(geometry.border_width);
        Ok(Some(Area { drawable, offset: (border, border), ..area }))
    }

    /// False: the window changed while it was read.
    fn read(&mut self, area: &Area, into: &mut Pixels) -> Result<bool, SourceError> {
        let (width, height) = (area.width, area.height);
        let size = usize::from(width) * usize::from(height) * 4;
        if size == 0 {
            return Ok(false);
        }
        if size > MAX_SCREEN_BYTES {
            return Err(failed("it is larger than can be sent"));
        }
        (into.width, into.height) = (width.into(), height.into());
        let (x, y) = area.offset;
        if self.shares && self.make_room(size)? {
            let Some(memory) = &self.memory else { return Ok(false) };
            let grabbed = self
                .connection
                .shm_get_image(area.drawable, x, y, width, height, ALL_PLANES, PIXMAP, memory.segment, 0)
                .map_err(gone)?
                .reply();
            return match grabbed {
                Ok(_) => {
                    into.bytes.resize(size, 0);
                    memory
                        .file
                        .read_exact_at(&mut into.bytes, 0)
                        .map_err(|error| failed(&error.to_string()))?;
                    Ok(true)
                }
                Err(error) => changed_meanwhile(error),
            };
        }
        let format = ImageFormat::Z_PIXMAP;
        let grabbed = self
            .connection
            .get_image(format, area.drawable, x, y, width, height, ALL_PLANES)
            .map_err(gone)?
            .reply();
        match grabbed {
            Ok(image) if image.data.len() >= size => {
                into.bytes = image.data;
                into.bytes.truncate(size);
                Ok(true)
            }
            Ok(_) => Err(failed("it sent half a picture")),
            Err(error) => changed_meanwhile(error),
        }
    }

    /// Makes sure the shared memory holds `size` bytes; false, once and for all, if that cannot be had.
    fn make_room(&mut self, size: usize) -> Result<bool, SourceError> {
        if self.memory.as_ref().is_some_and(|memory| memory.size >= size) {
            return Ok(true);
        }
        if let Some(old) = self.memory.take() {
            self.connection.shm_detach(old.segment).map_err(gone)?.ignore_error();
        }
        self.memory = match share(&self.connection, size) {
            Ok(memory) => Some(memory),
            Err(error) => {
                debug!(%error, "The X server shares no memory");
                self.shares = false;
                None
            }
        };
        Ok(self.shares)
    }

    fn draw_pointer(&self, area: &Area, into: &mut Pixels) -> Result<(), SourceError> {
        let image = self.connection.xfixes_get_cursor_image().map_err(gone)?;
        // Without a pointer there is nothing to draw.
        let Ok(image) = image.reply() else { return Ok(()) };
        let from = |place: i16, hot: u16, origin: i16| i32::from(place) - i32::from(hot) - i32::from(origin);
        let cursor = Cursor {
            left: from(image.x, image.xhot, area.on_screen.0),
            top: from(image.y, image.yhot, area.on_screen.1),
            width: usize::from(image.width),
            image: image.cursor_image,
        };
        cursor::draw(into, &cursor);
        Ok(())
    }
}

impl ScreenGrabber for X11 {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn grab(&mut self, into: &mut Pixels) -> Result<bool, SourceError> {
        let Some(area) = self.area()? else { return Ok(false) };
        if !self.read(&area, into)? {
            return Ok(false);
        }
        if self.pointer {
            self.draw_pointer(&area, into)?;
        }
        Ok(true)
    }
}

impl SharedWindow {
    fn drop_pixmap(&mut self, connection: &RustConnection) {
        if let Some((pixmap, ..)) = self.pixmap.take()
            && let Ok(freed) = connection.free_pixmap(pixmap)
        {
            freed.ignore_error();
        }
    }
}

/// Connects to the X server that has the screen.
pub(super) fn connect() -> Result<(RustConnection, usize), SourceError> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("WAYLAND_DISPLAY") || !set("DISPLAY") {
        return Err(SourceError::Unsupported(
            "sharing the screen needs X11 here; under Wayland it is not possible yet".into(),
        ));
    }
    x11rb::connect(None).map_err(|error| failed(&error.to_string()))
}

/// Depths whose pixels are 4 bytes: blue, green, red, unused.
fn readable_depths(connection: &RustConnection, screen: &Screen) -> Vec<u8> {
    let setup = connection.setup();
    if setup.image_byte_order != ImageOrder::LSB_FIRST {
        return Vec::new();
    }
    let is_wide = |depth: &&Depth| {
        setup.pixmap_formats.iter().any(|format| format.depth == depth.depth && format.bits_per_pixel == 32)
    };
    let is_bgrx = |depth: &&Depth| {
        let mut visuals = depth.visuals.iter();
        visuals
            .any(|visual| (visual.red_mask, visual.green_mask, visual.blue_mask) == (0xff_0000, 0xff00, 0xff))
    };
    screen.allowed_depths.iter().filter(is_wide).filter(is_bgrx).map(|depth| depth.depth).collect()
}

/// Memory is shared by file descriptor since MIT-SHM 1.2; a server elsewhere cannot.
fn shares_descriptors(connection: &RustConnection) -> bool {
    let version = connection.shm_query_version().ok().and_then(|cookie| cookie.reply().ok());
    version.is_some_and(|version| (version.major_version, version.minor_version) >= (1, 2))
}

fn share(connection: &RustConnection, size: usize) -> Result<SharedMemory, ShareError> {
    let flags = rustix::fs::MemfdFlags::CLOEXEC;
    let file = File::from(rustix::fs::memfd_create(c"bellwire-screen", flags)?);
    file.set_len(size as u64)?;
    let segment = connection.generate_id()?;
    connection.shm_attach_fd(segment, file.try_clone()?, false)?.check()?;
    Ok(SharedMemory { segment, file, size })
}

#[derive(Debug, thiserror::Error)]
enum ShareError {
    #[error("no memory: {0}")]
    SharedMemory(#[from] std::io::Error),
    #[error("no memory: {0}")]
    Create(#[from] rustix::io::Errno),
    #[error("{0}")]
    Id(#[from] ReplyOrIdError),
    #[error("{0}")]
    Connection(#[from] ConnectionError),
    #[error("{0}")]
    Refused(#[from] ReplyError),
}

fn i16_of(value: u16) -> i16 {
    i16::try_from(value).unwrap_or(i16::MAX)
}

fn changed_meanwhile(error: ReplyError) -> Result<bool, SourceError> {
    match error {
        ReplyError::X11Error(error) => {
            debug!(?error, "The window changed while it was read");
            Ok(false)
        }
        ReplyError::ConnectionError(error) => Err(gone(error)),
    }
}

fn failed(why: &str) -> SourceError {
    SourceError::Failed(format!("the screen cannot be read: {why}"))
}

fn gone(error: ConnectionError) -> SourceError {
    debug!(%error, "X server lost");
    SourceError::Failed("the screen is gone".into())
}

fn lost(error: ReplyError) -> SourceError {
    debug!(%error, "X server refused");
    SourceError::Failed("the screen is gone".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::video::tests::display::{SIZE, display};

    #[test]
    fn shared_memory_and_the_slow_way_give_the_same_pixels() {
        let window = display().window("Page", (0, 0), SIZE, 0x12_3456);
        let mut screen = X11::open(&Part::Whole).expect("the screen opens");
        let (mut fast, mut slow) = (Pixels::default(), Pixels::default());
        assert!(screen.grab(&mut fast).expect("grabbed"));
        assert!(screen.memory.is_some(), "Xvfb shares memory");
        screen.shares = false;
        assert!(screen.grab(&mut slow).expect("grabbed"));
        assert!(fast.is(&slow));
        assert_eq!((fast.width, fast.height), (SIZE.0.into(), SIZE.1.into()));
        assert_eq!(fast.bytes[..3], [0x56, 0x34, 0x12]);
        display().close(window);
    }
}
