//! The setting of the metrics.

use std::net::SocketAddr;

/// Where the metrics are served.
#[derive(Debug, Clone, clap::Args)]
pub struct MetricsSettings {
    /// Where to serve /metrics for Prometheus; keep it from the public
    #[arg(
        long = "metrics-addr",
        env = "METRICS_ADDR",
        value_name = "an address with its port, like 127.0.0.1:9000"
    )]
    pub metrics_address: Option<SocketAddr>,
}
