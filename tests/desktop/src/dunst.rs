//! A real notification daemon on a session's bus.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};

use crate::{Running, Session};

/// `dunst`, with a menu program that picks the button a test chose.
#[derive(Debug)]
pub struct Dunst {
    _daemon: Running,
    choice: PathBuf,
}

impl Dunst {
    pub async fn start(session: &Session) -> anyhow::Result<Self> {
        let folder = session.config().join("dunst");
        std::fs::create_dir_all(&folder)?;
        let (choice, picker, rules) = (folder.join("choice"), folder.join("picker"), folder.join("dunstrc"));
        // It offers lines such as "#Accept (Ada is calling) [2,accept]" and takes the one that comes back.
        std::fs::write(&picker, format!("#!/bin/sh\nexec grep -m1 -F -f '{}'\n", choice.display()))?;
        std::fs::set_permissions(&picker, std::fs::Permissions::from_mode(0o755))?;
        std::fs::write(
            &rules,
            format!("[global]\n    dmenu = {}\n    history_length = 20\n", picker.display()),
        )?;
        let mut command = session.command("dunst");
        command.arg("-conf").arg(&rules);
        let daemon = session.spawn("dunst", command)?;
        session.service("org.freedesktop.Notifications").await?;
        Ok(Self { _daemon: daemon, choice })
    }

    fn control(session: &Session, words: &[&str]) -> anyhow::Result<String> {
        let mut command: Command = session.command("dunstctl");
        let done = command.args(words).output().context("dunstctl is missing")?;
        ensure!(done.status.success(), "dunstctl {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    }

    /// How many are on the screen.
    pub fn displayed(&self, session: &Session) -> anyhow::Result<usize> {
        Ok(Self::control(session, &["count", "displayed"])?.parse()?)
    }

    /// Presses the button with this label on the notification that is shown.
    pub fn press(&self, session: &Session, label: &str) -> anyhow::Result<()> {
        std::fs::write(&self.choice, format!("#{label}"))?;
        Self::control(session, &["context"]).map(drop)
    }

    /// Clicks the notification itself.
    pub fn click(&self, session: &Session) -> anyhow::Result<()> {
        Self::control(session, &["action", "0"]).map(drop)
    }

    /// Its own do-not-disturb.
    pub fn pause(&self, session: &Session, on: bool) -> anyhow::Result<()> {
        Self::control(session, &["set-paused", if on { "true" } else { "false" }]).map(drop)
    }

    pub fn close_all(&self, session: &Session) -> anyhow::Result<()> {
        Self::control(session, &["close-all"]).map(drop)
    }
}
