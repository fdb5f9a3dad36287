//! Series of runs: the systems take turns, so that whatever else the machine does falls on all of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use bellwire_tests_lab::analysis;
use bellwire_tests_lab::profiles::Profile;
use bellwire_tests_lab::record::{Measured, RESULT_FILE, System, write};

use crate::measure::{self, Material};
use crate::options::Run;
use crate::{media, pesq};

/// Figures told while the series goes on.
const TOLD: &[(&str, &str)] = &[
    ("ramp_s", "s to 80 %"),
    ("rate_back_s", "s to 80 % again"),
    ("picture_back_s", "s to the picture"),
    ("received_kbps", "kbit/s"),
    ("queue_p95_ms", "ms queue"),
    ("shown_percent", "% shown"),
    ("fps", "fps"),
    ("longest_freeze_ms", "ms freeze"),
    ("capture_to_display_ms", "ms late"),
    ("concealed_percent", "% made up"),
    ("mouth_to_ear_ms", "ms mouth to ear"),
    ("pesq", "PESQ"),
    ("lip_sync_ms", "ms behind sound"),
    ("first_share_percent", "% for the first"),
];

pub(crate) fn run(options: &Run) -> Result<()> {
    let browsers = options.system.iter().any(|system| *system != System::Bellwire);
    let material = match (&options.media, &options.ffmpeg) {
        (Some(folder), Some(ffmpeg)) => media::prepare(ffmpeg, &options.film, folder, browsers)?,
        (None, _) | (_, None) => Material { packed: options.film.clone(), unpacked: None },
    };
    for profile in &options.profiles {
        for system in &options.system {
            forget(&options.results.join(profile.name), *system)?;
        }
    }
    let mut failed = 0;
    for number in 1..=options.runs {
        for profile in &options.profiles {
            for system in &options.system {
                match one(options, &material, profile, *system, number) {
                    Ok(measured) => tell(&measured),
                    Err(error) => {
                        failed += 1;
                        println!("{} {} {number}: does not count: {error:#}", profile.name, system.word());
                    }
                }
            }
        }
    }
    if failed > 0 {
        bail!("{failed} runs do not count");
    }
    Ok(())
}

fn one(
    options: &Run,
    material: &Material,
    profile: &Profile,
    system: System,
    number: u32,
) -> Result<Measured> {
    let folder: PathBuf = options.results.join(profile.name).join(format!("{}-{number}", system.word()));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let folder = std::path::absolute(folder)?;
    measure::run(options, material, profile, system, number, &folder)?;
    let mut analysis = analysis::analyse(&folder, &options.voice)?;
    if let Some(python) = &options.python {
        for (side, speech) in analysis.measured.sides.iter_mut().zip(&analysis.speech) {
            if let Some(score) = pesq::mean(python, speech)? {
                side.figures.insert("pesq".to_owned(), Some((score * 1e3).round() / 1e3));
            }
        }
    }
    write(&folder.join(RESULT_FILE), &analysis.measured)?;
    Ok(analysis.measured)
}

/// Runs of an earlier series: they would be taken for this one's.
fn forget(folder: &Path, system: System) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&format!("{}-", system.word())) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn tell(measured: &Measured) {
    let run = &measured.run;
    println!(
        "{} {} {} (load {:.1} to {:.1}, {:.0} % of {} processors busy)",
        run.profile,
        run.system.word(),
        run.number,
        run.load[0],
        run.load[1],
        run.busy_percent,
        run.processors,
    );
    for side in &measured.sides {
        let figures: Vec<String> = TOLD
            .iter()
            .filter_map(|(name, unit)| Some(format!("{} {unit}", number((*side.figures.get(*name)?)?))))
            .collect();
        println!("  from {}: {}", side.sender, figures.join(", "));
    }
}

fn number(value: f64) -> String {
    if value.abs() < 20.0 { format!("{value:.2}") } else { format!("{value:.0}") }
}
