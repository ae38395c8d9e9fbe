//! A simulated network between the mock and a client: latency, jitter and bandwidth.

use std::collections::VecDeque;
use std::time::Duration;

use crate::seeded_rng::SeededRng;
use crate::session::Output;

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
    in_flight: VecDeque<(Duration, Output)>,
    last: Duration,
}

impl DelayLine {
    pub(crate) fn new(network: Network, number: usize) -> Self {
        // Each session has its own sequence, which is the same in every run.
        let rng = SeededRng::new(network.seed.wrapping_add(number as u64));
        Self { network, rng, in_flight: VecDeque::new(), last: Duration::ZERO }
    }

    pub(crate) fn send(&mut self, output: Output, now: Duration) {
        let jitter = self.network.jitter.mul_f64(self.rng.fraction());
        self.last = self.last.max(now + self.network.latency + jitter);
        self.in_flight.push_back((self.last, output));
    }

    pub(crate) fn pop_due(&mut self, now: Duration) -> Option<Output> {
        self.in_flight.pop_front_if(|(at, _)| *at <= now).map(|(_, output)| output)
    }

    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.in_flight.front().map(|(at, _)| *at)
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
        for n in 0..50 {
            delay_line.send(Output::Text(n.to_string()), ms(n));
        }
        assert_eq!(delay_line.pop_due(ms(99)), None);
        let mut order = Vec::new();
        while let Some(at) = delay_line.next_due() {
            assert!(at >= ms(100) && at < ms(550), "{at:?}");
            order.extend(delay_line.pop_due(at));
        }
        assert_eq!(order, (0..50).map(|n| Output::Text(n.to_string())).collect::<Vec<_>>());
    }

    #[test]
    fn reading_takes_longer_at_a_limited_bandwidth() {
        let network = Network { bytes_per_s: Some(16_000), ..Network::default() };
        assert_eq!(DelayLine::new(network, 0).read_duration(3200), ms(200));
        assert_eq!(DelayLine::new(Network::default(), 0).read_duration(3200), Duration::ZERO);
    }
}
