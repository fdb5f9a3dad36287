//! What storefront says on the wire, as types: every event and REST body, in both directions.
//!
//! Client and server share these and nothing else; what a message means is not decided here. Reading
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
    InitiateBody, LoginBody, LoginReply, LoginUser, OnlineUsersReply, OrderRef, Pagination, Party,
    ProductRef, RecentOrder, Ref, RespondBody, Response, VideoCall,
};

pub use crate::{IceCandidateInit, IceServerRow, IceServersReply, SdpBody};

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::lenient;

/// A number or text that stands for an id; empty where there is none.
fn id_if_any<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(lenient::text(from)?.unwrap_or_default())
}

/// Which kind of account somebody has; the `userType` of the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
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

impl UserType {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seller => "seller",
            Self::Customer => "customer",
        }
    }

    /// The role a word stands for.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "seller" => Some(Self::Seller),
            "customer" => Some(Self::Customer),
            _ => None,
        }
    }

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
#[serde(rename_all = "lowercase")]
pub enum CallStatus {
    Initiated,
    Ringing,
    Accepted,
    Declined,
    /// What a seller's page says instead of `declined`; in no record.
    Rejected,
    /// What a seller's page says to a second caller; in no record.
    Busy,
    /// The document says `completed`, the deployed backend says `ended`.
    Ended,
    Missed,
    Failed,
    /// A word this version does not know; never written.
    #[default]
    Unknown,
}

impl<'de> Deserialize<'de> for CallStatus {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(lenient::text(from)?.map_or(Self::Unknown, |word| Self::parse(&word)))
    }
}

impl CallStatus {
    /// The word on the wire and in a record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initiated => "initiated",
            Self::Ringing => "ringing",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
            Self::Rejected => "rejected",
            Self::Busy => "busy",
            Self::Ended => "ended",
            Self::Missed => "missed",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// The status a word stands for, in capitals or not; `Unknown` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "initiated" => Self::Initiated,
            "ringing" => Self::Ringing,
            "accepted" => Self::Accepted,
            "declined" => Self::Declined,
            "rejected" => Self::Rejected,
            "busy" => Self::Busy,
            "ended" | "completed" => Self::Ended,
            "missed" => Self::Missed,
            "failed" => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

/// What a call is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallType {
    OrderSupport,
    ProductInquiry,
    #[default]
    GeneralSupport,
    Sales,
    /// A word this version does not know; never written.
    Unknown,
}

impl<'de> Deserialize<'de> for CallType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(lenient::text(from)?.map_or(Self::Unknown, |word| Self::parse(&word)))
    }
}

impl CallType {
    /// The word on the wire and in a record.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderSupport => "order_support",
            Self::ProductInquiry => "product_inquiry",
            Self::GeneralSupport => "general_support",
            Self::Sales => "sales",
            Self::Unknown => "unknown",
        }
    }

    /// The call type a word stands for; `Unknown` for any other word.
    #[must_use]
    pub fn parse(word: &str) -> Self {
        match word.trim().to_ascii_lowercase().as_str() {
            "order_support" => Self::OrderSupport,
            "product_inquiry" => Self::ProductInquiry,
            "general_support" => Self::GeneralSupport,
            "sales" => Self::Sales,
            _ => Self::Unknown,
        }
    }
}
