//! Rust types as TypeScript: what a type is in JSON, and which types of ours it needs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use anyhow::{Context, Result, bail};
use syn::{GenericArgument, GenericParam, Item, ItemType, PathArguments, Type, TypePath};

use super::attributes::derives;
use super::shapes::Declaration;
use super::source::{Found, Sources, Target};
use super::std_types::{Known, known};

/// A type in TypeScript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ts {
    /// A type of TypeScript's own.
    Word(&'static str),
    /// One of ours.
    Name(String),
    Literal(String),
    Null,
    Array(Box<Ts>),
    Record(Box<Ts>),
    Tuple(Vec<Ts>),
    Object(Vec<Field>),
    Both(Vec<Ts>),
    Either(Vec<Choice>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) docs: Vec<String>,
    pub(super) optional: bool,
    pub(super) of: Ts,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) docs: Vec<String>,
    pub(super) of: Ts,
}

/// Whether the interface is sent a type or sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Received,
    Sent,
}

/// Type parameters and what stands for them.
pub(super) type Arguments = HashMap<String, Ts>;

impl Ts {
    pub(super) fn or_null(self) -> Self {
        let plain = |of| Choice { docs: Vec::new(), of };
        match self {
            Self::Null => Self::Null,
            Self::Either(mut choices) => {
                if !choices.iter().any(|choice| choice.of == Self::Null) {
                    choices.push(plain(Self::Null));
                }
                Self::Either(choices)
            }
            other => Self::Either(vec![plain(other), plain(Self::Null)]),
        }
    }

    /// The names of ours in it.
    pub(super) fn names(&self, into: &mut BTreeSet<String>) {
        match self {
            Self::Word(_) | Self::Literal(_) | Self::Null => {}
            Self::Name(name) => drop(into.insert(name.clone())),
            Self::Array(of) | Self::Record(of) => of.names(into),
            Self::Tuple(all) | Self::Both(all) => all.iter().for_each(|of| of.names(into)),
            Self::Object(fields) => fields.iter().for_each(|field| field.of.names(into)),
            Self::Either(choices) => choices.iter().for_each(|choice| choice.of.names(into)),
        }
    }
}

/// Collects every type that is reached.
pub(super) struct Reader<'a> {
    pub(super) sources: &'a mut Sources,
    waiting: Vec<(Found, Way)>,
    seen: BTreeSet<(String, Way)>,
    /// By name in TypeScript.
    pub(super) declared: BTreeMap<String, Declaration>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a mut Sources) -> Self {
        Self { sources, waiting: Vec::new(), seen: BTreeSet::new(), declared: BTreeMap::new() }
    }

    /// Declares what was reached, until nothing new is.
    pub(super) fn finish(&mut self) -> Result<()> {
        while let Some((found, way)) = self.waiting.pop() {
            let declared = self
                .declare(&found, way)
                .with_context(|| format!("{}: `{}`", self.sources.file(&found.module), found.name))?;
            match self.declared.get(&found.name) {
                Some(other) if other.rust != declared.rust => bail!(
                    "two types of the interface have the name {}: {} and {}",
                    found.name,
                    other.rust,
                    declared.rust
                ),
                // As it is received: nothing is left out, and so it can be sent too.
                Some(_) if way == Way::Sent => {}
                _ => drop(self.declared.insert(found.name.clone(), declared)),
            }
        }
        Ok(())
    }

    /// A type as it is written inside `module`.
    pub(super) fn read(
        &mut self,
        module: &str,
        written: &Type,
        way: Way,
        arguments: &Arguments,
    ) -> Result<Ts> {
        match written {
            Type::Path(path) => self.path(module, path, way, arguments),
            Type::Reference(of) => self.read(module, &of.elem, way, arguments),
            Type::Paren(of) => self.read(module, &of.elem, way, arguments),
            Type::Group(of) => self.read(module, &of.elem, way, arguments),
            Type::Slice(of) => Ok(Ts::Array(Box::new(self.read(module, &of.elem, way, arguments)?))),
            Type::Array(of) => Ok(Ts::Array(Box::new(self.read(module, &of.elem, way, arguments)?))),
            Type::Tuple(of) if of.elems.is_empty() => Ok(Ts::Null),
            Type::Tuple(of) => {
                let all = of.elems.iter().map(|one| self.read(module, one, way, arguments));
                Ok(Ts::Tuple(all.collect::<Result<_>>()?))
            }
            _ => bail!("this kind of type is not understood (`fn`, `dyn`, `impl` and the like)"),
        }
    }

    fn path(&mut self, module: &str, written: &TypePath, way: Way, arguments: &Arguments) -> Result<Ts> {
        let names = names_of(written)?;
        if let [name] = names.as_slice()
            && let Some(argument) = arguments.get(name)
        {
            return Ok(argument.clone());
        }
        match self.sources.resolve(module, &names)? {
            Target::Item(found) => match &*found.item {
                Item::Type(alias) => {
                    let inner = self.alias_arguments(module, written, &found, alias, way, arguments)?;
                    self.read(&found.module, &alias.ty, way, &inner)
                }
                Item::Struct(item) => {
                    self.named(found.clone(), &item.attrs, item.generics.type_params().count(), way)
                }
                Item::Enum(item) => {
                    self.named(found.clone(), &item.attrs, item.generics.type_params().count(), way)
                }
                _ => bail!("`{found}` is no type"),
            },
            Target::Module(module) => bail!("`{module}` is a module, no type"),
            Target::Foreign(path) => {
                let Some(known) = known(&path) else { bail!("the type `{path}` is not understood") };
                let given = type_arguments(written);
                let mut inner = Vec::new();
                for argument in given {
                    inner.push(self.read(module, argument, way, arguments)?);
                }
                foreign(&path, known, inner)
            }
        }
    }

    /// What stands for the parameters of an alias: what is given, or its defaults.
    pub(super) fn alias_arguments(
        &mut self,
        module: &str,
        written: &TypePath,
        found: &Found,
        alias: &ItemType,
        way: Way,
        arguments: &Arguments,
    ) -> Result<Arguments> {
        let given = type_arguments(written);
        let mut inner = Arguments::new();
        let parameters = alias.generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Type(parameter) => Some(parameter),
            GenericParam::Lifetime(_) | GenericParam::Const(_) => None,
        });
        for (at, parameter) in parameters.enumerate() {
            let of = match (given.get(at), &parameter.default) {
                (Some(given), _) => self.read(module, given, way, arguments)?,
                (None, Some(default)) => self.read(&found.module, default, way, &inner.clone())?,
                (None, None) => bail!("`{found}` wants an argument for `{}`", parameter.ident),
            };
            inner.insert(parameter.ident.to_string(), of);
        }
        Ok(inner)
    }

    fn named(
        &mut self,
        found: Found,
        attributes: &[syn::Attribute],
        parameters: usize,
        way: Way,
    ) -> Result<Ts> {
        let wanted = match way {
            Way::Received => "Serialize",
            Way::Sent => "Deserialize",
        };
        if parameters > 0 {
            bail!("`{found}` has type parameters, which are not understood");
        }
        if !derives(attributes, wanted) {
            let file = self.sources.file(&found.module);
            bail!("{file}: `{}` does not derive {wanted}; hand-written ones cannot be read", found.name);
        }
        let name = found.name.clone();
        if self.seen.insert((found.to_string(), way)) {
            self.waiting.push((found, way));
        }
        Ok(Ts::Name(name))
    }
}

fn foreign(path: &str, known: Known, inner: Vec<Ts>) -> Result<Ts> {
    let mut inner = inner.into_iter();
    let all = (known, inner.next(), inner.next(), inner.next());
    Ok(match all {
        (Known::Word(word), None, ..) => Ts::Word(word),
        (Known::Inner, Some(of), None, _) => of,
        (Known::Option, Some(of), None, _) => of.or_null(),
        (Known::List, Some(of), None, _) => Ts::Array(Box::new(of)),
        (Known::Map, Some(Ts::Word("string")), Some(of), None) => Ts::Record(Box::new(of)),
        (Known::Map, Some(_), ..) => bail!("a `{path}` whose keys are not strings is not understood"),
        _ => bail!("`{path}` with these arguments is not understood"),
    })
}

pub(super) fn names_of(written: &TypePath) -> Result<Vec<String>> {
    if written.qself.is_some() {
        bail!("an associated type is not understood");
    }
    Ok(written.path.segments.iter().map(|segment| segment.ident.to_string()).collect())
}

/// The type arguments of the last segment.
pub(super) fn type_arguments(written: &TypePath) -> Vec<&Type> {
    let Some(last) = written.path.segments.last() else { return Vec::new() };
    let PathArguments::AngleBracketed(given) = &last.arguments else { return Vec::new() };
    let types = given.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(of) => Some(of),
        _ => None,
    });
    types.collect()
}
