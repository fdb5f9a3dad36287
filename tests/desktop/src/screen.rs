//! An X server with a window manager, and input and queries on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, bail, ensure};
use tempfile::TempDir;

use crate::{Running, Screenshot, Window, until};

/// The monitors of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Monitors {
    /// One of 1600 x 1000.
    One,
    /// Two of 800 x 1000 beside each other; the left one is the primary.
    Two,
    /// One of 1920 x 1200: room for four windows.
    Large,
}

impl Monitors {
    /// Of all of them together.
    fn size(self) -> &'static str {
        match self {
            Self::One | Self::Two => "1600x1000x24",
            Self::Large => "1920x1200x24",
        }
    }
}

/// A virtual display; everything on it ends with it.
#[derive(Debug)]
pub struct Screen {
    display: String,
    // In the order in which they end: the manager before its display.
    _manager: Running,
    _server: Running,
    folder: TempDir,
}

impl Screen {
    /// One monitor of 1600 x 1000.
    pub async fn start() -> anyhow::Result<Self> {
        Self::with(Monitors::One).await
    }

    pub async fn with(monitors: Monitors) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("bw-x").tempdir()?;
        let number = folder.path().join("number");
        let mut command = Command::new("sh");
        // The server picks a free number itself and writes it down once it is ready.
        command
            .args(["-c", r#"exec Xvfb -displayfd 3 -screen 0 "$1" -nolisten tcp -noreset 3> "$0""#])
            .arg(&number)
            .arg(monitors.size());
        let mut server = Running::start(command, &folder.path().join("xvfb.log"))?;
        let display = until("the X server is ready", async || {
            if let Some(status) = server.ended()? {
                bail!("Xvfb ended ({status}): {}", server.said());
            }
            let said = std::fs::read_to_string(&number).unwrap_or_default();
            Ok(said.ends_with('\n').then(|| format!(":{}", said.trim())))
        })
        .await?;
        if monitors == Monitors::Two {
            for monitor in
                [["left", "800/211x1000/264+0+0", "screen"], ["right", "800/211x1000/264+800+0", "none"]]
            {
                let done = Command::new("xrandr")
                    .env("DISPLAY", &display)
                    .arg("--setmonitor")
                    .args(monitor)
                    .output()
                    .context("xrandr is missing")?;
                ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            }
        }
        let mut command = Command::new("openbox");
        // It announces itself before it manages windows, and misses those that open in between.
        let ready = folder.path().join("ready");
        command.args(["--sm-disable", "--startup"]).arg(format!("touch {}", ready.display()));
        command.env("DISPLAY", &display).env("HOME", folder.path());
        for name in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "DBUS_SESSION_BUS_ADDRESS"] {
            command.env_remove(name);
        }
        let manager = Running::start(command, &folder.path().join("openbox.log"))?;
        until("the window manager is ready", async || Ok(ready.exists().then_some(()))).await?;
        Ok(Self { display, _manager: manager, _server: server, folder })
    }

    /// What `DISPLAY` has to be.
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Runs an X program to its end and ignores its result.
    pub(crate) fn output(&self, program: &str, arguments: &[&str]) -> anyhow::Result<Output> {
        Command::new(program)
            .args(arguments)
            .env("DISPLAY", &self.display)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{program} is missing: run the tests with `cargo xtask test`"))
    }

    /// The output of an X program; empty when it fails, for example because a window is gone.
    pub(crate) fn ask(&self, program: &str, arguments: &[&str]) -> anyhow::Result<String> {
        Ok(String::from_utf8_lossy(&self.output(program, arguments)?.stdout).into_owned())
    }

    /// Runs an X program that has to succeed.
    pub(crate) fn order(&self, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
        let done = self.output(program, arguments)?;
        ensure!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    /// Presses and releases a key or combination (`ctrl+shift+m`) in the focused window.
    pub fn press(&self, keys: &str) -> anyhow::Result<()> {
        self.order("xdotool", &["key", "--clearmodifiers", keys])
    }

    pub fn key_down(&self, keys: &str) -> anyhow::Result<()> {
        self.order("xdotool", &["keydown", keys])
    }

    pub fn key_up(&self, keys: &str) -> anyhow::Result<()> {
        self.order("xdotool", &["keyup", keys])
    }

    /// Types text into the focused window.
    pub fn type_text(&self, text: &str) -> anyhow::Result<()> {
        self.order("xdotool", &["type", "--delay", "40", text])
    }

    pub fn move_pointer(&self, x: i32, y: i32) -> anyhow::Result<()> {
        self.order("xdotool", &["mousemove", &x.to_string(), &y.to_string()])
    }

    /// Clicks with the left button at a place.
    pub fn click_at(&self, x: i32, y: i32) -> anyhow::Result<()> {
        self.order("xdotool", &["mousemove", &x.to_string(), &y.to_string(), "click", "1"])
    }

    pub fn screenshot(&self) -> anyhow::Result<Screenshot> {
        let shot = self.output("import", &["-window", "root", "-depth", "8", "ppm:-"])?;
        ensure!(shot.status.success(), "import failed: {}", String::from_utf8_lossy(&shot.stderr));
        Screenshot::from_ppm(&shot.stdout)
    }

    /// Saves a screenshot in the folder named by `BELLWIRE_SHOTS`, if it is set.
    pub fn keep(&self, name: &str) -> anyhow::Result<()> {
        let Some(folder) = std::env::var_os("BELLWIRE_SHOTS").map(PathBuf::from) else { return Ok(()) };
        std::fs::create_dir_all(&folder)?;
        let file = folder.join(format!("{name}.png"));
        self.order("import", &["-window", "root", &file.to_string_lossy()])
    }

    /// The windows on the screen with this title, hidden ones included.
    pub fn windows(&self, title: &str) -> anyhow::Result<Vec<Window<'_>>> {
        let pattern = format!("^{}$", title.replace('.', r"\."));
        let found = self.ask("xdotool", &["search", "--name", &pattern])?;
        Ok(found.lines().filter_map(|id| id.trim().parse().ok()).map(|id| Window::new(self, id)).collect())
    }

    /// The visible window with this title, if there is one.
    pub fn shown(&self, title: &str) -> anyhow::Result<Option<Window<'_>>> {
        for window in self.windows(title)? {
            if window.visible()? {
                return Ok(Some(window));
            }
        }
        Ok(None)
    }

    /// Waits for a visible window with this title.
    pub async fn window(&self, title: &str) -> anyhow::Result<Window<'_>> {
        until(format!("a window called {title:?} is shown"), async || self.shown(title)).await
    }

    /// Waits until no window with this title is visible.
    pub async fn hidden(&self, title: &str) -> anyhow::Result<()> {
        let what = format!("no window called {title:?} is shown");
        until(&what, async || Ok(self.shown(title)?.is_none().then_some(()))).await
    }

    /// Waits for the visible window of one process with this title.
    pub async fn window_of(&self, pid: u32, title: &str) -> anyhow::Result<Window<'_>> {
        until(format!("process {pid} shows a window called {title:?}"), async || {
            for window in self.windows(title)? {
                if window.visible()? && window.pid().is_ok_and(|owner| owner == pid) {
                    return Ok(Some(window));
                }
            }
            Ok(None)
        })
        .await
    }

    /// The focused window.
    pub fn focused(&self) -> anyhow::Result<Option<Window<'_>>> {
        let id = self.ask("xdotool", &["getwindowfocus"])?;
        Ok(id.trim().parse().ok().map(|id| Window::new(self, id)))
    }

    /// Opens a plain window to type into, with a file that holds what was typed.
    pub fn notepad(&self, title: &str) -> anyhow::Result<(Running, PathBuf)> {
        let typed = self.folder.path().join(format!("{title}.typed"));
        let mut command = Command::new("xev");
        command.args(["-name", title, "-geometry", "400x200+100+600", "-event", "keyboard"]);
        command.env("DISPLAY", &self.display);
        Ok((Running::start(command, &typed)?, typed))
    }

    /// The user works in another program, so that the main window of ours does not show rings by itself.
    /// Ends with the screen.
    pub async fn look_elsewhere(&self) -> anyhow::Result<()> {
        if self.shown("elsewhere")?.is_none() {
            let (elsewhere, _) = self.notepad("elsewhere")?;
            std::mem::forget(elsewhere);
        }
        let window = self.window("elsewhere").await?;
        window.activate()?;
        until("another program has the keyboard", async || Ok(window.active()?.then_some(()))).await
    }

    /// What was typed into a [`Screen::notepad`].
    pub fn typed(file: &Path) -> anyhow::Result<String> {
        let events = std::fs::read_to_string(file)?;
        let mut text = String::new();
        let mut pressed = false;
        for line in events.lines() {
            pressed = match line.split_whitespace().next() {
                Some("KeyPress") => true,
                Some("KeyRelease") => false,
                _ => pressed,
            };
            // A press says what it means in two lines; the one without "Mb" is the text.
            if pressed
                && let Some((_, rest)) = line.split_once("XLookupString gives 1 bytes: (")
                && let Some((_, rest)) = rest.split_once('"')
                && let Some((typed, _)) = rest.rsplit_once('"')
            {
                text.push_str(typed);
            }
        }
        Ok(text)
    }
}
