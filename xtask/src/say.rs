//! How progress is told. One voice for all tasks.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A line of progress stands on the terminal, to be written over.
static OPEN: AtomicBool = AtomicBool::new(false);
/// Longest line of progress on a terminal: one that wraps cannot be written over.
const LINE: usize = 78;

/// A titled step; says how long it took when it is done.
#[derive(Debug)]
pub(crate) struct Step {
    started: Instant,
}

pub(crate) fn step(title: &str) -> Step {
    clear();
    println!("\n==> {title}");
    flush();
    Step { started: Instant::now() }
}

impl Step {
    pub(crate) fn done(self) {
        clear();
        println!("    done in {}", clock(self.started.elapsed()));
        flush();
    }
}

pub(crate) fn note(text: &str) {
    clear();
    println!("    {text}");
    flush();
}

/// How often progress is said: on a terminal one line is written over, elsewhere each is a line of its own.
pub(crate) fn rhythm() -> Duration {
    Duration::from_secs(if std::io::stdout().is_terminal() { 1 } else { 10 })
}

/// How far something is.
pub(crate) fn progress(text: &str) {
    if !std::io::stdout().is_terminal() {
        return note(text);
    }
    let line: String = text.chars().take(LINE).collect();
    clear();
    print!("    {line}");
    OPEN.store(true, Ordering::Relaxed);
    flush();
}

fn clear() {
    if OPEN.swap(false, Ordering::Relaxed) {
        print!("\r\u{1b}[K");
    }
}

pub(crate) fn failure(text: &str) {
    clear();
    flush();
    eprintln!("\nerror: {text}");
}

/// Minutes and seconds, as on a timer.
pub(crate) fn clock(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Output is often a pipe; a line that waits in a buffer is no progress.
fn flush() {
    // A closed pipe is found out soon enough by whoever writes next.
    drop(std::io::stdout().flush());
}
