//! Compiler wrapper of the tests: clippy and rustdoc look at each crate of ours in the very compilation that
//! the tests need, so that linting costs no second one. Cargo keeps their warnings with the crate and repeats
//! them while it is fresh.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::paths::Paths;

/// File name, without its ending, by which this program knows that cargo runs it instead of rustc.
const NAME: &str = "lint-rustc";

/// Makes `command`, a cargo, compile our crates through this wrapper.
///
/// # Errors
/// If the wrapper cannot be put into the target folder.
pub(crate) fn enter(paths: &Paths, command: &mut Command) -> Result<()> {
    command.env("RUSTC_WORKSPACE_WRAPPER", install(paths)?);
    Ok(())
}

/// A copy, since cargo may replace the program itself while the copy runs.
fn install(paths: &Paths) -> Result<PathBuf> {
    let this = env::current_exe().context("where is this program?")?;
    let wrapper = paths.target.join(format!("{NAME}{}", env::consts::EXE_SUFFIX));
    if std::fs::read(&this).ok() != std::fs::read(&wrapper).ok() {
        std::fs::create_dir_all(&paths.target)?;
        let fresh = wrapper.with_extension("new");
        std::fs::copy(&this, &fresh).with_context(|| format!("cannot write {}", fresh.display()))?;
        std::fs::rename(&fresh, &wrapper)?;
    }
    Ok(wrapper)
}

/// Whether this process was started in place of rustc.
pub(crate) fn wraps() -> bool {
    let program = env::args_os().next().map(PathBuf::from);
    program.and_then(|path| path.file_stem().map(|stem| stem == NAME)).unwrap_or_default()
}

/// Compiles with clippy's driver, then has rustdoc read the same crate. `arguments`: rustc and its own.
pub(crate) fn run(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(rustc) = arguments.next() else { return ExitCode::FAILURE };
    let arguments: Vec<OsString> = arguments.collect();
    let folder = env::var_os("CARGO").map(PathBuf::from);
    let tool = |name: &str| {
        let beside = folder.as_deref().and_then(Path::parent).map(|folder| folder.join(name));
        beside.filter(|path| path.is_file()).unwrap_or_else(|| name.into())
    };
    let compiled = status(Command::new(tool("clippy-driver")).arg(rustc).args(&arguments));
    if compiled != 0 {
        return ExitCode::from(compiled);
    }
    let words: Option<Vec<String>> = arguments.into_iter().map(|word| word.into_string().ok()).collect();
    match words.as_deref().and_then(documentation) {
        Some(arguments) => ExitCode::from(status(Command::new(tool("rustdoc")).args(arguments))),
        None => ExitCode::SUCCESS,
    }
}

fn status(command: &mut Command) -> u8 {
    match command.status() {
        Ok(status) => status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1)),
        Err(error) => {
            eprintln!("cannot run {}: {error}", command.get_program().to_string_lossy());
            1
        }
    }
}

/// Arguments of rustdoc for what rustc was told to compile; `None`: a test, a build script, a question.
fn documentation(rustc: &[String]) -> Option<Vec<String>> {
    let mut kept = vec!["--document-private-items".to_owned()];
    let mut name = None;
    let mut out = None;
    let mut words = rustc.iter();
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned();
        match word.as_str() {
            "--test" | "-vV" | "-" => return None,
            "--crate-name" => name = value(),
            "--out-dir" => out = value(),
            "-C" => drop(value()),
            "-L" | "--extern" | "--cfg" | "--check-cfg" | "--target" | "--cap-lints" => {
                kept.extend([word.clone(), value()?]);
            }
            "--crate-type" => kept.extend([word.clone(), value()?]),
            word if word.starts_with("-C") || word.starts_with("--emit=") || word.contains("clippy::") => {}
            word if word.starts_with("--diagnostic-width") => {}
            _ => kept.push(word.clone()),
        }
    }
    let name = name.filter(|name| name != "build_script_build")?;
    // A program may be called as its library.
    let kind = if kept.iter().any(|word| word == "bin") { "programs" } else { "libraries" };
    let folder = Path::new(&out?).parent()?.join("lint-doc").join(kind);
    kept.extend(["--crate-name".to_owned(), name, "--out-dir".to_owned(), folder.to_str()?.to_owned()]);
    Some(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn rustdoc_reads_what_rustc_compiled() {
        let rustc = "--crate-name bellwire_call --edition=2024 crates/call/src/lib.rs --error-format=json \
                     --json=diagnostic-rendered-ansi --crate-type lib --emit=dep-info,metadata,link \
                     -C embed-bitcode=no -Cdebuginfo=1 --warn=clippy::todo --warn=unreachable_pub \
                     --cfg feature=\"x\" --out-dir /t/debug/deps -L dependency=/t/debug/deps --extern serde=/s.rmeta";
        let wanted = "--document-private-items --edition=2024 crates/call/src/lib.rs --error-format=json \
                      --json=diagnostic-rendered-ansi --crate-type lib --warn=unreachable_pub \
                      --cfg feature=\"x\" -L dependency=/t/debug/deps --extern serde=/s.rmeta \
                      --crate-name bellwire_call --out-dir /t/debug/lint-doc/libraries";
        assert_eq!(documentation(&words(rustc)), Some(words(wanted)));
    }

    #[test]
    fn tests_build_scripts_and_questions_have_no_documentation() {
        for line in [
            "--crate-name call --test src/lib.rs --out-dir /t/debug/deps",
            "--crate-name build_script_build build.rs --crate-type bin --out-dir /t/debug/build/x",
            "- --crate-name ___ --print=file-names",
            "-vV",
        ] {
            assert_eq!(documentation(&words(line)), None, "{line}");
        }
    }
}
