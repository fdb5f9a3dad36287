//! Where things are: the project, and the cache that keeps the clone clean.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

#[derive(Debug)]
pub(crate) struct Paths {
    /// The top folder of the project.
    pub(crate) root: PathBuf,
    /// `CARGO_TARGET_DIR`, or `target` in the cache.
    pub(crate) target: PathBuf,
    /// `bellwire` in the user's cache folder: compiled things and tools.
    pub(crate) cache: PathBuf,
}

impl Paths {
    pub(crate) fn find() -> Result<Self> {
        let manifest = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root =
            Path::new(&manifest).parent().context("xtask lies in the project's top folder")?.to_owned();
        let cache = user_cache()?.join("bellwire");
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(given) => root.join(given),
            None => cache.join("target"),
        };
        Ok(Self { root, target, cache })
    }

    /// Where `cargo install` puts the tools the tests need.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// Where a newer Node.js is put if the system's is too old.
    pub(crate) fn node(&self) -> PathBuf {
        self.cache.join("node")
    }

    /// Python programs the tests use.
    pub(crate) fn python(&self) -> PathBuf {
        self.cache.join("python")
    }

    pub(crate) fn schemathesis(&self) -> PathBuf {
        self.python().join(if cfg!(windows) { "Scripts/st.exe" } else { "bin/st" })
    }

    /// A program of ours, built in the dev profile.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.built("debug", name)
    }

    /// A program of ours, built in `profile` (`debug` or `release`).
    pub(crate) fn built(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// `PATH` with our own tools in front.
    pub(crate) fn search_path(&self) -> OsString {
        let before = env::var_os("PATH").unwrap_or_default();
        let ours = [self.node().join("node_modules/.bin"), self.tools().join("bin")];
        let all = ours.into_iter().chain(env::split_paths(&before));
        // A folder whose name holds the separator cannot be on a PATH at all.
        env::join_paths(all).unwrap_or(before)
    }
}

fn user_cache() -> Result<PathBuf> {
    if let Some(dir) = env::var_os("XDG_CACHE_HOME").filter(|dir| Path::new(dir).is_absolute()) {
        return Ok(dir.into());
    }
    if cfg!(windows) {
        return env::var_os("LOCALAPPDATA").map(PathBuf::from).context("LOCALAPPDATA is not set");
    }
    let home = env::home_dir().context("there is no home folder")?;
    Ok(home.join(if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" }))
}
