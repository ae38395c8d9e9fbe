use std::cell::RefCell;

use js_sys::{Array, Date, Object, Reflect};
use transcription_common::texts::Language;
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, Document, HtmlElement, Url};

use crate::take_away::{LocalTime, file_name};

/// Hands files to the user.
pub(super) struct Files {
    document: Document,
    /// The address of the last one.
    last: RefCell<Option<String>>,
}

impl Files {
    pub(super) fn new(document: &Document) -> Self {
        Self { document: document.clone(), last: RefCell::default() }
    }

    /// Saves a file of a recording that began then, in ms since 1970; gives its name.
    pub(super) fn save(&self, file: &Blob, began_ms: f64, extension: &str) -> Result<String, JsValue> {
        let name = file_name(local_time(began_ms), extension);
        let link: HtmlElement = self.document.create_element("a")?.unchecked_into();
        let address = Url::create_object_url_with_blob(file)?;
        link.set_attribute("href", &address)?;
        link.set_attribute("download", &name)?;
        link.click();
        // The browser may take a while: the address, and with it the file, stays good until the next one.
        if let Some(earlier) = self.last.replace(Some(address)) {
            // Fails only for what is no text.
            let _ = Url::revoke_object_url(&earlier);
        }
        Ok(name)
    }
}

/// A file of text.
pub(super) fn text_file(text: &str, media_type: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)
}

/// A time in ms since 1970, as the user's clock shows it.
fn local_time(ms: f64) -> LocalTime {
    let date = Date::new(&ms.into());
    LocalTime {
        year: date.get_full_year(),
        month: date.get_month() + 1,
        day: date.get_date(),
        hour: date.get_hours(),
        minute: date.get_minutes(),
    }
}

/// A time in ms since 1970, as people write it in the language of the interface and read it off their clocks.
pub(super) fn told(ms: f64) -> String {
    let style = Object::new();
    for (name, value) in [("dateStyle", "long"), ("timeStyle", "short")] {
        // Fails only for what is no object.
        let _ = Reflect::set(&style, &name.into(), &value.into());
    }
    Date::new(&ms.into()).to_locale_string(Language::now().tag(), &style).into()
}
