//! How long the browser keeps finished recordings.

/// The key of the user's choice in local storage: a number of days, 0 for not at all; without it, until they are deleted.
pub const RETENTION_KEY: &str = "retention days";

const DAY_MS: f64 = 86_400_000.0;

/// For how many days finished recordings are kept: the user's choice, but no longer than the operator allows. 0: only as
/// long as their page is open; `None`: until they are deleted.
pub fn retention_days(user: Option<u32>, operator: Option<u32>) -> Option<u32> {
    match (user, operator) {
        (Some(user), Some(operator)) => Some(user.min(operator)),
        (user, operator) => user.or(operator),
    }
}

/// Whether a recording that began then is no longer kept. The times are in ms since 1970.
pub fn is_expired(began_ms: f64, now_ms: f64, days: Option<u32>) -> bool {
    days.is_some_and(|days| days == 0 || now_ms - began_ms >= f64::from(days) * DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_user_may_keep_recordings_for_less_time_than_the_operator_but_not_for_more() {
        assert_eq!(retention_days(None, None), None);
        assert_eq!(retention_days(Some(30), None), Some(30));
        assert_eq!(retention_days(None, Some(7)), Some(7));
        assert_eq!(retention_days(Some(30), Some(7)), Some(7));
        assert_eq!(retention_days(Some(0), Some(7)), Some(0));
    }

    #[test]
    fn a_recording_expires_after_its_last_day() {
        let began_ms = 1_000_000.0;
        for (age_ms, days, expected) in [
            (0.0, None, false),
            (1e15, None, false),
            (0.0, Some(0), true),
            (-1.0, Some(0), true),
            (7.0 * DAY_MS - 1.0, Some(7), false),
            (7.0 * DAY_MS, Some(7), true),
            // The clock was set back.
            (-DAY_MS, Some(7), false),
        ] {
            assert_eq!(is_expired(began_ms, began_ms + age_ms, days), expected, "{age_ms} {days:?}");
        }
    }
}
