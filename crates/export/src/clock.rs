/// A time as people read it: `1:05`, `1:02:05`.
pub fn clock(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_shown_from_one_hour_on() {
        assert_eq!([clock(0), clock(65), clock(3_725)], ["0:00", "1:05", "1:02:05"]);
    }
}
