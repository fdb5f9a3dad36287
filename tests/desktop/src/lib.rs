//! The installed program as its user meets it: windows, tray, notifications, keys, sound. Everything a
//! story needs around the real program; the program itself is not faked, and neither is the server.
//!
//! A [`Screen`] is an X server with a window manager. A [`Session`] is one person's login on it: own home,
//! own message bus, own sound server. A [`Phone`] is the real program started in a session and driven by
//! WebDriver. [`Notifications`], [`Tray`] and [`Dunst`] stand on the session's bus for the desktop.
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
//! The stories are in `tests/it`; `cargo xtask test --only e2e` runs them with what they need installed.
#![forbid(unsafe_code)]

mod dunst;
mod launch;
mod notifications;
mod phone;
mod picture;
mod running;
mod screen;
mod session;
mod sound;
mod tray;
mod usage;
mod window;

pub use bellwire_tests_calls::{CUSTOMER, OTHER_CUSTOMER, PASSWORD, SELLER, TestServer, WAIT_LIMIT};
pub use dunst::Dunst;
pub use launch::{Launch, program};
pub use notifications::{Notifications, Shown};
pub use phone::Phone;
pub use picture::Picture;
pub use running::Running;
pub use screen::{Monitors, Screen};
pub use session::Session;
pub use sound::{Recording, Sound, level_db};
pub use tray::{Entry, Tray, pixels};
pub use usage::{Usage, Used};
pub use window::Window;

use std::time::Duration;

use anyhow::bail;

/// Between two looks at something that has to come.
const GLANCE: Duration = Duration::from_millis(100);

/// Asks `look` again and again until it gives something; an error of `look` is the last word, and so is
/// having waited for [`WAIT_LIMIT`].
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
        tokio::time::sleep(GLANCE).await;
    }
}
