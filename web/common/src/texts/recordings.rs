//! The texts of the list of recordings, and of the review of doubtful words.

use super::Text;

texts! {
    behind (super::TABLE.len() + super::settings::TABLE.len()) as u16;

    RECORDINGS: "Recordings", "Aufnahmen";
    SEARCH_RECORDINGS: "Search all recordings", "Alle Aufnahmen durchsuchen";
    READING_RECORDINGS: "Reading the recordings…", "Aufnahmen werden gelesen\u{a0}…";
    NO_RECORDINGS: "No finished recordings are stored in this browser.",
        "In diesem Browser sind keine beendeten Aufnahmen gespeichert.";
    NO_RECORDING_FOUND: "No recording has these words.", "Keine Aufnahme enthält diese Wörter.";
    RECORDINGS_NOT_READ: "The recordings could not be read: {}. What is stored stays there.",
        "Die Aufnahmen konnten nicht gelesen werden: {}. Was gespeichert ist, bleibt erhalten.";
    NEWER_RECORDINGS: "a newer version of this page stored them; reload the page",
        "eine neuere Version dieser Seite hat sie gespeichert; lade die Seite neu";
    NOTHING_STORED_HERE: "There are no recordings: this browser stores nothing for this page, as in private windows.",
        "Es gibt keine Aufnahmen: Dieser Browser speichert für diese Seite nichts, wie in privaten Fenstern.";
    STORAGE: "{} used by this page, {} left.", "Von dieser Seite belegt: {}, frei: {}.";
    STORED_AGAIN: "The browser stores this recording again.", "Der Browser speichert diese Aufnahme wieder.";
    STORED_WITHOUT: "The browser stores this recording again. {} of its audio was not stored.",
        "Der Browser speichert diese Aufnahme wieder. Nicht gespeichert wurde Ton von {}.";
    ONE_WORD: "1\u{a0}word", "1\u{a0}Wort";
    WORDS: "{}\u{a0}words", "{}\u{a0}Wörter";
    NO_WORDS: "no words", "keine Wörter";
    UNTITLED: "Recording without words", "Aufnahme ohne Wörter";
    ON_THIS_PAGE: "on this page", "auf dieser Seite";
    RENAME_RECORDING: "Rename", "Umbenennen";
    DELETE_RECORDING: "Delete", "Löschen";
    RENAME_TITLED: "Rename “{}”", "„{}“ umbenennen";
    DELETE_TITLED: "Delete “{}”", "„{}“ löschen";
    DELETED_TITLED: "“{}” is deleted.", "„{}“ ist gelöscht.";
    UNDO_TITLED: "Undo the deletion of “{}”", "Das Löschen von „{}“ rückgängig machen";
    UNDO: "Undo", "Rückgängig";
    RECORDING_TITLE: "Title of the recording", "Titel der Aufnahme";
    TITLE_HINT: "If it is empty, the first words are the title.",
        "Bleibt das Feld leer, dienen die ersten Wörter als Titel.";
    GIVE_TITLE: "Rename it", "So benennen";
    KEEP_TITLE: "Keep the title", "Titel behalten";
    DELETE_ALL_RECORDINGS: "Delete all recordings", "Alle Aufnahmen löschen";
    DELETE_ALL_QUESTION: "Delete all {}\u{a0}recordings, with their audio? This cannot be undone.",
        "Alle {}\u{a0}Aufnahmen mit ihrem Ton löschen? Das lässt sich nicht rückgängig machen.";
    DELETE_ONE_QUESTION: "Delete the one recording, with its audio? This cannot be undone.",
        "Die eine Aufnahme mit ihrem Ton löschen? Das lässt sich nicht rückgängig machen.";
    DISCARD_TITLE: "Discard this recording?", "Diese Aufnahme verwerfen?";
    DISCARD_QUESTION: "Its text and audio are deleted. This cannot be undone.",
        "Ihr Text und ihr Ton werden gelöscht. Das lässt sich nicht rückgängig machen.";
    DISCARD_IT: "Discard it", "Verwerfen";
    KEEP_IT: "Keep it", "Behalten";
    OPEN_ELSEWHERE: "“{}” is open in another tab.", "„{}“ ist in einem anderen Tab geöffnet.";
    NOT_WHILE_RECORDING_IS_MADE: "A recording is being made. Stop it first, or use another tab.",
        "Es läuft eine Aufnahme. Beende sie zuerst oder nutze einen anderen Tab.";
    CORRECTION_IS_OPEN: "An edit is open on this page. Save or discard it first.",
        "Auf dieser Seite ist eine Änderung offen. Sichere oder verwirf sie zuerst.";
    PAGE_IS_NOT_STORED: "This browser does not store what this page shows. Export it first.",
        "Dieser Browser speichert nicht, was diese Seite zeigt. Exportiere es zuerst.";
    KEEP_FINISHED: "Keep finished recordings", "Beendete Aufnahmen behalten";
    KEEP_NONE: "only while their page is open", "nur solange ihre Seite offen ist";
    KEEP_DAYS: "for {}\u{a0}days", "{}\u{a0}Tage lang";
    KEEP_ONE_DAY: "for 1\u{a0}day", "1\u{a0}Tag lang";
    KEEP_UNTIL_DELETED: "until I delete them", "bis ich sie lösche";
    KEEP_LATER: "Applies when the page is opened next. Recordings kept longer than you chose are deleted then.",
        "Gilt ab dem nächsten Öffnen der Seite. Was länger gespeichert ist als gewählt, wird dann gelöscht.";
    STORAGE_IS_LOW: "This browser has room for {}. “{}” is the oldest recording.",
        "Dieser Browser hat noch Platz für {}. „{}“ ist die älteste Aufnahme.";
    DELETE_OLDEST: "Delete the oldest", "Die älteste löschen";
    STORAGE_WILL_BE_FULL: "This browser has room for {}. Under Recordings you can delete older ones.",
        "Dieser Browser hat noch Platz für {}. Unter „Aufnahmen“ lassen sich ältere löschen.";
    ROOM: "about {}\u{a0}min of audio", "etwa {}\u{a0}min Ton";
    ROOM_BELOW_A_MINUTE: "less than 1\u{a0}min of audio", "weniger als 1\u{a0}min Ton";
    // The review.
    REVIEWED_WORD: "Doubtful word", "Zweifelhaftes Wort";
    WORDS_LEFT: "{} left", "noch {} übrig";
    NOTHING_DOUBTFUL: "No doubtful word is left.", "Es ist kein zweifelhaftes Wort mehr übrig.";
    IS_RIGHT: "It is right", "Stimmt so";
    CORRECT_IT: "Correct it", "Korrigieren";
    REMOVE_IT: "Remove it", "Entfernen";
    ONLY_WORD: "Leave at least one word in the turn.", "Lass im Abschnitt mindestens ein Wort stehen.";
    HEAR_IT: "Hear it", "Anhören";
    SKIP_WORD: "Skip", "Überspringen";
    ADD_TERM: "Listen for “{}” from now on", "Künftig auf „{}“ achten";
    TERM_ADDED: "“{}” is a key term now.", "„{}“ ist jetzt ein Schlüsselbegriff.";
    END_REVIEW: "End the review", "Prüfung beenden";
    // Off the record.
    OFF_RECORD: "Off record", "Streichen";
    KEY_OFF_RECORD: "Take the last seconds off the record", "Die letzten Sekunden entfernen";
    REMOVE_LAST: "Remove the last {}\u{a0}s", "Die letzten {}\u{a0}s entfernen";
    OFF_RECORD_CLOSE: "Remove nothing", "Nichts entfernen";
    OFF_RECORD_FINAL: "This removes what was said from text, audio and later exports, for good.",
        "Das entfernt Gesagtes endgültig aus Text, Ton und späteren Exporten.";
    HEARD_BY_SERVICE: "The service has already heard it.", "Der Dienst hat es schon gehört.";
    HEARD_BY_MODEL: "The speech model of this server has already heard it.",
        "Das Sprachmodell dieses Servers hat es schon gehört.";
    OFF_RECORD_REMOVING: "Removing it…", "Wird entfernt\u{a0}…";
    OFF_RECORD_DONE: "The last {}\u{a0}s are removed from text, audio and later exports. {}",
        "Die letzten {}\u{a0}s sind aus Text, Ton und späteren Exporten entfernt. {}";
    NOTHING_OFF_RECORD: "Nothing is being recorded now.", "Gerade wird nichts aufgenommen.";
    OFF_RECORD_STILL_STORED: "It is removed from this page, but this browser could not remove all that it has stored of it. Delete the recording to remove that.",
        "Es ist von dieser Seite entfernt, aber dieser Browser konnte nicht alles entfernen, was er davon gespeichert hat. Lösche die Aufnahme, um das zu entfernen.";
    // Markers.
    MARKER: "Marker", "Marke";
    SET_MARKER: "Set a marker", "Marke setzen";
    NAMED_MARKER: "Marker: {}", "Marke: {}";
    MARKER_AT: "Marker at {}", "Marke bei {}";
    MARKER_SET: "Marker set at {}.", "Marke gesetzt bei {}.";
    MARKER_IS_THERE: "There is a marker at {} already.", "Bei {} ist schon eine Marke.";
    NAME_MARKER: "Name it", "Benennen";
    NAME_MARKER_AT: "Name it: marker at {}", "Marke bei {} benennen";
    MARKER_NAME: "Name of the marker at {}", "Name der Marke bei {}";
    RENAME_MARKER: "Rename the marker “{}” at {}", "Marke „{}“ bei {} umbenennen";
    REMOVE_MARKER: "Remove", "Entfernen";
    REMOVE_MARKER_AT: "Remove the marker at {}", "Marke bei {} entfernen";
    MARKER_REMOVED: "Marker removed", "Marke entfernt";
    UNDO_REMOVAL: "Undo the removal of the marker at {}", "Das Entfernen der Marke bei {} rückgängig machen";
    MARKER_NOT_STORED: "This browser could not store the marker. It is in exports until the page is closed.",
        "Dieser Browser konnte die Marke nicht speichern. In Exporten steht sie, bis die Seite geschlossen wird.";
    NO_PLACE_TO_MARK: "Play a word, or go to one with the arrow keys, to set a marker there.",
        "Spiele ein Wort ab oder geh mit den Pfeiltasten auf eines, um dort eine Marke zu setzen.";
    ONE_MARKER: "1\u{a0}marker", "1\u{a0}Marke";
    MARKERS: "{}\u{a0}markers", "{}\u{a0}Marken";

    PUT_AWAY: "Keep it in Recordings", "Unter „Aufnahmen“ behalten";
    NEW_QUESTION_WITH_LIST_NONE: "Start with an empty page? What is on this page (a recording without words) can stay in the list of recordings.",
        "Mit einer leeren Seite beginnen? Was auf dieser Seite steht (eine Aufnahme ohne Wörter), kann in der Liste der Aufnahmen bleiben.";
    NEW_QUESTION_WITH_LIST_ONE: "Start with an empty page? What is on this page (1\u{a0}turn) can stay in the list of recordings.",
        "Mit einer leeren Seite beginnen? Was auf dieser Seite steht (1\u{a0}Abschnitt), kann in der Liste der Aufnahmen bleiben.";
    NEW_QUESTION_WITH_LIST: "Start with an empty page? What is on this page ({}\u{a0}turns) can stay in the list of recordings.",
        "Mit einer leeren Seite beginnen? Was auf dieser Seite steht ({}\u{a0}Abschnitte), kann in der Liste der Aufnahmen bleiben.";
}
