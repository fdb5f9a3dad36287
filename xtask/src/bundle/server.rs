//! The Debian package of the server. There is nothing of Tauri in it: `dpkg-deb` packs what is listed here.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::needs;
use crate::paths::Paths;
use crate::process;

/// What the package is called.
pub(crate) const NAME: &str = "bellwire-server";
/// A file of the project, and its place on the system.
const FILES: &[(&str, &str)] = &[
    ("packaging/server/bellwire-server.service", "usr/lib/systemd/system/bellwire-server.service"),
    ("packaging/server/debian/sysusers.conf", "usr/lib/sysusers.d/bellwire-server.conf"),
    ("packaging/server/server.toml", CONFIGURATION),
    ("docs/server.md", "usr/share/doc/bellwire-server/server.md"),
    ("CHANGELOG.md", "usr/share/doc/bellwire-server/CHANGELOG.md"),
    ("packaging/server/nginx.conf", "usr/share/doc/bellwire-server/examples/nginx.conf"),
    ("packaging/server/Caddyfile", "usr/share/doc/bellwire-server/examples/Caddyfile"),
];
const CONFIGURATION: &str = "etc/bellwire/server.toml";
/// Run by dpkg.
const SCRIPTS: [&str; 3] = ["postinst", "prerm", "postrm"];
/// Makes the user.
const USERS: &str = "systemd | systemd-standalone-sysusers";

/// Packs the program of a profile that was built already; gives the package. `None` where Debian's tools
/// are missing.
pub(crate) fn make(paths: &Paths, profile: &str) -> Result<Option<PathBuf>> {
    if !["dpkg-deb", "dpkg-shlibdeps"].iter().all(|tool| process::exists(paths, tool)) {
        return Ok(None);
    }
    let folder = paths.cache.join("bundle").join(profile).join("server");
    let tree = folder.join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree).with_context(|| format!("cannot empty {}", tree.display()))?;
    }
    let place = |from: &Path, to: &str, mode: &str| {
        let mut install = process::command(paths, "install");
        process::output(install.args(["-D", "-m", mode]).arg(from).arg(tree.join(to))).map(drop)
    };
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // Beside the tree: what looks into the program leaves a folder there.
    let (built, program) = (paths.built(profile, NAME), folder.join(NAME));
    fs::copy(&built, &program).with_context(|| format!("{} is not built", built.display()))?;
    process::output(process::command(paths, "strip").arg("--strip-unneeded").arg(&program))?;
    place(&program, "usr/bin/bellwire-server", "0755")?;
    for (from, to) in FILES {
        place(&paths.root.join(from), to, "0644")?;
    }
    for script in SCRIPTS {
        let from = paths.root.join("packaging/server/debian").join(script);
        place(&from, &format!("DEBIAN/{script}"), "0755")?;
    }
    let copyright = fs::read_to_string(paths.root.join("packaging/linux/copyright"))?;
    fs::write(tree.join("usr/share/doc/bellwire-server/copyright"), without_typefaces(&copyright))?;
    fs::write(tree.join("DEBIAN/conffiles"), format!("/{CONFIGURATION}\n"))?;
    let mut depends = needs::libraries(paths, &program)?;
    depends.insert(USERS.to_owned());
    let depends: Vec<_> = depends.into_iter().collect();
    let machine = process::output(process::command(paths, "dpkg").arg("--print-architecture"))?;
    let size = process::output(process::command(paths, "du").args(["-sk", "--apparent-size"]).arg(&tree))?;
    let size = size.split_whitespace().next().context("du says a size")?;
    fs::write(tree.join("DEBIAN/control"), control(machine.trim(), size, &depends.join(", ")))?;

    let version = env!("CARGO_PKG_VERSION");
    let package = folder.join(format!("{NAME}_{version}_{}.deb", machine.trim()));
    let mut build = process::command(paths, "dpkg-deb");
    process::output(build.args(["--root-owner-group", "--build"]).arg(&tree).arg(&package))?;
    Ok(Some(package))
}

fn control(machine: &str, size: &str, depends: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "Package: {NAME}\nVersion: {version}\nArchitecture: {machine}\nInstalled-Size: {size}\nDepends: {depends}\n\
         Maintainer: The Bellwire authors <packages@bellwire.app>\nHomepage: https://bellwire.app\n\
         Section: comm\nPriority: optional\nDescription: Calling server of Bellwire\n \
         Accounts, calls, signaling and a relay for the Bellwire client: five backends with\n \
         REST and sockets over one SQLite database. It is not started before it is configured.\n"
    )
}

/// The typefaces are built into the window alone.
fn without_typefaces(copyright: &str) -> String {
    let of_typefaces =
        |paragraph: &&str| paragraph.starts_with("Files: *.woff2") || paragraph.starts_with("License: OFL");
    let kept: Vec<&str> = copyright.split("\n\n").filter(|paragraph| !of_typefaces(paragraph)).collect();
    format!("{}\n", kept.join("\n\n").trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_package_says_what_it_needs_and_whose_it_is() {
        let control = control("amd64", "9000", "libc6 (>= 2.34), systemd");
        assert!(control.contains("\nDepends: libc6 (>= 2.34), systemd\n") && control.ends_with(".\n"));
        let description = control.split_once("Description: ").unwrap().1;
        assert!(description.lines().skip(1).all(|line| line.starts_with(' ') && line.len() <= 100));

        let copyright = "Files: *\nLicense: A\n\nFiles: *.woff2\nLicense: OFL-1.1\n\nLicense: A\n text\n\nLicense: OFL-1.1\n x\n";
        assert_eq!(without_typefaces(copyright), "Files: *\nLicense: A\n\nLicense: A\n text\n");
    }
}
