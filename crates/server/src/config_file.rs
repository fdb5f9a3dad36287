//! The configuration file: a TOML file whose keys are the long options. What it says is a default, so that
//! flags and environment variables win over it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Arg, Command};
use toml::{Table, Value};

/// Largest file, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// The file that arguments or the environment name. Looked for before the arguments are read, because it
/// gives their defaults.
pub(crate) fn named_in(arguments: &[OsString]) -> Option<PathBuf> {
    let mut rest = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    while let Some(argument) = rest.next() {
        let Some(text) = argument.to_str() else { continue };
        if text == "--config" {
            return rest.next().map(PathBuf::from);
        }
        if let Some(path) = text.strip_prefix("--config=") {
            return Some(PathBuf::from(path));
        }
    }
    std::env::var_os("BELLWIRE_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The command with the file's values as defaults.
pub(crate) fn with_defaults(command: Command, path: &Path) -> anyhow::Result<Command> {
    let shown = path.display();
    let size = std::fs::metadata(path).with_context(|| format!("cannot read {shown}"))?.len();
    if size > MAX_BYTES {
        bail!("{shown} has more than {MAX_BYTES} bytes");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    defaults(command, &text).with_context(|| format!("{shown} is not a configuration"))
}

fn defaults(mut command: Command, text: &str) -> anyhow::Result<Command> {
    let table: Table = text.parse()?;
    for (key, value) in table {
        let fits = |argument: &&Arg| argument.get_long() == Some(key.as_str()) && key != "config";
        let Some(argument) = command.get_arguments().find(fits) else {
            bail!("there is no option {key}");
        };
        let several = argument.get_value_delimiter().is_some();
        let id = argument.get_id().clone();
        let values = if several && value.is_array() {
            let values = value.as_array().cloned().unwrap_or_default();
            values.into_iter().map(|value| one(&key, value)).collect::<anyhow::Result<Vec<_>>>()?
        } else {
            vec![one(&key, value)?]
        };
        if values.iter().any(|value| several && value.contains(',')) {
            bail!("{key} is a list: write its entries apart");
        }
        // Not shown by --help: it may be a secret.
        command = command.mut_arg(id, |argument| argument.default_values(values).hide_default_value(true));
    }
    Ok(command)
}

fn one(key: &str, value: Value) -> anyhow::Result<String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Boolean(flag) => Ok(flag.to_string()),
        Value::Float(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_) => {
            bail!("{key} is neither a text, a whole number, true nor false")
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::options::Options;

    fn refused(text: &str) -> String {
        format!("{:#}", defaults(Options::command(), text).expect_err("it is refused"))
    }

    #[test]
    fn what_cannot_be_configured_is_named() {
        assert!(refused("databse = \"x\"").contains("databse"));
        assert!(refused("[storefront]\nrest = 1").contains("storefront"));
        assert!(refused("demo = 1.5").contains("demo is neither"));
        assert!(refused("database = [\"a\"]").contains("database is neither"));
        assert!(refused("config = \"other.toml\"").contains("config"));
        assert!(refused("demo = ").contains("line 1"));
    }

    #[test]
    fn the_file_is_found_among_the_arguments() {
        let named = |arguments: &[&str]| named_in(&arguments.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(named(&["x", "user", "list", "--config", "a.toml"]), Some(PathBuf::from("a.toml")));
        assert_eq!(named(&["x", "--config=b.toml", "--demo"]), Some(PathBuf::from("b.toml")));
    }
}
