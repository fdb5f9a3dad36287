//! How progress is told. One voice for all tasks.

use std::io::Write;
use std::time::{Duration, Instant};

/// A titled step; says how long it took when it is done.
#[derive(Debug)]
pub(crate) struct Step {
    started: Instant,
}

pub(crate) fn step(title: &str) -> Step {
    println!("\n==> {title}");
    flush();
    Step { started: Instant::now() }
}

impl Step {
    pub(crate) fn done(self) {
        println!("    done in {}", clock(self.started.elapsed()));
        flush();
    }
}

pub(crate) fn note(text: &str) {
    println!("    {text}");
    flush();
}

pub(crate) fn failure(text: &str) {
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
