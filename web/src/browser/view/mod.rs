//! The page that the user sees: the elements that index.html names.
//!
//! Reading order: `controls` (buttons and status), `level_meter`, `transcript` (all turns, and scrolling), `turn` (one of them),
//! `recovery_section`, `server_info`.

mod controls;
mod level_meter;
mod recovery_section;
mod server_info;
mod transcript;
mod turn;

use assemblyai_session::{Place, ShownTurn, TurnKey};
use transcription_common::clock;
use transcription_dom::{
    Listener, append, create_text_element, document, find, focus, require, set_text, show, toggle_attribute,
    window,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlElement};

use super::EventQueue;
use super::tools::Loader;
use crate::event::Event;
use crate::ports::View;
use crate::recovery::RecoveryPrompt;
use crate::session::{ConnectionId, Input, Phase, recording_phase};
use controls::Controls;
use level_meter::LevelMeter;
use recovery_section::RecoverySection;
pub(crate) use server_info::ServerInfo;
use transcript::Transcript;

/// How many final turns stay in the region that screen readers read out; older ones have been read.
const ANNOUNCED: u32 = 10;

/// The page.
pub(crate) struct Page {
    body: HtmlElement,
    controls: Controls,
    transcript: Transcript,
    level: LevelMeter,
    elapsed: Element,
    notice: Element,
    sign_in: Element,
    error: Element,
    error_text: Element,
    announcer: Element,
    server_info: ServerInfo,
    recovery: RecoverySection,
    tools: Loader,
    _listeners: [Listener; 3],
}

impl Page {
    /// Finds the elements and listens for their events.
    pub(crate) fn new(queue: &EventQueue, tools: Loader) -> Result<Self, JsError> {
        let body: HtmlElement = require("body")?;
        let controls = Controls::new(queue, &body, &tools)?;
        let (error, dismiss): (Element, Element) = (require("#error")?, require("#error button")?);
        let (record, shown_error, of_dismiss) = (controls.record().clone(), error.clone(), tools.clone());
        let (leaving, hiding) = (queue.clone(), queue.clone());
        let listeners = [
            Listener::new(&dismiss, "click", move |_| {
                show(&shown_error, false);
                of_dismiss.message_changed(true, "");
                // The button with the focus is hidden now.
                focus(&record);
            }),
            Listener::new(&window(), "pagehide", move |_| leaving.put(Input::Leave)),
            Listener::new(&document(), "visibilitychange", move |_| {
                if document().hidden() {
                    hiding.put(Event::FlushStore);
                }
            }),
        ];
        Ok(Self {
            body,
            controls,
            transcript: Transcript::new(tools.clone())?,
            level: LevelMeter::new(tools.clone())?,
            elapsed: require("#elapsed")?,
            notice: require("#notice")?,
            sign_in: require("#sign-in")?,
            error_text: require("#error p")?,
            error,
            announcer: require("#announcer")?,
            server_info: ServerInfo::new()?,
            recovery: RecoverySection::new(queue)?,
            tools,
            _listeners: listeners,
        })
    }

    pub(crate) fn server_info(&self) -> ServerInfo {
        self.server_info.clone()
    }

    /// Shows a sentence in an element of a section, or hides the section, and passes it on to the tools.
    fn show_message(&self, section: &Element, text: &Element, sentence: Option<&str>, is_error: bool) {
        let shown = sentence.unwrap_or_default();
        set_text(text, shown);
        show(section, sentence.is_some());
        self.tools.message_changed(is_error, shown);
    }

    /// Shows the tools once there is a transcript or a recording, even one without words.
    fn show_or_hide_tools(&self, is_shown: bool) {
        toggle_attribute(&self.body, "data-recorded", is_shown);
    }
}

impl View for Page {
    fn show_phase(&mut self, phase: Phase) {
        let recording_phase = recording_phase(phase);
        self.controls.show_phase(phase, recording_phase);
        self.tools.phase_changed(recording_phase);
    }

    fn show_level(&mut self, peak: f32) {
        self.level.show(peak);
    }

    fn clear_level(&mut self) {
        self.level.clear();
    }

    fn show_elapsed_s(&mut self, seconds: u64) {
        // A browser estimates the height of turns that are out of sight, and may correct it without an event. First:
        // after a change it would have to lay the page out for it.
        self.transcript.scroll_to_end_if_following();
        set_text(&self.elapsed, &clock(seconds));
        self.tools.elapsed_changed(seconds as u32);
        if seconds > 0 {
            self.show_or_hide_tools(true);
        }
    }

    fn draw(&mut self, key: TurnKey, turn: &ShownTurn, place: Place) {
        let is_new = self.transcript.draw(key, turn, place);
        if is_new {
            self.show_or_hide_tools(true);
        }
    }

    fn remove(&mut self, key: TurnKey) {
        self.transcript.remove(key);
    }

    fn show_tools(&mut self) {
        self.show_or_hide_tools(true);
        // They style the turns, and show the markers of a stored recording.
        self.tools.load_early();
    }

    fn clear(&mut self) {
        self.transcript.clear();
        self.announcer.set_text_content(None);
        self.show_or_hide_tools(false);
    }

    fn announce(&mut self, text: &str) {
        append(&self.announcer, &[&create_text_element("p", "", text)]);
        while self.announcer.child_element_count() > ANNOUNCED {
            let Some(oldest) = self.announcer.first_element_child() else { return };
            oldest.remove();
        }
    }

    fn show_notice(&mut self, sentence: Option<&str>, asks_to_sign_in: bool) {
        show(&self.sign_in, asks_to_sign_in);
        self.show_message(&self.notice, &self.notice, sentence, false);
    }

    fn report_stored_again(&mut self, first: ConnectionId) {
        self.tools.report_stored_again(first);
    }

    fn show_recovery_prompt(&mut self, prompt: Option<&RecoveryPrompt>) {
        self.recovery.show(prompt, self.controls.record());
        if prompt.is_some() {
            self.tools.load_early();
        }
    }

    fn show_stat(&mut self, selector: &str, value: &str) {
        if let Some(element) = find(selector) {
            element.set_text_content(Some(value));
        }
    }

    fn show_failure(&mut self, sentence: Option<&str>) {
        self.show_message(&self.error, &self.error_text, sentence, true);
        if sentence.is_some() {
            // In a small window it may be above the visible part.
            self.error.scroll_into_view();
        }
    }
}

/// Whether an element has the focus.
fn has_focus(element: &Element) -> bool {
    document().active_element().is_some_and(|active| active.is_same_node(Some(element)))
}
