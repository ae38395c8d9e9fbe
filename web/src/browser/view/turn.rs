use std::cell::Cell;

use assemblyai_session::{ShownTurn, ShownWord, TurnKey};
use transcription_common::{DOUBTFUL_PERCENT, clock, speaker_name, texts};
use transcription_dom::{
    WarnOnError, append, create_element, create_text_element, set_attribute, set_text, toggle_attribute,
};
use web_sys::Element;

/// A turn on the page.
pub(super) struct TurnNode {
    pub(super) paragraph: Element,
    time: Element,
    speaker: Element,
    mark: Element,
    settled: Element,
    unsettled: Element,
    /// The fingerprint of the words that are drawn; 0 if the turn is not drawn word by word.
    words: Cell<u64>,
}

impl TurnNode {
    /// Creates an empty turn.
    pub(super) fn new(key: TurnKey) -> Self {
        let paragraph: Element = create_element("p", "");
        set_attribute(&paragraph, "dir", "auto");
        set_attribute(&paragraph, "data-connection", &key.connection.0.to_string());
        set_attribute(&paragraph, "data-turn", &key.turn_order.to_string());
        let part = |name: &str, class: &str, parent: &Element| {
            let element: Element = create_element(name, class);
            append(parent, &[&element]);
            element
        };
        let label = part("span", "label", &paragraph);
        // The speaker's name may have another direction of writing than the words.
        set_attribute(&label, "dir", "auto");
        Self {
            time: part("time", "", &label),
            speaker: part("b", "speaker", &label),
            mark: part("i", "mark", &label),
            settled: part("span", "settled", &paragraph),
            unsettled: part("span", "unsettled", &paragraph),
            words: Cell::new(0),
            paragraph,
        }
    }

    /// Draws the turn as it is now.
    pub(super) fn draw(&self, turn: &ShownTurn) {
        self.draw_text(turn);
        let time = turn.from_ms.filter(|_| !turn.is_gap()).map(|ms| clock(ms / 1000));
        set_text(&self.time, &time.unwrap_or_default());
        set_text(&self.speaker, &speaker_name(&turn.speaker).unwrap_or_default());
        set_attribute(&self.speaker, "data-speaker", &turn.speaker.label);
        let marks = [(turn.is_revised, texts::REVISED), (turn.edited.is_some(), texts::EDITED)];
        let mut mark = String::new();
        for (_, text) in marks.iter().filter(|(is_so, _)| *is_so) {
            if !mark.is_empty() {
                mark += ", ";
            }
            mark += text.get();
        }
        set_text(&self.mark, &mark);
        if !turn.language.is_empty() {
            set_attribute(&self.paragraph, "lang", &turn.language);
        }
        for (name, is_set) in [
            ("data-edited", turn.edited.is_some()),
            ("data-revised", turn.is_revised),
            ("data-final", turn.is_final && !turn.is_gap()),
            ("data-gap", turn.is_gap()),
        ] {
            toggle_attribute(&self.paragraph, name, is_set);
        }
    }

    fn draw_text(&self, turn: &ShownTurn) {
        let has_words = turn.edited.is_none() && turn.is_final && !turn.is_gap() && turn.has_all_words();
        let fingerprint = if has_words { fingerprint(&turn.words) } else { 0 };
        let is_drawn = self.words.replace(fingerprint) == fingerprint;
        if let Some(edited) = &turn.edited {
            set_text(&self.settled, edited);
        } else if has_words {
            // Words that are drawn already stay, with the focus or the selection in them.
            if !is_drawn {
                draw_words(&self.settled, &turn.words);
            }
        } else {
            // Of a final turn the tools draw the words once they are loaded.
            let space = if turn.settled.is_empty() || turn.unsettled.is_empty() { "" } else { " " };
            set_text(&self.settled, &[&turn.settled, space].concat());
        }
        set_text(&self.unsettled, &turn.unsettled);
    }
}

/// Draws each word with its times, in ms of the recording.
fn draw_words(into: &Element, words: &[ShownWord]) {
    into.set_text_content(None);
    for (index, word) in words.iter().enumerate() {
        let mut class = "";
        if word.confidence_percent.is_some_and(|percent| percent < DOUBTFUL_PERCENT) {
            class = "doubtful";
        }
        let span: Element = create_text_element("span", class, &word.text);
        set_attribute(&span, "data-start", &word.start_ms.to_string());
        set_attribute(&span, "data-end", &word.end_ms.to_string());
        if let Some(percent) = word.confidence_percent {
            set_attribute(&span, "data-confidence", &percent.to_string());
        }
        if !word.speaker.is_empty() {
            set_attribute(&span, "data-speaker", &word.speaker);
        }
        if index > 0 {
            into.append_with_str_1(" ").warn_on_error();
        }
        append(into, &[&span]);
    }
}

/// A hash of what is drawn of words: FNV-1a, over numbers in place of bytes.
fn fingerprint(words: &[ShownWord]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |number: u64| hash = (hash ^ number).wrapping_mul(0x0100_0000_01b3);
    for word in words {
        for text in [&word.text, &word.speaker] {
            for byte in text.as_bytes() {
                add(u64::from(*byte));
            }
            add(0);
        }
        add(word.start_ms);
        add(word.end_ms);
        add(word.confidence_percent.map_or(u64::MAX, u64::from));
    }
    hash
}
