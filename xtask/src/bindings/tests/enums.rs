//! Enums in the four ways serde writes them.

use super::received;

const VARIANTS: &str = "Plain, OneThing(Inner), WithFields { some_field: u8 }";
const INNER: &str = "#[derive(Serialize)] struct Inner { a: u8 }";

fn tagged(attribute: &str) -> String {
    received(&format!("#[derive(Serialize)] #[serde({attribute})] enum T {{ {VARIANTS} }} {INNER}"))
}

#[test]
fn plain_variants_are_words() {
    let plain = "#[derive(Serialize)] #[serde(rename_all = \"snake_case\")] enum T {
        HungUp, #[serde(rename = \"gone\")] ConnectionLost, #[serde(skip)] Never }";
    assert_eq!(received(plain), "type T = 'hung_up' | 'gone';");
}

#[test]
fn documented_variants_have_their_lines() {
    let plain = "#[derive(Serialize)] enum T { /// The one.
        One, Two }";
    let text = super::of_types(&format!("{plain} #[derive(Deserialize)] struct U;")).unwrap();
    assert!(text.contains("export type T =\n  /** The one. */\n  | 'One'\n  | 'Two';\n"), "{text}");
}

#[test]
fn externally_tagged() {
    let wanted = "type T =
  | 'plain'
  | { oneThing: Inner }
  | { withFields: { someField: number } };";
    let attribute = "rename_all = \"camelCase\", rename_all_fields = \"camelCase\"";
    assert_eq!(tagged(attribute), wanted);
}

#[test]
fn internally_tagged() {
    let wanted = "type T =
  | { is: 'plain' }
  | { is: 'one_thing' } & Inner
  | { is: 'with_fields'; some_field: number };";
    assert_eq!(tagged("rename_all = \"snake_case\", tag = \"is\""), wanted);
}

#[test]
fn adjacently_tagged() {
    let wanted = "type T =
  | { is: 'Plain' }
  | { is: 'OneThing'; of: Inner }
  | { is: 'WithFields'; of: { some_field: number } };";
    assert_eq!(tagged("tag = \"is\", content = \"of\""), wanted);
}

#[test]
fn untagged() {
    assert_eq!(tagged("untagged"), "type T =\n  | null\n  | Inner\n  | { some_field: number };");
}

#[test]
fn a_variant_may_have_its_own_casing() {
    let one = "#[derive(Serialize)] enum T { #[serde(rename_all = \"UPPERCASE\")] A { b_c: u8 } }";
    assert_eq!(received(one), "type T =\n  | { A: { B_C: number } };");
}
