//! Tests of calls over an emulated network: a short subset of `cargo xtask lab`, judged by limits so wide that
//! only a broken call misses them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use bellwire_tests_calls::{asset, sound};
use serde_json::Value;

/// `bellwire-lab`'s exit code where there can be no emulated network.
const SKIPPED: i32 = 77;
const SECONDS: u32 = 10;

/// Programs of the build this test belongs to.
fn programs() -> anyhow::Result<PathBuf> {
    if let Some(folder) = std::env::var_os("BELLWIRE_PROGRAMS") {
        return Ok(folder.into());
    }
    let this = std::env::current_exe()?;
    Ok(this.ancestors().nth(2).context("a test lies in `deps`")?.to_owned())
}

/// Measures one call; `None` where that is not possible, which is said.
#[expect(clippy::print_stderr, reason = "the output of a test that could not run says why")]
fn measure(profile: &str, results: &Path) -> anyhow::Result<Option<Value>> {
    let programs = programs()?;
    let done = Command::new(programs.join("bellwire-lab"))
        .args(["run", profile, "--seconds", &SECONDS.to_string()])
        .arg("--results")
        .arg(results)
        .arg("--programs")
        .arg(&programs)
        .arg("--film")
        .arg(std::path::absolute(asset("media/big-buck-bunny-720p25.mp4"))?)
        .arg("--voice")
        .arg(std::path::absolute(asset("media/voice-22s-48k.wav"))?)
        .output()
        .context("bellwire-lab is not built: `cargo xtask test` builds it")?;
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    match done.status.code() {
        Some(0) => {}
        Some(SKIPPED) => {
            eprintln!("NOT RUN: {said}");
            return Ok(None);
        }
        Some(_) | None => bail!("bellwire-lab failed ({}): {said}", done.status),
    }
    let file = results.join(profile).join("bellwire-1/result.json");
    Ok(Some(serde_json::from_str(&std::fs::read_to_string(file)?)?))
}

fn ensure_usable(profile: &str, measured: &Value, results: &Path) -> anyhow::Result<()> {
    let said = sound::read_mono(&asset("media/voice-22s-48k.wav"))?;
    for side in measured["sides"].as_array().context("sides")? {
        let figure =
            |name: &str| side["figures"][name].as_f64().with_context(|| format!("no {name}: {side}"));
        ensure!(figure("fps")? >= 3.0, "hardly a picture: {side}");
        ensure!(figure("received_kbps")? >= 30.0, "hardly a packet: {side}");
        ensure!(figure("concealed_percent")? <= 50.0, "sound was made up: {side}");
    }
    for side in ["caller", "callee"] {
        let heard = sound::read_mono(&results.join(profile).join(format!("bellwire-1/{side}.wav")))?;
        // The beginning is silence, before the other side was connected.
        let likeness = sound::compare(&said, &heard[heard.len() / 3..]);
        ensure!(likeness.spectral_match >= 0.5, "{side} heard something else: {likeness:?}");
        ensure!(likeness.dropouts * 2 <= likeness.loud_frames, "{side} heard half of it: {likeness:?}");
    }
    Ok(())
}

#[test]
fn a_call_survives_a_narrow_link_with_a_queue() -> anyhow::Result<()> {
    let results = tempfile::tempdir()?;
    let Some(measured) = measure("ramp", results.path())? else { return Ok(()) };
    ensure_usable("ramp", &measured, results.path())
}

#[test]
fn a_call_survives_losing_every_tenth_packet() -> anyhow::Result<()> {
    let results = tempfile::tempdir()?;
    let Some(measured) = measure("loss10", results.path())? else { return Ok(()) };
    ensure_usable("loss10", &measured, results.path())?;
    let lost = measured["sides"][0]["figures"]["lost_packets"].as_f64().unwrap_or_default();
    ensure!(lost > 5.0, "the link lost nothing: {measured}");
    Ok(())
}
