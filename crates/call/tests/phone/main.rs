//! The phone from outside: behaviour in stepped time, two phones and a group on simulated backends, and
//! random interleavings of them.

mod builders;
mod checked_phone;
mod fake_peers;
mod group;
mod group_backend;
mod group_checks;
mod group_hostile;
mod group_random;
mod group_simulation;
mod local_media;
mod paths;
mod random;
mod replaced_offers;
mod ringing;
mod rooms;
mod simulation;
mod slow_answers;
mod talking;
mod two_phones;
mod uplink;
mod web_client;
