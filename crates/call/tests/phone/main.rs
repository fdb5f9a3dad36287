//! The phone from outside: behaviour in stepped time, two phones on one simulated backend, and
//! random interleavings of both.

mod builders;
mod ledger;
mod local_media;
mod random;
mod ringing;
mod rooms;
mod simulation;
mod talking;
mod two_phones;
