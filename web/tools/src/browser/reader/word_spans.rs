//! The words of turns whose text is written differently: without spaces between words, with digits, or corrected by the
//! user.
//!
//! The page draws the words itself where they are exactly the text.

use transcript_export::{align, aligned_times};
use transcription_common::{DOUBTFUL_PERCENT, ShownTurn, ShownWord};
use transcription_dom::{WarnOnError, append, create_element, create_text_element, set_attribute};
use web_sys::Element;

use crate::browser::Host;
use crate::browser::words::Key;

/// The final turns that have words: the page marks neither a gap nor a partial so.
const FINAL: &str = "#transcript p[data-final]";

/// Draws the words of a turn if they are not drawn; `is_again` replaces those that are.
pub(super) fn draw(host: &Host, element: &Element, is_again: bool) {
    if !element.matches(FINAL).unwrap_or_default() {
        return;
    }
    let Ok(Some(settled)) = element.query_selector(".settled") else { return };
    let drawn = settled.first_element_child();
    let is_ours = drawn.as_ref().is_none_or(|first| first.has_attribute("data-aligned"));
    if !is_ours || drawn.is_some() && !is_again {
        return;
    }
    // Its words may be gone since the change.
    let Key { connection, turn } = Key::of(element);
    let Some(turn) = host.shown_turn(connection, turn).filter(|turn| !turn.words.is_empty()) else { return };
    let fresh = spans(&turn);
    if fresh.inner_html() == settled.inner_html() || fresh.text_content() != settled.text_content() {
        return;
    }
    settled.set_text_content(None);
    while let Some(child) = fresh.first_child() {
        settled.append_child(&child).warn_on_error();
    }
}

/// The text of a turn, each part with the times of the words that it stands for, in ms of the recording.
fn spans(turn: &ShownTurn) -> Element {
    let into: Element = create_element("span", "");
    let is_edited = turn.edited.is_some();
    let text = turn.edited.as_ref().unwrap_or(&turn.settled);
    let words: Vec<&str> = turn.words.iter().map(|word| &*word.text).collect();
    let times: Vec<(u64, u64)> = turn.words.iter().map(|word| (word.start_ms, word.end_ms)).collect();
    let of_turn = (times.first().map_or(0, |(start_ms, _)| *start_ms), times.iter().map(|time| time.1).max());
    let parts = align(text, &words);
    let mut drawn = 0;
    let of_parts = aligned_times(&parts, &times, (of_turn.0, of_turn.1.unwrap_or_default()));
    for (part, (start_ms, end_ms)) in parts.iter().zip(of_parts) {
        into.append_with_str_1(&text[drawn..part.text.start]).warn_on_error();
        drawn = part.text.end;
        let words: &[ShownWord] = turn.words.get(part.words.clone()).unwrap_or_default();
        let percent = words.iter().filter_map(|word| word.confidence_percent).min();
        // Of what the user wrote the service's confidence says nothing.
        let percent = percent.filter(|_| part.is_same || !is_edited);
        let class = if percent.is_some_and(|percent| percent < DOUBTFUL_PERCENT) { "doubtful" } else { "" };
        let span: Element = create_text_element("span", class, &text[part.text.clone()]);
        set_attribute(&span, "data-aligned", "");
        set_attribute(&span, "data-start", &start_ms.to_string());
        set_attribute(&span, "data-end", &end_ms.to_string());
        if let Some(percent) = percent {
            set_attribute(&span, "data-confidence", &percent.to_string());
        }
        if let Some(word) = words.first().filter(|word| !word.speaker.is_empty()) {
            set_attribute(&span, "data-speaker", &word.speaker);
        }
        append(&into, &[&span]);
    }
    into.append_with_str_1(&text[drawn..]).warn_on_error();
    into
}
