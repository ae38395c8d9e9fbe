use std::cell::{Cell, RefCell};

use js_sys::Array;
use js_sys::Intl::NumberFormat;
use transcription_common::texts::{Language, Text, recordings as list_texts};
use transcription_common::{SAMPLE_RATE_HZ, clock};
use transcription_dom::database::{Database, Lock};
use transcription_dom::{
    append, create_element, create_text_element, long_date_time, object, set_attribute, set_text, show,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use crate::browser::elements::button;
use crate::browser::folder::BrowserFolder;
use crate::recordings::RecordingText;

/// What a recording is deleted with: prepared when the user asks for it, so that it can be done at once when the page is
/// left.
pub(super) struct Deletion {
    pub(super) database: Database,
    /// The recording's lock; `None` if this page shows it and has the lock already.
    pub(super) _lock: Option<Lock>,
}

/// A recording in the list.
pub(super) struct Row {
    /// When it began, in ms since 1970, which is also its key.
    pub(super) began_ms: f64,
    pub(super) item: HtmlElement,
    /// While it is to be deleted unless the user takes that back.
    deletion: RefCell<Option<Deletion>>,
    /// The number of deletions, those that were taken back too.
    deletions: Cell<u32>,
    open: HtmlElement,
    samples: u64,
    is_on_page: Cell<bool>,
    own_title: RefCell<Option<String>>,
    text: RefCell<Option<RecordingText>>,
    title: Element,
    facts: Element,
    snippet: Element,
    rename: HtmlElement,
    delete: HtmlElement,
    undo: HtmlElement,
}

impl Row {
    pub(super) fn new(began_ms: f64, samples: u64) -> Self {
        let item: HtmlElement = create_element("li", "");
        let open: HtmlElement = create_element("button", "open");
        set_attribute(&open, "type", "button");
        set_attribute(&open, "data-action", "open");
        let (title, facts, snippet) = (part("title"), part("facts"), part("snippet"));
        set_attribute(&title, "dir", "auto");
        set_attribute(&snippet, "dir", "auto");
        append(&open, &[&title, &facts, &snippet]);
        let rename = action("rename", list_texts::RENAME_RECORDING);
        let delete = action("delete", list_texts::DELETE_RECORDING);
        let undo = action("undo", list_texts::UNDO);
        let row = Self {
            began_ms,
            deletion: RefCell::default(),
            deletions: Cell::default(),
            samples,
            is_on_page: Cell::default(),
            own_title: RefCell::default(),
            text: RefCell::default(),
            title,
            facts,
            snippet,
            rename,
            delete,
            undo,
            open,
            item,
        };
        append(&row.item, &[&row.open, &row.rename, &row.delete, &row.undo]);
        row.draw();
        row
    }

    /// Whether the texts of the recording were read.
    pub(super) fn has_text(&self) -> bool {
        self.text.borrow().is_some()
    }

    pub(super) fn set_text(&self, text: RecordingText) {
        self.text.replace(Some(text));
        self.draw();
    }

    pub(super) fn set_own_title(&self, title: Option<String>) {
        self.own_title.replace(title.filter(|title| !title.is_empty()));
        self.draw();
    }

    pub(super) fn own_title(&self) -> String {
        self.own_title.borrow().clone().unwrap_or_default()
    }

    pub(super) fn set_on_page(&self, is_on_page: bool) {
        self.is_on_page.set(is_on_page);
        self.draw();
    }

    /// Marks it as deleted. Returns the number of this deletion.
    pub(super) fn mark_deleted(&self, deletion: Deletion) -> u32 {
        self.deletion.replace(Some(deletion));
        let number = self.deletions.get() + 1;
        self.deletions.set(number);
        self.draw();
        transcription_dom::focus(&self.undo);
        number
    }

    /// Takes the deletion back.
    pub(super) fn undo(&self) {
        self.deletion.take();
        self.draw();
        transcription_dom::focus(&self.delete);
    }

    /// Whether it is deleted unless the user takes that back.
    pub(super) fn is_deleted(&self) -> bool {
        self.deletion.borrow().is_some()
    }

    /// Whether it is still this deletion that can be taken back.
    pub(super) fn awaits(&self, deletion: u32) -> bool {
        self.is_deleted() && self.deletions.get() == deletion
    }

    pub(super) fn take_deletion(&self) -> Option<Deletion> {
        self.deletion.take()
    }

    /// The user's title, or else the first words.
    pub(super) fn title(&self) -> String {
        let first_words = || self.text.borrow().as_ref().and_then(RecordingText::title);
        let title = self.own_title.borrow().clone().or_else(first_words);
        title.unwrap_or_else(|| list_texts::UNTITLED.get().to_owned())
    }

    /// Shows the row if it has what is looked for, in its title, its texts or the names of its markers. Returns whether it has.
    pub(super) fn filter(&self, wanted: &str, folder: &mut BrowserFolder) -> bool {
        let found = self.text.borrow().as_ref().and_then(|text| text.find(wanted, folder));
        let compared = folder.fold_text(wanted);
        let is_found = found.is_some() || folder.fold_text(&self.title()).contains(compared.trim_end());
        self.snippet.set_text_content(None);
        if let Some(snippet) = &found {
            let text: Element = create_text_element("span", "", &snippet.before);
            let hit: Element = create_text_element("mark", "", &snippet.hit);
            append(&self.snippet, &[&text, &hit, &create_text_element("span", "", &snippet.after)]);
        }
        show(&self.snippet, found.is_some());
        show(&self.item, is_found);
        is_found
    }

    fn draw(&self) {
        let (title, is_deleted) = (self.title(), self.is_deleted());
        let shown = if is_deleted { list_texts::DELETED_TITLED.with(&[&title]) } else { title.clone() };
        set_text(&self.title, &shown);
        set_text(&self.facts, &self.facts().join(" · "));
        set_attribute(&self.rename, "aria-label", &list_texts::RENAME_TITLED.with(&[&title]));
        set_attribute(&self.delete, "aria-label", &list_texts::DELETE_TITLED.with(&[&title]));
        set_attribute(&self.undo, "aria-label", &list_texts::UNDO_TITLED.with(&[&title]));
        transcription_dom::toggle_attribute(&self.open, "disabled", is_deleted);
        transcription_dom::toggle_attribute(&self.item, "data-deleted", is_deleted);
        for button in [&self.rename, &self.delete] {
            show(button, !is_deleted);
        }
        show(&self.undo, is_deleted);
    }

    /// Date, length, numbers of words and markers, size, and whether the page shows it.
    fn facts(&self) -> Vec<String> {
        let mut facts = vec![long_date_time(self.began_ms), clock(self.samples / u64::from(SAMPLE_RATE_HZ))];
        let text = self.text.borrow();
        let words = text.as_ref().map(|text| match text.words() {
            0 => list_texts::NO_WORDS.get().to_owned(),
            1 => list_texts::ONE_WORD.get().to_owned(),
            words => list_texts::WORDS.with(&[&words.to_string()]),
        });
        facts.extend(words);
        let markers = text.as_ref().and_then(|text| match text.markers() {
            0 => None,
            1 => Some(list_texts::ONE_MARKER.get().to_owned()),
            markers => Some(list_texts::MARKERS.with(&[&markers.to_string()])),
        });
        facts.extend(markers);
        let bytes = text.as_ref().map_or(0, RecordingText::bytes);
        facts.push(size(2.0 * self.samples as f64 + bytes as f64));
        facts.extend(self.is_on_page.get().then(|| list_texts::ON_THIS_PAGE.get().to_owned()));
        facts
    }
}

fn part(class: &str) -> Element {
    create_element("span", class)
}

fn action(name: &str, label: Text) -> HtmlElement {
    let button = button(label, "button");
    set_attribute(&button, "data-action", name);
    button.unchecked_into()
}

/// A number of bytes in the interface's language, such as `24 MB`, on one line.
pub(super) fn size(bytes: f64) -> String {
    let (unit, amount) = match bytes {
        ..1e6 => ("kilobyte", bytes / 1e3),
        ..1e9 => ("megabyte", bytes / 1e6),
        _ => ("gigabyte", bytes / 1e9),
    };
    let digits = u32::from(amount < 10.0);
    let options =
        object(&[("style", "unit".into()), ("unit", unit.into()), ("maximumFractionDigits", digits.into())]);
    let format = NumberFormat::new(&Array::of1(&Language::now().tag().into()), &options).format();
    // Throws only for what is no number.
    format
        .call1(&JsValue::UNDEFINED, &amount.into())
        .ok()
        .and_then(|text| text.as_string())
        .map(|text| text.replace(' ', "\u{a0}"))
        .unwrap_or_default()
}
