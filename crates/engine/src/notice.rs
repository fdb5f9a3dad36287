//! Notices: occurrences that the user is notified of, each of them once.

use bellwire_call::CallView;
use bellwire_media::DeviceEvent;
use serde::Serialize;

/// Something that happened; a state that lasts belongs into the view instead.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Notice {
    /// An incoming call that was not answered.
    Missed { call: CallView },
    /// A call is over; its last view says why.
    Ended { call: CallView },
    /// A device went, came or changed; the words are English.
    Device { news: DeviceEvent, text: String },
    /// Something failed outside any command; a stable name, and English words.
    Problem { code: &'static str, text: String },
}
