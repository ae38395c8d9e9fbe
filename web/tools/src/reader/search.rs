//! Where a text is found.

pub use super::fold::Folder;

use super::fold::Folded;

/// What is found: in one turn, or from one to a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Where it begins.
    pub from: TextPosition,
    /// Behind its last character.
    pub to: TextPosition,
}

/// A position in the transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextPosition {
    /// The turn, counted from the top.
    pub turn: usize,
    /// UTF-16 units before it in the turn's text.
    pub unit: u32,
}

/// The texts of all turns, from the top, made comparable.
#[derive(Debug, Default)]
pub struct Index {
    turns: Vec<Folded>,
}

impl Index {
    /// Takes the text of a turn in place of what it was; a turn behind the last is added.
    pub fn put<D: FnMut(char) -> String>(&mut self, turn: usize, text: &str, folder: &mut Folder<D>) {
        let new = folder.fold(text);
        match self.turns.get_mut(turn) {
            Some(old) => *old = new,
            None => self.turns.push(new),
        }
    }

    /// Forgets the turns from this one on.
    pub fn truncate(&mut self, turns: usize) {
        self.turns.truncate(turns);
    }

    /// All places where a text is, in order; none where there is nothing to look for.
    pub fn find<D: FnMut(char) -> String>(&self, wanted: &str, folder: &mut Folder<D>) -> Vec<Hit> {
        let wanted = folder.fold(wanted).text;
        let wanted = wanted.trim_end();
        if wanted.is_empty() {
            return Vec::new();
        }
        // With a space between turns: who reads on reads across.
        let mut all = String::new();
        let mut begins = Vec::with_capacity(self.turns.len());
        for turn in &self.turns {
            begins.push(all.len());
            all.push_str(turn.text.trim_end());
            if !turn.text.is_empty() {
                all.push(' ');
            }
        }
        let place = |at: usize, ends: bool| {
            // The last that begins there or before: an empty one has no byte.
            let turn = begins.partition_point(|&begin| begin <= at).checked_sub(1)?;
            let turn_text = self.turns.get(turn)?;
            let units = if ends { &turn_text.ends } else { &turn_text.begins };
            Some(TextPosition { turn, unit: *units.get(at - begins[turn])? })
        };
        let hit = |(at, _)| Some(Hit { from: place(at, false)?, to: place(at + wanted.len() - 1, true)? });
        all.match_indices(wanted).filter_map(hit).collect()
    }
}

/// The hit that a step leads to, from the one of now; round and round.
pub fn step(now: usize, count: usize, is_forward: bool) -> usize {
    match (count, is_forward) {
        (0, _) => 0,
        (_, true) => (now + 1) % count,
        (_, false) => (now + count - 1) % count,
    }
}

#[cfg(test)]
mod tests {
    use super::super::fold::tests::decompose;
    use super::*;

    fn index(turns: &[&str]) -> Index {
        let mut index = Index::default();
        for (turn, text) in turns.iter().enumerate() {
            index.put(turn, text, &mut Folder::new(decompose));
        }
        index
    }

    fn find(turns: &[&str], wanted: &str) -> Vec<[(usize, u32); 2]> {
        let hits = index(turns).find(wanted, &mut Folder::new(decompose));
        hits.iter().map(|hit| [(hit.from.turn, hit.from.unit), (hit.to.turn, hit.to.unit)]).collect()
    }

    #[test]
    fn a_text_is_found_across_words_in_any_case_and_accent() {
        assert_eq!(find(&["One café, two CAFES"], "cafe"), [[(0, 4), (0, 8)], [(0, 14), (0, 18)]]);
        assert_eq!(find(&["a table", "for  two"], "FOR TWO"), [[(1, 0), (1, 8)]]);
    }

    #[test]
    fn a_text_is_found_from_one_turn_to_the_next_and_past_an_empty_one() {
        assert_eq!(find(&["Book a table ", "", "for two"], "table for"), [[(0, 7), (2, 3)]]);
    }

    #[test]
    fn other_scripts_are_found_where_they_are_written() {
        assert_eq!(find(&["これは日本語です"], "日本"), [[(0, 3), (0, 5)]]);
        assert_eq!(find(&["אמר שָׁלוֹם לכולם"], "שלום"), [[(0, 4), (0, 11)]]);
        assert_eq!(find(&["😀 ok"], "ok"), [[(0, 3), (0, 5)]]);
    }

    #[test]
    fn nothing_is_found_for_nothing() {
        assert!(find(&["a b"], " ").is_empty());
        assert!(find(&["a b"], "").is_empty());
        assert!(find(&[], "a").is_empty());
    }

    #[test]
    fn a_turn_that_changes_or_goes_takes_its_hits_with_it() {
        let mut index = index(&["one", "two", "one two"]);
        let mut folder = Folder::new(decompose);
        let found = |index: &Index| -> Vec<usize> {
            index.find("one", &mut Folder::new(decompose)).iter().map(|hit| hit.from.turn).collect()
        };
        assert_eq!(found(&index), [0, 2]);
        index.put(0, "none of it: one", &mut folder);
        assert_eq!(found(&index), [0, 0, 2]);
        index.truncate(2);
        assert_eq!(found(&index), [0, 0]);
    }

    #[test]
    fn the_last_hit_is_followed_by_the_first() {
        assert_eq!([step(0, 3, true), step(2, 3, true), step(0, 3, false), step(0, 0, true)], [1, 0, 2, 0]);
    }
}
