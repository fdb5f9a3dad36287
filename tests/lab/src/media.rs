//! Media of the runs: the film with a number drawn into each frame, packed for Bellwire and unpacked for
//! Chromium.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use bellwire_tests_lab::pictures::NUMBER_BITS;

use crate::measure::Material;

/// Ten seconds; then it begins again. Half the numbers there could be, and 400 MB unpacked.
const FRAMES: usize = 300;
const FPS: usize = 30;
const WIDTH: usize = 1280;
const HEIGHT: usize = 720;
/// Height of the number, as `bellwire-cli --frame-log` looks for it.
const STRIP: usize = HEIGHT / 18;
/// Grain, which keeps encoders from getting by with little.
const GRAIN: usize = 4;

/// The film made ready in `folder`, unless it lies there already.
pub(crate) fn prepare(ffmpeg: &Path, film: &Path, folder: &Path, unpack: bool) -> Result<Material> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let packed = folder.join("film.mp4");
    let unpacked = folder.join("film.y4m");
    if !packed.exists() {
        let frames = FRAMES.to_string();
        make(&packed, "mp4", |part| {
            let mut command = Command::new(ffmpeg);
            command.args(["-v", "error", "-y", "-stream_loop", "-1", "-i"]).arg(film);
            command.args(["-an", "-vf", &filters(), "-r", &FPS.to_string(), "-frames:v", &frames]);
            command.args(["-c:v", "libx264", "-profile:v", "baseline", "-preset", "veryfast", "-crf", "19"]);
            command.args(["-g", "30", "-pix_fmt", "yuv420p"]).arg(part);
            command
        })?;
    }
    if unpack && !unpacked.exists() {
        // What Chromium is given is what our own file decodes to.
        make(&unpacked, "y4m", |part| {
            let mut command = Command::new(ffmpeg);
            command.args(["-v", "error", "-y", "-i"]).arg(&packed).args(["-pix_fmt", "yuv420p"]).arg(part);
            command
        })?;
    }
    Ok(Material { packed, unpacked: unpack.then_some(unpacked) })
}

/// Writes beside the place first, so that half a file is never taken for a whole one.
fn make(path: &Path, ending: &str, command: impl FnOnce(&Path) -> Command) -> Result<()> {
    let part = path.with_extension(format!("part.{ending}"));
    let done = command(&part).output().context("cannot start ffmpeg")?;
    if !done.status.success() {
        bail!("ffmpeg: {}", String::from_utf8_lossy(&done.stderr).trim());
    }
    fs::rename(&part, path).context("cannot keep the film")
}

/// Every frame of the film at our rate, with grain, and its number in fields along the top edge: the bits
/// from the highest, then the same inverted.
fn filters() -> String {
    let mut all = vec![
        format!("setpts=N/{FPS}/TB,scale={WIDTH}:{HEIGHT},noise=alls={GRAIN}:allf=t"),
        format!("drawbox=x=0:y=0:w=iw:h={STRIP}:color=black:t=fill"),
    ];
    let width = WIDTH / (2 * NUMBER_BITS);
    for bit in 0..NUMBER_BITS {
        let value = 1 << (NUMBER_BITS - 1 - bit);
        for (half, set) in [(0, 1), (NUMBER_BITS, 0)] {
            let x = (half + bit) * width;
            let when = format!("eq(mod(floor(n/{value}),2),{set})");
            all.push(format!("drawbox=x={x}:y=0:w={width}:h={STRIP}:color=white:t=fill:enable='{when}'"));
        }
    }
    all.join(",")
}
