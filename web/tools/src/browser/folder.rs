use js_sys::JsString;

use crate::reader::search::Folder;

/// Makes texts comparable with the browser's knowledge of characters.
pub(crate) type BrowserFolder = Folder<fn(char) -> String>;

/// A folder that asks the browser for the compatibility decomposition (NFKD) of characters.
pub(crate) fn browser_folder() -> BrowserFolder {
    Folder::new(|c| JsString::from(c.to_string()).normalize("NFKD").into())
}
