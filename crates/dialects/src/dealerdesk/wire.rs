//! Wire structs of dealerdesk: every event and REST body, in both directions.
//!
//! Client and server share these and nothing else; neither shares how it reads a message. Reading
//! is lenient (unknown fields are ignored, what some deployment leaves out is optional, what one
//! writes as a number and another as text may be either), writing gives exactly the documented names.

mod event;
mod rest;
mod room;

pub use event::{
    CallAccepted, CallEnded, CallFailed, CallInitiate, CallInitiated, CallRef, CallRejected, ErrorEvent,
    IceCandidateEvent, IncomingCall, JoinRoom, MarkRead, MarkRoomRead, MediaStateEvent, MessageRead,
    Register, RoomMarkedRead, ScreenShare, SendMessage, Typing, UserJoined, UserLeft, UserPresence,
    UserTyping, WebrtcAnswer, WebrtcOffer, name,
};
pub use rest::{
    Account, CallLogRow, CallsPage, Failure, Health, LoginBody, LoginReply, MessageRow, Pagination, RoomRow,
    UnreadCount,
};
pub use room::Room;

pub use crate::{IceCandidateInit, IceServerRow, IceServersReply, SdpBody};

use serde::{Deserialize, Deserializer, Serialize};

use crate::words::words;

/// The kind of an account; the `userType` of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum UserType {
    #[serde(rename = "DEALER", alias = "dealer")]
    Dealer,
    #[serde(rename = "TECHNICIAN", alias = "technician")]
    Technician,
}

words!(UserType, any_case, Dealer = "DEALER", Technician = "TECHNICIAN");

impl UserType {
    /// The other side of every room of this role.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Dealer => Self::Technician,
            Self::Technician => Self::Dealer,
        }
    }
}

/// Whether a call has pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum CallType {
    #[serde(rename = "AUDIO", alias = "audio")]
    Audio,
    /// What this version does not know has pictures too.
    #[default]
    #[serde(rename = "VIDEO", alias = "video")]
    Video,
}

words!(CallType, any_case, Audio = "AUDIO"; else Video = "VIDEO");

/// Where a line of `call_logs` stands: INITIATED, then ANSWERED and ENDED, or REJECTED, or MISSED.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "UPPERCASE")]
pub enum CallStatus {
    Initiated,
    Answered,
    Rejected,
    Ended,
    Missed,
    /// A word this version does not know; never written.
    #[default]
    #[serde(other)]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

words!(
    CallStatus, exact,
    Initiated = "INITIATED", Answered = "ANSWERED", Rejected = "REJECTED", Ended = "ENDED", Missed = "MISSED";
    else Unknown = "UNKNOWN"
);

/// Id of a row: a number in the document, text where the database driver gives a 64-bit integer as
/// text. It goes back as it came, since a server may look it up by either.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum RowId {
    Number(i64),
    Text(String),
}

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

impl RowId {
    /// The number it is, however it is written.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

impl From<i64> for RowId {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// A flag that some deployment writes as 0 or 1, or leaves out.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Flag {
        Bool(bool),
        Number(i64),
    }
    Ok(match Option::<Flag>::deserialize(from)? {
        Some(Flag::Bool(flag)) => flag,
        Some(Flag::Number(number)) => number != 0,
        None => false,
    })
}

/// A count that some deployment writes as text (`COUNT(*)` of PostgreSQL); nonsense counts nothing.
pub(crate) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = crate::lenient::number(from)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to the range of the type"
    )]
    Ok(number.clamp(0.0, f64::from(u32::MAX)) as u32)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_goes_back_as_it_came() {
        for id in [json!(41), json!("41")] {
            let read: CallInitiated =
                serde_json::from_value(json!({ "callId": id, "status": "sent" })).unwrap();
            assert_eq!((read.call_id.to_string().as_str(), read.call_id.number()), ("41", Some(41)));
            assert_eq!(serde_json::to_value(&read).unwrap()["callId"], id);
        }
    }

    #[test]
    fn counts_of_postgres_are_text() {
        let row = json!({ "room_id": "a:b", "unread_count": "3", "post_id": 7 });
        let row: RoomRow = serde_json::from_value(row).unwrap();
        assert_eq!((row.unread_count, row.post_id.as_deref()), (3, Some("7")));
        let row = json!({ "id": "9", "message": "hello", "is_read": 1 });
        assert!(serde_json::from_value::<MessageRow>(row).unwrap().is_read);
    }

    #[test]
    fn roles_are_read_in_either_case() {
        assert_eq!(UserType::parse("technician"), Some(UserType::Technician));
        assert_eq!(serde_json::from_value::<UserType>(json!("dealer")).unwrap(), UserType::Dealer);
        assert_eq!(UserType::parse("plumber"), None);
    }
}
