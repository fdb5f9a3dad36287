//! Watches the screen and records a loudspeaker continuously, with the time of the first change.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bellwire_tests_desktop::{Sound, until};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, MapState};
use x11rb::rust_connection::RustConnection;

/// Between two looks.
const POLL_INTERVAL: Duration = Duration::from_millis(1);
/// Louder than this is a sound, of full scale.
const SOUND: i16 = 300;

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Look {
    /// This window is mapped.
    Mapped(u32),
    /// This place of the screen has this colour.
    Colour((i32, i32), u32),
}

/// Looks at a screen.
pub(super) struct Eye {
    server: RustConnection,
    root: u32,
}

impl Eye {
    pub(super) fn open(display: &str) -> anyhow::Result<Self> {
        let (server, screen) = x11rb::connect(Some(display))?;
        let root = server.setup().roots.get(screen).context("no screen")?.root;
        Ok(Self { server, root })
    }

    /// The colour of one place.
    pub(super) fn colour(&self, (x, y): (i32, i32)) -> anyhow::Result<u32> {
        let (x, y) = (i16::try_from(x)?, i16::try_from(y)?);
        let image = self.server.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, 1, 1, !0)?.reply()?;
        let bytes = image.data.get(..4).context("no pixel")?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], 0]))
    }

    fn there(&self, look: Look) -> anyhow::Result<bool> {
        match look {
            Look::Mapped(window) => {
                Ok(self.server.get_window_attributes(window)?.reply()?.map_state == MapState::VIEWABLE)
            }
            Look::Colour(place, colour) => Ok(self.colour(place)? == colour),
        }
    }

    /// Watches on a thread until all of them came; gives when each did.
    pub(super) fn watch(
        &self,
        display: &str,
        looks: &[Look],
        patience: Duration,
    ) -> anyhow::Result<JoinHandle<anyhow::Result<Vec<Instant>>>> {
        for look in looks {
            ensure!(!self.there(*look)?, "{look:?} is there before the ring");
        }
        let (eye, looks) = (Self::open(display)?, looks.to_vec());
        Ok(std::thread::spawn(move || {
            let end = Instant::now() + patience;
            let mut came = vec![None; looks.len()];
            while came.iter().any(Option::is_none) {
                for (look, came) in looks.iter().zip(&mut came) {
                    if came.is_none() && eye.there(*look)? {
                        *came = Some(Instant::now());
                    }
                }
                ensure!(Instant::now() < end, "waited in vain: {looks:?} came {came:?}");
                std::thread::sleep(POLL_INTERVAL);
            }
            Ok(came.into_iter().flatten().collect())
        }))
    }
}

/// Listens to what a loudspeaker plays.
pub(super) struct Ear {
    recorder: Child,
    heard: Arc<Mutex<Option<Instant>>>,
}

impl Ear {
    pub(super) fn open(sound: &Sound, sink: &str) -> anyhow::Result<Self> {
        let mut command = Command::new("parec");
        sound.enter(&mut command);
        command.args(["--raw", "--format=s16le", "--channels=1", "--rate=48000", "--latency-msec=5"]);
        command.arg(format!("--device={sink}.monitor")).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut recorder = command.stderr(Stdio::null()).spawn().context("parec is missing")?;
        let mut samples = recorder.stdout.take().context("no output")?;
        let heard = Arc::<Mutex<Option<Instant>>>::default();
        let note = Arc::clone(&heard);
        // Ends with the recorder.
        std::thread::spawn(move || {
            let mut chunk = [0; 480];
            while let Ok(count) = samples.read(&mut chunk) {
                if count == 0 {
                    return;
                }
                let loud =
                    chunk[..count].chunks_exact(2).any(|b| i16::from_le_bytes([b[0], b[1]]).abs() > SOUND);
                if loud {
                    note.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(Instant::now);
                }
            }
        });
        Ok(Self { recorder, heard })
    }

    /// Forgets what was heard so far.
    pub(super) fn arm(&self) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// When something was heard.
    pub(super) async fn heard(&self) -> anyhow::Result<Instant> {
        until("a sound", async || Ok(*self.heard.lock().unwrap_or_else(PoisonError::into_inner))).await
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        drop(self.recorder.kill());
        drop(self.recorder.wait());
    }
}
