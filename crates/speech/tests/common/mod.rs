//! What the tests with a model, the bench and the example share.
#![allow(dead_code, reason = "each of them uses a part")]

pub(crate) mod corpus;
pub(crate) mod noise;
pub(crate) mod score;
pub(crate) mod speech;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use local_speech::{Hypothesis, Model, Recognizer, Settings};

/// Not `TestResult`: the packaged example has no crate for tests.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Audio that is pushed at a time, as a browser sends it.
pub(crate) const CHUNK_MS: u32 = 100;

/// The folder that `cargo xtask setup --speech` fills.
pub(crate) fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/models")
}

/// A model by the name of its folder: `base-en` or `tiny-en`.
pub(crate) fn model(name: &str) -> Outcome<Arc<Model>> {
    Ok(Arc::new(Model::load(&models().join(name))?))
}

/// Sample rate and samples of a WAV file: mono, 16 bits.
pub(crate) fn wav(path: &Path) -> Outcome<(u32, Vec<i16>)> {
    let file = hound::WavReader::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let rate_hz = file.spec().sample_rate;
    Ok((rate_hz, file.into_samples().collect::<Result<_, _>>()?))
}

/// A hypothesis and how much audio had been pushed when it came, in ms.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) at_ms: u64,
    pub(crate) hypothesis: Hypothesis,
}

/// Recognises a recording as if each job took no time, with silence at the end until no turn is open.
pub(crate) fn recognize(
    model: &Arc<Model>,
    settings: Settings,
    rate_hz: u32,
    samples: &[i16],
    mut job: impl FnMut(u64),
) -> Outcome<Vec<Shown>> {
    let mut recognizer = Recognizer::new(Arc::clone(model), settings, rate_hz)?;
    let mut shown = vec![];
    let chunk_samples = (rate_hz * CHUNK_MS / 1000) as usize;
    let silence = vec![0; 2 * rate_hz as usize];
    for chunk in samples.chunks(chunk_samples).chain(silence.chunks(chunk_samples)) {
        recognizer.push_i16(chunk);
        while let Some(next) = recognizer.take_job() {
            job(next.audio_ms());
            recognizer.complete(next.run());
        }
        let at_ms = recognizer.audio_ms();
        while let Some(hypothesis) = recognizer.next_hypothesis() {
            shown.push(Shown { at_ms, hypothesis });
        }
    }
    Ok(shown)
}

/// The text of all turns.
pub(crate) fn final_text(shown: &[Shown]) -> String {
    let finals = shown.iter().filter(|shown| shown.hypothesis.end_of_turn);
    finals.map(|shown| shown.hypothesis.text()).collect::<Vec<_>>().join(" ")
}
