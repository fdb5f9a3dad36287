//! The phone from outside: behaviour in stepped time, two phones on one simulated backend, and
//! random interleavings of both.

mod builders;
mod checked_phone;
mod local_media;
mod paths;
mod random;
mod ringing;
mod rooms;
mod simulation;
mod talking;
mod two_phones;
