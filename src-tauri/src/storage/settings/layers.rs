//! Layers of settings: the program's defaults, an administrator's values, and the user's on top. Names of
//! settings are paths of at most two parts, e.g. `theme` or `keys.mute`.

use serde_json::{Map, Value};

use super::model::Settings;
use super::validate;

/// `base` with the values of `from` laid over it. A value that cannot be is left out, and its name is in
/// the second part; unknown names are ignored.
pub(super) fn overlay(base: &Settings, from: &Map<String, Value>) -> (Settings, Vec<String>) {
    let (mut whole, mut refused) = (base.clone(), Vec::new());
    for name in names(base) {
        let Some(value) = at(from, &name) else { continue };
        match with(&whole, &name, value) {
            Some(changed) => whole = changed,
            None => refused.push(name),
        }
    }
    // A block that is not a block has no names below it.
    for block in blocks(base) {
        if from.get(&block).is_some_and(|value| !value.is_object()) {
            refused.push(block);
        }
    }
    // Two values may only be wrong together, e.g. one key for two actions: the order decides then.
    (whole, refused)
}

/// What `settings` has different from `base`.
pub(super) fn difference(base: &Settings, settings: &Settings) -> Map<String, Value> {
    let (old, new) = (as_map(base), as_map(settings));
    let mut changed = Map::new();
    for name in names(base) {
        if let Some(value) = at(&new, &name).filter(|value| at(&old, &name) != Some(value)) {
            put(&mut changed, &name, value.clone());
        }
    }
    changed
}

/// `settings` with the named values taken from `fixed`.
pub(super) fn with_fixed(settings: &Settings, fixed: &Settings, names: &[String]) -> Settings {
    let source = as_map(fixed);
    let mut whole = as_map(settings);
    for name in names {
        if let Some(value) = at(&source, name) {
            put(&mut whole, name, value.clone());
        }
    }
    serde_json::from_value(Value::Object(whole)).unwrap_or_else(|_| settings.clone())
}

/// The settings that `name` stands for: itself, or everything of a block; empty: there is none of that name.
pub(super) fn meant_by(name: &str) -> Vec<String> {
    let below = format!("{name}.");
    names(&Settings::default())
        .into_iter()
        .filter(|known| known == name || known.starts_with(&below))
        .collect()
}

/// Every setting by its name. Lists count as one value.
fn names(settings: &Settings) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in as_map(settings) {
        match value {
            Value::Object(block) => names.extend(block.keys().map(|below| format!("{name}.{below}"))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                names.push(name);
            }
        }
    }
    names
}

fn blocks(settings: &Settings) -> Vec<String> {
    as_map(settings).into_iter().filter(|(_, value)| value.is_object()).map(|(name, _)| name).collect()
}

fn with(settings: &Settings, name: &str, value: &Value) -> Option<Settings> {
    let mut whole = as_map(settings);
    put(&mut whole, name, value.clone());
    let changed: Settings = serde_json::from_value(Value::Object(whole)).ok()?;
    validate::first_invalid(&changed).is_none().then_some(changed)
}

fn at<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    match name.split_once('.') {
        None => map.get(name),
        Some((block, below)) => map.get(block)?.as_object()?.get(below),
    }
}

fn put(map: &mut Map<String, Value>, name: &str, value: Value) {
    match name.split_once('.') {
        None => drop(map.insert(name.to_owned(), value)),
        Some((block, below)) => {
            let block = map.entry(block).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(block) = block {
                block.insert(below.to_owned(), value);
            }
        }
    }
}

fn as_map(settings: &Settings) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(map)) => map,
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => {
            Map::new()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::model::Theme;
    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn bad_values_go_one_by_one() {
        let from = map(json!({
            "theme": "dark",
            "ring_volume": "loud",
            "language": "fr",
            "unheard_of": 7,
            "quiet_hours": { "from": "21:30", "until": "soon", "days": [true] },
            "keys": 7,
            "replies": ["Later", 8],
        }));
        let (settings, refused) = overlay(&Settings::default(), &from);
        assert_eq!(
            refused,
            ["language", "quiet_hours.days", "quiet_hours.until", "replies", "ring_volume", "keys"]
        );
        let mut expected = Settings { theme: Theme::Dark, ..Settings::default() };
        expected.quiet_hours.from = "21:30".into();
        assert_eq!(settings, expected);
    }

    #[test]
    fn only_what_differs_is_kept_and_comes_back() {
        let mut settings =
            Settings { ring_volume: 0.25, replies: vec!["Später".into()], ..Settings::default() };
        settings.keys.mute = None;
        let changed = difference(&Settings::default(), &settings);
        assert_eq!(changed.keys().collect::<Vec<_>>(), ["keys", "replies", "ring_volume"]);
        assert_eq!(overlay(&Settings::default(), &changed), (settings, Vec::new()));
    }

    #[test]
    fn names_mean_themselves_or_their_block() {
        assert_eq!(meant_by("theme"), ["theme"]);
        assert_eq!(meant_by("keys").len(), 4);
        assert_eq!(meant_by("keys.mute"), ["keys.mute"]);
        assert!(meant_by("password").is_empty());
    }

    #[test]
    fn fixed_values_stay() {
        let mut fixed = Settings::default();
        fixed.keys.mute = Some("F8".into());
        let mut asked = Settings::default();
        asked.keys.mute = None;
        asked.ring_volume = 0.1;
        let settings = with_fixed(&asked, &fixed, &["keys.mute".to_owned()]);
        assert_eq!(settings.keys.mute.as_deref(), Some("F8"));
        assert_eq!(settings.ring_volume, 0.1);
    }
}
