use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::texts;
use transcription_dom::{
    Interval, Listener, WarnOnError, append, create_element, create_text_element, document, find,
    set_attribute, set_text, show, toggle_attribute, warn_if_rejected,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{AnalyserNode, AudioContext, Element, MediaStreamAudioSourceNode};

use super::Source;
use crate::level::percent;

/// The time between two drawings, in ms.
const TICK_MS: i32 = 200;
/// How many drawings there are to each value for assistive technology: one a second.
const TICKS_PER_VALUE: u32 = 5;
/// Samples of which the loudest is drawn: 170 ms at 48 kHz.
const WINDOW: u32 = 8_192;

/// The levels of sources that are recorded together, in the page's footer. Clones share their state.
#[derive(Clone)]
pub(super) struct Levels(Rc<Section>);

struct Section {
    element: Element,
    meters: Element,
    /// What screen readers read out when it changes.
    note: Element,
    shown: RefCell<Option<Shown>>,
}

/// What is shown while the sources are recorded.
struct Shown {
    // First, so that the listeners are dropped before what they listen to.
    _listeners: Vec<Listener>,
    _ticks: Interval,
    meters: Vec<Meter>,
    ticks: u32,
    /// Of the levels alone: the sound that is recorded does not go through it.
    context: AudioContext,
}

/// The level of one source.
struct Meter {
    source: Source,
    analyser: AnalyserNode,
    /// Held because a browser may collect it.
    _node: MediaStreamAudioSourceNode,
    element: Element,
    path: Element,
    highest: u8,
}

impl Levels {
    pub(super) fn new() -> Self {
        let section: Element = create_element("div", "");
        section.set_id("source-levels");
        set_attribute(&section, "role", "group");
        set_attribute(&section, "aria-label", texts::SOURCE_LEVELS.get());
        let meters: Element = create_element("div", "");
        let note: Element = create_element("p", "");
        set_attribute(&note, "role", "status");
        note.set_id("source-note");
        append(&section, &[&meters]);
        show(&section, false);
        if let Some(footer) = find("footer") {
            // The note is never hidden: screen readers announce only what changes in an element that they know.
            append(&footer, &[&section, &note]);
        }
        Self(Rc::new(Section { element: section, meters, note, shown: RefCell::default() }))
    }

    /// Shows the sources from now on until all of them have ended, and a note.
    pub(super) fn show(&self, shared: Source, microphone: Option<Source>, note: &str) {
        self.close();
        let Some(shown) = self.open(shared, microphone).warn_on_error() else { return };
        self.0.shown.replace(Some(shown));
        show(&self.0.element, true);
        set_text(&self.0.note, note);
        // One may have ended while the user was asked for the other.
        self.say_what_has_ended();
    }

    fn open(&self, shared: Source, microphone: Option<Source>) -> Result<Shown, JsValue> {
        let context = AudioContext::new()?;
        let (mut meters, mut listeners) = (vec![], vec![]);
        for source in [Some(shared), microphone].into_iter().flatten() {
            if let Some(track) = source.track() {
                let levels = Rc::downgrade(&self.0);
                // Before the page's own listener, which is added later.
                listeners.push(Listener::new(&track, "ended", move |event| {
                    let levels = levels.upgrade().map(Self);
                    if levels.is_some_and(|levels| levels.say_what_has_ended()) {
                        event.stop_immediate_propagation();
                    }
                }));
            }
            meters.push(Meter::new(&context, source)?);
        }
        for meter in &meters {
            append(&self.0.meters, &[&meter.draw_frame()]);
        }
        let levels = Rc::downgrade(&self.0);
        let ticks = Interval::new(TICK_MS, move || levels.upgrade().map(Self).iter().for_each(Self::tick));
        Ok(Shown { _listeners: listeners, _ticks: ticks, meters, ticks: 0, context })
    }

    /// Says which source has ended, and returns whether another is still recorded.
    fn say_what_has_ended(&self) -> bool {
        let shown = self.0.shown.borrow();
        let Some([shared, microphone]) = shown.as_ref().and_then(|shown| shown.meters.first_chunk()) else {
            return false;
        };
        let name = &microphone.source.name;
        let text = match (shared.source.has_ended(), microphone.source.has_ended()) {
            (true, false) => texts::SHARING_ENDED_BESIDE,
            (false, true) => texts::MICROPHONE_ENDED_BESIDE,
            (has_ended, _) => return !has_ended,
        };
        set_text(&self.0.note, &text.with(&[name]));
        true
    }

    fn tick(&self) {
        let mut shown = self.0.shown.borrow_mut();
        let Some(Shown { meters, ticks, .. }) = shown.as_mut() else { return };
        if meters.iter().all(|meter| meter.source.has_ended()) {
            drop(shown);
            let levels = self.clone();
            // Not while the callback runs that this drops.
            return spawn_local(async move { levels.close() });
        }
        *ticks += 1;
        if document().hidden() {
            return;
        }
        for meter in meters {
            meter.draw(ticks.is_multiple_of(TICKS_PER_VALUE));
        }
    }

    fn close(&self) {
        let shown = self.0.shown.take();
        show(&self.0.element, false);
        set_text(&self.0.note, "");
        self.0.meters.set_text_content(None);
        drop(shown);
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        warn_if_rejected(self.context.close());
    }
}

impl Meter {
    fn new(context: &AudioContext, source: Source) -> Result<Self, JsValue> {
        let (node, analyser) =
            (context.create_media_stream_source(&source.stream)?, context.create_analyser()?);
        analyser.set_fft_size(WINDOW);
        node.connect_with_audio_node(&analyser)?;
        let meter: Element = create_element("div", "meter");
        set_attribute(&meter, "role", "meter");
        set_attribute(&meter, "aria-label", &texts::LEVEL_OF.with(&[&source.name]));
        for (name, value) in [("aria-valuemin", "0"), ("aria-valuemax", "100"), ("aria-valuenow", "0")] {
            set_attribute(&meter, name, value);
        }
        // A meter as the page's own.
        let drawing = find("#level svg").ok_or(JsValue::UNDEFINED)?.clone_node_with_deep(true)?;
        let drawing: Element = drawing.unchecked_into();
        set_attribute(&drawing, "viewBox", "0 -5 100 10");
        let path = drawing.query_selector("path")?.ok_or(JsValue::UNDEFINED)?;
        append(&meter, &[&drawing]);
        Ok(Self { source, analyser, _node: node, element: meter, path, highest: 0 })
    }

    /// The name of the source beside its level.
    fn draw_frame(&self) -> Element {
        let frame: Element = create_element("div", "");
        let name: Element = create_text_element("span", "", &self.source.name);
        append(&frame, &[&name, &self.element]);
        frame
    }

    fn draw(&mut self, is_value_due: bool) {
        let mut samples = vec![0.0; WINDOW as usize];
        self.analyser.get_float_time_domain_data(&mut samples);
        let has_ended = self.source.has_ended();
        toggle_attribute(&self.element, "data-ended", has_ended);
        let level = if has_ended { 0 } else { percent(&samples) };
        self.highest = self.highest.max(level);
        set_attribute(&self.path, "d", &["M0 0h", &level.to_string()].concat());
        if is_value_due {
            set_attribute(&self.element, "aria-valuenow", &std::mem::take(&mut self.highest).to_string());
        }
    }
}
