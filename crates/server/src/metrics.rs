//! The metrics, for Prometheus at `/metrics`. Labels come from fixed lists (backends, routes, words), never
//! from requests, so that their number is bounded.

mod process;

use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use self::process::Process;
use crate::backend::Backend;
use crate::readiness::HubQueues;
use crate::store::Pools;

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
    connections: Family<Labels<2>, Gauge>,
    queued: Family<Labels<2>, Gauge>,
    sign_ins: Family<Labels<1>, Gauge>,
    quality: Family<Labels<2>, Counter>,
    issues: Family<Labels<2>, Counter>,
    process: Process,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut all = Registry::default();
        let process = Process::register(&mut all);
        let registry = all.sub_registry_with_prefix("bellwire");
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
            connections: Family::default(),
            queued: Family::default(),
            sign_ins: Family::default(),
            quality: Family::default(),
            issues: Family::default(),
            process,
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
        registry.register(
            "http_request_duration_seconds",
            "Time to the head of a reply",
            metrics.seconds.clone(),
        );
        registry.register("turn_allocations", "Relayed sockets open", metrics.allocations.clone());
        registry.register("connections_refused", "Connections above the limit", metrics.refused.clone());
        registry.register(
            "database_connections",
            "Connections to the database by pool and state",
            metrics.connections.clone(),
        );
        registry.register("hub_queue", "What waits for a hub, or for the records", metrics.queued.clone());
        registry.register("sign_ins_waiting", "Sign-ins under way or waiting", metrics.sign_ins.clone());
        registry.register(
            "quality_reports",
            "How participants received each other, by their word",
            metrics.quality.clone(),
        );
        registry.register(
            "connection_issues",
            "What went wrong between participants, by kind",
            metrics.issues.clone(),
        );
        let version = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The program that runs", version);
        Self { registry: all, ..metrics }
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

    /// `level` is one of the four words of reports.
    pub(crate) fn quality_report(&self, backend: Backend, level: &'static str) {
        self.quality.get_or_create(&[of(backend), ("level", level)]).inc();
    }

    pub(crate) fn connection_issue(&self, backend: Backend, kind: &'static str) {
        self.issues.get_or_create(&[of(backend), ("kind", kind)]).inc();
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

    /// Takes the figures that are only looked at when somebody asks.
    pub(crate) fn look(
        &self,
        pools: &Pools,
        hubs: impl IntoIterator<Item = (Backend, HubQueues)>,
        sign_ins: impl IntoIterator<Item = (Backend, usize)>,
    ) {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let pools = [("read", &pools.read), ("write", &pools.write)];
        for (name, pool) in pools {
            let (all, idle) = (number(pool.size() as usize), number(pool.num_idle()));
            let of = |state| [("pool", name), ("state", state)];
            self.connections.get_or_create(&of("idle")).set(idle);
            self.connections.get_or_create(&of("busy")).set((all - idle).max(0));
        }
        for (backend, HubQueues { requests, orders }) in hubs {
            self.queued.get_or_create(&[of(backend), ("of", "requests")]).set(number(requests));
            self.queued.get_or_create(&[of(backend), ("of", "orders")]).set(number(orders));
        }
        for (backend, waiting) in sign_ins {
            self.sign_ins.get_or_create(&[of(backend)]).set(number(waiting));
        }
        self.process.look();
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
