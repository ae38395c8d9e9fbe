/// A time on the user's clock, to the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// The year, such as 2026.
    pub year: u32,
    /// The month, 1 to 12.
    pub month: u32,
    /// The day of the month, 1 to 31.
    pub day: u32,
    /// The hour, 0 to 23.
    pub hour: u32,
    /// The minute, 0 to 59.
    pub minute: u32,
}

/// The name of the file of a recording that began at a time: `recording-2026-11-21-14-03.srt`. Names sort by time.
pub fn file_name(began: LocalTime, extension: &str) -> String {
    let LocalTime { year, month, day, hour, minute } = began;
    format!("recording-{year:04}-{month:02}-{day:02}-{hour:02}-{minute:02}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_by_time() {
        let time = |year, month, day, hour, minute| LocalTime { year, month, day, hour, minute };
        let names = [
            time(2026, 9, 30, 23, 59),
            time(2026, 10, 1, 0, 0),
            time(2026, 11, 21, 9, 59),
            time(2026, 11, 21, 14, 3),
        ]
        .map(|began| file_name(began, "srt"));
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names[3], "recording-2026-11-21-14-03.srt");
    }
}
