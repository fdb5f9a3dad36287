//! Loading of a run: both systems' logs and recordings in one form.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::pictures::FrameLog;
use crate::sound::Sound;

/// Frames per second of the film.
pub(crate) const FILM_FPS: f64 = 30.0;

/// Samples made up out of all played until a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Concealed {
    pub(super) at_us: u64,
    pub(super) made_up: f64,
    pub(super) played: f64,
}

/// What one side of a call left behind.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) name: String,
    pub(super) frames: FrameLog,
    pub(super) said: Option<Sound>,
    pub(super) heard: Option<Sound>,
    pub(super) concealed: Vec<Concealed>,
}

fn frames(folder: &Path, side: &str) -> Result<FrameLog> {
    let path = folder.join(format!("{side}.frames.csv"));
    FrameLog::read(&fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?)
}

fn lines(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// Of `bellwire-cli`: its frame log, its lines, its speaker's file.
pub(super) fn bellwire(folder: &Path, side: &str, voice: &Path) -> Result<Recorded> {
    let frames = frames(folder, side)?;
    let speaker = folder.join(format!("{side}.wav"));
    // The file is made when the speaker is opened, whose clock starts then.
    let made = fs::metadata(&speaker).and_then(|data| data.created()).ok();
    let start_us =
        made.and_then(|at| at.duration_since(UNIX_EPOCH).ok()).map(|since| since.as_micros() as u64);
    let heard = match start_us {
        Some(start_us) => Some(Sound::read_wav(&speaker, start_us, false)?),
        None => None,
    };
    // Film and speech are played from the same moment, of which each picture's time tells.
    let epoch = frames.own.iter().find_map(|seen| {
        let since_us = f64::from(seen.number?) * 1e6 / FILM_FPS;
        Some(seen.at_us - since_us as u64)
    });
    let said = match epoch {
        Some(epoch) => Some(Sound::read_wav(voice, epoch, true)?),
        None => None,
    };
    let concealed = lines(&folder.join(format!("{side}.jsonl")))
        .iter()
        .filter(|line| line["kind"] == "stats")
        .filter_map(|line| {
            let at_us = line["heard_us"].as_u64()?;
            let played = at_us.saturating_sub(start_us?) as f64 * 0.048;
            Some(Concealed { at_us, made_up: line["concealed"].as_f64()? * played, played })
        })
        .collect();
    Ok(Recorded { name: side.to_owned(), frames, said, heard, concealed })
}

/// Of the browser page.
pub(super) fn chromium(folder: &Path, side: &str) -> Result<Recorded> {
    let start = |kind: &str| -> Option<u64> {
        let text = fs::read_to_string(folder.join(format!("{side}.{kind}.start"))).ok()?;
        text.trim().parse().ok()
    };
    let recording = |kind: &str| match start(kind) {
        Some(at) => Sound::read_raw(&folder.join(format!("{side}.{kind}.pcm")), at).map(Some),
        None => Ok(None),
    };
    let concealed = lines(&folder.join(format!("{side}.jsonl")))
        .iter()
        .filter_map(|line| {
            Some(Concealed {
                at_us: line["at_us"].as_u64()?,
                made_up: line["concealed_samples"].as_f64()?,
                played: line["played_samples"].as_f64()?,
            })
        })
        .collect();
    Ok(Recorded {
        name: side.to_owned(),
        frames: frames(folder, side)?,
        said: recording("said")?,
        heard: recording("heard")?,
        concealed,
    })
}
