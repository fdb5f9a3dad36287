//! Analysis of a run: from the logs in its folder to figures.

mod concealment;
mod load;

use std::path::Path;

use anyhow::{Context, Result};

use self::load::Recorded;
use crate::link::{Fate, LinkConfig};
use crate::numbers::median;
use crate::pictures::{Seen, back_s, compare, delays};
use crate::profiles::{Calls, Change, Profile, find};
use crate::record::{Figures, Measured, RUN_FILE, Run, Series, Side, System, read};
use crate::sound::{self, Pair};
use crate::traffic::{self, Direction, Span, Traffic};

/// Share of a link's rate from which on it counts as used.
const USED: f64 = 0.8;
/// Both systems' own limit for video is 2.5 Mbit/s.
const MAX_FILLED_KBPS: f64 = 2_500.0;
/// The last moments belong to hanging up.
const END_US: u64 = 500_000;
const SERIES_STEP_US: u64 = 500_000;

/// The figures of a run, and the sound for the PESQ meter of each side.
#[derive(Debug)]
pub struct Analysis {
    pub measured: Measured,
    pub speech: Vec<Vec<Option<Pair>>>,
}

/// Reads a run's folder. `media` is where the film and the speech lie that were sent.
pub fn analyse(folder: &Path, voice: &Path) -> Result<Analysis> {
    let run: Run = read(&folder.join(RUN_FILE))?;
    let profile = find(&run.profile).with_context(|| format!("no profile called {}", run.profile))?;
    let log = std::fs::read_to_string(folder.join("packets.csv")).context("there is no packet log")?;
    let packets = traffic::read(&log)?;
    let recorded = match run.system {
        System::Bellwire | System::Mixed => {
            ["caller", "callee"].map(|side| load::bellwire(folder, side, voice))
        }
        System::Chromium => ["caller", "callee"].map(|side| load::chromium(folder, side)),
    };
    let [caller, callee] = recorded;
    let (caller, callee) = (caller?, callee?);
    let mut analysis =
        Analysis { measured: Measured { run: run.clone(), sides: Vec::new() }, speech: Vec::new() };
    // Two calls send one way only.
    let ways = match profile.calls {
        Calls::One => 2,
        Calls::Two => 1,
    };
    let both = [(Direction::FromCaller, &caller, &callee), (Direction::FromCallee, &callee, &caller)];
    for (direction, from, to) in both.into_iter().take(ways) {
        let traffic = Traffic::of(&packets, direction);
        let (side, speech) = side(&run, profile, &traffic, from, to);
        analysis.measured.sides.push(side);
        analysis.speech.push(speech);
    }
    Ok(analysis)
}

fn side(
    run: &Run,
    profile: &Profile,
    traffic: &Traffic,
    from: &Recorded,
    to: &Recorded,
) -> (Side, Vec<Option<Pair>>) {
    let whole = Span { from_us: run.connected_us, to_us: run.ended_us.saturating_sub(END_US) };
    // A call that was made shorter than its profile is judged by its second half at least.
    let settled = run.connected_us + (profile.settled_s.min(whole.seconds() / 2.0) * 1e6) as u64;
    let until =
        profile.until_s.map_or(whole.to_us, |s| (run.connected_us + (s * 1e6) as u64).min(whole.to_us));
    let span = Span { from_us: settled.min(until), to_us: until };
    let mut figures = Figures::new();
    of_traffic(&mut figures, traffic, span);
    if can_be_filled(&profile.link) {
        let first_change = run.steps_us.first().copied().unwrap_or(whole.to_us);
        let reached = traffic.reached_s(run.connected_us, first_change, USED * profile.link.rate_kbps);
        put_time(&mut figures, "ramp_s", reached);
    }
    if !from.frames.own.is_empty() {
        of_pictures(&mut figures, from, to, span);
    }
    if run.second_us.is_some() {
        put(&mut figures, "first_share_percent", traffic.first_share_percent(span));
    }
    after_step(&mut figures, run, profile, traffic, to);
    put(&mut figures, "concealed_percent", concealment::percent(to, span));
    let speech = of_sound(&mut figures, from, to, span);
    let series = Series {
        step_s: SERIES_STEP_US as f64 / 1e6,
        received_kbps: traffic.series(whole, SERIES_STEP_US),
        queue_ms: traffic.queue_series(whole, SERIES_STEP_US),
    };
    (Side { sender: from.name.clone(), figures, series }, speech)
}

fn put(figures: &mut Figures, name: &str, value: Option<f64>) {
    if let Some(value) = value.filter(|value| value.is_finite()) {
        figures.insert(name.to_owned(), Some((value * 1e3).round() / 1e3));
    }
}

/// A time to something that may never have come, which counts as the worst.
fn put_time(figures: &mut Figures, name: &str, value: Option<f64>) {
    figures.insert(name.to_owned(), value.map(|value| (value * 1e3).round() / 1e3));
}

/// Whether both systems want to send as much as the link carries.
fn can_be_filled(link: &LinkConfig) -> bool {
    link.rate_kbps > 0.0 && link.rate_kbps <= MAX_FILLED_KBPS
}

fn of_traffic(figures: &mut Figures, traffic: &Traffic, span: Span) {
    put(figures, "sent_kbps", Some(traffic.sent_kbps(span)));
    put(figures, "received_kbps", Some(traffic.received_kbps(span)));
    put(figures, "queue_p50_ms", traffic.queue_ms(span, 0.5));
    put(figures, "queue_p95_ms", traffic.queue_ms(span, 0.95));
    put(figures, "queue_max_ms", traffic.queue_ms(span, 1.0));
    put(figures, "dropped_packets", Some(traffic.count(span, Fate::Dropped) as f64));
    put(figures, "lost_packets", Some(traffic.count(span, Fate::Lost) as f64));
}

fn of_pictures(figures: &mut Figures, from: &Recorded, to: &Recorded, span: Span) {
    let seen = compare(&from.frames.own, &to.frames.shown, span);
    put(figures, "fps", Some(seen.fps));
    put(figures, "harmonic_fps", Some(seen.harmonic_fps));
    put(figures, "longest_freeze_ms", Some(seen.longest_freeze_ms));
    put(figures, "freezes", Some(seen.freezes as f64));
    put(figures, "frozen_s", Some(seen.frozen_s));
    put(figures, "width", seen.width);
    // A film as it is has no numbers that would tell its frames apart.
    if from.frames.own.iter().any(|frame| frame.number.is_some()) {
        put(figures, "captured_frames", Some(seen.captured as f64));
        put(figures, "shown_percent", Some(seen.shown_percent));
        put(figures, "capture_to_display_ms", seen.capture_to_display_ms);
        put(figures, "capture_to_display_p95_ms", seen.capture_to_display_p95_ms);
        put(figures, "unreadable_frames", Some(seen.unreadable as f64));
    }
}

/// How soon things are as before, from the step that made the link good again.
fn after_step(figures: &mut Figures, run: &Run, profile: &Profile, traffic: &Traffic, to: &Recorded) {
    let Some(step) = profile.back_from else { return };
    let (Some(since), Some(planned)) = (run.steps_us.get(step).copied(), profile.steps.get(step)) else {
        return;
    };
    let (first, fluent) = back_s(&to.frames.shown, since);
    put_time(figures, "fluent_back_s", fluent);
    match planned.change {
        Change::Link(link) | Change::Restore(link) => {
            put_time(figures, "picture_back_s", first);
            if can_be_filled(&link) {
                // What the queue still holds of the time before is gone after half a second.
                let emptied = since + SERIES_STEP_US;
                let reached = traffic.reached_s(emptied, run.ended_us, USED * link.rate_kbps);
                put_time(figures, "rate_back_s", reached.map(|s| s + SERIES_STEP_US as f64 / 1e6));
            }
        }
        // The old path shows a last picture or two: from the first gap on, or the longest where none is long.
        Change::Address => {
            let length = |pair: &&[Seen]| pair[1].handed_us - pair[0].handed_us;
            let after = || to.frames.shown.windows(2).filter(|pair| pair[1].handed_us >= since);
            let soon = after().filter(|pair| pair[1].handed_us < since + ADDRESS_SPAN_US);
            let gap = after().find(|pair| length(pair) > ADDRESS_GAP_US).or_else(|| soon.max_by_key(length));
            let back = gap.map(|pair| (pair[1].handed_us - since) as f64 / 1e6);
            put_time(figures, "picture_back_s", back);
        }
        Change::Outage => {}
    }
}

/// A pause of the pictures that a change of address makes, and a busy machine hardly ever.
const ADDRESS_GAP_US: u64 = 400_000;
/// A shorter one is looked for within this time.
const ADDRESS_SPAN_US: u64 = 3_000_000;

fn of_sound(figures: &mut Figures, from: &Recorded, to: &Recorded, span: Span) -> Vec<Option<Pair>> {
    let (Some(said), Some(heard)) = (&from.said, &to.heard) else { return Vec::new() };
    let lags = sound::lags(said, heard, span);
    let sound = sound::compare(said, heard, span, &lags);
    put(figures, "mouth_to_ear_ms", sound.mouth_to_ear_ms);
    put(figures, "sound_gap_ms", sound.gap_ms);
    let pictures = delays(&from.frames.own, &to.frames.shown, span);
    let mut offsets: Vec<f64> = lags
        .iter()
        .filter(|lag| lag.likeness > 0.5)
        .filter_map(|lag| {
            let near = pictures.iter().filter(|(at, _)| at.abs_diff(lag.at_us) < 500_000);
            Some(median(&mut near.map(|(_, ms)| *ms).collect::<Vec<_>>())? - lag.ms)
        })
        .collect();
    let offset = median(&mut offsets);
    put(figures, "lip_sync_ms", offset);
    put(figures, "lip_sync_abs_ms", offset.map(f64::abs));
    sound::pieces(said, heard, span, &lags)
}
