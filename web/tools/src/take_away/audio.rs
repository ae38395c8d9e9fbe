use transcription_common::SAMPLE_RATE_HZ;

use super::Recording;

/// Samples that are asked for at once: a minute of them, 2 MB.
pub const PIECE_SAMPLES: u64 = 60 * SAMPLE_RATE_HZ as u64;

/// Samples of one recording, to be asked for at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// The recording, by when it began, in ms since 1970.
    pub began_ms: f64,
    /// The first sample.
    pub from: u64,
    /// The one behind the last.
    pub to: u64,
}

/// What an audio file is made of, in order: all recordings, one behind the other, as in [`Document`](super::Document).
pub fn pieces(recordings: &[Recording]) -> Vec<Piece> {
    let mut in_order: Vec<&Recording> = recordings.iter().collect();
    in_order.sort_by_key(|recording| recording.first);
    let of_one = |recording: &Recording| {
        let (began_ms, samples) = (recording.began_ms, recording.samples);
        (0..samples.div_ceil(PIECE_SAMPLES)).map(move |n| Piece {
            began_ms,
            from: n * PIECE_SAMPLES,
            to: ((n + 1) * PIECE_SAMPLES).min(samples),
        })
    };
    in_order.into_iter().flat_map(of_one).collect()
}

#[cfg(test)]
mod tests {
    use transcription_common::ConnectionId;

    use super::*;

    #[test]
    fn the_pieces_are_each_recording_from_its_first_sample_to_its_last() {
        let recording = |began_ms, first, samples| Recording {
            began_ms,
            first: ConnectionId(first),
            samples,
            ..Recording::default()
        };
        let piece = |began_ms, from, to| Piece { began_ms, from, to };
        let recordings =
            [recording(9.0, 4, 7), recording(5.0, 1, 2 * PIECE_SAMPLES + 1), recording(7.0, 2, 0)];
        assert_eq!(
            pieces(&recordings),
            [
                piece(5.0, 0, 960_000),
                piece(5.0, 960_000, 1_920_000),
                piece(5.0, 1_920_000, 1_920_001),
                piece(9.0, 0, 7),
            ]
        );
    }
}
