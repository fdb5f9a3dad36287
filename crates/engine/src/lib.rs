//! bellwire-engine
