//! Structs and enums as declarations of TypeScript, by the rules of serde.

use anyhow::{Context, Result, bail};
use syn::{Fields, Item, ItemEnum, ItemStruct, Type};

use super::attributes::{self, Container};
use super::case::Case;
use super::source::Found;
use super::std_types::{Known, written_with};
use super::types::{Arguments, Choice, Field, Reader, Ts, Way};

/// One type of the interface.
#[derive(Debug)]
pub(super) struct Declaration {
    /// Its path in Rust.
    pub(super) rust: String,
    pub(super) docs: Vec<String>,
    pub(super) of: Ts,
}

/// Which names and absences the fields have.
struct Rules {
    case: Option<Case>,
    way: Way,
    /// All of them may be left out by whoever sends them.
    default: bool,
}

impl Reader<'_> {
    pub(super) fn declare(&mut self, found: &Found, way: Way) -> Result<Declaration> {
        let (docs, of) = match &*found.item {
            Item::Struct(item) => (attributes::docs(&item.attrs), self.structure(found, item, way)?),
            Item::Enum(item) => (attributes::docs(&item.attrs), self.enumeration(found, item, way)?),
            _ => bail!("no type"),
        };
        Ok(Declaration { rust: found.to_string(), docs, of })
    }

    fn structure(&mut self, found: &Found, item: &ItemStruct, way: Way) -> Result<Ts> {
        let about = attributes::container(&item.attrs)?;
        if about.tag.is_some() || about.content.is_some() || about.untagged {
            bail!("a tagged struct is not understood");
        }
        let rules = Rules { case: about.rename_all, way, default: about.default };
        match &item.fields {
            Fields::Named(fields) if about.transparent => {
                let only = fields.named.iter().map(|field| (&field.ty, &field.attrs));
                self.transparent(&found.module, only, way)
            }
            Fields::Unnamed(fields) if about.transparent => {
                let only = fields.unnamed.iter().map(|field| (&field.ty, &field.attrs));
                self.transparent(&found.module, only, way)
            }
            fields => self.fields(&found.module, fields, &rules, Vec::new()),
        }
    }

    fn transparent<'f>(
        &mut self,
        module: &str,
        fields: impl Iterator<Item = (&'f Type, &'f Vec<syn::Attribute>)>,
        way: Way,
    ) -> Result<Ts> {
        let mut inner = None;
        for (of, attrs) in fields {
            if !attributes::field(attrs)?.skip && inner.replace(of).is_some() {
                bail!("`#[serde(transparent)]` with more than one field");
            }
        }
        let of = inner.context("`#[serde(transparent)]` without a field")?;
        self.read(module, of, way, &Arguments::new())
    }

    /// Fields as serde writes them; `first` comes before them in the same object.
    fn fields(&mut self, module: &str, fields: &Fields, rules: &Rules, first: Vec<Field>) -> Result<Ts> {
        match fields {
            Fields::Unit if first.is_empty() => Ok(Ts::Null),
            Fields::Unit => Ok(Ts::Object(first)),
            Fields::Named(fields) => {
                let (mut own, mut flat) = (first, Vec::new());
                for field in &fields.named {
                    let name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
                    self.field(module, &name, field, rules, &mut own, &mut flat)
                        .with_context(|| format!("field `{name}`"))?;
                }
                if flat.is_empty() {
                    return Ok(Ts::Object(own));
                }
                if !own.is_empty() {
                    flat.push(Ts::Object(own));
                }
                Ok(Ts::Both(flat))
            }
            Fields::Unnamed(fields) => {
                let mut all = Vec::new();
                for field in &fields.unnamed {
                    let about = attributes::field(&field.attrs)?;
                    if about.rename.is_some() || about.flatten || about.skip_serializing_if.is_some() {
                        bail!("attributes of a field without a name are not understood");
                    }
                    if about.skip {
                        continue;
                    }
                    all.push(self.field_type(module, &field.ty, &about, rules.way)?);
                }
                let written = match all.pop() {
                    Some(only) if fields.unnamed.len() == 1 => only,
                    Some(last) => {
                        all.push(last);
                        Ts::Tuple(all)
                    }
                    None => Ts::Tuple(all),
                };
                match (first.is_empty(), &written) {
                    (true, _) => Ok(written),
                    // The tag is written among the fields of what is inside.
                    (false, Ts::Name(_)) => Ok(Ts::Both(vec![Ts::Object(first), written])),
                    (false, _) => bail!("a tag beside something that is no struct is not understood"),
                }
            }
        }
    }

    fn field(
        &mut self,
        module: &str,
        name: &str,
        field: &syn::Field,
        rules: &Rules,
        own: &mut Vec<Field>,
        flat: &mut Vec<Ts>,
    ) -> Result<()> {
        let about = attributes::field(&field.attrs)?;
        if about.skip {
            return Ok(());
        }
        let mut of = self.field_type(module, &field.ty, &about, rules.way)?;
        if about.flatten {
            match of {
                Ts::Name(_) | Ts::Record(_) => flat.push(of),
                _ => bail!("`#[serde(flatten)]` of something that is no struct and no map"),
            }
            return Ok(());
        }
        let optional = match rules.way {
            Way::Received => about.skip_serializing_if.is_some(),
            Way::Sent => about.default || rules.default,
        };
        // Left out instead of `null`.
        if optional
            && about.skip_serializing_if.as_deref() == Some("Option::is_none")
            && let Ts::Either(choices) = &mut of
        {
            choices.retain(|choice| choice.of != Ts::Null);
            if let [only] = choices.as_slice() {
                of = only.of.clone();
            }
        }
        let name = name.strip_prefix("r#").unwrap_or(name);
        let name =
            about.rename.unwrap_or_else(|| rules.case.map_or(name.to_owned(), |case| case.field(name)));
        own.push(Field { name, docs: attributes::docs(&field.attrs), optional, of });
        Ok(())
    }

    fn field_type(
        &mut self,
        module: &str,
        written: &Type,
        about: &attributes::Field,
        way: Way,
    ) -> Result<Ts> {
        match about.with.as_deref() {
            None => self.read(module, written, way, &Arguments::new()),
            Some(with) => match written_with(with) {
                Some(Known::Word(word)) => Ok(Ts::Word(word)),
                _ => bail!("`#[serde(with = {with:?})]` is not understood"),
            },
        }
    }

    fn enumeration(&mut self, found: &Found, item: &ItemEnum, way: Way) -> Result<Ts> {
        let about = attributes::container(&item.attrs)?;
        let mut choices = Vec::new();
        for variant in &item.variants {
            let name = variant.ident.to_string();
            let of = self
                .variant(&found.module, variant, &about, way)
                .with_context(|| format!("variant `{name}`"))?;
            choices.extend(of.map(|of| Choice { docs: attributes::docs(&variant.attrs), of }));
        }
        if choices.is_empty() {
            bail!("an enum without variants is not understood");
        }
        Ok(Ts::Either(choices))
    }

    /// `None`: it never comes.
    fn variant(
        &mut self,
        module: &str,
        variant: &syn::Variant,
        container: &Container,
        way: Way,
    ) -> Result<Option<Ts>> {
        let about = attributes::variant(&variant.attrs)?;
        if about.skip {
            return Ok(None);
        }
        let name = variant.ident.to_string();
        let name = about
            .rename
            .unwrap_or_else(|| container.rename_all.map_or(name.clone(), |case| case.variant(&name)));
        let case = about.rename_all.or(container.rename_all_fields);
        let rules = Rules { case, way, default: false };
        let plain = |name: String, of: Ts| Field { name, docs: Vec::new(), optional: false, of };
        let unit = matches!(variant.fields, Fields::Unit);
        let of = match (&container.tag, &container.content) {
            _ if container.untagged => self.fields(module, &variant.fields, &rules, Vec::new())?,
            (None, None) if unit => Ts::Literal(name),
            (None, None) => {
                Ts::Object(vec![plain(name, self.fields(module, &variant.fields, &rules, Vec::new())?)])
            }
            (Some(tag), None) => {
                let first = vec![plain(tag.clone(), Ts::Literal(name))];
                self.fields(module, &variant.fields, &rules, first)?
            }
            (Some(tag), Some(_)) if unit => Ts::Object(vec![plain(tag.clone(), Ts::Literal(name))]),
            (Some(tag), Some(content)) => {
                let of = self.fields(module, &variant.fields, &rules, Vec::new())?;
                Ts::Object(vec![plain(tag.clone(), Ts::Literal(name)), plain(content.clone(), of)])
            }
            (None, Some(_)) => bail!("`content` without `tag`"),
        };
        Ok(Some(of))
    }
}
