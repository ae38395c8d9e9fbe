//! The dialog: its groups and buttons.

use std::cell::RefCell;
use std::rc::Rc;

use assemblyai_protocol::{Parameter, SpeechModel};
use transcription_common::texts::settings as t;
use transcription_common::texts::{CANCEL, CLOSE, SAVE, Text};
use transcription_dom::{
    Listener, WarnOnError, append, closest, create_element, create_text_element, document, set_attribute,
    set_text,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlDialogElement};

use super::active_session::Sessions;
use super::rows::Row;
use super::storage::{self, LoadedConfig};
use crate::browser::elements::ends;
use crate::settings::{
    ChangePlan, GROUPS, Group, Preset, ServerConfig, UserSettings, control_text, field, summary,
};

/// The presets' buttons.
const PRESETS: [(&str, Preset, Text); 3] = [
    ("fast", Preset::Fast, t::PRESET_FAST),
    ("balanced", Preset::Balanced, t::PRESET_BALANCED),
    ("accurate", Preset::Accurate, t::PRESET_ACCURATE),
];

/// The open dialog; it is removed from the page when this is dropped.
pub(super) struct Dialog {
    form: Rc<Form>,
    _listeners: Vec<Listener>,
}

/// The dialog's elements and data.
struct Form {
    dialog: HtmlDialogElement,
    rows: Vec<Row>,
    /// The groups, and for each the part of its heading line that says what is set.
    summaries: Vec<(&'static Group, Element)>,
    loaded: LoadedConfig,
    sessions: Sessions,
    /// The settings that were stored last.
    saved: RefCell<UserSettings>,
    status: Element,
    cancel: Element,
}

impl Drop for Dialog {
    fn drop(&mut self) {
        self.form.dialog.remove();
    }
}

impl Dialog {
    /// Opens the dialog; `closed` is called when it has closed.
    pub(super) fn open(
        loaded: LoadedConfig,
        sessions: &Sessions,
        mut closed: impl FnMut() + 'static,
    ) -> Result<Self, JsValue> {
        let saved = storage::read(&loaded);
        let dialog: HtmlDialogElement = create_element("dialog", "");
        dialog.set_id("settings-panel");
        set_attribute(&dialog, "aria-labelledby", "settings-title");
        let form: Element = create_element("form", "");
        set_attribute(&form, "novalidate", "");
        let title: Element = create_text_element("h2", "", t::SETTINGS.get());
        title.set_id("settings-title");
        append(&form, &[&title, &create_text_element("p", "", t::INTRODUCTION.get())]);
        let (mut rows, mut summaries) = (Vec::new(), Vec::new());
        let groups = GROUPS.iter().filter(|group| group.fields.iter().any(|it| loaded.config.offers(it)));
        for (index, group) in groups.enumerate() {
            let (part, set, group_rows) = fieldset(group, &loaded.config, &saved);
            summaries.push((group, set));
            if index == 0 || group.fields.iter().any(|field| saved.get(field).is_some()) {
                set_attribute(&part, "open", "");
            }
            append(&form, &[&part]);
            rows.extend(group_rows);
        }
        let status: Element = create_text_element("p", "", "");
        set_attribute(&status, "role", "status");
        let cancel = button("cancel", CANCEL.get());
        let reset = button("reset", t::RESET.get());
        let save = button("save", SAVE.get());
        set_attribute(&save, "type", "submit");
        save.set_class_name("primary");
        reset.set_class_name("apart");
        let bar: Element = create_element("footer", "");
        append(&bar, &[&status, &ends(&[&reset, &cancel, &save])]);
        append(&form, &[&bar]);
        append(&dialog, &[&form]);
        let body = document().body().ok_or(JsValue::UNDEFINED)?;
        append(&body, &[&dialog]);

        let form = Rc::new(Form {
            dialog,
            rows,
            summaries,
            loaded,
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
                if let Some(button) = closest(&event, "[data-action]") {
                    on_click.act(&button.get_attribute("data-action").unwrap_or_default());
                }
            }),
            Listener::new(&form.dialog, "close", move |_| closed()),
        ];
        form.show_unused();
        form.show_summaries();
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
                row.set_error(None);
            }
            self.changed(None);
            set_text(&self.status, t::EMPTIED.get());
        } else if let Some((_, preset, _)) = PRESETS.iter().find(|(name, ..)| *name == action) {
            for (name, text) in self.model().and_then(|model| preset.entries(&model)).into_iter().flatten() {
                if let Some(row) = self.row(name) {
                    row.fill(text);
                    row.set_error(None);
                }
            }
            self.changed(None);
        }
    }

    /// The user has changed a control, or a preset has changed several.
    fn changed(&self, control: Option<&Element>) {
        // An error disappears at once, but appears only when the user saves: not in the middle of typing a number.
        if let Some(row) = control.and_then(|control| self.row(control.id().strip_prefix("setting-")?))
            && row.value(&self.loaded.config).is_ok()
        {
            row.set_error(None);
        }
        self.show_unused();
        self.show_summaries();
        self.show_timing();
        set_text(&self.status, "");
        set_text(&self.cancel, CANCEL.get());
    }

    fn row(&self, name: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.field.name == name)
    }

    /// The value of a field: the user's, or else the server's.
    fn value(&self, name: &str) -> Option<serde_json::Value> {
        let config = &self.loaded.config;
        let entered = self.row(name)?.value(config).ok().flatten();
        entered.or_else(|| config.default_of(name).cloned())
    }

    fn model(&self) -> Option<SpeechModel> {
        self.value("speech_model")?.as_str()?.parse().ok()
    }

    /// Shows which fields are not sent because of the model or because another field is off.
    fn show_unused(&self) {
        let model = self.model().unwrap_or_default();
        for row in &self.rows {
            let Some(Parameter { models, needs, .. }) = row.field.parameter() else {
                row.set_unused(None);
                continue;
            };
            let missing = needs.filter(|name| self.value(name).is_none_or(|value| value == false));
            let reason = if models.include(&model) {
                missing.and_then(field).map(|other| t::ONLY_WITH.with(&[other.label.get()]))
            } else {
                Some(t::NOT_WITH_MODEL.get().to_owned())
            };
            row.set_unused(reason.as_deref());
        }
    }

    /// Shows in the heading line of each group what is set; what is not sent is left out.
    fn show_summaries(&self) {
        let (config, settings) = (&self.loaded.config, self.settings());
        for (group, element) in &self.summaries {
            let fields = self.rows.iter().filter(|row| !row.is_unused()).map(|row| row.field);
            let of_group = fields.filter(|field| group.fields.iter().any(|other| other.name == field.name));
            let set = summary(of_group, config, &settings);
            set_text(element, &if set.is_empty() { set } else { [": ", &set].concat() });
        }
    }

    /// The settings in the form; a field with an error keeps its stored value.
    fn settings(&self) -> UserSettings {
        let config = &self.loaded.config;
        let mut settings = self.saved.borrow().clone();
        for row in &self.rows {
            if let Ok(value) = row.value(config) {
                settings.set(row.field, value, config);
            }
        }
        settings
    }

    /// Shows for each changed field when the change takes effect.
    fn show_timing(&self) {
        let settings = self.settings();
        let plan = self.sessions.active().map(|active| active.plan(&self.loaded.config, &settings));
        let saved = self.saved.borrow();
        let late = self.loaded.config.sent_late(&settings);
        for row in &self.rows {
            let is_changed = saved.get(row.field) != settings.get(row.field);
            let timing = match &plan {
                _ if !is_changed => "",
                None => t::WITH_NEXT_RECORDING.get(),
                Some(plan) if plan.now.contains(&row.field.name) => t::AT_ONCE.get(),
                Some(plan) if plan.cannot_be_taken_back.contains(&row.field.name) => {
                    t::CANNOT_BE_TAKEN_BACK.get()
                }
                Some(plan) if plan.next.contains(&row.field.name) => t::AT_NEXT_START.get(),
                Some(_) => "",
            };
            let note = if late.contains(&row.field.name) { t::SENT_LATE.get() } else { "" };
            row.set_timing([timing, note].join(" ").trim());
        }
    }

    fn save(&self) {
        let config = &self.loaded.config;
        let mut first = None;
        for row in &self.rows {
            // The user cannot correct a disabled field.
            let error = row.value(config).err().filter(|_| !row.is_unused());
            row.set_error(error.as_deref());
            if error.is_some() && first.is_none() {
                first = Some(row);
            }
        }
        if let Some(row) = first {
            row.focus();
            return;
        }
        let entered = self.settings();
        // Another tab, or a correction, may have changed others while this was open.
        let settings = storage::read(&self.loaded).with_changes(&self.saved.borrow(), &entered, config);
        if entered == *self.saved.borrow() {
            set_text(&self.status, t::UNCHANGED.get());
        } else if storage::write(&self.loaded, &settings).warn_on_error().is_some() {
            let plan = self.sessions.apply(&self.loaded.config, &settings);
            set_text(
                &self.status,
                &plan.map_or_else(|| t::SAVED_FOR_NEXT.get().to_owned(), |it| saved_message(&it)),
            );
            for row in &self.rows {
                let stored = settings.get(row.field);
                if stored != entered.get(row.field) {
                    row.set_error(None);
                    row.fill(&stored.map_or_else(String::new, |value| control_text(row.field, &value)));
                }
                row.set_timing("");
            }
            self.saved.replace(settings);
            self.show_unused();
            self.show_summaries();
        } else {
            set_text(&self.status, t::NOT_KEPT.get());
            return;
        }
        set_text(&self.cancel, CLOSE.get());
    }
}

/// One sentence for each time at which changes take effect.
fn saved_message(plan: &ChangePlan) -> String {
    let labels = |names: &[&str]| {
        let labels = names.iter().filter_map(|name| Some(field(name)?.label.get()));
        // Some labels have commas.
        labels.collect::<Vec<_>>().join("; ")
    };
    let mut sentences = vec![t::SAVED.get().to_owned()];
    if !plan.now.is_empty() {
        sentences.push(t::IN_EFFECT.with(&[&labels(&plan.now)]));
    }
    if !plan.next.is_empty() {
        sentences.push(t::WAITS.with(&[&labels(&plan.next)]));
    }
    sentences.join(" ")
}

/// A group that can be folded, what is set in it, and its rows.
fn fieldset(group: &Group, config: &ServerConfig, settings: &UserSettings) -> (Element, Element, Vec<Row>) {
    let part: Element = create_element("details", "");
    let summary: Element = create_element("summary", "");
    let set: Element = create_element("span", "set");
    append(&summary, &[&create_text_element("span", "", group.title.get()), &set]);
    append(&part, &[&summary]);
    if group.has_presets {
        let presets: Element = create_element("div", "row");
        set_attribute(&presets, "role", "group");
        set_attribute(&presets, "aria-label", t::PRESETS.get());
        for (name, _, text) in PRESETS {
            append(&presets, &[&button(name, text.get())]);
        }
        append(&presets, &[&create_text_element("p", "help", t::PRESETS_HELP.get())]);
        append(&part, &[&presets]);
    }
    let mut rows = Vec::new();
    for field in group.fields.iter().filter(|field| config.offers(field)) {
        let (element, row) = Row::new(field, config, settings);
        append(&part, &[&element]);
        rows.push(row);
    }
    (part, set, rows)
}

fn button(action: &str, text: &str) -> Element {
    let button: Element = create_text_element("button", "", text);
    set_attribute(&button, "type", "button");
    set_attribute(&button, "data-action", action);
    button
}
