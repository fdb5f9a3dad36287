//! The phone from outside: behaviour in stepped time, two phones on one simulated backend, and
//! random interleavings of both.

mod choice;
mod ledger;
mod pair;
mod pairs;
mod random;
mod ringing;
mod rooms;
mod talking;
mod words;
