//! Media keys of headsets and keyboards during a call: play answers, then mutes and unmutes; stop hangs up. On
//! Linux desktops send them to players on the session bus (MPRIS), so the program is one only while there is a
//! call, and music players get their keys back afterwards. The microphone key of keyboards is
//! `media_keys/microphone`.
//!
//! Windows and macOS send these keys to the programs with a media session of their own, which needs a window
//! handle or a run loop; there they stay with the music player.

#[cfg(target_os = "linux")]
mod microphone;

#[cfg(not(target_os = "linux"))]
use crate::desktop::keys::call_actions::CallActions;
#[cfg(not(target_os = "linux"))]
use crate::storage::settings::SettingsStore;

#[cfg(target_os = "linux")]
pub(crate) use linux::follow;

#[cfg(not(target_os = "linux"))]
#[allow(clippy::unused_async, reason = "as on Linux")]
pub(crate) async fn follow(_actor: CallActions, _settings: SettingsStore) {}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::HashMap;

    use bellwire_engine::EngineView;
    use tokio::sync::mpsc;
    use tracing::{debug, warn};
    use zbus::zvariant::{ObjectPath, Value};
    use zbus::{Connection, interface};

    use super::microphone::Key;
    use crate::desktop::keys::call_actions::CallActions;
    use crate::dial_targets::{active_call, ringing_call};
    use crate::storage::settings::SettingsStore;
    use crate::ui::Ui;

    const PATH: &str = "/org/mpris/MediaPlayer2";

    /// Until the engine or the settings are gone.
    pub(crate) async fn follow(actions: CallActions, settings: SettingsStore) {
        let mut view = actions.engine.view();
        let mut changes = settings.subscribe();
        let mut player: Option<(Connection, &'static str)> = None;
        // Key presses; faster ones are dropped.
        let (pressed, mut presses) = mpsc::channel(1);
        let mut microphone: Option<Key> = None;
        let mut tried = false;
        loop {
            let on = changes.borrow_and_update().media_keys;
            let status = Some(view.borrow_and_update()).filter(|_| on).and_then(|view| status(&view));
            let talking = on && active_call(&view.borrow()).is_some();
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
                    let made = connect(actions.clone()).await;
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
                Some(()) = presses.recv(), if microphone.is_some() => actions.toggle_microphone().await,
                else => return,
            }
        }
    }

    /// What a player would be doing; `None`: there is no call. Ringing counts as playing, because desktops
    /// send the keys to the program that plays.
    fn status(view: &EngineView) -> Option<&'static str> {
        if ringing_call(view).is_some() {
            return Some("Playing");
        }
        active_call(view)?;
        Some(if view.phone.microphone { "Playing" } else { "Paused" })
    }

    async fn connect(actions: CallActions) -> zbus::Result<Connection> {
        let name = format!("org.mpris.MediaPlayer2.bellwire.instance{}", std::process::id());
        zbus::connection::Builder::session()?
            .serve_at(PATH, Root { actions: actions.clone() })?
            .serve_at(PATH, Player { actions })?
            .name(name)?
            .build()
            .await
    }

    async fn tell(connection: &Connection) -> zbus::Result<()> {
        let player = connection.object_server().interface::<_, Player>(PATH).await?;
        player.get().await.playback_status_changed(player.signal_emitter()).await
    }

    struct Root {
        actions: CallActions,
    }

    #[interface(name = "org.mpris.MediaPlayer2")]
    impl Root {
        fn raise(&self) {
            self.actions.ui.show_main();
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
        actions: CallActions,
    }

    #[interface(name = "org.mpris.MediaPlayer2.Player")]
    impl Player {
        /// Answers; in a call mutes and unmutes.
        async fn play_pause(&self) {
            if ringing_call(&self.actions.view()).is_some() {
                self.actions.answer().await;
            } else {
                self.actions.toggle_microphone().await;
            }
        }

        async fn play(&self) {
            let view = self.actions.view();
            if ringing_call(&view).is_some() {
                self.actions.answer().await;
            } else if !view.phone.microphone {
                self.actions.toggle_microphone().await;
            }
        }

        async fn pause(&self) {
            if self.actions.view().phone.microphone {
                self.actions.toggle_microphone().await;
            }
        }

        async fn stop(&self) {
            self.actions.hang_up().await;
        }

        fn next(&self) {}

        fn previous(&self) {}

        fn seek(&self, _offset: i64) {}

        fn set_position(&self, _track: ObjectPath<'_>, _position: i64) {}

        fn open_uri(&self, _uri: &str) {}

        #[zbus(property)]
        fn playback_status(&self) -> String {
            status(&self.actions.view()).unwrap_or("Stopped").into()
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

        /// Without the caller's name: lock screens show it.
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
