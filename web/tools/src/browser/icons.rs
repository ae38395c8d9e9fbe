//! Icons of buttons: lines in a square of 24, in the colour of the text.

use transcription_dom::{WarnOnError, append, document, find, set_attribute};
use web_sys::Element;

const SVG: &str = "http://www.w3.org/2000/svg";

/// The buttons of the toolbar, and the path of each one's icon.
const ICONS: [(&str, &str); 8] = [
    ("#search", "M11 4a7 7 0 1 0 0 14a7 7 0 0 0 0-14m5 12 4.5 4.5"),
    ("#review", "M3 12s3-6 9-6 9 6 9 6-3 6-9 6-9-6-9-6m9-2a2 2 0 1 0 0 4a2 2 0 0 0 0-4"),
    ("#export", "M12 3v11m-4-4 4 4 4-4M5 17v3h14v-3"),
    ("#captions", "M3 5h18v14H3zm4 7h4m2 0h4M7 15h6m2 0h2"),
    ("#marker", "M6 21V4h11l-3 4 3 4H6"),
    ("#off-record", "M4 4l16 16M9 5a3 3 0 0 1 6 1v5m0 3a3 3 0 0 1-6-2V9m-4 2a7 7 0 0 0 11 5m3-5v1m-7 6v3"),
    ("#new", "M14 3H6v18h12V7l-4-4v4h4m-6 4v6m-3-3h6"),
    ("#shortcuts", "M3 6h18v12H3zm4 4h0m5 0h0m5 0h0m-9 4h8"),
];

/// Puts an icon before the label of each button of the toolbar.
pub(crate) fn draw() {
    for (selector, path) in ICONS {
        if let Some(button) = find(selector) {
            prepend(&button, path);
        }
    }
}

/// Puts an icon before the label of a button. Screen readers pass over it: it has no name.
pub(crate) fn prepend(button: &Element, path: &str) {
    let document = document();
    let create = |name| document.create_element_ns(Some(SVG), name).warn_on_error();
    if let (Some(icon), Some(line)) = (create("svg"), create("path")) {
        set_attribute(&icon, "viewBox", "0 0 24 24");
        set_attribute(&line, "d", path);
        append(&icon, &[&line]);
        button.prepend_with_node_1(&icon).warn_on_error();
    }
}
