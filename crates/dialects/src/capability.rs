//! Capabilities of an account on its backend. What a backend cannot express, the phone replaces (no busy:
//! decline) or the user interface hides.

use serde::{Deserialize, Serialize};

/// What the lines of an account's list are, which decides how the user interface draws them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListKind {
    /// People, with what a call can be about below them (storefront: customers and orders).
    #[default]
    People,
    /// Chat rooms with unread counts (dealerdesk).
    Rooms,
    /// Conversations with the people they are with (marketplace).
    Conversations,
    /// Call sessions and therapy sessions that can be entered (hearth).
    Sessions,
    /// Appointments by time (clinic).
    Appointments,
}

/// What one account can do on its backend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    pub video: bool,
    pub voice: bool,
    /// Busy can be told apart from declined.
    pub busy: bool,
    /// Mute and camera state are told to the other side.
    pub media_state: bool,
    /// This account may share its screen.
    pub screen_share: bool,
    /// A call can be about something (an order, an appointment).
    pub subjects: bool,
    /// The backend keeps a call history.
    pub history: bool,
    pub analytics: bool,
    /// There is a list of people (rooms, appointments) to call.
    pub contacts: bool,
    pub list: ListKind,
    /// Text messages can be read and written.
    pub chat: bool,
    /// Seconds a call rings before the caller gives up; `None`: there is no ring, one waits in a room
    /// until the other side comes (clinic).
    pub ring_timeout_s: Option<u16>,
    /// The most people one call has room for, ourselves included: above two, several can be called at once.
    pub seats: u8,
}
