//! Wire structs of storefront: every event and REST body, in both directions.
//!
//! Client and server share these and nothing else; neither shares how it reads a message. Reading
//! is lenient (unknown fields are ignored, what some deployment leaves out is optional), writing
//! gives exactly the documented field names.

mod event;
mod rest;

pub use event::{
    CallEnded, CallError, CallPartyEvent, CallQualityReport, CallStatusUpdate, CallTargetOffline,
    EndVideoCall, IceCandidateEvent, IncomingVideoCall, JoinVideoCall, LeaveVideoCall, OnlineStatusChanged,
    OnlineUser, SdpAnswer, SdpOffer, ToggleAudio, ToggleVideo, UserJoinedCall, UserLeftCall, name,
};
pub use rest::{
    Analytics, AnalyticsReply, Avatar, CallReply, CallsReply, CustomerRow, CustomersReply, EndBody, Failure,
    InitiateBody, LoginReply, LoginUser, MAX_NOTE_BYTES, OnlineUsersReply, OrderRef, Pagination, Party,
    ProductRef, RecentOrder, Ref, RespondBody, Response, VideoCall,
};

pub use crate::{IceCandidateInit, IceServerRow, IceServersReply, LoginBody, SdpBody};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::{lenient, words::words};

/// A number or text that stands for an id; empty where there is none.
fn id_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(lenient::text(from)?.unwrap_or_default())
}

/// The kind of an account; the `userType` of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum UserType {
    Seller,
    Customer,
}

impl<'de> Deserialize<'de> for UserType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = lenient::text(from)?.and_then(|word| Self::parse(&word));
        word.ok_or_else(|| D::Error::custom("no such kind of account"))
    }
}

words!(UserType, any_case_trimmed, Seller = "seller", Customer = "customer");

impl UserType {
    /// The other side of every call of this role.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::Seller => Self::Customer,
            Self::Customer => Self::Seller,
        }
    }

    /// Name of the login cookie of this role.
    #[must_use]
    pub fn cookie(self) -> &'static str {
        match self {
            Self::Seller => "seller_token",
            Self::Customer => "token",
        }
    }
}

/// Where a call record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum CallStatus {
    Initiated,
    Ringing,
    Accepted,
    Declined,
    /// What a seller's page says instead of `declined`; in no record.
    #[cfg_attr(feature = "schema", schemars(skip))]
    Rejected,
    /// What a seller's page says to a second caller; in no record.
    #[cfg_attr(feature = "schema", schemars(skip))]
    Busy,
    /// The document says `completed`, the deployed backend says `ended`.
    Ended,
    Missed,
    Failed,
    /// A word this version does not know; never written.
    #[default]
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl<'de> Deserialize<'de> for CallStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(lenient::text(from)?.map_or(Self::Unknown, |word| Self::parse(&word)))
    }
}

words!(
    CallStatus, any_case_trimmed,
    Initiated = "initiated", Ringing = "ringing", Accepted = "accepted", Declined = "declined", Rejected =
    "rejected", Busy = "busy", Ended = "ended" | "completed", Missed = "missed", Failed = "failed";
    else Unknown = "unknown"
);

/// What a call is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallType {
    OrderSupport,
    ProductInquiry,
    #[default]
    GeneralSupport,
    Sales,
    /// A word this version does not know; never written.
    #[cfg_attr(feature = "schema", schemars(skip))]
    Unknown,
}

impl<'de> Deserialize<'de> for CallType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(lenient::text(from)?.map_or(Self::Unknown, |word| Self::parse(&word)))
    }
}

words!(
    CallType, any_case_trimmed,
    OrderSupport = "order_support", ProductInquiry = "product_inquiry", GeneralSupport =
    "general_support", Sales = "sales";
    else Unknown = "unknown"
);
