//! Network lab, the part without processes: the link model, the profiles, and what a recorded run says.
#![forbid(unsafe_code)]

pub mod analysis;
pub mod clock;
pub mod link;
pub mod numbers;
pub mod pictures;
pub mod profiles;
pub mod record;
pub mod report;
pub mod sound;
pub mod traffic;
