//! Capacity of a call: how many other members it may have.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Capacity {
    /// In this call.
    pub(super) members: usize,
    /// In any call.
    limit: usize,
}

impl Capacity {
    /// A call of two, until its backend says otherwise; `limit`: more members than that are never connected.
    pub(crate) fn pair(limit: usize) -> Self {
        Self { members: 1, limit }
    }

    /// Whether that many members are too many for this call. One of two may grow to any.
    pub(super) fn exceeds(self, members: usize) -> bool {
        members > if self.members == 1 { self.limit } else { self.members }
    }

    /// A call of as many as may be.
    pub(super) fn of_several(self) -> Self {
        Self { members: self.limit, ..self }
    }

    /// `seats`: people there is room for, ourselves included.
    pub(super) fn of_seats(self, seats: u8) -> Self {
        Self { members: usize::from(seats).saturating_sub(1).clamp(1, self.limit), ..self }
    }
}
