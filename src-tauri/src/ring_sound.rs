//! How a ring sounds, from settings and do-not-disturb, told to the engine whenever that changes. The sound
//! itself is the engine's.

use std::sync::Arc;

use bellwire_engine::{Handle, RingConfig, RingSound};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;
use crate::surroundings::{DesktopView, Quiet};

/// Keeps the engine's ring as the settings say until the program ends.
pub(crate) async fn follow(
    engine: Handle,
    mut settings: watch::Receiver<Arc<Settings>>,
    mut surroundings: watch::Receiver<DesktopView>,
    token: CancellationToken,
) {
    let mut before = None;
    loop {
        let quiet = surroundings.borrow_and_update().quiet;
        let ring = ring(&settings.borrow_and_update(), quiet);
        if before.as_ref() != Some(&ring) {
            engine.set_ring(ring.clone()).await;
            before = Some(ring);
        }
        tokio::select! {
            () = token.cancelled() => return,
            changed = settings.changed() => if changed.is_err() { return },
            changed = surroundings.changed() => if changed.is_err() { return },
        }
    }
}

fn ring(settings: &Settings, quiet: Quiet) -> RingConfig {
    RingConfig {
        sound: RingSound::BuiltIn,
        #[allow(clippy::cast_possible_truncation, reason = "0 to 1")]
        volume: settings.ring_volume.clamp(0.0, 1.0) as f32,
        device: settings.ring_device.clone(),
        second_device: settings.ring_second_device.clone(),
        audible: match quiet {
            Quiet::Off => true,
            Quiet::Own | Quiet::Hours | Quiet::System => false,
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
            assert!(!ring(&settings, quiet).audible);
        }
        let loud = ring(&settings, Quiet::Off);
        assert!(loud.audible);
        assert_eq!(loud.second_device.as_deref(), Some("desk"));
    }

    #[test]
    fn loudness_stays_in_its_range() {
        for (set, heard) in [(0.5, 0.5), (-1.0, 0.0), (7.0, 1.0)] {
            let settings = Settings { ring_volume: set, ..Settings::default() };
            assert_eq!(ring(&settings, Quiet::Off).volume, heard);
        }
    }
}
