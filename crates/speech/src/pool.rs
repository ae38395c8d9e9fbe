//! Threads that decode for many streams.

use std::collections::VecDeque;
use std::fmt;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::Model;
use crate::recognizer::{Decode, Hypothesis, Priority, Recognizer, Settings, UnsupportedRate, Voice};

/// Decodes for many [`Stream`]s on threads of its own: finals before partials, and each stream's newest audio, so that
/// under load partials become fewer, never finals. Dropping it ends the threads after their current jobs.
#[derive(Debug)]
pub struct DecodePool {
    decoder: Arc<dyn Decode>,
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
    /// Jobs that panicked: each has ended its stream, and none a thread.
    pub panics: u64,
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
    /// Whether a job of the stream panicked.
    has_failed: bool,
}

impl DecodePool {
    /// A pool of so many threads.
    ///
    /// # Errors
    /// If the system has no more threads.
    pub fn new(model: Arc<Model>, threads: NonZeroUsize) -> std::io::Result<Self> {
        Self::with_decoder(model, threads)
    }

    fn with_decoder(decoder: Arc<dyn Decode>, threads: NonZeroUsize) -> std::io::Result<Self> {
        let pool = Self { decoder, shared: Arc::default() };
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
        let recognizer = Recognizer::with_decoder(self.decoder.clone(), settings, rate_hz)?;
        let state = EntryState { recognizer, queued: None, is_closed: false, has_failed: false };
        let entry = Arc::new(Entry { state: Mutex::new(state), wake: Box::new(wake) });
        Ok(Stream { entry, shared: self.shared.clone() })
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

    /// Whether decoding has panicked: no further hypothesis will come.
    pub fn has_failed(&self) -> bool {
        self.entry.state().has_failed
    }

    /// Audio so far, in ms.
    pub fn audio_ms(&self) -> u64 {
        self.entry.state().recognizer.audio_ms()
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let mut state = self.entry.state();
        state.is_closed = true;
        self.shared.queue().remove(&self.entry);
    }
}

impl Queue {
    fn remove(&mut self, entry: &Arc<Entry>) {
        self.finals.retain(|(_, waiting)| !Arc::ptr_eq(waiting, entry));
        self.partials.retain(|(_, waiting)| !Arc::ptr_eq(waiting, entry));
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
        let wanted = state.recognizer.pending().filter(|_| !state.is_closed && !state.has_failed);
        let queued = wanted.filter(|wanted| state.queued.is_none_or(|queued| *wanted < queued));
        state.queued = queued.or(state.queued);
        if queued.is_none() && pushed_ms == 0 {
            return;
        }
        let mut queue = self.queue();
        queue.stats.audio_s += pushed_ms as f64 / 1000.0;
        match queued {
            Some(Priority::Final) => {
                // It may wait for a partial, which comes with the final.
                queue.remove(entry);
                queue.finals.push_back((Instant::now(), entry.clone()));
            }
            Some(Priority::Partial) => queue.partials.push_back((Instant::now(), entry.clone())),
            None => return,
        }
        self.more.notify_one();
    }

    /// Runs jobs until the pool is dropped. A job that panics ends its stream, and the thread goes on.
    fn work(&self) {
        while let Some(entry) = self.next_entry() {
            // What a panic leaves unfinished is the stream, which is not used any more.
            let has_run = catch_unwind(AssertUnwindSafe(|| self.run_job(&entry)));
            if has_run.is_err() {
                entry.state().has_failed = true;
                self.queue().stats.panics += 1;
            }
            if has_run.unwrap_or(true) {
                (entry.wake)();
            }
        }
    }

    /// Runs the next job of a stream, if it has one.
    fn run_job(&self, entry: &Arc<Entry>) -> bool {
        let mut state = entry.state();
        state.queued = None;
        let job = if state.is_closed { None } else { state.recognizer.take_job() };
        drop(state);
        let Some(job) = job else { return false };
        let priority = job.priority();
        let start = Instant::now();
        let result = job.run();
        self.count(priority, start.elapsed());
        let mut state = entry.state();
        state.recognizer.complete(result);
        self.schedule(entry, &mut state, 0);
        true
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Stop, TimedWord, Transcription};
    use std::sync::mpsc;
    use test_result::TestResult;

    const LIMIT: Duration = Duration::from_secs(10);
    /// The loudness of audio whose decoding panics.
    const PANICS: f32 = 0.5;

    /// Panics over some audio, waits while the test holds the lock, and hears "word." in everything else.
    #[derive(Debug, Default)]
    struct Scripted {
        held: Mutex<()>,
        /// The loudness of what was decoded, in order.
        decoded: Mutex<Vec<f32>>,
    }

    impl Scripted {
        fn held(&self) -> MutexGuard<'_, ()> {
            self.held.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn decoded(&self) -> MutexGuard<'_, Vec<f32>> {
            self.decoded.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }

    impl Decode for Scripted {
        fn decode(&self, audio: &[f32], _draft: &[u32]) -> Transcription {
            drop(self.held());
            self.decoded().push(audio.iter().copied().fold(0.0, f32::max));
            assert!(!audio.contains(&PANICS), "the test wants a panic");
            let word = TimedWord {
                text: "word.".into(),
                start_sample: 0,
                end_sample: audio.len(),
                confidence: 1.0,
                pieces: vec![7],
            };
            Transcription { words: vec![word], stop: Stop::End, mean_log_probability: 0.0 }
        }
    }

    /// A stream that was spoken to, with so loud a voice, and a receiver of its wakes. It waits for a final.
    fn spoken_to(pool: &DecodePool, sample: f32) -> TestResult<(Stream, mpsc::Receiver<()>)> {
        heard(pool, sample, 30)
    }

    /// A stream that was spoken to, and then heard so many frames of silence.
    fn heard(
        pool: &DecodePool,
        sample: f32,
        silent_frames: usize,
    ) -> TestResult<(Stream, mpsc::Receiver<()>)> {
        let (woken, wakes) = mpsc::channel();
        let wake = move || woken.send(()).unwrap_or_default();
        let stream = pool.stream(Settings::default(), 16_000, wake)?;
        let mut state = stream.entry.state();
        state.recognizer.push_frames(sample, 0.9, 40);
        state.recognizer.push_frames(0.0, 0.0, silent_frames);
        stream.shared.schedule(&stream.entry, &mut state, 0);
        drop(state);
        Ok((stream, wakes))
    }

    #[test]
    fn a_job_that_panics_ends_its_stream_and_no_thread() -> TestResult {
        let pool = DecodePool::with_decoder(Arc::new(Scripted::default()), NonZeroUsize::MIN)?;
        for panics in 1..=3 {
            let (failing, wakes) = spoken_to(&pool, PANICS)?;
            wakes.recv_timeout(LIMIT)?;
            assert!(failing.has_failed() && failing.next_hypothesis().is_none());
            assert_eq!(pool.stats().panics, panics);
            failing.push_i16(&[0; 1600]);
            let queue = pool.shared.queue();
            assert!(queue.finals.is_empty() && queue.partials.is_empty(), "a failed stream waits for ever");
            drop(queue);

            let (next, wakes) = spoken_to(&pool, 0.1)?;
            wakes.recv_timeout(LIMIT)?;
            assert!(!next.has_failed());
            assert_eq!(next.next_hypothesis().map(|it| it.text()), Some("word.".to_owned()));
        }
        Ok(())
    }

    #[test]
    fn streams_that_are_gone_leave_nothing_in_the_queue() -> TestResult {
        let decoder = Arc::new(Scripted::default());
        let pool = DecodePool::with_decoder(decoder.clone(), NonZeroUsize::MIN)?;
        let held = decoder.held();
        let (_waits_for_the_lock, _wakes) = spoken_to(&pool, 0.1)?;
        let gone: Vec<_> = (0..10_000)
            .map(|_| {
                let (stream, _) = spoken_to(&pool, 0.1)?;
                // While it waits for a final, it is in the queue once, although it waited for a partial before.
                Ok(Arc::downgrade(&stream.entry))
            })
            .collect::<TestResult<_>>()?;
        let queue = pool.shared.queue();
        // The one that waits for the lock may not have been taken yet.
        assert!(queue.finals.len() + queue.partials.len() <= 1, "{}", queue.finals.len());
        drop(queue);
        assert_eq!(gone.iter().filter(|entry| entry.strong_count() > 0).count(), 0);
        drop(held);
        Ok(())
    }

    /// Waits until the only thread has taken what was in the queue.
    fn wait_until_taken(pool: &DecodePool) {
        let start = Instant::now();
        while pool.stats().queue_age_s > 0.0 && start.elapsed() < LIMIT {
            thread::yield_now();
        }
    }

    #[test]
    fn a_final_overtakes_the_partials_of_other_streams() -> TestResult {
        let decoder = Arc::new(Scripted::default());
        let pool = DecodePool::with_decoder(decoder.clone(), NonZeroUsize::MIN)?;
        let held = decoder.held();
        let first = spoken_to(&pool, 0.1)?;
        wait_until_taken(&pool);
        let partials = [0.11, 0.12, 0.13].into_iter().map(|sample| heard(&pool, sample, 0));
        let mut streams = partials.collect::<TestResult<Vec<_>>>()?;
        streams.push(spoken_to(&pool, 0.2)?);
        streams.push(first);
        drop(held);
        for (_, wakes) in &streams {
            wakes.recv_timeout(LIMIT)?;
        }
        assert_eq!(*decoder.decoded(), [0.1, 0.2, 0.11, 0.12, 0.13]);
        Ok(())
    }

    #[test]
    fn a_stream_waits_in_the_queue_once() -> TestResult {
        let decoder = Arc::new(Scripted::default());
        let pool = DecodePool::with_decoder(decoder.clone(), NonZeroUsize::MIN)?;
        let held = decoder.held();
        let (first, _wakes) = spoken_to(&pool, 0.1)?;
        wait_until_taken(&pool);
        let stream = pool.stream(Settings::default(), 16_000, || {})?;
        for (sample, probability) in [(0.1, 0.9), (0.0, 0.0)] {
            let mut state = stream.entry.state();
            state.recognizer.push_frames(sample, probability, 40);
            stream.shared.schedule(&stream.entry, &mut state, 0);
        }
        let queue = pool.shared.queue();
        assert_eq!((queue.finals.len(), queue.partials.len()), (1, 0));
        drop((queue, held, first));
        Ok(())
    }
}
