//! What has to be on the machine, and putting it there. Everything else assumes that this was done.

mod manager;
mod node;
mod packages;
mod schemathesis;
mod system;
mod tools;

use std::env;
use std::io::{IsTerminal, Write};

use anyhow::{Context, Result, bail};

use crate::paths::Paths;
use crate::say;

/// What the machine is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Build the programs and run them.
    Run,
    /// Run the tests too.
    Test,
}

/// Whether a person is asked before something is installed for the whole system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Somebody is at the keyboard.
    Ask,
    /// `--yes`, a CI machine, or nobody there to ask.
    Given,
}

impl Consent {
    pub(crate) fn from_surroundings(yes: bool) -> Self {
        let nobody = !std::io::stdin().is_terminal() || env::var_os("CI").is_some_and(|ci| !ci.is_empty());
        if yes || nobody { Self::Given } else { Self::Ask }
    }

    /// True if `commands` may be run. They are printed in any case.
    fn to(self, commands: &[String]) -> Result<bool> {
        for line in commands {
            say::note(&format!("$ {line}"));
        }
        match self {
            Self::Given => Ok(true),
            Self::Ask => {
                print!("    Run this now? [y/N] ");
                std::io::stdout().flush().context("cannot ask")?;
                let mut answer = String::new();
                std::io::stdin().read_line(&mut answer).context("cannot read the answer")?;
                Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
            }
        }
    }
}

/// Installs what is missing. Does nothing, quickly, if nothing is.
pub(crate) fn run(paths: &Paths, consent: Consent, purpose: Purpose) -> Result<()> {
    let step = say::step("Look for what building needs");
    system::run(paths, consent, purpose)?;
    node::run(paths)?;
    if purpose == Purpose::Test {
        tools::run(paths)?;
        schemathesis::run(paths)?;
    }
    step.done();
    Ok(())
}

fn refused() -> Result<()> {
    bail!("not installed; run the command above by hand, then start again")
}
