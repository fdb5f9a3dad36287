//! REST bodies and replies.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::{CallStatus, CallType, UserType};
use crate::lenient;
#[cfg(feature = "schema")]
use crate::schema::{times, written};

/// Bytes of a note, reason or address.
pub const MAX_NOTE_BYTES: usize = 2000;

/// Reply of both logins, 201.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LoginReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    pub user: LoginUser,
    #[serde(deserialize_with = "lenient::id")]
    pub token: String,
}

impl std::fmt::Debug for LoginReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginReply").field("success", &self.success).finish_non_exhaustive()
    }
}

/// The account that signed in; a shop is an account too.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["name", "email"])))]
pub struct LoginUser {
    #[serde(rename = "_id", deserialize_with = "lenient::id")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub avatar: Option<Avatar>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub role: Option<String>,
}

/// What every failed REST call says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Failure {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, deserialize_with = "super::id_if_any")]
    pub message: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["scheduledFor"])))]
#[serde(rename_all = "camelCase")]
pub struct InitiateBody {
    /// Given by a seller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<String>,
    /// Given by a customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seller_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_NOTE_BYTES)))]
    pub conversation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_type: Option<CallType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_NOTE_BYTES)))]
    pub notes: Option<String>,
    /// RFC 3339. The deployed backend answers 500 when it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Response {
    Accepted,
    /// A seller's page says `rejected`.
    Declined,
}

impl<'de> Deserialize<'de> for Response {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match CallStatus::deserialize(from)? {
            CallStatus::Accepted => Ok(Self::Accepted),
            CallStatus::Declined | CallStatus::Rejected | CallStatus::Busy => Ok(Self::Declined),
            CallStatus::Initiated
            | CallStatus::Ringing
            | CallStatus::Ended
            | CallStatus::Missed
            | CallStatus::Failed
            | CallStatus::Unknown => Err(D::Error::custom("neither accepted nor declined")),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct RespondBody {
    pub call_id: String,
    pub response: Response,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_NOTE_BYTES)))]
    pub decline_reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct EndBody {
    pub call_id: String,
    /// `excellent`, `good`, `fair`, `poor`. The deployed backend answers 500 when it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(extend("enum" = ["excellent", "good", "fair", "poor", null])))]
    pub call_quality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_NOTE_BYTES)))]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(length(max = MAX_NOTE_BYTES)))]
    pub recording_url: Option<String>,
}

/// A reference that the backend populates in some replies and leaves as an id in others.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Ref<T> {
    Full(T),
    Id(String),
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Ref<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        if value.is_object() {
            return T::deserialize(value).map(Self::Full).map_err(D::Error::custom);
        }
        lenient::id(value).map(Self::Id).map_err(D::Error::custom)
    }
}

fn nobody() -> Ref<Party> {
    Ref::Id(String::new())
}

/// Seller or customer of a call; empty where the reference is null or odd.
fn party<'de, D: Deserializer<'de>>(from: D) -> Result<Ref<Party>, D::Error> {
    Ok(lenient::maybe(from)?.unwrap_or_else(nobody))
}

/// Figures by name; an odd one is left out.
fn figures<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, u32>, D::Error> {
    let Value::Object(figures) = Value::deserialize(from)? else { return Ok(BTreeMap::new()) };
    Ok(figures.into_iter().filter_map(|(name, value)| Some((name, lenient::as_count(&value)?))).collect())
}

impl<T> Ref<T> {
    /// The populated thing.
    pub fn full(&self) -> Option<&T> {
        match self {
            Self::Full(thing) => Some(thing),
            Self::Id(_) => None,
        }
    }
}

/// A picture: an address, or what an image host returned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Avatar {
    Address(String),
    Hosted {
        #[serde(default, deserialize_with = "lenient::text")]
        url: Option<String>,
    },
}

impl Avatar {
    /// The picture's address, where there is one.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        match self {
            Self::Address(address) => Some(address.as_str()),
            Self::Hosted { url } => url.as_deref(),
        }
        .filter(|address| !address.is_empty())
    }
}

/// Seller or customer of a call, populated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = written(["name", "email"])))]
#[serde(rename_all = "camelCase")]
pub struct Party {
    #[serde(rename = "_id", default, deserialize_with = "super::id_if_any")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub avatar: Option<Avatar>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub phone_number: Option<String>,
}

/// Order of a call, populated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct OrderRef {
    #[serde(rename = "_id", default, deserialize_with = "super::id_if_any")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub order_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub total_price: f64,
}

/// Product of a call, populated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProductRef {
    #[serde(rename = "_id", default, deserialize_with = "super::id_if_any")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub images: Vec<Avatar>,
}

/// A call record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["startTime", "endTime", "createdAt", "updatedAt"])))]
#[serde(rename_all = "camelCase")]
pub struct VideoCall {
    #[serde(
        rename = "_id",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::text"
    )]
    pub id: Option<String>,
    #[serde(deserialize_with = "lenient::id")]
    pub call_id: String,
    /// Without an id where the account was deleted since.
    #[serde(default = "nobody", deserialize_with = "party")]
    #[cfg_attr(feature = "schema", schemars(with = "Party"))]
    pub seller: Ref<Party>,
    #[serde(default = "nobody", deserialize_with = "party")]
    #[cfg_attr(feature = "schema", schemars(with = "Party"))]
    pub customer: Ref<Party>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub order_id: Option<Ref<OrderRef>>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub product_id: Option<Ref<ProductRef>>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub conversation_id: Option<String>,
    #[serde(default)]
    pub call_type: CallType,
    #[serde(default)]
    pub status: CallStatus,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub initiated_by: Option<UserType>,
    /// RFC 3339, as all times here.
    #[serde(default, deserialize_with = "lenient::text")]
    pub start_time: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub end_time: Option<String>,
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub call_quality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub decline_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub recording_url: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub updated_at: Option<String>,
}

/// Reply of initiate (`videoCall`), respond and end (`call`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub video_call: Option<VideoCall>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::maybe")]
    pub call: Option<VideoCall>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub message: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    #[serde(default, deserialize_with = "lenient::count")]
    pub current_page: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub total_pages: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub total_items: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub items_per_page: u32,
}

/// Reply of both histories.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallsReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub calls: Vec<VideoCall>,
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub pagination: Pagination,
}

/// Reply of `GET /video-call/customers/:sellerId`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CustomersReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub customers: Vec<CustomerRow>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub total: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["lastOrderDate"])))]
#[serde(rename_all = "camelCase")]
pub struct CustomerRow {
    #[serde(rename = "_id", deserialize_with = "lenient::id")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: Option<String>,
    #[serde(default, deserialize_with = "lenient::maybe")]
    pub avatar: Option<Avatar>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub phone_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_order_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_order_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_order_date: Option<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub last_order_amount: f64,
    #[serde(default, deserialize_with = "lenient::count")]
    pub total_orders: u32,
    #[serde(default, deserialize_with = "lenient::number")]
    pub total_spent: f64,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_online: bool,
    /// Newest first, at most five.
    #[serde(default, deserialize_with = "lenient::rows")]
    pub recent_orders: Vec<RecentOrder>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(transform = times(["createdAt"])))]
#[serde(rename_all = "camelCase")]
pub struct RecentOrder {
    #[serde(rename = "_id", deserialize_with = "lenient::id")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub order_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub total_price: f64,
    #[serde(default, deserialize_with = "lenient::text")]
    pub created_at: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub order_status: Option<String>,
}

/// Reply of `GET /video-call/analytics/:sellerId`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AnalyticsReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    pub analytics: Analytics,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Analytics {
    #[serde(default, deserialize_with = "lenient::count")]
    pub total_calls: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub accepted_calls: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub declined_calls: u32,
    #[serde(default, deserialize_with = "lenient::count")]
    pub ended_calls: u32,
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub average_duration: f64,
    /// Percent with two decimals, as text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub acceptance_rate: Option<String>,
    /// Percent with two decimals, as text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub completion_rate: Option<String>,
    #[serde(default, deserialize_with = "figures")]
    pub calls_by_type: BTreeMap<String, u32>,
    #[serde(default, deserialize_with = "figures")]
    pub calls_by_status: BTreeMap<String, u32>,
}

/// Reply of `GET /online-users` on the socket host.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OnlineUsersReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, deserialize_with = "lenient::rows")]
    pub users: Vec<super::OnlineUser>,
    #[serde(default, deserialize_with = "lenient::count")]
    pub count: u32,
}
