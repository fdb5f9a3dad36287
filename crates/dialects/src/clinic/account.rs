//! A clinic account; shared by its dialect and its lists.

use std::sync::atomic::{AtomicI64, Ordering};

use super::{
    appointment::Meeting,
    page_order::PageOrder,
    wire::{Appointment, UserRole},
};
use crate::{Identity, timestamp};

/// One account, shared by its dialect and its lists.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) me: String,
    pub(super) role: UserRole,
    /// The latest instant that a list was given, in seconds since 1970: past appointments are those
    /// before it.
    told_now: AtomicI64,
    /// How the backend sorts past appointments.
    pub(super) order: PageOrder,
}

impl Account {
    /// An unknown role is a patient, who can do less.
    pub(super) fn new(identity: &Identity) -> Self {
        Self {
            me: identity.person.id.0.clone(),
            role: UserRole::parse(&identity.role).unwrap_or(UserRole::Patient),
            told_now: AtomicI64::new(0),
            order: PageOrder::default(),
        }
    }

    pub(super) fn meeting(&self, row: &Appointment) -> Option<Meeting> {
        Meeting::of(row, self.role, &self.me)
    }

    /// The latest instant that a list was given.
    pub(super) fn hour(&self) -> Option<i64> {
        Some(self.told_now.load(Ordering::Relaxed)).filter(|now| *now > 0)
    }

    pub(super) fn told(&self, now: &str) -> Option<i64> {
        let now = timestamp::seconds(now)?;
        self.told_now.store(now, Ordering::Relaxed);
        Some(now)
    }
}
