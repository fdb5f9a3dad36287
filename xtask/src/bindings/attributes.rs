//! What attributes say of a type, a variant or a field: serde's words, derives, documentation.

use anyhow::{Context, Result, bail};
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token};

use super::case::Case;

/// serde's words about a struct or an enum.
#[derive(Debug, Default)]
pub(super) struct Container {
    pub(super) rename_all: Option<Case>,
    /// Of the fields of all variants.
    pub(super) rename_all_fields: Option<Case>,
    pub(super) tag: Option<String>,
    pub(super) content: Option<String>,
    pub(super) untagged: bool,
    pub(super) transparent: bool,
    /// Every field may be left out when it is read.
    pub(super) default: bool,
}

/// serde's words about a variant.
#[derive(Debug, Default)]
pub(super) struct Variant {
    pub(super) rename: Option<String>,
    /// Of its fields.
    pub(super) rename_all: Option<Case>,
    pub(super) skip: bool,
}

/// serde's words about a field.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) rename: Option<String>,
    pub(super) skip: bool,
    pub(super) default: bool,
    pub(super) flatten: bool,
    /// The condition under which it is left out when it is written.
    pub(super) skip_serializing_if: Option<String>,
    pub(super) with: Option<String>,
}

pub(super) fn container(attributes: &[Attribute]) -> Result<Container> {
    let mut found = Container::default();
    each(attributes, |word, meta| {
        match word {
            "rename_all" => found.rename_all = Some(case(meta)?),
            "rename_all_fields" => found.rename_all_fields = Some(case(meta)?),
            "tag" => found.tag = Some(text(meta)?),
            "content" => found.content = Some(text(meta)?),
            "untagged" => found.untagged = true,
            "transparent" => found.transparent = true,
            "default" => found.default = maybe_text(meta)?,
            // About reading only, and what is read stays the same or is refused.
            "deny_unknown_fields" => {}
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(found)
}

pub(super) fn variant(attributes: &[Attribute]) -> Result<Variant> {
    let mut found = Variant::default();
    each(attributes, |word, meta| {
        match word {
            "rename" => found.rename = Some(text(meta)?),
            "rename_all" => found.rename_all = Some(case(meta)?),
            "skip" => found.skip = true,
            // A second name for reading; the first one is what we write.
            "alias" => drop(text(meta)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(found)
}

pub(super) fn field(attributes: &[Attribute]) -> Result<Field> {
    let mut found = Field::default();
    each(attributes, |word, meta| {
        match word {
            "rename" => found.rename = Some(text(meta)?),
            "skip" => found.skip = true,
            "default" => found.default = maybe_text(meta)?,
            "flatten" => found.flatten = true,
            "skip_serializing_if" => found.skip_serializing_if = Some(text(meta)?),
            "with" => found.with = Some(text(meta)?),
            "alias" => drop(text(meta)?),
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(found)
}

/// Gives every word of `#[serde(...)]` to `read`, which says whether it knows it. An attribute that may or
/// may not be there is not understood either.
fn each(
    attributes: &[Attribute],
    mut read: impl FnMut(&str, &ParseNestedMeta<'_>) -> syn::Result<bool>,
) -> Result<()> {
    for attribute in attributes {
        if attribute.path().is_ident("cfg") {
            bail!("`#[cfg(...)]` is not understood here: the interface is the same on every system");
        }
        if let Meta::List(list) = &attribute.meta
            && list.path.is_ident("cfg_attr")
            && list.tokens.to_string().contains("serde")
        {
            bail!("`#[cfg_attr({})]` is not understood here", list.tokens);
        }
        if !attribute.path().is_ident("serde") {
            continue;
        }
        let mut word = String::new();
        let parsed = attribute.parse_nested_meta(|meta| {
            word = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            if read(&word, &meta)? { Ok(()) } else { Err(meta.error("not understood")) }
        });
        parsed.with_context(|| format!("`#[serde({word} ...)]`"))?;
    }
    Ok(())
}

fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<String> {
    Ok(meta.value()?.parse::<LitStr>()?.value())
}

/// For words that stand alone or with a value that does not matter.
fn maybe_text(meta: &ParseNestedMeta<'_>) -> syn::Result<bool> {
    if meta.input.peek(Token![=]) {
        text(meta)?;
    }
    Ok(true)
}

fn case(meta: &ParseNestedMeta<'_>) -> syn::Result<Case> {
    let rule = text(meta)?;
    Case::parse(&rule).map_err(|error| meta.error(error))
}

/// Whether `#[derive(...)]` has a trait of that name.
pub(super) fn derives(attributes: &[Attribute], wanted: &str) -> bool {
    let mut has = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("derive")) {
        // What rustc refuses is not our business.
        let _ = attribute.parse_nested_meta(|meta| {
            has |= meta.path.segments.last().is_some_and(|last| last.ident == wanted);
            Ok(())
        });
    }
    has
}

/// The documentation, in the words of TypeScript.
pub(super) fn docs(attributes: &[Attribute]) -> Vec<String> {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(plain(&text.value())),
            _ => None,
        },
        _ => None,
    };
    attributes.iter().filter_map(line).collect()
}

/// Without links to items; `None` is `null`.
fn plain(line: &str) -> String {
    let mut line = line.trim().replace("`None`", "`null`").replace("[`", "`").replace("*/", "* /");
    while let Some(start) = line.find("`](") {
        let end = line.get(start..).and_then(|rest| rest.find(')')).map_or(line.len(), |end| start + end + 1);
        line.replace_range(start + 1..end, "");
    }
    line.replace("`]", "`")
}

/// `#[cfg(test)]`.
pub(super) fn only_in_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        Meta::Path(_) | Meta::NameValue(_) => false,
    })
}

/// `#[path = "..."]` of a module.
pub(super) fn path_attribute(attributes: &[Attribute]) -> Result<Option<String>> {
    for attribute in attributes {
        match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => {
                if let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value {
                    return Ok(Some(text.value()));
                }
                bail!("a module's `#[path = ...]` is no text");
            }
            Meta::List(list)
                if list.path.is_ident("cfg_attr") && list.tokens.to_string().contains("path =") =>
            {
                bail!("`#[cfg_attr({})]` on a module is not understood", list.tokens);
            }
            Meta::List(_) | Meta::NameValue(_) | Meta::Path(_) => {}
        }
    }
    Ok(None)
}
