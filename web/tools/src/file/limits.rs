/// The largest file, in bytes: the browser holds all of it while it decodes.
pub const MOST_BYTES: f64 = 300.0 * 1_000_000.0;
/// The longest file, in minutes. The browser decodes all of it at its own rate before it converts it: an hour of stereo
/// at 48 kHz takes 1.4 GB for a moment.
pub const MOST_MINUTES: f64 = 60.0;
/// The largest file whose length the browser does not know before it decodes it, in bytes: an hour of speech at
/// 64 kbit/s.
pub const MOST_BYTES_OF_UNKNOWN_LENGTH: f64 = 30.0 * 1_000_000.0;

/// Why a file is not decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileLimit {
    /// It has too many bytes.
    TooLarge,
    /// It has too many bytes for one that does not say how long it is.
    TooLargeWithoutLength,
    /// It is too long.
    TooLong,
}

/// Checks a file's size, in bytes, and its length, in s, if that is known.
///
/// # Errors
///
/// If decoding it could take more memory than the browser has.
pub fn check(bytes: f64, seconds: Option<f64>) -> Result<(), FileLimit> {
    // The length is infinite where the file does not say it.
    let seconds = seconds.filter(|seconds| seconds.is_finite());
    let most_bytes = if seconds.is_some() { MOST_BYTES } else { MOST_BYTES_OF_UNKNOWN_LENGTH };
    if bytes > MOST_BYTES {
        return Err(FileLimit::TooLarge);
    }
    if bytes > most_bytes {
        return Err(FileLimit::TooLargeWithoutLength);
    }
    if seconds.is_some_and(|seconds| seconds > MOST_MINUTES * 60.0) {
        return Err(FileLimit::TooLong);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_have_300_mb_and_an_hour() {
        assert_eq!(check(300e6, Some(3_600.0)), Ok(()));
        assert_eq!(check(300e6 + 1.0, Some(10.0)), Err(FileLimit::TooLarge));
        assert_eq!(check(1e6, Some(3_600.5)), Err(FileLimit::TooLong));
    }

    #[test]
    fn a_file_of_unknown_length_may_have_30_mb() {
        for unknown in [None, Some(f64::INFINITY), Some(f64::NAN)] {
            assert_eq!(check(30e6, unknown), Ok(()));
            assert_eq!(check(30e6 + 1.0, unknown), Err(FileLimit::TooLargeWithoutLength));
        }
    }
}
