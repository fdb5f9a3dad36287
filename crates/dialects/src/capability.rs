//! What a backend can express. What it cannot, the phone replaces (no busy: decline) or the user
//! interface hides.

use serde::Serialize;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Capabilities {
    pub video: bool,
    pub voice: bool,
    /// Busy can be told apart from declined.
    pub busy: bool,
    /// Mute and camera state are told to the other side.
    pub media_state: bool,
    pub screen_share: bool,
    /// A call can be about something (an order, an appointment).
    pub subjects: bool,
    /// The backend keeps a call history.
    pub history: bool,
    pub analytics: bool,
    pub contacts: bool,
}
