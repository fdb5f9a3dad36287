//! The public interface: starting and ending the engine, and the handle that commands it.

pub(crate) mod engine;
pub(crate) mod handle;
