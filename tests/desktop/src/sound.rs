//! A sound server with virtual loudspeakers and microphones: devices can be added and removed, and what a
//! loudspeaker plays can be recorded.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use crate::{Running, until};

/// Samples a second of everything recorded, one channel.
const RATE: u32 = 48_000;

/// The session's sound server. It begins with the loudspeaker `spk`, and the microphone `mic`, which hears
/// what is played on `vmic`; both are the defaults.
#[derive(Debug)]
pub struct Sound {
    socket: PathBuf,
    cookie: PathBuf,
    folder: PathBuf,
    _server: Running,
}

impl Sound {
    pub(crate) async fn start(session: &Path) -> anyhow::Result<Self> {
        let folder = session.join("run/pulse");
        std::fs::create_dir_all(&folder)?;
        let (socket, cookie) = (folder.join("native"), folder.join("cookie"));
        // The server accepts any cookie, but only of the right length.
        std::fs::write(&cookie, [0_u8; 256])?;
        let modules = [
            format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display()),
            "module-null-sink sink_name=spk sink_properties=device.description=Speaker rate=48000 channels=2".into(),
            "module-null-sink sink_name=vmic sink_properties=device.description=VirtualMicFeed rate=48000 channels=1"
                .into(),
            "module-remap-source source_name=mic master=vmic.monitor source_properties=device.description=Microphone"
                .into(),
        ];
        let mut command = Command::new("pulseaudio");
        command.args([
            "-n",
            "--daemonize=no",
            "--exit-idle-time=-1",
            "--disallow-exit=yes",
            "--log-target=stderr",
        ]);
        for module in &modules {
            command.args(["-L", module]);
        }
        for name in ["home", "config", "state", "cache"] {
            let variable =
                if name == "home" { "HOME".to_owned() } else { format!("XDG_{}_HOME", name.to_uppercase()) };
            command.env(variable, session.join(name));
        }
        // Not the session's: there it would find the bus and put names of its own on it.
        command.env("XDG_RUNTIME_DIR", &folder);
        command.env_remove("DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("PULSE_SERVER");
        let server = Running::start(command, &session.join("logs/pulseaudio.log"))?;
        let mut sound = Self { socket, cookie, folder, _server: server };
        until("the sound server is ready", async || {
            if let Some(status) = sound._server.ended()? {
                bail!("pulseaudio ended ({status}): {}", sound._server.said());
            }
            Ok(sound.pactl(&["info"]).is_ok().then_some(()))
        })
        .await?;
        sound.pactl(&["set-default-sink", "spk"])?;
        sound.pactl(&["set-default-source", "mic"])?;
        Ok(sound)
    }

    /// Makes a command use this server.
    pub fn enter(&self, command: &mut Command) {
        command
            .env("PULSE_SERVER", format!("unix:{}", self.socket.display()))
            .env("PULSE_COOKIE", &self.cookie);
    }

    /// Runs a `pactl` command and returns its output.
    pub fn pactl(&self, words: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new("pactl");
        self.enter(&mut command);
        let done = command.args(words).stdin(Stdio::null()).output().context("pactl is missing")?;
        ensure!(done.status.success(), "pactl {words:?}: {}", String::from_utf8_lossy(&done.stderr));
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    }

    /// Adds a loudspeaker with this name (as is) and description (letters only); returns the handle to remove
    /// it.
    pub fn plug_sink(&self, name: &str, description: &str) -> anyhow::Result<String> {
        let properties = format!("sink_properties=device.description={description}");
        self.pactl(&[
            "load-module",
            "module-null-sink",
            &format!("sink_name={name}"),
            &properties,
            "rate=48000",
        ])
    }

    /// Adds a microphone that records what `sink` plays; returns the handle to remove it.
    pub fn plug_source(&self, name: &str, sink: &str, description: &str) -> anyhow::Result<String> {
        let master = format!("master={sink}.monitor");
        let properties = format!("source_properties=device.description={description}");
        self.pactl(&[
            "load-module",
            "module-remap-source",
            &format!("source_name={name}"),
            &master,
            &properties,
        ])
    }

    /// Removes a device of [`Sound::plug_sink`] or [`Sound::plug_source`].
    pub fn unplug(&self, plugged: &str) -> anyhow::Result<()> {
        self.pactl(&["unload-module", plugged]).map(drop)
    }

    /// Begins to record what a loudspeaker plays.
    pub fn record(&self, sink: &str) -> anyhow::Result<Recording> {
        let file = tempfile::Builder::new().prefix("heard").suffix(".raw").tempfile_in(&self.folder)?;
        let mut command = Command::new("parec");
        self.enter(&mut command);
        command.args(["--raw", "--format=s16le", "--channels=1", "--latency-msec=20"]);
        command.args([&format!("--rate={RATE}"), &format!("--device={sink}.monitor")]);
        command.stdin(Stdio::null()).stdout(file.reopen()?).stderr(Stdio::null());
        let recorder = command.spawn().context("parec is missing")?;
        Ok(Recording { recorder, file })
    }

    /// Records a loudspeaker for a while: samples from -1 to 1 at 48 kHz.
    pub async fn listen(&self, sink: &str, time: Duration) -> anyhow::Result<Vec<f32>> {
        let recording = self.record(sink)?;
        // Counted from the first sample: a recorder on a busy machine begins late.
        let wanted = (time.as_secs_f64() * f64::from(RATE)) as usize;
        until("enough was recorded", async || Ok((recording.samples()?.len() >= wanted).then_some(())))
            .await?;
        let mut heard = recording.samples()?;
        Ok(heard.split_off(heard.len() - wanted))
    }

    /// Waits until what a loudspeaker plays is louder than this level (dB of full scale) for half a second.
    pub async fn hear(&self, sink: &str, louder_than: f64) -> anyhow::Result<()> {
        let what = format!("{sink} plays something above {louder_than} dB");
        until(&what, async || {
            let heard = self.listen(sink, Duration::from_millis(500)).await?;
            Ok((level_db(&heard) > louder_than).then_some(()))
        })
        .await
    }

    /// Waits until a loudspeaker has been quieter than this level for a second and a half.
    pub async fn silence(&self, sink: &str, quieter_than: f64) -> anyhow::Result<()> {
        let what = format!("{sink} plays nothing above {quieter_than} dB");
        until(&what, async || {
            let heard = self.listen(sink, Duration::from_millis(1500)).await?;
            Ok((level_db(&heard) < quieter_than).then_some(()))
        })
        .await
    }

    /// Plays a steady tone (Hz) into the microphone `mic` until the result is dropped.
    pub fn speak(&self, frequency: u32) -> anyhow::Result<Running> {
        let mut command = Command::new("sh");
        self.enter(&mut command);
        command.args([
            "-c",
            r#"sox -q -n -t raw -r 48000 -e signed -b 16 -c 1 - synth 36000 sine "$0" vol 0.5 \
            | pacat --raw --format=s16le --rate=48000 --channels=1 --device=vmic --latency-msec=100"#,
        ]);
        command.arg(frequency.to_string());
        Running::start(command, &self.folder.join("speak.log"))
    }

    /// Plays a sound file into the microphone `mic`, again and again, until the result is dropped.
    pub fn say(&self, file: &Path) -> anyhow::Result<Running> {
        let mut command = Command::new("sh");
        self.enter(&mut command);
        command.args(["-c", r#"while paplay --device=vmic "$0"; do :; done"#]).arg(file);
        Running::start(command, &self.folder.join("say.log"))
    }
}

/// A running recording.
#[derive(Debug)]
pub struct Recording {
    recorder: std::process::Child,
    file: tempfile::NamedTempFile,
}

impl Recording {
    /// All samples so far, from -1 to 1 at 48 kHz.
    pub fn samples(&self) -> anyhow::Result<Vec<f32>> {
        let bytes = std::fs::read(self.file.path())?;
        Ok(bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0).collect())
    }

    /// Writes the recording as a WAV file, to listen to.
    pub fn keep(&self, file: &Path) -> anyhow::Result<()> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: RATE,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(file, spec)?;
        for sample in self.samples()? {
            writer.write_sample((sample * 32_767.0) as i16)?;
        }
        Ok(writer.finalize()?)
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        drop(self.recorder.kill());
        drop(self.recorder.wait());
    }
}

/// Mean level in dB of full scale; silence is -120.
pub fn level_db(samples: &[f32]) -> f64 {
    let power = samples.iter().map(|s| f64::from(s * s)).sum::<f64>() / samples.len().max(1) as f64;
    10.0 * power.max(1e-12).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_in_decibels() {
        assert!((level_db(&[0.0; 100]) + 120.0).abs() < 0.01);
        assert!((level_db(&[0.5; 100]) + 6.02).abs() < 0.01);
        assert!((level_db(&[]) + 120.0).abs() < 0.01);
    }
}
