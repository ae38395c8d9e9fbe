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

/// Between two portions.
const PERIOD: Duration = Duration::from_millis(10);

/// A thread of its own, so that nothing a test does holds up the sound; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Feed {
    is_over: Arc<AtomicBool>,
    plays_again: Arc<AtomicBool>,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

impl Feed {
    /// Plays `samples` into `pipe` from each moment that somebody opens the microphone `name`, as `log` tells.
    pub(super) fn start(mut pipe: File, name: &str, samples: Vec<i16>, log: Output) -> Self {
        let feed = Self { is_over: Arc::default(), plays_again: Arc::default() };
        let (is_over, plays_again) = (feed.is_over.clone(), feed.plays_again.clone());
        let mut listeners = Listeners::of(name, log);
        thread::spawn(move || {
            let (mut start, mut played) = (Instant::now(), 0);
            while !is_over.load(Ordering::Relaxed) {
                if listeners.has_one_opened() | plays_again.swap(false, Ordering::Relaxed) {
                    (start, played) = (Instant::now(), 0);
                }
                // Without a listener PulseAudio reads nothing, and the next one would hear old sound first.
                if listeners.is_somebody_there() {
                    let due = (start.elapsed().as_secs_f64() * f64::from(RATE_HZ)) as usize;
                    let portion = (played..due).map(|place| samples.get(place).copied().unwrap_or(0));
                    let bytes: Vec<u8> = portion.flat_map(i16::to_le_bytes).collect();
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

    /// From the start of the samples, from now on.
    pub(super) fn play_again(&self) {
        self.plays_again.store(true, Ordering::Relaxed);
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
