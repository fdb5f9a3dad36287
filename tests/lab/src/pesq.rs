//! PESQ meter: hands pieces of speech to the Python package `pesq` (ITU-T P.862.2, wide band).

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use bellwire_tests_lab::sound::{PESQ_RATE_HZ, Pair};

/// The worst of the scale (P.862.2): nothing was recognised.
const WORST: f64 = 1.04;

/// Reads pairs of recordings, each with its length before it, and prints a line for each.
const SCRIPT: &str = "
import struct, sys
import numpy as np
from pesq import pesq
data = sys.stdin.buffer
def piece():
    head = data.read(4)
    return np.frombuffer(data.read(2 * struct.unpack('<I', head)[0]), dtype='<i2') if head else None
while (said := piece()) is not None:
    heard = piece()
    try:
        print(pesq(int(sys.argv[1]), said.astype(np.float32) / 32768, heard.astype(np.float32) / 32768, 'wb'))
    except Exception:
        print('none')
";

/// The mean score of the pieces; `None` where there is none to be judged.
pub(crate) fn mean(python: &Path, pieces: &[Option<Pair>]) -> Result<Option<f64>> {
    if pieces.is_empty() {
        return Ok(None);
    }
    let mut child = Command::new(python)
        .args(["-c", SCRIPT, &PESQ_RATE_HZ.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start Python")?;
    let mut input = child.stdin.take().context("its input was asked for")?;
    // The answers fit into a pipe many times over.
    for pair in pieces.iter().flatten() {
        for samples in [&pair.said, &pair.heard] {
            input.write_all(&(samples.len() as u32).to_le_bytes())?;
            input.write_all(&samples.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<u8>>())?;
        }
    }
    drop(input);
    let done = child.wait_with_output()?;
    if !done.status.success() {
        bail!("the PESQ meter failed ({})", done.status);
    }
    let text = String::from_utf8_lossy(&done.stdout);
    let mut scores: Vec<f64> = text.lines().filter_map(|line| line.trim().parse().ok()).collect();
    scores.extend(pieces.iter().filter(|piece| piece.is_none()).map(|_| WORST));
    let count = scores.len() as f64;
    Ok((count > 0.0).then(|| scores.iter().sum::<f64>() / count))
}
