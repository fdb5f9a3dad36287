//! Simulation of calls over bad networks: the estimator against links of its test table, in stepped time.
//!
//! Rates are on the wire, headers of UDP and IP included; the profiles are those of the laboratory measurements
//! beside Chromium (rate, delay, loss, and what has to come through).

mod collapse_profiles;
mod flow;
mod link;
mod loss_profiles;
mod rate_profiles;
mod receive_profiles;
mod receiver;
mod sharing_profiles;
mod world;

use self::flow::Demand;
use self::link::{Jitter, Link, Loss};
use self::world::World;
use super::Limits;

const LIMITS: Limits = Limits { start: 300e3, min: 10e3, max: 2.5e6 };
