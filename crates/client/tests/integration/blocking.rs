//! Sessions without async.

use std::time::Duration;

use assemblyai_mock::{MockAssemblyAi, Script, Turn};
use assemblyai_streaming::{Event, blocking};
use tokio::runtime::Runtime;

use crate::support::{LIMIT, TestResult, client};

#[test]
fn a_session_is_an_iterator_of_events_and_its_sink_blocks() -> TestResult {
    let runtime = Runtime::new()?;
    let script = Script::new().turn(Turn::said("Without async").from_ms(200).to_ms(900));
    let mock = runtime.block_on(MockAssemblyAi::start(script));
    let (sink, session) = blocking::start(&client(&mock.base_url()).build()?)?;
    for _ in 0..8 {
        sink.send(&vec![100; 16_000])?;
    }
    drop(sink);
    let mut texts = vec![];
    for event in session {
        match event {
            Event::Turn(turn) if turn.is_final => texts.push(turn.text),
            Event::Ended(summary) => assert!(summary.is_complete()),
            Event::Reconnecting(it) => return Err(it.cause.into()),
            _ => {}
        }
    }
    assert_eq!(texts, ["Without async."]);
    assert_eq!(runtime.block_on(mock.finish()).audio_ms, 8_000);
    Ok(())
}

#[test]
fn a_session_that_is_dropped_has_sent_terminate() -> TestResult {
    let runtime = Runtime::new()?;
    let mock = runtime.block_on(MockAssemblyAi::start(Script::new()));
    let (sink, session) = blocking::start(&client(&mock.base_url()).build()?)?;
    sink.send(&vec![100; 16_000])?;
    runtime.block_on(mock.wait_for_audio_ms(0, 1_000, LIMIT))?;
    drop(session);
    let ended = runtime.block_on(mock.wait_for_end(0, Duration::from_millis(100)))?;
    assert_eq!(ended.received_of_type("Terminate").len(), 1);
    Ok(())
}
