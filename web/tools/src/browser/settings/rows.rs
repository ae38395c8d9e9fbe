//! The rows of the dialog: a label, a control, help, when a change takes effect, and an error.

use serde_json::Value;
use transcription_common::texts::settings as t;
use transcription_dom::{
    append, create_element, create_text_element, focus, remove_attribute, set_attribute, set_text,
};
use wasm_bindgen::prelude::*;
use web_sys::{Element, HtmlInputElement};

use crate::settings::{
    Control, Field, STANDBY_CHOICES_S, ServerConfig, UserSettings, control_text, label, parse,
};

/// A row of the dialog.
pub(super) struct Row {
    pub(super) field: &'static Field,
    /// An input, a select or a text area: all three have `value` and `disabled`.
    control: HtmlInputElement,
    /// Why the value is not sent.
    unused: Element,
    /// When a change takes effect.
    timing: Element,
    error: Element,
}

impl Row {
    pub(super) fn new(
        field: &'static Field,
        config: &ServerConfig,
        settings: &UserSettings,
    ) -> (Element, Self) {
        let name = field.name;
        let element: Element = create_element("div", "row");
        set_attribute(&element, "data-field", name);
        let id = ["setting-", name].concat();
        let label: Element = create_text_element("label", "", field.label.get());
        set_attribute(&label, "for", &id);
        let control = control(field, config);
        control.set_id(&id);
        let part = |class: &str, text: &str| {
            let part: Element = create_text_element("p", class, text);
            part.set_id(&[&id, "-", class].concat());
            part
        };
        let (help, unused) = (part("help", field.help.get()), part("unused", ""));
        let (timing, error) = (part("when", ""), part("wrong", ""));
        let described_by = ["help", "unused", "when", "wrong"].map(|class| [&id, "-", class].concat());
        set_attribute(&control, "aria-describedby", &described_by.join(" "));
        if let Control::Line(names) = field.control {
            let list: Element = create_element("datalist", "");
            list.set_id(&[&id, "-list"].concat());
            for name in names {
                append(&list, &[&option(name, "")]);
            }
            set_attribute(&control, "list", &list.id());
            append(&element, &[&list]);
        }
        append(&element, &[&label, &control, &help, &unused, &timing, &error]);
        let row = Self { field, control: control.unchecked_into(), unused, timing, error };
        if let Some(value) = settings.get(field) {
            row.fill(&control_text(field, &value));
        }
        (element, row)
    }

    /// Replaces the control's text.
    pub(super) fn fill(&self, text: &str) {
        self.control.set_value(text);
    }

    /// The user's value; `None` for the server's own.
    pub(super) fn value(&self, config: &ServerConfig) -> Result<Option<Value>, String> {
        parse(self.field, &self.control.value(), config)
    }

    /// Shows an error, or none.
    pub(super) fn set_error(&self, error: Option<&str>) {
        set_text(&self.error, error.unwrap_or_default());
        match error {
            Some(_) => set_attribute(&self.control, "aria-invalid", "true"),
            None => remove_attribute(&self.control, "aria-invalid"),
        }
    }

    /// Shows why the value is not sent, and disables the control; `None` if it is sent.
    pub(super) fn set_unused(&self, reason: Option<&str>) {
        set_text(&self.unused, reason.unwrap_or_default());
        self.control.set_disabled(reason.is_some());
    }

    /// Whether the value is not sent.
    pub(super) fn is_unused(&self) -> bool {
        self.control.disabled()
    }

    /// Shows when a change takes effect.
    pub(super) fn set_timing(&self, timing: &str) {
        set_text(&self.timing, timing);
    }

    /// Opens the row's group and focuses the control.
    pub(super) fn focus(&self) {
        if let Ok(Some(group)) = self.control.closest("details") {
            set_attribute(&group, "open", "");
        }
        focus(&self.control);
    }
}

fn option(value: &str, text: &str) -> Element {
    let option: Element = create_text_element("option", "", text);
    set_attribute(&option, "value", value);
    option
}

/// The control of a field, empty: it shows the server's own value until the user enters another.
fn control(field: &Field, config: &ServerConfig) -> Element {
    let default = config.default_value(field).map_or_else(
        || t::DEFAULT_OF_SERVICE.get().to_owned(),
        |value| t::DEFAULT_OF_SERVER.with(&[&label(field, &value)]),
    );
    let values: Vec<String> = match field.control {
        Control::Switch => vec!["true".to_owned(), "false".to_owned()],
        Control::Choice(values) => values.iter().map(|(value, _)| (*value).to_owned()).collect(),
        Control::Region => config.regions().map(str::to_owned).collect(),
        Control::Standby => STANDBY_CHOICES_S.map(|seconds| seconds.to_string()).to_vec(),
        Control::Number | Control::Line(_) => {
            let input: Element = create_element("input", "");
            set_attribute(&input, "placeholder", &default);
            set_attribute(&input, "autocomplete", "off");
            set_attribute(&input, "spellcheck", "false");
            if matches!(field.control, Control::Number) {
                set_attribute(&input, "inputmode", "decimal");
            }
            return input;
        }
        Control::Lines | Control::Terms | Control::Words => {
            let area: Element = create_element("textarea", "");
            set_attribute(&area, "rows", "3");
            set_attribute(&area, "placeholder", &default);
            return area;
        }
    };
    let select: Element = create_element("select", "");
    append(&select, &[&option("", &default)]);
    for value in values {
        let typed = match field.control {
            Control::Switch => Value::from(value == "true"),
            Control::Standby => Value::from(value.parse::<u32>().ok()),
            _ => Value::from(value.clone()),
        };
        append(&select, &[&option(&value, &label(field, &typed))]);
    }
    select
}
