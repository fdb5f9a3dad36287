//! Outcome of a call in one word for all backends, and its reason in a word of our own.

use bellwire_call::{Direction, EndReason};
use serde::{Deserialize, Serialize};

/// What came of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It rings or goes on, here or on another device.
    Ongoing,
    /// Two people talked.
    Completed,
    /// The callee did not answer.
    Missed,
    Declined,
    Busy,
    /// The caller took it back.
    Cancelled,
    Failed,
    /// Another device of ours answered.
    Elsewhere,
    /// It broke off: the path was lost, or this program ended.
    Interrupted,
}

/// Why a call ended that this program did not see the end of.
pub(crate) const INTERRUPTED: &str = "interrupted";

impl Outcome {
    /// The word it is stored as.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ongoing => "ongoing",
            Self::Completed => "completed",
            Self::Missed => "missed",
            Self::Declined => "declined",
            Self::Busy => "busy",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Elsewhere => "elsewhere",
            Self::Interrupted => "interrupted",
        }
    }

    pub(crate) fn read(word: &str) -> Self {
        match word {
            "ongoing" => Self::Ongoing,
            "completed" => Self::Completed,
            "missed" => Self::Missed,
            "declined" => Self::Declined,
            "busy" => Self::Busy,
            "cancelled" => Self::Cancelled,
            "elsewhere" => Self::Elsewhere,
            "interrupted" => Self::Interrupted,
            _ => Self::Failed,
        }
    }

    /// What a call came to that ended for this reason.
    pub(crate) fn of_end(reason: &EndReason, direction: Direction) -> Self {
        match reason {
            EndReason::HungUp | EndReason::RemoteHungUp => Self::Completed,
            EndReason::Cancelled | EndReason::Merged => Self::Cancelled,
            EndReason::RemoteCancelled => match direction {
                Direction::Incoming => Self::Missed,
                Direction::Outgoing => Self::Cancelled,
            },
            EndReason::Declined | EndReason::RemoteDeclined | EndReason::DeclinedElsewhere => Self::Declined,
            EndReason::RemoteBusy => Self::Busy,
            EndReason::Missed | EndReason::RemoteOffline => Self::Missed,
            EndReason::AnsweredElsewhere => Self::Elsewhere,
            EndReason::ConnectionLost => Self::Interrupted,
            EndReason::Full
            | EndReason::ConnectFailed
            | EndReason::Refused { .. }
            | EndReason::Failed { .. } => Self::Failed,
        }
    }

    /// What a backend's own status amounts to (`initiated`, `ringing`, `accepted`, `declined`, `ended`,
    /// `missed`, `failed`; what others say for the same is understood too).
    pub(crate) fn of_backend(status: &str, direction: Direction, duration_s: u32) -> Self {
        match status.trim().to_ascii_lowercase().as_str() {
            "initiated" | "ringing" | "waiting" | "calling" | "active" | "in_progress" | "inprogress" => {
                Self::Ongoing
            }
            "accepted" | "answered" if duration_s == 0 => Self::Ongoing,
            "accepted" | "answered" => Self::Completed,
            // An end before an answer is the caller's.
            "ended" | "completed" if duration_s == 0 => match direction {
                Direction::Incoming => Self::Missed,
                Direction::Outgoing => Self::Cancelled,
            },
            "ended" | "completed" => Self::Completed,
            "missed" | "no_answer" | "timeout" => Self::Missed,
            "declined" | "rejected" => Self::Declined,
            "busy" => Self::Busy,
            "cancelled" | "canceled" => match direction {
                Direction::Incoming => Self::Missed,
                Direction::Outgoing => Self::Cancelled,
            },
            _ => Self::Failed,
        }
    }
}

/// The reason in one word, and its sentence if it brings one.
pub(crate) fn reason_word(reason: &EndReason) -> (&'static str, Option<&str>) {
    match reason {
        EndReason::HungUp => ("hung_up", None),
        EndReason::RemoteHungUp => ("remote_hung_up", None),
        EndReason::Cancelled => ("cancelled", None),
        EndReason::RemoteCancelled => ("remote_cancelled", None),
        EndReason::Declined => ("declined", None),
        EndReason::RemoteDeclined => ("remote_declined", None),
        EndReason::RemoteBusy => ("remote_busy", None),
        EndReason::Missed => ("missed", None),
        EndReason::RemoteOffline => ("remote_offline", None),
        EndReason::Full => ("full", None),
        EndReason::AnsweredElsewhere => ("answered_elsewhere", None),
        EndReason::DeclinedElsewhere => ("declined_elsewhere", None),
        EndReason::Merged => ("merged", None),
        EndReason::ConnectionLost => ("connection_lost", None),
        EndReason::ConnectFailed => ("connect_failed", None),
        EndReason::Refused { message } => ("refused", Some(message)),
        EndReason::Failed { message } => ("failed", Some(message)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back() {
        use Outcome::{
            Busy, Cancelled, Completed, Declined, Elsewhere, Failed, Interrupted, Missed, Ongoing,
        };
        for outcome in [Ongoing, Completed, Missed, Declined, Busy, Cancelled, Failed, Elsewhere, Interrupted]
        {
            assert_eq!(Outcome::read(outcome.as_str()), outcome);
        }
    }

    #[test]
    fn a_ring_taken_back_was_missed_by_the_one_it_was_for() {
        let of = Outcome::of_backend;
        assert_eq!(of("ended", Direction::Incoming, 0), Outcome::Missed);
        assert_eq!(of("ended", Direction::Outgoing, 0), Outcome::Cancelled);
        assert_eq!(of("ended", Direction::Incoming, 5), Outcome::Completed);
        assert_eq!(of("Accepted", Direction::Incoming, 0), Outcome::Ongoing);
        assert_eq!(of("MISSED", Direction::Outgoing, 0), Outcome::Missed);
        assert_eq!(of("no such word", Direction::Outgoing, 0), Outcome::Failed);
        assert_eq!(
            Outcome::of_end(&EndReason::RemoteCancelled, Direction::Incoming),
            Outcome::of_backend("ended", Direction::Incoming, 0)
        );
    }
}
