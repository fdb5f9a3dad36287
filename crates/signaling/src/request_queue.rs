//! The queue of REST requests in flight: those of one call run one after the other, those of different calls
//! side by side. Knows nothing of HTTP.

use std::collections::{BTreeMap, VecDeque};

use bellwire_call::CallKey;
use bellwire_dialects::{Method, RequestId, RestCall};

/// Requests with the same key run in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum QueueKey {
    Call(CallKey),
    /// What the user writes.
    Chat,
    Alone(RequestId),
}

impl QueueKey {
    /// The key for one request: what is only read of a call depends on nothing before it, and what is ordered does not
    /// wait for it. A server that is slow to say who else is called must not delay that we answer.
    pub(crate) fn of(self, id: RequestId, call: &RestCall) -> Self {
        match self {
            Self::Call(_) if call.method == Method::Get => Self::Alone(id),
            key @ (Self::Call(_) | Self::Chat | Self::Alone(_)) => key,
        }
    }
}

/// Waiting REST calls; when full the call is answered as unreachable at once.
const MAX_REQUESTS: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct RequestQueue {
    /// RequestQueue with a call in flight, and what waits behind it.
    busy: BTreeMap<QueueKey, VecDeque<(RequestId, RestCall)>>,
    waiting: usize,
}

/// What to do with a new REST call.
#[derive(Debug, PartialEq)]
pub(crate) enum Admission {
    Start(RequestId, RestCall),
    Wait,
    Full(RequestId, RestCall),
}

impl RequestQueue {
    pub(crate) fn enter(&mut self, key: QueueKey, id: RequestId, call: RestCall) -> Admission {
        if self.waiting + self.busy.len() >= MAX_REQUESTS {
            return Admission::Full(id, call);
        }
        match self.busy.get_mut(&key) {
            Some(queue) => {
                queue.push_back((id, call));
                self.waiting += 1;
                Admission::Wait
            }
            None => {
                self.busy.insert(key, VecDeque::new());
                Admission::Start(id, call)
            }
        }
    }

    /// A key's call was answered; gives the next one of that key.
    pub(crate) fn leave(&mut self, key: &QueueKey) -> Option<(RequestId, RestCall)> {
        let next = self.busy.get_mut(key)?.pop_front();
        match next {
            Some(next) => {
                self.waiting -= 1;
                Some(next)
            }
            None => {
                self.busy.remove(key);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bellwire_call::RemoteCallId;

    use super::*;

    fn get(path: &str) -> RestCall {
        RestCall { method: Method::Get, path: path.into(), query: Vec::new(), body: None }
    }

    fn key(call: &str) -> QueueKey {
        QueueKey::Call(CallKey::Remote(RemoteCallId(call.into())))
    }

    #[test]
    fn one_calls_requests_wait_for_each_other_and_no_one_elses() {
        let mut queue = RequestQueue::default();
        assert_eq!(queue.enter(key("a"), RequestId(1), get("/1")), Admission::Start(RequestId(1), get("/1")));
        assert_eq!(queue.enter(key("a"), RequestId(2), get("/2")), Admission::Wait);
        assert_eq!(queue.enter(key("b"), RequestId(3), get("/3")), Admission::Start(RequestId(3), get("/3")));
        assert_eq!(queue.leave(&key("a")), Some((RequestId(2), get("/2"))));
        assert_eq!(queue.leave(&key("a")), None);
        assert_eq!(queue.enter(key("a"), RequestId(4), get("/4")), Admission::Start(RequestId(4), get("/4")));
    }

    #[test]
    fn what_is_only_read_of_a_call_delays_no_order() {
        let order = RestCall { method: Method::Post, ..get("/join") };
        assert_eq!(key("a").of(RequestId(1), &get("/session")), QueueKey::Alone(RequestId(1)));
        assert_eq!(key("a").of(RequestId(2), &order), key("a"));
        // Messages that are read come before those that are written next.
        assert_eq!(QueueKey::Chat.of(RequestId(3), &get("/messages")), QueueKey::Chat);
    }

    #[test]
    fn a_hanging_server_does_not_collect_requests_without_end() {
        let mut queue = RequestQueue::default();
        for n in 0..MAX_REQUESTS as u64 {
            assert!(!matches!(queue.enter(key("a"), RequestId(n), get("/")), Admission::Full(..)));
        }
        assert_eq!(
            queue.enter(key("a"), RequestId(999), get("/")),
            Admission::Full(RequestId(999), get("/"))
        );
    }
}
