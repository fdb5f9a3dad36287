//! Wire structs of clinic: every event and REST body, in both directions.
//!
//! Client and server share these and nothing else; neither shares how it reads a message. Reading
//! is lenient (unknown fields are ignored, what some deployment leaves out is optional), writing
//! gives exactly the documented field names. Fields marked additive are written by bellwire-server
//! only: the deployed backend neither sends nor misses them.

mod event;
mod rest;

pub use event::{
    CandidateField, ErrorEvent, JoinedRoom, RoomEvent, RoomStatus, SignalBody, SignalHeard, SignalSaid,
    Toggle, Toggled, UserEvent, name,
};
pub use rest::{
    Appointment, AppointmentPage, AppointmentStatus, AppointmentType, Failure, LoginReply, MAX_MINUTES,
    MAX_NAME_BYTES, MAX_NOTE_BYTES, MIN_MINUTES, Meta, PersonRow, RespondBody, RoomCreated, RoomRecord,
    RoomState, ScheduleBody, StatusReply, StatusUser,
};

pub use crate::{IceCandidateInit, IceServerRow, IceServersReply, LoginBody, SdpBody};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{lenient, words::words};

/// A flag without which an event says nothing.
fn said<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    lenient::flag_if_any(from)?.ok_or_else(|| D::Error::custom("neither yes nor no"))
}

/// The kind of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum UserRole {
    Practitioner,
    Patient,
}

words!(UserRole, any_case, Practitioner = "Practitioner", Patient = "Patient");

impl UserRole {
    /// The role's id in the table of dialects.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Practitioner => "practitioner",
            Self::Patient => "patient",
        }
    }

    /// The other side of every appointment of this role.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Practitioner => Self::Patient,
            Self::Patient => Self::Practitioner,
        }
    }
}
