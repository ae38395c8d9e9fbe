//! The dialog: its groups and buttons, and what comes of them.

use std::cell::RefCell;
use std::rc::Rc;

use assemblyai_protocol::{Parameter, SpeechModel};
use transcription_common::texts::settings as t;
use transcription_common::texts::{CANCEL, CLOSE, SAVE, Text};
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlDialogElement, HtmlElement};

use super::super::Host;
use super::super::listener::Listener;
use super::kept::{self, Offered};
use super::rows::{Row, element, say};
use super::running::Sessions;
use crate::settings::{Choices, Effect, GROUPS, Group, Preset, REGION, Running, field};

/// The presets' buttons.
const PRESETS: [(&str, Preset, Text); 3] = [
    ("fast", Preset::Fast, t::PRESET_FAST),
    ("balanced", Preset::Balanced, t::PRESET_BALANCED),
    ("accurate", Preset::Accurate, t::PRESET_ACCURATE),
];

/// The open dialog; it goes when it is dropped.
pub(super) struct Dialog {
    form: Rc<Form>,
    _listeners: Vec<Listener>,
}

/// What is in it.
struct Form {
    dialog: HtmlDialogElement,
    rows: Vec<Row>,
    offered: Offered,
    host: Host,
    sessions: Sessions,
    /// What the form began with, or was saved last.
    saved: RefCell<Choices>,
    status: Element,
    cancel: Element,
}

impl Drop for Dialog {
    fn drop(&mut self) {
        self.form.dialog.remove();
    }
}

impl Dialog {
    /// Opens it; `closed` is told when it has closed.
    pub(super) fn open(
        document: &Document,
        offered: Offered,
        host: &Host,
        sessions: &Sessions,
        mut closed: impl FnMut() + 'static,
    ) -> Result<Self, JsValue> {
        let saved = kept::choices(&offered);
        let dialog: HtmlDialogElement = document.create_element("dialog")?.unchecked_into();
        dialog.set_id("settings-panel");
        dialog.set_attribute("aria-labelledby", "settings-title")?;
        let form = document.create_element("form")?;
        form.set_attribute("novalidate", "")?;
        let title = element(document, "h2", t::SETTINGS.get())?;
        title.set_id("settings-title");
        form.append_child(&title)?;
        form.append_child(&*element(document, "p", t::INTRODUCTION.get())?)?;
        let mut rows = Vec::new();
        for (index, group) in GROUPS.iter().enumerate() {
            let (part, own) = fieldset(document, group, &offered, &saved)?;
            if index == 0 || group.fields.iter().any(|field| saved.get(field).is_some()) {
                part.set_attribute("open", "")?;
            }
            form.append_child(&part)?;
            rows.extend(own);
        }
        let bar = document.create_element("footer")?;
        let status = element(document, "p", "")?;
        status.set_attribute("role", "status")?;
        bar.append_child(&status)?;
        let cancel = button(document, "cancel", CANCEL.get())?;
        let reset = button(document, "reset", t::RESET.get())?;
        let save = button(document, "save", SAVE.get())?;
        save.set_attribute("type", "submit")?;
        for button in [&save, &cancel, &reset] {
            bar.append_child(button)?;
        }
        form.append_child(&bar)?;
        dialog.append_child(&form)?;
        document.body().ok_or(JsValue::UNDEFINED)?.append_child(&dialog)?;

        let form = Rc::new(Form {
            dialog,
            rows,
            offered,
            host: host.clone(),
            sessions: sessions.clone(),
            saved: RefCell::new(saved),
            status,
            cancel,
        });
        let (on_change, on_submit, on_click) = (form.clone(), form.clone(), form.clone());
        let listeners = vec![
            Listener::new(&form.dialog, "input", move |event| {
                on_change.changed(event.target().as_ref().and_then(|target| target.dyn_ref()));
            }),
            Listener::new(&form.dialog, "submit", move |event| {
                event.prevent_default();
                on_submit.save();
            }),
            Listener::new(&form.dialog, "click", move |event| {
                let clicked = event.target().and_then(|target| target.dyn_into::<Element>().ok());
                if let Some(action) = clicked.and_then(|it| it.get_attribute("data-action")) {
                    on_click.act(&action);
                }
            }),
            Listener::new(&form.dialog, "close", move |_| closed()),
        ];
        form.show_use();
        form.dialog.show_modal()?;
        Ok(Self { form, _listeners: listeners })
    }
}

impl Form {
    fn act(&self, action: &str) {
        if action == "cancel" {
            self.dialog.close();
        } else if action == "reset" {
            for row in &self.rows {
                row.fill("");
                row.say_wrong(None);
            }
            self.changed(None);
            say(&self.status, t::EMPTIED.get());
        } else if let Some((_, preset, _)) = PRESETS.iter().find(|(name, ..)| *name == action) {
            for (name, text) in self.model().and_then(|model| preset.entries(&model)).into_iter().flatten() {
                if let Some(row) = self.row(name) {
                    row.fill(text);
                    row.say_wrong(None);
                }
            }
            self.changed(None);
        }
    }

    /// Something was entered: in this control, or in many.
    fn changed(&self, control: Option<&Element>) {
        // What was wrong is right now, or is told so when it is saved: nobody is interrupted in the middle of a number.
        if let Some(row) = control.and_then(|control| self.row(control.id().strip_prefix("setting-")?))
            && row.entered(&self.offered.offer).is_ok()
        {
            row.say_wrong(None);
        }
        self.show_use();
        self.show_when();
        say(&self.status, "");
        say(&self.cancel, CANCEL.get());
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.field.name == name)
    }

    /// The value of a field as it is entered, or as the server has it.
    fn value(&self, name: &str) -> Option<serde_json::Value> {
        let offer = &self.offered.offer;
        let entered = self.row(name)?.entered(offer).ok().flatten();
        entered.or_else(|| offer.default_of(name).cloned())
    }

    fn model(&self) -> Option<SpeechModel> {
        self.value("speech_model")?.as_str()?.parse().ok()
    }

    /// Shows which fields count for nothing with the model, or without another field.
    fn show_use(&self) {
        let model = self.model().unwrap_or_default();
        for row in &self.rows {
            let Some(Parameter { models, needs, .. }) = row.field.parameter() else {
                row.say_unused(None);
                continue;
            };
            let missing = needs.filter(|name| self.value(name).is_none_or(|value| value == false));
            let why = if models.include(&model) {
                missing.and_then(field).map(|other| t::ONLY_WITH.with(&[other.label.get()]))
            } else {
                Some(t::NOT_WITH_MODEL.get().to_owned())
            };
            row.say_unused(why.as_deref());
        }
    }

    /// What is entered; what is wrong stays as it was saved last.
    fn choices(&self) -> Choices {
        let offer = &self.offered.offer;
        let mut choices = self.saved.borrow().clone();
        for row in &self.rows {
            if let Ok(value) = row.entered(offer) {
                choices.choose(row.field, value, offer);
            }
        }
        choices
    }

    /// Shows for each field that was changed when that takes effect.
    fn show_when(&self) {
        let choices = self.choices();
        let effect = self.sessions.running().map(|running| running.effect(&self.offered.offer, &choices));
        let saved = self.saved.borrow();
        for row in &self.rows {
            let is_changed = saved.get(row.field) != choices.get(row.field);
            let when = match &effect {
                _ if !is_changed => "",
                None => t::WITH_NEXT_RECORDING.get(),
                Some(effect) if effect.now.contains(&row.field.name) => t::AT_ONCE.get(),
                Some(effect) if effect.cannot_be_taken_back.contains(&row.field.name) => {
                    t::CANNOT_BE_TAKEN_BACK.get()
                }
                Some(effect) if effect.next.contains(&row.field.name) => t::AT_NEXT_START.get(),
                Some(_) => "",
            };
            row.say_when(when);
        }
    }

    fn save(&self) {
        let offer = &self.offered.offer;
        let mut first = None;
        for row in &self.rows {
            // Nobody can mend what cannot be entered.
            let wrong = row.entered(offer).err().filter(|_| !row.is_unused());
            row.say_wrong(wrong.as_deref());
            if wrong.is_some() && first.is_none() {
                first = Some(row);
            }
        }
        if let Some(row) = first {
            row.focus();
            return;
        }
        let choices = self.choices();
        if choices == *self.saved.borrow() {
            say(&self.status, t::UNCHANGED.get());
        } else if kept::keep(&self.offered, &choices) {
            let effect = self.sessions.running().map(|running| self.tell(&running, &choices));
            say(&self.status, &effect.map_or_else(|| t::SAVED_FOR_NEXT.get().to_owned(), |it| told(&it)));
            self.saved.replace(choices);
            for row in &self.rows {
                row.say_when("");
            }
        } else {
            say(&self.status, t::NOT_KEPT.get());
            return;
        }
        say(&self.cancel, CLOSE.get());
    }

    /// Tells the open session what it can be told.
    fn tell(&self, running: &Running, choices: &Choices) -> Effect {
        let effect = running.effect(&self.offered.offer, choices);
        if let Some(message) = &effect.message {
            self.host.say(message);
        }
        self.sessions.was_told(effect.running.clone());
        effect
    }
}

/// What has become of the changes, in a sentence or two.
fn told(effect: &Effect) -> String {
    let labels = |names: &[&str]| {
        let labels = names.iter().filter_map(|name| Some(field(name)?.label.get()));
        labels.collect::<Vec<_>>().join(", ")
    };
    let mut sentences = vec![t::SAVED.get().to_owned()];
    if !effect.now.is_empty() {
        sentences.push(t::IN_EFFECT.with(&[&labels(&effect.now)]));
    }
    if !effect.next.is_empty() {
        sentences.push(t::WAITS.with(&[&labels(&effect.next)]));
    }
    sentences.join(" ")
}

/// A group that can be folded, with its rows.
fn fieldset(
    document: &Document,
    group: &Group,
    offered: &Offered,
    choices: &Choices,
) -> Result<(Element, Vec<Row>), JsValue> {
    let part = document.create_element("details")?;
    part.append_child(&*element(document, "summary", group.title.get())?)?;
    if group.has_presets {
        let presets = document.create_element("div")?;
        presets.set_class_name("row");
        presets.set_attribute("role", "group")?;
        presets.set_attribute("aria-label", t::PRESETS.get())?;
        for (name, _, text) in PRESETS {
            presets.append_child(&*button(document, name, text.get())?)?;
        }
        let help = element(document, "p", t::PRESETS_HELP.get())?;
        help.set_class_name("help");
        presets.append_child(&help)?;
        part.append_child(&presets)?;
    }
    let mut rows = Vec::new();
    let has_regions = offered.offer.regions().next().is_some();
    for field in group.fields.iter().filter(|field| field.name != REGION || has_regions) {
        let (element, row) = Row::new(document, field, &offered.offer, choices)?;
        part.append_child(&element)?;
        rows.push(row);
    }
    Ok((part, rows))
}

fn button(document: &Document, action: &str, text: &str) -> Result<Element, JsValue> {
    let button = element(document, "button", text)?;
    button.unchecked_ref::<HtmlElement>().set_attribute("type", "button")?;
    button.set_attribute("data-action", action)?;
    Ok(button)
}
