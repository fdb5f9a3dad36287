//! Layering test: which crate may depend on which, what core crates may use, and how long a file may get. A
//! new arrow means editing this test, in view of a reviewer.

mod manifest;
mod modules;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use manifest::{Manifest, Use, root, workspace};

/// Who may depend on whom among our own crates. `dialects` is reached through `signaling` only, but
/// for the server, which shares the wire structs.
const ARROWS: &[(&str, &[&str])] = &[
    ("bellwire-call", &[]),
    ("bellwire-media", &[]),
    ("bellwire-call-log", &["bellwire-call"]),
    ("bellwire-dialects", &["bellwire-call"]),
    ("bellwire-signaling", &["bellwire-call", "bellwire-dialects"]),
    ("bellwire-peer", &["bellwire-call", "bellwire-media"]),
    (
        "bellwire-engine",
        &["bellwire-call", "bellwire-call-log", "bellwire-media", "bellwire-peer", "bellwire-signaling"],
    ),
    ("bellwire-server", &["bellwire-dialects"]),
    ("bellwire-cli", &["bellwire-engine"]),
    ("bellwire-app", &["bellwire-engine"]),
    ("bellwire-tests-core", &["bellwire-call", "bellwire-dialects"]),
    ("bellwire-tests-calls", &["bellwire-call", "bellwire-dialects", "bellwire-engine", "bellwire-server"]),
    ("bellwire-tests-desktop", &["bellwire-tests-calls"]),
    ("bellwire-tests-lab", &[]),
    (
        "bellwire-tests-fuzz",
        &[
            "bellwire-call",
            "bellwire-dialects",
            "bellwire-media",
            "bellwire-peer",
            "bellwire-server",
            "bellwire-signaling",
        ],
    ),
    ("xtask", &[]),
];

/// Everything a core crate may be built from: nothing that waits, reads a clock or opens a file.
const CORE: &[(&str, &[&str])] = &[
    ("bellwire-call", &["serde", "thiserror"]),
    // The schemas are for the server's API description.
    ("bellwire-dialects", &["bellwire-call", "schemars", "serde", "serde_json", "thiserror"]),
];

/// Crates that belong behind one border each.
const BORDERS: &[(&str, &[&str])] = &[
    // Only tests, as a client that is not ours.
    ("rust_socketio", &[]),
    ("webrtc", &["bellwire-peer"]),
    ("rtc", &["bellwire-peer"]),
    ("cpal", &["bellwire-media"]),
    ("nokhwa", &["bellwire-media"]),
    // Pictures of windows; the answer window, which must not take the keyboard.
    ("x11rb", &["bellwire-app", "bellwire-media"]),
    ("sqlx", &["bellwire-call-log", "bellwire-server"]),
    ("tauri", &["bellwire-app"]),
];

/// Crates in which no files import one another in a circle, however small.
const WITHOUT_CIRCLES: &[&str] = &["crates/engine", "crates/server", "src-tauri"];
/// Files that may form a circle elsewhere.
const LARGEST_CIRCLE: usize = 3;

const LONGEST_FILE: usize = 500;
/// Half of the files are shorter.
const MEDIAN_FILE: usize = 150;

#[test]
fn every_arrow_between_our_crates_is_drawn() {
    let manifests = workspace();
    let members: BTreeSet<&str> = manifests.iter().map(|manifest| manifest.name.as_str()).collect();
    let drawn: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    assert_eq!(members, drawn.keys().copied().collect(), "crates of the workspace, and crates with arrows");

    let mut undrawn = Vec::new();
    for manifest in &manifests {
        for dependency in &manifest.dependencies {
            let inner = members.contains(dependency.package.as_str());
            if inner && !drawn[manifest.name.as_str()].contains(&dependency.package.as_str()) {
                undrawn.push(format!("{} -> {} ({:?})", manifest.name, dependency.package, dependency.use_));
            }
        }
    }
    assert_eq!(undrawn, Vec::<String>::new());
}

#[test]
fn the_arrows_have_no_circle() {
    let mut left: BTreeMap<&str, BTreeSet<&str>> =
        ARROWS.iter().map(|(from, to)| (*from, to.iter().copied().collect())).collect();
    while !left.is_empty() {
        let leaves: Vec<&str> = left.iter().filter(|(_, to)| to.is_empty()).map(|(from, _)| *from).collect();
        assert!(!leaves.is_empty(), "a circle among {left:?}");
        left.retain(|from, _| !leaves.contains(from));
        left.values_mut().for_each(|to| to.retain(|to| !leaves.contains(to)));
    }
}

#[test]
fn core_crates_do_no_io() {
    let manifests = workspace();
    for (core, allowed) in CORE {
        let manifest = find(&manifests, core);
        let built_from = manifest.dependencies.iter().filter(|dependency| dependency.use_ != Use::Test);
        let foreign: Vec<&str> = built_from
            .map(|dependency| dependency.package.as_str())
            .filter(|package| !allowed.contains(package))
            .collect();
        assert_eq!(foreign, Vec::<&str>::new(), "{core} is built from more than it may be");
    }
}

#[test]
fn foreign_crates_stay_behind_their_border() {
    let shipped = workspace().into_iter().filter(|manifest| !manifest.name.starts_with("bellwire-tests-"));
    for manifest in shipped {
        for dependency in &manifest.dependencies {
            let border = BORDERS.iter().find(|(package, _)| *package == dependency.package);
            let crossed = border.is_some_and(|(_, homes)| !homes.contains(&manifest.name.as_str()));
            assert!(
                !crossed || dependency.use_ == Use::Test,
                "{} uses {}",
                manifest.name,
                dependency.package
            );
        }
    }
}

#[test]
fn the_interface_reaches_the_shell_in_one_folder() {
    let outside = sources(&["ts", "svelte"]).into_iter().filter(|path| !path.starts_with("ui/src/host/"));
    let reaching: Vec<String> = outside
        .filter(|path| {
            path.starts_with("ui/src/") && read(path).is_some_and(|text| text.contains("@tauri-apps/"))
        })
        .collect();
    assert_eq!(reaching, Vec::<String>::new());
}

#[test]
fn no_file_gets_away() {
    let long: Vec<String> = sources(&["rs", "ts", "svelte"])
        .into_iter()
        .filter_map(|path| {
            let lines = read(&path)?.lines().count();
            (lines > LONGEST_FILE).then(|| format!("{path}: {lines} lines"))
        })
        .collect();
    assert_eq!(long, Vec::<String>::new(), "more than {LONGEST_FILE} lines");
}

#[test]
fn half_of_the_files_are_short() {
    let mut lengths: Vec<usize> =
        sources(&["rs"]).into_iter().filter_map(|path| Some(read(&path)?.lines().count())).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= MEDIAN_FILE, "the median is {median} lines");
}

#[test]
fn files_do_not_import_in_circles() {
    let roots: Vec<String> = sources(&["rs"])
        .into_iter()
        .filter(|path| path.ends_with("src/lib.rs") || path.ends_with("src/main.rs"))
        .collect();
    let mut circles = Vec::new();
    for path in roots {
        let allowed =
            if WITHOUT_CIRCLES.iter().any(|home| path.starts_with(home)) { 1 } else { LARGEST_CIRCLE };
        let found = modules::graph(&root().join(&path)).circles();
        circles.extend(
            found
                .into_iter()
                .filter(|circle| circle.len() > allowed)
                .map(|circle| format!("{path}: {circle:?}")),
        );
    }
    assert_eq!(circles, Vec::<String>::new());
}

#[test]
fn modules_are_named_for_their_idea() {
    let nameless: Vec<String> =
        sources(&["rs"]).into_iter().filter(|path| path.ends_with("/mod.rs")).collect();
    assert_eq!(nameless, Vec::<String>::new(), "foo.rs and foo/, not foo/mod.rs");
}

fn find<'a>(manifests: &'a [Manifest], name: &str) -> &'a Manifest {
    manifests.iter().find(|manifest| manifest.name == name).expect("the crate is in the workspace")
}

/// Tracked files with one of these endings, relative to the top.
fn sources(endings: &[&str]) -> Vec<String> {
    let listed = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("git can be run");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    let has_ending = |name: &str| {
        let ending = Path::new(name).extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| endings.contains(&ending))
    };
    let found: Vec<String> = names.split('\0').filter(|name| has_ending(name)).map(str::to_owned).collect();
    assert!(!found.is_empty(), "no file ends in {endings:?}");
    found
}

/// `None`: tracked, but deleted in the work tree.
fn read(path: &str) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}
