//! Fills a microphone's pipe at the pace of the clock.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::sound::RATE_HZ;
use crate::process::Output;

/// What is played before the samples, in ms: Firefox takes 0.8 to 1.5 s from the page's first right to the microphone
/// until it lets sound through, and loses what is said meanwhile.
pub const LEAD_IN_MS: u64 = 2_000;
/// Between two portions.
const PERIOD: Duration = Duration::from_millis(10);

/// A thread of its own, so that nothing a test does holds up the sound; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Feed {
    is_over: Arc<AtomicBool>,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl Feed {
    /// Plays [`LEAD_IN_MS`] of silence and then `samples` into `pipe` from each moment that somebody opens the
    /// microphone `name`, as `log` tells.
    pub(super) fn start(mut pipe: File, name: &str, samples: Vec<i16>, log: Output) -> Self {
        let feed = Self { is_over: Arc::default() };
        let is_over = feed.is_over.clone();
        let mut listeners = Listeners::of(name, log);
        let lead_in = LEAD_IN_MS as usize * RATE_HZ as usize / 1000;
        let sample = move |place: usize| {
            place.checked_sub(lead_in).and_then(|place| samples.get(place)).copied().unwrap_or(0)
        };
        thread::spawn(move || {
            let (mut start, mut played) = (Instant::now(), 0);
            while !is_over.load(Ordering::Relaxed) {
                if listeners.has_one_opened() {
                    (start, played) = (Instant::now(), 0);
                }
                // Without a listener PulseAudio reads nothing, and the next one would hear old sound first.
                if listeners.is_somebody_there() {
                    let due = (start.elapsed().as_secs_f64() * f64::from(RATE_HZ)) as usize;
                    let bytes: Vec<u8> =
                        (played..due).flat_map(|place| sample(place).to_le_bytes()).collect();
                    played = due;
                    if pipe.write_all(&bytes).is_err() {
                        return; // The microphone is pulled out, or PulseAudio is gone.
                    }
                }
                thread::sleep(PERIOD);
            }
        });
        feed
    }
}

/// Who listens to a microphone, as `PulseAudio`'s log tells.
struct Listeners {
    log: Output,
    next_line: usize,
    opens: String,
    /// `PulseAudio`'s numbers for them.
    present: BTreeSet<String>,
}

impl Listeners {
    fn of(name: &str, log: Output) -> Self {
        Self { log, next_line: 0, opens: format!(" on {name} with "), present: BTreeSet::new() }
    }

    /// Whether one has opened the microphone since this was asked last.
    fn has_one_opened(&mut self) -> bool {
        let mut has_opened = false;
        for line in self.log.since(&mut self.next_line) {
            // Created output 3 "record stream" on desk with sample spec s16le 1ch 48000Hz and channel map mono
            // Freeing output 3 "record stream"
            let number = |what: &str| Some(line.split_once(what)?.1.split(' ').next()?.to_owned());
            if let Some(created) = number("Created output ").filter(|_| line.contains(&self.opens)) {
                has_opened |= self.present.insert(created);
            } else if let Some(freed) = number("Freeing output ") {
                self.present.remove(&freed);
            }
        }
        has_opened
    }

    fn is_somebody_there(&self) -> bool {
        !self.present.is_empty()
    }
}
