//! The password and the errors that the demo data of all backends share. The users are in each backend's
//! folder.

use crate::passwords::HashError;
use crate::store::StoreError;

/// Password of every demo account.
pub const DEMO_PASSWORD: &str = "ring-ring-demo";

/// Why the demo data could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DemoError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hash(#[from] HashError),
}
