//! The key of a socket.

/// One connected socket, for the life of the process and of no other backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct SocketKey(pub(crate) u64);
