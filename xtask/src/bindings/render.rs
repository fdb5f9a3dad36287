//! TypeScript as text.

use super::shapes::Declaration;
use super::types::{Choice, Field, Ts};

/// A declaration stays on one line up to here.
const WIDTH_CHARACTERS: usize = 120;

pub(super) fn declaration(name: &str, declared: &Declaration) -> String {
    let docs = docs(&declared.docs, "");
    match &declared.of {
        Ts::Object(fields) if fields.is_empty() => {
            format!("{docs}export type {name} = Record<string, never>;\n")
        }
        Ts::Object(fields) => format!("{docs}export interface {name} {{\n{}}}\n", lines(fields, "  ")),
        Ts::Either(choices) => {
            let line = format!("export type {name} = {};\n", inline(&declared.of));
            let documented = choices.iter().any(|choice| !choice.docs.is_empty() || has_docs(&choice.of));
            let strings = choices.iter().all(|choice| matches!(choice.of, Ts::Literal(_)));
            if !documented && line.len() <= WIDTH_CHARACTERS && strings {
                return docs + &line;
            }
            let all: Vec<String> = choices.iter().map(choice).collect();
            format!("{docs}export type {name} =\n{};\n", all.join("\n"))
        }
        of => format!("{docs}export type {name} = {};\n", nested(of, "")),
    }
}

fn choice(of: &Choice) -> String {
    format!("{}  | {}", docs(&of.docs, "  "), nested(&of.of, "    "))
}

/// One member per line.
fn lines(fields: &[Field], indent: &str) -> String {
    let line = |field: &Field| {
        format!("{}{indent}{};\n", docs(&field.docs, indent), member(field, &nested(&field.of, indent)))
    };
    fields.iter().map(line).collect()
}

/// On one line unless there is documentation in it.
fn nested(of: &Ts, indent: &str) -> String {
    match of {
        Ts::Object(fields) if has_docs(of) => {
            format!("{{\n{}{indent}}}", lines(fields, &format!("{indent}  ")))
        }
        Ts::Both(all) if has_docs(of) => {
            all.iter().map(|one| nested(one, indent)).collect::<Vec<_>>().join(" & ")
        }
        _ => inline(of),
    }
}

fn has_docs(of: &Ts) -> bool {
    match of {
        Ts::Object(fields) => fields.iter().any(|field| !field.docs.is_empty() || has_docs(&field.of)),
        Ts::Both(all) => all.iter().any(has_docs),
        _ => false,
    }
}

pub(super) fn inline(of: &Ts) -> String {
    let grouped = |of: &Ts| match of {
        Ts::Either(choices) if choices.len() > 1 => format!("({})", inline(of)),
        Ts::Both(_) => format!("({})", inline(of)),
        _ => inline(of),
    };
    match of {
        Ts::Word(word) => (*word).to_owned(),
        Ts::Name(name) => name.clone(),
        Ts::Literal(text) => quoted(text),
        Ts::Null => "null".to_owned(),
        Ts::Array(of) => format!("{}[]", grouped(of)),
        Ts::Record(of) => format!("Record<string, {}>", inline(of)),
        Ts::Tuple(all) => format!("[{}]", all.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Ts::Object(fields) if fields.is_empty() => "Record<string, never>".to_owned(),
        Ts::Object(fields) => {
            let all: Vec<String> = fields.iter().map(|field| member(field, &inline(&field.of))).collect();
            format!("{{ {} }}", all.join("; "))
        }
        Ts::Both(all) => all.iter().map(grouped).collect::<Vec<_>>().join(" & "),
        Ts::Either(choices) => {
            choices.iter().map(|choice| inline(&choice.of)).collect::<Vec<_>>().join(" | ")
        }
    }
}

fn member(field: &Field, of: &str) -> String {
    format!("{}{}: {of}", key(&field.name), if field.optional { "?" } else { "" })
}

/// A name of a member, quoted where it has to be.
pub(super) fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if plain && !name.starts_with(|c: char| c.is_ascii_digit()) { name.to_owned() } else { quoted(name) }
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'").replace('\n', "\\n"))
}

pub(super) fn docs(lines: &[String], indent: &str) -> String {
    match lines {
        [] => String::new(),
        [only] => format!("{indent}/** {only} */\n"),
        many => {
            let inner: String =
                many.iter().map(|line| format!("{indent} * {line}").trim_end().to_owned() + "\n").collect();
            format!("{indent}/**\n{inner}{indent} */\n")
        }
    }
}
