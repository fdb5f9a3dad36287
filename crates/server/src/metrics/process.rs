//! Figures of the process, under the names that Prometheus clients share. Only Linux tells them.

use std::sync::atomic::AtomicU64;
#[cfg(target_os = "linux")]
use std::sync::atomic::Ordering;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, Default)]
pub(super) struct Process {
    cpu_seconds: Counter<f64, AtomicU64>,
    resident_bytes: Gauge,
    virtual_bytes: Gauge,
    open_fds: Gauge,
    max_fds: Gauge,
    threads: Gauge,
    start_seconds: Gauge,
}

impl Process {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let process = Self::default();
        if !cfg!(target_os = "linux") {
            return process;
        }
        let gauges = [
            ("process_resident_memory_bytes", "Memory held", &process.resident_bytes),
            ("process_virtual_memory_bytes", "Memory mapped", &process.virtual_bytes),
            ("process_open_fds", "Descriptors open", &process.open_fds),
            ("process_max_fds", "Descriptors that may be open", &process.max_fds),
            ("process_threads", "Threads", &process.threads),
            ("process_start_time_seconds", "Start, since 1970", &process.start_seconds),
        ];
        registry.register("process_cpu_seconds", "Processor time", process.cpu_seconds.clone());
        for (name, help, gauge) in gauges {
            registry.register(name, help, gauge.clone());
        }
        process
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn look(&self) {}

    /// What cannot be read stays as it was.
    #[cfg(target_os = "linux")]
    pub(super) fn look(&self) {
        use procfs::WithCurrentSystemInfo;

        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let Ok(process) = procfs::process::Process::myself() else { return };
        if let Ok(stat) = process.stat() {
            #[expect(clippy::cast_precision_loss, reason = "ticks since the start are few")]
            let (ticks, per_second) = ((stat.utime + stat.stime) as f64, procfs::ticks_per_second() as f64);
            self.cpu_seconds.inner().store((ticks / per_second).to_bits(), Ordering::Relaxed);
            self.resident_bytes.set(whole(stat.rss_bytes().get()));
            self.virtual_bytes.set(whole(stat.vsize));
            self.threads.set(stat.num_threads);
            if let Ok(boot) = procfs::boot_time_secs() {
                self.start_seconds.set(whole(boot + stat.starttime / procfs::ticks_per_second()));
            }
        }
        if let Ok(count) = process.fd_count() {
            self.open_fds.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        if let Ok(limits) = process.limits()
            && let procfs::process::LimitValue::Value(most) = limits.max_open_files.soft_limit
        {
            self.max_fds.set(whole(most));
        }
    }
}
