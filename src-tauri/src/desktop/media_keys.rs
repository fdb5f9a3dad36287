//! Play and stop keys of headsets and keyboards, while a call rings or goes on: play answers, then mutes
//! and unmutes; stop hangs up. On Linux the desktop gives them to players on the message bus (MPRIS), so
//! we are one only as long as there is a call, and music has its keys back after it. The microphone key of
//! keyboards is `media_keys/microphone`.
//!
//! Windows and macOS give these keys to whoever plays sound through their own media sessions, which needs
//! a window handle or a run loop of that kind; there they stay with the music.

#[cfg(target_os = "linux")]
mod microphone;

#[cfg(not(target_os = "linux"))]
use crate::desktop::keys::call_actions::Actor;
#[cfg(not(target_os = "linux"))]
use crate::storage::settings::SettingsStore;

#[cfg(target_os = "linux")]
pub(crate) use linux::follow;

#[cfg(not(target_os = "linux"))]
#[allow(clippy::unused_async, reason = "as on Linux")]
pub(crate) async fn follow(_actor: Actor, _settings: SettingsStore) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;

    use bellwire_engine::EngineView;
    use tokio::sync::mpsc;
    use tracing::{debug, warn};
    use zbus::zvariant::{ObjectPath, Value};
    use zbus::{Connection, interface};

    use super::microphone::Key;
    use crate::desktop::keys::call_actions::Actor;
    use crate::dial_targets::{going_on, ringing};
    use crate::storage::settings::SettingsStore;
    use crate::ui::Ui;

    const PATH: &str = "/org/mpris/MediaPlayer2";

    /// Until the engine or the settings are gone.
    pub(crate) async fn follow(actor: Actor, settings: SettingsStore) {
        let mut view = actor.engine.view();
        let mut changes = settings.subscribe();
        let mut player: Option<(Connection, &'static str)> = None;
        // A person's finger: what comes faster is dropped.
        let (pressed, mut presses) = mpsc::channel(1);
        let mut microphone: Option<Key> = None;
        let mut tried = false;
        loop {
            let on = changes.borrow_and_update().media_keys;
            let status = Some(view.borrow_and_update()).filter(|_| on).and_then(|view| status(&view));
            let talking = on && going_on(&view.borrow()).is_some();
            if talking && !tried {
                let pressed = pressed.clone();
                microphone = tokio::task::spawn_blocking(|| Key::take(pressed)).await.ok().flatten();
            } else if !talking {
                microphone = None;
            }
            tried = talking;
            match (status, &mut player) {
                (None, there) => *there = None,
                (Some(status), None) => {
                    let made = connect(actor.clone()).await;
                    player =
                        made.inspect_err(|error| debug!(%error, "No media keys")).ok().map(|c| (c, status));
                }
                (Some(status), Some((connection, told))) if *told != status => {
                    *told = status;
                    if let Err(error) = tell(connection).await {
                        warn!(%error, "Media keys were not told");
                    }
                }
                (Some(_), Some(_)) => {}
            }
            tokio::select! {
                Ok(()) = view.changed() => {}
                Ok(()) = changes.changed() => {}
                Some(()) = presses.recv(), if microphone.is_some() => actor.toggle_microphone().await,
                else => return,
            }
        }
    }

    /// What a player would be doing; `None`: there is no call. Ringing counts as playing, because desktops
    /// give the keys to whoever plays.
    fn status(view: &EngineView) -> Option<&'static str> {
        if ringing(view).is_some() {
            return Some("Playing");
        }
        going_on(view)?;
        Some(if view.phone.microphone { "Playing" } else { "Paused" })
    }

    async fn connect(actor: Actor) -> zbus::Result<Connection> {
        let name = format!("org.mpris.MediaPlayer2.bellwire.instance{}", std::process::id());
        zbus::connection::Builder::session()?
            .serve_at(PATH, Root { actor: actor.clone() })?
            .serve_at(PATH, Player { actor })?
            .name(name)?
            .build()
            .await
    }

    async fn tell(connection: &Connection) -> zbus::Result<()> {
        let player = connection.object_server().interface::<_, Player>(PATH).await?;
        player.get().await.playback_status_changed(player.signal_emitter()).await
    }

    struct Root {
        actor: Actor,
    }

    #[interface(name = "org.mpris.MediaPlayer2")]
    impl Root {
        fn raise(&self) {
            self.actor.desktop.show_main();
        }

        /// Not from a headset.
        fn quit(&self) {}

        #[zbus(property)]
        fn can_quit(&self) -> bool {
            false
        }

        #[zbus(property)]
        fn can_raise(&self) -> bool {
            true
        }

        #[zbus(property)]
        fn has_track_list(&self) -> bool {
            false
        }

        #[zbus(property)]
        fn identity(&self) -> String {
            "Bellwire".into()
        }

        #[zbus(property)]
        fn desktop_entry(&self) -> String {
            crate::desktop::badge::DESKTOP_FILE.into()
        }

        #[zbus(property)]
        fn supported_uri_schemes(&self) -> Vec<String> {
            Vec::new()
        }

        #[zbus(property)]
        fn supported_mime_types(&self) -> Vec<String> {
            Vec::new()
        }
    }

    struct Player {
        actor: Actor,
    }

    #[interface(name = "org.mpris.MediaPlayer2.Player")]
    impl Player {
        /// Answers; in a call mutes and unmutes.
        async fn play_pause(&self) {
            if ringing(&self.actor.view()).is_some() {
                self.actor.answer().await;
            } else {
                self.actor.toggle_microphone().await;
            }
        }

        async fn play(&self) {
            let view = self.actor.view();
            if ringing(&view).is_some() {
                self.actor.answer().await;
            } else if !view.phone.microphone {
                self.actor.toggle_microphone().await;
            }
        }

        async fn pause(&self) {
            if self.actor.view().phone.microphone {
                self.actor.toggle_microphone().await;
            }
        }

        async fn stop(&self) {
            self.actor.hang_up().await;
        }

        fn next(&self) {}

        fn previous(&self) {}

        fn seek(&self, _offset: i64) {}

        fn set_position(&self, _track: ObjectPath<'_>, _position: i64) {}

        fn open_uri(&self, _uri: &str) {}

        #[zbus(property)]
        fn playback_status(&self) -> String {
            status(&self.actor.view()).unwrap_or("Stopped").into()
        }

        #[zbus(property)]
        fn rate(&self) -> f64 {
            1.0
        }

        #[zbus(property)]
        fn minimum_rate(&self) -> f64 {
            1.0
        }

        #[zbus(property)]
        fn maximum_rate(&self) -> f64 {
            1.0
        }

        /// Nobody's name: lock screens show it.
        #[zbus(property)]
        fn metadata(&self) -> HashMap<String, Value<'static>> {
            let track = ObjectPath::from_static_str_unchecked("/app/bellwire/call");
            HashMap::from([
                ("mpris:trackid".to_owned(), Value::from(track)),
                ("xesam:title".to_owned(), Value::from("Bellwire")),
            ])
        }

        #[zbus(property)]
        fn volume(&self) -> f64 {
            1.0
        }

        #[zbus(property)]
        fn position(&self) -> i64 {
            0
        }

        #[zbus(property)]
        fn can_go_next(&self) -> bool {
            false
        }

        #[zbus(property)]
        fn can_go_previous(&self) -> bool {
            false
        }

        #[zbus(property)]
        fn can_play(&self) -> bool {
            true
        }

        #[zbus(property)]
        fn can_pause(&self) -> bool {
            true
        }

        #[zbus(property)]
        fn can_seek(&self) -> bool {
            false
        }

        #[zbus(property)]
        fn can_control(&self) -> bool {
            true
        }
    }
}
