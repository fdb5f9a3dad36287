//! bellwire-signaling
