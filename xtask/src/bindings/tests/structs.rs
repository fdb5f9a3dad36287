//! Structs and what serde's attributes do to their fields.

use super::{of_types, received, sent};

#[test]
fn types_of_fields() {
    let fields = "a: bool, b: u64, c: f32, d: String, e: &'static str, f: Option<u8>, g: Vec<Option<u8>>,
        h: [bool; 7], i: Box<std::sync::Arc<str>>, j: (u8, String), k: std::path::PathBuf,
        l: std::collections::BTreeMap<String, Vec<u8>>, m: serde_json::Value, n: &'static [u8]";
    let wanted = "interface T {
  a: boolean;
  b: number;
  c: number;
  d: string;
  e: string;
  f: number | null;
  g: (number | null)[];
  h: boolean[];
  i: string;
  j: [number, string];
  k: string;
  l: Record<string, number[]>;
  m: unknown;
  n: number[];
}";
    assert_eq!(received(&format!("#[derive(Serialize)] struct T {{ {fields} }}")), wanted);
}

#[test]
fn documentation_comes_along() {
    let text = of_types(
        "/// Of a call; `None` in [`U`](crate::U).
        #[derive(Serialize)] struct T {
            /// One line.
            a: u8,
            /// Two,
            /// here.
            b: u8,
        }
        #[derive(Deserialize)] struct U;",
    )
    .unwrap();
    let wanted = "/** Of a call; `null` in `U`. */
export interface T {
  /** One line. */
  a: number;
  /**
   * Two,
   * here.
   */
  b: number;
}
";
    assert!(text.contains(wanted), "{text}");
}

#[test]
fn newtypes_are_what_they_hold() {
    assert_eq!(received("#[derive(Serialize)] struct T(pub u32);"), "type T = number;");
    assert_eq!(received("#[derive(Serialize)] struct T(u32, String);"), "type T = [number, string];");
    assert_eq!(received("#[derive(Serialize)] struct T;"), "type T = null;");
    let transparent = "#[derive(Serialize)] #[serde(transparent)] struct T { only: Vec<String> }";
    assert_eq!(received(transparent), "type T = string[];");
}

#[test]
fn renamed() {
    let one = "#[derive(Serialize)] #[serde(rename_all = \"camelCase\")]
        struct T { first_name: u8, #[serde(rename = \"last-name\")] last: u8, r#type: u8 }";
    assert_eq!(
        received(one),
        "interface T {\n  firstName: number;\n  'last-name': number;\n  type: number;\n}"
    );
}

#[test]
fn skipped_and_left_out() {
    let one = "#[derive(Serialize)] struct T {
        #[serde(skip)] hidden: fn(),
        #[serde(skip_serializing_if = \"Option::is_none\")] maybe: Option<u8>,
        #[serde(skip_serializing_if = \"Vec::is_empty\")] some: Vec<u8>,
        #[serde(default)] always: u8,
    }";
    assert_eq!(received(one), "interface T {\n  maybe?: number;\n  some?: number[];\n  always: number;\n}");
}

#[test]
fn defaults_may_be_left_out_by_who_sends() {
    let one = "#[derive(Deserialize)] struct U { a: u8, #[serde(default)] b: u8, #[serde(default = \"c\")] c: Option<u8> }";
    assert_eq!(sent(one), "interface U {\n  a: number;\n  b?: number;\n  c?: number | null;\n}");
    let all = "#[derive(Deserialize)] #[serde(default, deny_unknown_fields)] struct U { #[serde(alias = \"z\")] a: u8 }";
    assert_eq!(sent(all), "interface U {\n  a?: number;\n}");
}

/// What is received has every field, and can be sent as it is.
#[test]
fn one_that_goes_both_ways_is_whole() {
    let text = of_types(
        "#[derive(Serialize)] struct T { inner: Inner }
        #[derive(Deserialize)] struct U { inner: Inner }
        #[derive(Serialize, Deserialize)] #[serde(default)] struct Inner { a: u8 }",
    )
    .unwrap();
    assert!(text.contains("export interface Inner {\n  a: number;\n}\n"), "{text}");
}

#[test]
fn flattened() {
    let one = "#[derive(Serialize)] struct T { #[serde(flatten)] inner: Inner, own: u8 }
        #[derive(Serialize)] struct Inner { a: u8 }";
    assert_eq!(received(one), "type T = Inner & { own: number };");
}

#[test]
fn times_are_what_their_module_writes() {
    let one = "#[derive(Serialize)] struct T {
        #[serde(with = \"time::serde::rfc3339\")] at: time::OffsetDateTime,
        #[serde(with = \"time::serde::timestamp\")] unix: time::OffsetDateTime,
    }";
    assert_eq!(received(one), "interface T {\n  at: string;\n  unix: number;\n}");
}
