//! X server of a test, without a window manager, and windows on it.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::protocol::randr::{ConnectionExt as _, MonitorInfo};
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateGCAux,
    CreateWindowAux, PropMode, Rectangle, StackMode, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// The size of the screen.
pub(crate) const SIZE: (u16, u16) = (1280, 720);

/// A connection to the server; the server ends with the last of them.
#[derive(Debug)]
pub(crate) struct Display {
    pub(crate) connection: RustConnection,
    pub(crate) root: u32,
}

/// The one of this process, started when first asked for.
pub(crate) fn display() -> &'static Display {
    static DISPLAY: OnceLock<Display> = OnceLock::new();
    DISPLAY.get_or_init(start)
}

#[expect(clippy::zombie_processes, reason = "it ends by itself (-terminate) when its last client leaves")]
fn start() -> Display {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-terminate", "-nolisten", "tcp", "-screen", "0"])
        .arg(format!("{}x{}x24", SIZE.0, SIZE.1))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb is missing: `cargo xtask setup` says how to get it");
    let mut number = String::new();
    let out = server.stdout.take().expect("it is piped");
    BufReader::new(out).read_line(&mut number).expect("Xvfb says its number");
    let name = format!(":{}", number.trim());
    #[allow(unsafe_code, reason = "what is tested finds its X server by the environment")]
    // SAFETY: the tests of this crate run one to a process (nextest), and no other thread reads the
    // environment while this one starts.
    unsafe {
        std::env::set_var("DISPLAY", &name);
        std::env::remove_var("WAYLAND_DISPLAY");
    }
    let (connection, screen) = x11rb::connect(Some(&name)).expect("Xvfb answers");
    let root = connection.setup().roots[screen].root;
    let display = Display { connection, root };
    // The pointer begins in the middle of the screen, where the tests look.
    display.move_pointer((i16::MAX, i16::MAX));
    display
}

impl Display {
    /// A window of one colour (`0xrrggbb`) with a title, in front of all others.
    pub(crate) fn window(&self, title: &str, (x, y): (i16, i16), size: (u16, u16), colour: u32) -> u32 {
        let id = self.connection.generate_id().expect("an id");
        let looks = CreateWindowAux::new().background_pixel(colour).override_redirect(1);
        self.connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                id,
                self.root,
                x,
                y,
                size.0,
                size.1,
                0,
                WindowClass::INPUT_OUTPUT,
                0,
                &looks,
            )
            .expect("sent");
        self.connection
            .change_property8(PropMode::REPLACE, id, AtomEnum::WM_NAME, AtomEnum::STRING, title.as_bytes())
            .expect("sent");
        self.connection.map_window(id).expect("sent");
        self.settle();
        id
    }

    /// Declares a part of the screen to be a monitor.
    pub(crate) fn monitor(&self, name: &str, (x, y): (u16, u16), (width, height): (u16, u16)) {
        let name =
            self.connection.intern_atom(false, name.as_bytes()).expect("sent").reply().expect("an atom");
        let [x, y] = [x, y].map(|at| i16::try_from(at).expect("on the screen"));
        let info = MonitorInfo {
            name: name.atom,
            primary: false,
            automatic: false,
            x,
            y,
            width,
            height,
            width_in_millimeters: 300,
            height_in_millimeters: 200,
            outputs: Vec::new(),
        };
        self.connection.randr_set_monitor(self.root, info).expect("sent").check().expect("a monitor");
    }

    pub(crate) fn forget_monitor(&self, name: &str) {
        let name =
            self.connection.intern_atom(true, name.as_bytes()).expect("sent").reply().expect("an atom");
        self.connection
            .randr_delete_monitor(self.root, name.atom)
            .expect("sent")
            .check()
            .expect("it was there");
    }

    pub(crate) fn raise(&self, window: u32) {
        let top = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        self.connection.configure_window(window, &top).expect("sent");
        self.settle();
    }

    pub(crate) fn resize(&self, window: u32, (width, height): (u32, u32)) {
        let size = ConfigureWindowAux::new().width(width).height(height);
        self.connection.configure_window(window, &size).expect("sent");
        self.settle();
    }

    pub(crate) fn recolour(&self, window: u32, colour: u32) {
        let looks = ChangeWindowAttributesAux::new().background_pixel(colour);
        self.connection.change_window_attributes(window, &looks).expect("sent");
        self.connection.clear_area(false, window, 0, 0, 0, 0).expect("sent");
        self.settle();
    }

    pub(crate) fn hide(&self, window: u32) {
        self.connection.unmap_window(window).expect("sent");
        self.settle();
    }

    pub(crate) fn close(&self, window: u32) {
        self.connection.destroy_window(window).expect("sent");
        self.settle();
    }

    /// A filled rectangle, and a word beside it.
    pub(crate) fn draw(&self, window: u32, area: Rectangle, colour: u32, word: &str) {
        let gc = self.connection.generate_id().expect("an id");
        self.connection
            .create_gc(gc, window, &CreateGCAux::new().foreground(colour).background(0xff_ffff))
            .expect("sent");
        self.connection.poly_fill_rectangle(window, gc, &[area]).expect("sent");
        let (x, y) = (area.x + 100, area.y + 20);
        self.connection.image_text8(window, gc, x, y, word.as_bytes()).expect("sent");
        self.connection.free_gc(gc).expect("sent");
        self.settle();
    }

    /// Gives the root a pointer of this colour, 16 x 16 pixels from its tip on, and moves it there.
    pub(crate) fn point(&self, (x, y): (i16, i16), [red, green, blue]: [u16; 3]) {
        let connection = &self.connection;
        let [shape, gc, cursor] = [(); 3].map(|()| connection.generate_id().expect("an id"));
        connection.create_pixmap(1, shape, self.root, 16, 16).expect("sent");
        connection.create_gc(gc, shape, &CreateGCAux::new().foreground(1)).expect("sent");
        let all = Rectangle { x: 0, y: 0, width: 16, height: 16 };
        connection.poly_fill_rectangle(shape, gc, &[all]).expect("sent");
        connection.create_cursor(cursor, shape, shape, red, green, blue, 0, 0, 0, 0, 0).expect("sent");
        let looks = ChangeWindowAttributesAux::new().cursor(cursor);
        connection.change_window_attributes(self.root, &looks).expect("sent");
        self.move_pointer((x, y));
    }

    fn move_pointer(&self, (x, y): (i16, i16)) {
        self.connection.warp_pointer(0u32, self.root, 0, 0, 0, 0, x, y).expect("sent");
        self.settle();
    }

    /// Waits until the server has done everything.
    fn settle(&self) {
        self.connection.sync().expect("the server is there");
    }
}
