//! Fills a microphone's pipe in real time.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::process::Output;

/// The rate of every microphone and of the loudspeaker, in Hz.
pub(super) const RATE_HZ: u32 = 48_000;
/// The silence played before the samples, in ms: Firefox delivers no sound for 0.8 to 1.5 s after the page first gets
/// access to the microphone.
pub const LEAD_IN_MS: u64 = 2_000;
/// The interval between two writes.
const PERIOD: Duration = Duration::from_millis(10);

/// A thread that plays samples, so that a busy test does not delay them; dropping it ends the thread.
#[derive(Debug)]
pub(super) struct Feed {
    is_stopped: Arc<AtomicBool>,
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }
}

impl Feed {
    /// Plays [`LEAD_IN_MS`] of silence and then `samples` into `pipe` each time that, according to `log`, a program
    /// opens the microphone `name`.
    pub(super) fn start(mut pipe: File, name: &str, samples: Vec<i16>, log: Output) -> Self {
        let feed = Self { is_stopped: Arc::default() };
        let is_stopped = feed.is_stopped.clone();
        let mut listeners = Listeners::of(name, log);
        let lead_in = LEAD_IN_MS as usize * RATE_HZ as usize / 1000;
        let sample = move |position: usize| {
            position.checked_sub(lead_in).and_then(|position| samples.get(position)).copied().unwrap_or(0)
        };
        thread::spawn(move || {
            let (mut start, mut played) = (Instant::now(), 0);
            while !is_stopped.load(Ordering::Relaxed) {
                if listeners.has_new_listener() {
                    (start, played) = (Instant::now(), 0);
                }
                // Without a listener PulseAudio does not read: the pipe would keep old samples for the next listener.
                if listeners.has_listener() {
                    let due = (start.elapsed().as_secs_f64() * f64::from(RATE_HZ)) as usize;
                    let bytes: Vec<u8> =
                        (played..due).flat_map(|position| sample(position).to_le_bytes()).collect();
                    played = due;
                    if pipe.write_all(&bytes).is_err() {
                        return; // The microphone was unplugged, or PulseAudio has ended.
                    }
                }
                thread::sleep(PERIOD);
            }
        });
        feed
    }
}

/// The programs that listen to a microphone, according to `PulseAudio`'s log.
struct Listeners {
    log: Output,
    next_line: usize,
    created_marker: String,
    /// `PulseAudio`'s numbers of their outputs.
    present: BTreeSet<String>,
}

impl Listeners {
    fn of(name: &str, log: Output) -> Self {
        Self { log, next_line: 0, created_marker: format!(" on {name} with "), present: BTreeSet::new() }
    }

    /// Whether a program has opened the microphone since the last call.
    fn has_new_listener(&mut self) -> bool {
        let mut has_opened = false;
        for line in self.log.since(&mut self.next_line) {
            // Created output 3 "record stream" on desk with sample spec s16le 1ch 48000Hz and channel map mono
            // Freeing output 3 "record stream"
            let number = |what: &str| Some(line.split_once(what)?.1.split(' ').next()?.to_owned());
            if let Some(created) = number("Created output ").filter(|_| line.contains(&self.created_marker)) {
                has_opened |= self.present.insert(created);
            } else if let Some(freed) = number("Freeing output ") {
                self.present.remove(&freed);
            }
        }
        has_opened
    }

    fn has_listener(&self) -> bool {
        !self.present.is_empty()
    }
}
