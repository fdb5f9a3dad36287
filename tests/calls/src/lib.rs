//! What the end-to-end tests share: a real server, people with real engines, and what they see and
//! hear. No fakes: every call here goes through sockets, codecs and threads.
#![forbid(unsafe_code)]

pub mod cast;
pub mod deployed;
mod human;
mod raw;
mod screen;
pub mod sound;
pub mod stage;
mod world;

pub use cast::{Cast, Login};
pub use deployed::{Deployed, Page, records, seen};
pub use human::{Human, SCREEN, SHARED, Setup};
pub use raw::RawSocket;
pub use screen::Screen;
pub use stage::Stage;
pub use world::{CUSTOMER, OTHER_CUSTOMER, PASSWORD, SELLER, World, asset};

use std::time::Duration;

/// Longer than anything takes on a slow, busy machine; a test that waits this long has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);
