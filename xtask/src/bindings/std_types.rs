//! Types that are not ours, as serde writes them in JSON.

/// What a foreign type is in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Word(&'static str),
    /// As its only type argument.
    Inner,
    Option,
    List,
    /// An object with any keys.
    Map,
}

/// `None`: not known.
pub(super) fn known(path: &str) -> Option<Known> {
    let path = path.strip_prefix("core::").or_else(|| path.strip_prefix("alloc::")).unwrap_or(path);
    Some(match path.strip_prefix("std::").unwrap_or(path) {
        "bool" => Known::Word("boolean"),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize"
        | "f32" | "f64" => Known::Word("number"),
        "char" | "str" | "String" | "string::String" | "path::PathBuf" | "path::Path" => {
            Known::Word("string")
        }
        "serde_json::Value" => Known::Word("unknown"),
        "Box" | "boxed::Box" | "sync::Arc" | "rc::Rc" | "borrow::Cow" => Known::Inner,
        "Option" | "option::Option" => Known::Option,
        "Vec" | "vec::Vec" | "collections::VecDeque" | "collections::BTreeSet" | "collections::HashSet" => {
            Known::List
        }
        "collections::BTreeMap" | "collections::HashMap" => Known::Map,
        _ => return None,
    })
}

/// What a module for `#[serde(with = ...)]` writes.
pub(super) fn written_with(module: &str) -> Option<Known> {
    match module {
        "time::serde::rfc3339" | "time::serde::iso8601" => Some(Known::Word("string")),
        "time::serde::timestamp" | "time::serde::timestamp::milliseconds" => Some(Known::Word("number")),
        _ => None,
    }
}

/// What Tauri itself hands to a command; the interface sends nothing for it.
pub(super) fn handed_by_tauri(path: &str) -> bool {
    ["State", "AppHandle", "Window", "Webview", "WebviewWindow"]
        .iter()
        .any(|name| path.strip_prefix("tauri::") == Some(name))
}
