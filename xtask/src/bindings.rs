//! `cargo xtask bindings`: the TypeScript side of the seam between the shell and the user interface, read
//! from the Rust source without compiling it. Starts at the commands and events of the shell and follows
//! their types through the crates; what it does not understand is an error, never a guess.
#![allow(clippy::wildcard_enum_match_arm, reason = "the seam is a small part of the Rust language")]

mod attributes;
mod case;
mod render;
mod seam;
mod shapes;
mod source;
mod std_types;
#[cfg(test)]
mod tests;
mod types;
mod written;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::say;
use source::Sources;

const FOLDER: &str = "ui/src/generated";
/// The crate whose commands and events are the seam.
const SHELL: &str = "bellwire_app";
const COMMAND: &str = "cargo xtask bindings";

/// Writes what changed.
pub(crate) fn write(paths: &Paths) -> Result<()> {
    let folder = paths.root.join(FOLDER);
    for (name, text) in &generated(&paths.root)? {
        if on_disk(&folder.join(name))?.as_deref() != Some(text.as_str()) {
            fs::write(folder.join(name), text).with_context(|| format!("cannot write {FOLDER}/{name}"))?;
            say::note(&format!("{FOLDER}/{name} written"));
        }
    }
    Ok(())
}

/// Fails where the files are not what [`write()`] would write.
pub(crate) fn check(paths: &Paths) -> Result<()> {
    let folder = paths.root.join(FOLDER);
    let mut wrong = Vec::new();
    let files = generated(&paths.root)?;
    for (name, text) in &files {
        if on_disk(&folder.join(name))?.as_deref() != Some(text.as_str()) {
            wrong.push(format!("{FOLDER}/{name}"));
        }
    }
    for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {FOLDER}"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !files.contains_key(&name) {
            wrong.push(format!("{FOLDER}/{name} (not a generated file)"));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!("not what the Rust source says; run `{COMMAND}`:\n  {}", wrong.join("\n  "))
}

/// The text of a file with `\n` at the end of its lines; `None` if there is none.
fn on_disk(file: &Path) -> Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text.replace("\r\n", "\n"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", file.display())),
    }
}

/// The files by name.
fn generated(root: &Path) -> Result<BTreeMap<String, String>> {
    let mut sources = Sources::of_workspace(root)?;
    let seam = seam::read(&mut sources, SHELL)?;
    written::files(&seam)
}
