//! Faults that follow one another in one session.

use std::time::Duration;

use crate::common::{Client, LIMIT, Received};
use assemblyai_mock::{Fault, MockAssemblyAi, Script};
use test_result::TestResult;

const QUERY: &str = "speech_model=u3-rt-pro&sample_rate=16000";
const PAUSE: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_service_that_is_mute_can_still_end_the_session() -> TestResult {
    let ends = [
        (Fault::Drop, vec!["dropped"]),
        (Fault::close(1011, "gone"), vec!["close 1011 gone"]),
        (Fault::error(3005, "failed"), vec!["Error", "close 3005 See Error message for details"]),
    ];
    for (end, expected) in ends {
        let script = Script::new().fault_at_ms(100, Fault::Mute).fault_at_ms(300, end.clone());
        let mock = MockAssemblyAi::start(script).await;
        let mut client = Client::begin(&mock, QUERY).await?;
        client.frames(2).await;
        assert!(client.is_silent_for(PAUSE).await);
        client.frames(1).await;
        assert_eq!(client.story().await?, expected, "{end:?} in a script");

        let mock = MockAssemblyAi::start(Script::new()).await;
        let mut client = Client::begin(&mock, QUERY).await?;
        assert!(mock.inject_fault(0, Fault::Mute) && mock.inject_fault(0, end.clone()));
        assert_eq!(client.story().await?, expected, "{end:?} injected");
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_that_is_half_open_can_still_be_dropped() -> TestResult {
    let mock = MockAssemblyAi::start(Script::new().fault_at_ms(100, Fault::HalfOpen)).await;
    let mut client = Client::begin(&mock, QUERY).await?;
    client.frames(1).await;
    assert!(client.is_silent_for(PAUSE).await);
    assert!(mock.inject_fault(0, Fault::UnknownMessage), "it is not sent");
    assert!(client.is_silent_for(PAUSE).await);
    assert!(mock.inject_fault(0, Fault::Drop));
    assert_eq!(client.next().await?, Received::Dropped);
    mock.wait_for_end(0, LIMIT).await?;
    Ok(())
}
