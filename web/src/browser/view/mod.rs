use std::cell::Cell;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use web_sys::{Document, Element, HtmlElement, KeyboardEvent, MouseEvent};

use super::Inbox;
use super::offer::OfferSection;
use crate::config::PageConfig;
use crate::event::Event;
use crate::ports::View;
use crate::recovery::RecoveryPrompt;
use crate::session::{Input, Phase, data_state};
use crate::stats;
use assemblyai_session::Place;
use assemblyai_session::SessionStats;
use assemblyai_session::SortedVecMap;
use assemblyai_session::{ShownTurn, ShownWord, TurnKey};
use transcription_common::{clock, speaker_name, texts};
use transcription_dom::Listener;

/// How many finals stay where screen readers read them from; older ones have been read.
const ANNOUNCED: u32 = 10;

/// Words of which the service is less sure are marked, in %. No source names a limit: below one in two, a word is
/// more likely wrong than right.
const DOUBTFUL_PERCENT: u8 = 50;

/// Turns lie in groups of so many. A browser that lays out one turn looks at all of its siblings, and passes over the
/// groups that are out of sight: of 5 000 turns that leaves 100 groups, and the turns of one.
const GROUP: u32 = 50;

/// A second click this soon after the one that started is the other half of a double click, in ms; who means Stop
/// takes longer. Systems give a double click 500 ms, and in these, a first word can be regretted.
const DOUBLE_CLICK_MS: f64 = 350.0;

/// Further down than any transcript goes, in px: the browser stops at its end. To ask where that is would have it lay out
/// the page at once.
const THE_END: i32 = i32::MAX;

/// The page: the elements that index.html names.
pub(crate) struct Page {
    document: Document,
    body: HtmlElement,
    record: HtmlElement,
    pause: HtmlElement,
    end_turn: Element,
    status: Element,
    to_go: Element,
    transcript: Element,
    level: Element,
    level_bar: HtmlElement,
    elapsed: Element,
    notice: Element,
    error: Element,
    error_text: Element,
    announcer: Element,
    notes: Notes,
    offer: OfferSection,
    turns: SortedVecMap<TurnKey, TurnNode>,
    /// Whether the reader is at the end, and stays there as it moves.
    follows: Rc<Cell<bool>>,
    to_the_end: Element,
    _listeners: Vec<Listener>,
}

/// A turn on the page.
struct TurnNode {
    paragraph: Element,
    time: Element,
    speaker: Element,
    mark: Element,
    settled: Element,
    unsettled: Element,
    /// Which words are drawn, by their fingerprint; 0 is none.
    words: Cell<u64>,
}

/// What the page shows of its server: that the words come from a script, and that there is something to set.
#[derive(Clone)]
pub(crate) struct Notes {
    demo: Element,
    settings: Element,
}

impl Notes {
    pub(crate) fn show(&self, config: &PageConfig) {
        show(&self.demo, config.demo);
        show(&self.settings, config.allow_client_parameters);
    }
}

impl Page {
    pub(crate) fn new(inbox: &Inbox) -> Result<Self, JsError> {
        let window = web_sys::window().ok_or_else(|| JsError::new("there is no window"))?;
        let document = window.document().ok_or_else(|| JsError::new("there is no document"))?;
        let body = document.body().ok_or_else(|| JsError::new("there is no body"))?;
        let find = |selector: &str| {
            let element = document.query_selector(selector).ok().flatten();
            element.ok_or_else(|| JsError::new(&format!("the page has no {selector}")))
        };
        let (record, error) = (find("#record")?.unchecked_into::<HtmlElement>(), find("#error")?);
        let pause = find("#pause")?.unchecked_into::<HtmlElement>();
        let to_focus = record.clone();
        let (press, press_pause, hide, shown_error) =
            (inbox.clone(), inbox.clone(), inbox.clone(), error.clone());
        let offer = OfferSection::new(&document)?;
        let (transcript, to_the_end, end_turn) =
            (find("#transcript")?, find("#to-the-end")?, find("#end-turn")?);
        let press_end_turn = inbox.clone();
        let follows = Rc::new(Cell::new(true));
        let (follow, scrolled, follow_again) = (follows.clone(), transcript.clone(), follows.clone());
        let (button, to_scroll, end) = (to_the_end.clone(), transcript.clone(), to_the_end.clone());
        let mut last_top = 0;
        let (state, mut started_ms) = (body.clone(), f64::NEG_INFINITY);
        let listeners = vec![
            // Who scrolls up stays there; who is back at the end, give or take a line, goes on with it.
            Listener::new(&transcript, "scroll", move |_| {
                let top = scrolled.scroll_top();
                let is_at_end = scrolled.scroll_height() - top - scrolled.client_height() < 40;
                if is_at_end || top < last_top {
                    follow.set(is_at_end);
                    show(&button, !is_at_end);
                } else if follow.get() {
                    // Where a browser had guessed the height of what was out of sight, the end is further down.
                    scrolled.set_scroll_top(THE_END);
                }
                last_top = top;
            }),
            Listener::new(&to_the_end, "click", move |_| {
                follow_again.set(true);
                show(&end, false);
                to_scroll.set_scroll_top(THE_END);
                // The button that had the focus is gone.
                let _ = to_scroll.unchecked_ref::<HtmlElement>().focus();
            }),
            Listener::new(&end_turn, "click", move |_| press_end_turn.put(Input::EndTurn)),
            Listener::new(&record, "click", move |event| {
                let at_ms = event.time_stamp();
                // The second click of a double click would stop what the first has started.
                if event.unchecked_into::<MouseEvent>().detail() < 2 || at_ms - started_ms > DOUBLE_CLICK_MS {
                    if state.get_attribute("data-state").as_deref() == Some("idle") {
                        started_ms = at_ms;
                    }
                    press.put(Event::RecordPressed);
                }
            }),
            Listener::new(&pause, "click", move |_| press_pause.put(Event::PausePressed)),
            // So would a key that is held down.
            Listener::new(&record, "keydown", |event| {
                let key = event.unchecked_ref::<KeyboardEvent>();
                if key.repeat() && ["Enter", " "].contains(&key.key().as_str()) {
                    event.prevent_default();
                }
            }),
            Listener::new(&find("#error button")?.into(), "click", move |_| {
                show(&shown_error, false);
                // The button that had the focus is gone.
                let _ = to_focus.focus();
            }),
            Listener::new(&window, "pagehide", move |_| hide.put(Input::Leave)),
        ];
        Ok(Self {
            body,
            record,
            pause,
            end_turn,
            status: find("#status")?,
            to_go: find("#to-go")?,
            transcript,
            follows,
            to_the_end,
            level: find("#level")?,
            level_bar: find("#level div")?.unchecked_into(),
            elapsed: find("#elapsed")?,
            notice: find("#notice")?,
            error_text: find("#error p")?,
            error,
            announcer: find("#announcer")?,
            notes: Notes { demo: find("#demo")?, settings: find("#settings")? },
            offer,
            turns: SortedVecMap::default(),
            _listeners: listeners,
            document,
        })
    }

    pub(crate) fn notes(&self) -> Notes {
        self.notes.clone()
    }

    pub(crate) fn offer(&self) -> &OfferSection {
        &self.offer
    }

    fn new_turn(&self, key: TurnKey) -> Result<TurnNode, JsValue> {
        let paragraph = self.document.create_element("p")?;
        paragraph.set_attribute("dir", "auto")?;
        paragraph.set_attribute("data-connection", &key.connection.0.to_string())?;
        paragraph.set_attribute("data-turn", &key.turn_order.to_string())?;
        let part = |name: &str, class: &str, parent: &Element| {
            let element = self.document.create_element(name)?;
            element.set_class_name(class);
            parent.append_child(&element)?;
            Ok::<Element, JsValue>(element)
        };
        let label = part("span", "label", &paragraph)?;
        // Of its own: whichever way a speaker's name runs, the words run theirs.
        label.set_attribute("dir", "auto")?;
        Ok(TurnNode {
            time: part("time", "", &label)?,
            speaker: part("b", "speaker", &label)?,
            mark: part("i", "mark", &label)?,
            settled: part("span", "settled", &paragraph)?,
            unsettled: part("span", "unsettled", &paragraph)?,
            words: Cell::new(0),
            paragraph,
        })
    }

    /// Where the next turn goes.
    fn last_group(&self) -> Result<Element, JsValue> {
        let last = self.transcript.last_element_child();
        if let Some(last) = last.filter(|last| last.child_element_count() < GROUP) {
            return Ok(last);
        }
        let group = self.document.create_element("div")?;
        self.transcript.append_child(&group)?;
        Ok(group)
    }

    /// Each word with its times, in ms of the recording.
    fn draw_words(&self, into: &Element, words: &[ShownWord]) {
        into.set_text_content(None);
        for (index, word) in words.iter().enumerate() {
            let Ok(span) = self.document.create_element("span") else { return };
            let _ = span.set_attribute("data-start", &word.start_ms.to_string());
            let _ = span.set_attribute("data-end", &word.end_ms.to_string());
            if let Some(percent) = word.confidence_percent {
                let _ = span.set_attribute("data-confidence", &percent.to_string());
                if percent < DOUBTFUL_PERCENT {
                    span.set_class_name("doubtful");
                }
            }
            if !word.speaker.is_empty() {
                let _ = span.set_attribute("data-speaker", &word.speaker);
            }
            span.set_text_content(Some(&word.text));
            if index > 0 {
                let _ = into.append_with_str_1(" ");
            }
            let _ = into.append_child(&span);
        }
    }

    /// Shows the tools where there is something for them, be it without words.
    fn show_tools(&self, is_shown: bool) {
        let _ = self.body.toggle_attribute_with_force("data-recorded", is_shown);
    }

    /// Shows or hides a button; where it had the focus, Record has it then.
    fn show_button(&self, button: &Element, is_shown: bool) {
        let has_focus =
            self.document.active_element().is_some_and(|active| active.is_same_node(Some(button)));
        show(button, is_shown);
        if has_focus && !is_shown {
            let _ = self.record.focus();
        }
    }

    /// Keeps the end in sight.
    fn transition(&self) {
        if self.follows.get() {
            self.transcript.set_scroll_top(THE_END);
        }
    }
}

impl View for Page {
    fn show_phase(&mut self, phase: Phase) {
        let label = if phase == Phase::Idle { texts::RECORD } else { texts::STOP };
        let status = match phase {
            Phase::Idle => texts::READY.get(),
            Phase::Starting => texts::WAITING_FOR_MICROPHONE.get(),
            Phase::Connecting => texts::RECORDING_CONNECTING.get(),
            Phase::Recording => texts::RECORDING.get(),
            Phase::Reconnecting => texts::RECORDING_RECONNECTING.get(),
            Phase::Paused => texts::PAUSED.get(),
            Phase::NoMicrophone => texts::WAITING_FOR_A_MICROPHONE.get(),
            Phase::Sending(0) => texts::CONNECTING_TO_SEND.get(),
            Phase::Sending(_) => texts::SENDING.get(),
            Phase::Stopping => texts::FINISHING.get(),
        };
        let _ = self.body.set_attribute("data-state", data_state(phase));
        // Until here it would have done nothing.
        let _ = self.record.remove_attribute("disabled");
        let is_ending = phase == Phase::Stopping;
        let _ = self.record.set_attribute("aria-disabled", if is_ending { "true" } else { "false" });
        set_text(&self.record, label.get());
        set_text(&self.status, status);
        // Beside the status: what is in it is read out, and nobody wants to hear each second.
        let to_go = match phase {
            Phase::Sending(seconds) if seconds > 0 => texts::TO_GO.with(&[&clock(seconds)]),
            _ => String::new(),
        };
        set_text(&self.to_go, &to_go);
        let can_pause = matches!(
            phase,
            Phase::Connecting | Phase::Recording | Phase::Reconnecting | Phase::Paused | Phase::NoMicrophone
        );
        self.show_button(&self.pause, can_pause);
        let pause = match phase {
            Phase::Paused => texts::RESUME,
            Phase::NoMicrophone => texts::TRY_AGAIN,
            _ => texts::PAUSE,
        };
        set_text(&self.pause, pause.get());
        self.show_button(&self.end_turn, phase == Phase::Recording);
    }

    fn show_level(&mut self, peak: f32) {
        // Decibels from -60 to 0: loudness as it is heard.
        let share = (1.0 + 20.0 * peak.max(1e-6).log10() / 60.0).clamp(0.0, 1.0);
        // Whole numbers: to print others takes 12 kB of code.
        let percent = (share * 100.0).round() as u32;
        let _ = self
            .level_bar
            .style()
            .set_property("transform", &format!("scaleX({}.{:02})", percent / 100, percent % 100));
        let _ = self.level.set_attribute("aria-valuenow", &percent.to_string());
    }

    fn show_elapsed_s(&mut self, seconds: u64) {
        set_text(&self.elapsed, &clock(seconds));
        if seconds > 0 {
            self.show_tools(true);
        }
        // A browser may find later, and without a word, that what it had guessed the height of is higher.
        self.transition();
    }

    fn draw(&mut self, key: TurnKey, turn: &ShownTurn, place: Place) {
        if self.turns.get(key).is_none() {
            // Fails only for element names that are none.
            let Ok(node) = self.new_turn(key) else { return };
            let next = match place {
                Place::Before(next) => self.turns.get(next),
                Place::Same | Place::Last => None,
            };
            if let Some(next) = next {
                let _ = next.paragraph.before_with_node_1(&node.paragraph);
            } else if let Ok(group) = self.last_group() {
                let _ = group.append_child(&node.paragraph);
            }
            self.turns.insert(key, node);
            self.show_tools(true);
        }
        let Some(node) = self.turns.get(key) else { return };
        let space = if turn.settled.is_empty() || turn.unsettled.is_empty() { "" } else { " " };
        let has_words = turn.edited.is_none() && turn.is_final && !turn.is_gap && turn.has_all_words();
        let print = if has_words { fingerprint(&turn.words) } else { 0 };
        let is_drawn = node.words.replace(print) == print;
        if let Some(edited) = &turn.edited {
            set_text(&node.settled, edited);
        } else if has_words {
            // What a reader has in hand, a word in focus or a part selected, stays so.
            if !is_drawn {
                self.draw_words(&node.settled, &turn.words);
            }
        } else {
            set_text(&node.settled, &[&turn.settled, space].concat());
        }
        set_text(&node.unsettled, &turn.unsettled);
        let time = turn.from_ms.filter(|_| !turn.is_gap).map(|ms| clock(ms / 1000));
        set_text(&node.time, &time.unwrap_or_default());
        set_text(&node.speaker, &speaker_name(&turn.speaker).unwrap_or_default());
        let _ = node.speaker.set_attribute("data-speaker", &turn.speaker.label);
        let marks = [(turn.is_revised, texts::REVISED), (turn.edited.is_some(), texts::EDITED)];
        let marks: Vec<&str> = marks.iter().filter(|(is_so, _)| *is_so).map(|(_, text)| text.get()).collect();
        set_text(&node.mark, &marks.join(", "));
        if !turn.language.is_empty() {
            let _ = node.paragraph.set_attribute("lang", &turn.language);
        }
        let _ = node.paragraph.toggle_attribute_with_force("data-edited", turn.edited.is_some());
        let _ = node.paragraph.toggle_attribute_with_force("data-revised", turn.is_revised);
        let _ = node.paragraph.toggle_attribute_with_force("data-final", turn.is_final && !turn.is_gap);
        let _ = node.paragraph.toggle_attribute_with_force("data-gap", turn.is_gap);
        self.transition();
    }

    fn remove(&mut self, key: TurnKey) {
        if let Some(node) = self.turns.remove(key) {
            let group = node.paragraph.parent_element();
            node.paragraph.remove();
            if let Some(group) = group.filter(|group| group.child_element_count() == 0) {
                group.remove();
            }
        }
    }

    fn clear(&mut self) {
        self.turns.clear();
        self.transcript.set_text_content(None);
        self.announcer.set_text_content(None);
        self.follows.set(true);
        show(&self.to_the_end, false);
        self.show_tools(false);
    }

    fn announce(&mut self, text: &str) {
        let Ok(line) = self.document.create_element("p") else { return };
        set_text(&line, text);
        let _ = self.announcer.append_child(&line);
        while self.announcer.child_element_count() > ANNOUNCED {
            let Some(oldest) = self.announcer.first_element_child() else { return };
            oldest.remove();
        }
    }

    fn show_notice(&mut self, sentence: Option<&str>) {
        set_text(&self.notice, sentence.unwrap_or_default());
        show(&self.notice, sentence.is_some());
    }

    fn show_recovery_prompt(&mut self, offer: Option<&RecoveryPrompt>) {
        self.offer.show(offer, &self.record);
    }

    fn show_stats(&mut self, stats: &SessionStats) {
        for (name, value) in stats::rows(stats) {
            if let Some(element) = self.document.get_element_by_id(&["figure-", name].concat()) {
                set_text(&element, &value);
            }
        }
    }

    fn show_failure(&mut self, sentence: Option<&str>) {
        set_text(&self.error_text, sentence.unwrap_or_default());
        show(&self.error, sentence.is_some());
        if sentence.is_some() {
            // In a small window it may be above what is seen.
            self.error.scroll_into_view();
        }
    }
}

/// A number that other words do not have (FNV-1a, over numbers for bytes).
fn fingerprint(words: &[ShownWord]) -> u64 {
    let mut print = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |number: u64| print = (print ^ number).wrapping_mul(0x0100_0000_01b3);
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
    print
}

/// The same text again would be read out again.
pub(crate) fn set_text(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

pub(crate) fn show(element: &Element, is_shown: bool) {
    // Fails only for attribute names that are none.
    let _ = element.toggle_attribute_with_force("hidden", !is_shown);
}
