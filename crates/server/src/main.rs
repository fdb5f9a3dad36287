//! bellwire-server
fn main() {}
