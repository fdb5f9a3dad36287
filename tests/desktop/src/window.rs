//! A window, as the window manager knows it.

use anyhow::Context;

use crate::Screen;

/// One window on a [`Screen`].
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    screen: &'a Screen,
    id: u32,
}

impl<'a> Window<'a> {
    pub(crate) fn new(screen: &'a Screen, id: u32) -> Self {
        Self { screen, id }
    }

    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether it is mapped: neither hidden nor minimised.
    pub fn visible(&self) -> anyhow::Result<bool> {
        let info = self.screen.ask("xwininfo", &["-id", &self.id.to_string()])?;
        Ok(info.contains("Map State: IsViewable"))
    }

    /// A property by its X name, as `xprop` writes it.
    pub fn property(&self, name: &str) -> anyhow::Result<String> {
        let said = self.screen.ask("xprop", &["-id", &self.id.to_string(), name])?;
        Ok(said.trim().to_owned())
    }

    pub fn title(&self) -> anyhow::Result<String> {
        Ok(self.screen.ask("xdotool", &["getwindowname", &self.id.to_string()])?.trim().to_owned())
    }

    /// Process id of its program.
    pub fn pid(&self) -> anyhow::Result<u32> {
        let said = self.property("_NET_WM_PID")?;
        said.rsplit(' ').next().and_then(|pid| pid.parse().ok()).context("a window of no process")
    }

    pub fn above(&self) -> anyhow::Result<bool> {
        Ok(self.property("_NET_WM_STATE")?.contains("_NET_WM_STATE_ABOVE"))
    }

    pub fn full_screen(&self) -> anyhow::Result<bool> {
        Ok(self.property("_NET_WM_STATE")?.contains("_NET_WM_STATE_FULLSCREEN"))
    }

    /// Whether it has the focus.
    pub fn active(&self) -> anyhow::Result<bool> {
        let said = self.screen.ask("xprop", &["-root", "_NET_ACTIVE_WINDOW"])?;
        Ok(said.trim().ends_with(&format!("{:#x}", self.id)))
    }

    /// Left, top, width and height of what is inside the frame, in pixels.
    pub fn place(&self) -> anyhow::Result<(i32, i32, u32, u32)> {
        let info = self.screen.ask("xwininfo", &["-id", &self.id.to_string()])?;
        let number = |name: &str| {
            let line = info.lines().find_map(|line| line.trim().strip_prefix(name));
            line.and_then(|n| n.trim().parse::<i32>().ok()).with_context(|| format!("no {name} in {info}"))
        };
        Ok((
            number("Absolute upper-left X:")?,
            number("Absolute upper-left Y:")?,
            number("Width:")?.unsigned_abs(),
            number("Height:")?.unsigned_abs(),
        ))
    }

    /// Focuses it, as a click on it would.
    pub fn activate(&self) -> anyhow::Result<()> {
        self.screen.order("xdotool", &["windowactivate", "--sync", &self.id.to_string()])
    }

    pub fn minimise(&self) -> anyhow::Result<()> {
        self.screen.order("xdotool", &["windowminimize", &self.id.to_string()])
    }

    /// Lets it fill the screen.
    pub fn full_screen_on(&self) -> anyhow::Result<()> {
        self.screen.order("wmctrl", &["-i", "-r", &format!("{:#x}", self.id), "-b", "add,fullscreen"])
    }

    /// Clicks its close button, which only asks the program.
    pub fn close(&self) -> anyhow::Result<()> {
        self.screen.order("wmctrl", &["-i", "-c", &format!("{:#x}", self.id)])
    }

    /// Moves and resizes it as the user would with the mouse.
    pub fn put(&self, left: i32, top: i32, width: u32, height: u32) -> anyhow::Result<()> {
        let place = format!("0,{left},{top},{width},{height}");
        self.screen.order("wmctrl", &["-i", "-r", &format!("{:#x}", self.id), "-e", &place])
    }
}
