//! Report of the lab: tables of medians with the verdict on each bar, and a plot for each profile.

mod beside;
mod figure;
mod plot;
mod verdict;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use self::figure::{FIGURES, Values, values};
use self::verdict::{Verdict, judge};
use crate::profiles::{Calls, PROFILES, Profile};
use crate::record::{Measured, RESULT_FILE, Run, Runs, System, read};

const HEAD: &str = "# Network lab

Written by `cargo xtask lab --report`; do not edit, run it again. What is measured and how is said at the end.
";

const METHOD: &str = "## How it is measured

- Two hosts in network namespaces, joined by an emulated link (`tests/lab`). Signaling goes past the link. H.264 both ways,
  each system's own bit rates to begin with, both sides send the same film (1280x720 at 30 frames per second, a number drawn
  into each frame) and the same speech.
- Each run has two directions, and each is a sample: `n` counts directions. Cells are medians, with the least and the most
  in brackets. The systems take turns on the same machine.
- Shown: frames of the film that were seen at the other side, of those captured. A freeze is more than 200 ms without a new
  picture, a call that begins black included. Harmonic: frames per second weighted by how long each was looked at.
- Capture to display: from a frame's capture until it is handed to the view; mouth to ear: from the microphone's file to
  the recorded loudspeaker, by correlation. Neither has devices or a screen in it.
- PESQ is ITU-T P.862.2 (wide band), over pieces of seven seconds. Made up is the receiver's own count of concealed sound.
- Queue: what packets waited for the bottleneck. Rates include IP and UDP headers.
- Rate, picture and sound back count from the step after which the link is good again.
- Profiles named RingRTC have the parameters of that project's call simulator (`call_sim/src/common.rs`).

```sh
cargo xtask lab PROFILE... --system bellwire,chromium --runs 3
cargo xtask lab --report
```
";

/// Writes the report of all results in `results`, its plots to `plots`.
pub fn document(results: &Path, report: &Path, plots: &Path) -> Result<()> {
    let all = load(results)?;
    if all.is_empty() {
        bail!("nothing was measured yet: there are no results in {}", results.display());
    }
    fs::create_dir_all(plots).with_context(|| format!("cannot make {}", plots.display()))?;
    let mut text = format!("{HEAD}\n{}\n{}{}", surroundings(&all), summary(&all), beside::table(&all));
    for (profile, runs) in &all {
        let name = format!("{}.svg", profile.name);
        let picture = plots.join(&name);
        fs::write(&picture, plot::draw(profile, runs))
            .with_context(|| format!("cannot write {}", picture.display()))?;
        let link = relative(report, &picture);
        let _ = write!(
            text,
            "\n## {}\n\n{}.\n\n{}\n![Rate and queue over time]({link})\n",
            profile.name,
            profile.about,
            table(profile, runs)
        );
    }
    let _ = write!(text, "\n{METHOD}");
    fs::write(report, text).with_context(|| format!("cannot write {}", report.display()))
}

fn load(results: &Path) -> Result<Vec<(&'static Profile, Runs)>> {
    let mut all = Vec::new();
    for profile in PROFILES {
        let Ok(entries) = fs::read_dir(results.join(profile.name)) else { continue };
        let mut runs = Runs::new();
        for entry in entries {
            let file = entry?.path().join(RESULT_FILE);
            if file.exists() {
                let measured: Measured = read(&file)?;
                runs.entry(measured.run.system).or_default().push(measured);
            }
        }
        runs.values_mut().for_each(|runs| runs.sort_by_key(|measured| measured.run.number));
        if !runs.is_empty() {
            all.push((profile, runs));
        }
    }
    Ok(all)
}

/// The picture's path as the report has to name it, where both lie below one folder.
fn relative(report: &Path, picture: &Path) -> String {
    let folder = report.parent().unwrap_or(Path::new(""));
    picture.strip_prefix(folder).unwrap_or(picture).display().to_string()
}

fn surroundings(all: &[(&Profile, Runs)]) -> String {
    let runs = || all.iter().flat_map(|(_, runs)| runs.values().flatten().map(|measured| &measured.run));
    let named = |name: fn(&Run) -> &str| -> String {
        let names: BTreeSet<&str> = runs().map(name).filter(|name| !name.is_empty()).collect();
        names.into_iter().collect::<Vec<_>>().join(", ")
    };
    let loads = || runs().flat_map(|run| run.load);
    let (least, most) = (loads().fold(f64::MAX, f64::min), loads().fold(0.0, f64::max));
    format!(
        "Bellwire at {} (release build) beside Chromium {}, {}; {} runs on {} processors, load average {least:.1} to {most:.1}.\n",
        named(|run| &run.commit),
        named(|run| &run.chromium),
        named(|run| &run.date),
        runs().count(),
        runs().map(|run| run.processors).max().unwrap_or(0),
    )
}

/// One line per bar.
fn summary(all: &[(&Profile, Runs)]) -> String {
    let mut rows = Vec::new();
    for (profile, runs) in all {
        for bar in profile.bars {
            let judged = judge(*bar, profile, runs);
            rows.push(vec![
                profile.name.to_owned(),
                judged.what,
                judged.ours,
                judged.theirs,
                judged.bar,
                judged.verdict.word().to_owned(),
            ]);
        }
    }
    let met = rows.iter().filter(|row| row[5] == Verdict::Met.word()).count();
    let head = ["profile", "figure", "Bellwire", "Chromium", "bar", "verdict"];
    format!("{met} of {} bars are met.\n\n{}", rows.len(), grid(&head, &rows))
}

fn table(profile: &Profile, runs: &Runs) -> String {
    let systems: &[(System, &str)] = match profile.calls {
        Calls::One => &[(System::Bellwire, "Bellwire"), (System::Chromium, "Chromium")],
        Calls::Two => &[
            (System::Bellwire, "two Bellwire"),
            (System::Chromium, "two Chromium"),
            (System::Mixed, "Bellwire, then Chromium"),
        ],
    };
    let mut head = vec!["figure".to_owned()];
    head.extend(systems.iter().map(|(system, name)| {
        let count: usize = runs.get(system).map_or(0, |runs| runs.iter().map(|m| m.sides.len()).sum());
        format!("{name} (n {count})")
    }));
    if profile.calls == Calls::One {
        head.push("ratio".to_owned());
    }
    let mut rows = Vec::new();
    for figure in FIGURES {
        let cells: Vec<Values> =
            systems.iter().map(|(system, _)| values(runs, *system, figure.name)).collect();
        if cells.iter().all(Values::is_empty) {
            continue;
        }
        let mut row = vec![figure.label()];
        row.extend(cells.iter().map(|cell| cell.text(figure)));
        if let (Calls::One, [ours, theirs]) = (profile.calls, &cells[..]) {
            row.push(ours.ratio(theirs).map_or(String::new(), |ratio| format!("{ratio:.2}x")));
        }
        rows.push(row);
    }
    grid(&head.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
}

/// A Markdown table that can be read as it is, too.
fn grid(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| -> usize {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count(), 3]).max().unwrap_or(3)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[&str]| -> String {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!(" {cell:width$} |"));
        format!("|{}\n", padded.collect::<String>())
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = line(head) + &line(&rule.iter().map(String::as_str).collect::<Vec<_>>());
    for row in rows {
        text += &line(&row.iter().map(String::as_str).collect::<Vec<_>>());
    }
    text
}
