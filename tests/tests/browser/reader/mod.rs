//! Tools for the transcript: word tooltips, playback, corrections, speaker names, search, clearing.

mod correct;
mod follow;
mod hear;
mod keys;
mod load;
mod markers;
mod off_record;
mod playback;
mod review;
mod search;
mod surroundings;
mod turns;
mod words;

use end_to_end_tests::browser::BrowserError;
use serde_json::{Value, json};

use super::page::Page;

/// Code points of special keys (WebDriver, 17.4.2).
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const DOWN: &str = "\u{e015}";
const END: &str = "\u{e010}";

/// A final turn whose words last 400 ms each and start every 500 ms.
fn said(order: u64, from_ms: u64, text: &str) -> Value {
    let words: Vec<Value> = (0..)
        .zip(text.split(' '))
        .map(|(nth, word)| {
            let start = from_ms + nth * 500;
            json!({"text": word, "start": start, "end": start + 400, "confidence": 0.97, "word_is_final": true})
        })
        .collect();
    json!({
        "type": "Turn", "turn_order": order, "turn_is_formatted": true, "end_of_turn": true, "transcript": text,
        "end_of_turn_confidence": 0.9, "words": words,
    })
}

/// A final turn with a speaker.
fn said_by(speaker: &str, order: u64, from_ms: u64, text: &str) -> Value {
    let mut message = said(order, from_ms, text);
    message["speaker_label"] = json!(speaker);
    message
}

impl Page {
    async fn hover(&mut self, selector: &str) -> Result<(), BrowserError> {
        self.browser.hover(selector).await
    }

    /// Waits until an element has this text.
    async fn wait_for_text(&mut self, selector: &str, text: &str) -> Result<(), BrowserError> {
        self.wait_for_property(selector, "textContent", text).await
    }

    /// The text of the focused element.
    async fn focused(&mut self) -> Result<String, BrowserError> {
        self.ask("__dom.focusedText", ()).await
    }
}
