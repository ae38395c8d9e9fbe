use crate::journal::SAMPLE_RATE_HZ;
use crate::transcript::clock;

const DAY_MS: i64 = 86_400_000;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A point in time as the user's clock shows it: ms since 1970-01-01 00:00 of the user's own time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime(pub i64);

/// A recording that was not finished, as it is offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// Samples captured, at [`SAMPLE_RATE_HZ`].
    pub captured_samples: u64,
    /// Words shown, settled or not.
    pub words: usize,
    /// When it began.
    pub began: LocalTime,
}

impl Offer {
    /// What there is and what can be done with it; `now` is when the user reads it.
    pub fn sentence(&self, now: LocalTime) -> String {
        let length = clock(self.captured_samples / u64::from(SAMPLE_RATE_HZ));
        let words = match self.words {
            0 => "without words yet".to_owned(),
            1 => "with one word".to_owned(),
            words => format!("with {words} words"),
        };
        format!(
            "A recording of {length} from {}, {words}, was not finished. Continue it, save what there is, or \
             discard it.",
            self.began.told(now)
        )
    }
}

impl LocalTime {
    /// When that was, seen from `now`: `today 14:03`, `yesterday 14:03`, `3 November 14:03`, `3 November 2025 14:03`.
    fn told(self, now: Self) -> String {
        let days_ago = now.days() - self.days();
        let (year, month, day) = self.date();
        let month = MONTHS[month];
        let date = match days_ago {
            0 => "today".to_owned(),
            1 => "yesterday".to_owned(),
            _ if year == now.date().0 => format!("{day} {month}"),
            _ => format!("{day} {month} {year}"),
        };
        let (hour, minute) = self.hour_and_minute();
        format!("{date} {hour}:{minute:02}")
    }

    /// The name of a file with what was recorded then, less its ending: `recording-2026-11-21-14-03`.
    pub fn file_stem(self) -> String {
        let (year, month, day) = self.date();
        let (hour, minute) = self.hour_and_minute();
        format!("recording-{year}-{:02}-{day:02}-{hour:02}-{minute:02}", month + 1)
    }

    fn hour_and_minute(self) -> (i64, i64) {
        let minutes = self.0.rem_euclid(DAY_MS) / 60_000;
        (minutes / 60, minutes % 60)
    }

    fn days(self) -> i64 {
        self.0.div_euclid(DAY_MS)
    }

    /// Year, month from 0 on, and day, from days counted in eras of 400 years that begin on the first of March, so that
    /// leap days come last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`).
    fn date(self) -> (i64, usize, i64) {
        // From 0000-03-01 to 1970-01-01 it is 719 468 days.
        let days = self.days() + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let months_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
        let month = (months_from_march + 2) % 12;
        let year = era * 400 + year_of_era + i64::from(month < 2);
        (year, month as usize, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 21 November 2026, 00:00.
    const MIDNIGHT: i64 = 1_795_219_200_000;
    const MINUTE: i64 = 60_000;

    fn told(began: i64, now: i64) -> String {
        LocalTime(began).told(LocalTime(now))
    }

    #[test]
    fn the_sentence_says_how_long_when_and_how_much() {
        let now = LocalTime(MIDNIGHT + 900 * MINUTE);
        let mut offer = Offer {
            captured_samples: 761 * 16_000 + 15_999,
            words: 1532,
            began: LocalTime(MIDNIGHT + 843 * MINUTE),
        };
        assert_eq!(
            offer.sentence(now),
            "A recording of 12:41 from today 14:03, with 1532 words, was not finished. Continue it, save what \
             there is, or discard it."
        );
        offer.words = 1;
        assert!(offer.sentence(now).contains(", with one word, "));
        offer.words = 0;
        assert!(offer.sentence(now).contains(", without words yet, "));
    }

    #[test]
    fn yesterday_is_the_day_before_whatever_the_hour() {
        let just_before = MIDNIGHT - 1;
        assert_eq!(told(just_before, MIDNIGHT), "yesterday 23:59");
        assert_eq!(told(just_before, just_before), "today 23:59");
        assert_eq!(told(MIDNIGHT - 1440 * MINUTE, MIDNIGHT + 1439 * MINUTE), "yesterday 0:00");
        assert_eq!(told(MIDNIGHT - 1440 * MINUTE - 1, MIDNIGHT), "19 November 23:59");
    }

    #[test]
    fn another_year_is_named() {
        assert_eq!(told(MIDNIGHT - 365 * DAY_MS, MIDNIGHT), "21 November 2025 0:00");
        assert_eq!(told(MIDNIGHT - 325 * DAY_MS, MIDNIGHT), "31 December 2025 0:00");
        assert_eq!(told(MIDNIGHT - 324 * DAY_MS, MIDNIGHT), "1 January 0:00");
    }

    #[test]
    fn the_names_of_files_sort_by_time() {
        assert_eq!(LocalTime(MIDNIGHT + 843 * MINUTE).file_stem(), "recording-2026-11-21-14-03");
        assert_eq!(LocalTime(0).file_stem(), "recording-1970-01-01-00-00");
    }

    #[test]
    fn a_clock_that_was_set_back_is_told_by_the_date() {
        assert_eq!(told(MIDNIGHT, MIDNIGHT - 1), "21 November 0:00");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        // Days since 1970 by `date -ud DATE +%s`, over 86400: around leap days, and where there is none.
        let cases = [
            (0, (1970, 0, 1)),
            (-1, (1969, 11, 31)),
            (11_016, (2000, 1, 29)),
            (11_017, (2000, 2, 1)),
            (20_512, (2026, 1, 28)),
            (20_513, (2026, 2, 1)),
            (21_243, (2028, 1, 29)),
            (47_540, (2100, 1, 28)),
            (47_541, (2100, 2, 1)),
        ];
        for (days, date) in cases {
            assert_eq!(LocalTime(days * DAY_MS).date(), date, "{days}");
        }
    }
}
