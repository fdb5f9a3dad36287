//! REST requests of a dialect that the backend has not answered yet, each with what its reply is for.

use std::collections::BTreeMap;

use bellwire_call::{CallId, Invite, OutgoingSignal};

use crate::{DecodeError, EncodeError, Outbound, RequestId, RestCall, limits};

/// What can be said of a call that the backend has no id for yet.
pub(crate) enum LocalSignal<'a> {
    Invite(&'a Invite),
    GiveUp,
}

impl<'a> LocalSignal<'a> {
    pub(crate) fn of(signal: &'a OutgoingSignal) -> Result<Self, EncodeError> {
        match signal {
            OutgoingSignal::Invite(invite) => Ok(Self::Invite(invite)),
            OutgoingSignal::Cancel
            | OutgoingSignal::NoAnswer
            | OutgoingSignal::HangUp
            | OutgoingSignal::EndForAll => Ok(Self::GiveUp),
            OutgoingSignal::Accept
            | OutgoingSignal::Decline(_)
            | OutgoingSignal::Offer(_)
            | OutgoingSignal::Answer(_)
            | OutgoingSignal::Candidate(_)
            | OutgoingSignal::Media(_)
            | OutgoingSignal::AddPeople(_)
            | OutgoingSignal::Rejoin => Err(EncodeError::UnknownCall),
        }
    }
}

/// Unanswered requests by id.
#[derive(Debug)]
pub(crate) struct PendingRequests<T> {
    entries: BTreeMap<RequestId, Pending<T>>,
    next_id: u64,
}

/// One unanswered request.
#[derive(Debug)]
pub(crate) struct Pending<T> {
    pub(crate) purpose: T,
    /// The call that the request places.
    places: Option<CallId>,
    /// The caller gave the call up before the backend had answered.
    pub(crate) withdrawn: bool,
}

impl<T> Default for PendingRequests<T> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), next_id: 1 }
    }
}

impl<T> PendingRequests<T> {
    /// Makes a request.
    pub(crate) fn send(&mut self, call: RestCall, purpose: T) -> Outbound {
        self.insert(call, Pending { purpose, places: None, withdrawn: false })
    }

    /// Makes a request that places a call, which can be withdrawn until it is answered.
    pub(crate) fn send_placing(&mut self, local: CallId, call: RestCall, purpose: T) -> Outbound {
        self.insert(call, Pending { purpose, places: Some(local), withdrawn: false })
    }

    fn insert(&mut self, call: RestCall, pending: Pending<T>) -> Outbound {
        let id = RequestId(self.next_id);
        self.next_id += 1;
        self.entries.insert(id, pending);
        Outbound::Request { id, call }
    }

    /// The number of the next request.
    pub(crate) fn next_id(&self) -> u64 {
        self.next_id
    }

    /// The request that a reply answers.
    pub(crate) fn answered(&mut self, id: RequestId) -> Result<Pending<T>, DecodeError> {
        self.entries.remove(&id).ok_or(DecodeError::UnknownReply)
    }

    /// The caller gave that call up: its reply places nothing.
    pub(crate) fn withdraw(&mut self, local: CallId) {
        for pending in self.entries.values_mut().filter(|pending| pending.places == Some(local)) {
            pending.withdrawn = true;
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len() >= limits::MAX_REQUESTS
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Pending<T>> {
        self.entries.values()
    }
}
