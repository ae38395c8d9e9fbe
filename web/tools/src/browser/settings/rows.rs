//! The rows: a label, a control, what it means, when it takes effect, and what is wrong with it.

use serde_json::Value;
use transcription_common::texts::settings as t;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, HtmlInputElement};

use crate::settings::{Choices, Control, Field, Offer, entered, shown};

/// A row of the panel.
pub(super) struct Row {
    pub(super) field: &'static Field,
    /// An input, a select or a text area: all have a `value`, and are `disabled` in the same way.
    control: HtmlInputElement,
    /// Why it is not sent.
    unused: Element,
    /// When a change takes effect.
    when: Element,
    error: Element,
}

impl Row {
    pub(super) fn new(
        document: &Document,
        field: &'static Field,
        offer: &Offer,
        choices: &Choices,
    ) -> Result<(Element, Self), JsValue> {
        let name = field.name;
        let row = document.create_element("div")?;
        row.set_class_name("row");
        row.set_attribute("data-field", name)?;
        let id = ["setting-", name].concat();
        let label = element(document, "label", field.label.get())?;
        label.set_attribute("for", &id)?;
        let control = control(document, field, offer)?;
        control.set_id(&id);
        let part = |class: &str, text: &str| {
            let part = element(document, "p", text)?;
            part.set_class_name(class);
            part.set_id(&[&id, "-", class].concat());
            Ok::<_, JsValue>(part)
        };
        let (help, unused) = (part("help", field.help.get())?, part("unused", "")?);
        let (when, error) = (part("when", "")?, part("wrong", "")?);
        let described = ["help", "unused", "when", "wrong"].map(|class| [&id, "-", class].concat());
        control.set_attribute("aria-describedby", &described.join(" "))?;
        if let Control::Line(names) = field.control {
            let list = document.create_element("datalist")?;
            list.set_id(&[&id, "-list"].concat());
            for name in names {
                list.append_child(&*option(document, name, "")?)?;
            }
            control.set_attribute("list", &list.id())?;
            row.append_child(&list)?;
        }
        for part in [&label, &*control, &help, &unused, &when, &error] {
            row.append_child(part)?;
        }
        let row_of_control = Self { field, control: control.unchecked_into(), unused, when, error };
        if let Some(value) = choices.get(field) {
            row_of_control.fill(&crate::settings::control(field, &value));
        }
        Ok((row, row_of_control))
    }

    /// What it holds.
    pub(super) fn text(&self) -> String {
        self.control.value()
    }

    /// Makes it hold something.
    pub(super) fn fill(&self, text: &str) {
        self.control.set_value(text);
    }

    /// The value that is entered.
    pub(super) fn entered(&self, offer: &Offer) -> Result<Option<Value>, String> {
        entered(self.field, &self.text(), offer)
    }

    /// Says what is wrong, or that nothing is.
    pub(super) fn say_wrong(&self, wrong: Option<&str>) {
        say(&self.error, wrong.unwrap_or_default());
        // Fails only for names that are none.
        let _ = match wrong {
            Some(_) => self.control.set_attribute("aria-invalid", "true"),
            None => self.control.remove_attribute("aria-invalid"),
        };
    }

    /// Says why it is not sent, or that it is.
    pub(super) fn say_unused(&self, why: Option<&str>) {
        say(&self.unused, why.unwrap_or_default());
        self.control.set_disabled(why.is_some());
    }

    /// Whether it counts for nothing.
    pub(super) fn is_unused(&self) -> bool {
        self.control.disabled()
    }

    /// Says when a change takes effect.
    pub(super) fn say_when(&self, when: &str) {
        say(&self.when, when);
    }

    /// Opens the group it is in, and takes the focus.
    pub(super) fn focus(&self) {
        if let Ok(Some(group)) = self.control.closest("details") {
            let _ = group.set_attribute("open", "");
        }
        let _ = self.control.focus();
    }
}

/// Writes a text where it is another one: what is the same is not read out again.
pub(super) fn say(element: &Element, text: &str) {
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
    }
}

/// An element with a text.
pub(super) fn element(document: &Document, name: &str, text: &str) -> Result<Element, JsValue> {
    let element = document.create_element(name)?;
    element.set_text_content(Some(text));
    Ok(element)
}

fn option(document: &Document, value: &str, text: &str) -> Result<Element, JsValue> {
    let option = element(document, "option", text)?;
    option.set_attribute("value", value)?;
    Ok(option)
}

/// The control of a field, empty: the server's own value stands where nothing is entered.
fn control(document: &Document, field: &Field, offer: &Offer) -> Result<Element, JsValue> {
    let own = match field.control {
        Control::Region => offer.default_region().map(Value::from),
        _ => offer.default_of(field.name).cloned(),
    };
    let own = own.map_or_else(
        || t::DEFAULT_OF_SERVICE.get().to_owned(),
        |value| t::DEFAULT_OF_SERVER.with(&[&shown(field, &value)]),
    );
    let values: Vec<String> = match field.control {
        Control::Switch => vec!["true".to_owned(), "false".to_owned()],
        Control::Choice(values) => values.iter().map(|(value, _)| (*value).to_owned()).collect(),
        Control::Region => offer.regions().map(str::to_owned).collect(),
        Control::Number | Control::Line(_) => {
            let input = document.create_element("input")?;
            input.set_attribute("placeholder", &own)?;
            input.set_attribute("autocomplete", "off")?;
            input.set_attribute("spellcheck", "false")?;
            if matches!(field.control, Control::Number) {
                input.set_attribute("inputmode", "decimal")?;
            }
            return Ok(input);
        }
        Control::Lines | Control::Terms | Control::Words => {
            let area = document.create_element("textarea")?;
            area.set_attribute("rows", "3")?;
            area.set_attribute("placeholder", &own)?;
            return Ok(area);
        }
    };
    let select = document.create_element("select")?;
    select.append_child(&*option(document, "", &own)?)?;
    for value in values {
        let is_switch = matches!(field.control, Control::Switch);
        let named = if is_switch { Value::from(value == "true") } else { Value::from(value.clone()) };
        select.append_child(&*option(document, &value, &shown(field, &named))?)?;
    }
    Ok(select)
}
