//! The user's settings: model, validation, an administrator's managed settings, and the store that keeps them
//! in a file and notifies those who follow them. Each part of the program applies its own settings.

mod layers;
pub(crate) mod managed;
mod model;
mod store;
mod validate;
pub(crate) mod view;

pub(crate) use managed::Managed;
pub(crate) use model::{Favourite, Keys, QuietHours, Settings, Theme};
pub(crate) use store::SettingsStore;
pub(crate) use validate::{accelerator, moment};
pub(crate) use view::SettingsView;
