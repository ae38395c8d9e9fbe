//! A stream: samples in, hypotheses out.
//!
//! A turn starts with a voice and ends after a silence. While it is open, its audio since the last committed word (the
//! segment) is decoded again and again, each time with the last result as a draft. A final is no further decoding: it
//! is the result of the first 240 ms of silence, kept until the silence is long enough.

mod hypothesis;
mod input;
mod job;
mod placement;
mod plausibility;
#[cfg(test)]
mod scripted_tests;
mod segment;
mod settings;
#[cfg(test)]
mod tests;
mod turn;

use std::collections::VecDeque;
use std::sync::Arc;

pub use hypothesis::{Hypothesis, Voice, Word};
pub(crate) use job::Decode;
pub use job::{Job, JobResult, Priority};
pub use settings::{MAX_SEGMENT_MS, Settings};
pub use transcription_worklet::UnsupportedRate;

use crate::SAMPLE_RATE_HZ;
use crate::model::Model;
use crate::vad::{VOICE_FRAME, VoiceDetector};
use hypothesis::same_text;
use input::Input;
use placement::{keep_order, place_words};
use segment::Segment;
use turn::Turn;

/// Audio before the first voice that belongs to a turn, in ms: soft first sounds.
const LEAD_MS: u32 = 500;
/// Frames of voice in a row that start a turn: 48 ms, more than a click has.
const START_FRAMES: usize = 3;
/// Longest segment to which more audio is pushed, in ms; see [`Recognizer::is_behind`].
const MOST_AHEAD_MS: u32 = MAX_SEGMENT_MS + 3_000;
/// Longest segment while results are overdue, in ms. Older audio is dropped then: memory is bounded even where a
/// caller never runs a job.
const MAX_OVERDUE_MS: u32 = 30_000;

fn to_samples(ms: u32) -> u64 {
    u64::from(ms) * u64::from(SAMPLE_RATE_HZ) / 1000
}

fn to_ms(samples: u64) -> u64 {
    samples * 1000 / u64::from(SAMPLE_RATE_HZ)
}

/// Recognises one stream of audio.
///
/// [`push`](Self::push_f32) is cheap. What takes long is a [`Job`]: take it, run it on any thread, give its result to
/// [`complete`](Self::complete), then read [`next_hypothesis`](Self::next_hypothesis). There is at most one job at a
/// time, and none without a voice.
#[derive(Debug)]
pub struct Recognizer {
    decoder: Arc<dyn Decode>,
    settings: Settings,
    input: Input,
    detector: VoiceDetector,
    segment: Segment,
    /// Up to where the rules for turns were applied. Audio after a decided end waits until that turn has its final.
    judged_sample: u64,
    /// Where the caller ended turns, in audio that is not judged yet.
    endpoints: VecDeque<u64>,
    turn: Option<Turn>,
    next_turn: u64,
    /// Frames of voice in a row, up to now.
    voice_run: usize,
    probability: f32,
    /// The largest since it was last taken.
    max_probability: f32,
    is_job_running: bool,
    /// When the last word of the last turn starts.
    last_start_ms: u64,
    hypotheses: VecDeque<Hypothesis>,
}

impl Recognizer {
    /// Makes a recogniser for mono audio at `rate_hz`.
    ///
    /// # Errors
    ///
    /// If the rate is outside 3 000 to 768 000 Hz.
    pub fn new(model: Arc<Model>, settings: Settings, rate_hz: u32) -> Result<Self, UnsupportedRate> {
        Self::with_decoder(model, settings, rate_hz)
    }

    pub(crate) fn with_decoder(
        decoder: Arc<dyn Decode>,
        settings: Settings,
        rate_hz: u32,
    ) -> Result<Self, UnsupportedRate> {
        Ok(Self {
            decoder,
            settings,
            input: Input::new(rate_hz)?,
            detector: VoiceDetector::new(),
            segment: Segment::default(),
            judged_sample: 0,
            endpoints: VecDeque::new(),
            turn: None,
            next_turn: 0,
            voice_run: 0,
            probability: 0.0,
            max_probability: 0.0,
            is_job_running: false,
            last_start_ms: 0,
            hypotheses: VecDeque::new(),
        })
    }

    /// Appends samples from -1 to 1.
    pub fn push_f32(&mut self, samples: &[f32]) {
        self.input.push(samples.iter().copied());
        self.take_frames();
    }

    /// Appends 16-bit samples.
    pub fn push_i16(&mut self, samples: &[i16]) {
        self.input.push(samples.iter().copied().map(input::from_i16));
        self.take_frames();
    }

    /// Changes the settings, also those of the open turn.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
        self.judge_frames();
    }

    /// The settings.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Ends the open turn here. Its final comes after the next job, or at once if nothing is left to decode.
    pub fn force_endpoint(&mut self) {
        let now = self.segment.end();
        if self.turn.is_some() && self.endpoints.back() != Some(&now) {
            self.endpoints.push_back(now);
        }
        self.judge_frames();
    }

    /// Whether a voice is heard now.
    pub fn voice(&self) -> Voice {
        Voice { probability: self.probability, in_turn: self.turn.is_some() }
    }

    /// The largest probability of voice in 16 ms since the last call, 0 to 1; 1 while a turn is open.
    pub fn take_max_probability(&mut self) -> f32 {
        let most = std::mem::take(&mut self.max_probability);
        if self.turn.is_some() { 1.0 } else { most }
    }

    /// Whether to push no more until the next job is complete: a final is to be decoded, or much audio waits. A caller that
    /// has audio ahead of time, or is short of time, loses nothing if it waits then.
    pub fn is_behind(&self) -> bool {
        let is_long = self.segment.end() - self.segment.start() > to_samples(MOST_AHEAD_MS);
        match self.wanted() {
            Some(Priority::Final) => true,
            Some(Priority::Partial) => is_long,
            // Without a job nothing would end the wait.
            None => is_long && self.is_job_running,
        }
    }

    /// Audio so far, in ms.
    pub fn audio_ms(&self) -> u64 {
        to_ms(self.segment.end())
    }

    /// The next hypothesis, oldest first.
    pub fn next_hypothesis(&mut self) -> Option<Hypothesis> {
        self.hypotheses.pop_front()
    }

    /// How urgent the job is that [`Self::take_job`] would return; `None` if there is none. Costs nothing.
    pub fn pending(&self) -> Option<Priority> {
        if self.is_job_running { None } else { self.wanted() }
    }

    /// What is to be decoded now, or after the job that is running.
    fn wanted(&self) -> Option<Priority> {
        let turn = self.turn.as_ref()?;
        let (start, _) = turn.start_of(Priority::Partial, &self.segment, &self.settings);
        turn.wanted(self.judged_sample, self.judged_sample.saturating_sub(start), &self.settings)
    }

    /// The job to run next, with the newest audio.
    pub fn take_job(&mut self) -> Option<Job> {
        let mut priority = self.pending()?;
        let turn = self.turn.as_ref()?;
        let mut end_sample = match priority {
            Priority::Final => turn.final_end(),
            Priority::Partial => self.judged_sample,
        };
        let (start_sample, kept_words) = turn.start_of(priority, &self.segment, &self.settings);
        let longest_end = start_sample + to_samples(MAX_SEGMENT_MS);
        if end_sample > longest_end {
            // Its first words are committed, and the next job goes on behind them.
            (priority, end_sample) = (Priority::Partial, longest_end);
        }
        self.is_job_running = true;
        Some(Job {
            decoder: Arc::clone(&self.decoder),
            priority,
            turn: turn.number,
            audio: self.segment.audio(start_sample..end_sample).to_vec(),
            draft: turn.words[kept_words..].iter().flat_map(|word| word.pieces.clone()).collect(),
            start_sample,
            last_voice_sample: turn.last_voice_sample.min(end_sample),
            kept_words,
        })
    }

    /// Accepts the result of the job that was taken last.
    pub fn complete(&mut self, result: JobResult) {
        self.is_job_running = false;
        let Some(turn) = self.turn.as_mut().filter(|turn| turn.number == result.turn) else { return };
        turn.set_decoded(result.end_sample, result.last_voice_sample);

        let mut fresh = place_words(&result, &self.segment, self.settings.voice_threshold);
        plausibility::cut_repetitions(&mut fresh);
        let voiced =
            self.segment.voiced(result.start_sample..result.end_sample, self.settings.voice_threshold);
        let voiced_frames = voiced.map_or(0, |(_, count)| count);
        if !plausibility::is_plausible(&result.transcription, &fresh, voiced_frames, result.kept_words == 0) {
            fresh.clear();
        }
        turn.empty_results = if fresh.is_empty() { turn.empty_results + 1 } else { 0 };
        let mut words: Vec<Word> = turn.words[..result.kept_words].iter().cloned().chain(fresh).collect();
        keep_order(&mut words, self.last_start_ms);
        let shown = match result.priority {
            Priority::Final => words.len(),
            Priority::Partial => stable_words(turn, &words, &result, self.settings.show_confidence),
        };
        turn.words = words;
        let at_pause = result.priority == Priority::Final;
        let is_news = !same_text(&turn.words[..shown], &turn.reported) || at_pause && !turn.reported_at_pause;
        if shown > 0 && is_news {
            turn.reported_at_pause = at_pause;
            turn.reported = turn.words[..shown].to_vec();
            self.hypotheses.push_back(Hypothesis {
                turn: turn.number,
                words: turn.reported.clone(),
                at_pause,
                end_of_turn: false,
                voice_end_ms: to_ms(turn.last_voice_sample),
            });
        }
        turn.move_window(&result, &self.segment, &self.settings);
        // Audio that was pushed while the job ran has no words yet.
        if result.start_sample == self.segment.start()
            && let Some(sample) = turn.commit(&self.segment, result.end_sample, &self.settings)
        {
            self.segment.drop_before(sample);
            if let Some(hypothesis) = turn.split_off_committed(sample, &self.settings) {
                self.last_start_ms = hypothesis.words.last().map_or(self.last_start_ms, |word| word.start_ms);
                self.next_turn = hypothesis.turn + 1;
                self.hypotheses.push_back(hypothesis);
            }
        }
        self.judge_frames();
    }

    /// What is kept: samples of audio, words of the open turn, hypotheses that were not read.
    #[cfg(test)]
    fn kept(&self) -> (usize, usize, usize) {
        let samples = (self.segment.end() - self.segment.start()) as usize;
        (samples, self.turn.as_ref().map_or(0, |turn| turn.words.len()), self.hypotheses.len())
    }

    /// Appends frames of one loudness, whose voice the test decides.
    #[cfg(test)]
    pub(crate) fn push_frames(&mut self, sample: f32, probability: f32, count: usize) {
        for _ in 0..count {
            self.take_frame(&[sample; VOICE_FRAME], probability);
        }
    }

    fn take_frames(&mut self) {
        for frame in self.input.frames() {
            let probability = self.detector.probability(&frame);
            self.take_frame(&frame, probability);
        }
    }

    fn take_frame(&mut self, frame: &[f32; VOICE_FRAME], probability: f32) {
        self.probability = probability;
        self.max_probability = self.max_probability.max(probability);
        self.segment.push(frame, probability);
        self.judge_frames();
        self.segment.drop_before(self.segment.end().saturating_sub(to_samples(MAX_OVERDUE_MS)));
    }

    /// Applies the rules for turns to the frames since the last call, up to a decided end: who speaks after it starts
    /// the next turn, and that one starts once the last one has its final.
    fn judge_frames(&mut self) {
        loop {
            self.judged_sample = self.judged_sample.max(self.segment.start());
            while self.endpoints.front().is_some_and(|sample| *sample <= self.judged_sample) {
                self.endpoints.pop_front();
                if let Some(turn) = &mut self.turn {
                    turn.ends_at_sample.get_or_insert(self.judged_sample);
                }
            }
            self.end_complete_turn();
            if self.turn.as_ref().is_some_and(|turn| turn.ends_at_sample.is_some()) {
                return;
            }
            let Some(probability) = self.segment.voice_at(self.judged_sample) else { return };
            self.judge_frame(probability);
        }
    }

    fn judge_frame(&mut self, probability: f32) {
        self.judged_sample += VOICE_FRAME as u64;
        let now = self.judged_sample;
        // A voice that goes on after a decided end is no new one.
        let goes_on = self.turn.is_some() || self.voice_run >= START_FRAMES;
        let is_voice = probability >= self.settings.voice_threshold * if goes_on { 0.7 } else { 1.0 };
        self.voice_run = if is_voice { self.voice_run + 1 } else { 0 };
        match &mut self.turn {
            Some(turn) if is_voice => {
                turn.last_voice_sample = now;
                turn.voiced_frames += 1;
            }
            Some(turn) if now - turn.last_voice_sample >= to_samples(self.settings.max_silence_ms) => {
                turn.ends_at_sample = Some(now);
            }
            Some(_) => {}
            None if self.voice_run >= START_FRAMES => {
                self.turn = Some(Turn::new(self.next_turn, now, self.voice_run));
            }
            None => self.segment.drop_before(now.saturating_sub(to_samples(LEAD_MS))),
        }
    }

    fn end_complete_turn(&mut self) {
        let now = self.judged_sample;
        let Some(turn) = self.turn.take_if(|turn| turn.is_complete(now, &self.settings)) else { return };
        let end = turn.final_end();
        let has_voice = turn.voiced_frames >= 10;
        let words = if has_voice { turn.words } else { vec![] };
        self.last_start_ms = words.last().map_or(self.last_start_ms, |word| word.start_ms);
        if !words.is_empty() || !turn.reported.is_empty() {
            self.hypotheses.push_back(Hypothesis {
                turn: turn.number,
                words: words.into_iter().map(|word| Word { committed: true, ..word }).collect(),
                at_pause: true,
                end_of_turn: true,
                voice_end_ms: to_ms(turn.last_voice_sample),
            });
            self.next_turn = turn.number + 1;
        }
        // What was heard since may be the start of the next turn; the last word must not be heard twice.
        let heard = if turn.ends_at_sample.is_some() { end } else { turn.last_voice_sample.min(end) };
        self.segment.drop_before(heard.max(now.saturating_sub(to_samples(LEAD_MS))));
    }
}

/// How many words to show: those before the decoded audio, and those that are sure or the same as in the result before.
fn stable_words(turn: &Turn, words: &[Word], result: &JobResult, show_confidence: f32) -> usize {
    let is_stable = |(at, word): &(usize, &Word)| {
        *at < result.kept_words
            || word.confidence >= show_confidence
            || turn.words.get(*at).is_some_and(|before| before.key() == word.key())
    };
    words.iter().enumerate().take_while(is_stable).count()
}
