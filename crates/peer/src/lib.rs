//! bellwire-peer
