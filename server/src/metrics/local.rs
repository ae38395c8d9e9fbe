use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

use crate::local::Local;

/// Reads what the recogniser counts when Prometheus asks.
#[derive(Debug)]
pub(super) struct LocalCollector(pub(super) Local);

impl Collector for LocalCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let (sessions, stats) = self.0.counts();
        let mut gauge = |name: &str, help: &str, unit: Option<&Unit>, value: f64| {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, unit, metric.metric_type())?)
        };
        gauge("local_sessions", "Open sessions of the recogniser", None, sessions.open as f64)?;
        gauge("local_sessions_limit", "Sessions that may be open", None, sessions.most as f64)?;
        let age = "Age of the oldest decoding that waits";
        gauge("local_queue_age", age, Some(&Unit::Seconds), stats.queue_age_s)?;
        let mut counter = |name: &str, help: &str, unit: Option<&Unit>, value: f64| {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, unit, metric.metric_type())?)
        };
        counter("local_sessions_opened", "Sessions that were opened", None, sessions.opened as f64)?;
        let refused = "Sessions that were refused because too many were open";
        counter("local_sessions_refused", refused, None, sessions.refused as f64)?;
        let vanished = "Sessions that were ended because the client answered no ping";
        counter("local_sessions_vanished", vanished, None, sessions.vanished as f64)?;
        let audio = "Audio that sessions have sent; decoding time divided by it is the real-time factor";
        counter("local_audio", audio, Some(&Unit::Seconds), stats.audio_s)?;
        counter("local_decode", "Time that threads have decoded", Some(&Unit::Seconds), stats.decode_s)?;
        counter("local_finals", "Decodings for a final", None, stats.finals as f64)?;
        counter("local_partials", "Decodings for a partial", None, stats.partials as f64)?;
        let panics = "Decodings that failed; each has ended its session";
        counter("local_panics", panics, None, stats.panics as f64)
    }
}
