use js_sys::Date;
use transcription_common::texts::Language;

use crate::object;

/// A time in ms since 1970 as date and time of day, in the interface's language and the user's time zone.
pub fn long_date_time(ms: f64) -> String {
    let options = object(&[("dateStyle", "long".into()), ("timeStyle", "short".into())]);
    Date::new(&ms.into()).to_locale_string(Language::now().tag(), &options).into()
}
