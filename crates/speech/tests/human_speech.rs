//! People reading, recognised with the real models. Needs `cargo xtask setup --speech`.

mod common;

use common::score::{WordErrors, word_errors};
use common::speech::RECORDINGS;
use common::{CHUNK_MS, Shown, final_text, model, models, recognize, wav};
use local_speech::recognizer::MAX_SEGMENT_MS;
use local_speech::{Recognizer, Settings};
use test_result::TestResult;

fn recording(name: &str) -> TestResult<(u32, Vec<i16>)> {
    Ok(wav(&models().join("audio").join(name))?)
}

fn all_errors(model_name: &str) -> TestResult<WordErrors> {
    let model = model(model_name)?;
    let mut sum = WordErrors::default();
    for (file, reference) in RECORDINGS {
        let (rate_hz, samples) = recording(file)?;
        let text = final_text(&recognize(&model, Settings::default(), rate_hz, &samples, |_| {})?);
        let result = word_errors(reference, &text);
        println!("{model_name} {file}: {result:?}: {text}");
        sum = WordErrors { errors: sum.errors + result.errors, words: sum.words + result.words };
    }
    assert!(sum.words >= 200, "so few words say little: {}", sum.words);
    Ok(sum)
}

#[test]
fn the_base_model_has_at_most_3_5_percent_of_words_wrong() -> TestResult {
    let result = all_errors("base-en")?;
    assert!(result.percent() <= 3.5, "{result:?}");
    Ok(())
}

#[test]
fn the_tiny_model_has_at_most_7_percent_of_words_wrong() -> TestResult {
    let result = all_errors("tiny-en")?;
    assert!(result.percent() <= 7.0, "{result:?}");
    Ok(())
}

#[test]
fn a_final_comes_when_the_silence_is_long_enough_and_words_come_in_order() -> TestResult {
    let (rate_hz, samples) = recording("beckett.wav")?;
    let settings = Settings::default();
    let shown = recognize(&model("tiny-en")?, settings, rate_hz, &samples, |_| {})?;
    let mut turns = 0;
    for Shown { at_ms, hypothesis } in &shown {
        let words = hypothesis.words.windows(2);
        assert!(words.clone().all(|pair| pair[0].start_ms < pair[1].start_ms), "{hypothesis:?}");
        assert!(words.clone().all(|pair| pair[0].end_ms <= pair[1].start_ms + 50), "{hypothesis:?}");
        assert!(hypothesis.words.iter().all(|word| word.start_ms < word.end_ms && word.end_ms <= *at_ms));
        assert_eq!(hypothesis.turn, turns);
        if hypothesis.end_of_turn {
            turns += 1;
            assert!(hypothesis.words.iter().all(|word| word.committed));
            let latency_ms = at_ms - hypothesis.voice_end_ms;
            // Each of the sentences ends with a full stop, so the short silence is enough.
            let most_ms = u64::from(settings.min_silence_ms + CHUNK_MS) + 20;
            assert!(latency_ms <= most_ms, "{latency_ms} ms after the last voice");
        }
    }
    assert_eq!(turns, 6);
    Ok(())
}

#[test]
fn a_forced_endpoint_ends_the_turn_in_the_middle_of_a_sentence() -> TestResult {
    let (rate_hz, samples) = recording("two_cities.wav")?;
    let mut recognizer = Recognizer::new(model("tiny-en")?, Settings::default(), rate_hz)?;
    recognizer.push_i16(&samples[..4 * rate_hz as usize]);
    assert!(recognizer.voice().in_turn);
    recognizer.force_endpoint();
    let job = recognizer.take_job().ok_or("no job for the final")?;
    assert!(recognizer.take_job().is_none(), "one job at a time");
    recognizer.complete(job.run());
    let last = std::iter::from_fn(|| recognizer.next_hypothesis()).last().ok_or("no hypothesis")?;
    assert!(last.end_of_turn && last.text().starts_with("It was the best of times"), "{}", last.text());
    assert!(!recognizer.voice().in_turn);
    Ok(())
}

#[test]
fn a_slow_job_loses_no_word_of_the_audio_that_is_pushed_while_it_runs() -> TestResult {
    let (rate_hz, samples) = recording("two_cities.wav")?;
    // From the middle of the last sentence on, which has no pause that would end a turn.
    let sentence = &samples[(31.3 * f64::from(rate_hz)) as usize..];
    let mut recognizer = Recognizer::new(model("tiny-en")?, Settings::default(), rate_hz)?;
    let mut chunks = sentence.chunks(rate_hz as usize / 10);
    let first = loop {
        recognizer.push_i16(chunks.next().ok_or("no job")?);
        if let Some(job) = recognizer.take_job() {
            break job;
        }
    };
    chunks.for_each(|chunk| recognizer.push_i16(chunk));
    recognizer.complete(first.run());
    recognizer.force_endpoint();
    let mut longest_job_ms = 0;
    while let Some(job) = recognizer.take_job() {
        longest_job_ms = longest_job_ms.max(job.audio_ms());
        recognizer.complete(job.run());
    }
    let waiting_ms = sentence.len() as u64 * 1000 / u64::from(rate_hz);
    assert!(waiting_ms > u64::from(MAX_SEGMENT_MS), "{waiting_ms} ms are no more than one job");
    assert_eq!(longest_job_ms, u64::from(MAX_SEGMENT_MS));
    let hypotheses = std::iter::from_fn(|| recognizer.next_hypothesis());
    let text: Vec<String> = hypotheses.filter(|it| it.end_of_turn).map(|it| it.text()).collect();
    let text = text.join(" ");
    assert!(
        text.contains("the present period that some") && text.contains("being received for good"),
        "{text}"
    );
    Ok(())
}

#[test]
fn a_caller_that_waits_while_the_recogniser_is_behind_always_waits_for_a_job() -> TestResult {
    let (rate_hz, samples) = recording("beckett.wav")?;
    // A pause that ends no turn, longer than the segment to which audio is pushed.
    let settings = Settings { min_silence_ms: 25_000, max_silence_ms: 25_000, ..Settings::default() };
    let mut recognizer = Recognizer::new(model("tiny-en")?, settings, rate_hz)?;
    let speech = &samples[..3 * rate_hz as usize];
    let silence = vec![0; 20 * rate_hz as usize];
    for chunk in speech.chunks(rate_hz as usize / 10).chain(silence.chunks(rate_hz as usize / 10)) {
        while recognizer.is_behind() {
            let job = recognizer.take_job().ok_or("it waits, and there is no job")?;
            recognizer.complete(job.run());
        }
        recognizer.push_i16(chunk);
    }
    assert!(recognizer.voice().in_turn);
    Ok(())
}
