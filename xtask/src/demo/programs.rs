//! How the demo calls our own programs: the one place that knows their options and the demo's people.

use std::time::Duration;

use anyhow::{Context, Result};

use super::Stage;
use crate::background::Background;
use crate::process;

/// Of everybody in the server's demo data (`crates/server/src/*/demo.rs`).
const PASSWORD: &str = "ring-ring-demo";

/// Who plays on a backend: the person at the screen and the robot that calls them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub(crate) backend: &'static str,
    role: &'static str,
    email: &'static str,
    robot_role: &'static str,
    robot_email: &'static str,
    pub(crate) robot_name: &'static str,
    /// What the robot finds the person at the screen by: name, address or id.
    called: &'static str,
}

/// The first one is the default.
pub(crate) const SCENES: &[Scene] = &[
    Scene {
        backend: "storefront",
        role: "seller",
        email: "seller@demo.example",
        robot_role: "customer",
        robot_email: "amira@demo.example",
        robot_name: "Amira Haddad",
        // Customers have no list to find a seller in: they know the shop by its id.
        called: "5e11e2000000000000000001",
    },
    Scene {
        backend: "dealerdesk",
        role: "dealer",
        email: "dealer@demo.example",
        robot_role: "technician",
        robot_email: "technician@demo.example",
        robot_name: "Tomás Ibarra",
        called: "dealer@demo.example",
    },
    Scene {
        backend: "marketplace",
        role: "provider",
        email: "provider@demo.example",
        robot_role: "client",
        robot_email: "client@demo.example",
        robot_name: "Chidi Okonkwo",
        called: "Ada Kowalska",
    },
    Scene {
        backend: "hearth",
        role: "user",
        email: "ben@demo.example",
        robot_role: "user",
        robot_email: "ana@demo.example",
        robot_name: "Ana Lima",
        called: "Ben Okoro",
    },
    Scene {
        backend: "clinic",
        role: "practitioner",
        email: "doctor@demo.example",
        robot_role: "patient",
        robot_email: "patient@demo.example",
        robot_name: "Tomás Ferreira",
        called: "Dr. Ingrid Halvorsen",
    },
];

/// The scene of a backend.
pub(crate) fn scene(backend: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.backend == backend)
}

/// The title of the window that rings, as `xdotool search --name` takes it.
pub(super) const ANSWER_WINDOW: &str = "^Incoming call";
pub(super) const MAIN_WINDOW: &str = "^(\\([0-9]+\\) )?Bellwire$";

const PATIENCE: Duration = Duration::from_secs(60);

/// Starts the server on free ports; gives the address a user would type.
pub(super) fn start_server(stage: &Stage<'_>) -> Result<(Background, String)> {
    let mut command = process::command(stage.paths, stage.paths.program("bellwire-server"));
    command.args([
        "--demo",
        "--rest",
        "127.0.0.1:0",
        "--socket",
        "127.0.0.1:0",
        "--dealerdesk",
        "127.0.0.1:0",
        "--marketplace",
        "127.0.0.1:0",
        "--hearth",
        "127.0.0.1:0",
        "--clinic",
        "127.0.0.1:0",
        "--turn-listen",
        "127.0.0.1:0",
    ]);
    Background::start_and_hear("server", &mut command, stage.logs, PATIENCE, address)
}

/// The first web address of a line, without path: the server says where it listens, REST first.
fn address(line: &str) -> Option<String> {
    let start = line.find("http://")?;
    let rest = &line[start + "http://".len()..];
    let host = rest.split(['/', '"', ' ', ',']).next()?;
    let port = host.rsplit_once(':')?.1;
    port.parse::<u16>().ok()?;
    Some(format!("http://{host}"))
}

/// Starts the other side, whose camera is a film and whose microphone is a voice recording.
pub(super) fn start_robot(stage: &Stage<'_>, scene: &Scene, server: &str, waits: bool) -> Result<Background> {
    let media = stage.paths.root.join("assets/media");
    let mut command = process::command(stage.paths, stage.paths.program("bellwire-cli"));
    if waits {
        command.args(["answer", "--forever"]);
    } else {
        command.args(["robot", "--to", scene.called, "--after", "5"]);
    }
    command
        .args([
            "--server",
            server,
            "--dialect",
            scene.backend,
            "--role",
            scene.robot_role,
            "--email",
            scene.robot_email,
            "--speaker",
            "none",
            "--raw-audio",
        ])
        .arg("--camera")
        .arg(format!("file:{}", media.join("big-buck-bunny-720p25.mp4").display()))
        .arg("--microphone")
        .arg(format!("file:{}", media.join("voice-22s-48k.wav").display()))
        .env("BELLWIRE_PASSWORD", PASSWORD);
    let signed_in = |line: &str| line.contains("\"signed_in\"").then_some(());
    Background::start_and_hear("robot", &mut command, stage.logs, PATIENCE, signed_in)
        .map(|(robot, ())| robot)
        .context("the robot could not sign in")
}

/// Opens the application, signed in as the person at the screen. What it keeps goes with the demo.
pub(super) fn start_app(stage: &Stage<'_>, scene: &Scene, server: &str) -> Result<Background> {
    let program = stage.paths.program("bellwire");
    let mut command = stage.command(&program.to_string_lossy());
    command
        .args(["--server", server, "--dialect", scene.backend, "--role", scene.role, "--email", scene.email])
        .arg("--data-dir")
        .arg(stage.logs.join("data"))
        .env("BELLWIRE_DEMO_PASSWORD", PASSWORD);
    if !stage.found.camera {
        command.args(["--camera", "test:pattern"]);
    }
    if !stage.found.sound {
        command.args(["--microphone", "none", "--speaker", "none"]);
    }
    Background::start("app", &mut command, stage.logs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_in_what_the_server_says() {
        assert_eq!(
            address("storefront   http://127.0.0.1:39001/api/v2  socket http://127.0.0.1:39002").as_deref(),
            Some("http://127.0.0.1:39001")
        );
        assert_eq!(address("storefront   http://[::1]:8000/api/v2").as_deref(), Some("http://[::1]:8000"));
    }

    #[test]
    fn other_lines_are_no_address() {
        assert_eq!(address("starting"), None);
        assert_eq!(address("see http://example.org/help"), None);
    }
}
