//! A harness for end-to-end tests of the desktop application: windows, tray, notifications, keys, sound. The program
//! and the server are the real ones; the desktop around them is made for the test.
//!
//! A [`Screen`] is an X server with a window manager. A [`Session`] is a desktop session on it, with its own home,
//! message bus and sound server. A [`Phone`] is the program started in a session and driven by WebDriver.
//! [`Notifications`], [`Tray`] and [`Dunst`] are the desktop's services on the session's bus.
//!
//! ```ignore
//! let world = TestServer::start().await?;
//! let screen = Screen::start().await?;
//! let session = Session::start(&screen).await?;
//! let tray = Tray::start(&session).await?;
//! let phone = Phone::start(&session, Launch::signed_in(&world, "seller", SELLER)).await?;
//! phone.find("people-tab").await?;
//! phone.click("history-tab").await?;
//! screen.window("Bellwire").await?.close()?; // as the user does: asks the window manager
//! tray.click("Open").await?;
//! until("the window is back", async || Ok(screen.shown("Bellwire")?.map(|_| ()))).await?;
//! phone.stop().await;
//! ```
//!
//! The tests are in `tests/it`; `cargo xtask test --only e2e` runs them with what they need installed.
#![forbid(unsafe_code)]

mod dunst;
mod launch;
mod notifications;
mod phone;
mod plain_window;
mod running;
mod screen;
mod screenshot;
mod session;
mod sound;
mod tray;
mod usage;
mod window;

pub use bellwire_tests_calls::{
    CUSTOMER, OTHER_CUSTOMER, PASSWORD, PairFigures, SELLER, TestServer, WAIT_LIMIT, asset,
};
pub use dunst::Dunst;
pub use launch::{Launch, program};
pub use notifications::{Notifications, Shown};
pub use phone::Phone;
pub use plain_window::PlainWindow;
pub use running::Running;
pub use screen::{Monitors, Screen};
pub use screenshot::Screenshot;
pub use session::Session;
pub use sound::{Recording, Sound, level_db};
pub use tray::{Entry, Tray, pixels};
pub use usage::{Usage, Used};
pub use window::Window;

use std::time::Duration;

use anyhow::bail;

/// Interval of [`until`].
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Polls `look` until it returns something; fails with an error of `look`, or after
/// [`WAIT_LIMIT`].
pub async fn until<T>(
    what: impl std::fmt::Display,
    mut look: impl AsyncFnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let end = tokio::time::Instant::now() + WAIT_LIMIT;
    loop {
        if let Some(found) = look().await? {
            return Ok(found);
        }
        if tokio::time::Instant::now() > end {
            bail!("waited {} s in vain: {what}", WAIT_LIMIT.as_secs());
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
