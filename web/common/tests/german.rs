//! The language is global to the program, so this test is a program of its own.

use transcription_common::texts::{
    Language, RECORD, TABLE, german_file, line_of, load_german, recordings, settings,
};

#[test]
fn every_text_is_german_once_the_file_is_loaded() {
    assert_eq!((RECORD.get(), Language::now()), ("Record", Language::English));
    load_german(german_file());
    assert_eq!((RECORD.get(), Language::now()), ("Aufnehmen", Language::German));
    assert_eq!(settings::DEFAULT_OF_SERVER.with(&["Ein"]), "Vorgabe des Servers: Ein");
    let file = german_file();
    let all = TABLE.iter().chain(settings::TABLE).chain(recordings::TABLE);
    for (index, ((name, _, german), line)) in all.clone().zip(file.lines()).enumerate() {
        assert_eq!((line, line_of(name)), (*german, Some(index)));
    }
    assert_eq!(file.lines().count(), all.count());
}
