//! The seam itself: the commands of the invoke handler, the events, the codes of failures, and every type
//! they need.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use syn::punctuated::Punctuated;
use syn::visit::Visit;
use syn::{
    Attribute, Expr, FnArg, ImplItem, Item, ItemConst, ItemFn, Lit, Macro, Meta, Pat, ReturnType, Token, Type,
};

use super::attributes::docs;
use super::case::Case;
use super::shapes::Declaration;
use super::source::{Found, Sources, Target};
use super::std_types::handed_by_tauri;
use super::types::{Arguments, Reader, Ts, Way, names_of, type_arguments};

/// The trait of what is emitted; its constant of that name is the event's.
const EVENT_TRAIT: &str = "Event";
const EVENT_NAME: &str = "NAME";
/// The list of all codes of failures.
const CODES: &str = "CODES";

#[derive(Debug)]
pub(super) struct Seam {
    /// In the order of their names.
    pub(super) declared: BTreeMap<String, Declaration>,
    /// In the order of the invoke handler.
    pub(super) commands: Vec<Command>,
    /// By name.
    pub(super) events: BTreeMap<String, Event>,
    pub(super) codes: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Command {
    /// In snake case, as Tauri knows it.
    pub(super) name: String,
    pub(super) docs: Vec<String>,
    /// As Tauri expects them.
    pub(super) arguments: Vec<(String, Ts)>,
    /// `null`: nothing.
    pub(super) answer: Ts,
}

#[derive(Debug)]
pub(super) struct Event {
    pub(super) docs: Vec<String>,
    pub(super) payload: Ts,
}

pub(super) fn read(sources: &mut Sources, shell: &str) -> Result<Seam> {
    let (handlers, events, codes) = starts(sources, shell)?;
    let [(module, listed)] = handlers.as_slice() else {
        bail!("{shell} has {} `generate_handler!`, not one", handlers.len())
    };
    let mut reader = Reader::new(sources);
    let mut commands = Vec::new();
    for path in listed {
        let written = path.join("::");
        commands.push(reader.command(module, path).with_context(|| format!("command `{written}`"))?);
    }
    let mut named = BTreeMap::new();
    for (module, item) in &events {
        let file = reader.sources.file(module);
        let Some((name, event)) =
            reader.event(shell, module, item).with_context(|| format!("{file}: an event"))?
        else {
            continue;
        };
        if named.insert(name.clone(), event).is_some() {
            bail!("{file}: there is another event {name:?}");
        }
    }
    reader.finish()?;
    let [codes] = codes.as_slice() else { bail!("{shell} has {} lists `{CODES}`, not one", codes.len()) };
    let codes = texts(codes).with_context(|| format!("`{CODES}` is no list of texts"))?;
    Ok(Seam { declared: reader.declared, commands, events: named, codes })
}

type Handlers = Vec<(String, Vec<Vec<String>>)>;

/// Implementations of traits, each with the file it stands in.
type Implementations = Vec<(String, syn::ItemImpl)>;

/// Where the seam begins: handlers, implementations of traits, lists of codes.
fn starts(sources: &mut Sources, shell: &str) -> Result<(Handlers, Implementations, Vec<ItemConst>)> {
    let (mut handlers, mut events, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    for (path, module) in sources.modules(shell)? {
        let mut seeker = Seeker::default();
        for item in &module.items {
            seeker.visit_item(item);
            match &**item {
                Item::Impl(item) if item.trait_.is_some() => events.push((path.clone(), item.clone())),
                Item::Const(item) if item.ident == CODES => codes.push(item.clone()),
                _ => {}
            }
        }
        for found in seeker.0 {
            let parse = Punctuated::<syn::Path, Token![,]>::parse_terminated;
            let file = module.file.display();
            let list = found
                .parse_body_with(parse)
                .with_context(|| format!("{file}: `generate_handler!` is no list of paths"))?;
            let names = |path: &syn::Path| path.segments.iter().map(|s| s.ident.to_string()).collect();
            handlers.push((path.clone(), list.iter().map(names).collect()));
        }
    }
    Ok((handlers, events, codes))
}

/// Looks for invoke handlers.
#[derive(Default)]
struct Seeker<'a>(Vec<&'a Macro>);

impl<'a> Visit<'a> for Seeker<'a> {
    fn visit_macro(&mut self, found: &'a Macro) {
        if found.path.segments.last().is_some_and(|last| last.ident == "generate_handler") {
            self.0.push(found);
        }
    }
}

impl Reader<'_> {
    fn command(&mut self, module: &str, path: &[String]) -> Result<Command> {
        let Target::Item(found) = self.sources.resolve(module, path)? else { bail!("no function") };
        let Item::Fn(function) = &*found.item else { bail!("no function") };
        let case = argument_case(&function.attrs)?;
        let mut arguments = Vec::new();
        for argument in &function.sig.inputs {
            let FnArg::Typed(argument) = argument else { bail!("a method cannot be a command") };
            if self.is_handed(&found.module, &argument.ty)? {
                continue;
            }
            let Pat::Ident(name) = &*argument.pat else { bail!("an argument without a name") };
            let name = case.field(&name.ident.to_string());
            let of = self
                .read(&found.module, &argument.ty, Way::Sent, &Arguments::new())
                .with_context(|| format!("argument `{name}`"))?;
            arguments.push((name, of));
        }
        let answer = self.command_answer(&found, function).context("its answer")?;
        Ok(Command { name: found.name.clone(), docs: docs(&function.attrs), arguments, answer })
    }

    fn command_answer(&mut self, found: &Found, function: &ItemFn) -> Result<Ts> {
        match &function.sig.output {
            ReturnType::Default => Ok(Ts::Null),
            ReturnType::Type(_, written) => self.answer(&found.module, written, &Arguments::new()),
        }
    }

    /// What a promise gives: the good side of a `Result`; the other one is what it fails with.
    fn answer(&mut self, module: &str, written: &Type, arguments: &Arguments) -> Result<Ts> {
        let Type::Path(path) = written else { return self.read(module, written, Way::Received, arguments) };
        match self.sources.resolve(module, &names_of(path)?)? {
            Target::Item(found) => match &*found.item {
                Item::Type(alias) => {
                    let inner =
                        self.alias_arguments(module, path, &found, alias, Way::Received, arguments)?;
                    self.answer(&found.module, &alias.ty, &inner)
                }
                _ => self.read(module, written, Way::Received, arguments),
            },
            Target::Foreign(name) if matches!(name.as_str(), "Result" | "std::result::Result") => {
                let [good, failure] = type_arguments(path)[..] else { bail!("`{name}` without its types") };
                self.read(module, failure, Way::Received, arguments).context("its failure")?;
                self.read(module, good, Way::Received, arguments)
            }
            Target::Foreign(_) | Target::Module(_) => self.read(module, written, Way::Received, arguments),
        }
    }

    fn is_handed(&mut self, module: &str, written: &Type) -> Result<bool> {
        let Type::Path(path) = written else { return Ok(false) };
        let target = self.sources.resolve(module, &names_of(path)?)?;
        Ok(matches!(target, Target::Foreign(path) if handed_by_tauri(&path)))
    }

    /// `None`: an implementation of another trait.
    fn event(&mut self, shell: &str, module: &str, item: &syn::ItemImpl) -> Result<Option<(String, Event)>> {
        let Some((_, of_trait, _)) = &item.trait_ else { return Ok(None) };
        let names: Vec<String> = of_trait.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.last().is_none_or(|last| last != EVENT_TRAIT) {
            return Ok(None);
        }
        match self.sources.resolve(module, &names)? {
            Target::Item(found) if found.module.split("::").next() == Some(shell) => {}
            _ => return Ok(None),
        }
        let name = item.items.iter().find_map(|inner| match inner {
            ImplItem::Const(constant) if constant.ident == EVENT_NAME => text(&constant.expr),
            _ => None,
        });
        let name = name.with_context(|| format!("its `{EVENT_NAME}` is no text"))?;
        let payload = self.read(module, &item.self_ty, Way::Received, &Arguments::new())?;
        Ok(Some((name, Event { docs: docs(&item.attrs), payload })))
    }
}

/// How Tauri writes the arguments of a command.
fn argument_case(attributes: &[Attribute]) -> Result<Case> {
    let is_command = |attribute: &&Attribute| {
        let names: Vec<String> = attribute.path().segments.iter().map(|s| s.ident.to_string()).collect();
        names == ["tauri", "command"]
    };
    let attribute = attributes.iter().find(is_command).context("no `#[tauri::command]`")?;
    let mut case = Case::Camel;
    if let Meta::List(_) = attribute.meta {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename_all") {
                let rule = meta.value()?.parse::<syn::LitStr>()?.value();
                case = Case::parse(&rule).map_err(|error| meta.error(error))?;
                return Ok(());
            }
            // On which thread it runs is not the interface's business.
            if meta.path.is_ident("async") {
                return Ok(());
            }
            Err(meta.error("`#[tauri::command(...)]`: not understood"))
        })?;
    }
    Ok(case)
}

fn text(written: &Expr) -> Option<String> {
    match written {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

fn texts(list: &ItemConst) -> Option<Vec<String>> {
    let Expr::Reference(list) = &*list.expr else { return None };
    let Expr::Array(list) = &*list.expr else { return None };
    list.elems.iter().map(text).collect()
}
