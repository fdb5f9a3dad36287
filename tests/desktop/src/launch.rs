//! The launch of the program: arguments, environment and the path of the binary.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::{PASSWORD, TestServer};

/// Arguments of one start. The defaults: a test picture, a test tone, no loudspeaker.
#[derive(Clone, Debug)]
pub struct Launch {
    camera: String,
    microphone: String,
    speaker: String,
    more: Vec<String>,
    environment: Vec<(String, String)>,
    program: Option<PathBuf>,
}

impl Launch {
    /// As a new user starts it; the server is not filled in.
    pub fn fresh() -> Self {
        Self {
            camera: "test:pattern".into(),
            microphone: "test:tone".into(),
            speaker: "none".into(),
            more: Vec::new(),
            environment: Vec::new(),
            program: None,
        }
    }

    /// With the sign-in form filled in except for the password.
    pub fn asking(world: &TestServer, role: &str, email: &str) -> Self {
        Self::fresh().args(&["--server", &world.url(), "--role", role, "--email", email])
    }

    /// Signs in by itself.
    pub fn signed_in(world: &TestServer, role: &str, email: &str) -> Self {
        Self::asking(world, role, email).env("BELLWIRE_DEMO_PASSWORD", PASSWORD)
    }

    /// Devices are those of the session's sound server, and no camera.
    #[must_use]
    pub fn with_real_sound(mut self) -> Self {
        self.camera = "none".into();
        self.microphone = "default".into();
        self.speaker = "default".into();
        self
    }

    #[must_use]
    pub fn camera(mut self, id: &str) -> Self {
        self.camera = id.into();
        self
    }

    #[must_use]
    pub fn microphone(mut self, id: &str) -> Self {
        self.microphone = id.into();
        self
    }

    #[must_use]
    pub fn speaker(mut self, id: &str) -> Self {
        self.speaker = id.into();
        self
    }

    /// Sends a picture of one colour.
    #[must_use]
    pub fn colour(self, [r, g, b]: [u8; 3]) -> Self {
        self.camera(&format!("test:{r:02x}{g:02x}{b:02x}"))
    }

    #[must_use]
    pub fn args(mut self, more: &[&str]) -> Self {
        self.more.extend(more.iter().map(|&word| word.to_owned()));
        self
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Starts another program than the one that was built: the installed one.
    #[must_use]
    pub fn program(mut self, program: &Path) -> Self {
        self.program = Some(program.to_owned());
        self
    }

    pub(crate) fn binary(&self) -> anyhow::Result<PathBuf> {
        self.program.clone().map_or_else(program, Ok)
    }

    pub(crate) fn arguments(&self) -> Vec<String> {
        let devices =
            [("--camera", &self.camera), ("--microphone", &self.microphone), ("--speaker", &self.speaker)];
        let devices = devices.into_iter().flat_map(|(name, value)| [name.to_owned(), value.clone()]);
        devices.chain(self.more.iter().cloned()).collect()
    }

    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The application's binary: named by the environment, or beside the test's own.
pub fn program() -> anyhow::Result<PathBuf> {
    if let Some(program) = std::env::var_os("BELLWIRE_APP") {
        return Ok(program.into());
    }
    let test = std::env::current_exe()?;
    let folder = test.parent().and_then(Path::parent).context("no target folder")?;
    let program = folder.join("bellwire");
    ensure!(program.exists(), "{} is not built: run the tests with `cargo xtask test`", program.display());
    Ok(program)
}
