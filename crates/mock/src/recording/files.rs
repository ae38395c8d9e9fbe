//! Recordings from a WAV file and a file of words.

use std::path::Path;

use super::{Recording, RecordingError};
use crate::scenario::cues;
use crate::script::Turn;

impl Recording {
    /// Reads a WAV file of 16-bit samples, its channels mixed to one, and what is said in it.
    ///
    /// The words are in an SRT or VTT file, or in a table of lines `start_ms`, `end_ms`, `text` with tabs between,
    /// perhaps with a fourth column for the speaker, and with a first line that names the columns. A text of several
    /// words is spread over its time, longer words longer: one line for each word is more exact.
    ///
    /// # Errors
    /// Where a file cannot be read, or something in it is wrong.
    pub fn read(audio: impl AsRef<Path>, words: impl AsRef<Path>) -> Result<Self, RecordingError> {
        let (audio, words) = (audio.as_ref(), words.as_ref());
        let wrong = |problem: String| RecordingError::Audio { path: audio.to_owned(), problem };
        let reader = hound::WavReader::open(audio).map_err(|error| wrong(error.to_string()))?;
        let format = reader.spec();
        if (format.bits_per_sample, format.sample_format) != (16, hound::SampleFormat::Int) {
            return Err(wrong("its samples are not of 16 bits".to_owned()));
        }
        let samples: Vec<i16> = reader
            .into_samples()
            .collect::<Result<_, _>>()
            .map_err(|error: hound::Error| wrong(error.to_string()))?;
        let channels = usize::from(format.channels.max(1));
        let mono: Vec<i16> = samples
            .chunks(channels)
            .map(|frame| {
                (frame.iter().map(|sample| i32::from(*sample)).sum::<i32>() / frame.len() as i32) as i16
            })
            .collect();
        Self::new(&mono, format.sample_rate, read_words(words)?)
    }
}

fn read_words(path: &Path) -> Result<Vec<Turn>, RecordingError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| RecordingError::Unreadable { path: path.to_owned(), source })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let extension = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    let said = match extension.as_str() {
        "srt" | "vtt" => cues(text),
        "tsv" => table(text),
        _ => Err((1, "a file of words ends in .tsv, .srt or .vtt".to_owned())),
    };
    said.map_err(|(line, problem)| RecordingError::Words { path: path.to_owned(), line, problem })
}

/// Lines of `start_ms`, `end_ms`, `text` and perhaps a speaker; a problem comes with its line.
fn table(text: &str) -> Result<Vec<Turn>, (usize, String)> {
    let mut turns = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || (index == 0 && line.starts_with("start_ms")) {
            continue;
        }
        let mut columns = line.split('\t').map(str::trim);
        let mut ms = || columns.next()?.parse::<u64>().ok();
        let (Some(from_ms), Some(to_ms)) = (ms(), ms()) else {
            return Err((
                index + 1,
                "a line begins with two times in whole ms, with tabs between".to_owned(),
            ));
        };
        if to_ms < from_ms {
            return Err((index + 1, "it ends before it starts".to_owned()));
        }
        let Some(text) = columns.next().filter(|text| !text.is_empty()) else {
            return Err((index + 1, "there is no text behind the times".to_owned()));
        };
        let turn = Turn::said(text).from_ms(from_ms).to_ms(to_ms);
        turns.push(match columns.next().filter(|speaker| !speaker.is_empty()) {
            Some(speaker) => turn.speaker(speaker),
            None => turn,
        });
    }
    Ok(turns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_times_text_and_perhaps_speakers_below_its_head() {
        let turns =
            table("start_ms\tend_ms\ttext\n0\t400\tHello\tA\n\n500\t900\tthere\n").expect("a good table");
        let words: Vec<_> = turns.iter().flat_map(|turn| turn.state().words).collect();
        let told: Vec<_> = words
            .iter()
            .map(|word| (word.text.as_str(), word.start_ms, word.end_ms, word.speaker.as_deref()))
            .collect();
        assert_eq!(told, [("Hello", 0, 400, Some("A")), ("there", 500, 900, None)]);
    }

    #[test]
    fn a_wrong_line_of_a_table_is_named() {
        for wrong in ["1 2 Hello", "x\t2\tHello", "5\t2\tHello", "1\t2", "1\t2\t "] {
            let refused = table(&format!("0\t1\tfine\n{wrong}")).expect_err(wrong);
            assert_eq!(refused.0, 2, "{wrong}");
        }
    }
}
