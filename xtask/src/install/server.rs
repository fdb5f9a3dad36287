//! The server's package on a real system: installed, used as its administrator would, removed, purged.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::{Installed, apt, as_root, is_installed};
use crate::bundle::server::{self, NAME};
use crate::paths::Paths;
use crate::{process, say};

const CONFIGURATION: &str = "/etc/bellwire/server.toml";
const DATA: &str = "/var/lib/bellwire";
const USER: &str = "bellwire";
const UNIT: &str = "/usr/lib/systemd/system/bellwire-server.service";

/// Packs the program of the tests and goes through its life on the system, where nothing of it is yet.
pub(super) fn run(paths: &Paths) -> Result<()> {
    let there = || process::succeeds(process::command(paths, "id").arg(USER));
    if is_installed(paths, NAME)
        || there()
        || [CONFIGURATION, DATA].iter().any(|path| Path::new(path).exists())
    {
        say::note(
            "SKIPPED, the server was not installed: something of a Bellwire server is here, which is somebody's",
        );
        return Ok(());
    }
    let Some(package) = server::make(paths, "debug")? else {
        say::note("SKIPPED, the server was not installed: dpkg-deb or dpkg-shlibdeps is missing");
        return Ok(());
    };
    say::note("apt-get install of the server");
    apt(paths, &["install", "--no-install-recommends", &package.to_string_lossy()])?;
    let installed = Installed { paths, name: NAME };
    let used = installed.files().and_then(|files| use_it(paths, &files));
    say::note("apt-get remove of the server");
    let removed = apt(paths, &["remove", NAME]);
    let kept = [CONFIGURATION, DATA].map(|path| process::succeeds(as_root(paths).args(["test", "-e", path])));
    installed.remove()?;
    let purged = !Path::new(CONFIGURATION).exists();
    let data = process::succeeds(as_root(paths).args(["test", "-e", DATA]));
    // Nobody's data: there was no such folder, and no such user.
    process::output(as_root(paths).args(["rm", "-rf", DATA]))?;
    process::output(as_root(paths).args(["userdel", USER]))?;
    used.and(removed)?;
    ensure!(kept == [true, true], "removing took configuration or data: {kept:?}");
    ensure!(purged && data, "purging left the configuration or took the data");
    ensure!(!Path::new(UNIT).exists(), "the unit is left");
    Ok(())
}

fn use_it(paths: &Paths, files: &BTreeSet<PathBuf>) -> Result<()> {
    let programs: Vec<_> = files.iter().filter(|file| file.parent() == Some(Path::new("/usr/bin"))).collect();
    ensure!(programs == [Path::new("/usr/bin/bellwire-server")], "/usr/bin gets {programs:?}");
    let owner = process::output(as_root(paths).args(["stat", "-c", "%U %G %a", DATA]))?;
    ensure!(owner.trim() == "bellwire bellwire 700", "{DATA} belongs to {owner}");
    if process::exists(paths, "systemd-analyze") {
        let mut verify = process::command(paths, "sh");
        let said = process::output(verify.args(["-c", r#"systemd-analyze verify "$0" 2>&1 || true"#, UNIT]))?;
        // It looks at the units around it as well, which are the system's.
        let of_ours: Vec<_> = said.lines().filter(|line| line.contains(NAME)).collect();
        ensure!(of_ours.is_empty(), "systemd complains: {of_ours:?}");
    }
    let ask = |words: &[&str]| {
        let mut command = as_root(paths);
        command.args(["setpriv", "--reuid", USER, "--regid", USER, "--clear-groups", "--no-new-privs"]);
        process::output(command.args(["/usr/bin/bellwire-server", "--config", CONFIGURATION]).args(words))
    };
    let person = ["--backend", "clinic", "--role", "patient", "--email", "pat@x.example"];
    let names = ["--first-name", "Pat", "--last-name", "Ient", "--generate-password"];
    ask(&[&["user", "add"][..], &person, &names].concat())?;
    let list = ask(&["user", "list", "--backend", "clinic"])?;
    ensure!(list.contains("pat@x.example"), "the database is not that of the configuration: {list}");
    let file = format!("{DATA}/bellwire.db");
    ensure!(process::succeeds(as_root(paths).args(["test", "-f", &file])), "{file} was not made");
    Ok(())
}
