use js_sys::Date;
use transcription_common::texts::Language;

use crate::{object, window};

/// A time in ms since 1970 as date and time of day, in the interface's language and the user's time zone. If the browser
/// has a variety of that language, as British English, the date is written in that.
pub fn long_date_time(ms: f64) -> String {
    let options = object(&[("dateStyle", "long".into()), ("timeStyle", "short".into())]);
    let tag = Language::now().tag();
    // Of language and country alone, as "en-GB": some browsers report tags such as "en-US@posix" or "en_US", which are
    // invalid here.
    let is_variety =
        |it: &String| it.len() == 5 && it.starts_with(tag) && it.as_bytes().get(2) == Some(&b'-');
    let variety = window().navigator().language().filter(is_variety);
    Date::new(&ms.into()).to_locale_string(variety.as_deref().unwrap_or(tag), &options).into()
}
