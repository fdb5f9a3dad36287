//! What is not understood is an error that says where and what.

use super::{SHELL, of_files, refusal};

fn says(types: &str, words: &[&str]) {
    let error = refusal(types);
    for word in words {
        assert!(error.contains(word), "{word} is not in: {error}");
    }
}

#[test]
fn attributes_that_are_not_known() {
    let field = |attribute: &str| format!("#[derive(Serialize)] struct T {{ #[{attribute}] odd: u8 }}");
    let place = ["app/lib.rs: `T`", "field `odd`"];
    says(&field("serde(serialize_with = \"x\")"), &[place[0], place[1], "#[serde(serialize_with ...)]"]);
    says(&field("serde(skip_serializing)"), &[place[0], place[1], "skip_serializing"]);
    says(&field("serde(rename(serialize = \"x\"))"), &[place[0], "#[serde(rename ...)]"]);
    says(&field("serde(with = \"odd::module\")"), &[place[0], place[1], "odd::module"]);
    says(&field("cfg(unix)"), &[place[0], place[1], "#[cfg(...)]"]);
    says(&field("cfg_attr(x, serde(skip))"), &[place[0], place[1], "cfg_attr"]);
    says("#[derive(Serialize)] #[serde(into = \"X\")] struct T;", &[place[0], "into"]);
    says(
        "#[derive(Serialize)] #[serde(rename_all = \"x\")] struct T;",
        &[place[0], "serde has no casing \"x\""],
    );
    says("#[derive(Serialize)] enum T { #[serde(other)] A }", &[place[0], "variant `A`", "other"]);
}

#[test]
fn types_that_are_not_known() {
    let field = |of: &str| format!("#[derive(Serialize)] struct T {{ odd: {of} }}");
    says(&field("std::time::Duration"), &["app/lib.rs: `T`", "field `odd`", "`std::time::Duration`"]);
    says(&field("fn()"), &["field `odd`", "this kind of type"]);
    says(&field("Result<u8, u8>"), &["field `odd`", "`Result`"]);
    says(&field("std::collections::HashMap<u8, u8>"), &["keys are not strings"]);
    says(&field("crate::nowhere::X"), &["nowhere"]);
    says(
        "#[derive(Serialize)] struct T { odd: G<u8> } #[derive(Serialize)] struct G<X>(X);",
        &["type parameters"],
    );
    says("#[derive(Serialize)] #[serde(tag = \"is\")] enum T { A(u8) }", &["variant `A`", "a tag beside"]);
    says("#[derive(Serialize)] struct T { #[serde(flatten)] odd: Vec<u8> }", &["flatten"]);
}

#[test]
fn types_without_the_derive() {
    says("struct T;", &["command `swap`", "its answer", "app/lib.rs: `T` does not derive Serialize"]);
    says("#[derive(Serialize)] struct U;", &["argument `theOld`", "`U` does not derive Deserialize"]);
}

#[test]
fn commands_that_cannot_be_read() {
    let error = |shell: &str| format!("{:#}", of_files(&[("app/lib.rs", shell)]).expect_err("refused"));
    let types = "#[derive(Serialize)] struct T; #[derive(Deserialize)] struct U;";
    let missing = error(&format!("{}{types}", SHELL.replace("![swap]", "![swap, gone]")));
    assert!(missing.contains("command `gone`"), "{missing}");
    let none = error(&format!("{}{types}", SHELL.replace("generate_handler", "other")));
    assert!(none.contains("0 `generate_handler!`"), "{none}");
    let plain = error(&format!("{}{types}", SHELL.replace("#[tauri::command]", "")));
    assert!(plain.contains("no `#[tauri::command]`"), "{plain}");
    let odd = error(&format!("{}{types}", SHELL.replace("tauri::command]", "tauri::command(root = \"x\")]")));
    assert!(odd.contains("not understood"), "{odd}");
}
