//! Reads recordings from a WAV file and a file with the words.

use std::path::Path;

use transcript_export::WavInput;

use super::{Recording, RecordingError};
use crate::turn::Turn;
use crate::{subtitles, text_file};

impl Recording {
    /// Reads a WAV file with 16-bit samples, mixing its channels to one, and the file with its words. A file that a
    /// program wrote to a pipe, one over 4 GB (RF64), and one that was cut off have the samples that are there.
    ///
    /// The words are in an SRT or VTT file, or in a .tsv file with the columns `start_ms`, `end_ms`, `text` and
    /// optionally the speaker, with or without a header line. The words of a longer text are distributed over its time
    /// by their length; one line per word is more exact.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or is invalid.
    pub fn read(audio: impl AsRef<Path>, words: impl AsRef<Path>) -> Result<Self, RecordingError> {
        let (audio, words) = (audio.as_ref(), words.as_ref());
        let wrong = |problem: String| RecordingError::Audio { path: audio.to_owned(), problem };
        let file = std::fs::read(audio).map_err(|error| wrong(error.to_string()))?;
        let input = WavInput::open(file.as_slice()).map_err(|error| wrong(error.to_string()))?;
        let plain = input.map(|mut input| input.next_file(u32::MAX)).transpose();
        let file = plain.map_err(|error| wrong(error.to_string()))?.unwrap_or(file);
        let reader = hound::WavReader::new(file.as_slice()).map_err(|error| wrong(error.to_string()))?;
        let format = reader.spec();
        if (format.bits_per_sample, format.sample_format) != (16, hound::SampleFormat::Int) {
            return Err(wrong("its samples do not have 16 bits".to_owned()));
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
    let text = text_file::read(path)
        .map_err(|source| RecordingError::Unreadable { path: path.to_owned(), source })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let extension = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    let said = match extension.as_str() {
        "srt" | "vtt" => subtitles::read(text).map_err(|problem| (problem.line, problem.text)),
        "tsv" => table(text),
        _ => Err((1, "the name of a file with words must end in .tsv, .srt or .vtt".to_owned())),
    };
    said.map_err(|(line, problem)| RecordingError::Words { path: path.to_owned(), line, problem })
}

/// Parses lines of `start_ms`, `end_ms`, `text` and optionally the speaker; an error has its line.
fn table(text: &str) -> Result<Vec<Turn>, (usize, String)> {
    let mut turns = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || (index == 0 && is_header(line)) {
            continue;
        }
        let mut columns = line.split('\t').map(str::trim);
        let mut ms = || columns.next()?.parse::<u64>().ok();
        let (Some(from_ms), Some(to_ms)) = (ms(), ms()) else {
            return Err((
                index + 1,
                "a line must start with two times in whole ms, separated by tabs".to_owned(),
            ));
        };
        if to_ms < from_ms {
            return Err((index + 1, "it ends before it starts".to_owned()));
        }
        let Some(text) = columns.next().filter(|text| !text.is_empty()) else {
            return Err((index + 1, "the text is missing".to_owned()));
        };
        let turn = Turn::said(text).from_ms(from_ms).to_ms(to_ms);
        turns.push(match columns.next().filter(|speaker| !speaker.is_empty()) {
            Some(speaker) => turn.speaker(speaker),
            None => turn,
        });
    }
    Ok(turns)
}

/// Whether a line has names in place of times, such as `start_ms`, or `start` and `end` as Whisper writes them.
fn is_header(line: &str) -> bool {
    let mut names = line.split('\t').take(2);
    names.all(|name| !name.trim().is_empty() && !name.contains(|c: char| c.is_numeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use test_result::TestResult;

    #[test]
    fn a_table_has_times_text_and_optional_speakers_below_its_header() -> TestResult {
        let turns = table("start_ms\tend_ms\ttext\n0\t400\tHello\tA\n\n500\t900\tthere\n")
            .map_err(|problem| format!("{problem:?}"))?;
        let words: Vec<_> = turns.iter().flat_map(|turn| turn.state().words).collect();
        let parsed: Vec<_> = words
            .iter()
            .map(|word| (word.text.as_str(), word.start_ms, word.end_ms, word.speaker.as_deref()))
            .collect();
        assert_eq!(parsed, [("Hello", 0, 400, Some("A")), ("there", 500, 900, None)]);
        Ok(())
    }

    #[test]
    fn a_table_can_have_any_header_and_none() {
        for header in
            ["start_ms\tend_ms\ttext\n", "start\tend\ttext\n", "Start\tEnd\n", "von\tbis\tWort\n", ""]
        {
            let turns = table(&format!("{header}0\t400\tHello\n"));
            assert_eq!(turns.map(|turns| turns.len()).ok(), Some(1), "{header}");
        }
        for times in ["0.0\t0.4\tHello", "00:00\t00:01\tHello", "soon\t400\tHello", "\t\tHello"] {
            let line = table(&format!("{times}\n")).err().map(|problem| problem.0);
            assert_eq!(line, Some(1), "{times}: words and no header");
        }
    }

    #[test]
    fn an_error_in_a_table_has_its_line() {
        for wrong in ["1 2 Hello", "x\t2\tHello", "5\t2\tHello", "1\t2", "1\t2\t "] {
            let line = table(&format!("0\t1\tfine\n{wrong}")).err().map(|problem| problem.0);
            assert_eq!(line, Some(2), "{wrong}");
        }
    }
}
