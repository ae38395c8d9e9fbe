//! Markers: places in a recording that the user has marked, and where they stand in the transcript.

use std::collections::BTreeMap;

use transcript_export::whole;

/// The longest name of a marker, in characters.
pub const MAX_NAME: usize = 200;

/// A place in a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// In ms from the start of the recording. No two markers of a recording have the same.
    pub at_ms: u64,
    /// The user's name for it; empty if it has none.
    pub name: String,
}

/// The markers of a recording in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Markers(Vec<Marker>);

impl Markers {
    /// All of them, the earliest first.
    pub fn all(&self) -> &[Marker] {
        &self.0
    }

    /// Adds a marker. Returns false, and changes nothing, if there is one at that place.
    pub fn add(&mut self, marker: Marker) -> bool {
        let at = self.0.binary_search_by_key(&marker.at_ms, |marker| marker.at_ms);
        if let Err(at) = at {
            self.0.insert(at, marker);
        }
        at.is_err()
    }

    /// The marker at a place.
    pub fn get_mut(&mut self, at_ms: u64) -> Option<&mut Marker> {
        self.0.iter_mut().find(|marker| marker.at_ms == at_ms)
    }

    /// Removes the marker at a place, and returns it.
    pub fn remove(&mut self, at_ms: u64) -> Option<Marker> {
        let at = self.0.iter().position(|marker| marker.at_ms == at_ms)?;
        Some(self.0.remove(at))
    }
}

/// Where a turn starts: a marker stands before the first turn that starts after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TurnStart {
    /// The index of its recording on the page.
    pub recording: usize,
    /// Its start in ms of the recording, if it is known.
    pub start_ms: Option<u64>,
}

/// The starts of turns, of which each is read once until it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starts<K>(BTreeMap<K, Option<u64>>);

impl<K> Default for Starts<K> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord + Copy> Starts<K> {
    /// The starts of these turns, all that there are, in ms. Calls `read` for those that are not known.
    pub fn of(&mut self, turns: &[K], mut read: impl FnMut(K) -> Option<u64>) -> Vec<Option<u64>> {
        if self.0.len() > 2 * turns.len() {
            // Those of turns that are gone.
            self.0.clear();
        }
        turns.iter().map(|turn| *self.0.entry(*turn).or_insert_with(|| read(*turn))).collect()
    }

    /// A turn has changed, or is gone.
    pub fn forget(&mut self, turn: K) {
        self.0.remove(&turn);
    }
}

/// The index of the turn before which a marker stands, as in exports: the first turn of its recording that starts after
/// the marker, or else the first of a later recording. `None`: behind all turns.
pub fn turn_after(turns: &[TurnStart], recording: usize, at_ms: u64) -> Option<usize> {
    turns.iter().position(|turn| {
        let is_later = turn.recording == recording && turn.start_ms.is_some_and(|start_ms| start_ms > at_ms);
        turn.recording > recording || is_later
    })
}

/// A name on one line, without space around it, of at most [`MAX_NAME`] characters.
pub fn tidy_name(typed: &str) -> String {
    let name = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let cut = name.char_indices().nth(MAX_NAME).map_or(name.len(), |(at, _)| at);
    whole(&name, cut).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(at_ms: u64) -> Marker {
        Marker { at_ms, name: String::new() }
    }

    #[test]
    fn markers_are_in_order_and_one_at_a_place() {
        let mut markers = Markers::default();
        assert!([5, 1, 3].map(|at_ms| markers.add(marker(at_ms))).iter().all(|is_new| *is_new));
        assert!(!markers.add(Marker { at_ms: 3, name: "again".to_owned() }));
        assert_eq!(markers.all().iter().map(|marker| marker.at_ms).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(markers.get_mut(3).map(|marker| marker.name.clone()), Some(String::new()));
        assert_eq!(markers.remove(3), Some(marker(3)));
        assert_eq!(markers.remove(3), None);
    }

    #[test]
    fn a_marker_stands_before_the_first_later_turn_of_its_recording() {
        let place = |recording, start_ms| TurnStart { recording, start_ms };
        let turns = [place(0, Some(500)), place(0, None), place(0, Some(1_500)), place(1, Some(100))];
        let after = |recording, at_ms| turn_after(&turns, recording, at_ms);
        assert_eq!([0, 499, 500, 1_499, 1_500].map(|ms| after(0, ms)), [0, 0, 2, 2, 3].map(Some));
        assert_eq!([after(1, 0), after(1, 100), after(2, 0)], [Some(3), None, None]);
    }

    /// Finds the starts of turns; returns which turns were read for it.
    fn read_for(starts: &mut Starts<u64>, turns: &[u64]) -> Vec<u64> {
        let mut read = Vec::new();
        let found = starts.of(turns, |turn| {
            read.push(turn);
            (turn != 7).then_some(turn * 100)
        });
        assert_eq!((found.len(), found[7], found[8]), (turns.len(), None, Some(800)));
        read
    }

    #[test]
    fn only_new_and_changed_turns_are_read() {
        let mut starts = Starts::default();
        let mut turns: Vec<u64> = (0..1_000).collect();
        assert_eq!(read_for(&mut starts, &turns), turns);
        assert!(read_for(&mut starts, &turns).is_empty());
        turns.push(1_000);
        starts.forget(500);
        assert_eq!(read_for(&mut starts, &turns), vec![500, 1_000]);
        // Those of turns that are gone are not kept for ever.
        turns.truncate(100);
        read_for(&mut starts, &turns);
        assert_eq!(starts.0.len(), 100);
    }

    #[test]
    fn a_name_is_one_line_of_limited_length() {
        assert_eq!(tidy_name("  Who\n\tpays?\u{7} "), "Who pays?");
        assert_eq!(tidy_name(&"ü".repeat(300)).chars().count(), MAX_NAME);
        let letters = "a".repeat(MAX_NAME - 1);
        assert_eq!(tidy_name(&[&letters, "👍🏽"].concat()), letters);
    }
}
