//! What the program needs at run time, found by looking into it. A list by hand would be wrong after the
//! next library, and right on one release of one distribution only.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::paths::Paths;
use crate::{process, say};

/// Loaded by name while it runs, so that no tool sees it: the tray icon.
const TRAY: (&str, &str) = ("libayatana-appindicator3-1", "libayatana-appindicator3.so.1()(64bit)");
/// Makes the desktop know who opens `bellwire://`.
const DESKTOP: &str = "desktop-file-utils";

/// A piece of Tauri's configuration with the dependencies of both kinds of package. Where a tool for one
/// kind is missing, what stands in the configuration already is left.
pub(super) fn configuration(paths: &Paths, program: &Path) -> Result<String> {
    let mut kinds = Vec::new();
    if process::exists(paths, "dpkg-shlibdeps") {
        kinds.push(entry("deb", &debian(paths, program)?));
    } else {
        say::note("No dpkg-shlibdeps here: the .deb names the libraries of Debian 12 and Ubuntu.");
    }
    if process::exists(paths, "objdump") {
        let headers = process::output(process::command(paths, "objdump").arg("-p").arg(program))?;
        kinds.push(entry("rpm", &rpm(&headers)));
    }
    Ok(format!("{{\"bundle\":{{\"linux\":{{{}}}}}}}", kinds.join(",")))
}

/// Names of packages and libraries hold nothing that JSON and Rust would write differently.
fn entry(kind: &str, depends: &BTreeSet<String>) -> String {
    format!("\"{kind}\":{{\"depends\":{:?}}}", depends.iter().collect::<Vec<_>>())
}

fn debian(paths: &Paths, program: &Path) -> Result<BTreeSet<String>> {
    let mut depends = libraries(paths, program)?;
    depends.extend([TRAY.0.to_owned(), DESKTOP.to_owned()]);
    Ok(depends)
}

/// The Debian packages of what a program is linked to.
pub(super) fn libraries(paths: &Paths, program: &Path) -> Result<BTreeSet<String>> {
    // The tool insists on the layout of a source package.
    let folder = program.parent().context("the program lies in a folder")?.join("needs");
    fs::create_dir_all(folder.join("debian"))?;
    fs::write(folder.join("debian/control"), "")?;
    let said = process::output(
        process::command(paths, "dpkg-shlibdeps")
            .current_dir(&folder)
            .args(["-O", "--warnings=0"])
            .arg(program),
    )?;
    from_shlibdeps(&said).context("dpkg-shlibdeps said nothing")
}

fn from_shlibdeps(said: &str) -> Option<BTreeSet<String>> {
    let list = said.lines().find_map(|line| line.strip_prefix("shlibs:Depends="))?;
    Some(list.split(", ").map(|name| name.trim().to_owned()).collect())
}

/// Libraries and the versions of their symbols, in the words the packages of every RPM system provide.
fn rpm(headers: &str) -> BTreeSet<String> {
    let mut depends = BTreeSet::from([TRAY.1.to_owned(), DESKTOP.to_owned()]);
    let mut library = None;
    for line in headers.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["NEEDED", name] if !name.starts_with("ld-linux") => {
                depends.insert(format!("{name}()(64bit)"));
            }
            ["required", "from", name] => library = Some(name.trim_end_matches(':').to_owned()),
            // A hash, flags, a number, and the version.
            [hash, _, _, version] if hash.starts_with("0x") => {
                if let Some(library) = library.as_ref().filter(|name| !name.starts_with("ld-linux")) {
                    depends.insert(format!("{library}({version})(64bit)"));
                }
            }
            [_, ..] | [] => {}
        }
    }
    depends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_debians_tool_is_taken_apart() {
        let said = "shlibs:Depends=libc6 (>= 2.34), libvpx7 (>= 1.12.0)\n";
        let found = from_shlibdeps(said).unwrap();
        assert_eq!(found.iter().collect::<Vec<_>>(), ["libc6 (>= 2.34)", "libvpx7 (>= 1.12.0)"]);
        assert!(from_shlibdeps("").is_none());
    }

    #[test]
    fn libraries_and_symbol_versions_are_read_from_headers() {
        let headers = "Dynamic Section:\n  NEEDED               libvpx.so.7\n  NEEDED               ld-linux-x86-64.so.2\n\
                       Version References:\n  required from libc.so.6:\n    0x069691b4 0x00 14 GLIBC_2.34\n";
        let found = rpm(headers);
        assert!(found.contains("libvpx.so.7()(64bit)") && found.contains("libc.so.6(GLIBC_2.34)(64bit)"));
        assert!(found.contains(TRAY.1) && !found.iter().any(|name| name.starts_with("ld-linux")));
        assert_eq!(entry("rpm", &BTreeSet::from(["a".to_owned()])), r#""rpm":{"depends":["a"]}"#);
    }
}
