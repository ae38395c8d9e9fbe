use std::cell::Cell;

use transcription_common::clock;
use transcription_common::texts::{self, Text};
use transcription_dom::{WarnOnError, append, create_element, document, set_attribute, set_text, show};
use web_sys::{Element, HtmlElement, HtmlInputElement};

use crate::browser::elements::button;
use crate::browser::icons;

const PLAY: &str = "M8 5v14l11-7z";
const PAUSE: &str = "M9 5v14M15 5v14";
const BACK: &str = "M4.5 9a8 8 0 1 1-.5 3M4 4v5h5";
const FORWARD: &str = "M19.5 9a8 8 0 1 0 .5 3M20 4v5h-5";

/// How far the position may be from what is shown, in ms: four changes a second are enough for the eye.
const STEP_MS: u64 = 250;

/// The controls of playback: play, pause, back, forward, and where in the recordings it is.
pub(super) struct PlaybackBar {
    bar: HtmlElement,
    pub(super) play: HtmlElement,
    pub(super) pause: HtmlElement,
    pub(super) back: HtmlElement,
    pub(super) forward: HtmlElement,
    pub(super) slider: HtmlInputElement,
    time: Element,
    length_ms: Cell<u64>,
    position_ms: Cell<u64>,
    /// Where it was when the user began to move the slider, which then stays where the user has it.
    dragged_from_ms: Cell<Option<u64>>,
    moves: Cell<u32>,
}

impl PlaybackBar {
    /// Adds the hidden bar below the tools.
    pub(super) fn new(tools: &Element) -> Self {
        let bar: HtmlElement = create_element("div", "");
        bar.set_id("playback");
        set_attribute(&bar, "role", "group");
        set_attribute(&bar, "aria-label", texts::PLAYBACK.get());
        show(&bar, false);
        let icon = |id: &str, label: Text, path: &str| {
            let button: HtmlElement = button(label, "button").into();
            set_text(&button, "");
            button.set_id(id);
            for attribute in ["aria-label", "title"] {
                set_attribute(&button, attribute, label.get());
            }
            icons::prepend(&button, path);
            button
        };
        let (play, pause) =
            (icon("play", texts::PLAY, PLAY), icon("pause-playback", texts::PAUSE_PLAYBACK, PAUSE));
        let (back, forward) =
            (icon("play-back", texts::PLAY_BACK, BACK), icon("play-forward", texts::PLAY_FORWARD, FORWARD));
        show(&pause, false);
        let slider: HtmlInputElement = create_element("input", "");
        slider.set_type("range");
        set_attribute(&slider, "aria-label", texts::POSITION.get());
        // An arrow key moves it by so much.
        slider.set_step("1000");
        let time: Element = create_element("span", "");
        append(&bar, &[&play, &pause, &back, &forward, &slider, &time]);
        tools.after_with_node_1(&bar).warn_on_error();
        let (length_ms, position_ms, dragged_from_ms) = (Cell::new(0), Cell::new(0), Cell::default());
        let moves = Cell::default();
        Self { bar, play, pause, back, forward, slider, time, length_ms, position_ms, dragged_from_ms, moves }
    }

    /// Shows the bar for recordings of this length, or hides it if there is none.
    pub(super) fn set_length(&self, length_ms: u64) {
        if self.length_ms.replace(length_ms) != length_ms {
            self.position_ms.set(self.position_ms.get().min(length_ms));
            // A whole number of steps: otherwise the end could not be reached.
            self.slider.set_max(&length_ms.next_multiple_of(1000).to_string());
            self.draw();
            self.name_position();
        }
        show(&self.bar, length_ms > 0);
    }

    /// Shows whether it plays.
    pub(super) fn set_playing(&self, is_playing: bool) {
        let active = document().active_element();
        let (shown, hidden) = if is_playing { (&self.pause, &self.play) } else { (&self.play, &self.pause) };
        show(shown, true);
        if active.is_some_and(|active| active.is_same_node(Some(hidden))) {
            // A button that is hidden loses the focus.
            transcription_dom::focus(shown);
        }
        show(hidden, false);
    }

    /// Where it plays, or would, in ms from the start of the first recording.
    pub(super) fn position_ms(&self) -> u64 {
        self.position_ms.get()
    }

    /// Whether all has been played.
    pub(super) fn is_at_the_end(&self) -> bool {
        self.position_ms.get() + STEP_MS >= self.length_ms.get()
    }

    /// Moves to a position, at the latest the end.
    pub(super) fn set_position(&self, position_ms: u64) {
        self.position_ms.set(position_ms.min(self.length_ms.get()));
        self.draw();
        self.name_position();
    }

    /// The position while it plays.
    pub(super) fn follow(&self, position_ms: u64) {
        if !self.is_dragged() && self.position_ms.get().abs_diff(position_ms) >= STEP_MS {
            self.position_ms.set(position_ms.min(self.length_ms.get()));
            self.draw();
            // Screen readers read out each new value of what has the focus: then only those that the user chooses.
            let active = document().active_element();
            if !active.is_some_and(|active| active.is_same_node(Some(&self.slider))) {
                self.name_position();
            }
        }
    }

    /// Shows the time at which the slider is while the user moves it.
    pub(super) fn drag(&self) {
        self.moves.set(self.moves.get() + 1);
        let from_ms = self.dragged_from_ms.get().unwrap_or(self.position_ms.get());
        self.dragged_from_ms.set(Some(from_ms));
        self.position_ms.set((self.slider.value_as_number() as u64).min(self.length_ms.get()));
        self.draw();
        self.name_position();
    }

    /// How often the user has moved the slider.
    pub(super) fn moves(&self) -> u32 {
        self.moves.get()
    }

    /// Whether the user is moving the slider.
    pub(super) fn is_dragged(&self) -> bool {
        self.dragged_from_ms.get().is_some()
    }

    /// The user has let go of the slider without a change: it is back where it was.
    pub(super) fn end_drag(&self) {
        if let Some(from_ms) = self.dragged_from_ms.take() {
            self.set_position(from_ms);
        }
    }

    /// The user has moved the slider.
    pub(super) fn drop_slider(&self) -> u64 {
        self.dragged_from_ms.set(None);
        self.slider.value_as_number() as u64
    }

    fn draw(&self) {
        if !self.is_dragged() {
            self.slider.set_value_as_number(self.position_ms.get() as f64);
        }
        set_text(&self.time, &self.times().join(" / "));
    }

    /// Names the position for screen readers.
    fn name_position(&self) {
        let [position, length] = self.times();
        set_attribute(&self.slider, "aria-valuetext", &texts::FOUND.with(&[&position, &length]));
    }

    /// The position and the length.
    fn times(&self) -> [String; 2] {
        [self.position_ms.get(), self.length_ms.get()].map(|ms| clock(ms / 1000))
    }
}
