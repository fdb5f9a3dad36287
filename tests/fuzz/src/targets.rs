//! Table of fuzz targets: name, body, and where its first inputs are.

#[cfg(feature = "server")]
use crate::backend;
use crate::dialect;

/// One parser under fuzz.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// As in `fuzz/fuzz_targets`.
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: Seeds,
}

/// Where a target's first inputs are: below `tests/`.
#[derive(Clone, Copy, Debug)]
pub enum Seeds {
    /// The transcripts of a dialect, and `fuzz/seeds/<name>` if there is such a folder.
    Transcripts(&'static str),
    /// `fuzz/seeds/<name>`.
    Own,
}

/// Every target; each has a file in `fuzz/fuzz_targets`.
pub const TARGETS: &[Target] = &[
    of_a_story("dialect_storefront", |data| dialect::play("storefront", data), "storefront"),
    of_a_story("dialect_dealerdesk", |data| dialect::play("dealerdesk", data), "dealerdesk"),
    of_a_story("dialect_marketplace", |data| dialect::play("marketplace", data), "marketplace"),
    of_a_story("dialect_hearth", |data| dialect::play("hearth", data), "hearth"),
    of_a_story("dialect_clinic", |data| dialect::play("clinic", data), "clinic"),
    #[cfg(feature = "server")]
    of_a_story("backend_storefront", |data| backend::play("storefront", data), "storefront"),
    #[cfg(feature = "server")]
    of_a_story("backend_dealerdesk", |data| backend::play("dealerdesk", data), "dealerdesk"),
    #[cfg(feature = "server")]
    of_a_story("backend_marketplace", |data| backend::play("marketplace", data), "marketplace"),
    #[cfg(feature = "server")]
    of_a_story("backend_hearth", |data| backend::play("hearth", data), "hearth"),
    #[cfg(feature = "server")]
    of_a_story("backend_clinic", |data| backend::play("clinic", data), "clinic"),
    Target { name: "link", run: link, seeds: Seeds::Own },
    #[cfg(feature = "server")]
    Target { name: "words", run: bellwire_server::fuzzing::words, seeds: Seeds::Own },
    #[cfg(feature = "server")]
    Target { name: "import", run: bellwire_server::fuzzing::import, seeds: Seeds::Own },
    #[cfg(feature = "signaling")]
    Target { name: "discovery", run: bellwire_signaling::fuzzing::discovery, seeds: Seeds::Own },
    #[cfg(feature = "peer")]
    Target { name: "description", run: bellwire_peer::fuzzing::description, seeds: Seeds::Own },
    #[cfg(feature = "peer")]
    Target { name: "addresses", run: bellwire_peer::fuzzing::addresses, seeds: Seeds::Own },
    #[cfg(feature = "peer")]
    Target { name: "parameter_sets", run: bellwire_peer::fuzzing::parameter_sets, seeds: Seeds::Own },
    #[cfg(feature = "peer")]
    Target { name: "rtcp", run: bellwire_peer::fuzzing::rtcp, seeds: Seeds::Own },
    #[cfg(feature = "peer")]
    Target { name: "red", run: bellwire_peer::fuzzing::red, seeds: Seeds::Own },
    #[cfg(feature = "media")]
    Target { name: "units", run: bellwire_media::fuzzing::units, seeds: Seeds::Own },
    #[cfg(feature = "media")]
    Target { name: "video", run: bellwire_media::fuzzing::video, seeds: Seeds::Own },
    #[cfg(feature = "media")]
    Target { name: "audio", run: bellwire_media::fuzzing::audio, seeds: Seeds::Own },
    #[cfg(feature = "media")]
    Target { name: "clip", run: bellwire_media::fuzzing::clip, seeds: Seeds::Own },
];

/// A link's text; whatever is read from it must be fit to be shown.
fn link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(link) = bellwire_call::DeepLink::parse(text) {
        assert!(!link.person.is_empty() && !link.person.chars().any(char::is_control));
    }
}

const fn of_a_story(name: &'static str, run: fn(&[u8]), transcripts: &'static str) -> Target {
    Target { name, run, seeds: Seeds::Transcripts(transcripts) }
}

impl Target {
    /// The target of that name.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        TARGETS.iter().find(|target| target.name == name)
    }
}
