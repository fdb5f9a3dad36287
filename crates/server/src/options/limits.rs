//! Options of the limits: how often one user, address, account or socket may do something.

use bellwire_server::Limits;
use clap::Args;

/// At least one, as a limit of nothing would refuse everybody.
fn count() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(1..)
}

#[derive(Debug, Args)]
pub(super) struct LimitOptions {
    /// Calls one user may start a minute
    #[arg(long, env = "BELLWIRE_CALLS_PER_MINUTE", value_name = "COUNT", default_value_t = Limits::default().initiates_per_minute, value_parser = count())]
    calls_per_minute: u32,
    /// Messages one user may send a minute, where a backend documents a limit
    #[arg(long, env = "BELLWIRE_MESSAGES_PER_MINUTE", value_name = "COUNT", default_value_t = Limits::default().messages_per_minute, value_parser = count())]
    messages_per_minute: u32,
    /// Sign-ins a minute from one network address with one e-mail address
    #[arg(long, env = "BELLWIRE_LOGINS_PER_MINUTE", value_name = "COUNT", default_value_t = Limits::default().logins_per_minute, value_parser = count())]
    logins_per_minute: u32,
    /// Failed sign-ins in 15 minutes from one network address, where a backend documents a limit
    #[arg(long, env = "BELLWIRE_FAILED_LOGINS", value_name = "COUNT", default_value_t = Limits::default().failed_logins, value_parser = count())]
    failed_logins: u32,
    /// Failed sign-ins in 15 minutes to one account, from wherever it has not signed in before
    #[arg(long, env = "BELLWIRE_FAILED_LOGINS_PER_ACCOUNT", value_name = "COUNT", default_value_t = Limits::default().failed_logins_per_account, value_parser = count())]
    failed_logins_per_account: u32,
    /// Failed sign-ins in 15 minutes from one network address (an IPv6 /64), to whatever account
    #[arg(long, env = "BELLWIRE_FAILED_LOGINS_PER_ADDRESS", value_name = "COUNT", default_value_t = Limits::default().failed_logins_per_address, value_parser = count())]
    failed_logins_per_address: u32,
    /// Sockets one account may have at once at a backend
    #[arg(long, env = "BELLWIRE_SOCKETS_PER_ACCOUNT", value_name = "COUNT", default_value_t = Limits::default().sockets_per_account, value_parser = count())]
    sockets_per_account: u32,
    /// Reports of a call's quality one account may send a minute
    #[arg(long, env = "BELLWIRE_REPORTS_PER_MINUTE", value_name = "COUNT", default_value_t = Limits::default().reports_per_minute, value_parser = count())]
    reports_per_minute: u32,
    /// Events one socket may send at once, before --events-per-second counts
    #[arg(long, env = "BELLWIRE_EVENT_BURST", value_name = "COUNT", default_value_t = Limits::default().event_burst, value_parser = count())]
    event_burst: u32,
    /// Events one socket may send a second in the long run
    #[arg(long, env = "BELLWIRE_EVENTS_PER_SECOND", value_name = "COUNT", default_value_t = Limits::default().events_per_second, value_parser = count())]
    events_per_second: u32,
}

impl LimitOptions {
    pub(super) fn config(&self) -> Limits {
        Limits {
            initiates_per_minute: self.calls_per_minute,
            logins_per_minute: self.logins_per_minute,
            failed_logins: self.failed_logins,
            failed_logins_per_account: self.failed_logins_per_account,
            failed_logins_per_address: self.failed_logins_per_address,
            messages_per_minute: self.messages_per_minute,
            sockets_per_account: self.sockets_per_account,
            reports_per_minute: self.reports_per_minute,
            event_burst: self.event_burst,
            events_per_second: self.events_per_second,
        }
    }
}
