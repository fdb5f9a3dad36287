//! A window of one colour, as another program's that can be shared.

use anyhow::Context;
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, PropMode, WindowClass};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::{Screen, until};

/// Closed when dropped.
#[derive(Debug)]
pub struct PlainWindow {
    // The server closes what a connection has opened.
    _server: RustConnection,
}

impl PlainWindow {
    /// Opens it with its upper left corner at `place`, and waits until it is shown.
    pub async fn open(
        screen: &Screen,
        title: &str,
        colour: [u8; 3],
        place: (i32, i32),
        size: (u16, u16),
    ) -> anyhow::Result<Self> {
        let (server, number) = x11rb::connect(Some(screen.display()))?;
        let (root, visual) = {
            let root = server.setup().roots.get(number).context("no screen")?;
            (root.root, root.root_visual)
        };
        let window = server.generate_id()?;
        let [red, green, blue] = colour.map(u32::from);
        // The server fills it itself, whenever it comes to light.
        let drawn = CreateWindowAux::new().background_pixel(red << 16 | green << 8 | blue);
        let (depth, class) = (COPY_DEPTH_FROM_PARENT, WindowClass::INPUT_OUTPUT);
        server.create_window(depth, window, root, 0, 0, size.0, size.1, 0, class, visual, &drawn)?;
        let (name, text) = (AtomEnum::WM_NAME, AtomEnum::STRING);
        server.change_property8(PropMode::REPLACE, window, name, text, title.as_bytes())?;
        server.map_window(window)?;
        server.flush()?;
        let shown = screen.window(title).await?;
        shown.put(place.0, place.1, size.0.into(), size.1.into())?;
        until("the window is where it belongs", async || Ok((shown.place()?.0 >= place.0).then_some(())))
            .await?;
        Ok(Self { _server: server })
    }
}
