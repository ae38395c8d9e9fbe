use assemblyai_service::{Credential, Setup, Strictness};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::turn::Turn;
use test_result::TestResult;

type Session = assemblyai_service::Session<ScriptPlan>;
type Output = assemblyai_service::Output<MockOutput>;

const START: Duration = Duration::ZERO;
const QUERY: &str = "speech_model=u3-rt-pro&sample_rate=16000";

fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn setup() -> Setup {
    Setup {
        id: "an-id".to_owned(),
        strictness: Strictness::Lenient,
        max_session_s: 10_800,
        opened_unix_s: 1_795_000_000,
        api_version: None,
    }
}

fn open(script: Script, query: &str) -> Session {
    open_with(script, None, Delays::default(), query)
}

fn open_with(script: Script, fault: Option<SocketFault>, delays: Delays, query: &str) -> Session {
    Session::open(setup(), ScriptPlan::new(script, fault, delays), query, Credential::Key)
}

/// A plan of nothing but a script.
fn plan(script: Script) -> ScriptPlan {
    ScriptPlan::new(script, None, Delays::default())
}

fn outputs(session: &mut Session) -> Vec<Output> {
    std::iter::from_fn(|| session.output()).collect()
}

/// The outputs of a session in short form, messages by their types.
fn story(session: &mut Session) -> Vec<String> {
    outputs(session)
        .into_iter()
        .map(|output| match output {
            Output::Text(text) => match serde_json::from_str::<Value>(&text) {
                Ok(json) if json["type"] == "Turn" && json["end_of_turn"] == true => "final".to_owned(),
                Ok(json) => json["type"].as_str().unwrap_or("no type").to_owned(),
                Err(_) => "not JSON".to_owned(),
            },
            Output::Planned(MockOutput::Binary(_)) => "binary".to_owned(),
            Output::Close { code, reason } => format!("close {code} {reason}"),
            Output::Planned(MockOutput::Drop) => "drop".to_owned(),
            Output::Planned(MockOutput::HalfOpen) => "half-open".to_owned(),
            Output::Violation(kind, _) => format!("{kind:?}"),
        })
        .collect()
}

/// Sends this many messages of 100 ms of silence.
fn send_audio(session: &mut Session, frames: u32) {
    for _ in 0..frames {
        session.audio(&[0; 3200], START);
    }
}

const TERMINATE: &str = r#"{"type":"Terminate"}"#;

#[test]
fn begin_has_eight_keys_of_configuration_and_whole_seconds() -> TestResult {
    let mut session = open(Script::new(), QUERY);
    let Some(Output::Text(text)) = session.output() else { return Err("no Begin".into()) };
    let begin: Value = serde_json::from_str(&text)?;
    assert_eq!(begin["id"], "an-id");
    assert_eq!(begin["expires_at"], 1_795_000_000_u64 + 10_800 - 2);
    assert_eq!(
        begin["configuration"],
        serde_json::json!({"model": "u3-rt-pro", "mode": "balanced", "api_version": "2025-05-12",
            "speaker_labels": false, "redact_pii": false, "filter_profanity": false,
            "domain": null, "voice_focus": null})
    );
    Ok(())
}

#[test]
fn each_bad_credential_is_an_error_and_a_close_with_1008() -> TestResult {
    for (credential, text) in [
        (Credential::Missing, "Unauthorized Connection: Missing Authorization header"),
        (Credential::Unknown, "Unauthorized Connection: Invalid API key"),
        (Credential::Expired, "Unauthorized Connection: Signature has expired"),
        (Credential::TooMany, "Unauthorized Connection: Too many concurrent sessions"),
    ] {
        // The credential is checked before the parameters.
        let mut session = Session::open(setup(), plan(Script::new()), "sample_rate=1", credential);
        let sent: Vec<Output> =
            outputs(&mut session).into_iter().filter(|o| !matches!(o, Output::Violation(..))).collect();
        let Output::Text(error) = &sent[0] else { return Err(format!("{sent:?}").into()) };
        let error: Value = serde_json::from_str(error)?;
        assert_eq!((&error["error_code"], &error["error"]), (&1008.into(), &text.into()));
        assert_eq!(sent[1], Output::Close { code: 1008, reason: ERROR_REASON.to_owned() });
        assert_eq!(sent.len(), 2);
    }
    Ok(())
}

#[test]
fn strict_rules_require_a_model() {
    let strict = Setup { strictness: Strictness::Strict, ..setup() };
    let mut session = Session::open(strict, plan(Script::new()), "sample_rate=16000", Credential::Key);
    let text = outputs(&mut session).into_iter().find_map(|output| match output {
        Output::Text(text) => Some(text),
        _ => None,
    });
    assert!(text.is_some_and(|text| text.contains("Invalid 'speech_model': Field required")));
}

#[test]
fn a_whole_session_ends_with_the_last_final_termination_and_close_1000() -> TestResult {
    let script = Script::new().turn(Turn::said("Book a table for two").from_ms(0).to_ms(2000));
    let mut session = open(script, QUERY);
    send_audio(&mut session, 15);
    session.text(TERMINATE, s(1.5));
    let texts = outputs(&mut session);
    let Some(Output::Text(termination)) = texts.iter().rev().nth(1) else {
        return Err(format!("{texts:?}").into());
    };
    assert_eq!(
        serde_json::from_str::<Value>(termination)?,
        serde_json::json!({"type": "Termination", "audio_duration_seconds": 2, "session_duration_seconds": 2})
    );
    assert!(!termination.contains('.'), "whole numbers: {termination}");
    assert_eq!(texts.last(), Some(&Output::Close { code: 1000, reason: "Session Ended".to_owned() }));
    let finals: Vec<&Output> = texts
        .iter()
        .filter(|o| matches!(o, Output::Text(text) if text.contains(r#""end_of_turn":true"#)))
        .collect();
    assert_eq!(finals.len(), 1, "{texts:?}");
    Ok(())
}

#[test]
fn messages_after_terminate_are_violations_without_effect() {
    for delay in [START, s(1.0)] {
        let delays = Delays { ending: delay, ..Delays::default() };
        let mut session = open_with(Script::new().said("Hello"), None, delays, QUERY);
        session.text(TERMINATE, START);
        send_audio(&mut session, 20);
        session.text(r#"{"type":"KeepAlive"}"#, START);
        session.tick(s(1.0));
        let sent = story(&mut session);
        assert_eq!(sent.iter().filter(|line| *line == "AfterTerminate").count(), 21, "{sent:?}");
        assert!(!sent.contains(&"final".to_owned()), "{sent:?}");
        assert!(sent.contains(&"Termination".to_owned()), "{sent:?}");
        assert_eq!(session.audio_ms(), 0);
    }
}

#[test]
fn a_session_terminated_before_begin_begins_and_ends() {
    let slow = Delays { begin: s(1.0), ..Delays::default() };
    let script = Script::new().turn(Turn::said("Hello").from_ms(0).to_ms(300));
    let mut session = open_with(script, None, slow, QUERY);
    send_audio(&mut session, 10);
    session.text(TERMINATE, s(0.2));
    assert_eq!(session.wakes_at(), Some(s(1.0)));
    assert_eq!(story(&mut session), Vec::<String>::new());
    session.tick(s(1.0));
    assert_eq!(
        story(&mut session),
        ["Begin", "SpeechStarted", "Turn", "final", "Termination", "close 1000 Session Ended"]
    );
}

#[test]
fn each_ending_sends_the_documented_messages() {
    let sent = |ending| {
        let mut session = open(Script::pending_final("That was all").ending(ending), QUERY);
        outputs(&mut session);
        session.text(TERMINATE, START);
        let at_once = story(&mut session);
        session.tick(s(2.0));
        (at_once, story(&mut session))
    };
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let whole = lines(&["SpeechStarted", "final", "Termination", "close 1000 Session Ended"]);
    assert_eq!(sent(Ending::Proper), (whole.clone(), vec![]));
    assert_eq!(sent(Ending::Late(s(2.0))), (vec![], whole.clone()));
    assert_eq!(sent(Ending::NoTermination), (whole[..2].to_vec(), vec![]));
    assert_eq!(sent(Ending::NoClose), (whole[..3].to_vec(), vec![]));
    assert_eq!(
        sent(Ending::CloseWithoutTermination),
        (lines(&["SpeechStarted", "final", "close 1000 Session Ended"]), vec![])
    );
    assert_eq!(sent(Ending::Ignored), (vec![], vec![]));
}

#[test]
fn each_fault_occurs_at_its_position_of_the_audio() {
    let cases = [
        (Fault::Drop, vec!["drop"]),
        (
            Fault::error(3005, "Session Cancelled: An error occurred"),
            vec!["Error", "close 3005 See Error message for details"],
        ),
        (
            Fault::ErrorWithoutType { code: 1008, text: "x".to_owned() },
            vec!["no type", "close 1008 See Error message for details"],
        ),
        (Fault::close(4001, "Not Authorized"), vec!["close 4001 Not Authorized"]),
        (Fault::MalformedJson, vec!["not JSON"]),
        (Fault::UnknownMessage, vec!["FromTheFuture"]),
        (Fault::Binary, vec!["binary"]),
        (Fault::HalfOpen, vec!["half-open"]),
        (Fault::Mute, vec![]),
    ];
    for (fault, expected) in cases {
        let mut session = open(Script::new().fault_at_ms(1000, fault.clone()), QUERY);
        outputs(&mut session);
        send_audio(&mut session, 9);
        assert_eq!(story(&mut session), Vec::<String>::new(), "{fault:?} too early");
        send_audio(&mut session, 2);
        assert_eq!(story(&mut session), expected, "{fault:?}");
    }
}

#[test]
fn after_an_error_nothing_is_sent_and_no_violation_is_recorded() {
    let mut session = open(Script::new().fault_at_ms(0, Fault::error(3005, "x")).said("Hello"), QUERY);
    outputs(&mut session);
    send_audio(&mut session, 50);
    session.text(TERMINATE, START);
    session.tick(s(20_000.0));
    session.disconnected();
    assert_eq!(story(&mut session), Vec::<String>::new());
}

#[test]
fn duplicated_finals_are_sent_twice_and_partials_once() {
    let script = Script::new().turn(Turn::said("Hello").from_ms(0).to_ms(300)).duplicate_finals();
    let mut session = open(script, QUERY);
    send_audio(&mut session, 20);
    assert_eq!(story(&mut session), ["Begin", "SpeechStarted", "Turn", "final", "final"]);
}

#[test]
fn messages_of_the_script_are_sent_between_turns_in_order_of_audio() {
    let script = Script::new()
        .message_at_ms(200, &serde_json::json!({"type": "Warning"}))
        .turn(Turn::said("Hi").from_ms(0).to_ms(100))
        .speech_started_at_ms(50)
        .message_after_terminate(&serde_json::json!({"type": "SpeakerRevision", "revisions": []}));
    let mut session = open(script, QUERY);
    // In one message, to show that the size of messages does not matter.
    session.audio(&vec![0; 32_000], START);
    session.text(TERMINATE, START);
    assert_eq!(
        story(&mut session),
        [
            "Begin",
            "SpeechStarted",
            "SpeechStarted",
            "Turn",
            "Warning",
            "final",
            "SpeakerRevision",
            "Termination",
            "close 1000 Session Ended"
        ]
    );
}

#[test]
fn a_session_without_messages_ends_after_its_timeout() {
    let mut session = open(Script::new(), "speech_model=u3-rt-pro&inactivity_timeout=5");
    outputs(&mut session);
    session.text(r#"{"type":"KeepAlive"}"#, s(3.0));
    assert_eq!(session.wakes_at(), Some(s(8.0)));
    session.tick(s(7.9));
    assert_eq!(story(&mut session), Vec::<String>::new());
    session.tick(s(8.0));
    let sent = outputs(&mut session);
    assert!(
        matches!(&sent[1], Output::Text(text) if text.contains("Session terminated due to inactivity: No messages received for 5 seconds")),
        "{sent:?}"
    );
    assert_eq!(sent.last(), Some(&Output::Close { code: 3006, reason: ERROR_REASON.to_owned() }));
}

#[test]
fn a_session_ends_after_the_duration_of_its_token() {
    let mut session =
        Session::open(setup(), plan(Script::new()), QUERY, Credential::Token { max_session_s: 60 });
    assert_eq!(session.wakes_at(), Some(s(60.0)));
    session.tick(s(60.0));
    assert_eq!(story(&mut session), ["Begin", "Error", "close 3008 See Error message for details"]);
}

#[test]
fn the_last_messages_come_after_terminate_though_the_duration_of_the_token_is_over() {
    let plan = ScriptPlan::new(Script::new(), None, Delays { ending: s(1.0), ..Delays::default() });
    let mut session = Session::open(setup(), plan, QUERY, Credential::Token { max_session_s: 60 });
    session.text(TERMINATE, s(59.5));
    assert_eq!(session.wakes_at(), Some(s(60.5)));
    session.tick(s(60.0));
    assert_eq!(story(&mut session), ["Begin"]);
    session.tick(s(60.5));
    assert_eq!(story(&mut session), ["Termination", "close 1000 Session Ended"]);
}

#[test]
fn models_that_were_seen_to_fail_fail_after_5_s() {
    let mut session = open(Script::new(), "speech_model=u3-rt-agent");
    assert_eq!(session.wakes_at(), Some(s(5.0)));
    session.tick(s(5.0));
    assert_eq!(story(&mut session), ["Begin", "Error", "close 3005 See Error message for details"]);
}

#[test]
fn a_heartbeat_comes_every_5_s_with_whole_ms() -> TestResult {
    let mut session = open(Script::new(), "speech_model=u3-rt-pro&session_heartbeat=True");
    send_audio(&mut session, 49);
    outputs(&mut session);
    session.tick(s(5.0));
    let sent = outputs(&mut session);
    let [Output::Text(text)] = &sent[..] else { return Err(format!("{sent:?}").into()) };
    let heartbeat: Value = serde_json::from_str(text)?;
    assert_eq!(heartbeat["total_audio_received_ms"], 4900);
    assert_eq!(heartbeat["total_duration_ms"], 5000);
    assert_eq!(session.wakes_at(), Some(s(10.0)));
    Ok(())
}

#[test]
fn an_update_changes_the_silence_that_ends_a_turn() {
    let script = || Script::new().turn(Turn::said("Hello there").from_ms(0).to_ms(500));
    let frames_to_final = |update: Option<&str>| {
        let mut session = open(script(), QUERY);
        if let Some(update) = update {
            session.text(update, START);
        }
        (1..100).find(|_| {
            send_audio(&mut session, 1);
            story(&mut session).contains(&"final".to_owned())
        })
    };
    assert_eq!(frames_to_final(None), Some(9), "500 + 100 + 292 ms");
    let update = r#"{"type":"UpdateConfiguration","min_turn_silence":2000}"#;
    assert_eq!(frames_to_final(Some(update)), Some(28), "500 + 2000 + 292 ms");
}

#[test]
fn bad_messages_end_the_session_with_3006() {
    for bad in
        ["{not json", "[]", r#"{"type":"Bogus"}"#, r#"{"type":"UpdateConfiguration","max_turn_silence":"x"}"#]
    {
        let mut session = open(Script::new(), QUERY);
        session.text(bad, START);
        assert_eq!(
            story(&mut session),
            ["Begin", "InvalidMessage", "Error", "close 3006 See Error message for details"],
            "{bad}"
        );
    }
}

#[test]
fn forcing_an_endpoint_without_an_open_turn_has_no_effect() {
    let mut session = open(Script::new().said("Later"), QUERY);
    session.text(r#"{"type":"ForceEndpoint"}"#, START);
    assert_eq!(story(&mut session), ["Begin"]);
}

#[test]
fn turns_in_audio_before_begin_are_sent_after_it() {
    let slow = Delays { begin: s(1.0), ..Delays::default() };
    let mut session = open_with(Script::demo(), None, slow, QUERY);
    let quiet = [0_u8; 3200];
    let loud: Vec<u8> =
        (0..1600).flat_map(|n: i16| if n % 3 == 0 { [0x70, 0x17] } else { [0x48, 0xF4] }).collect();
    for frame in [
        &quiet[..],
        &loud,
        &loud,
        &loud,
        &loud,
        &loud,
        &quiet,
        &quiet,
        &quiet,
        &quiet,
        &quiet,
        &quiet,
        &quiet,
        &quiet,
    ] {
        session.audio(frame, START);
    }
    session.text(r#"{"type":"ForceEndpoint"}"#, START);
    assert_eq!(story(&mut session), Vec::<String>::new());
    session.tick(s(1.0));
    let sent = story(&mut session);
    assert_eq!(sent.first(), Some(&"Begin".to_owned()));
    assert!(sent.contains(&"Turn".to_owned()) || sent.contains(&"final".to_owned()), "{sent:?}");
}

#[test]
fn faults_before_begin_behave_as_documented() {
    let sent = |fault, at: f64| {
        let mut session = open_with(Script::new(), Some(fault), Delays::default(), QUERY);
        session.tick(s(at));
        story(&mut session)
    };
    assert_eq!(sent(SocketFault::NoBegin, 1000.0), Vec::<String>::new());
    assert_eq!(sent(SocketFault::BeginLate(s(5.0)), 4.9), Vec::<String>::new());
    assert_eq!(sent(SocketFault::BeginLate(s(5.0)), 5.0), ["Begin"]);
    assert_eq!(sent(SocketFault::Drop, 0.0), ["drop"]);
    assert_eq!(
        sent(SocketFault::error(3009, "Too many concurrent sessions"), 0.0),
        ["Error", "close 3009 See Error message for details"]
    );
    let close = SocketFault::Close { code: 1013, reason: "later".to_owned() };
    assert_eq!(sent(close, 0.0), ["close 1013 later"]);
}

#[test]
fn a_disconnect_without_terminate_is_a_violation() {
    let mut session = open(Script::new(), QUERY);
    outputs(&mut session);
    session.disconnected();
    assert_eq!(story(&mut session), ["NotTerminated"]);
}

#[test]
fn a_wrong_speaker_is_corrected_before_termination() -> TestResult {
    let script = Script::new().turn(Turn::said("Hello there").from_ms(0).to_ms(500).speaker("A")).turn(
        Turn::said("Good morning").from_ms(1500).to_ms(2000).speaker("B").first_attributed_to("PENDING"),
    );
    let mut session = open(script, "speech_model=u3-rt-pro&speaker_labels=true");
    send_audio(&mut session, 40);
    session.text(TERMINATE, START);
    let sent: Vec<Value> = outputs(&mut session)
        .into_iter()
        .filter_map(|output| match output {
            Output::Text(text) => serde_json::from_str(&text).ok(),
            _ => None,
        })
        .collect();
    let labels: Vec<&Value> =
        sent.iter().filter(|json| json["end_of_turn"] == true).map(|json| &json["speaker_label"]).collect();
    assert_eq!(labels, ["A", "PENDING"]);
    assert!(
        sent.iter()
            .filter(|json| json["end_of_turn"] == false)
            .all(|json| json.get("speaker_label").is_none())
    );
    let [revision, termination] = &sent[sent.len() - 2..] else { return Err(format!("{sent:?}").into()) };
    assert_eq!((&revision["type"], &termination["type"]), (&"SpeakerRevision".into(), &"Termination".into()));
    let [revised] = &revision["revisions"].as_array().ok_or("no list")?[..] else {
        return Err(format!("{revision}").into());
    };
    assert_eq!((&revised["turn_order"], &revised["speaker_label"]), (&1.into(), &"B".into()));
    assert_eq!(revised["words"][0]["speaker"], "B");
    assert!(revised["words"][0]["start"].is_u64(), "{revised}");
    Ok(())
}

#[test]
fn speakers_are_revised_at_the_interval_of_the_client() {
    let script = Script::new().turn(Turn::said("Hello").from_ms(0).to_ms(500).first_attributed_to("UNKNOWN"));
    let query = "speech_model=u3-rt-pro&speaker_labels=true&speaker_labels_revision_interval_ms=1";
    let mut session = open(script, query);
    send_audio(&mut session, 1199);
    assert!(!story(&mut session).contains(&"SpeakerRevision".to_owned()), "clamped to 120 s");
    send_audio(&mut session, 1);
    assert_eq!(story(&mut session), ["SpeakerRevision"]);
}

#[test]
fn each_second_of_silence_is_acknowledged_on_request() -> TestResult {
    let script = Script::new().turn(Turn::said("Hello there").from_ms(2100).to_ms(3000));
    let mut session = open(script, "speech_model=u3-rt-pro&acknowledge_silence=true");
    send_audio(&mut session, 60);
    let silences: Vec<(u64, u64)> = outputs(&mut session)
        .into_iter()
        .filter_map(|output| match output {
            Output::Text(text) => serde_json::from_str::<Value>(&text).ok(),
            _ => None,
        })
        .filter(|json| json["type"] == "Silence")
        .map(|json| Some((json["start_ms"].as_u64()?, json["end_ms"].as_u64()?)))
        .collect::<Option<_>>()
        .ok_or("a time is missing")?;
    assert_eq!(silences[..2], [(0, 1000), (1000, 2000)]);
    assert!(silences[2..].iter().all(|(start, _)| *start >= 3300), "{silences:?}");
    assert_eq!(silences.len(), 4);
    Ok(())
}

#[test]
fn while_somebody_speaks_a_partial_comes_about_every_400_ms() {
    let mut session = open(Script::demo(), QUERY);
    let loud: Vec<u8> =
        (0..1600).flat_map(|n: i16| if n % 3 == 0 { [0x70, 0x17] } else { [0x48, 0xF4] }).collect();
    send_audio(&mut session, 10);
    for _ in 0..40 {
        session.audio(&loud, START);
    }
    let partials = story(&mut session).iter().filter(|kind| *kind == "Turn").count();
    assert!((7..=11).contains(&partials), "{partials} in 4 s");
}

/// What a client can do, valid or not.
#[derive(Debug, Clone)]
enum ClientAction {
    Audio(Vec<u8>),
    Text(String),
    Wait(u64),
    Go,
}

fn client_actions() -> impl Strategy<Value = Vec<ClientAction>> {
    let message = prop_oneof![
        Just(r#"{"type":"ForceEndpoint"}"#.to_owned()),
        Just(r#"{"type":"KeepAlive"}"#.to_owned()),
        Just(TERMINATE.to_owned()),
        "(min|max)_turn_silence".prop_flat_map(|name| any::<i32>()
            .prop_map(move |value| { format!(r#"{{"type":"UpdateConfiguration","{name}":{value}}}"#) })),
        r#"[{}\[\]":a-z,0-9]{0,40}"#,
        ".*",
    ];
    let loud = (0_usize..2000)
        .prop_map(|n| ClientAction::Audio((0..n * 2).map(|i| (i * 7919 % 251) as u8).collect()));
    let action = prop_oneof![
        6 => loud,
        3 => Just(ClientAction::Audio(vec![0; 3200])),
        1 => proptest::collection::vec(any::<u8>(), 0..200).prop_map(ClientAction::Audio),
        1 => Just(ClientAction::Audio(vec![1; 140_000])),
        2 => message.prop_map(ClientAction::Text),
        3 => (0_u64..7000).prop_map(ClientAction::Wait),
        1 => Just(ClientAction::Go),
    ];
    proptest::collection::vec(action, 0..60)
}

fn scripts() -> impl Strategy<Value = Script> {
    let turns = proptest::collection::vec(("[a-z .,?]{0,30}", any::<u16>(), any::<u16>()), 0..4);
    let endings = prop_oneof![
        4 => Just(Ending::Proper),
        1 => Just(Ending::NoTermination),
        1 => Just(Ending::NoClose),
        1 => Just(Ending::Ignored),
        1 => Just(Ending::Late(Duration::from_secs(1))),
    ];
    (turns, endings, any::<bool>(), proptest::option::of("[a-z .]{0,30}")).prop_map(
        |(turns, ending, doubled, paced)| {
            let mut script = paced.map_or_else(Script::new, Script::paced_by_speech).ending(ending);
            for (text, from, to) in turns {
                script = script.turn(Turn::said(text).from_ms(from.into()).to_ms(to.into()));
            }
            if doubled { script.duplicate_finals() } else { script }
        },
    )
}

proptest! {
    #[test]
    fn whatever_a_client_does_the_session_stays_legal(
        script in scripts(),
        actions in client_actions(),
        query in prop_oneof![
            Just("speech_model=u3-rt-pro".to_owned()),
            Just("speech_model=universal-streaming-english&format_turns=true&inactivity_timeout=5".to_owned()),
            Just("speech_model=u3-rt-pro&speaker_labels=true&session_heartbeat=1&acknowledge_silence=1".to_owned()),
            Just("sample_rate=8000&encoding=pcm_mulaw&max_turn_silence=50".to_owned()),
            "[a-z_]{0,12}=[a-z0-9%+]{0,8}(&[a-z_]{0,12}=.{0,8})?",
        ],
        strict in any::<bool>(),
        begin_s in 0_u64..3,
        ending_s in 0_u64..3,
    ) {
        let setup = Setup {
            strictness: if strict { Strictness::Strict } else { Strictness::Lenient },
            max_session_s: 60,
            ..setup()
        };
        let delays = Delays { begin: Duration::from_secs(begin_s), ending: Duration::from_secs(ending_s) };
        let plan = ScriptPlan::new(script, None, delays);
        let mut session = Session::open(setup, plan, &query, Credential::Key);
        let mut sent = outputs(&mut session);
        let mut now = START;
        for action in actions {
            match action {
                ClientAction::Audio(bytes) => session.audio(&bytes, now),
                ClientAction::Text(text) => session.text(&text, now),
                ClientAction::Go => session.disconnected(),
                ClientAction::Wait(ms) => {
                    let until = now + Duration::from_millis(ms);
                    // As the socket does: never later than `wakes_at`.
                    let mut wakes = 0;
                    while let Some(at) = session.wakes_at().filter(|at| *at <= until) {
                        now = now.max(at);
                        session.tick(now);
                        sent.extend(outputs(&mut session));
                        wakes += 1;
                        prop_assert!(wakes < 10, "it asks to be woken and does nothing");
                    }
                    now = until;
                }
            }
            sent.extend(outputs(&mut session));
        }
        prop_assert!(is_legal(&sent), "{sent:#?}");
    }
}

/// `Begin` first and once, at most one close and nothing after it, `Error` right before its close,
/// `Termination` last, and `turn_order` without a final before its partials.
fn is_legal(sent: &[Output]) -> bool {
    let sent: Vec<&Output> = sent.iter().filter(|output| !matches!(output, Output::Violation(..))).collect();
    let kinds: Vec<String> = sent
        .iter()
        .map(|output| match output {
            Output::Text(text) => match serde_json::from_str::<Value>(text) {
                Ok(json) => json["type"].as_str().unwrap_or("?").to_owned(),
                Err(_) => "?".to_owned(),
            },
            Output::Close { code, .. } => format!("close {code}"),
            _ => "?".to_owned(),
        })
        .collect();
    let at = |kind: &str| kinds.iter().position(|k| k == kind);
    let closed = kinds.iter().position(|kind| kind.starts_with("close"));
    let begin_first = match at("Begin") {
        Some(index) => index == 0 && kinds.iter().filter(|kind| *kind == "Begin").count() == 1,
        // Without `Begin`, there are an error and a close, or nothing.
        None => kinds.iter().all(|kind| kind == "Error" || kind.starts_with("close")),
    };
    let closed_last = closed.is_none_or(|index| index + 1 == kinds.len());
    let error_closes = at("Error").is_none_or(|index| closed == Some(index + 1));
    let terminated_last =
        at("Termination").is_none_or(|index| index + 1 == kinds.len() || kinds[index + 1] == "close 1000");
    begin_first && closed_last && error_closes && terminated_last && !kinds.contains(&"?".to_owned())
}
