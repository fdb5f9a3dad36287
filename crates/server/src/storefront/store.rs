//! The tables of storefront: accounts, orders, products, call records, blocks. Only rows and SQL; nothing
//! here decides who may do what.

mod calls;
mod people;

use bellwire_dialects::storefront::wire::{CallStatus, CallType, UserType};

use sqlx::SqlitePool;

use crate::clock::Millis;
use crate::store::{Pools, StoreError};

type Result<T> = std::result::Result<T, StoreError>;

/// Every change of a call's status is a compare-and-set: `true` means that this caller made it, so that of
/// two at once exactly one announces it.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    read: SqlitePool,
    write: SqlitePool,
}

impl Store {
    pub(crate) fn new(pools: &Pools) -> Self {
        Self { read: pools.read.clone(), write: pools.write.clone() }
    }
}

/// A user or a shop.
#[derive(Clone, sqlx::FromRow)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) password_hash: String,
    pub(crate) avatar: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) created_at: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) order_number: String,
    pub(crate) shop_id: String,
    pub(crate) user_id: String,
    pub(crate) status: String,
    /// Cents.
    pub(crate) total_price: i64,
    pub(crate) created_at: i64,
}

#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Product {
    pub(crate) id: String,
    pub(crate) shop_id: String,
    pub(crate) name: String,
    pub(crate) image: Option<String>,
    /// Cents.
    pub(crate) price: i64,
    pub(crate) created_at: i64,
}

/// One call record.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) call_id: String,
    pub(crate) seller: String,
    pub(crate) customer: String,
    pub(crate) order_id: Option<String>,
    pub(crate) product_id: Option<String>,
    pub(crate) conversation_id: Option<String>,
    pub(crate) call_type: String,
    pub(crate) status: String,
    pub(crate) initiated_by: String,
    pub(crate) start_time: Option<i64>,
    pub(crate) end_time: Option<i64>,
    /// Seconds.
    pub(crate) duration: i64,
    pub(crate) call_quality: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) decline_reason: Option<String>,
    pub(crate) recording_url: Option<String>,
    pub(crate) scheduled_for: Option<i64>,
    pub(crate) ring_until: i64,
    /// A JSON object.
    pub(crate) metadata: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl Call {
    pub(crate) fn status(&self) -> CallStatus {
        CallStatus::parse(&self.status)
    }

    pub(crate) fn initiator(&self) -> UserType {
        UserType::parse(&self.initiated_by).unwrap_or(UserType::Seller)
    }

    /// Id of the party of that role.
    pub(crate) fn party(&self, role: UserType) -> &str {
        match role {
            UserType::Seller => &self.seller,
            UserType::Customer => &self.customer,
        }
    }

    pub(crate) fn is_party(&self, role: UserType, id: &str) -> bool {
        self.party(role) == id
    }
}

/// A call with what its references point at.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct FullCall {
    #[sqlx(flatten)]
    pub(crate) call: Call,
    pub(crate) seller_name: String,
    pub(crate) seller_email: String,
    pub(crate) seller_avatar: Option<String>,
    pub(crate) seller_phone: Option<String>,
    pub(crate) customer_name: String,
    pub(crate) customer_email: String,
    pub(crate) customer_avatar: Option<String>,
    pub(crate) customer_phone: Option<String>,
    pub(crate) order_number: Option<String>,
    pub(crate) order_total: Option<i64>,
    pub(crate) product_name: Option<String>,
    pub(crate) product_image: Option<String>,
}

/// What a user adds to a record when a call is over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remarks {
    pub(crate) call_quality: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) recording_url: Option<String>,
}

/// Which records of one account, newest first.
#[derive(Clone, Debug)]
pub(crate) struct HistoryQuery {
    pub(crate) role: UserType,
    pub(crate) id: String,
    pub(crate) status: Option<CallStatus>,
    pub(crate) call_type: Option<CallType>,
    pub(crate) from: Option<Millis>,
    pub(crate) to: Option<Millis>,
    pub(crate) limit: u32,
    pub(crate) offset: u32,
}

/// A customer of a shop with the sums of their orders.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) avatar: Option<String>,
    pub(crate) phone_number: Option<String>,
    pub(crate) total_orders: i64,
    /// Cents.
    pub(crate) total_spent: i64,
}

/// How many calls of a type and a status a shop had.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Tally {
    pub(crate) call_type: String,
    pub(crate) status: String,
    pub(crate) calls: i64,
    /// Those that were answered.
    pub(crate) answered: i64,
    /// Seconds talked in total.
    pub(crate) duration: i64,
}

/// A customer that a shop does not want to hear from.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Block {
    pub(crate) id: String,
    pub(crate) seller: String,
    pub(crate) customer: String,
    pub(crate) reason: String,
    pub(crate) notes: Option<String>,
    pub(crate) last_call_id: Option<String>,
    pub(crate) is_active: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({})", self.id)
    }
}
