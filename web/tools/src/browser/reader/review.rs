use std::cell::{Cell, RefCell};
use std::rc::Rc;

use transcription_common::texts::recordings as list_texts;
use transcription_common::texts::{self, Text};
use transcription_dom::{
    WarnOnError, append, closest, create_element, document, find, remove_attribute, set_attribute, set_text,
    show,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent, ScrollLogicalPosition};

use super::player::Player;
use crate::browser::Host;
use crate::browser::elements::{button, on, scroll_to};
use crate::browser::settings::KeyTerms;
use crate::browser::words::{Key, focus_item_or_transcript, turn_of};
use crate::reader::drawn_word::DrawnWord;
use crate::reader::edit::tidy;

/// The words of which the service is not sure.
const DOUBTFUL: &str = "#transcript p[data-final]:not([data-editing]) .doubtful";
/// The words that are drawn of a turn.
const WORDS: &str = ".settled [data-start]";
/// Marks the word that is reviewed.
const REVIEWED: &str = "data-reviewed";

/// The turn of a word, and its index among those that are drawn of the turn.
type WordIndex = (Key, usize);

/// Steps through the doubtful words: the user hears each, and corrects or accepts it.
pub(super) struct Review {
    host: Host,
    player: Rc<Player>,
    form: HtmlElement,
    field: HtmlInputElement,
    status: Element,
    confirm: HtmlElement,
    key_terms: KeyTerms,
    /// Adds the last correction to the key terms.
    add_term: HtmlElement,
    term: RefCell<String>,
    /// Where the word that is reviewed is.
    at: Cell<Option<WordIndex>>,
    /// Its text in the transcript.
    text: RefCell<String>,
}

impl Review {
    pub(super) fn new(host: &Host, player: &Rc<Player>, key_terms: &KeyTerms, tools: &Element) -> Rc<Self> {
        let form: HtmlElement = create_element("form", "bar");
        form.set_id("review-bar");
        set_attribute(&form, "role", "group");
        set_attribute(&form, "aria-label", texts::REVIEW.get());
        show(&form, false);
        let status: Element = create_element("span", "count");
        set_attribute(&status, "role", "status");
        let field: HtmlInputElement = create_element("input", "");
        for (name, value) in [
            ("type", "text"),
            ("dir", "auto"),
            ("autocomplete", "off"),
            ("aria-label", list_texts::REVIEWED_WORD.get()),
        ] {
            set_attribute(&field, name, value);
        }
        let confirm: HtmlElement = button(list_texts::IS_RIGHT, "submit").unchecked_into();
        append(&form, &[&field, &status, &confirm]);
        for (label, name) in
            [(list_texts::HEAR_IT, "hear"), (list_texts::SKIP_WORD, "skip"), (list_texts::END_REVIEW, "end")]
        {
            let button = button(label, "button");
            set_attribute(&button, "name", name);
            append(&form, &[&button]);
        }
        let add_term: HtmlElement = create_element("button", "");
        set_attribute(&add_term, "type", "button");
        set_attribute(&add_term, "name", "term");
        show(&add_term, false);
        append(&form, &[&add_term]);
        tools.after_with_node_1(&form).warn_on_error();
        let review = Rc::new(Self {
            host: host.clone(),
            player: player.clone(),
            form,
            field,
            status,
            confirm,
            key_terms: key_terms.clone(),
            add_term,
            term: RefCell::default(),
            at: Cell::default(),
            text: RefCell::default(),
        });
        review.listen();
        review
    }

    fn listen(self: &Rc<Self>) {
        let [typed, submitted, pressed, clicked] = std::array::from_fn(|_| self.clone());
        on(&self.field, "input", move |_| typed.show_effect());
        on(&self.form, "submit", move |event| {
            event.prevent_default();
            submitted.confirm();
        });
        on(&self.form, "keydown", move |event| {
            if event.unchecked_ref::<KeyboardEvent>().key() == "Escape" {
                event.prevent_default();
                pressed.close();
            }
            // Typed text must not trigger shortcuts.
            event.stop_propagation();
        });
        on(&self.form, "click", move |event| {
            let button = closest(&event, "button[type=button]");
            match button.and_then(|button| button.get_attribute("name")).as_deref() {
                Some("hear") => clicked.hear(),
                Some("skip") => clicked.step(clicked.at.get().map(|(key, index)| (key, index + 1))),
                Some("end") => clicked.close(),
                Some("term") => clicked.add_term(),
                _ => {}
            }
        });
    }

    /// Begins with the first doubtful word.
    pub(super) fn open(&self) {
        unmark();
        show(&self.add_term, false);
        show(&self.form, true);
        self.step(None);
    }

    /// Ends the review, with the focus on its word.
    pub(super) fn close(&self) {
        let word = self.word();
        unmark();
        self.player.stop();
        show(&self.form, false);
        // What was reviewed may be taken off the record.
        self.text.take();
        self.term.take();
        self.field.set_value("");
        focus_item_or_transcript(word.as_ref());
    }

    /// The word that is reviewed; it may have been drawn again.
    fn word(&self) -> Option<HtmlElement> {
        let (key, index) = self.at.get()?;
        Some(key.turn()?.query_selector_all(WORDS).ok()?.item(index as u32)?.unchecked_into())
    }

    /// The word that is reviewed, as it is in the transcript.
    fn drawn_word(&self) -> Option<DrawnWord> {
        let (key, index) = self.at.get()?;
        DrawnWord::of(&self.host.shown_turn(key.connection, key.turn)?, index)
    }

    /// Goes to the next doubtful word from a place on, after the last to the first.
    fn step(&self, from: Option<WordIndex>) {
        unmark();
        let words = doubtful();
        let is_later = |word: &&Element| from.is_none_or(|from| place(word).is_some_and(|it| it >= from));
        let next = words.iter().find(is_later).or_else(|| words.first());
        self.at.set(next.and_then(place));
        self.text.replace(self.drawn_word().map(|word| word.text).unwrap_or_default());
        let is_done = next.is_none();
        for part in [&self.field, &self.confirm] as [&Element; 2] {
            show(part, !is_done);
        }
        for name in ["hear", "skip"] {
            if let Some(button) = find(&["#review-bar [name=", name, "]"].concat()) {
                show(&button, !is_done);
            }
        }
        let Some(word) = next else {
            set_text(&self.status, list_texts::NOTHING_DOUBTFUL.get());
            if let Some(end) = find("#review-bar [name=end]") {
                transcription_dom::focus(&end);
            }
            return;
        };
        set_attribute(word, REVIEWED, "");
        scroll_to(word, ScrollLogicalPosition::Center);
        let percent = word.get_attribute("data-confidence").unwrap_or_default();
        let sure = texts::WORD_SURE.with(&[&percent]);
        let left = list_texts::WORDS_LEFT.with(&[&words.len().to_string()]);
        set_text(&self.status, &[&*sure, &*left].join(", "));
        self.field.set_value(&self.text.borrow());
        self.field.select();
        self.show_effect();
        self.player.play_around(word);
    }

    /// Says on the button what it does: accept the word, correct it, or remove it.
    fn show_effect(&self) {
        let entered = tidy(&self.field.value());
        let label: Text = if entered == tidy(&self.text.borrow()) {
            list_texts::IS_RIGHT
        } else if entered.is_some() {
            list_texts::CORRECT_IT
        } else {
            list_texts::REMOVE_IT
        };
        set_text(&self.confirm, label.get());
    }

    fn hear(&self) {
        if let Some(word) = self.word() {
            self.player.play_around(&word);
        }
    }

    /// Offers to listen for a corrected word from now on.
    fn offer_term(&self, text: &str) {
        let term = text.trim_matches(|c: char| !c.is_alphanumeric());
        let can_add = !term.is_empty() && self.key_terms.can_add(term);
        set_text(&self.add_term, &list_texts::ADD_TERM.with(&[term]));
        show(&self.add_term, can_add);
        self.term.replace(term.to_owned());
    }

    fn add_term(&self) {
        let term = self.term.take();
        if self.key_terms.add(&term) {
            set_text(&self.status, &list_texts::TERM_ADDED.with(&[&term]));
        }
        show(&self.add_term, false);
        transcription_dom::focus(&self.field);
    }

    /// Accepts the word, or corrects or removes it where its text was changed, and goes on.
    fn confirm(self: &Rc<Self>) {
        let Some((key, index)) = self.at.get() else { return };
        let mut next = (key, index + 1);
        // One that has changed meanwhile is another word.
        if let Some(drawn) = self.drawn_word().filter(|drawn| drawn.text == *self.text.borrow()) {
            let entered = tidy(&self.field.value());
            if entered == tidy(&drawn.text) {
                self.host.accept_words(key.connection, key.turn, drawn.words.start, drawn.words.end);
                if let Some(word) = self.word() {
                    // The page draws it again only where it drew it itself.
                    word.class_list().remove_1("doubtful").warn_on_error();
                    set_attribute(&word, "data-confidence", "100");
                }
            } else {
                let entered = entered.unwrap_or_default();
                let Some(text) = drawn.replaced_by(&entered) else {
                    set_text(&self.status, list_texts::ONLY_WORD.get());
                    return;
                };
                self.host.edit(key.connection, key.turn, Some(text));
                self.offer_term(&entered);
                next.1 = index + entered.split_whitespace().count();
            }
        }
        let review = self.clone();
        // The words of a corrected turn are drawn once this event is over.
        spawn_local(async move { review.step(Some(next)) });
    }
}

/// Removes the mark of the word that was reviewed.
fn unmark() {
    if let Some(marked) = find(&["[", REVIEWED, "]"].concat()) {
        remove_attribute(&marked, REVIEWED);
    }
}

/// The doubtful words, from the top.
fn doubtful() -> Vec<Element> {
    let Ok(words) = document().query_selector_all(DOUBTFUL) else { return Vec::new() };
    (0..words.length()).filter_map(|index| Some(words.item(index)?.unchecked_into())).collect()
}

/// Where a word is drawn.
fn place(word: &Element) -> Option<WordIndex> {
    let turn = turn_of(word)?;
    let words = turn.query_selector_all(WORDS).ok()?;
    let index = (0..words.length())
        .find(|index| words.item(*index).is_some_and(|it| word.is_same_node(Some(&it))))?;
    Some((Key::of(&turn), index as usize))
}
