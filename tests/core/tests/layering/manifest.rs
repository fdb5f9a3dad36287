//! Manifests of the workspace, reduced to names and uses.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

pub(crate) struct Dependency {
    /// The package's own name, whatever it is renamed to.
    pub(crate) package: String,
    pub(crate) use_: Use,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    Normal,
    Build,
    Test,
}

const KINDS: [(&str, Use); 3] =
    [("dependencies", Use::Normal), ("build-dependencies", Use::Build), ("dev-dependencies", Use::Test)];

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this")).join("../..")
}

/// Every member of the workspace.
pub(crate) fn workspace() -> Vec<Manifest> {
    let top = read(&root().join("Cargo.toml"));
    let members = top["workspace"]["members"].as_array().expect("members are a list");
    let members = members.iter().map(|member| member.as_str().expect("a member is a path"));
    let mut manifests: Vec<Manifest> = members.flat_map(expand).map(|path| parse(&read(&path))).collect();
    manifests.sort_by(|a, b| a.name.cmp(&b.name));
    manifests
}

/// Cargo's globs, of which we use `folder/*` only.
fn expand(member: &str) -> Vec<PathBuf> {
    let Some(folder) = member.strip_suffix("/*") else { return vec![root().join(member).join("Cargo.toml")] };
    let entries = std::fs::read_dir(root().join(folder)).expect("the folder of members exists");
    let manifests = entries.map(|entry| entry.expect("the folder can be read").path().join("Cargo.toml"));
    manifests.filter(|path| path.exists()).collect()
}

fn read(path: &Path) -> Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn parse(manifest: &Table) -> Manifest {
    let name = manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
    let mut dependencies = dependencies(manifest);
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    dependencies.extend(targets.filter_map(Value::as_table).flat_map(self::dependencies));
    Manifest { name, dependencies }
}

fn dependencies(table: &Table) -> Vec<Dependency> {
    let mut found = Vec::new();
    for (kind, use_) in KINDS {
        let entries = table.get(kind).and_then(Value::as_table).into_iter().flatten();
        found.extend(entries.map(|(key, value)| {
            let package = value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned();
            Dependency { package, use_ }
        }));
    }
    found
}
