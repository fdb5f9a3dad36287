//! The metrics, for Prometheus at `/metrics`. Labels come from fixed lists (backends, routes, words), never
//! from requests, so that their number is bounded.

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::backend::Backend;

/// What became of a call: one of these at its start, one each time it gets further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Started,
    Answered,
    Declined,
    /// Taken back by the caller before an answer.
    Cancelled,
    Missed,
    /// Ended after an answer.
    Ended,
    /// The callee was talking.
    Busy,
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Answered => "answered",
            Self::Declined => "declined",
            Self::Cancelled => "cancelled",
            Self::Missed => "missed",
            Self::Ended => "ended",
            Self::Busy => "busy",
            Self::Failed => "failed",
        }
    }
}

/// What became of a socket event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    In,
    Out,
    /// Came in above the limit.
    Dropped,
}

type Labels<const N: usize> = [(&'static str, &'static str); N];
type RouteLabels<const N: usize> = [(&'static str, String); N];
type Seconds = Family<RouteLabels<3>, Histogram, fn() -> Histogram>;

/// The counters of one server.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    sockets: Family<Labels<1>, Gauge>,
    events: Family<Labels<2>, Counter>,
    calls: Family<Labels<2>, Counter>,
    ringing: Family<Labels<1>, Gauge>,
    requests: Family<RouteLabels<4>, Counter>,
    seconds: Seconds,
    allocations: Gauge,
    refused: Family<Labels<1>, Counter>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("bellwire");
        let latency: fn() -> Histogram = || Histogram::new([0.005, 0.02, 0.1, 0.5, 2.0, 10.0]);
        let metrics = Self {
            sockets: Family::default(),
            events: Family::default(),
            calls: Family::default(),
            ringing: Family::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(latency),
            allocations: Gauge::default(),
            refused: Family::default(),
            registry: Registry::default(),
        };
        registry.register("sockets", "Sockets open", metrics.sockets.clone());
        registry.register(
            "socket_events",
            "Events by direction; dropped above the limit",
            metrics.events.clone(),
        );
        registry.register("calls", "Calls by what became of them", metrics.calls.clone());
        registry.register("ringing", "Calls that ring now", metrics.ringing.clone());
        registry.register("http_requests", "REST requests", metrics.requests.clone());
        registry.register("http_request_seconds", "Time to the head of a reply", metrics.seconds.clone());
        registry.register("turn_allocations", "Relayed sockets open", metrics.allocations.clone());
        registry.register("connections_refused", "Connections above the limit", metrics.refused.clone());
        Self { registry, ..metrics }
    }

    /// Counts a change of a call's record; called by the code that made it.
    pub(crate) fn call(&self, backend: Backend, outcome: Outcome) {
        self.calls.get_or_create(&[of(backend), ("outcome", outcome.as_str())]).inc();
    }

    pub(crate) fn event(&self, backend: Backend, flow: Flow) {
        let flow = match flow {
            Flow::In => "in",
            Flow::Out => "out",
            Flow::Dropped => "dropped",
        };
        self.events.get_or_create(&[of(backend), ("direction", flow)]).inc();
    }

    pub(crate) fn socket_opened(&self, backend: Backend) {
        self.sockets.get_or_create(&[of(backend)]).inc();
    }

    pub(crate) fn socket_closed(&self, backend: Backend) {
        self.sockets.get_or_create(&[of(backend)]).dec();
    }

    pub(crate) fn connection_refused(&self, backend: Backend) {
        self.refused.get_or_create(&[of(backend)]).inc();
    }

    pub(crate) fn ringing(&self, backend: Backend, calls: usize) {
        self.ringing.get_or_create(&[of(backend)]).set(i64::try_from(calls).unwrap_or(i64::MAX));
    }

    pub(crate) fn allocations(&self, open: usize) {
        self.allocations.set(i64::try_from(open).unwrap_or(i64::MAX));
    }

    /// A request, by the pattern of its route; `method` and `route` are from fixed lists.
    pub(crate) fn request(&self, backend: Backend, method: &str, route: &str, status: &str, took: Duration) {
        let [whose, method, route] = [("backend", backend.id()), ("method", method), ("route", route)]
            .map(|(label, value)| (label, value.to_owned()));
        self.seconds
            .get_or_create(&[whose.clone(), method.clone(), route.clone()])
            .observe(took.as_secs_f64());
        self.requests.get_or_create(&[whose, method, route, ("status", status.to_owned())]).inc();
    }

    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn of(backend: Backend) -> (&'static str, &'static str) {
    ("backend", backend.id())
}
