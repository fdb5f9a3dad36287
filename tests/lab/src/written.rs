//! What the program writes without measuring: the list of profiles and the report.

use anyhow::Result;
use bellwire_tests_lab::profiles::PROFILES;
use bellwire_tests_lab::report;

use crate::options::Report;

pub(crate) fn list() {
    for profile in PROFILES {
        println!("{:14} {:3} s  {}", profile.name, profile.seconds, profile.about);
    }
}

pub(crate) fn report(options: &Report) -> Result<()> {
    report::document(&options.results, &options.report, &options.plots)?;
    println!("written to {}", options.report.display());
    Ok(())
}
