//! The Rust source of the workspace as modules with their items, and the resolution of paths in it:
//! `mod` declarations are followed, imports and re-exports too.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::{fmt, fs};

use anyhow::{Context, Result, bail};
use syn::{Item, UseTree};

use super::attributes::{only_in_tests, path_attribute};

/// Imports that are followed for one name before it counts as a circle.
const MOST_STEPS: usize = 32;

type Read = Box<dyn Fn(&Path) -> Result<String>>;

/// The crates that can be read, and the modules read so far.
pub(super) struct Sources {
    read: Read,
    /// The first file of every crate, by the crate's name in Rust.
    crates: BTreeMap<String, PathBuf>,
    /// By path, e.g. `bellwire_call::view`.
    modules: BTreeMap<String, Module>,
}

#[derive(Default)]
pub(super) struct Module {
    pub(super) file: PathBuf,
    pub(super) items: Vec<Rc<Item>>,
    /// What a name stands for that is imported under it.
    imports: HashMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
}

/// An item and where it is.
#[derive(Clone)]
pub(super) struct Found {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) item: Rc<Item>,
}

/// What a path leads to.
#[derive(Clone)]
pub(super) enum Target {
    Item(Found),
    Module(String),
    /// Nothing of ours: a path such as `std::sync::Arc`, or a name of the prelude.
    Foreign(String),
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.module, self.name)
    }
}

impl Sources {
    /// The crates below `crates` and the shell's.
    pub(super) fn of_workspace(root: &Path) -> Result<Self> {
        let mut folders = vec![root.join("src-tauri")];
        for entry in fs::read_dir(root.join("crates")).context("cannot list crates")? {
            folders.push(entry?.path());
        }
        let mut crates = BTreeMap::new();
        for folder in folders {
            let Ok(manifest) = fs::read_to_string(folder.join("Cargo.toml")) else { continue };
            let name = package(&manifest)
                .with_context(|| format!("no name in {}", folder.join("Cargo.toml").display()))?;
            let first = ["src/lib.rs", "src/main.rs"].map(|file| folder.join(file));
            if let Some(first) = first.into_iter().find(|file| file.exists()) {
                crates.insert(name.replace('-', "_"), first);
            }
        }
        let read =
            |file: &Path| fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()));
        Ok(Self::new(crates, Box::new(read)))
    }

    pub(super) fn new(crates: BTreeMap<String, PathBuf>, read: Read) -> Self {
        Self { read, crates, modules: BTreeMap::new() }
    }

    /// The modules of a crate.
    pub(super) fn modules(&mut self, of: &str) -> Result<Vec<(String, &Module)>> {
        self.load(of)?;
        let below = format!("{of}::");
        let ours = |path: &str| path == of || path.starts_with(&below);
        Ok(self.modules.iter().filter(|(path, _)| ours(path)).map(|(path, m)| (path.clone(), m)).collect())
    }

    /// The file a module is in, for messages.
    pub(super) fn file(&self, module: &str) -> String {
        self.modules.get(module).map(|module| module.file.display().to_string()).unwrap_or_default()
    }

    fn load(&mut self, name: &str) -> Result<()> {
        if self.modules.contains_key(name) {
            return Ok(());
        }
        let first = self.crates.get(name).with_context(|| format!("there is no crate {name}"))?.clone();
        let folder = first.parent().map(Path::to_owned).unwrap_or_default();
        self.load_file(name.to_owned(), first, &folder)
    }

    fn load_file(&mut self, path: String, file: PathBuf, folder: &Path) -> Result<()> {
        let text = (self.read)(&file)?;
        let parsed = syn::parse_file(&text).with_context(|| format!("{} is not Rust", file.display()))?;
        self.add(path, &file, folder, parsed.items)
    }

    /// `folder`: where files of modules below this one are.
    fn add(&mut self, path: String, file: &Path, folder: &Path, items: Vec<Item>) -> Result<()> {
        let mut module = Module { file: file.to_owned(), ..Module::default() };
        for item in items {
            match item {
                Item::Mod(inner) if only_in_tests(&inner.attrs) => {}
                Item::Mod(inner) => {
                    let name = inner.ident.to_string();
                    let below = format!("{path}::{name}");
                    let inner_folder = folder.join(&name);
                    if let Some((_, items)) = inner.content {
                        self.add(below, file, &inner_folder, items)?;
                    } else {
                        let place = match path_attribute(&inner.attrs)? {
                            Some(given) => file.with_file_name(given),
                            None => folder.join(format!("{name}.rs")),
                        };
                        self.load_file(below, place, &inner_folder)?;
                    }
                }
                Item::Use(import) => module.import(Vec::new(), &import.tree),
                other => module.items.push(Rc::new(other)),
            }
        }
        // One module may be declared once for every system.
        let known = self.modules.entry(path).or_default();
        known.file = module.file;
        known.items.append(&mut module.items);
        known.imports.extend(module.imports);
        known.globs.append(&mut module.globs);
        Ok(())
    }

    /// What `path` means inside `module`.
    pub(super) fn resolve(&mut self, module: &str, path: &[String]) -> Result<Target> {
        self.follow(module, path, MOST_STEPS)
    }

    fn follow(&mut self, module: &str, path: &[String], steps: usize) -> Result<Target> {
        let Some(steps) = steps.checked_sub(1) else {
            bail!("{}: `{}` leads in a circle", self.file(module), path.join("::"))
        };
        let Some((first, rest)) = path.split_first() else { return Ok(Target::Module(module.to_owned())) };
        let root = module.split("::").next().unwrap_or(module).to_owned();
        let parent = || module.rsplit_once("::").map_or(module, |(parent, _)| parent).to_owned();
        let start = match first.as_str() {
            "crate" => Target::Module(root),
            "self" => Target::Module(module.to_owned()),
            "super" => Target::Module(parent()),
            name => match self.inside(module, name, rest.is_empty(), steps)? {
                Some(target) => target,
                None if self.crates.contains_key(name) => {
                    self.load(name)?;
                    Target::Module(name.to_owned())
                }
                None => Target::Foreign(name.to_owned()),
            },
        };
        match start {
            _ if rest.is_empty() => Ok(start),
            Target::Foreign(name) => Ok(Target::Foreign(format!("{name}::{}", rest.join("::")))),
            Target::Item(found) => bail!("{found} is no module, so that there is no `{}`", path.join("::")),
            Target::Module(inner) => self.follow_inside(&inner, rest, steps),
        }
    }

    /// The rest of a path whose beginning is a module.
    fn follow_inside(&mut self, module: &str, path: &[String], steps: usize) -> Result<Target> {
        let Some((name, rest)) = path.split_first() else { return Ok(Target::Module(module.to_owned())) };
        match self.inside(module, name, rest.is_empty(), steps)? {
            Some(Target::Module(inner)) => self.follow_inside(&inner, rest, steps),
            Some(Target::Foreign(name)) if !rest.is_empty() => {
                Ok(Target::Foreign(format!("{name}::{}", rest.join("::"))))
            }
            Some(target) if rest.is_empty() => Ok(target),
            Some(_) | None => {
                bail!("{}: there is no `{}` in {module}", self.file(module), path.join("::"))
            }
        }
    }

    /// What a name is that a module declares or imports. Only the `last` name of a path can be an item: a
    /// function and a module may have the same.
    fn inside(&mut self, module: &str, name: &str, last: bool, steps: usize) -> Result<Option<Target>> {
        let below = format!("{module}::{name}");
        if !last && self.modules.contains_key(&below) {
            return Ok(Some(Target::Module(below)));
        }
        let Some(here) = self.modules.get(module) else { return Ok(None) };
        let mut named = here.items.iter().filter(|item| name_of(item).is_some_and(|ident| ident == name));
        if let Some(item) = named.next() {
            if named.next().is_some() {
                bail!("{}: there is more than one `{name}`", here.file.display());
            }
            let found = Found { module: module.to_owned(), name: name.to_owned(), item: Rc::clone(item) };
            return Ok(Some(Target::Item(found)));
        }
        if self.modules.contains_key(&below) {
            return Ok(Some(Target::Module(below)));
        }
        if let Some(path) = here.imports.get(name).cloned() {
            // `use name;` of another crate says nothing new.
            if path.len() == 1 && path.first().is_some_and(|only| only == name) {
                return Ok(None);
            }
            return self.follow(module, &path, steps).map(Some);
        }
        for glob in here.globs.clone() {
            if let Target::Module(inner) = self.follow(module, &glob, steps)? {
                let Some(steps) = steps.checked_sub(1) else { continue };
                if inner != module
                    && let Some(target) = self.inside(&inner, name, last, steps)?
                {
                    return Ok(Some(target));
                }
            }
        }
        Ok(None)
    }
}

impl Module {
    fn import(&mut self, mut before: Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.import(before, &path.tree);
            }
            UseTree::Name(name) if name.ident == "self" => {
                if let Some(last) = before.last().cloned() {
                    self.imports.insert(last, before);
                }
            }
            UseTree::Name(name) => {
                before.push(name.ident.to_string());
                self.imports.insert(name.ident.to_string(), before);
            }
            UseTree::Rename(renamed) => {
                if renamed.ident != "self" {
                    before.push(renamed.ident.to_string());
                }
                self.imports.insert(renamed.rename.to_string(), before);
            }
            UseTree::Glob(_) => self.globs.push(before),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(before.clone(), tree);
                }
            }
        }
    }
}

/// The name of an item that a path can lead to.
fn name_of(item: &Item) -> Option<&syn::Ident> {
    match item {
        Item::Struct(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Const(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

/// The name in a manifest's first section.
fn package(manifest: &str) -> Option<&str> {
    let line = manifest.lines().map(str::trim).find(|line| line.starts_with("name"))?;
    line.split('"').nth(1)
}
