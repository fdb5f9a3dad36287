//! The log writers: terminal, and one redacted file a day with a size limit.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::redact;
use crate::storage::atomic_file;

/// The environment variable of the log filter; the default is ours from INFO and others' from WARN.
const FILTER_VARIABLE: &str = "BELLWIRE_LOG";
const DEFAULT_FILTER: &str = "warn,bellwire=info";
/// Files, one a day.
const MAX_FILES: usize = 7;
/// Bytes a program run writes on one day.
const MAX_BYTES_PER_DAY: u64 = 8 * 1024 * 1024;
/// Lines that wait for the disk; when full, further ones are dropped.
const QUEUED_LINES: usize = 4096;
pub(super) const PREFIX: &str = "bellwire";
pub(super) const SUFFIX: &str = "log";

/// The running log writer; dropping it flushes the log.
#[derive(Debug)]
pub(crate) struct Logs {
    _writing: Option<WorkerGuard>,
}

/// Starts both logs; without a folder only the terminal's.
pub(crate) fn start(folder: Option<PathBuf>) -> Logs {
    let terminal = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_filter(EnvFilter::from_env(FILTER_VARIABLE));
    let appender = folder.as_deref().map(appender).transpose();
    let failed = appender.as_ref().err().map(ToString::to_string);
    let (file, writing) = match appender.ok().flatten() {
        None => (None, None),
        Some(appender) => {
            let (writer, guard) = tracing_appender::non_blocking::NonBlockingBuilder::default()
                .lossy(true)
                .buffered_lines_limit(QUEUED_LINES)
                .finish(DailyLimitWriter { inner: appender, day: 0, written: 0 });
            let filter =
                EnvFilter::try_from_env(FILTER_VARIABLE).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
            let layer =
                tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer).with_filter(filter);
            (Some(layer), Some(guard))
        }
    };
    tracing_subscriber::registry().with(terminal).with(file).init();
    if let Some(error) = failed {
        tracing::warn!(%error, "There is no log file");
    }
    Logs { _writing: writing }
}

fn appender(folder: &Path) -> anyhow::Result<RollingFileAppender> {
    atomic_file::private_folder(folder)?;
    Ok(RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix(PREFIX)
        .filename_suffix(SUFFIX)
        .max_log_files(MAX_FILES)
        .build(folder)?)
}

/// Redacts each line, and stops at the daily limit.
struct DailyLimitWriter<W> {
    inner: W,
    /// Days since 1970, UTC.
    day: i64,
    written: u64,
}

impl<W: Write> DailyLimitWriter<W> {
    fn write_on(&mut self, day: i64, line: &[u8]) -> io::Result<()> {
        if day != self.day {
            (self.day, self.written) = (day, 0);
        }
        if self.written >= MAX_BYTES_PER_DAY {
            return Ok(());
        }
        let text = redact::redact(&String::from_utf8_lossy(line), &[]);
        self.written += text.len() as u64;
        self.inner.write_all(text.as_bytes())?;
        if self.written >= MAX_BYTES_PER_DAY {
            self.inner.write_all(b"Enough for one day: nothing more is written.\n")?;
        }
        Ok(())
    }
}

impl<W: Write> Write for DailyLimitWriter<W> {
    /// Whole lines come in.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let day = time::OffsetDateTime::now_utc().unix_timestamp().div_euclid(24 * 60 * 60);
        self.write_on(day, line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_so_much_and_the_next_one_again() {
        let mut log = DailyLimitWriter { inner: Vec::new(), day: 0, written: MAX_BYTES_PER_DAY - 10 };
        log.write_on(0, b"something long enough\n").unwrap();
        log.write_on(0, b"lost\n").unwrap();
        log.write_on(1, b"kept\n").unwrap();
        let text = String::from_utf8(log.inner).unwrap();
        assert!(text.contains("Enough for one day") && !text.contains("lost") && text.ends_with("kept\n"));
    }

    #[test]
    fn what_goes_to_the_file_is_redacted() {
        let mut log = DailyLimitWriter { inner: Vec::new(), day: 0, written: 0 };
        log.write_all(b"INFO Refused by https://calls.example.com/api for ada@example.com\n").unwrap();
        assert_eq!(String::from_utf8(log.inner).unwrap(), "INFO Refused by <url> for <address>\n");
    }
}
