//! The registry of backends, the only list of them: a backend more is a line more.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use crate::backend::Backend;
use crate::config::{BackendConfig, Config, TurnConfig};
use crate::runtime::BackendInfo;

static BACKENDS: &[&BackendInfo] = &[
    &crate::storefront::INFO,
    &crate::dealerdesk::INFO,
    &crate::marketplace::INFO,
    &crate::hearth::INFO,
    &crate::clinic::INFO,
];

/// Every backend there is, in the order of the table of dialects.
#[must_use]
pub fn backends() -> &'static [&'static BackendInfo] {
    BACKENDS
}

pub(crate) fn info(backend: Backend) -> Option<&'static BackendInfo> {
    BACKENDS.iter().copied().find(|info| info.backend == backend)
}

impl Default for Config {
    /// Every backend on its usual ports of this machine's loopback.
    fn default() -> Self {
        let backends = BACKENDS.iter().map(|info| (info.backend, BackendConfig::new(&info.defaults)));
        Self::serving(backends.collect::<BTreeMap<_, _>>())
    }
}

impl Config {
    /// In memory, on free loopback ports, with demo data, metrics and a loopback relay: what tests and the demo
    /// start from.
    #[must_use]
    pub fn demo() -> Self {
        let usual = Self::default().with_free_ports();
        let metrics = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        Self { turn: Some(TurnConfig::loopback()), demo_data: true, metrics, ..usual }
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn the_registry_is_the_table_that_clients_have() {
        let registered: Vec<_> = backends().iter().map(|info| info.backend).collect();
        assert_eq!(registered, Backend::all().collect::<Vec<_>>());
    }

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }

    /// Where product code names a backend outside its own folder, a line each.
    fn mentions(id: &str) -> Vec<String> {
        let root = std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this");
        let root = Path::new(&root).join("src");
        let mut files = Vec::new();
        sources(&root, &mut files);
        let mut mentions = Vec::new();
        for file in files {
            let name = file.strip_prefix(&root).expect("below it").to_string_lossy().into_owned();
            let own = name == format!("{id}.rs") || name.starts_with(&format!("{id}/"));
            if own || name.ends_with("tests.rs") {
                continue;
            }
            let text = std::fs::read_to_string(&file).expect("text");
            let product = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let lines = product.lines().map(str::trim).filter(|line| !line.starts_with("//"));
            let naming = lines.filter(|line| line.to_ascii_lowercase().contains(id));
            mentions.extend(naming.map(|line| format!("{name}: {line}")));
        }
        mentions.sort();
        mentions
    }

    #[test]
    fn a_backend_is_its_folder_a_migration_its_module_and_one_line_here() {
        for info in backends() {
            let id = info.backend.id();
            let mut expected =
                vec![format!("lib.rs: mod {id};"), format!("registry.rs: &crate::{id}::INFO,")];
            if id == "storefront" {
                // Its demo accounts are those that tests and documents know by name.
                expected.insert(1, format!("lib.rs: pub use {id}::{{{DEMO_NAMES}}};"));
            }
            assert_eq!(mentions(id), expected);
        }
    }

    const DEMO_NAMES: &str = "DEMO_CUSTOMER, DEMO_CUSTOMER_ID, DEMO_SELLER, DEMO_SELLER_ID";
}
