//! Renders turns as messages, in the style of each profile.

use assemblyai_protocol::{RevisedTurn, Turn, Word};

use super::turn::{FinalWhen, TurnState};
use crate::turn_rules::{END_CONFIDENCE, UNSURE_CONFIDENCE};
use crate::turn_rules::{Profile, TurnRules};
use crate::words::{SpokenWord, formatted, raw};

/// How words are written in a message.
#[derive(Clone, Copy, PartialEq)]
enum Writing {
    Raw,
    Formatted,
}

/// A partial of a Pro turn: all words so far, none of them final.
pub(super) fn pro_partial(turn: &TurnState, count: usize, rules: &TurnRules) -> Turn {
    let spoken = turn.first(count);
    // Only words that were not in an earlier partial can still be wrong.
    let settled = turn.sent.words.min(spoken.len());
    let texts = spoken.iter().enumerate().map(|(index, word)| match &word.misheard_as {
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
        words: words(spoken, texts, 0),
        ..Turn::default()
    }
}

/// A partial of a universal turn with its first `count` words, the last of which is not final, or with the first
/// `fragment` letters of the last. Words that the recogniser may still change are not final either.
pub(super) fn universal_partial(
    turn: &TurnState,
    count: usize,
    fragment: Option<usize>,
    rules: &TurnRules,
) -> Turn {
    let spoken = turn.first(count);
    let done = match turn.final_when {
        FinalWhen::Recognised => spoken.iter().take_while(|word| word.committed).count(),
        _ => spoken.len().saturating_sub(1),
    };
    let writing = writing(rules);
    let mut texts = write(spoken, writing, false);
    if let (Some(letters), Some(last)) = (fragment, texts.last_mut()) {
        *last = last.chars().take(letters).collect();
    }
    let transcript = texts[..done.min(texts.len())].join(" ");
    let mut words = words(spoken, texts, done);
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

/// The message of a universal model at a pause that does not end the turn; it has an `utterance`.
pub(super) fn utterance(turn: &TurnState, count: usize, rules: &TurnRules) -> Turn {
    let words = turn.first(count);
    Turn {
        utterance: write(words, writing(rules), false).join(" "),
        end_of_turn_confidence: UNSURE_CONFIDENCE,
        ..universal_partial(turn, words.len(), None, rules)
    }
}

/// The final, or the two finals, of a turn that ended after `count` words. `sure` says that its sentence is complete.
pub(super) fn finals(turn: &TurnState, count: usize, sure: bool, rules: &TurnRules) -> Vec<Turn> {
    let spoken = turn.first(count);
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
    let gives_utterance = pro || !turn.sent.utterance;
    match rules.profile {
        Profile::UniversalTwoFinals => {
            vec![of(Writing::Raw, gives_utterance), of(Writing::Formatted, false)]
        }
        _ => vec![of(writing(rules), gives_utterance)],
    }
}

/// Sets the speakers of a final: that of each word, and for the turn that of its first word.
fn label(turn: &mut Turn, spoken: &[SpokenWord]) {
    for (word, spoken) in turn.words.iter_mut().zip(spoken) {
        word.speaker = Some(spoken.first_attributed_to.clone().unwrap_or_else(|| speaker(spoken)));
        word.speaker_confidence = Some(confidence(spoken));
    }
    turn.speaker_label = turn.words.first().and_then(|word| word.speaker.clone());
    turn.speaker_confidence = spoken.first().map(confidence);
}

/// 0 stands for no score (observed).
fn confidence(word: &SpokenWord) -> f64 {
    if word.first_attributed_to.is_some() { 0.0 } else { 0.9 }
}

fn speaker(word: &SpokenWord) -> String {
    word.speaker.clone().unwrap_or_else(|| "A".to_owned())
}

/// The turn's entry in a `SpeakerRevision`, if its final had a wrong speaker.
pub(super) fn revision(turn: &Turn, spoken: &[SpokenWord]) -> Option<RevisedTurn> {
    spoken.iter().any(|word| word.first_attributed_to.is_some()).then(|| {
        let mut words = turn.words.clone();
        for (word, spoken) in words.iter_mut().zip(spoken) {
            word.speaker = Some(speaker(spoken));
            word.speaker_confidence = None;
        }
        RevisedTurn { turn_order: turn.turn_order, speaker_label: spoken.first().map(speaker), words }
    })
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
