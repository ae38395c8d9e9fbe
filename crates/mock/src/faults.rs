use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use crate::seeded_rng::SeededRng;

/// How the token endpoint answers instead of granting a token.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum TokenFault {
    /// This status with the body that the service sends, or is documented to send, with it.
    Status(u16),
    /// This status with a body of your own.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body, sent as `text/html` unless it is JSON.
        body: String,
    },
    /// Status 200 with a page of HTML.
    NotJson,
    /// The answer comes, but this late.
    #[serde(rename = "late_ms", with = "crate::duration_ms")]
    #[cfg_attr(test, schemars(with = "u64"))]
    Late(Duration),
    /// No answer ever comes.
    Hang,
}

/// How a socket is refused or held up before `Begin`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum SocketFault {
    /// The handshake is refused with this HTTP status; the service itself never does that.
    Refuse(u16),
    /// The handshake is answered this late.
    #[serde(rename = "accept_late_ms", with = "crate::duration_ms")]
    #[cfg_attr(test, schemars(with = "u64"))]
    AcceptLate(Duration),
    /// The handshake is never answered.
    Hang,
    /// `Begin` comes this late.
    #[serde(rename = "begin_late_ms", with = "crate::duration_ms")]
    #[cfg_attr(test, schemars(with = "u64"))]
    BeginLate(Duration),
    /// The socket opens and `Begin` never comes.
    NoBegin,
    /// `Begin` comes as in 2025, without `configuration`.
    BeginWithoutConfiguration,
    /// Instead of `Begin` comes an `Error`, then a close with the same code.
    Error {
        /// Error and close code.
        code: u16,
        /// The text.
        text: String,
    },
    /// Instead of `Begin` comes a close frame.
    Close {
        /// The close code.
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

/// Faults that are switched on and off while the mock runs.
#[derive(Debug)]
pub struct Faults<F> {
    state: Mutex<State<F>>,
}

#[derive(Debug)]
struct State<F> {
    next: VecDeque<Option<F>>,
    always: Option<F>,
    by_chance: Option<(SeededRng, f64, F)>,
}

impl<F> Default for Faults<F> {
    fn default() -> Self {
        Self { state: Mutex::new(State { next: VecDeque::new(), always: None, by_chance: None }) }
    }
}

impl<F: Clone> Faults<F> {
    /// The next call meets this fault; further calls of `next` queue behind it.
    pub fn next(&self, fault: F) {
        self.next_n(1, fault);
    }

    /// The next `n` calls meet this fault.
    pub fn next_n(&self, n: usize, fault: F) {
        let faults = std::iter::repeat_n(Some(fault), n);
        self.with(|state| state.next.extend(faults));
    }

    /// One call passes unharmed before the faults that are queued after this.
    pub fn pass(&self) {
        self.with(|state| state.next.push_back(None));
    }

    /// Every call meets this fault, once those queued are used up.
    pub fn always(&self, fault: F) {
        self.with(|state| state.always = Some(fault));
    }

    /// Each call, once those queued are used up, meets this fault with a probability from 0 to 1; the same seed
    /// makes the same calls meet it.
    pub fn chance(&self, probability: f64, seed: u64, fault: F) {
        self.with(|state| state.by_chance = Some((SeededRng::new(seed), probability, fault)));
    }

    /// No more faults.
    pub fn clear(&self) {
        self.with(|state| {
            state.next.clear();
            state.always = None;
            state.by_chance = None;
        });
    }

    /// The fault that this call meets.
    pub(crate) fn take(&self) -> Option<F> {
        self.with(|state| match state.next.pop_front() {
            Some(planned) => planned,
            None => {
                let by_chance = state.by_chance.as_mut().and_then(|(rng, probability, fault)| {
                    (rng.fraction() < *probability).then(|| fault.clone())
                });
                by_chance.or_else(|| state.always.clone())
            }
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut State<F>) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queued_faults_come_in_order_and_before_the_standing_one() {
        let faults = Faults::default();
        faults.always(9);
        faults.next(1);
        faults.pass();
        faults.next_n(2, 2);
        let met: Vec<Option<i32>> = (0..5).map(|_| faults.take()).collect();
        assert_eq!(met, [Some(1), None, Some(2), Some(2), Some(9)]);
        faults.clear();
        assert_eq!(faults.take(), None);
    }

    #[test]
    fn chance_strikes_as_often_as_told_and_the_same_calls_in_every_run() {
        let met = |seed| {
            let faults = Faults::default();
            faults.chance(0.3, seed, ());
            (0..1000).map(|_| faults.take().is_some()).collect::<Vec<bool>>()
        };
        assert_eq!(met(1), met(1));
        assert_ne!(met(1), met(2));
        let struck = met(1).iter().filter(|met| **met).count();
        assert!((250..350).contains(&struck), "{struck} of 1000");
    }
}
