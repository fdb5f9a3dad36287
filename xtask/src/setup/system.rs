//! System packages: which are missing, and installing them with the system's own package manager.

use std::fs;

use anyhow::{Context, Result};

use super::packages::{APT, DNF, List, Package};
use super::{Consent, Purpose, manager};
use crate::paths::Paths;
use crate::{process, say};

/// The systems this knows its way around on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum System {
    Debian,
    Fedora,
    MacOs,
    Windows,
    Unknown,
}

pub(super) fn run(paths: &Paths, consent: Consent, purpose: Purpose) -> Result<()> {
    match detect() {
        System::Debian => manager::with_apt(paths, consent, &missing(paths, &APT, purpose, "dpkg-query")?),
        System::Fedora => manager::with_dnf(paths, consent, &missing(paths, &DNF, purpose, "rpm")?),
        System::MacOs => {
            say::note(
                "macOS (not run by us yet): xcode-select --install; brew install nasm cmake pkg-config libvpx node",
            );
            Ok(())
        }
        System::Windows => {
            say::note(
                "Windows (not run by us yet): Visual Studio Build Tools with C++, LLVM, CMake, NASM, Node.js 22",
            );
            Ok(())
        }
        System::Unknown => {
            let names: Vec<_> = APT.wanted(purpose).map(|package| package.name).collect();
            say::note("This system is not known here. What Debian calls these is needed:");
            say::note(&names.join(" "));
            Ok(())
        }
    }
}

fn detect() -> System {
    if cfg!(target_os = "macos") {
        return System::MacOs;
    }
    if cfg!(windows) {
        return System::Windows;
    }
    family(&fs::read_to_string("/etc/os-release").unwrap_or_default())
}

fn family(os_release: &str) -> System {
    let words: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .collect();
    if words.iter().any(|word| matches!(*word, "debian" | "ubuntu")) {
        System::Debian
    } else if words.contains(&"fedora") {
        System::Fedora
    } else {
        System::Unknown
    }
}

fn missing(paths: &Paths, list: &List, purpose: Purpose, query: &str) -> Result<Vec<&'static str>> {
    let wanted: Vec<Package> = list
        .wanted(purpose)
        .filter(|package| !package.program.is_some_and(|program| process::exists(paths, program)))
        .collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut command = process::command(paths, query);
    match query {
        "rpm" => command.args(["-q", "--qf", "%{NAME} ii\n"]),
        _ => command.args(["-W", "-f", "${Package} ${db:Status-Abbrev}\n"]),
    };
    command.args(wanted.iter().map(|package| package.name));
    // The exit code only says that one of them is unknown, which is what is being asked.
    let done = command.output().with_context(|| format!("cannot start {query}"))?;
    let installed = installed(&String::from_utf8_lossy(&done.stdout));
    Ok(wanted
        .into_iter()
        .map(|package| package.name)
        .filter(|name| !installed.iter().any(|i| i == name))
        .collect())
}

fn installed(listing: &str) -> Vec<String> {
    listing
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, status)| status.starts_with("ii"))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_known_by_their_family() {
        assert_eq!(family("ID=debian\nVERSION_ID=\"12\""), System::Debian);
        assert_eq!(family("ID=linuxmint\nID_LIKE=\"ubuntu debian\""), System::Debian);
        assert_eq!(family("NAME=Fedora\nID=fedora"), System::Fedora);
        assert_eq!(family("ID=arch"), System::Unknown);
    }

    #[test]
    fn only_fully_installed_packages_count() {
        let listing = "nasm ii \ncmake rc \nlibgtk-3-dev un \n";
        assert_eq!(installed(listing), ["nasm"]);
    }
}
