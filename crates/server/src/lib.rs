//! bellwire-server
