//! Which finals are printed when: what is printed cannot be taken back.

use std::collections::BTreeMap;

use crate::{Turn, TurnId};

/// Later finals after which a turn that has not ended is printed as it is: it never ends.
const MOST_LATER_FINALS: usize = 2;

/// Puts finals in order, for an output that cannot take anything back: each is returned once, after all turns before it.
#[derive(Debug, Default)]
pub struct Lines {
    /// Turns that are not printed.
    waiting: BTreeMap<TurnId, Turn>,
    /// The last turn that was printed.
    printed: Option<Turn>,
    /// Whether the service ends turns twice, the second time formatted.
    formats_later: bool,
}

impl Lines {
    /// Adds a turn; returns the finals to print now.
    pub fn apply(&mut self, turn: &Turn) -> Vec<Turn> {
        for replaced in &turn.replaces {
            self.waiting.remove(replaced);
        }
        match &self.printed {
            Some(printed) if turn.id == printed.id => {
                self.formats_later |= turn.is_formatted && !printed.is_formatted;
            }
            Some(printed) if turn.id < printed.id => {}
            _ => {
                self.waiting.insert(turn.id, turn.clone());
            }
        }
        self.take_ready()
    }

    /// The session has ended: returns all that is left.
    pub fn rest(&mut self) -> Vec<Turn> {
        std::mem::take(&mut self.waiting).into_values().collect()
    }

    /// The text that is being spoken.
    pub fn partial(&self) -> &str {
        self.waiting.values().next_back().map_or("", |turn| &turn.text)
    }

    fn take_ready(&mut self) -> Vec<Turn> {
        let mut ready = Vec::new();
        while let Some(first) = self.waiting.values().next() {
            let later = self.waiting.values().skip(1);
            let later_finals = later.clone().filter(|turn| turn.is_final).count();
            // A turn is not formatted any more once another has begun.
            let may_be_formatted = self.formats_later && !first.is_formatted && later.count() == 0;
            let is_ended = first.is_final && !may_be_formatted;
            if !is_ended && later_finals < MOST_LATER_FINALS {
                break;
            }
            if let Some((_, turn)) = self.waiting.pop_first() {
                self.printed = Some(turn.clone());
                ready.push(turn);
            }
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use Kind::{Final, Formatted, Partial};
    use assemblyai_session::{ConnectionId, ShownTurn, TurnKey};

    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Partial,
        Final,
        Formatted,
    }

    fn turn(connection: u32, turn_order: u64, text: &str, kind: Kind, replaced: &[(u32, u64)]) -> Turn {
        let key = |(connection, turn_order)| TurnKey { connection: ConnectionId(connection), turn_order };
        let shown = ShownTurn {
            settled: text.to_owned(),
            is_final: kind != Partial,
            is_formatted: kind == Formatted,
            ..ShownTurn::default()
        };
        Turn::new(key((connection, turn_order)), &shown, replaced.iter().copied().map(key).collect())
    }

    fn texts(turns: &[Turn]) -> Vec<&str> {
        turns.iter().map(|turn| turn.text.as_str()).collect()
    }

    #[test]
    fn finals_are_printed_in_order_once_those_before_them_have_ended() {
        let mut lines = Lines::default();
        assert!(lines.apply(&turn(1, 0, "one", Partial, &[])).is_empty());
        assert!(lines.apply(&turn(1, 1, "Two.", Formatted, &[])).is_empty());
        let ready = lines.apply(&turn(1, 0, "One.", Formatted, &[]));
        assert_eq!(texts(&ready), ["One.", "Two."]);
        // Again: it is printed already.
        assert!(lines.apply(&turn(1, 0, "One.", Formatted, &[])).is_empty());
    }

    #[test]
    fn a_turn_that_never_ends_does_not_hold_the_others_up_and_its_words_are_not_lost() {
        let mut lines = Lines::default();
        lines.apply(&turn(1, 0, "one", Partial, &[]));
        lines.apply(&turn(1, 1, "Two.", Formatted, &[]));
        let ready = lines.apply(&turn(1, 2, "Three.", Formatted, &[]));
        assert_eq!(texts(&ready), ["one", "Two.", "Three."]);
    }

    #[test]
    fn a_turn_that_was_cut_off_is_printed_only_as_the_next_connection_says_it() {
        let mut lines = Lines::default();
        lines.apply(&turn(1, 0, "one tw", Partial, &[]));
        let ready = lines.apply(&turn(2, 0, "One two.", Formatted, &[(1, 0)]));
        assert_eq!(texts(&ready), ["One two."]);
        assert!(lines.rest().is_empty());
    }

    #[test]
    fn where_turns_end_twice_the_formatted_text_is_printed() {
        let mut lines = Lines::default();
        // The first time, that is not known yet.
        assert_eq!(texts(&lines.apply(&turn(1, 0, "one", Final, &[]))), ["one"]);
        assert!(lines.apply(&turn(1, 0, "One.", Formatted, &[])).is_empty());
        assert!(lines.apply(&turn(1, 1, "two", Final, &[])).is_empty());
        assert_eq!(texts(&lines.apply(&turn(1, 1, "Two.", Formatted, &[]))), ["Two."]);
        assert!(lines.apply(&turn(1, 2, "three", Final, &[])).is_empty());
        assert_eq!(texts(&lines.rest()), ["three"]);
    }
}
