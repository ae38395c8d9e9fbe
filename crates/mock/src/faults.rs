use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use crate::seeded_rng::SeededRng;

/// A failure of the token endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum TokenFault {
    /// This HTTP status, 200 to 599, with the body that the service is known or documented to send with it.
    Status(
        #[serde(deserialize_with = "crate::valid::status")]
        #[cfg_attr(test, schemars(range(min = 200, max = 599)))]
        u16,
    ),
    /// This HTTP status with this body.
    Answer {
        /// The HTTP status, 200 to 599.
        #[serde(deserialize_with = "crate::valid::status")]
        #[cfg_attr(test, schemars(range(min = 200, max = 599)))]
        status: u16,
        /// The body, sent as `text/html` unless it is JSON.
        body: String,
    },
    /// Status 200 with an HTML page as body.
    NotJson,
    /// The normal response, after this delay.
    #[serde(rename = "late_ms", with = "crate::duration_ms")]
    #[cfg_attr(test, schemars(with = "u64"))]
    Late(Duration),
    /// No response.
    Hang,
}

/// A failure of a socket before `Begin`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum SocketFault {
    /// The handshake fails with this HTTP status, 200 to 599. The service itself has not been seen to do that.
    Refuse(
        #[serde(deserialize_with = "crate::valid::status")]
        #[cfg_attr(test, schemars(range(min = 200, max = 599)))]
        u16,
    ),
    /// The handshake succeeds after this delay.
    #[serde(rename = "accept_late_ms", with = "crate::duration_ms")]
    #[cfg_attr(test, schemars(with = "u64"))]
    AcceptLate(Duration),
    /// The handshake gets no response.
    Hang,
    /// `Begin` is sent this long after the handshake.
    #[serde(rename = "begin_late_ms", with = "crate::duration_ms")]
    #[cfg_attr(test, schemars(with = "u64"))]
    BeginLate(Duration),
    /// The socket opens and `Begin` is never sent.
    NoBegin,
    /// `Begin` has no `configuration`, as in 2025.
    BeginWithoutConfiguration,
    /// An `Error` message instead of `Begin`, then a close frame with the same code.
    Error {
        /// Code of the `Error` message and of the close frame.
        #[serde(deserialize_with = "crate::valid::close_code")]
        #[cfg_attr(test, schemars(range(min = 1000, max = 4999)))]
        code: u16,
        /// Text of the `Error` message.
        text: String,
    },
    /// A close frame instead of `Begin`.
    Close {
        /// The close code.
        #[serde(deserialize_with = "crate::valid::close_code")]
        #[cfg_attr(test, schemars(range(min = 1000, max = 4999)))]
        code: u16,
        /// The reason.
        reason: String,
    },
    /// The TCP connection ends right after the handshake.
    Drop,
}

impl SocketFault {
    /// [`SocketFault::Error`].
    pub fn error(code: u16, text: impl Into<String>) -> Self {
        Self::Error { code, text: text.into() }
    }
}

/// Planned faults of one endpoint; they can change while the mock runs.
#[derive(Debug)]
pub struct Faults<F> {
    plan: Mutex<Plan<F>>,
}

#[derive(Debug)]
struct Plan<F> {
    next: VecDeque<Option<F>>,
    always: Option<F>,
    random: Option<(SeededRng, f64, F)>,
}

impl<F> Default for Faults<F> {
    fn default() -> Self {
        Self { plan: Mutex::new(Plan { next: VecDeque::new(), always: None, random: None }) }
    }
}

impl<F: Clone> Faults<F> {
    /// The next request fails this way; each further call of `next` queues one more.
    pub fn next(&self, fault: F) {
        self.next_n(1, fault);
    }

    /// The next `n` requests fail this way.
    pub fn next_n(&self, n: usize, fault: F) {
        let faults = std::iter::repeat_n(Some(fault), n);
        self.with(|plan| plan.next.extend(faults));
    }

    /// Lets one request succeed before the faults that are queued after this call.
    pub fn pass(&self) {
        self.with(|plan| plan.next.push_back(None));
    }

    /// Every request fails this way once the queue is empty.
    pub fn always(&self, fault: F) {
        self.with(|plan| plan.always = Some(fault));
    }

    /// Once the queue is empty, each request fails this way with this probability, 0 to 1. The same seed selects
    /// the same requests.
    pub fn chance(&self, probability: f64, seed: u64, fault: F) {
        self.with(|plan| plan.random = Some((SeededRng::new(seed), probability, fault)));
    }

    /// Removes all planned faults.
    pub fn clear(&self) {
        self.with(|plan| {
            plan.next.clear();
            plan.always = None;
            plan.random = None;
        });
    }

    /// The number of requests that [`next`](Self::next), [`next_n`](Self::next_n) and [`pass`](Self::pass) planned and
    /// that have not arrived yet.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.with(|plan| plan.next.len())
    }

    /// The fault for the current request.
    pub(crate) fn take(&self) -> Option<F> {
        self.with(|plan| match plan.next.pop_front() {
            Some(planned) => planned,
            None => {
                let random = plan.random.as_mut().and_then(|(rng, probability, fault)| {
                    (rng.fraction() < *probability).then(|| fault.clone())
                });
                random.or_else(|| plan.always.clone())
            }
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Plan<F>) -> T) -> T {
        act(&mut self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_faults_apply_in_order_and_before_the_permanent_one() {
        let faults = Faults::default();
        faults.always(9);
        faults.next(1);
        faults.pass();
        faults.next_n(2, 2);
        assert_eq!(faults.queued(), 4, "the permanent one is not in the queue");
        let met: Vec<Option<i32>> = (0..5).map(|_| faults.take()).collect();
        assert_eq!(met, [Some(1), None, Some(2), Some(2), Some(9)]);
        assert_eq!(faults.queued(), 0);
        faults.clear();
        assert_eq!(faults.take(), None);
    }

    #[test]
    fn random_faults_have_the_given_frequency_and_depend_only_on_the_seed() {
        let met = |seed| {
            let faults = Faults::default();
            faults.chance(0.3, seed, ());
            (0..1000).map(|_| faults.take().is_some()).collect::<Vec<bool>>()
        };
        assert_eq!(met(1), met(1));
        assert_ne!(met(1), met(2));
        let count = met(1).iter().filter(|met| **met).count();
        assert!((250..350).contains(&count), "{count} of 1000");
    }
}
