//! A simulated network between the mock and a client: latency, jitter and bandwidth.

use std::time::Duration;

use crate::seeded_rng::SeededRng;

/// Properties of the simulated network; the default adds no delay.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Network {
    /// Delay of each message to the client.
    pub(crate) latency: Duration,
    /// Largest additional random delay.
    pub(crate) jitter: Duration,
    /// Bytes per second that the mock reads from the client; `None` for no limit.
    pub(crate) bytes_per_s: Option<u32>,
    pub(crate) seed: u64,
}

/// Delays messages and keeps their order.
#[derive(Debug)]
pub(crate) struct DelayLine {
    network: Network,
    rng: SeededRng,
    last: Duration,
}

impl DelayLine {
    pub(crate) fn new(network: Network, number: usize) -> Self {
        // Each session has its own sequence, which is the same in every run.
        let rng = SeededRng::new(network.seed.wrapping_add(number as u64));
        Self { network, rng, last: Duration::ZERO }
    }

    /// When a message that is ready now arrives.
    pub(crate) fn departure(&mut self, now: Duration) -> Duration {
        let jitter = self.network.jitter.mul_f64(self.rng.fraction());
        self.last = self.last.max(now + self.network.latency + jitter);
        self.last
    }

    /// How long reading this many bytes takes at the limited bandwidth.
    pub(crate) fn read_duration(&self, bytes: usize) -> Duration {
        let bytes_per_s = self.network.bytes_per_s.unwrap_or_default();
        if bytes_per_s == 0 {
            Duration::ZERO
        } else {
            Duration::from_secs_f64(bytes as f64 / f64::from(bytes_per_s))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn messages_are_delayed_by_the_latency_and_keep_their_order() {
        let network = Network { latency: ms(100), jitter: ms(400), ..Network::default() };
        let mut delay_line = DelayLine::new(network, 0);
        let departures: Vec<Duration> = (0..50).map(|n| delay_line.departure(ms(n))).collect();
        assert!(departures.iter().all(|at| *at >= ms(100) && *at < ms(550)), "{departures:?}");
        assert!(departures.is_sorted());
    }

    #[test]
    fn reading_takes_longer_at_a_limited_bandwidth() {
        let network = Network { bytes_per_s: Some(16_000), ..Network::default() };
        assert_eq!(DelayLine::new(network, 0).read_duration(3200), ms(200));
        assert_eq!(DelayLine::new(Network::default(), 0).read_duration(3200), Duration::ZERO);
    }
}
