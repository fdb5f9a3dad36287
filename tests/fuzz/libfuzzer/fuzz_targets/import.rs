//! See the target of this name in `tests/fuzz/src/targets.rs`.
#![no_main]

bellwire_fuzz::bytes!("import");
