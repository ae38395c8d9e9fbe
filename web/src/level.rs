//! The level of the microphone over the last seconds, and when the page draws it.

use transcription_common::level_percent;

/// The levels that the page shows, one for each chunk of 100 ms: the last 4.8 s. The width of the drawing in index.html
/// is the same number.
pub const BARS: usize = 48;

/// The least time between two drawings, in ms: 5 a second, less what the chunks' arrival varies by. A frame costs the
/// browser more than all else that the page does with a chunk.
const MIN_PAUSE_MS: u64 = 180;
/// The least time between two values for assistive technology, in ms.
const MIN_VALUE_PAUSE_MS: u64 = 1_000;

/// The levels of the last seconds.
#[derive(Debug)]
pub struct Level {
    /// In percent of the scale, the oldest first.
    bars: [u8; BARS],
    drawn_ms: Option<u64>,
    value_ms: Option<u64>,
    value: u8,
    /// The highest level since the value was written.
    highest: u8,
}

/// What of the page changes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct LevelChange {
    /// Whether the drawing is due.
    pub is_drawn: bool,
    /// The value for assistive technology, in percent, if it has changed.
    pub value: Option<u8>,
}

impl Default for Level {
    fn default() -> Self {
        Self { bars: [0; BARS], drawn_ms: None, value_ms: None, value: 0, highest: 0 }
    }
}

impl Level {
    /// Adds the peak level of a chunk, 0 to 1 of full scale. Nothing is drawn on a page that is not visible.
    pub fn push(&mut self, peak: f32, now_ms: u64, is_visible: bool) -> LevelChange {
        let percent = level_percent(peak);
        self.bars.rotate_left(1);
        self.bars[BARS - 1] = percent;
        self.highest = self.highest.max(percent);
        if !is_visible {
            return LevelChange::default();
        }
        let is_due =
            |last: Option<u64>, pause_ms| last.is_none_or(|last| now_ms.saturating_sub(last) >= pause_ms);
        let is_drawn = is_due(self.drawn_ms, MIN_PAUSE_MS);
        if is_drawn {
            self.drawn_ms = Some(now_ms);
        }
        let mut value = None;
        if is_due(self.value_ms, MIN_VALUE_PAUSE_MS) {
            self.value_ms = Some(now_ms);
            let highest = std::mem::take(&mut self.highest);
            value = (std::mem::replace(&mut self.value, highest) != highest).then_some(highest);
        }
        LevelChange { is_drawn, value }
    }

    /// The waveform as an SVG path: a vertical line for each level, around the height 0 and as wide as the number of
    /// levels. Silence is a dot.
    pub fn waveform(&self) -> String {
        let mut path = String::new();
        for (index, percent) in self.bars.iter().enumerate() {
            let half = u32::from(*percent) / 2 + 1;
            for part in ["M", &*index.to_string(), " -", &*half.to_string(), "v", &*(half * 2).to_string()] {
                path += part;
            }
        }
        path
    }

    /// The newest level alone as an SVG path, for users who prefer reduced motion: a horizontal line.
    pub fn bar(&self) -> String {
        "M0 0h".to_owned() + &(usize::from(self.bars[BARS - 1]) * BARS / 100).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds levels at these times and returns the times at which the waveform was drawn and a value written.
    fn push_at(level: &mut Level, times_ms: impl Iterator<Item = u64>, peak: f32) -> (Vec<u64>, Vec<u64>) {
        let (mut drawn, mut values) = (Vec::new(), Vec::new());
        for now_ms in times_ms {
            let change = level.push(peak, now_ms, true);
            drawn.extend(change.is_drawn.then_some(now_ms));
            values.extend(change.value.map(|_| now_ms));
        }
        (drawn, values)
    }

    #[test]
    fn the_scale_is_60_decibels() {
        assert_eq!([0.0, 0.001, 0.031_622_8, 1.0, 2.0].map(level_percent), [0, 0, 50, 100, 100]);
        assert_eq!(level_percent(f32::NAN), 0);
    }

    #[test]
    fn a_burst_of_chunks_is_drawn_once() {
        let mut level = Level::default();
        let (drawn, _) =
            push_at(&mut level, [0, 100, 200, 900, 900, 901, 902, 903, 1_000, 1_080].into_iter(), 0.5);
        assert_eq!(drawn, [0, 200, 900, 1_080]);
        // All of them are in the drawing.
        assert_eq!(level.bars.iter().filter(|percent| **percent > 0).count(), 10);
    }

    #[test]
    fn a_value_is_written_at_most_once_a_second_and_only_if_it_changed() {
        let mut level = Level::default();
        let (_, values) = push_at(&mut level, (0..3_000).step_by(100), 1.0);
        assert_eq!(values, [0], "it stays at 100");
        assert_eq!(level.push(0.0, 3_050, true).value, None, "the second had been loud");
        let (_, values) = push_at(&mut level, (3_100..6_000).step_by(100), 0.0);
        assert_eq!(values, [4_100]);
    }

    #[test]
    fn the_value_is_the_loudest_level_of_its_second() {
        let mut level = Level::default();
        assert_eq!(level.push(0.0, 0, true).value, None);
        level.push(1.0, 300, true);
        level.push(0.0, 600, true);
        assert_eq!(level.push(0.0, 1_000, true).value, Some(100));
        assert_eq!(level.push(0.0, 2_000, true).value, Some(0));
    }

    #[test]
    fn a_hidden_page_draws_nothing_and_is_drawn_when_it_is_visible_again() {
        let mut level = Level::default();
        assert_eq!(level.push(1.0, 0, false), LevelChange::default());
        assert_eq!(level.push(0.0, 5_000, false), LevelChange::default());
        assert_eq!(level.push(0.0, 5_001, true), LevelChange { is_drawn: true, value: Some(100) });
        assert!(level.waveform().contains("M45 -51v102M46 -1v2M47 -1v2"), "{}", level.waveform());
    }

    #[test]
    fn the_newest_level_is_at_the_right_and_the_oldest_leaves_at_the_left() {
        let mut level = Level::default();
        level.push(1.0, 0, true);
        assert!(level.waveform().starts_with("M0 -1v2M1 -1v2"), "{}", level.waveform());
        assert!(level.waveform().ends_with("M46 -1v2M47 -51v102"), "{}", level.waveform());
        assert_eq!(level.bar(), "M0 0h48");
        for _ in 0..BARS - 1 {
            level.push(0.0, 0, true);
        }
        assert!(level.waveform().starts_with("M0 -51v102M1 -1v2"), "{}", level.waveform());
        assert_eq!(level.bar(), "M0 0h0");
        level.push(0.0, 0, true);
        assert!(!level.waveform().contains("51"), "{}", level.waveform());
    }
}
