use assemblyai_service::{Recognizer, Report, SpokenWord, TurnEnd, TurnRules};
use local_speech::{Stream, Word};

/// A stream of the pool as the recogniser of a session. It ends its turns itself.
#[derive(Debug)]
pub(crate) struct LocalRecognizer {
    stream: Stream,
}

impl LocalRecognizer {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream }
    }
}

impl Recognizer for LocalRecognizer {
    fn push(&mut self, samples: &[i16], report: &mut dyn FnMut(Report)) {
        self.stream.push_i16(samples);
        self.poll(report);
    }

    fn poll(&mut self, report: &mut dyn FnMut(Report)) {
        while let Some(hypothesis) = self.stream.next_hypothesis() {
            report(Report {
                at_pause: hypothesis.at_pause,
                settled_ms: self.stream.audio_ms(),
                speaking: !hypothesis.end_of_turn,
                words: hypothesis.words.iter().map(spoken).collect(),
                end: if hypothesis.end_of_turn { TurnEnd::Here } else { TurnEnd::NotYet },
            });
        }
    }

    fn configure(&mut self, rules: &TurnRules) {
        let ms = |ms: u64| u32::try_from(ms).unwrap_or(u32::MAX);
        self.stream.configure(|settings| {
            settings.min_silence_ms = ms(rules.min_silence_ms);
            settings.max_silence_ms = ms(rules.max_silence_ms);
        });
    }

    fn commit(&mut self, _audio_ms: u64) -> Vec<SpokenWord> {
        self.stream.force_endpoint();
        Vec::new()
    }

    fn end_audio(&mut self) {
        self.stream.force_endpoint();
    }

    fn is_finished(&self) -> bool {
        !self.stream.voice().in_turn
    }

    fn has_failed(&self) -> bool {
        let has_failed = self.stream.has_failed();
        if has_failed {
            tracing::error!("decoding has failed: its session ends with an error, and the threads go on");
        }
        has_failed
    }

    fn is_behind(&self) -> bool {
        self.stream.is_behind()
    }

    fn finish(&mut self, audio_ms: u64) -> Report {
        // The session polls before; a turn that is still open ends with the words that it has.
        Report { settled_ms: audio_ms, end: TurnEnd::NotYet, ..Report::default() }
    }

    fn is_settled(&self, _audio_ms: u64) -> bool {
        !self.stream.voice().in_turn
    }

    fn take_speech_probability(&mut self) -> Option<f64> {
        Some(f64::from(self.stream.take_max_probability()))
    }
}

fn spoken(word: &Word) -> SpokenWord {
    SpokenWord {
        confidence: f64::from(word.confidence),
        committed: word.committed,
        ..SpokenWord::new(&word.text, word.start_ms, word.end_ms)
    }
}
