//! What the tests share: recordings, and what a session has said.
#![allow(dead_code, reason = "some features use a part")]

#[cfg(all(unix, feature = "cli"))]
pub(crate) mod program;
pub(crate) mod token_server;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assemblyai_mock::{Finished, Recording, SessionRecord};
use assemblyai_streaming::{Client, ClientBuilder, Event, Session, Summary, Turn, TurnId};
use futures_util::StreamExt as _;
pub(crate) use test_result::TestResult;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::time::timeout;

/// The longest wait of a test.
pub(crate) const LIMIT: Duration = Duration::from_secs(180);

/// The machine, among the tests that depend on how busy it is.
pub(crate) enum Machine {
    /// Tests that play or send sound in real time, which run beside each other.
    Shared(RwLockReadGuard<'static, ()>),
    /// A test whose recogniser takes all cores, as one user's does.
    Alone(RwLockWriteGuard<'static, ()>),
}

static MACHINE: RwLock<()> = RwLock::const_new(());

impl Machine {
    /// Waits until no recogniser has the machine.
    pub(crate) async fn shared() -> Self {
        Self::Shared(MACHINE.read().await)
    }

    /// Waits until no other test of these has the machine.
    pub(crate) async fn alone() -> Self {
        Self::Alone(MACHINE.write().await)
    }
}

/// The folder of the recordings.
pub(crate) fn audio(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audio").join(name)
}

/// The talk, 69 s at 16 kHz.
pub(crate) fn talk_samples() -> TestResult<Vec<i16>> {
    let mut reader = hound::WavReader::open(audio("talk.wav"))?;
    Ok(reader.samples::<i16>().collect::<Result<_, _>>()?)
}

/// The first seconds of the talk as a file.
pub(crate) fn talk_beginning(folder: &Path, seconds: u32) -> TestResult<PathBuf> {
    let path = folder.join("beginning.wav");
    let mut reader = hound::WavReader::open(audio("talk.wav"))?;
    let mut writer = hound::WavWriter::create(&path, reader.spec())?;
    for sample in reader.samples::<i16>().take((seconds * 16_000) as usize) {
        writer.write_sample(sample?)?;
    }
    writer.finalize()?;
    Ok(path)
}

/// The talk, as the mock knows it.
pub(crate) fn talk() -> TestResult<Recording> {
    Ok(Recording::read(audio("talk.wav"), audio("talk.tsv"))?)
}

/// The words of the talk, without punctuation and capitals.
pub(crate) fn talk_words() -> TestResult<Vec<String>> {
    let table = std::fs::read_to_string(audio("talk.tsv"))?;
    let text: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split('\t').nth(2)).collect();
    Ok(words(&text.join(" ")))
}

/// The words of the talk that end before a time.
pub(crate) fn talk_words_until(end_ms: u32) -> TestResult<Vec<String>> {
    let mut text = String::new();
    for line in std::fs::read_to_string(audio("talk.tsv"))?.lines().skip(1) {
        let mut columns = line.split('\t').skip(1);
        let (end, word) = (columns.next().ok_or("an end")?, columns.next().ok_or("a word")?);
        if end.parse::<u32>()? < end_ms {
            text += word;
            text += " ";
        }
    }
    Ok(words(&text))
}

/// The words of a text, without punctuation and capitals.
pub(crate) fn words(text: &str) -> Vec<String> {
    let only_letters =
        |word: &str| word.chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>();
    text.split_whitespace()
        .map(|word| only_letters(word).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

/// A client that connects straight to an address.
pub(crate) fn client(base_url: &str) -> ClientBuilder {
    Client::builder().api_key("key-of-a-test").base_url(base_url).no_proxy()
}

/// What a session has said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) events: Vec<Event>,
    /// The transcript as a program shows it.
    pub(crate) turns: BTreeMap<TurnId, Turn>,
    /// Finals that were gone although no turn said that it replaces them.
    pub(crate) withdrawn: Vec<Turn>,
}

impl Said {
    /// Reads the events of a session to its end.
    pub(crate) async fn to_the_end(session: &mut Session) -> TestResult<(Self, Summary)> {
        let mut said = Self::default();
        timeout(LIMIT, async {
            while let Some(event) = session.next().await {
                said.note(event);
            }
        })
        .await?;
        let summary = said.summary().ok_or("the last event is Ended")?;
        Ok((said, summary))
    }

    pub(crate) fn note(&mut self, event: Event) {
        if let Event::Turn(turn) = &event {
            for replaced in &turn.replaces {
                self.turns.remove(replaced);
            }
            let before = self.turns.insert(turn.id, turn.clone());
            self.withdrawn.extend(before.filter(|before| before.is_final && !turn.is_final));
        }
        self.events.push(event);
    }

    fn summary(&self) -> Option<Summary> {
        match self.events.last() {
            Some(Event::Ended(summary)) => Some(summary.clone()),
            _ => None,
        }
    }

    pub(crate) fn words(&self) -> Vec<String> {
        let texts: Vec<&str> = self.turns.values().map(|turn| turn.text.as_str()).collect();
        words(&texts.join(" "))
    }

    pub(crate) fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|event| is(event)).count()
    }
}

/// Asserts that a mock has received each sample at least once, in order; returns the samples that came twice.
pub(crate) fn assert_all_received(finished: &Finished, samples: &[i16]) -> TestResult<usize> {
    let mut until = 0;
    let mut twice = 0;
    for session in finished.sessions.iter().filter(|session| session.audio_ms > 0) {
        let (from, to) = range_of(session, samples)?;
        assert!(from <= until, "samples {until} to {from} are missing in session {}", session.number);
        twice += until.min(to) - from;
        until = until.max(to);
    }
    assert_eq!(until, samples.len(), "the end is missing");
    Ok(twice)
}

/// The range of the samples that a session has received; the last message may be padded.
fn range_of(session: &SessionRecord, samples: &[i16]) -> TestResult<(usize, usize)> {
    /// Enough samples to find the place in a recording of speech.
    const PROBE: usize = 3_000;
    let received = session.pcm_i16();
    // Silence is found everywhere: the place is looked for with the first sound.
    let sound = received.iter().position(|sample| sample.unsigned_abs() > 300).unwrap_or(0);
    let probe = &received[sound..received.len().min(sound + PROBE)];
    let places = samples.windows(probe.len()).enumerate().filter(|(_, window)| *window == probe);
    let from = places.map(|(at, _)| at).find(|at| *at >= sound).map(|at| at - sound);
    let from = from.ok_or_else(|| format!("session {} received other samples", session.number))?;
    let same = received.iter().zip(&samples[from..]).take_while(|(received, sent)| received == sent).count();
    let is_padding = received[same..].iter().all(|sample| *sample == 0);
    assert!(is_padding, "session {}: sample {same} of {} differs", session.number, received.len());
    Ok((from, from + same))
}
