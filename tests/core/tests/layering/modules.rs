//! The import graph of a crate: which file uses what another file defines. Re-exports are followed to the
//! definition; code of tests is left out.
#![allow(clippy::wildcard_enum_match_arm, reason = "few kinds of items import or define names")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// Names from the root of the crate down.
type Name = Vec<String>;

#[derive(Default)]
struct Module {
    file: PathBuf,
    children: BTreeSet<String>,
    defined: BTreeSet<String>,
    /// Names that `use` brings in, and where they come from.
    imported: BTreeMap<String, Name>,
    globs: Vec<Name>,
    /// Paths that the module's code names, as written.
    paths: Vec<Name>,
}

/// Files of one crate and the files each of them imports from, relative to the crate.
pub(crate) struct Graph {
    pub(crate) edges: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
}

/// Reads a crate from its root file.
pub(crate) fn graph(root: &Path) -> Graph {
    let mut modules = BTreeMap::new();
    let folder = root.parent().expect("a file is in a folder");
    load(&mut modules, Vec::new(), root, folder);
    let mut edges: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for (name, module) in &modules {
        let from = edges.entry(relative(&module.file, folder)).or_default();
        let uses = module.paths.iter().chain(module.imported.values()).chain(&module.globs);
        for target in uses.filter_map(|path| resolve(&modules, name, path, 0)) {
            // The parts of a module may use what it defines for them: they are one idea.
            if !ancestors(&modules, name).any(|file| file == target) {
                from.insert(relative(&target, folder));
            }
        }
    }
    Graph { edges }
}

impl Graph {
    /// Groups of files that import one another in a circle, each sorted.
    pub(crate) fn circles(&self) -> Vec<Vec<PathBuf>> {
        let reach: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
            self.edges.keys().map(|file| (file, self.reachable(file))).collect();
        let mut circles = BTreeSet::new();
        for (file, reached) in &reach {
            if reached.contains(file) {
                let together = reached.iter().filter(|other| reach[*other].contains(file));
                circles.insert(together.map(|file| (*file).clone()).collect::<Vec<_>>());
            }
        }
        circles.into_iter().collect()
    }

    fn reachable<'a>(&'a self, from: &PathBuf) -> BTreeSet<&'a PathBuf> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&PathBuf> = self.edges[from].iter().collect();
        while let Some(file) = open.pop() {
            if reached.insert(file) {
                open.extend(&self.edges[file]);
            }
        }
        reached
    }
}

/// Files of the module and of those it lies in.
fn ancestors<'a>(modules: &'a BTreeMap<Name, Module>, name: &'a Name) -> impl Iterator<Item = &'a Path> {
    (0..=name.len()).map(|length| modules[&name[..length]].file.as_path())
}

fn relative(file: &Path, folder: &Path) -> PathBuf {
    file.strip_prefix(folder).expect("modules lie in the crate").to_owned()
}

fn load(modules: &mut BTreeMap<Name, Module>, name: Name, file: &Path, folder: &Path) {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    read(modules, name, file, folder, &parsed.items);
}

fn read(modules: &mut BTreeMap<Name, Module>, name: Name, file: &Path, folder: &Path, items: &[Item]) {
    let mut module = Module { file: file.to_owned(), ..Module::default() };
    for item in items.iter().filter(|item| !for_tests(attributes(item))) {
        match item {
            Item::Mod(inner) => {
                let child = inner.ident.to_string();
                let mut full = name.clone();
                full.push(child.clone());
                let inside = folder.join(&child);
                match &inner.content {
                    Some((_, items)) => read(modules, full, file, &inside, items),
                    None => load(modules, full, &folder.join(format!("{child}.rs")), &inside),
                }
                module.children.insert(child);
            }
            Item::Use(used) => import(&mut module, Vec::new(), &used.tree),
            _ => {
                module.defined.extend(defined(item));
                Paths(&mut module.paths).visit_item(item);
            }
        }
    }
    modules.insert(name, module);
}

fn import(module: &mut Module, mut before: Name, tree: &UseTree) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            import(module, before, &path.tree);
        }
        UseTree::Name(name) if name.ident == "self" => {
            let own = before.last().cloned().expect("self stands behind a path");
            module.imported.insert(own, before);
        }
        UseTree::Name(name) => {
            before.push(name.ident.to_string());
            module.imported.insert(name.ident.to_string(), before);
        }
        UseTree::Rename(rename) => {
            before.push(rename.ident.to_string());
            module.imported.insert(format!("{} as {}", rename.ident, rename.rename), before.clone());
            module.imported.insert(rename.rename.to_string(), before);
        }
        UseTree::Glob(_) => module.globs.push(before),
        UseTree::Group(group) => group.items.iter().for_each(|tree| import(module, before.clone(), tree)),
    }
}

/// The file that defines what `path` means in module `at`; `None`: another crate's, or no module's.
fn resolve(modules: &BTreeMap<Name, Module>, at: &Name, path: &[String], depth: usize) -> Option<PathBuf> {
    // A chain of re-exports, or `use` of itself.
    const DEEPEST: usize = 8;
    let (first, mut rest) = path.split_first().filter(|_| depth < DEEPEST)?;
    let mut here = at.clone();
    match first.as_str() {
        "crate" => here.clear(),
        "self" => {}
        "super" => drop(here.pop()?),
        _ if modules[at].children.contains(first) => here.push(first.clone()),
        // Named by its import, which counts itself, or another crate.
        _ => return None,
    }
    while let Some((next, after)) = rest.split_first() {
        let module = &modules[&here];
        if next == "super" {
            here.pop()?;
        } else if module.children.contains(next) {
            here.push(next.clone());
        } else if module.defined.contains(next) {
            return Some(module.file.clone());
        } else if let Some(source) = module.imported.get(next) {
            return resolve(modules, &here, source, depth + 1);
        } else {
            let through = module.globs.iter().find_map(|glob| {
                let inner: Name = glob.iter().chain([next]).cloned().collect();
                resolve(modules, &here, &inner, depth + 1)
            });
            return Some(through.unwrap_or_else(|| module.file.clone()));
        }
        rest = after;
    }
    Some(modules[&here].file.clone())
}

/// Paths in code that begin at a module.
struct Paths<'a>(&'a mut Vec<Name>);

impl<'ast> Visit<'ast> for Paths<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let name: Name = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if name.len() > 1 && path.leading_colon.is_none() {
            self.0.push(name);
        }
        visit::visit_path(self, path);
    }
}

fn defined(item: &Item) -> Option<String> {
    match item {
        Item::Const(item) => Some(item.ident.to_string()),
        Item::Enum(item) => Some(item.ident.to_string()),
        Item::Fn(item) => Some(item.sig.ident.to_string()),
        Item::Static(item) => Some(item.ident.to_string()),
        Item::Struct(item) => Some(item.ident.to_string()),
        Item::Trait(item) => Some(item.ident.to_string()),
        Item::Type(item) => Some(item.ident.to_string()),
        Item::Union(item) => Some(item.ident.to_string()),
        _ => None,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        _ => &[],
    }
}

fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}
