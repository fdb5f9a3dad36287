//! Device discovery: a task that looks for sound devices and cameras again and again.

use std::time::Duration;

use bellwire_media::SoundSystem;
use bellwire_media::video::list_cameras;
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::devices::found::Found;

/// Between two looks for sound devices; the system does not report that one was plugged in.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// The same for cameras, and for sound systems where each look is expensive.
const EXPENSIVE_LOOK_INTERVAL: Duration = Duration::from_secs(4);

/// Looks for devices until `token` is cancelled. `camera`: the chosen one.
pub(crate) async fn discover_devices(
    camera: watch::Receiver<String>,
    out: watch::Sender<Found>,
    token: CancellationToken,
) {
    let mut tick = tokio::time::interval(LOOK_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut system = SoundSystem::default();
    let mut found = Found::default();
    let (mut sound_at, mut cameras_at) = (None::<Instant>, None::<Instant>);
    let mut of = String::new();
    loop {
        tokio::select! {
            () = token.cancelled() => return,
            _ = tick.tick() => {}
        }
        let due = |last: Option<Instant>, every| last.is_none_or(|last: Instant| last.elapsed() >= every);
        let sound =
            due(sound_at, if system.is_cheap_to_ask() { Duration::ZERO } else { EXPENSIVE_LOOK_INTERVAL });
        let chosen = camera.borrow().clone();
        let cameras = due(cameras_at, EXPENSIVE_LOOK_INTERVAL) || chosen != of;
        of.clone_from(&chosen);
        // A sound server that does not answer holds this up, and nothing else.
        let looked = tokio::task::spawn_blocking(move || {
            if sound {
                found.sound = system.list();
            }
            if cameras {
                found.cameras = list_cameras(&chosen);
            }
            found.looked = true;
            (system, found)
        });
        let looked = tokio::select! {
            () = token.cancelled() => return,
            looked = looked => looked,
        };
        (system, found) = looked.unwrap_or_default();
        sound_at = if sound { Some(Instant::now()) } else { sound_at };
        cameras_at = if cameras { Some(Instant::now()) } else { cameras_at };
        out.send_replace(found.clone());
    }
}
