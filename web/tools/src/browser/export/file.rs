use std::cell::RefCell;

use js_sys::{Array, Date};
use transcript_export::{LocalTime, file_name};
use transcription_dom::{WarnOnError, create_element};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, BlobPropertyBag, HtmlElement, Url};

use crate::browser::elements::after;

/// How long a file is kept once another has been saved, in ms.
const BESIDE_NEXT_MS: i32 = 60_000;

/// Saves files through the browser's downloads.
#[derive(Default)]
pub(super) struct Files {
    /// The address of the last file.
    last: RefCell<Option<String>>,
}

impl Files {
    /// Saves a file of a recording that began at a time in ms since 1970. Returns the file's name.
    pub(super) fn save(&self, file: &Blob, began_ms: f64, extension: &str) -> Result<String, JsValue> {
        let name = file_name(local_time(began_ms), extension);
        let link: HtmlElement = create_element("a", "");
        let address = Url::create_object_url_with_blob(file)?;
        link.set_attribute("href", &address)?;
        link.set_attribute("download", &name)?;
        link.click();
        // The download may take a while, and begin only once the user has allowed it: the address, and with it the file,
        // stays valid until the next one, and for a while beside that.
        if let Some(earlier) = self.last.replace(Some(address)) {
            after(BESIDE_NEXT_MS, move || {
                Url::revoke_object_url(&earlier).warn_on_error();
            });
        }
        Ok(name)
    }
}

/// A text file.
pub(super) fn text_file(text: &str, media_type: &str) -> Result<Blob, JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &options)
}

/// A time in ms since 1970 in the user's time zone.
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
