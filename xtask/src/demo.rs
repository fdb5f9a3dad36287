//! `cargo xtask demo`: the whole product on one machine. A server with demo data, a robot at the other
//! end, and the application, signed in.

pub(crate) mod programs;
mod surroundings;

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::background::Background;
use crate::desktop::{Desktop, Sound};
use crate::paths::Paths;
use crate::setup::{self, Consent, Purpose};
use crate::{cargo, interrupt, process, say, ui};
use surroundings::Surroundings;

#[derive(Debug, Default)]
pub(crate) struct Options {
    /// End by itself after this long.
    pub(crate) run_for: Option<Duration>,
    /// Where to put a picture of the screen.
    pub(crate) screenshot: Option<PathBuf>,
    /// Of the application's window alone.
    window_only: bool,
    /// The robot only answers.
    pub(crate) robot_waits: bool,
    /// Which backend to show; `storefront` when not said.
    pub(crate) backend: Option<&'static programs::Scene>,
    /// Accept the robot's call by a key press; always done where there is no screen to look at.
    pub(crate) answer: bool,
}

impl Options {
    fn scene(&self) -> &'static programs::Scene {
        self.backend.unwrap_or(&programs::SCENES[0])
    }

    /// How long to run; a picture needs an end.
    fn length(&self) -> Option<Duration> {
        self.run_for.or_else(|| self.screenshot.is_some().then_some(Duration::from_secs(30)))
    }
}

pub(crate) fn run(paths: &Paths, consent: Consent, options: &Options) -> Result<()> {
    setup::run(paths, consent, Purpose::Run)?;

    let step = say::step("Build the interface");
    ui::install(paths)?;
    ui::build(paths)?;
    step.done();

    let step = say::step("Build the programs (the first time this takes ten to forty minutes)");
    cargo::build_programs(&mut cargo::cargo(paths))?;
    step.done();

    let found = Surroundings::look();
    let step = say::step("Start the demo");
    for line in found.words() {
        say::note(line);
    }
    let desktop = if found.display { None } else { Some(Desktop::start(paths, Sound::Leave)?) };
    let logs = paths.cache.join("demo");
    let stage = Stage { paths, found: &found, desktop: desktop.as_ref(), logs: &logs };
    let mut cast = stage.start(options)?;
    step.done();
    say::note(&format!("server {}; what the programs say is in {}", cast.server_address, logs.display()));
    let robot = options.scene().robot_name;
    say::note(&if options.robot_waits {
        format!("The window is open. Call {robot}, who answers.")
    } else {
        format!("The window is open. {robot} calls in a few seconds; you can also call first.")
    });
    say::note("Close the window or press Ctrl-C to end.");
    cast.play(&stage, options)
}

/// Every picture that the documents show: a call of the real program, and all views in a browser. To be
/// looked at before they are committed.
pub(crate) fn pictures(paths: &Paths, consent: Consent) -> Result<()> {
    let call = paths.root.join("docs/images/call.webp");
    let run_for = Some(Duration::from_secs(25));
    run(
        paths,
        consent,
        &Options { run_for, screenshot: Some(call), window_only: true, ..Options::default() },
    )?;
    let step = say::step("Draw the views");
    ui::script(paths, "screens:docs")?;
    step.done();
    Ok(())
}

/// Where the programs run.
#[derive(Debug)]
struct Stage<'a> {
    paths: &'a Paths,
    found: &'a Surroundings,
    desktop: Option<&'a Desktop>,
    logs: &'a Path,
}

/// The three programs. Dropped in this order: the window first, the server last.
#[derive(Debug)]
struct Cast {
    app: Background,
    robot: Background,
    server: Background,
    server_address: String,
}

impl Stage<'_> {
    fn start(&self, options: &Options) -> Result<Cast> {
        let (server, server_address) = programs::start_server(self)?;
        say::note("the server is up");
        let robot = programs::start_robot(self, options.scene(), &server_address, options.robot_waits)?;
        say::note("the robot is signed in");
        let app = programs::start_app(self, options.scene(), &server_address)?;
        Ok(Cast { app, robot, server, server_address })
    }

    /// A command that sees the demo's display.
    fn command(&self, program: &str) -> std::process::Command {
        let mut command = process::command(self.paths, program);
        if let Some(desktop) = self.desktop {
            desktop.enter(&mut command);
        }
        command
    }
}

impl Cast {
    /// Watches until the window is closed, the time is over or Ctrl-C is pressed.
    fn play(&mut self, stage: &Stage<'_>, options: &Options) -> Result<()> {
        let started = Instant::now();
        let mut picture = options.screenshot.as_deref();
        // A picture of the virtual display then shows a call.
        let mut to_answer = options.answer || (stage.desktop.is_some() && !options.robot_waits);
        let mut put_away = false;
        let mut pressed = false;
        let mut robot_gone = false;
        while options.length().is_none_or(|length| started.elapsed() < length) {
            if interrupt::requested() {
                // This is the usual way to end the demo, not a failure.
                say::note("stopping");
                return Ok(());
            }
            if let Some(status) = self.app.ended() {
                if status.success() {
                    say::note("The window was closed.");
                    return Ok(());
                }
                bail!("the application ended ({status}){}", self.app.last_words());
            }
            if let Some(status) = self.server.ended() {
                bail!("the server ended ({status}){}", self.server.last_words());
            }
            if !robot_gone && self.robot.ended().is_some() {
                robot_gone = true;
                say::note(&format!("the robot left{}", self.robot.last_words()));
            }
            if to_answer {
                match answer_window(stage) {
                    // Again until it goes: the window takes no key in its first moments, lest typing answers.
                    Some(window) => pressed |= press_enter(stage, &window),
                    None if pressed => {
                        to_answer = false;
                        say::note("the call was accepted from the answer window");
                    }
                    None if !put_away => put_away = put_main_window_away(stage),
                    None => {}
                }
            }
            // Two seconds before the end, or what there is of them.
            let due = options.length().map(|length| length.saturating_sub(Duration::from_secs(2)));
            if due.is_some_and(|due| started.elapsed() >= due)
                && let Some(file) = picture.take()
            {
                take_picture(stage, file, options.window_only)?;
            }
            thread::sleep(Duration::from_millis(200));
        }
        if let Some(file) = picture {
            take_picture(stage, file, options.window_only)?;
        }
        say::note("The time is over.");
        Ok(())
    }
}

/// The answer window, while there is one to be seen.
fn answer_window(stage: &Stage<'_>) -> Option<String> {
    let search = ["search", "--onlyvisible", "--name", programs::ANSWER_WINDOW];
    let windows = process::output(stage.command("xdotool").args(search)).ok()?;
    windows.split_whitespace().next().map(str::to_owned)
}

/// While the main window has the focus it shows the ring itself, and the answer window stays away.
fn put_main_window_away(stage: &Stage<'_>) -> bool {
    let search = ["search", "--onlyvisible", "--name", programs::MAIN_WINDOW, "windowminimize"];
    process::succeeds(stage.command("xdotool").args(search))
}

fn press_enter(stage: &Stage<'_>, window: &str) -> bool {
    process::succeeds(stage.command("xdotool").args(["windowactivate", "--sync", window, "key", "Return"]))
}

fn take_picture(stage: &Stage<'_>, file: &Path, window_only: bool) -> Result<()> {
    // Relative to where the user typed it, not to the project.
    let file = std::path::absolute(file).context("the picture has no place")?;
    let mut window = "root".to_owned();
    if window_only {
        window = main_window(stage)?;
        // The controls of a call hide from a pointer that rests.
        process::succeeds(stage.command("xdotool").args(["mousemove", "--window", &window, "400", "300"]));
        thread::sleep(Duration::from_millis(700));
    }
    process::run(stage.command("import").args(["-window", &window, "-quality", "80"]).arg(&file))
        .context("cannot take a picture of the screen (it needs X11 and ImageMagick)")?;
    say::note(&format!("picture saved as {}", file.display()));
    Ok(())
}

fn main_window(stage: &Stage<'_>) -> Result<String> {
    let search = ["search", "--onlyvisible", "--name", programs::MAIN_WINDOW];
    let windows = process::output(stage.command("xdotool").args(search))?;
    windows.split_whitespace().next().map(str::to_owned).context("the window is not to be seen")
}
