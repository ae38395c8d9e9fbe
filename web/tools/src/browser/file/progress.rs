use transcription_common::{clock, texts};
use transcription_dom::{
    WarnOnError, append, create_element, find, remove_attribute, set_attribute, set_text, show,
};
use web_sys::{Element, HtmlButtonElement, HtmlProgressElement};

use crate::browser::elements::button;
use crate::file::Pace;

/// Shows which file is transcribed, and how far.
pub(super) struct Progress {
    section: Element,
    /// What screen readers read out when it changes.
    text: Element,
    bar: HtmlProgressElement,
    time: Element,
    /// Ends the reading of a file. Stop ends its transcription.
    pub(super) cancel: HtmlButtonElement,
}

impl Progress {
    pub(super) fn new() -> Self {
        let section: Element = create_element("section", "");
        section.set_id("file-progress");
        let text: Element = create_element("p", "");
        set_attribute(&text, "role", "status");
        let bar: HtmlProgressElement = create_element("progress", "");
        set_attribute(&bar, "aria-label", texts::FILE_SHARE.get());
        let time: Element = create_element("span", "");
        let cancel = button(texts::CANCEL, "button");
        append(&section, &[&text, &bar, &time, &cancel]);
        show(&section, false);
        if let Some(notice) = find("#unfinished") {
            notice.before_with_node_1(&section).warn_on_error();
        }
        Self { section, text, bar, time, cancel }
    }

    /// The file with this name is being decoded.
    pub(super) fn show_reading(&self, name: &str) {
        show(&self.section, true);
        set_text(&self.text, &texts::READING_FILE.with(&[name]));
        set_text(&self.time, "");
        show(&self.cancel, true);
        // A bar without a value moves.
        remove_attribute(&self.bar, "value");
    }

    /// A file is transcribed, as the sentence says.
    pub(super) fn show_transcribing(&self, sentence: &str, pace: &Pace) {
        set_text(&self.text, sentence);
        show(&self.cancel, false);
        let (at, of) = (pace.seconds(), pace.total_seconds());
        let time = texts::FILE_TIME.with(&[&clock(at), &clock(of), &clock(pace.seconds_left())]);
        set_text(&self.time, &time);
        self.bar.set_max(of.max(1) as f64);
        self.bar.set_value(at as f64);
    }

    pub(super) fn hide(&self) {
        show(&self.section, false);
        set_text(&self.text, "");
    }
}
