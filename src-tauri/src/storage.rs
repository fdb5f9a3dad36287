//! What the program stores on this computer: settings, credentials, logs and exported files, and the paths of
//! all of them. The call log is the engine's.

pub(crate) mod atomic_file;
pub(crate) mod credential_store;
pub(crate) mod downloads;
pub(crate) mod logs;
pub(crate) mod paths;
pub(crate) mod settings;
