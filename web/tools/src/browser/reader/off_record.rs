use std::rc::Rc;

use transcription_common::texts::recordings as list_texts;
use transcription_common::{RecordingPhase, SAMPLE_RATE_HZ, ShownTurn, TurnKey};
use transcription_dom::database::{Database, take_off_record};
use transcription_dom::{
    WarnOnError, append, closest, create_element, create_text_element, document, find, focus, get,
    set_attribute, set_text, show,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::editor::Editor;
use super::player::Player;
use super::review::Review;
use crate::browser::Host;
use crate::browser::elements::{button, number, on};
use crate::browser::markers::PageMarkers;
use crate::browser::status_line::StatusLine;
use crate::reader::off_record::{accepted_before, correction_outside};

/// How much can be removed at once, in s.
const CHOICES_S: [u32; 3] = [10, 30, 60];
/// Samples in one ms.
const SAMPLES_PER_MS: u32 = SAMPLE_RATE_HZ / 1000;

/// What may show words of the recording besides the transcript.
pub(super) struct Views {
    pub(super) player: Rc<Player>,
    pub(super) editor: Rc<Editor>,
    pub(super) review: Rc<Review>,
    pub(super) markers: Rc<PageMarkers>,
}

/// Takes the last seconds of the recording in progress off the record: a button, and the bar that it opens.
pub(super) struct OffRecord {
    host: Host,
    status_line: StatusLine,
    views: Views,
    open: HtmlElement,
    bar: HtmlElement,
    heard: Element,
}

impl OffRecord {
    pub(super) fn new(host: &Host, status_line: &StatusLine, tools: &Element, views: Views) -> Rc<Self> {
        let open: HtmlElement = button(list_texts::OFF_RECORD, "button").unchecked_into();
        open.set_id("off-record");
        set_attribute(&open, "aria-expanded", "false");
        show(&open, false);
        tools.insert_before(&open, find("#tools > #new").as_deref().map(AsRef::as_ref)).warn_on_error();
        let bar: HtmlElement = create_element("div", "bar");
        bar.set_id("off-record-bar");
        set_attribute(&bar, "role", "group");
        set_attribute(&bar, "aria-label", list_texts::OFF_RECORD.get());
        show(&bar, false);
        let heard: Element = create_text_element("p", "", "");
        append(&bar, &[&heard]);
        for seconds in CHOICES_S.map(|seconds| seconds.to_string()) {
            let choice = button(list_texts::REMOVE_LAST, "button");
            set_text(&choice, &list_texts::REMOVE_LAST.with(&[&seconds]));
            set_attribute(&choice, "data-seconds", &seconds);
            append(&bar, &[&choice]);
        }
        append(&bar, &[&button(list_texts::OFF_RECORD_CLOSE, "button")]);
        tools.after_with_node_1(&bar).warn_on_error();
        let off_record =
            Rc::new(Self { host: host.clone(), status_line: status_line.clone(), views, open, bar, heard });
        off_record.listen();
        off_record.phase_changed(host.phase());
        off_record
    }

    fn listen(self: &Rc<Self>) {
        let [opened, chosen, pressed] = std::array::from_fn(|_| self.clone());
        on(&self.open, "click", move |_| opened.toggle());
        on(&self.bar, "click", move |event| {
            let Some(button) = closest(&event, "button") else { return };
            let seconds = number(&button, "data-seconds") as u32;
            chosen.close();
            if seconds > 0 {
                chosen.remove(seconds);
            }
        });
        on(&self.bar, "keydown", move |event| {
            if event.unchecked_ref::<KeyboardEvent>().key() == "Escape" {
                event.prevent_default();
                event.stop_propagation();
                pressed.close();
            }
        });
    }

    /// The recording has entered another phase.
    pub(super) fn phase_changed(&self, phase: RecordingPhase) {
        let is_possible = !matches!(phase, RecordingPhase::Idle | RecordingPhase::Starting);
        if !is_possible {
            self.close();
        }
        show(&self.open, is_possible);
    }

    fn toggle(&self) {
        if !self.bar.has_attribute("hidden") {
            return self.close();
        }
        let warning = [list_texts::OFF_RECORD_FINAL.get(), self.who_has_heard()].join(" ");
        set_text(&self.heard, &warning);
        set_attribute(&self.open, "aria-expanded", "true");
        show(&self.bar, true);
        if let Some(first) = find("#off-record-bar [data-seconds]") {
            focus(&first);
        }
    }

    fn close(&self) {
        let active = document().active_element();
        let had_focus = active.is_some_and(|active| self.bar.contains(Some(&active)));
        set_attribute(&self.open, "aria-expanded", "false");
        show(&self.bar, false);
        if had_focus {
            focus(&self.open);
        }
    }

    fn remove(&self, seconds: u32) {
        let before = self.host.shown_turns();
        let taken = self.host.take_off_record(seconds).zip(self.host.recordings().pop());
        let Some((to, recording)) = taken else {
            return self.status_line.set(list_texts::NOTHING_OFF_RECORD.get());
        };
        let from = to.saturating_sub(seconds * SAMPLE_RATE_HZ);
        let began_ms = recording.began_ms();
        let (from_ms, to_ms) = (u64::from(from / SAMPLES_PER_MS), u64::from(to / SAMPLES_PER_MS) + 1);
        // All of it before the page writes, so that the database never has a part of it.
        for (key, turn) in &before {
            let is_uncorrected = || {
                self.host
                    .shown_turn(key.connection.0, key.turn_order)
                    .is_some_and(|turn| turn.edited.is_none())
            };
            if turn.edited.is_some() && is_uncorrected() {
                let correction = correction_outside(turn, from_ms, to_ms);
                self.host.edit(key.connection.0, key.turn_order, correction);
            }
            if let Some(after) = self.host.shown_turn(key.connection.0, key.turn_order) {
                for index in accepted_before(turn, &after) {
                    self.host.accept_words(key.connection.0, key.turn_order, index, index + 1);
                }
            }
        }
        self.views.player.stop();
        self.views.editor.close_unless(|key| {
            let is_it = |(of, _): &&(TurnKey, ShownTurn)| {
                (of.connection.0, of.turn_order) == (key.connection, key.turn)
            };
            let text = before.iter().find(is_it).map(|(_, turn)| turn.text());
            text == self.host.shown_turn(key.connection, key.turn).map(|turn| turn.text())
        });
        if find("#review-bar:not([hidden])").is_some() {
            self.views.review.close();
        }
        self.views.markers.remove_between(began_ms, from_ms, to_ms);
        // Screen readers can still read the last turns there.
        if let Some(announced) = find("#announcer") {
            announced.set_text_content(None);
        }
        self.status_line.set(list_texts::OFF_RECORD_REMOVING.get());
        let length_s = (to - from).div_ceil(SAMPLE_RATE_HZ).to_string();
        let removed = list_texts::OFF_RECORD_DONE.with(&[&length_s, self.who_has_heard()]);
        let (status_line, host) = (self.status_line.clone(), self.host.clone());
        spawn_local(async move {
            let is_done = is_removed(&host, began_ms, (from, to), (from_ms, to_ms)).await;
            status_line.set(if is_done { &removed } else { list_texts::OFF_RECORD_STILL_STORED.get() });
        });
    }

    /// Who has heard it already, as a sentence.
    fn who_has_heard(&self) -> &'static str {
        if self.host.is_local() {
            list_texts::HEARD_BY_MODEL.get()
        } else {
            list_texts::HEARD_BY_SERVICE.get()
        }
    }
}

/// Removes what is stored of it. Returns whether nothing of it is stored any more; where the browser stores nothing for
/// this page, nothing was.
async fn is_removed(host: &Host, began_ms: f64, samples: (u32, u32), span_ms: (u64, u64)) -> bool {
    match Database::open().await {
        Ok(database) => {
            let shown = |key: TurnKey| host.shown_turn(key.connection.0, key.turn_order);
            take_off_record(&database, began_ms, samples, span_ms, shown).await.is_ok()
        }
        // There is no database, or it is forbidden to this page. After any other error something may be stored.
        Err(error) if error.is_undefined() => true,
        Err(error) => {
            matches!(get(&error, "name").as_string().as_deref(), Some("SecurityError" | "InvalidStateError"))
        }
    }
}
