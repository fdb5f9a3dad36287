//! Sources of the call history: the accounts that are signed in, and their backends.

use bellwire_call::AccountId;
use bellwire_signaling::Session;

/// An account whose backend may have calls that the log does not have.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) id: AccountId,
    pub(crate) account: bellwire_call_log::Account,
    /// `None`: the backend keeps no history.
    pub(crate) session: Option<Session>,
}
