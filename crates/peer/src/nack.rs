//! Retransmission by negative acknowledgement (RFC 4585 6.2.1): asking for missing packets and keeping sent
//! ones for those who ask.
//!
//! The crate's own asks for every missing packet every few milliseconds whatever the round trip is, and answers
//! each time: on a long path that is several copies of each.

pub(crate) mod generator;
mod reordering;
pub(crate) mod requests;
pub(crate) mod second_copies;
pub(crate) mod sent_packets;

#[cfg(test)]
mod simulation;
