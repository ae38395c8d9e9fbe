//! What a program can do with a session.

use std::time::Duration;

use assemblyai_mock::{Ending, Finished, MockAssemblyAi, Recording, Script, Turn, ViolationKind};
use assemblyai_streaming::{
    ClientBuilder, Error, Event, Full, ServerMessage, Session, StreamingParameters, Summary,
};
use futures_util::StreamExt as _;
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use crate::support::{LIMIT, Said, TestResult, audio, client, talk_samples, talk_words};

#[tokio::test]
async fn a_session_that_is_dropped_terminates_within_a_second() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let (sink, session) = client(&mock.base_url()).build()?.start();
    sink.send(&vec![1; 16_000]).await?;
    mock.wait_for_audio_ms(0, 1_000, LIMIT).await?;
    drop(session);
    let ended = mock.wait_for_end(0, Duration::from_secs(1)).await?;
    assert_eq!(ended.received_of_type("Terminate").len(), 1);
    assert!(sink.send(&[1; 100]).await.is_err() || sink.try_send(&[1; 100]).is_err());
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_session_that_is_dropped_during_its_handshake_terminates_what_the_service_has_opened() -> TestResult
{
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (_sink, session) = client(&format!("http://{}", listener.local_addr()?)).build()?.start();
    let (stream, _) = timeout(LIMIT, listener.accept()).await??;
    let control = session.control();
    drop(session);
    // The session gets to know of it; its socket is not open yet.
    timeout(Duration::from_millis(100), control.ended()).await.ok();
    let mut socket = timeout(LIMIT, tokio_tungstenite::accept_async(stream)).await??;
    let message = timeout(LIMIT, socket.next()).await?.ok_or("it is closed without a message")??;
    assert_eq!(message.into_text()?.as_str(), r#"{"type":"Terminate"}"#);
    let message = timeout(LIMIT, socket.next()).await?.ok_or("it is closed without a frame")??;
    assert!(message.is_close(), "{message:?}");
    Ok(())
}

#[tokio::test]
async fn a_long_list_of_terms_is_sent_after_begin_and_not_in_the_address() -> TestResult {
    let terms: Vec<String> = (0..100).map(|at| format!("{at:02}{}", "言".repeat(22))).collect();
    let parameters =
        StreamingParameters { keyterms_prompt: Some(terms.clone()), ..StreamingParameters::default() };
    let mock = MockAssemblyAi::start(Script::new()).await;
    let (sink, session) = client(&mock.base_url()).parameters(parameters).build()?.start();
    sink.send(&vec![1; 16_000]).await?;
    mock.wait_for_audio_ms(0, 1_000, LIMIT).await?;
    session.finish().await;
    let ended = mock.wait_for_end(0, LIMIT).await?;
    let address_bytes: usize =
        ended.parameters.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    assert!(address_bytes < 4_096, "{address_bytes}");
    assert!(ended.parameters.iter().all(|(name, _)| name != "keyterms_prompt"));
    let updates = ended.received_of_type("UpdateConfiguration");
    assert_eq!((updates.len(), &updates[0]["keyterms_prompt"]), (1, &serde_json::json!(terms)));
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn finish_is_bounded_also_if_the_service_does_not_answer() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new().ending(Ending::Ignored)).await;
    let client = client(&mock.base_url()).finish_limit(Duration::from_secs(2)).build()?;
    let (sink, session) = client.start();
    sink.send(&vec![1; 16_000]).await?;
    mock.wait_for_audio_ms(0, 1_000, LIMIT).await?;
    let start = Instant::now();
    let summary = timeout(LIMIT, session.finish()).await?;
    let lasted = start.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(4)).contains(&lasted), "{lasted:?}");
    assert!(matches!(summary.error, Some(Error::Incomplete(_))), "{summary:?}");
    // The service has confirmed none of it.
    assert_eq!((summary.captured.as_millis(), summary.dropped.as_millis()), (1_000, 1_000));
    Ok(())
}

#[tokio::test]
async fn a_cancelled_finish_goes_on_and_can_be_awaited_again() -> TestResult {
    let script = Script::new()
        .turn(Turn::said("The last words").from_ms(200).final_after_terminate())
        .ending(Ending::Late(Duration::from_millis(800)));
    let mock = MockAssemblyAi::start(script).await;
    let (sink, mut session) = client(&mock.base_url()).build()?.start();
    sink.send(&vec![100; 16_000]).await?;
    mock.wait_for_audio_ms(0, 1_000, LIMIT).await?;
    let cancelled = timeout(Duration::from_millis(100), session.finish()).await;
    assert!(cancelled.is_err(), "{cancelled:?}");
    assert!(sink.send(&[1; 100]).await.is_err());
    let summary = timeout(LIMIT, session.finish()).await?;
    assert!(summary.is_complete(), "{summary:?}");
    let (said, _) = Said::to_the_end(&mut session).await?;
    assert_eq!(said.words(), ["the", "last", "words"]);
    assert_eq!(mock.finish().await.sessions[0].received_of_type("Terminate").len(), 1);
    Ok(())
}

#[tokio::test]
async fn what_does_not_fit_is_dropped_counted_and_keeps_its_place_in_time() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let (sink, mut session) = client(&mock.base_url()).build()?.start();
    // The session has not run yet: nothing has been taken.
    sink.try_send(&vec![1; 32_000])?;
    assert_eq!(sink.try_send(&vec![2; 8_000]), Err(Full::Dropped));
    sink.send(&vec![3; 16_000]).await?;
    drop(sink);
    let (said, summary) = Said::to_the_end(&mut session).await?;
    let gap = said.events.iter().find_map(|event| match event {
        Event::Gap(gap) => Some((gap.start.as_millis(), gap.end.as_millis())),
        _ => None,
    });
    assert_eq!(gap, Some((2_000, 2_500)));
    assert_eq!((summary.dropped.as_millis(), summary.captured.as_millis()), (500, 3_500));
    assert!(!summary.is_complete() && summary.error.is_none());
    let received = mock.finish().await.sessions[0].pcm_i16();
    assert_eq!((received[31_999], received[32_000], received[39_999], received[40_000]), (1, 0, 0, 3));
    Ok(())
}

#[tokio::test]
async fn what_waits_when_a_session_ends_early_is_a_gap_and_counts_as_captured() -> TestResult {
    for (key, seconds) in [("another", 10), ("key-of-a-test", 11)] {
        let mock = MockAssemblyAi::builder().api_key(key).allow(ViolationKind::NotTerminated).start().await;
        let (sink, mut session) = client(&mock.base_url()).build()?.start();
        sink.send(&vec![1; 8 * 16_000]).await?;
        assert_eq!(sink.try_send(&vec![1; 2 * 16_000]), Err(Full::Dropped));
        if key == "key-of-a-test" {
            mock.wait_for_audio_ms(0, 1_000, LIMIT).await?;
            // That was longer than the burst: what follows waits.
            sink.send(&vec![1; 16_000]).await?;
            session.control().abort().await;
        }
        let (said, summary) = Said::to_the_end(&mut session).await?;
        assert!(summary.error.is_some(), "{summary:?}");
        let gaps: Vec<(Duration, Duration)> = said
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Gap(gap) => Some((gap.start, gap.end)),
                _ => None,
            })
            .collect();
        let unheard: Duration = gaps.iter().map(|(start, end)| end.saturating_sub(*start)).sum();
        assert_eq!((summary.captured.as_secs(), summary.dropped), (seconds, unheard), "{gaps:?} {summary:?}");
        assert!(summary.dropped <= summary.captured, "{summary:?}");
        assert_eq!(gaps.last().map(|(_, end)| *end), Some(summary.captured), "{gaps:?}");
    }
    Ok(())
}

#[tokio::test]
async fn samples_are_taken_in_real_time_after_a_burst() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new()).await;
    let (sink, session) = client(&mock.base_url()).build()?.start();
    let start = Instant::now();
    for _ in 0..10 {
        sink.send(&vec![1; 16_000]).await?;
    }
    // 5 s of burst and 2 s on the way, so 3 s have passed.
    let lasted = start.elapsed();
    assert!((Duration::from_millis(1_900)..Duration::from_millis(3_800)).contains(&lasted), "{lasted:?}");
    session.finish().await;
    assert_eq!(mock.finish().await.audio_ms, 10_000);
    Ok(())
}

#[tokio::test]
async fn a_turn_can_be_ended_and_parameters_changed_while_a_session_runs() -> TestResult {
    let script = Script::new().turn(Turn::said("One two three four five").from_ms(200).to_ms(2_900));
    let mock = MockAssemblyAi::start(script).await;
    let (sink, mut session) = client(&mock.base_url()).build()?.start();
    sink.send(&vec![100; 32_000]).await?;
    mock.wait_for_audio_ms(0, 2_000, LIMIT).await?;
    session.force_endpoint();
    let changed = StreamingParameters {
        max_turn_silence_ms: Some(700),
        session_heartbeat: Some(true),
        ..StreamingParameters::default()
    };
    session.update_configuration(changed.clone())?;
    let fixed = StreamingParameters { speaker_labels: Some(true), ..changed };
    assert!(matches!(session.update_configuration(fixed), Err(Error::NeedsNewSession("speaker_labels"))));
    let record = mock
        .wait_for(0, LIMIT, "an update", |session| {
            !session.received_of_type("UpdateConfiguration").is_empty()
        })
        .await?;
    assert_eq!(record.received_of_type("ForceEndpoint").len(), 1);
    assert_eq!(record.received_of_type("UpdateConfiguration")[0]["max_turn_silence"], 700);
    let turn = timeout(LIMIT, async {
        loop {
            match session.next().await {
                Some(Event::Turn(turn)) if turn.is_final => return Some(turn),
                None => return None,
                _ => {}
            }
        }
    })
    .await?;
    assert!(turn.is_some_and(|turn| turn.text.starts_with("One")));
    session.finish().await;
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn corrected_speakers_and_other_messages_of_the_service_are_events() -> TestResult {
    let warning = serde_json::json!({ "type": "Warning", "warning": "a test", "warning_code": 3006 });
    let turn = Turn::said("Who is it").from_ms(200).to_ms(900).speaker("B").first_attributed_to("A");
    let mock = MockAssemblyAi::start(Script::new().turn(turn).message_at_ms(500, &warning)).await;
    let parameters = StreamingParameters { speaker_labels: Some(true), ..StreamingParameters::default() };
    let (sink, mut session) = client(&mock.base_url()).parameters(parameters).build()?.start();
    sink.send(&vec![100; 48_000]).await?;
    drop(sink);
    let (said, _) = Said::to_the_end(&mut session).await?;
    let final_speaker = said.events.iter().find_map(|event| match event {
        Event::Turn(turn) if turn.is_final => turn.speaker.clone(),
        _ => None,
    });
    let revised = said.events.iter().find_map(|event| match event {
        Event::SpeakersRevised(turns) => {
            Some(turns.iter().map(|turn| (turn.text.clone(), turn.speaker.clone())).collect::<Vec<_>>())
        }
        _ => None,
    });
    assert_eq!(final_speaker.as_deref(), Some("A"));
    assert_eq!(revised, Some(vec![("Who is it.".to_owned(), Some("B".to_owned()))]));
    let warnings = |event: &Event| match event {
        Event::Message(ServerMessage::Warning(warning)) => warning.warning == "a test",
        _ => false,
    };
    assert_eq!(said.count(warnings), 1);
    Ok(())
}

#[tokio::test]
async fn several_sessions_run_at_once_on_one_client() -> TestResult {
    let script = Script::new().turn(Turn::said("Each on its own").from_ms(200).to_ms(1_200));
    let mock = MockAssemblyAi::start(script).await;
    let client = client(&mock.base_url()).build()?;
    let one = |client: assemblyai_streaming::Client| async move {
        let (sink, mut session) = client.start();
        sink.send(&vec![100; 32_000]).await.ok();
        drop(sink);
        Said::to_the_end(&mut session).await.map(|(said, _)| said.words()).map_err(|error| error.to_string())
    };
    let all = futures_util::future::join_all((0..20).map(|_| one(client.clone()))).await;
    for words in all {
        assert_eq!(words?, ["each", "on", "its", "own"]);
    }
    assert_eq!(mock.finish().await.sessions.len(), 20);
    Ok(())
}

#[test]
fn what_a_program_holds_can_be_sent_to_another_thread() {
    fn is_send<T: Send + 'static>() {}
    fn is_sync<T: Sync>() {}
    is_send::<Session>();
    is_send::<assemblyai_streaming::AudioSource>();
    is_sync::<assemblyai_streaming::AudioSink>();
    is_sync::<assemblyai_streaming::Client>();
    is_sync::<assemblyai_streaming::Control>();
}

/// Two sentences of the talk with a quiet room between them for so long: the samples, and as the mock knows them.
fn two_sentences(silence_ms: usize) -> TestResult<(Vec<i16>, Recording)> {
    const MS: usize = 16;
    const CUT_MS: usize = 8_000;
    const END_MS: usize = 14_200;
    let talk = talk_samples()?;
    // Noise of a few steps, as a microphone has it.
    let silence = (0..silence_ms * MS).map(|at| i16::from((at * at / 7) % 5 == 0) * 4 - 1);
    let mut samples = talk[..CUT_MS * MS].to_vec();
    samples.extend(silence);
    samples.extend(&talk[CUT_MS * MS..END_MS * MS]);
    let mut words = vec![];
    for line in std::fs::read_to_string(audio("talk.tsv"))?.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (start, end): (usize, usize) = (columns[0].parse()?, columns[1].parse()?);
        let later = if start > CUT_MS { silence_ms } else { 0 } as u64;
        if end <= END_MS {
            words.push(Turn::said(columns[2]).from_ms(start as u64 + later).to_ms(end as u64 + later));
        }
    }
    let known = Recording::new(&samples, 16_000, words)?;
    Ok((samples, known))
}

/// What a session does with the two sentences: what it said, its summary, whether it was on standby, and the mock's
/// account.
async fn hear_two_sentences(
    standby: Option<Duration>,
    speaker_labels: bool,
) -> TestResult<(Said, Summary, bool, Finished)> {
    let (samples, known) = two_sentences(14_000)?;
    let mock = MockAssemblyAi::start(Script::recording(known)).await;
    let builder = standby.into_iter().fold(client(&mock.base_url()), ClientBuilder::standby_after);
    let parameters =
        StreamingParameters { speaker_labels: Some(speaker_labels), ..StreamingParameters::default() };
    let (sink, mut session) = builder.parameters(parameters).build()?.start();
    let control = session.control();
    let feeding = tokio::spawn(async move {
        let mut was_on_standby = false;
        for chunk in samples.chunks(1_600) {
            sink.send(chunk).await.ok();
            was_on_standby |= control.status().is_on_standby;
        }
        was_on_standby
    });
    let (said, summary) = Said::to_the_end(&mut session).await?;
    Ok((said, summary, feeding.await?, mock.finish().await))
}

#[tokio::test]
async fn on_standby_the_connection_is_closed_until_somebody_speaks_and_no_word_is_lost() -> TestResult {
    let after = Some(Duration::from_secs(5));
    let (on, off, with_labels) = tokio::try_join!(
        hear_two_sentences(after, false),
        hear_two_sentences(None, false),
        hear_two_sentences(after, true)
    )?;
    let (spoken, count) = (talk_words()?, two_sentences(14_000)?.1.words());
    for ((said, summary, was_on_standby, finished), closes) in
        [(on, true), (off, false), (with_labels, false)]
    {
        assert!(summary.is_complete(), "{summary:?}");
        assert_eq!(said.words(), spoken[..count]);
        assert_eq!(said.count(|event| matches!(event, Event::Reconnecting(_))), 0);
        let received = Duration::from_millis(finished.sessions.iter().map(|session| session.audio_ms).sum());
        let spared = summary.captured.saturating_sub(received);
        assert_eq!(was_on_standby, closes);
        if closes {
            assert_eq!(finished.sessions.len(), 2);
            assert_eq!(finished.sessions[0].received_of_type("Terminate").len(), 1);
            assert!(spared > Duration::from_secs(3), "{spared:?}");
            assert!(summary.standby > Duration::from_secs(6), "{summary:?}");
        } else {
            // Speaker labels restart with each connection.
            assert_eq!((finished.sessions.len(), summary.standby), (1, Duration::ZERO));
            assert!(spared < Duration::from_secs(1), "{spared:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_is_read_fast_is_read_to_its_end_over_a_long_silence_on_standby() -> TestResult {
    let (samples, known) = two_sentences(100_000)?;
    let count = known.words();
    // Meanwhile the rest of the file could be read.
    let script = Script::recording(known).ending(Ending::Late(Duration::from_secs(3)));
    let mock = MockAssemblyAi::start(script).await;
    let client =
        client(&mock.base_url()).faster_than_real_time().standby_after(Duration::from_secs(5)).build()?;
    let blocks: Vec<_> = samples.chunks(1_600).map(|block| Ok(block.to_vec())).collect();
    let mut session =
        client.transcribe(assemblyai_streaming::AudioSource::new(futures_util::stream::iter(blocks)));
    let (said, summary) = Said::to_the_end(&mut session).await?;
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(summary.captured.as_millis(), samples.len() as u128 / 16);
    assert_eq!(said.words(), talk_words()?[..count]);
    Ok(())
}
