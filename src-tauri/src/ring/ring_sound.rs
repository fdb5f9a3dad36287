//! The ring sound by settings and do-not-disturb, sent to the engine, which plays it, whenever it changes.

use std::sync::Arc;

use bellwire_engine::{Handle, RingConfig, RingSound};
use tokio::sync::watch;

use crate::ring::ringtones::Ringtones;
use crate::shell_state::{DesktopView, Quiet};
use crate::storage::settings::Settings;

/// Keeps the engine's ring sound in line with the settings.
pub(crate) async fn follow(
    engine: Handle,
    mut settings: watch::Receiver<Arc<Settings>>,
    mut shell_state: watch::Receiver<DesktopView>,
    mut through: watch::Receiver<bool>,
    ringtones: Ringtones,
) {
    let mut before = None;
    let mut sound = (String::new(), RingSound::BuiltIn);
    loop {
        let quiet = shell_state.borrow_and_update().quiet;
        let current = settings.borrow_and_update().clone();
        if sound.0 != current.ringtone {
            sound = load(&ringtones, current.ringtone.clone()).await;
        }
        let ring = ring(&current, sound.1.clone(), quiet, *through.borrow_and_update());
        if before.as_ref() != Some(&ring) {
            engine.set_ring(ring.clone()).await;
            before = Some(ring);
        }
        tokio::select! {
            changed = settings.changed() => if changed.is_err() { return },
            changed = shell_state.changed() => if changed.is_err() { return },
            changed = through.changed() => if changed.is_err() { return },
        }
    }
}

/// The sound of a ringtone, beside its id. Reads a file where it is a user's.
async fn load(ringtones: &Ringtones, id: String) -> (String, RingSound) {
    let (ringtones, wanted) = (ringtones.clone(), id.clone());
    let read = tokio::task::spawn_blocking(move || ringtones.sound(&wanted)).await;
    (id, read.unwrap_or(RingSound::BuiltIn))
}

/// `through`: a call rings that is an exception to do-not-disturb.
fn ring(settings: &Settings, sound: RingSound, quiet: Quiet, through: bool) -> RingConfig {
    RingConfig {
        sound,
        #[allow(clippy::cast_possible_truncation, reason = "0 to 1")]
        volume: settings.ring_volume.clamp(0.0, 1.0) as f32,
        device: settings.ring_device.clone(),
        second_device: settings.ring_second_device.clone(),
        audible: match quiet {
            Quiet::Off => true,
            Quiet::Own | Quiet::Hours | Quiet::System => through,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn do_not_disturb_is_not_heard() {
        let settings = Settings { ring_second_device: Some("desk".into()), ..Settings::default() };
        for quiet in [Quiet::Own, Quiet::Hours, Quiet::System] {
            assert!(!ring(&settings, RingSound::BuiltIn, quiet, false).audible);
            assert!(ring(&settings, RingSound::BuiltIn, quiet, true).audible, "an exception");
        }
        let loud = ring(&settings, RingSound::BuiltIn, Quiet::Off, false);
        assert!(loud.audible);
        assert_eq!(loud.second_device.as_deref(), Some("desk"));
    }

    #[test]
    fn loudness_stays_in_its_range() {
        for (set, heard) in [(0.5, 0.5), (-1.0, 0.0), (7.0, 1.0)] {
            let settings = Settings { ring_volume: set, ..Settings::default() };
            assert_eq!(ring(&settings, RingSound::BuiltIn, Quiet::Off, false).volume, heard);
        }
    }
}
