//! Cuts, dead lines, refusals, rotation: what a session says, and what the mock has received.

use std::time::Duration;

use assemblyai_mock::{Fault, MockAssemblyAi, Script, SocketFault, Turn, ViolationKind};
use assemblyai_streaming::{AudioSource, Error, Event, Retry};
use futures_util::stream;

use crate::support::{
    LIMIT, Said, TestResult, assert_all_received, client, talk, talk_samples, talk_words, talk_words_until,
};

fn source(samples: &[i16]) -> AudioSource {
    let blocks: Vec<_> = samples.chunks(1_600).map(|block| Ok(block.to_vec())).collect();
    AudioSource::new(stream::iter(blocks))
}

#[tokio::test]
async fn a_session_without_faults_sends_each_sample_once_and_ends() -> TestResult {
    let mock = MockAssemblyAi::start(Script::recording(talk()?)).await;
    let client = client(&mock.base_url()).faster_than_real_time().build()?;
    let samples = talk_samples()?;
    let mut session = client.transcribe(source(&samples));
    let (said, summary) = Said::to_the_end(&mut session).await?;
    let finished = mock.finish().await;
    assert_eq!(assert_all_received(&finished, &samples)?, 0);
    assert_eq!(said.words(), talk_words()?);
    assert!(summary.is_complete(), "{summary:?}");
    assert_eq!(finished.sessions[0].header("authorization"), Some("key-of-a-test"));
    assert_eq!(summary.captured.as_millis(), samples.len() as u128 / 16);
    Ok(())
}

#[tokio::test]
async fn over_cuts_each_sample_is_received_and_each_word_is_said_once_in_order_and_in_time() -> TestResult {
    let mut script = Script::recording(talk()?);
    // A cut more doubles the wait before the next connection.
    for at_ms in [4_000, 11_300, 19_000, 33_700, 66_000] {
        script = script.fault_at_recording_ms(at_ms, Fault::Drop);
    }
    // The mock regards a broken connection as one that the client left.
    let mock = MockAssemblyAi::builder().script(script).allow(ViolationKind::NotTerminated).start().await;
    let client = client(&mock.base_url()).faster_than_real_time().build()?;
    let samples = talk_samples()?;
    let mut session = client.transcribe(source(&samples));
    let (said, summary) = Said::to_the_end(&mut session).await?;
    let finished = mock.finish().await;
    assert!(assert_all_received(&finished, &samples)? > 0, "nothing was sent again");
    assert_eq!(said.words(), talk_words()?);
    assert!(said.withdrawn.is_empty(), "{:?}", said.withdrawn);
    assert!(summary.is_complete() && summary.reconnects == 5, "{summary:?}");
    let reconnecting = said.count(|event| matches!(event, Event::Reconnecting(_)));
    assert!(reconnecting >= 5 && said.count(|event| matches!(event, Event::Reconnected)) == 5);
    // The times of the words are those of the talk, whatever connection they came over.
    let words: Vec<_> = said.turns.values().flat_map(|turn| &turn.words).collect();
    let table = std::fs::read_to_string(crate::support::audio("talk.tsv"))?;
    for (word, row) in words.iter().zip(table.lines().skip(1)) {
        let start_ms: f64 = row.split('\t').next().unwrap_or_default().parse()?;
        let difference = (word.start.as_secs_f64() * 1000.0 - start_ms).abs();
        assert!(difference < 150.0, "{} is said at {:?} instead of {start_ms} ms", word.text, word.start);
    }
    Ok(())
}

#[tokio::test]
async fn a_half_open_line_is_noticed_and_replaced() -> TestResult {
    let script = Script::recording(talk()?).fault_at_recording_ms(4_000, Fault::HalfOpen);
    let mock = MockAssemblyAi::builder()
        .script(script)
        .receive_buffer_bytes(4_096)
        .bandwidth(96_000)
        .allow(ViolationKind::NotTerminated)
        .allow(ViolationKind::StillOpen)
        .start()
        .await;
    let client = client(&mock.base_url()).build()?;
    let samples = &talk_samples()?[..20 * 16_000];
    let mut session = client.transcribe(source(samples));
    let (said, summary) = Said::to_the_end(&mut session).await?;
    assert!(summary.is_complete() && summary.reconnects >= 1, "{summary:?}");
    let cause = said.events.iter().find_map(|event| match event {
        Event::Reconnecting(reconnecting) => Some(reconnecting.cause.to_string()),
        _ => None,
    });
    assert_eq!(
        cause.as_deref(),
        Some("the connection was lost: it is open but nothing passes; check the network")
    );
    assert_all_received(&mock.finish().await, samples)?;
    assert_eq!(said.words(), talk_words_until(20_000)?);
    Ok(())
}

#[tokio::test]
async fn a_session_that_expires_is_replaced_without_a_lost_word() -> TestResult {
    let script = Script::recording(talk()?);
    // The mock's shortest session; its replacement is opened after 30 s at the earliest.
    let mock = MockAssemblyAi::builder().script(script).max_session_s(60).start().await;
    let client = client(&mock.base_url()).build()?;
    let samples = &talk_samples()?[..36 * 16_000];
    let mut session = client.transcribe(source(samples));
    let (said, summary) = Said::to_the_end(&mut session).await?;
    let finished = mock.finish().await;
    assert_eq!((finished.sessions.len(), summary.reconnects), (2, 1));
    assert_all_received(&finished, samples)?;
    let expected: Vec<String> = talk_words()?.into_iter().take(said.words().len()).collect();
    assert_eq!(said.words(), expected);
    assert!(expected.len() > 40 && summary.is_complete(), "{expected:?} {summary:?}");
    assert_eq!(said.count(|event| matches!(event, Event::Reconnecting(_))), 0);
    Ok(())
}

#[tokio::test]
async fn a_final_that_comes_after_terminate_is_waited_for() -> TestResult {
    let script = Script::new().turn(Turn::said("The end of it").from_ms(200).final_after_terminate());
    let mock =
        MockAssemblyAi::builder().script(script).ending_delay(Duration::from_millis(900)).start().await;
    let (sink, mut session) = client(&mock.base_url()).build()?.start();
    sink.send(&vec![100; 24_000]).await?;
    let summary = tokio::time::timeout(LIMIT, session.finish()).await?;
    assert!(summary.is_complete(), "{summary:?}");
    assert!(sink.send(&[100; 100]).await.is_err());
    // Again: the same answer. And what was said can still be read.
    assert!(session.finish().await.is_complete());
    let (said, _) = Said::to_the_end(&mut session).await?;
    assert_eq!(said.words(), ["the", "end", "of", "it"]);
    mock.finish().await;
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_ends_the_session_at_once_with_a_reason() -> TestResult {
    let mock = MockAssemblyAi::builder()
        .api_key("another")
        .allow(ViolationKind::Credential)
        .allow(ViolationKind::NotTerminated)
        .start()
        .await;
    let client = client(&mock.base_url()).wait_for_service().build()?;
    let (sink, session) = client.start();
    sink.send(&vec![1; 16_000]).await?;
    let summary = tokio::time::timeout(LIMIT, session.control().ended()).await?;
    let error = summary.error.clone().ok_or("refused")?;
    assert!(matches!(error, Error::Refused { code: 1008, .. }), "{error:?}");
    assert_eq!(error.retry(), Retry::No);
    assert!(error.to_string().contains("check the API key"), "{error}");
    assert!(!format!("{session:?}{error:?}").contains("key-of-a-test"));
    Ok(())
}

#[tokio::test]
async fn only_a_client_that_waits_survives_a_service_that_is_not_there_yet() -> TestResult {
    let script = Script::new().turn(Turn::said("Worth the wait").from_ms(200).to_ms(900));
    let mut mock = MockAssemblyAi::start(script).await;
    mock.go_down().await;
    let impatient = client(&mock.base_url()).build()?;
    let (_sink, session) = impatient.start();
    let summary = tokio::time::timeout(LIMIT, session.control().ended()).await?;
    assert!(summary.error.is_some_and(|error| error.retry() == Retry::Yes));

    let patient = client(&mock.base_url()).wait_for_service().build()?;
    let (sink, mut session) = patient.start();
    sink.send(&vec![100; 32_000]).await?;
    // It has tried, and failed.
    while let Some(event) = futures_util::StreamExt::next(&mut session).await {
        if matches!(event, Event::Reconnecting(_)) {
            break;
        }
    }
    mock.come_up().await?;
    drop(sink);
    let (said, summary) = Said::to_the_end(&mut session).await?;
    assert_eq!(said.words(), ["worth", "the", "wait"]);
    assert!(summary.is_complete() && summary.reconnects == 0, "{summary:?}");
    assert_eq!(mock.finish().await.audio_ms, 2_000);
    Ok(())
}

#[tokio::test]
async fn a_file_is_read_a_minute_ahead_of_a_service_that_is_away_and_no_further() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("long.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&path, spec)?;
    let mut samples = file.get_i16_writer(600 * 16_000);
    (0..600 * 16_000).for_each(|_| samples.write_sample(100));
    samples.flush()?;
    file.finalize()?;
    let mut mock = MockAssemblyAi::builder().start().await;
    mock.go_down().await;
    let client = client(&mock.base_url()).faster_than_real_time().wait_for_service().build()?;
    let session = client.transcribe(AudioSource::wav(&path)?);
    let minute = Duration::from_secs(60);
    tokio::time::timeout(LIMIT, async {
        while session.status().captured < minute {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await?;
    // Longer than a hundred of the waits between two looks at it.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let captured = session.status().captured;
    assert!(captured < minute + Duration::from_secs(1), "{captured:?}");
    Ok(())
}

#[tokio::test]
async fn a_file_is_read_no_faster_than_a_slow_service_reads_it_and_nothing_is_lost() -> TestResult {
    // A quarter of real time.
    let mock = MockAssemblyAi::builder()
        .script(Script::recording(talk()?))
        .receive_buffer_bytes(4_096)
        .bandwidth(8_000)
        .start()
        .await;
    let client = client(&mock.base_url()).faster_than_real_time().build()?;
    let samples = &talk_samples()?[..13 * 16_000];
    let mut session = client.transcribe(source(samples));
    let control = session.control();
    let watching = async {
        let mut most_ahead_ms = 0;
        while control.status().captured < Duration::from_secs(13) {
            let received_ms = mock.sessions().iter().map(|session| session.audio_ms).sum::<u64>();
            let ahead_ms = control.status().captured.as_millis() as u64 - received_ms;
            most_ahead_ms = ahead_ms.max(most_ahead_ms);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        most_ahead_ms
    };
    let (said, most_ahead_ms) = tokio::join!(Said::to_the_end(&mut session), watching);
    let (said, summary) = said?;
    // The system's buffers hold some seconds.
    assert!(most_ahead_ms < 7_000, "{most_ahead_ms} ms");
    assert!(summary.is_complete() && summary.reconnects == 0, "{summary:?}");
    assert_eq!(assert_all_received(&mock.finish().await, samples)?, 0);
    let expected: Vec<String> = talk_words()?.into_iter().take(said.words().len()).collect();
    assert_eq!(said.words(), expected);
    assert!(expected.len() > 15, "{expected:?}");
    Ok(())
}

#[tokio::test]
async fn refused_handshakes_are_tried_again_with_growing_waits() -> TestResult {
    let script = Script::new().fault_at_ms(1_000, Fault::Drop);
    let mock = MockAssemblyAi::builder()
        .script(script)
        .script(Script::new().turn(Turn::said("Back again").from_ms(200).to_ms(900)))
        .allow(ViolationKind::NotTerminated)
        .start()
        .await;
    mock.socket_faults().pass();
    mock.socket_faults().next_n(2, SocketFault::Refuse(503));
    let (sink, mut session) = client(&mock.base_url()).build()?.start();
    sink.send(&vec![100; 32_000]).await?;
    let mut waits = vec![];
    while let Some(event) = futures_util::StreamExt::next(&mut session).await {
        match event {
            Event::Reconnecting(reconnecting) => waits.push(reconnecting.wait),
            Event::Reconnected => break,
            _ => {}
        }
    }
    drop(sink);
    let (said, summary) = Said::to_the_end(&mut session).await?;
    assert_eq!((said.words(), waits.len()), (vec!["back".to_owned(), "again".to_owned()], 3));
    assert!(waits.is_sorted() && waits[0] >= Duration::from_millis(500), "{waits:?}");
    assert!(summary.is_complete(), "{summary:?}");
    Ok(())
}
