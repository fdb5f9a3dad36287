//! REST bodies and replies.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CallStatus, CallType, UserType};
use crate::lenient;

#[derive(Clone, Serialize, Deserialize)]
pub struct LoginBody {
    pub email: String,
    pub password: String,
}

impl std::fmt::Debug for LoginBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LoginBody(..)")
    }
}

/// Reply of both logins, 201.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    pub user: LoginUser,
    pub token: String,
}

impl std::fmt::Debug for LoginReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginReply").field("success", &self.success).finish_non_exhaustive()
    }
}

/// The account that signed in; a shop is an account too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoginUser {
    #[serde(rename = "_id")]
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub avatar: Option<Avatar>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
}

/// What every failed REST call says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Failure {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default)]
    pub message: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
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
    pub conversation_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_type: Option<CallType>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// RFC 3339. The deployed backend answers 500 when it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Response {
    Accepted,
    Declined,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RespondBody {
    pub call_id: String,
    pub response: Response,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EndBody {
    pub call_id: String,
    /// `excellent`, `good`, `fair`, `poor`. The deployed backend answers 500 when it is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_quality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
}

/// A reference that the backend populates in some replies and leaves as an id in others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Ref<T> {
    Full(T),
    Id(String),
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
#[serde(untagged)]
pub enum Avatar {
    Address(String),
    Hosted { url: Option<String> },
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
#[serde(rename_all = "camelCase")]
pub struct Party {
    #[serde(rename = "_id")]
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub avatar: Option<Avatar>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub phone_number: Option<String>,
}

/// Order of a call, populated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderRef {
    #[serde(rename = "_id")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub order_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub total_price: f64,
}

/// Product of a call, populated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProductRef {
    #[serde(rename = "_id")]
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub images: Vec<Avatar>,
}

/// A call record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VideoCall {
    #[serde(rename = "_id", default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub call_id: String,
    pub seller: Ref<Party>,
    pub customer: Ref<Party>,
    #[serde(default)]
    pub order_id: Option<Ref<OrderRef>>,
    #[serde(default)]
    pub product_id: Option<Ref<ProductRef>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    #[serde(default)]
    pub call_type: CallType,
    pub status: CallStatus,
    #[serde(default)]
    pub initiated_by: Option<UserType>,
    /// RFC 3339, as all times here.
    #[serde(default)]
    pub start_time: Option<String>,
    #[serde(default)]
    pub end_time: Option<String>,
    /// Seconds.
    #[serde(default, deserialize_with = "lenient::number")]
    pub duration: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_quality: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording_url: Option<String>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub updated_at: Option<String>,
}

/// Reply of initiate (`videoCall`), respond and end (`call`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CallReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub video_call: Option<VideoCall>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<VideoCall>,
    #[serde(default)]
    pub message: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    #[serde(default)]
    pub current_page: u32,
    #[serde(default)]
    pub total_pages: u32,
    #[serde(default)]
    pub total_items: u32,
    #[serde(default)]
    pub items_per_page: u32,
}

/// Reply of both histories.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CallsReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default)]
    pub calls: Vec<VideoCall>,
    #[serde(default)]
    pub pagination: Pagination,
}

/// Reply of `GET /video-call/customers/:sellerId`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CustomersReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default)]
    pub customers: Vec<CustomerRow>,
    #[serde(default)]
    pub total: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRow {
    #[serde(rename = "_id")]
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub avatar: Option<Avatar>,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text")]
    pub phone_number: Option<String>,
    #[serde(default)]
    pub last_order_id: Option<String>,
    #[serde(default, deserialize_with = "lenient::text")]
    pub last_order_number: Option<String>,
    #[serde(default)]
    pub last_order_date: Option<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub last_order_amount: f64,
    #[serde(default)]
    pub total_orders: u32,
    #[serde(default, deserialize_with = "lenient::number")]
    pub total_spent: f64,
    #[serde(default, deserialize_with = "lenient::flag")]
    pub is_online: bool,
    /// Newest first, at most five.
    #[serde(default)]
    pub recent_orders: Vec<RecentOrder>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentOrder {
    #[serde(rename = "_id")]
    pub id: String,
    #[serde(default, deserialize_with = "lenient::text")]
    pub order_number: Option<String>,
    #[serde(default, deserialize_with = "lenient::number")]
    pub total_price: f64,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub order_status: Option<String>,
}

/// Reply of `GET /video-call/analytics/:sellerId`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AnalyticsReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    pub analytics: Analytics,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Analytics {
    #[serde(default)]
    pub total_calls: u32,
    #[serde(default)]
    pub accepted_calls: u32,
    #[serde(default)]
    pub declined_calls: u32,
    #[serde(default)]
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
    #[serde(default)]
    pub calls_by_type: BTreeMap<String, u32>,
    #[serde(default)]
    pub calls_by_status: BTreeMap<String, u32>,
}

/// Reply of `GET /online-users` on the socket host.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OnlineUsersReply {
    #[serde(default, deserialize_with = "lenient::flag")]
    pub success: bool,
    #[serde(default)]
    pub users: Vec<super::OnlineUser>,
    #[serde(default)]
    pub count: u32,
}
