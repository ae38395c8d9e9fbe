//! Threads that decode for many streams.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::Model;
use crate::recognizer::{Hypothesis, Priority, Recognizer, Settings, UnsupportedRate, Voice};

/// Decodes for many [`Stream`]s on threads of its own: finals before partials, and each stream's newest audio, so that
/// under load partials become fewer, never finals. Dropping it ends the threads after their current jobs.
#[derive(Debug)]
pub struct DecodePool {
    model: Arc<Model>,
    shared: Arc<Shared>,
}

/// One stream of audio whose decoding a [`DecodePool`] does.
#[derive(Debug)]
pub struct Stream {
    entry: Arc<Entry>,
    shared: Arc<Shared>,
}

/// What a pool has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct PoolStats {
    /// Time that the threads have decoded, in s; a thread that is kept from its core counts too.
    pub decode_s: f64,
    /// Audio that was pushed into all streams, in s.
    pub audio_s: f64,
    /// Jobs that were run for a final.
    pub finals: u64,
    /// Jobs that were run for a partial.
    pub partials: u64,
    /// How long the job has waited that waits longest, in s; 0 if none waits.
    pub queue_age_s: f64,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    /// Notified once per entry in the queue, and for all when the pool is dropped.
    more: Condvar,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Queue {
    finals: VecDeque<(Instant, Arc<Entry>)>,
    partials: VecDeque<(Instant, Arc<Entry>)>,
    is_closed: bool,
    stats: PoolStats,
}

struct Entry {
    state: Mutex<EntryState>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct EntryState {
    recognizer: Recognizer,
    /// The queue that the stream waits in, if any.
    queued: Option<Priority>,
    /// Whether the stream was dropped.
    is_closed: bool,
}

impl DecodePool {
    /// A pool of so many threads.
    ///
    /// # Errors
    /// If the system has no more threads.
    pub fn new(model: Arc<Model>, threads: NonZeroUsize) -> std::io::Result<Self> {
        let pool = Self { model, shared: Arc::default() };
        for number in 0..threads.get() {
            let shared = pool.shared.clone();
            thread::Builder::new().name(format!("decode-{number}")).spawn(move || shared.work())?;
        }
        Ok(pool)
    }

    /// A new stream of mono audio at `rate_hz`. `wake` is called on a thread of the pool each time when there may be
    /// hypotheses; it must not block.
    ///
    /// # Errors
    /// If the rate is outside 3 000 to 768 000 Hz.
    pub fn stream(
        &self,
        settings: Settings,
        rate_hz: u32,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Result<Stream, UnsupportedRate> {
        let recognizer = Recognizer::new(self.model.clone(), settings, rate_hz)?;
        let state = EntryState { recognizer, queued: None, is_closed: false };
        let entry = Arc::new(Entry { state: Mutex::new(state), wake: Box::new(wake) });
        Ok(Stream { entry, shared: self.shared.clone() })
    }

    /// The model that decodes.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// What the pool has done since it was made.
    pub fn stats(&self) -> PoolStats {
        let queue = self.shared.queue();
        let waiting = queue.finals.iter().chain(&queue.partials).map(|(since, _)| since.elapsed());
        PoolStats { queue_age_s: waiting.max().unwrap_or_default().as_secs_f64(), ..queue.stats }
    }
}

impl Drop for DecodePool {
    fn drop(&mut self) {
        self.shared.queue().is_closed = true;
        self.shared.more.notify_all();
    }
}

impl Stream {
    /// Appends 16-bit samples.
    pub fn push_i16(&self, samples: &[i16]) {
        let mut state = self.entry.state();
        let before_ms = state.recognizer.audio_ms();
        state.recognizer.push_i16(samples);
        let pushed_ms = state.recognizer.audio_ms() - before_ms;
        self.shared.schedule(&self.entry, &mut state, pushed_ms);
    }

    /// Changes the settings, also those of the open turn.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        let mut state = self.entry.state();
        let mut settings = *state.recognizer.settings();
        change(&mut settings);
        state.recognizer.set_settings(settings);
        self.shared.schedule(&self.entry, &mut state, 0);
    }

    /// Ends the open turn here; see [`Recognizer::force_endpoint`].
    pub fn force_endpoint(&self) {
        let mut state = self.entry.state();
        state.recognizer.force_endpoint();
        self.shared.schedule(&self.entry, &mut state, 0);
    }

    /// The next hypothesis, oldest first.
    pub fn next_hypothesis(&self) -> Option<Hypothesis> {
        self.entry.state().recognizer.next_hypothesis()
    }

    /// Whether a voice is heard now.
    pub fn voice(&self) -> Voice {
        self.entry.state().recognizer.voice()
    }

    /// The largest probability of voice since the last call; see [`Recognizer::take_max_probability`].
    pub fn take_max_probability(&self) -> f32 {
        self.entry.state().recognizer.take_max_probability()
    }

    /// Whether to push no more until the next wake; see [`Recognizer::is_behind`].
    pub fn is_behind(&self) -> bool {
        self.entry.state().recognizer.is_behind()
    }

    /// Audio so far, in ms.
    pub fn audio_ms(&self) -> u64 {
        self.entry.state().recognizer.audio_ms()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.entry.state().is_closed = true;
    }
}

impl Entry {
    fn state(&self) -> MutexGuard<'_, EntryState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a stream if it has something to decode that is more urgent than what it waits for.
    fn schedule(&self, entry: &Arc<Entry>, state: &mut EntryState, pushed_ms: u64) {
        let wanted = state.recognizer.pending();
        let queued = wanted.filter(|wanted| state.queued.is_none_or(|queued| *wanted < queued));
        state.queued = queued.or(state.queued);
        if queued.is_none() && pushed_ms == 0 {
            return;
        }
        let mut queue = self.queue();
        queue.stats.audio_s += pushed_ms as f64 / 1000.0;
        match queued {
            Some(Priority::Final) => queue.finals.push_back((Instant::now(), entry.clone())),
            Some(Priority::Partial) => queue.partials.push_back((Instant::now(), entry.clone())),
            None => return,
        }
        self.more.notify_one();
    }

    /// Runs jobs until the pool is dropped.
    fn work(&self) {
        while let Some(entry) = self.next_entry() {
            let mut state = entry.state();
            state.queued = None;
            let job = if state.is_closed { None } else { state.recognizer.take_job() };
            drop(state);
            // A stream that waited in both queues has had its job.
            let Some(job) = job else { continue };
            let priority = job.priority();
            let start = Instant::now();
            let result = job.run();
            self.count(priority, start.elapsed());
            let mut state = entry.state();
            state.recognizer.complete(result);
            self.schedule(&entry, &mut state, 0);
            drop(state);
            (entry.wake)();
        }
    }

    /// Waits for a stream that has something to decode; `None` once the pool was dropped.
    fn next_entry(&self) -> Option<Arc<Entry>> {
        let mut queue = self.queue();
        loop {
            if queue.is_closed {
                return None;
            }
            let next = queue.finals.pop_front().or_else(|| queue.partials.pop_front());
            match next {
                Some((_, entry)) => return Some(entry),
                None => queue = self.more.wait(queue).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn count(&self, priority: Priority, took: Duration) {
        let mut queue = self.queue();
        queue.stats.decode_s += took.as_secs_f64();
        match priority {
            Priority::Final => queue.stats.finals += 1,
            Priority::Partial => queue.stats.partials += 1,
        }
    }
}
