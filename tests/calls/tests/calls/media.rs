//! Tests of media end to end: frames compared with the film they came from, the recorded loudspeaker with the
//! speech.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use bellwire_engine::media::VideoFrame;
use bellwire_engine::media::video::{VideoFormat, open_source, psnr_y};
use bellwire_tests_calls::{CUSTOMER, SELLER, Setup, TestClient, TestServer, asset, sound};
use tokio::io::AsyncReadExt;
use tokio::process::Command;

/// Frames of the film before it begins again.
const FILM_FRAMES: usize = 132;

/// Every frame of the film, decoded by the same source that plays it.
fn film() -> anyhow::Result<Vec<VideoFrame>> {
    let id = format!("file:{}", asset("media/big-buck-bunny-720p25.mp4").display());
    let mut source = open_source(&id, VideoFormat { width: 1280, height: 720, fps: 25 })?;
    let mut frames = Vec::new();
    while frames.len() < FILM_FRAMES {
        if let Some(frame) = source.next_frame(Duration::from_secs(5))? {
            frames.push(frame);
        }
    }
    Ok(frames)
}

/// The frame of the film a picture shows, and how well.
fn best(film: &[VideoFrame], seen: &VideoFrame) -> (usize, f64) {
    let scores = film.iter().map(|f| psnr_y(f, seen)).enumerate();
    scores.fold((0, 0.0), |best, score| if score.1 > best.1 { score } else { best })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_film_arrives_picture_by_picture() -> anyhow::Result<()> {
    let film_id = format!("file:{}", asset("media/big-buck-bunny-720p25.mp4").display());
    let server = TestServer::start().await?;
    let sends = Setup {
        camera: film_id,
        microphone: "none".into(),
        start_bitrate: 1_600_000,
        max_bitrate: 1_600_000,
        ..Setup::default()
    };
    let receives = Setup { camera: "none".into(), microphone: "none".into(), ..Setup::default() };
    let seller = TestClient::sign_in(&server, "seller", SELLER, sends).await?;
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, receives).await?;
    seller.reach(CUSTOMER, &customer).await?;
    let full = |s: &bellwire_engine::CallStats| s.width_received == 1280 && s.height_received == 720;
    customer.stats("720p", full).await?;
    customer.remote.see(25).await?;

    customer.remote.keep(75);
    customer.remote.see(75).await?;
    let seen = customer.remote.kept();
    let stats = customer.stats("figures", full).await?;
    drop((seller, customer));

    let scored = tokio::task::spawn_blocking(move || -> anyhow::Result<Vec<(usize, f64)>> {
        let film = film()?;
        Ok(seen.iter().filter(|f| f.width == 1280).map(|f| best(&film, f)).collect())
    })
    .await??;
    let mut quality: Vec<f64> = scored.iter().map(|s| s.1).collect();
    quality.sort_by(f64::total_cmp);
    let mean = quality.iter().sum::<f64>() / quality.len() as f64;
    println!(
        "PSNR-Y mean {mean:.1} dB, worst {:.1} dB, median {:.1} dB",
        quality[0],
        quality[quality.len() / 2]
    );
    ensure!(mean >= 32.0, "PSNR {mean:.1} dB, {scored:?}, {stats:?}");
    // The right frames in the right order: each is the same or a later one of the film, which loops.
    let backwards =
        scored.windows(2).filter(|w| (w[1].0 + FILM_FRAMES - w[0].0) % FILM_FRAMES > FILM_FRAMES / 2).count();
    ensure!(backwards == 0, "pictures went backwards {backwards} times: {scored:?}");
    let distinct: std::collections::BTreeSet<_> = scored.iter().map(|s| s.0).collect();
    ensure!(distinct.len() >= 30, "only {} different pictures of the film: {scored:?}", distinct.len());
    Ok(())
}

/// A loudspeaker of its own on the test's sound server, recorded by its monitor.
struct Loudspeaker {
    module: String,
    name: String,
}

impl Loudspeaker {
    async fn plug_in() -> anyhow::Result<Self> {
        ensure!(
            std::env::var_os("PULSE_SERVER").is_some(),
            "no sound server: run the tests with `cargo xtask test`"
        );
        let name = format!("ear{}", std::process::id());
        let load = Command::new("pactl")
            .args([
                "load-module",
                "module-null-sink",
                &format!("sink_name={name}"),
                "rate=48000",
                "channels=1",
            ])
            .output()
            .await?;
        ensure!(load.status.success(), "pactl: {}", String::from_utf8_lossy(&load.stderr));
        Ok(Self { module: String::from_utf8(load.stdout)?.trim().to_owned(), name })
    }

    /// What it plays for so long, mono at 48 kHz.
    async fn record(&self, seconds: usize) -> anyhow::Result<Vec<f32>> {
        let mut parec = Command::new("parec")
            .args([
                "-d",
                &format!("{}.monitor", self.name),
                "--latency-msec=20",
                "--format=s16le",
                "--rate=48000",
            ])
            .arg("--channels=1")
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut bytes = vec![0_u8; seconds * 48_000 * 2];
        parec.stdout.take().context("no output")?.read_exact(&mut bytes).await?;
        Ok(bytes.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32768.0).collect())
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        let _ = std::process::Command::new("pactl").args(["unload-module", &self.module]).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn speech_comes_out_of_the_loudspeaker() -> anyhow::Result<()> {
    let speech = asset("media/voice-22s-48k.wav");
    let ear = Loudspeaker::plug_in().await?;
    let server = TestServer::start().await?;
    let sends =
        Setup { camera: "none".into(), microphone: format!("file:{}", speech.display()), ..Setup::default() };
    let receives = Setup {
        camera: "none".into(),
        microphone: "none".into(),
        speaker: format!("pulseaudio:{}", ear.name),
        ..Setup::default()
    };
    let seller = TestClient::sign_in(&server, "seller", SELLER, sends).await?;
    let customer = TestClient::sign_in(&server, "customer", CUSTOMER, receives).await?;
    seller.reach(CUSTOMER, &customer).await?;
    customer.stats("sound", |s| s.audio_level_received_db > -45.0).await?;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let heard = ear.record(12).await?;
    let stats = customer.stats("figures", |s| s.audio_kbps_received > 1.0).await?;
    drop((seller, customer));

    let said = sound::read_mono(&speech)?;
    let found = tokio::task::spawn_blocking(move || sound::compare(&said, &heard)).await?;
    println!("{found:?}, concealed {:.3}, jitter buffer {:.0} ms", stats.concealed, stats.jitter_ms);
    ensure!(found.spectral_match > 0.9, "{found:?}");
    ensure!(found.level_db.abs() < 3.0, "{found:?}");
    ensure!(found.dropouts <= found.loud_frames / 50, "{found:?}");
    Ok(())
}
