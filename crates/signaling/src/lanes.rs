//! REST calls in flight: those of one call run one after the other, those of different calls side by
//! side. Knows nothing of HTTP.

use std::collections::{BTreeMap, VecDeque};

use bellwire_call::CallKey;
use bellwire_dialects::{RequestId, RestCall};

/// What has to stay in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Call(CallKey),
    /// What the user writes.
    Chat,
    Alone(RequestId),
}

/// Waiting REST calls; when full the call is answered as unreachable at once.
const ROOM: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Lanes {
    /// Lanes with a call in flight, and what waits behind it.
    busy: BTreeMap<Lane, VecDeque<(RequestId, RestCall)>>,
    waiting: usize,
}

/// What to do with a new REST call.
#[derive(Debug, PartialEq)]
pub(crate) enum Turn {
    Start(RequestId, RestCall),
    Wait,
    Full(RequestId, RestCall),
}

impl Lanes {
    pub(crate) fn enter(&mut self, lane: Lane, id: RequestId, call: RestCall) -> Turn {
        if self.waiting + self.busy.len() >= ROOM {
            return Turn::Full(id, call);
        }
        match self.busy.get_mut(&lane) {
            Some(queue) => {
                queue.push_back((id, call));
                self.waiting += 1;
                Turn::Wait
            }
            None => {
                self.busy.insert(lane, VecDeque::new());
                Turn::Start(id, call)
            }
        }
    }

    /// A lane's call was answered; gives the next one of that lane.
    pub(crate) fn leave(&mut self, lane: &Lane) -> Option<(RequestId, RestCall)> {
        let next = self.busy.get_mut(lane)?.pop_front();
        match next {
            Some(next) => {
                self.waiting -= 1;
                Some(next)
            }
            None => {
                self.busy.remove(lane);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwire_call::RemoteCallId;
    use bellwire_dialects::Method;

    use super::*;

    fn get(path: &str) -> RestCall {
        RestCall { method: Method::Get, path: path.into(), query: Vec::new(), body: None }
    }

    fn lane(call: &str) -> Lane {
        Lane::Call(CallKey::Remote(RemoteCallId(call.into())))
    }

    #[test]
    fn one_calls_requests_wait_for_each_other_and_no_one_elses() {
        let mut lanes = Lanes::default();
        assert_eq!(lanes.enter(lane("a"), RequestId(1), get("/1")), Turn::Start(RequestId(1), get("/1")));
        assert_eq!(lanes.enter(lane("a"), RequestId(2), get("/2")), Turn::Wait);
        assert_eq!(lanes.enter(lane("b"), RequestId(3), get("/3")), Turn::Start(RequestId(3), get("/3")));
        assert_eq!(lanes.leave(&lane("a")), Some((RequestId(2), get("/2"))));
        assert_eq!(lanes.leave(&lane("a")), None);
        assert_eq!(lanes.enter(lane("a"), RequestId(4), get("/4")), Turn::Start(RequestId(4), get("/4")));
    }

    #[test]
    fn a_hanging_server_does_not_collect_requests_without_end() {
        let mut lanes = Lanes::default();
        for n in 0..ROOM as u64 {
            assert!(!matches!(lanes.enter(lane("a"), RequestId(n), get("/")), Turn::Full(..)));
        }
        assert_eq!(lanes.enter(lane("a"), RequestId(999), get("/")), Turn::Full(RequestId(999), get("/")));
    }
}
