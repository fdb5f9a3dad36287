//! A desktop session: home, runtime folder, message bus and sound server of its own.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use tempfile::TempDir;

use crate::{Running, Screen, Sound, until};

/// Variables that would connect a program to another session.
const FOREIGN: &[&str] = &[
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "PULSE_SINK",
    "PULSE_SOURCE",
    "PULSE_RUNTIME_PATH",
    "PULSE_STATE_PATH",
    "PIPEWIRE_RUNTIME_DIR",
    "DBUS_STARTER_ADDRESS",
    "DBUS_STARTER_BUS_TYPE",
    "SESSION_MANAGER",
    "DESKTOP_STARTUP_ID",
    "GNOME_KEYRING_CONTROL",
    "XDG_CURRENT_DESKTOP",
    "XDG_SESSION_TYPE",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_MESSAGES",
];

/// A login on a [`Screen`]. Several may share one screen, as windows beside each other.
#[derive(Debug)]
pub struct Session {
    address: String,
    display: String,
    // In the order in which they end.
    sound: Sound,
    _bus: Running,
    folder: TempDir,
}

impl Session {
    /// A session with a bus that only has what the test puts there.
    pub async fn start(screen: &Screen) -> anyhow::Result<Self> {
        // Short: a socket's path may have 107 bytes.
        let folder = tempfile::Builder::new().prefix("bw").tempdir()?;
        for name in ["home", "run", "config", "data", "state", "cache", "logs"] {
            private(&folder.path().join(name))?;
        }
        let (bus, address) = start_bus(folder.path()).await?;
        let sound = Sound::start(folder.path()).await?;
        Ok(Self { address, display: screen.display().to_owned(), sound, _bus: bus, folder })
    }

    /// The bus's address, for `DBUS_SESSION_BUS_ADDRESS`.
    pub fn bus(&self) -> &str {
        &self.address
    }

    /// A connection of the test's own to the session's bus.
    pub async fn connect(&self) -> anyhow::Result<zbus::Connection> {
        Ok(zbus::connection::Builder::address(self.address.as_str())?.build().await?)
    }

    pub fn sound(&self) -> &Sound {
        &self.sound
    }

    /// `XDG_CONFIG_HOME`.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// `XDG_DATA_HOME`.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everything the session may have written: home, configuration, data, state, cache, logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where programs of the session print to.
    pub fn logs(&self) -> PathBuf {
        self.folder.path().join("logs")
    }

    /// A command that will run in this session.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in FOREIGN {
            command.env_remove(name);
        }
        let at = |name: &str| self.folder.path().join(name);
        command
            .env("HOME", at("home"))
            .env("XDG_RUNTIME_DIR", at("run"))
            .env("XDG_CONFIG_HOME", at("config"))
            .env("XDG_DATA_HOME", at("data"))
            .env("XDG_STATE_HOME", at("state"))
            .env("XDG_CACHE_HOME", at("cache"))
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address)
            .env("LANG", "C.UTF-8")
            // No accessibility bus, no Wayland, no desktop portal: none is there and each costs a time-out.
            .env("NO_AT_BRIDGE", "1")
            .env("GTK_USE_PORTAL", "0")
            .env("GDK_BACKEND", "x11")
            .current_dir(at("home"));
        self.sound.enter(&mut command);
        command
    }

    /// Starts a program that stays; what it prints goes to `<name>.log`.
    pub fn spawn(&self, name: &str, command: Command) -> anyhow::Result<Running> {
        Running::start(command, &self.logs().join(format!("{name}.log")))
    }

    /// Waits until this bus name has an owner.
    pub async fn service(&self, name: &str) -> anyhow::Result<()> {
        let connection = self.connect().await?;
        let bus = zbus::fdo::DBusProxy::new(&connection).await?;
        let wanted = zbus::names::BusName::try_from(name.to_owned())?;
        let what = format!("{name} is on the bus");
        until(&what, async || Ok(bus.name_has_owner(wanted.clone()).await?.then_some(()))).await
    }

    /// Where in all it has written the session holds these bytes; for secrets that must be nowhere.
    pub fn files_with(&self, needle: &str) -> anyhow::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder)? {
                let entry = entry?;
                let kind = entry.file_type()?;
                if kind.is_dir() {
                    folders.push(entry.path());
                } else if kind.is_file() {
                    let bytes = std::fs::read(entry.path())?;
                    if bytes.windows(needle.len().max(1)).any(|w| w == needle.as_bytes()) {
                        found.push(entry.path());
                    }
                }
            }
        }
        Ok(found)
    }
}

fn private(folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?)
}

/// A bus without service activation: whether there is a keyring or a notification server is the
/// test's choice, not that of the machine's packages.
async fn start_bus(folder: &Path) -> anyhow::Result<(Running, String)> {
    let socket = folder.join("run/bus");
    let address = format!("unix:path={}", socket.display());
    let configuration = folder.join("bus.conf");
    std::fs::write(
        &configuration,
        format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n \
             \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
             <busconfig><type>session</type><listen>{address}</listen><auth>EXTERNAL</auth>\n\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n"
        ),
    )?;
    let mut command = Command::new("dbus-daemon");
    command.args(["--nofork", "--nopidfile"]).arg(format!("--config-file={}", configuration.display()));
    let mut bus = Running::start(command, &folder.join("logs/dbus.log"))?;
    until("the message bus is ready", async || {
        if let Some(status) = bus.ended()? {
            bail!("dbus-daemon ended ({status}): {}", bus.said());
        }
        Ok(std::os::unix::net::UnixStream::connect(&socket).is_ok().then_some(()))
    })
    .await?;
    Ok((bus, address))
}
