//! Mutator for inputs that are lines of JSON: it moves lines, swaps values between them and puts in values
//! that parsers dislike. libFuzzer's byte changes would hardly ever be JSON again.

use serde_json::{Value, json};

/// Words that have been trouble somewhere.
const WORDS: &[&str] = &[
    "",
    " ",
    ".",
    "..",
    "../..",
    "a/b",
    "%2e%2e",
    "a?b#c",
    "a\\b",
    "\u{0}",
    "\u{202e}x",
    "null",
    "0",
    "-1",
    "NaN",
    "undefined",
    "[object Object]",
    "room_1_x",
    "dealer@x.example:tech@x.example:POST_1",
    "2026-01-05T10:00:00.000Z",
    "9999-99-99T99:99:99Z",
    "-0001-01-01T00:00:00Z",
];

/// Small and fast; nothing depends on its quality.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (sides.max(1) as u64)).unwrap_or(0)
    }
}

/// Changes the first `size` bytes of `data`, which has room for `max_size`; returns the new size.
/// `bytes` is the fuzzer's own mutator.
pub fn lines(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    bytes: impl Fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let mut dice = Dice(u64::from(seed) << 1 | 1);
    let known = data.get(..size).unwrap_or_default();
    let text = String::from_utf8_lossy(known);
    let mut lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    if lines.is_empty() || dice.roll(16) == 0 {
        return bytes(data, size, max_size);
    }
    for _ in 0..=dice.roll(4) {
        change(&mut lines, &mut dice);
    }
    let mut out = Vec::new();
    for line in &lines {
        let line = line.to_string();
        if out.len() + line.len() + 1 > max_size.min(data.len()) {
            break;
        }
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    if let Some(place) = data.get_mut(..out.len()) {
        place.copy_from_slice(&out);
    }
    out.len()
}

fn change(lines: &mut Vec<Value>, dice: &mut Dice) {
    let (one, other) = (dice.roll(lines.len()), dice.roll(lines.len()));
    match dice.roll(12) {
        0 => lines.swap(one, other),
        1 => lines.insert(other, lines[one].clone()),
        2 if lines.len() > 1 => drop(lines.remove(one)),
        3..=6 => {
            // A value of another place.
            let donor = count(&lines[other]);
            let donated = nth(&mut lines[other], &mut dice.roll(donor)).cloned();
            replace(&mut lines[one], donated.unwrap_or_default(), dice);
        }
        _ => {
            let value = odd(dice);
            replace(&mut lines[one], value, dice);
        }
    }
}

fn replace(line: &mut Value, value: Value, dice: &mut Dice) {
    let nodes = count(line);
    let Some(node) = nth(line, &mut dice.roll(nodes)) else { return };
    match (node, dice.roll(4)) {
        (Value::Object(fields), 0) => {
            let name = fields.keys().nth(dice.roll(fields.len())).cloned();
            if let Some(name) = name {
                fields.remove(&name);
            }
        }
        (Value::Object(fields), 1) => {
            let name = fields.keys().nth(dice.roll(fields.len())).cloned();
            fields.insert(name.unwrap_or_default(), value);
        }
        (Value::Array(items), 0) => items.push(value),
        (Value::Array(items), 1) => drop(items.pop()),
        (Value::String(text), 0) => text.push_str(WORDS[dice.roll(WORDS.len())]),
        (node, _) => *node = value,
    }
}

fn odd(dice: &mut Dice) -> Value {
    match dice.roll(14) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(false),
        3 => json!(0),
        4 => json!(-1),
        5 => json!(u64::MAX),
        6 => json!(i64::MIN),
        7 => json!(1e308),
        8 => json!(0.5),
        9 => json!([]),
        10 => json!({}),
        11 => json!("x".repeat(dice.roll(400))),
        _ => json!(WORDS[dice.roll(WORDS.len())]),
    }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The value at that place, counted from the outside in.
fn nth<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, place)),
        Value::Object(fields) => fields.values_mut().find_map(|item| nth(item, place)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_out_is_json_again_and_fits() {
        let story = b"{\"in\":\"opened\"}\n{\"in\":{\"event\":\"x\",\"args\":[{\"a\":[1,\"b\"]}]}}\n";
        let mut changed = 0;
        for seed in 0..2000 {
            let mut data = vec![0; 512];
            data[..story.len()].copy_from_slice(story);
            let size = lines(&mut data, story.len(), 512, seed, |_, size, _| size);
            assert!(size <= 512);
            let text = std::str::from_utf8(&data[..size]).unwrap();
            assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");
            changed += usize::from(data[..size] != story[..]);
        }
        assert!(changed > 1000);
    }
}
