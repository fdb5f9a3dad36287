//! A desktop of our own for machines without one: X server, window manager, session bus, sound
//! server with null devices. Nothing of it touches the user's session, and all of it ends with it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use anyhow::{Context, Result};

use crate::background::Background;
use crate::paths::Paths;
use crate::process;

const PATIENCE: Duration = Duration::from_secs(60);

/// Variables that would lead a program to the user's own session.
const FOREIGN: &[&str] = &[
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "PULSE_SINK",
    "PULSE_SOURCE",
    "PULSE_RUNTIME_PATH",
    "PULSE_STATE_PATH",
    "PULSE_COOKIE",
    "PIPEWIRE_RUNTIME_DIR",
    "DBUS_STARTER_ADDRESS",
    "SESSION_MANAGER",
];

#[derive(Debug)]
pub(crate) struct Desktop {
    // Ends in reverse order of start: see `Drop`.
    running: Vec<Background>,
    variables: Vec<(&'static str, String)>,
    folder: PathBuf,
}

/// Which parts are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    /// A sound server with a null loudspeaker and a microphone fed from a second null sink.
    Null,
    /// Whatever the session has.
    Leave,
}

impl Desktop {
    /// Starts everything and returns when all of it answers.
    pub(crate) fn start(paths: &Paths, sound: Sound) -> Result<Self> {
        // Short: a socket's path may have 107 bytes.
        let folder = env::temp_dir().join(format!("bellwire-{}", std::process::id()));
        let mut desktop = Self { running: Vec::new(), variables: Vec::new(), folder };
        desktop.make_folders()?;
        desktop.start_display(paths)?;
        desktop.start_bus(paths)?;
        match sound {
            Sound::Null => desktop.start_sound(paths)?,
            Sound::Leave => {}
        }
        Ok(desktop)
    }

    /// Puts `command` into this desktop.
    pub(crate) fn enter(&self, command: &mut Command) {
        for name in FOREIGN {
            command.env_remove(name);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    pub(crate) fn logs(&self) -> PathBuf {
        self.folder.join("logs")
    }

    fn command(&self, paths: &Paths, program: &str) -> Command {
        let mut command = process::command(paths, program);
        self.enter(&mut command);
        command
    }

    fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.push((name, value.into()));
    }

    fn make_folders(&mut self) -> Result<()> {
        for (variable, name) in [
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CACHE_HOME", "cache"),
        ] {
            let dir = self.folder.join(name);
            make_private(&dir)?;
            self.set(variable, dir.to_string_lossy());
        }
        // No accessibility bus, no Wayland, no desktop portal: none is there and each costs a time-out.
        self.set("NO_AT_BRIDGE", "1");
        self.set("GTK_USE_PORTAL", "0");
        self.set("GDK_BACKEND", "x11");
        Ok(())
    }

    fn start_display(&mut self, paths: &Paths) -> Result<()> {
        let mut command = self.command(paths, "Xvfb");
        // The server picks a free number itself and says which once it is ready.
        command.args(["-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp", "-noreset"]);
        let (display, number) =
            Background::start_and_hear("xvfb", &mut command, &self.logs(), PATIENCE, |line| {
                line.trim().parse::<u32>().ok()
            })?;
        self.running.push(display);
        self.set("DISPLAY", format!(":{number}"));

        let mut command = self.command(paths, "openbox");
        let mut manager = Background::start("openbox", command.arg("--sm-disable"), &self.logs())?;
        let ask =
            || process::output(self.command(paths, "xprop").args(["-root", "_NET_SUPPORTING_WM_CHECK"]));
        manager.wait_until(PATIENCE, || ask().is_ok_and(|answer| answer.contains("window id")))?;
        self.running.push(manager);
        Ok(())
    }

    fn start_bus(&mut self, paths: &Paths) -> Result<()> {
        let socket = self.folder.join("run/bus");
        let mut command = self.command(paths, "dbus-daemon");
        command
            .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
            .arg(format!("--address=unix:path={}", socket.display()));
        let (bus, address) =
            Background::start_and_hear("dbus", &mut command, &self.logs(), PATIENCE, |line| {
                line.starts_with("unix:").then(|| line.to_owned())
            })?;
        self.running.push(bus);
        self.set("DBUS_SESSION_BUS_ADDRESS", address);
        Ok(())
    }

    fn start_sound(&mut self, paths: &Paths) -> Result<()> {
        let folder = self.folder.join("run/pulse");
        make_private(&folder)?;
        let socket = folder.join("native");
        self.set("PULSE_SERVER", format!("unix:{}", socket.display()));
        // The server lets anybody in, but hangs up on a client whose cookie has another length.
        let cookie = folder.join("cookie");
        std::fs::write(&cookie, [0_u8; 256])?;
        self.set("PULSE_COOKIE", cookie.display().to_string());
        let modules = [
            format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()),
            "module-null-sink sink_name=spk sink_properties=device.description=Speaker rate=48000 channels=2".into(),
            "module-null-sink sink_name=vmic sink_properties=device.description=VirtualMicFeed rate=48000 channels=1"
                .into(),
            "module-remap-source source_name=mic master=vmic.monitor source_properties=device.description=Microphone"
                .into(),
            "module-always-sink".into(),
        ];
        let mut command = self.command(paths, "pulseaudio");
        command.args([
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--disallow-exit=yes",
            "--log-target=stderr",
        ]);
        for module in &modules {
            command.args(["-L", module]);
        }
        let mut server = Background::start("pulseaudio", &mut command, &self.logs())?;
        server.wait_until(PATIENCE, || process::succeeds(self.command(paths, "pactl").arg("info")))?;
        self.running.push(server);
        for (what, name) in [("set-default-sink", "spk"), ("set-default-source", "mic")] {
            process::output(self.command(paths, "pactl").args([what, name]))
                .context("the sound server has no null devices")?;
        }
        Ok(())
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        while let Some(last) = self.running.pop() {
            drop(last);
        }
        // Left over files in the temporary folder harm nobody.
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn make_private(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    #[cfg(unix)]
    fs::set_permissions(dir, std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .with_context(|| format!("cannot protect {}", dir.display()))?;
    Ok(())
}
