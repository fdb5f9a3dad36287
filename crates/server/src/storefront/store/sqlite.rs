//! The store on SQLite. Only SQL is in here.

mod calls;
mod people;

use async_trait::async_trait;
use bellwire_dialects::storefront::wire::UserType;
use sqlx::SqlitePool;

use super::{
    Account, Block, Call, Customer, FullCall, HistoryQuery, Order, Product, Remarks, Result, Store, Tally,
};
use crate::clock::Millis;
use crate::store::Pools;

#[derive(Debug)]
pub(crate) struct Sqlite {
    read: SqlitePool,
    write: SqlitePool,
}

impl Sqlite {
    pub(crate) fn new(pools: &Pools) -> Self {
        Self { read: pools.read.clone(), write: pools.write.clone() }
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn account(&self, role: UserType, id: &str) -> Result<Option<Account>> {
        people::account(&self.read, role, id).await
    }

    async fn account_by_email(&self, role: UserType, email: &str) -> Result<Option<Account>> {
        people::account_by_email(&self.read, role, email).await
    }

    async fn add_account(&self, role: UserType, account: &Account) -> Result<()> {
        people::add_account(&self.write, role, account).await
    }

    async fn has_accounts(&self) -> Result<bool> {
        people::has_accounts(&self.read).await
    }

    async fn order(&self, id: &str) -> Result<Option<Order>> {
        people::order(&self.read, id).await
    }

    async fn add_order(&self, order: &Order) -> Result<()> {
        people::add_order(&self.write, order).await
    }

    async fn product(&self, id: &str) -> Result<Option<Product>> {
        people::product(&self.read, id).await
    }

    async fn add_product(&self, product: &Product) -> Result<()> {
        people::add_product(&self.write, product).await
    }

    async fn is_customer_of(&self, customer: &str, seller: &str) -> Result<bool> {
        people::is_customer_of(&self.read, customer, seller).await
    }

    async fn related(&self, role: UserType, id: &str) -> Result<Vec<String>> {
        people::related(&self.read, role, id).await
    }

    async fn customers(&self, seller: &str, search: Option<&str>) -> Result<Vec<Customer>> {
        people::customers(&self.read, seller, search).await
    }

    async fn recent_orders(&self, seller: &str, each: u32) -> Result<Vec<Order>> {
        people::recent_orders(&self.read, seller, each).await
    }

    async fn add_call(&self, call: &Call) -> Result<()> {
        calls::add(&self.write, call).await
    }

    async fn call(&self, call_id: &str) -> Result<Option<FullCall>> {
        calls::one(&self.read, call_id).await
    }

    async fn history(&self, query: &HistoryQuery) -> Result<(Vec<FullCall>, u64)> {
        calls::history(&self.read, query).await
    }

    async fn tallies(&self, seller: &str, from: Option<Millis>, to: Option<Millis>) -> Result<Vec<Tally>> {
        calls::tallies(&self.read, seller, from, to).await
    }

    async fn live(&self) -> Result<Vec<String>> {
        calls::live(&self.read).await
    }

    async fn mark_ringing(&self, call_id: &str, now: Millis) -> Result<bool> {
        calls::mark_ringing(&self.write, call_id, now).await
    }

    async fn mark_accepted(&self, call_id: &str, now: Millis) -> Result<bool> {
        calls::mark_accepted(&self.write, call_id, now).await
    }

    async fn mark_declined(&self, call_id: &str, reason: Option<&str>, now: Millis) -> Result<bool> {
        calls::mark_declined(&self.write, call_id, reason, now).await
    }

    async fn mark_missed(&self, call_id: &str, now: Millis) -> Result<bool> {
        calls::mark_missed(&self.write, call_id, now).await
    }

    async fn mark_ended(&self, call_id: &str, by: UserType, now: Millis) -> Result<bool> {
        calls::mark_ended(&self.write, call_id, by, now).await
    }

    async fn remark(&self, call_id: &str, remarks: &Remarks, now: Millis) -> Result<()> {
        calls::remark(&self.write, call_id, remarks, now).await
    }

    async fn add_quality(&self, call_id: &str, role: UserType, report: &str) -> Result<()> {
        calls::add_quality(&self.write, call_id, role, report).await
    }

    async fn block(&self, block: &Block) -> Result<()> {
        people::block(&self.write, block).await
    }

    async fn unblock(&self, seller: &str, customer: &str, now: Millis) -> Result<bool> {
        people::unblock(&self.write, seller, customer, now).await
    }

    async fn blocks(&self, seller: &str) -> Result<Vec<(Block, Account)>> {
        people::blocks(&self.read, seller).await
    }

    async fn active_block(&self, seller: &str, customer: &str) -> Result<Option<Block>> {
        people::active_block(&self.read, seller, customer).await
    }
}
