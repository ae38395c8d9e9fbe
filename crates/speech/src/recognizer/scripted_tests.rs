//! Streams whose words stand in the samples, so that each word that was spoken can be missed.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Decode, Job, MAX_SEGMENT_MS, Priority, Recognizer, Settings, to_samples};
use crate::model::{Stop, TimedWord, Transcription};
use crate::vad::VOICE_FRAME;

/// A frame's length, in ms.
const FRAME_MS: u32 = 16;

/// What [`ReadsSamples`] hears as one: audio is cut at half frames.
const HEARD_SAMPLES: usize = VOICE_FRAME / 2;
/// A sound that is no word.
const SOUND: f32 = -1.0;

/// Hears word `n` where the samples are `n / 64`, and nothing where they are 0 or [`SOUND`].
#[derive(Debug)]
struct ReadsSamples;

impl Decode for ReadsSamples {
    fn decode(&self, audio: &[f32], _draft: &[u32]) -> Transcription {
        let mut words: Vec<TimedWord> = vec![];
        for (number, part) in audio.chunks(HEARD_SAMPLES).enumerate().filter(|(_, part)| part[0] > 0.0) {
            let text = text((part[0] * 64.0) as u32);
            let start_sample = number * HEARD_SAMPLES;
            let end_sample = start_sample + part.len();
            match words.last_mut() {
                Some(word) if word.text == text && word.end_sample == start_sample => {
                    word.end_sample = end_sample;
                }
                _ => {
                    words.push(TimedWord {
                        text,
                        start_sample,
                        end_sample,
                        confidence: 1.0,
                        pieces: vec![7],
                    });
                }
            }
        }
        Transcription { words, stop: Stop::End, mean_log_probability: 0.0 }
    }
}

/// Every third word ends a sentence.
fn text(word: u32) -> String {
    format!("word{word}{}", if word.is_multiple_of(3) { "." } else { "" })
}

/// A recogniser whose jobs take `job_frames`.
struct Stream {
    recognizer: Recognizer,
    job_frames: u32,
    running: Option<(u32, Job)>,
    frames: u32,
    finals: Vec<String>,
    partial_jobs: usize,
    longest_job_ms: u64,
    /// The most that was kept at a time: samples, words of the open turn, hypotheses.
    most_samples: usize,
    most_words: usize,
    most_hypotheses: usize,
}

impl Stream {
    fn new(job_ms: u32) -> Self {
        let recognizer = Recognizer::with_decoder(Arc::new(ReadsSamples), Settings::default(), 16_000);
        Self {
            recognizer: recognizer.expect("a supported rate"),
            job_frames: job_ms / FRAME_MS,
            running: None,
            frames: 0,
            finals: vec![],
            partial_jobs: 0,
            longest_job_ms: 0,
            most_samples: 0,
            most_words: 0,
            most_hypotheses: 0,
        }
    }

    /// Pushes so much of a word, or of silence: word 0.
    fn push(&mut self, word: u32, ms: u32) {
        self.push_sample(word as f32 / 64.0, ms);
    }

    fn push_sample(&mut self, sample: f32, ms: u32) {
        for _ in 0..ms / FRAME_MS {
            let probability = if sample == 0.0 { 0.0 } else { 0.9 };
            self.recognizer.take_frame(&[sample; VOICE_FRAME], probability);
            self.frames += 1;
            self.run();
        }
    }

    fn run(&mut self) {
        self.start();
        while let Some((_, job)) = self.running.take_if(|(done, _)| *done <= self.frames) {
            self.recognizer.complete(job.run());
            self.start();
        }
        let (samples, words, hypotheses) = self.recognizer.kept();
        self.most_samples = self.most_samples.max(samples);
        self.most_words = self.most_words.max(words);
        self.most_hypotheses = self.most_hypotheses.max(hypotheses);
        let hypotheses = std::iter::from_fn(|| self.recognizer.next_hypothesis());
        self.finals.extend(hypotheses.filter(|it| it.end_of_turn).map(|it| it.text()));
    }

    fn start(&mut self) {
        if self.running.is_none()
            && let Some(job) = self.recognizer.take_job()
        {
            self.partial_jobs += usize::from(job.priority() == Priority::Partial);
            self.longest_job_ms = self.longest_job_ms.max(job.audio_ms());
            self.running = Some((self.frames + self.job_frames, job));
        }
    }

    /// The finals, once no more audio comes.
    fn end(&mut self) -> Vec<String> {
        self.recognizer.force_endpoint();
        (self.job_frames, self.frames) = (0, u32::MAX);
        self.run();
        assert!(!self.recognizer.voice().in_turn, "a turn is open for ever");
        std::mem::take(&mut self.finals)
    }
}

#[test]
fn a_short_word_after_a_decided_end_is_not_lost_while_the_final_is_decoded() {
    for gap_ms in [160, 240, 320, 400] {
        let mut stream = Stream::new(3000);
        stream.push(1, 480);
        // The long silence decides the end of the turn; its decoding takes longer.
        stream.push(0, 1280);
        stream.push(0, gap_ms);
        stream.push(2, 240);
        stream.push(0, 3200);
        assert_eq!(stream.end(), ["word1", "word2"], "{gap_ms} ms");
    }
}

#[test]
fn an_endpoint_that_is_forced_behind_a_decided_end_ends_the_next_turn() {
    let mut stream = Stream::new(3000);
    stream.push(1, 480);
    stream.push(0, 1280);
    stream.push(2, 320);
    stream.recognizer.force_endpoint();
    stream.push(4, 320);
    assert_eq!(stream.end(), ["word1", "word2", "word4"]);
}

#[test]
fn speech_without_a_pause_becomes_turns_of_about_a_minute_and_loses_no_word() {
    let mut stream = Stream::new(160);
    let words = 1..=600;
    for word in words.clone() {
        stream.push(word, 288);
        stream.push(0, 48);
    }
    let longest = Settings::default().max_turn_ms / (288 + 48);
    let finals = stream.end();
    let counts: Vec<usize> = finals.iter().map(|text| text.split(' ').count()).collect();
    assert!(counts.iter().all(|count| *count < longest as usize * 5 / 4), "{counts:?}");
    assert_eq!(finals.join(" "), words.map(text).collect::<Vec<_>>().join(" "));
}

#[test]
fn jobs_stay_short_and_no_word_is_lost_where_results_are_late() {
    for job_ms in [160, 4000, 9000] {
        let mut stream = Stream::new(job_ms);
        let words = 1..=400;
        for word in words.clone() {
            stream.push(word, 288);
            stream.push(0, 48);
        }
        assert_eq!(stream.end().join(" "), words.map(text).collect::<Vec<_>>().join(" "), "{job_ms} ms");
        assert!(stream.longest_job_ms <= u64::from(MAX_SEGMENT_MS), "{job_ms}: {}", stream.longest_job_ms);
    }
}

#[test]
fn an_hour_of_speech_and_sound_without_a_pause_keeps_no_more_than_a_turn() {
    let mut stream = Stream::new(160);
    let mut word = 0;
    // Twelve times three minutes of speech and two of sound.
    for _ in 0..12 {
        for _ in 0..3 * 60_000 / 336 {
            word += 1;
            stream.push(word, 288);
            stream.push(0, 48);
        }
        stream.push_sample(SOUND, 2 * 60_000);
    }
    let spoken = stream.end().join(" ");
    assert!(spoken.ends_with(&text(word)), "it ends with {:?}", spoken.rsplit(' ').next());
    // Sound without words is decoded seldom, so more of it waits.
    let most_samples = to_samples(2 * MAX_SEGMENT_MS) as usize;
    assert!(stream.most_samples <= most_samples, "{} samples", stream.most_samples);
    assert!(stream.most_words <= 250, "{} words", stream.most_words);
    assert!(stream.most_hypotheses <= 3, "{} hypotheses", stream.most_hypotheses);
}

#[test]
fn slow_decoding_makes_partials_rare_and_loses_no_final() {
    let spoken = |job_ms| {
        let mut stream = Stream::new(job_ms);
        for word in 1..=60 {
            stream.push(word, 288);
            stream.push(0, if word % 3 == 0 { 2_000 } else { 48 });
        }
        (stream.end(), stream.partial_jobs)
    };
    let (finals, partials) = spoken(0);
    let (slow_finals, slow_partials) = spoken(1_000);
    assert_eq!(finals.len(), 20);
    assert_eq!(slow_finals, finals);
    assert!(2 * slow_partials <= partials, "{slow_partials} instead of {partials}");
}

proptest! {
    #[test]
    fn each_word_is_in_one_final_however_slow_the_decoding_is(
        job_ms in 0_u32..2500,
        words in proptest::collection::vec((240_u32..700, 64_u32..2600, any::<bool>()), 1..12),
    ) {
        let mut stream = Stream::new(job_ms);
        for (index, (word_ms, gap_ms, is_forced)) in words.iter().enumerate() {
            stream.push(index as u32 + 1, *word_ms);
            stream.push(0, 48);
            if *is_forced {
                stream.recognizer.force_endpoint();
            }
            stream.push(0, *gap_ms);
        }
        let spoken: Vec<String> = (1..=words.len() as u32).map(text).collect();
        prop_assert_eq!(stream.end().join(" "), spoken.join(" "));
        prop_assert!(stream.longest_job_ms <= u64::from(MAX_SEGMENT_MS));
    }
}
