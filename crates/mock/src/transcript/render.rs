//! Turns as messages, in each profile's manner.

use assemblyai_protocol::{Turn, Word};
use serde::Serialize;

use super::rules::{Profile, TurnRules};
use super::turn::{END_CONFIDENCE, TurnState, UNSURE_CONFIDENCE};
use super::words::{SpokenWord, formatted, raw};

/// How a message's words are written.
#[derive(Clone, Copy, PartialEq)]
enum Writing {
    Raw,
    Formatted,
}

/// A partial of a Pro turn: the whole turn so far, no word final.
pub(super) fn pro_partial(turn: &TurnState, heard: usize, rules: &TurnRules) -> Turn {
    let heard = turn.heard(heard);
    // The newest words are those that the model may have wrong still.
    let settled = turn.told.words.min(heard.len());
    let texts = heard.iter().enumerate().map(|(index, word)| match &word.misheard_as {
        Some(wrong) if index >= settled => wrong.as_str(),
        _ => word.text.as_str(),
    });
    let texts = formatted(texts, false);
    let mut transcript = texts.join(" ");
    let documented = rules.profile == Profile::ProDocs;
    if documented {
        transcript.push('—');
    }
    Turn {
        turn_order: turn.order(),
        turn_is_formatted: Some(!documented),
        transcript,
        words: words(heard, texts, 0),
        ..Turn::default()
    }
}

/// A partial of a universal turn: the first `done` words are final, the next, or a part of it, is not.
pub(super) fn universal_partial(
    turn: &TurnState,
    done: usize,
    fragment: Option<usize>,
    rules: &TurnRules,
) -> Turn {
    let heard = turn.heard(done + 1);
    let writing = writing(rules);
    let mut texts = write(heard, writing, false);
    if let (Some(letters), Some(last)) = (fragment, texts.last_mut()) {
        *last = last.chars().take(letters).collect();
    }
    let transcript = texts[..done.min(texts.len())].join(" ");
    let mut words = words(heard, texts, done);
    if let (Some(_), Some(last)) = (fragment, words.last_mut()) {
        last.end_ms = f64::midpoint(last.start_ms, last.end_ms).floor();
    }
    Turn {
        turn_order: turn.order(),
        turn_is_formatted: Some(writing == Writing::Formatted),
        transcript,
        words,
        end_of_turn_confidence: 0.01,
        ..Turn::default()
    }
}

/// What a universal model says at a pause that did not end the turn.
pub(super) fn utterance(turn: &TurnState, heard: usize, rules: &TurnRules) -> Turn {
    let words = turn.heard(heard);
    Turn {
        utterance: write(words, writing(rules), false).join(" "),
        end_of_turn_confidence: UNSURE_CONFIDENCE,
        ..universal_partial(turn, words.len().saturating_sub(1), None, rules)
    }
}

/// The final, or finals, of a turn that ended after `heard` words.
pub(super) fn finals(turn: &TurnState, heard: usize, sure: bool, rules: &TurnRules) -> Vec<Turn> {
    let spoken = turn.heard(heard);
    let pro = rules.profile.is_pro();
    let confidence = match (pro, sure) {
        (true, _) => 1.0,
        (false, true) => END_CONFIDENCE,
        (false, false) => UNSURE_CONFIDENCE,
    };
    let of = |writing: Writing, gives_utterance: bool| {
        let texts = write(spoken, writing, true);
        let transcript = texts.join(" ");
        let mut last = Turn {
            turn_order: turn.order(),
            turn_is_formatted: Some(writing == Writing::Formatted),
            end_of_turn: true,
            utterance: if gives_utterance { transcript.clone() } else { String::new() },
            transcript,
            end_of_turn_confidence: confidence,
            words: words(spoken, texts, spoken.len()),
            ..Turn::default()
        };
        if rules.languages {
            let (code, sure) = turn.language.clone().unwrap_or_else(|| ("en".to_owned(), 0.99));
            (last.language_code, last.language_confidence) = (Some(code), Some(sure));
        }
        if rules.speaker_labels {
            label(&mut last, spoken);
        }
        last
    };
    let gives_utterance = pro || !turn.told.utterance;
    match rules.profile {
        Profile::UniversalTwoFinals => {
            vec![of(Writing::Raw, gives_utterance), of(Writing::Formatted, false)]
        }
        _ => vec![of(writing(rules), gives_utterance)],
    }
}

/// Names the speakers of a final: each word's own, and the turn's, that of its first word.
fn label(turn: &mut Turn, spoken: &[SpokenWord]) {
    for (word, spoken) in turn.words.iter_mut().zip(spoken) {
        word.speaker = Some(spoken.first_attributed_to.clone().unwrap_or_else(|| speaker(spoken)));
        word.speaker_confidence = Some(confidence(spoken));
    }
    turn.speaker_label = turn.words.first().and_then(|word| word.speaker.clone());
    turn.speaker_confidence = spoken.first().map(confidence);
}

/// 0 says that there is no score (seen on the wire).
fn confidence(word: &SpokenWord) -> f64 {
    if word.first_attributed_to.is_some() { 0.0 } else { 0.9 }
}

fn speaker(word: &SpokenWord) -> String {
    word.speaker.clone().unwrap_or_else(|| "A".to_owned())
}

/// The turn's entry in a `SpeakerRevision`, where its final named another speaker.
pub(super) fn revision(turn: &Turn, spoken: &[SpokenWord]) -> Option<Revision> {
    spoken.iter().any(|word| word.first_attributed_to.is_some()).then(|| {
        let mut words = turn.words.clone();
        for (word, spoken) in words.iter_mut().zip(spoken) {
            word.speaker = Some(speaker(spoken));
            word.speaker_confidence = None;
        }
        Revision { turn_order: turn.turn_order, speaker_label: spoken.first().map(speaker), words }
    })
}

/// One turn of a `SpeakerRevision`.
#[derive(Debug, Serialize)]
pub(crate) struct Revision {
    turn_order: u64,
    speaker_label: Option<String>,
    words: Vec<Word>,
}

fn writing(rules: &TurnRules) -> Writing {
    match rules.profile {
        Profile::UniversalRaw | Profile::UniversalTwoFinals => Writing::Raw,
        _ => Writing::Formatted,
    }
}

fn write(words: &[SpokenWord], writing: Writing, over: bool) -> Vec<String> {
    match writing {
        Writing::Raw => words.iter().map(|word| raw(&word.text)).collect(),
        Writing::Formatted => formatted(words.iter().map(|word| word.text.as_str()), over),
    }
}

fn words(spoken: &[SpokenWord], texts: Vec<String>, done: usize) -> Vec<Word> {
    spoken
        .iter()
        .zip(texts)
        .enumerate()
        .map(|(index, (word, text))| Word {
            start_ms: word.start_ms as f64,
            end_ms: word.end_ms as f64,
            text,
            confidence: Some(word.confidence),
            word_is_final: index < done,
            ..Word::default()
        })
        .collect()
}
