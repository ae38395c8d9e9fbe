//! Finds out which model a folder holds, and what it costs.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Instant;

use data_encoding::HEXLOWER;
use local_speech::model::{FILES, read_files};
use local_speech::{Model, ModelError, ModelSize};
use sha2::{Digest as _, Sha256};

/// SHA-256 of the [`FILES`] of each model, in groups of 16 digits, as `moonshine-cpp` 0.1.4 and `moonshine-voice`
/// 0.0.73 on PyPI have them.
const KNOWN: [(ModelSize, [&str; 3]); 2] = [
    (
        ModelSize::Base,
        [
            "9d1a19e044cbf89a 207723d1adb667de 89a5671a1e3e611b 8ebe721b2c31219c",
            "370e0c1f161d68dc 1c2264c1a82024fb 123380da3b73f47f 05531d1e8d3308c3",
            "04670d78994d0301 85c3dd843c605917 88fed0a56cc67507 47bd326825f13ca9",
        ],
    ),
    (
        ModelSize::Tiny,
        [
            "94e90a4654fc45cd fedb77c4c08e1739 f48862998e58fada 384b25118134f221",
            "cf524c4862d36e9e 5ab032eddc73637e fd822d70e868ac57 5cf1a46e1e4708a0",
            "6884b35fd6377d4c 4d32336a0bc152f3 6b64d1e45b650368 3cdc238250a8472d",
        ],
    ),
];

/// Audio that is encoded to measure the machine, in s.
const MEASURED_S: usize = 4;
/// What a second of streamed speech costs, which is decoded again and again as it grows, in times of what encoding
/// [`MEASURED_S`] once costs: 0.32 s and 112 ms for base, 0.15 s and 48 ms for tiny (measured on one core).
const SPEECH_PER_MEASURED: f64 = 3.0;
/// Share of its time that a thread decodes at most, so that finals need not wait.
const LOAD: f64 = 0.8;

/// Why the model in a folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The folder has no model, or a damaged one.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A file has another content than that of the released models.
    #[error(
        "{} is not the file of a known model (its SHA-256 is {sha256}); cargo xtask setup --model base fetches one",
        path.display()
    )]
    UnknownFile {
        /// The file.
        path: PathBuf,
        /// Its SHA-256, in hexadecimal digits.
        sha256: String,
    },
    /// The files belong to different models.
    #[error("{} belongs to another model than encoder_model.ort", path.display())]
    Mixed {
        /// The file.
        path: PathBuf,
    },
}

/// Loads the model in a folder.
///
/// # Errors
/// If a file is missing or damaged, or is not that of a known model.
pub fn load(folder: &Path) -> Result<Model, LoadError> {
    let contents = read_files(folder)?;
    let mut first = None;
    for (index, content) in contents.iter().enumerate() {
        let path = folder.join(FILES[index]);
        let sha256 = HEXLOWER.encode(&Sha256::digest(content));
        match KNOWN.iter().find(|(_, hashes)| hashes[index].replace(' ', "") == sha256) {
            None => return Err(LoadError::UnknownFile { path, sha256 }),
            Some((size, _)) if first.is_some_and(|first| first != *size) => {
                return Err(LoadError::Mixed { path });
            }
            Some((size, _)) => first = Some(*size),
        }
    }
    Ok(Model::parse(&contents[0], &contents[1], &contents[2])?)
}

/// How many sessions so many threads carry on this machine, at least 1: measured by encoding some seconds of noise.
pub fn capacity(model: &Model, threads: NonZeroUsize) -> usize {
    // The first run also brings the weights into memory.
    let measured_s = (0..2).map(|_| measure_s(model)).fold(f64::INFINITY, f64::min);
    let cost = measured_s * SPEECH_PER_MEASURED;
    let sessions = (threads.get() as f64 * LOAD / cost.max(1e-6)) as usize;
    sessions.clamp(1, MAX_SESSIONS)
}

/// Sessions that are accepted at most, whatever was measured: each takes a connection.
const MAX_SESSIONS: usize = 100;

/// Time to encode [`MEASURED_S`] of noise, in s.
fn measure_s(model: &Model) -> f64 {
    let mut state = 1_u32;
    let noise: Vec<f32> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223); // Numerical Recipes.
        (state >> 8) as f32 / (1 << 24) as f32 * 0.1 - 0.05
    })
    .take(MEASURED_S * local_speech::SAMPLE_RATE_HZ as usize)
    .collect();
    let start = Instant::now();
    model.encode_only(&noise);
    start.elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_an_unknown_model_are_refused_by_name() -> std::io::Result<()> {
        let folder = std::env::temp_dir().join(format!("unknown-model-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        assert!(load(&folder).is_err_and(|error| error.to_string().contains("encoder_model.ort")));
        for name in FILES {
            std::fs::write(folder.join(name), "not a model")?;
        }
        let text = load(&folder).err().map(|error| error.to_string()).unwrap_or_default();
        std::fs::remove_dir_all(&folder)?;
        assert!(text.contains("encoder_model.ort is not the file of a known model"), "{text}");
        assert!(text.contains("cargo xtask setup --model base") && !text.contains('\n'), "{text}");
        Ok(())
    }
}
