//! Id of a peer connection: of which call, to which member, and which one of theirs.

use bellwire_call::{CallId, Epoch, MemberId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConnectionId {
    pub(crate) call: CallId,
    pub(crate) member: MemberId,
    pub(crate) epoch: Epoch,
}
