//! What this machine has of what a call wants: a display, a camera, sound. Looks, changes nothing.

use std::path::Path;
use std::{env, fs};

#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) display: bool,
    pub(super) camera: bool,
    pub(super) sound: bool,
}

impl Surroundings {
    pub(super) fn look() -> Self {
        if !cfg!(target_os = "linux") {
            // Nearly every such machine has all three, and the application copes where one is missing.
            return Self { display: true, camera: true, sound: true };
        }
        let display = is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
        Self { display, camera: has_camera(), sound: has_sound() }
    }

    /// What the user should know, in plain words.
    pub(super) fn words(&self) -> Vec<&'static str> {
        let mut words = Vec::new();
        if !self.display {
            words.push("No display here: the window opens on a virtual one (Xvfb), where nobody sees it.");
        }
        if !self.camera {
            words.push("No camera here: a test pattern is sent.");
        }
        if !self.sound {
            words.push("No sound here: silence is sent and nothing is heard.");
        }
        words
    }
}

fn is_set(variable: &str) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

fn has_camera() -> bool {
    let Ok(entries) = fs::read_dir("/dev") else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("video"))
}

/// A sound server to talk to, or a card of our own.
fn has_sound() -> bool {
    let server =
        env::var_os("XDG_RUNTIME_DIR").is_some_and(|dir| Path::new(&dir).join("pulse/native").exists());
    let cards = fs::read_to_string("/proc/asound/cards").unwrap_or_default();
    is_set("PULSE_SERVER") || server || has_card(&cards)
}

fn has_card(listing: &str) -> bool {
    listing.lines().any(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_cards_is_known() {
        assert!(!has_card("--- no soundcards ---\n"));
        assert!(!has_card(""));
        assert!(has_card(" 0 [PCH            ]: HDA-Intel - HDA Intel PCH\n"));
    }
}
