//! A private PulseAudio server with null sinks, and recorders on it. Needs the programs `pulseaudio`,
//! `pactl`, `paplay` and `parec`; no sound card, no D-Bus.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tempfile::TempDir;

use super::measure::level_db;
use super::wiring::until;

/// The environment is one per process, so one server at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// Dropping it ends the server.
pub(crate) struct Server {
    process: Option<Child>,
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let mut server = Self::none();
        server.restart();
        server
    }

    /// An environment without any server.
    pub(crate) fn none() -> Self {
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::Builder::new().prefix("bw-pulse").tempdir().expect("a temporary folder");
        let socket = folder.path().join("native");
        let cookie = folder.path().join("cookie");
        std::fs::write(&cookie, [0_u8; 256]).expect("a writable folder");
        for (name, value) in [
            ("XDG_RUNTIME_DIR", folder.path().to_owned()),
            ("PULSE_RUNTIME_PATH", folder.path().to_owned()),
            ("HOME", folder.path().to_owned()),
            ("PULSE_SERVER", format!("unix:{}", socket.display()).into()),
            ("PULSE_COOKIE", cookie.clone()),
        ] {
            // SAFETY: `ALONE` keeps every other test of this process out, and nothing of this one runs yet.
            unsafe { std::env::set_var(name, value) };
        }
        Self { process: None, folder, _alone: alone }
    }

    pub(crate) fn restart(&mut self) {
        let socket = self.folder.path().join("native");
        let _ = std::fs::remove_file(&socket);
        let modules = [
            format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()),
            "module-null-sink sink_name=spk sink_properties=device.description=Speaker rate=48000 channels=2".into(),
            "module-null-sink sink_name=vmic sink_properties=device.description=Feed rate=48000 channels=1".into(),
            "module-remap-source source_name=mic master=vmic.monitor source_properties=device.description=Microphone".into(),
        ];
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--system=false"]);
        command.args(["--log-level=error", "--log-target=stderr"]);
        // On a shared bus a second server finds its name taken and ends.
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("DISPLAY");
        modules.iter().for_each(|module| {
            command.arg("-L").arg(module);
        });
        self.process = Some(command.stderr(Stdio::null()).spawn().expect("pulseaudio is installed"));
        until("the sound server answers", || pactl(&["info"]).is_some());
        pactl(&["set-default-sink", "spk"]).expect("the sink is there");
        pactl(&["set-default-source", "mic"]).expect("the source is there");
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    pub(crate) fn load(&self, module: &str) {
        let words: Vec<&str> = std::iter::once("load-module").chain(module.split(' ')).collect();
        pactl(&words).expect("the module loads");
    }

    pub(crate) fn make_default(&self, sink: &str) {
        pactl(&["set-default-sink", sink]).expect("the sink is there");
    }

    /// Unloads the module whose arguments contain `text`.
    pub(crate) fn unload(&self, text: &str) {
        let list = pactl(&["list", "short", "modules"]).expect("the server answers");
        let line = list.lines().find(|line| line.contains(text)).expect("the module is loaded");
        pactl(&["unload-module", line.split('\t').next().unwrap_or_default()]).expect("the module unloads");
    }

    /// Plays a file to its end.
    pub(crate) fn play(&self, file: &Path, sink: &str) {
        let status = Command::new("paplay").args(["-d", sink, "--latency-msec=20"]).arg(file).status();
        assert!(status.expect("paplay is installed").success());
    }

    /// Plays a file until it ends or the server does.
    pub(crate) fn play_in_background(&self, file: &Path, sink: &str) {
        let mut player = Command::new("paplay")
            .args(["-d", sink])
            .arg(file)
            .stderr(Stdio::null())
            .spawn()
            .expect("paplay is installed");
        std::thread::spawn(move || player.wait());
    }

    pub(crate) fn record(&self, source: &str) -> Recorder {
        let mut process = Command::new("parec")
            .args(["-d", source, "--latency-msec=10", "--format=s16le", "--rate=48000", "--channels=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("parec is installed");
        let mut pipe = process.stdout.take().expect("its output was asked for");
        let taken =
            Arc::new(Mutex::new(Recording { sound: Vec::new(), begun: f64::MAX, from: Instant::now() }));
        let store = taken.clone();
        std::thread::spawn(move || {
            let mut buffer = [0_u8; 4096];
            let mut rest = Vec::new();
            while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                rest.extend_from_slice(&buffer[..count]);
                let whole = rest.len() / 2 * 2;
                let mut recording = store.lock().unwrap_or_else(PoisonError::into_inner);
                let samples = rest[..whole].chunks_exact(2);
                recording
                    .sound
                    .extend(samples.map(|two| f32::from(i16::from_le_bytes([two[0], two[1]])) / 32768.0));
                rest.drain(..whole);
                // The piece that waited least tells best when the recording began.
                let since = recording.from.elapsed().as_secs_f64();
                recording.begun = recording.begun.min(since - recording.sound.len() as f64 / 48_000.0);
            }
        });
        Recorder { process, taken }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn pactl(words: &[&str]) -> Option<String> {
    let output =
        Command::new("pactl").args(words).stderr(Stdio::null()).output().expect("pactl is installed");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

pub(crate) struct Recorder {
    process: Child,
    taken: Arc<Mutex<Recording>>,
}

/// What was recorded, and when.
#[derive(Clone)]
pub(crate) struct Recording {
    pub sound: Vec<f32>,
    /// Seconds after `from` at which the first sample was played.
    begun: f64,
    from: Instant,
}

impl Recording {
    /// When a sample was played, in seconds of a clock all recordings of a process share.
    pub(crate) fn at(&self, sample: usize) -> f64 {
        static ZERO: Mutex<Option<Instant>> = Mutex::new(None);
        let zero = *ZERO.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(self.from);
        let from = match self.from.checked_duration_since(zero) {
            Some(after) => after.as_secs_f64(),
            None => -zero.duration_since(self.from).as_secs_f64(),
        };
        from + self.begun + sample as f64 / 48_000.0
    }
}

impl Recorder {
    pub(crate) fn samples(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).sound.len()
    }

    pub(crate) fn loudest(&self) -> f32 {
        self.taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .sound
            .iter()
            .fold(0.0, |most, sample| most.max(sample.abs()))
    }

    pub(crate) fn last_second_level(&self) -> f32 {
        let recording = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        level_db(&recording.sound[recording.sound.len().saturating_sub(48_000)..])
    }

    pub(crate) fn so_far(&self) -> Vec<f32> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).sound.clone()
    }

    pub(crate) fn finish(self) -> Recording {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
