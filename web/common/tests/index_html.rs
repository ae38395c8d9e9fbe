//! The page's HTML repeats English texts, so that they are there before the page's code is.

use transcription_common::texts::{TABLE, recordings, settings};

const PAGE: &str = include_str!("../../index.html");

/// The value of an attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    Some(value.split_once('"')?.0)
}

fn english(name: &str) -> Option<&'static str> {
    let mut all = TABLE.iter().chain(settings::TABLE).chain(recordings::TABLE);
    all.find(|(other, ..)| *other == name).map(|(_, english, _)| *english)
}

#[test]
fn each_text_of_the_page_is_the_english_one_of_its_name() {
    let mut texts = 0;
    let mut labels = 0;
    for tag in PAGE.split('<').skip(1) {
        let Some((tag, text)) = tag.split_once('>') else { continue };
        if let Some(name) = attribute(tag, "data-text") {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(Some(&*text), english(name), "data-text {name}");
            texts += 1;
        }
        if let Some(name) = attribute(tag, "data-label") {
            assert_eq!(attribute(tag, "aria-label"), english(name), "data-label {name}");
            labels += 1;
        }
    }
    assert_eq!(texts, PAGE.matches("data-text=").count(), "each text is read");
    assert_eq!(labels, PAGE.matches("data-label=").count(), "each label is read");
    assert!(texts > 40 && labels > 5, "{texts} texts, {labels} labels");
}
