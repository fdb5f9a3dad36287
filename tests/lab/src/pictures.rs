//! Pictures a person saw: which frames of the film were shown, when, and how long the picture stood still.

use anyhow::{Context, Result};

use crate::numbers::percentile;
use crate::traffic::Span;

/// Bits of a frame number; the film has no more frames than they can tell apart.
pub const NUMBER_BITS: usize = 10;
/// Brightness between a dark and a bright field.
const THRESHOLD: u8 = 125;
/// A capture may be logged this much after its picture is shown, where clocks of threads differ.
const CLOCK_TOLERANCE_US: u64 = 20_000;
/// A gap between pictures from which on it counts as a freeze.
const FREEZE_US: u64 = 200_000;
/// Pictures within a second that make it fluent again.
const FLUENT_FRAMES: usize = 20;

/// A line of a frame log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// When the picture was handed to its view.
    pub handed_us: u64,
    /// When it was captured, or due.
    pub at_us: u64,
    pub width: u32,
    /// `None` where the number could not be read.
    pub number: Option<u32>,
}

/// Both sides of a frame log, in order of time: captured and shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrameLog {
    pub own: Vec<Seen>,
    pub shown: Vec<Seen>,
}

impl FrameLog {
    /// Reads what `bellwire-cli --frame-log` and the browser page write.
    pub fn read(text: &str) -> Result<Self> {
        let mut log = Self::default();
        for line in text.lines() {
            let (own, seen) = parse(line).with_context(|| format!("not a line of a frame log: {line}"))?;
            if own { log.own.push(seen) } else { log.shown.push(seen) }
        }
        log.own.sort_by_key(|seen| seen.at_us);
        log.shown.sort_by_key(|seen| seen.handed_us);
        Ok(log)
    }
}

fn parse(line: &str) -> Option<(bool, Seen)> {
    let words: Vec<&str> = line.split(',').collect();
    let [side, handed, at, width, _height, strip] = words[..] else { return None };
    let own = match side {
        "own" => true,
        "remote" => false,
        _ => return None,
    };
    let seen = Seen {
        handed_us: handed.parse().ok()?,
        at_us: at.parse().ok()?,
        width: width.parse().ok()?,
        number: number(strip),
    };
    Some((own, seen))
}

/// The frame number of a strip of brightnesses: its bits from the highest, then the same inverted.
fn number(strip: &str) -> Option<u32> {
    let bright = |cell: usize| -> Option<bool> {
        Some(u8::from_str_radix(strip.get(2 * cell..2 * cell + 2)?, 16).ok()? > THRESHOLD)
    };
    (0..NUMBER_BITS).try_fold(0, |number, bit| {
        let (plain, inverted) = (bright(bit)?, bright(bit + NUMBER_BITS)?);
        (plain != inverted).then_some(number << 1 | u32::from(plain))
    })
}

/// What was seen within a span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PictureFigures {
    pub captured: usize,
    pub shown_percent: f64,
    pub fps: f64,
    /// Pictures per second as felt: the time-weighted mean of the momentary rate.
    pub harmonic_fps: f64,
    pub longest_freeze_ms: f64,
    pub freezes: usize,
    pub frozen_s: f64,
    pub capture_to_display_ms: Option<f64>,
    pub capture_to_display_p95_ms: Option<f64>,
    pub width: Option<f64>,
    pub unreadable: usize,
}

/// Each shown picture with the index of the captured frame it shows.
fn matched(own: &[Seen], shown: &[Seen]) -> Vec<(Seen, Option<usize>)> {
    let newest_before = |picture: &Seen| -> Option<usize> {
        let number = picture.number?;
        let end = own.partition_point(|frame| frame.at_us <= picture.handed_us + CLOCK_TOLERANCE_US);
        own[..end].iter().rposition(|frame| frame.number == Some(number))
    };
    shown.iter().map(|picture| (*picture, newest_before(picture))).collect()
}

/// Compares what one side captured with what the other showed.
pub fn compare(own: &[Seen], shown: &[Seen], span: Span) -> PictureFigures {
    let pairs = matched(own, shown);
    let mut seen = vec![false; own.len()];
    pairs.iter().filter_map(|pair| pair.1).for_each(|index| seen[index] = true);
    let captured: Vec<usize> = (0..own.len()).filter(|index| span.holds(own[*index].at_us)).collect();
    let arrived = captured.iter().filter(|index| seen[**index]).count();
    let inside: Vec<&(Seen, Option<usize>)> =
        pairs.iter().filter(|pair| span.holds(pair.0.handed_us)).collect();
    let mut delays: Vec<f64> =
        inside.iter().filter_map(|(picture, index)| Some(delay_us(picture, &own[(*index)?]) / 1e3)).collect();
    let gaps = gaps(shown, span);
    let squares: f64 = gaps.iter().map(|gap| (*gap as f64 / 1e6).powi(2)).sum();
    let frozen: Vec<u64> = gaps.iter().copied().filter(|gap| *gap > FREEZE_US).collect();
    let mut widths: Vec<f64> = inside.iter().map(|pair| f64::from(pair.0.width)).collect();
    PictureFigures {
        captured: captured.len(),
        shown_percent: 100.0 * arrived as f64 / captured.len().max(1) as f64,
        fps: inside.len() as f64 / span.seconds().max(1e-9),
        harmonic_fps: span.seconds() / squares.max(1e-9),
        longest_freeze_ms: gaps.iter().copied().max().unwrap_or(0) as f64 / 1e3,
        freezes: frozen.len(),
        frozen_s: frozen.iter().sum::<u64>() as f64 / 1e6,
        capture_to_display_ms: percentile(&mut delays, 0.5),
        capture_to_display_p95_ms: percentile(&mut delays, 0.95),
        width: percentile(&mut widths, 0.5),
        unreadable: inside.iter().filter(|pair| pair.1.is_none()).count(),
    }
}

fn delay_us(picture: &Seen, frame: &Seen) -> f64 {
    picture.handed_us as f64 - frame.at_us as f64
}

/// Delay of each picture shown within the span: when, and ms.
pub fn delays(own: &[Seen], shown: &[Seen], span: Span) -> Vec<(u64, f64)> {
    matched(own, shown)
        .into_iter()
        .filter(|(picture, _)| span.holds(picture.handed_us))
        .filter_map(|(picture, index)| Some((picture.handed_us, delay_us(&picture, &own[index?]) / 1e3)))
        .collect()
}

/// Times without a new picture, from the span's begin to its end.
fn gaps(shown: &[Seen], span: Span) -> Vec<u64> {
    let inside = shown.iter().map(|picture| picture.handed_us).filter(|at| span.holds(*at));
    let mut times = vec![span.from_us];
    times.extend(inside);
    times.push(span.to_us);
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

/// Seconds from `since_us` to the next picture, and until pictures come fluently.
pub fn back_s(shown: &[Seen], since_us: u64) -> (Option<f64>, Option<f64>) {
    let times: Vec<u64> =
        shown.iter().map(|picture| picture.handed_us).filter(|at| *at >= since_us).collect();
    let seconds = |at: u64| (at - since_us) as f64 / 1e6;
    let fluent =
        times.windows(FLUENT_FRAMES).find(|window| window[FLUENT_FRAMES - 1] - window[0] <= 1_000_000);
    (times.first().map(|at| seconds(*at)), fluent.map(|window| seconds(window[0])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strip(number: u32) -> String {
        let cell = |bright: bool| if bright { "e0" } else { "18" };
        let bit = |bit: usize| number >> (NUMBER_BITS - 1 - bit) & 1 == 1;
        (0..NUMBER_BITS).map(|n| cell(bit(n))).chain((0..NUMBER_BITS).map(|n| cell(!bit(n)))).collect()
    }

    fn seen(at_us: u64, number: u32) -> Seen {
        Seen { handed_us: at_us, at_us, width: 1280, number: Some(number) }
    }

    const SECOND: Span = Span { from_us: 0, to_us: 1_000_000 };

    #[test]
    fn numbers_are_read_and_damage_is_noticed() {
        for wanted in [0, 1, 299, 512, 1023] {
            assert_eq!(number(&strip(wanted)), Some(wanted));
        }
        assert_eq!(number(&"80".repeat(20)), None);
        assert_eq!(number("80"), None);
        let log = FrameLog::read(&format!("own,5,4,1280,720,{}\nremote,9,9,640,360,zz", strip(7))).unwrap();
        assert_eq!(log.own, [Seen { handed_us: 5, at_us: 4, width: 1280, number: Some(7) }]);
        assert_eq!(log.shown[0].number, None);
        assert!(FrameLog::read("nonsense").is_err());
    }

    #[test]
    fn a_perfect_second_shows_everything() {
        let own: Vec<Seen> = (0..100).map(|n| seen(u64::from(n) * 10_000, n)).collect();
        let shown: Vec<Seen> = own.iter().map(|s| Seen { handed_us: s.at_us + 40_000, ..*s }).collect();
        let figures = compare(&own, &shown, Span { from_us: 100_000, to_us: 900_000 });
        assert_eq!(figures.captured, 80);
        assert_eq!((figures.shown_percent, figures.freezes, figures.unreadable), (100.0, 0, 0));
        assert_eq!(figures.capture_to_display_ms, Some(40.0));
        assert!((figures.harmonic_fps - 100.0).abs() < 2.0, "{figures:?}");
    }

    #[test]
    fn a_freeze_counts_in_full() {
        let own: Vec<Seen> = (0..100).map(|n| seen(u64::from(n) * 10_000, n)).collect();
        let shown: Vec<Seen> =
            own.iter().copied().filter(|s| !(20..70).contains(&s.at_us.div_euclid(10_000))).collect();
        let figures = compare(&own, &shown, SECOND);
        assert_eq!((figures.freezes, figures.longest_freeze_ms), (1, 510.0));
        assert_eq!(figures.shown_percent, 50.0);
        assert!(figures.harmonic_fps < 4.0);
    }

    #[test]
    fn a_black_beginning_is_a_freeze() {
        let figures = compare(&[seen(0, 1)], &[seen(600_000, 1)], SECOND);
        assert_eq!((figures.freezes, figures.longest_freeze_ms), (2, 600.0));
    }

    #[test]
    fn a_film_that_begins_again_is_matched_with_its_last_round() {
        let own = [seen(0, 3), seen(500_000, 3)];
        let figures = compare(&own, &[seen(540_000, 3)], SECOND);
        assert_eq!(figures.capture_to_display_ms, Some(40.0));
    }

    #[test]
    fn the_picture_is_back_and_then_fluent() {
        let shown: Vec<Seen> = [1_000_000, 1_300_000]
            .into_iter()
            .chain((0..30).map(|n| 2_000_000 + n * 33_000))
            .map(|at| seen(at, 0))
            .collect();
        assert_eq!(back_s(&shown, 500_000), (Some(0.5), Some(1.5)));
        assert_eq!(back_s(&shown, 9_000_000), (None, None));
    }
}
