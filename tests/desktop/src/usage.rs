//! Resource usage of an idle program: processor time, wake-ups and files written, as Linux counts them. Counts,
//! not elapsed times, so that a busy machine does not raise them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Context;

/// Processor time in a second, in the kernel's ticks (`USER_HZ`, 100 on every Linux).
const TICKS_PER_SECOND: f64 = 100.0;

/// The counters of one program and of the web view processes it has started.
#[derive(Clone, Debug)]
pub struct Usage {
    program_ticks: u64,
    web_view_ticks: u64,
    wake_ups: u64,
    stored: u64,
    files: BTreeMap<PathBuf, (u64, SystemTime)>,
}

/// The usage between two samples.
#[derive(Clone, Debug)]
pub struct Used {
    /// Seconds of processor time of the program itself.
    pub program_s: f64,
    /// Seconds of processor time of the processes of its web view.
    pub web_view_s: f64,
    /// How often a thread of the program was woken.
    pub wake_ups: u64,
    /// Bytes the program has sent to the disk.
    pub stored: u64,
    /// Files under the session's folders that were created, changed or removed.
    pub files: Vec<PathBuf>,
}

impl Usage {
    /// Samples the program `pid`, whose process group is `group`, and the folders it may write to.
    pub fn of(pid: u32, group: u32, folders: &[PathBuf]) -> anyhow::Result<Self> {
        let program = Path::new("/proc").join(pid.to_string());
        let mut web_view_ticks = 0;
        for entry in std::fs::read_dir("/proc")?.flatten() {
            // A process may end during the sampling.
            let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
            let name = std::fs::read_link(entry.path().join("exe")).unwrap_or_default();
            let web = name.file_name().is_some_and(|name| {
                let name = name.to_string_lossy();
                name.starts_with("WebKit") && name.ends_with("Process")
            });
            if web && field(&stat, 2) == Some(u64::from(group)) {
                web_view_ticks += ticks(&stat).unwrap_or(0);
            }
        }
        let mut wake_ups = 0;
        for task in std::fs::read_dir(program.join("task"))?.flatten() {
            let status = std::fs::read_to_string(task.path().join("status")).unwrap_or_default();
            wake_ups += line(&status, "voluntary_ctxt_switches:").unwrap_or(0);
        }
        let stat = std::fs::read_to_string(program.join("stat"))?;
        let io = std::fs::read_to_string(program.join("io"))?;
        let mut files = BTreeMap::new();
        for folder in folders {
            list(folder, &mut files)?;
        }
        Ok(Self {
            program_ticks: ticks(&stat).context("the program's times")?,
            web_view_ticks,
            wake_ups,
            stored: line(&io, "write_bytes:").context("the program's bytes")?,
            files,
        })
    }

    /// What was used since `before`.
    pub fn since(&self, before: &Self) -> Used {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand ticks")]
        let seconds = |now: u64, then: u64| now.saturating_sub(then) as f64 / TICKS_PER_SECOND;
        let changed = self.files.iter().filter(|(path, look)| before.files.get(*path) != Some(*look));
        let gone = before.files.keys().filter(|path| !self.files.contains_key(*path));
        Used {
            program_s: seconds(self.program_ticks, before.program_ticks),
            web_view_s: seconds(self.web_view_ticks, before.web_view_ticks),
            wake_ups: self.wake_ups.saturating_sub(before.wake_ups),
            stored: self.stored.saturating_sub(before.stored),
            files: changed.map(|(path, _)| path).chain(gone).cloned().collect(),
        }
    }
}

fn list(folder: &Path, files: &mut BTreeMap<PathBuf, (u64, SystemTime)>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)?.flatten() {
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            list(&entry.path(), files)?;
        } else {
            files.insert(entry.path(), (about.len(), about.modified()?));
        }
    }
    Ok(())
}

/// Field of `/proc/PID/stat` by its place after the name in brackets; 0 is the state.
fn field(stat: &str, nth: usize) -> Option<u64> {
    stat.rsplit(") ").next()?.split(' ').nth(nth)?.parse().ok()
}

/// User and system time.
fn ticks(stat: &str) -> Option<u64> {
    Some(field(stat, 11)? + field(stat, 12)?)
}

fn line(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a ) b) S 1 70 70 0 -1 4194560 1 0 0 0 12 34 0 0 20 0 9 0 1 2 3";
        assert_eq!(field(stat, 2), Some(70));
        assert_eq!(ticks(stat), Some(46));
        assert_eq!(line("rchar: 5\nwrite_bytes: 4096\n", "write_bytes:"), Some(4096));
    }
}
