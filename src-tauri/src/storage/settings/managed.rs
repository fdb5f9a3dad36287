//! Managed settings of an administrator: values, locks and servers for all users of a machine. Read once, at
//! the start. `docs/administrators.md` has the format.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracing::warn;

use super::layers;
use super::model::Settings;
use crate::storage::atomic_file;

/// Bytes of the file.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
const MAX_SERVERS: usize = 100;
/// Bytes of a server's parts.
const MAX_SERVER_PART_BYTES: usize = 512;

/// A server to choose when signing in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ManagedServer {
    pub(crate) label: String,
    pub(crate) server: String,
    /// Dialect id; `None` lets the server decide.
    #[serde(default)]
    pub(crate) dialect: Option<String>,
}

/// The administrator's file, read.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Managed {
    /// The program's defaults with the administrator's values.
    pub(crate) base: Settings,
    /// Names of single settings, e.g. `keys.mute`.
    pub(crate) locked: Vec<String>,
    pub(crate) servers: Vec<ManagedServer>,
    /// No other server may be used.
    pub(crate) only: bool,
    /// Not all of the file was understood.
    pub(crate) damaged: bool,
}

impl Managed {
    /// Reads the file; without one nothing is managed.
    pub(crate) fn read(file: Option<&Path>) -> Self {
        let Some(file) = file else { return Self::default() };
        match atomic_file::read(file, MAX_FILE_BYTES) {
            Ok(None) => Self::default(),
            Ok(Some(bytes)) => Self::understand(&bytes),
            Err(error) => {
                warn!(%error, "Managed settings cannot be read: no server may be used");
                // There are rules, but they cannot be read.
                Self { only: true, damaged: true, ..Self::default() }
            }
        }
    }

    /// Takes every part that is understood. The limit to servers is kept whatever else is wrong.
    fn understand(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let text = text.trim_start_matches('\u{feff}');
        let Ok(Value::Object(file)) = serde_json::from_str(text) else {
            warn!("Managed settings are not JSON: nothing is locked");
            return Self { only: text.contains("only_these_servers"), damaged: true, ..Self::default() };
        };
        let mut managed = Self::default();
        managed.take_values(file.get("settings"));
        managed.take_locks(file.get("locked"));
        managed.take_servers(file.get("servers"));
        managed.only = match file.get("only_these_servers") {
            None | Some(Value::Bool(false)) => false,
            Some(Value::Bool(true)) => true,
            Some(Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_)) => {
                managed.damaged = true;
                true
            }
        };
        for name in unknown(&file) {
            warn!(name, "Managed settings: nobody knows this name");
            managed.damaged = true;
        }
        managed
    }

    fn take_values(&mut self, values: Option<&Value>) {
        match values {
            None => {}
            Some(Value::Object(values)) => {
                let (base, refused) = layers::overlay(&self.base, values);
                self.base = base;
                for name in refused {
                    warn!(name, "Managed settings: this value cannot be");
                    self.damaged = true;
                }
            }
            Some(_) => self.damaged = true,
        }
    }

    fn take_locks(&mut self, names: Option<&Value>) {
        let names = match names {
            None => return,
            Some(Value::Array(names)) => names,
            Some(_) => {
                self.damaged = true;
                return;
            }
        };
        for name in names {
            let meant = name.as_str().map(layers::meant_by).unwrap_or_default();
            if meant.is_empty() {
                warn!(%name, "Managed settings: there is no such setting to lock");
                self.damaged = true;
            }
            self.locked.extend(meant);
        }
        // Its end is part of it: a locked one must not end by the clock.
        if self.locked.iter().any(|name| name == "do_not_disturb") {
            self.locked.push("quiet_until".to_owned());
        }
        self.locked.sort();
        self.locked.dedup();
    }

    fn take_servers(&mut self, servers: Option<&Value>) {
        let servers = match servers {
            None => return,
            Some(Value::Array(servers)) => servers,
            Some(_) => {
                self.damaged = true;
                return;
            }
        };
        for server in servers {
            let fits =
                |server: &ManagedServer| {
                    let parts = [Some(&server.label), Some(&server.server), server.dialect.as_ref()];
                    parts.into_iter().flatten().all(|part| {
                        part.len() <= MAX_SERVER_PART_BYTES && !part.chars().any(char::is_control)
                    }) && Place::read(&server.server).is_some()
                };
            match ManagedServer::deserialize(server).ok().filter(fits) {
                Some(server) if self.servers.len() < MAX_SERVERS => self.servers.push(server),
                Some(_) | None => self.damaged = true,
            }
        }
    }

    /// Whether a person may sign in there: at a server by its address, or at bases typed by hand.
    pub(crate) fn allows(&self, server: &str, bases: &[Option<&str>]) -> bool {
        if !self.only {
            return true;
        }
        let known: Vec<Place> = self.servers.iter().filter_map(|known| Place::read(&known.server)).collect();
        let listed = |typed: &str| {
            Place::read(typed).is_some_and(|typed| known.iter().any(|known| known.covers(&typed)))
        };
        let mut typed = bases.iter().flatten().map(|base| base.trim()).filter(|base| !base.is_empty());
        let has_bases = bases.iter().any(|base| base.is_some_and(|base| !base.trim().is_empty()));
        (listed(server) || (server.trim().is_empty() && has_bases)) && typed.all(listed)
    }
}

fn unknown(file: &Map<String, Value>) -> impl Iterator<Item = &String> {
    const KNOWN: [&str; 4] = ["settings", "locked", "servers", "only_these_servers"];
    file.keys().filter(|name| !KNOWN.contains(&name.as_str()))
}

/// Scheme, host and port of an address, as far as they are written down plainly. Anything that different
/// readers might take for different hosts is not read at all.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    scheme: Option<String>,
    host: String,
}

impl Place {
    fn read(address: &str) -> Option<Self> {
        let address = address.trim().to_lowercase();
        let (scheme, rest) = match address.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_owned()), rest),
            None => (None, address.as_str()),
        };
        if scheme.as_deref().is_some_and(|scheme| scheme != "http" && scheme != "https") {
            return None;
        }
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let usual = match scheme.as_deref() {
            Some("http") => ":80",
            Some(_) | None => ":443",
        };
        let host = host.strip_suffix(usual).unwrap_or(host);
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
        (!host.is_empty() && host.chars().all(plain)).then(|| Self { scheme, host: host.to_owned() })
    }

    /// A listed server without a scheme means either; with https it means https alone.
    fn covers(&self, typed: &Self) -> bool {
        let same_scheme = match (self.scheme.as_deref(), typed.scheme.as_deref()) {
            (None, _) | (Some(_), None) | (Some("http"), Some(_)) => true,
            (Some(listed), Some(typed)) => listed == typed,
        };
        same_scheme && self.host == typed.host
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::settings::Theme;

    const FILE: &str = r#"{
        "settings": { "theme": "dark", "keys": { "mute": "F8" } },
        "locked": ["theme", "quiet_hours"],
        "servers": [{ "label": "Desk", "server": "Calls.example.com", "dialect": "clinic" }],
        "only_these_servers": true
    }"#;

    #[test]
    fn a_whole_file_is_understood() {
        let managed = Managed::understand(FILE.as_bytes());
        assert_eq!(managed.base.theme, Theme::Dark);
        assert_eq!(managed.base.keys.mute.as_deref(), Some("F8"));
        let locked = ["quiet_hours.days", "quiet_hours.from", "quiet_hours.on", "quiet_hours.until", "theme"];
        assert_eq!(managed.locked, locked);
        assert_eq!(managed.servers[0].dialect.as_deref(), Some("clinic"));
        assert!(managed.only && !managed.damaged);
        assert_eq!(managed, Managed::understand(format!("\u{feff}{FILE}").as_bytes()));
    }

    #[test]
    fn a_locked_do_not_disturb_has_no_end_of_the_users_own() {
        let managed = Managed::understand(br#"{ "locked": ["do_not_disturb"] }"#);
        assert_eq!(managed.locked, ["do_not_disturb", "quiet_until"]);
    }

    #[test]
    fn a_mistake_costs_only_its_own_part() {
        let bad =
            br#"{ "settings": { "theme": "loud", "ring_volume": 0.5 }, "locked": ["thema", "language", 7],
            "servers": [7, { "label": "A", "server": "a.example" }], "only_these_servers": "yes", "x": 1 }"#;
        let managed = Managed::understand(bad);
        assert_eq!((managed.base.theme, managed.base.ring_volume), (Theme::System, 0.5));
        assert_eq!(managed.locked, ["language"]);
        assert_eq!(managed.servers.len(), 1);
        assert!(managed.only && managed.damaged);
    }

    #[test]
    fn what_is_not_json_locks_nothing_but_keeps_the_limit_to_servers() {
        let broken = Managed::understand(FILE.replace("],", "]").as_bytes());
        assert!(broken.damaged && broken.only && broken.locked.is_empty());
        assert!(!broken.allows("calls.example.com", &[]));
        let other = Managed::understand(b"{ theme: dark }");
        assert!(other.damaged && !other.only && other.allows("calls.example.com", &[]));
    }

    #[test]
    fn only_listed_servers_are_allowed() {
        let managed = Managed::understand(FILE.as_bytes());
        for fine in [
            "calls.example.com",
            " CALLS.example.com/ ",
            "https://calls.example.com:443/x",
            "http://calls.example.com",
        ] {
            assert!(managed.allows(fine, &[None, None]), "{fine}");
        }
        for other in [
            "",
            "evil.example",
            "evil.example/calls.example.com",
            "https://calls.example.com@evil.example",
            "https://evil.example\\@calls.example.com",
            "calls.example.com:8443",
            "ftp://calls.example.com",
            "calls.example.com.evil.example",
            "ca\tlls.example.com",
        ] {
            assert!(!managed.allows(other, &[]), "{other}");
        }
        assert!(managed.allows("", &[Some("https://calls.example.com/api"), Some("calls.example.com")]));
        assert!(!managed.allows("calls.example.com", &[Some("https://evil.example/api"), None]));
        assert!(!managed.allows("", &[None, Some(" ")]));
    }

    #[test]
    fn a_listed_https_server_is_not_allowed_over_http() {
        let file =
            r#"{ "servers": [{ "label": "", "server": "https://a.example" }], "only_these_servers": true }"#;
        let managed = Managed::understand(file.as_bytes());
        assert!(managed.allows("a.example", &[]) && managed.allows("https://a.example", &[]));
        assert!(!managed.allows("http://a.example", &[]));
    }
}
