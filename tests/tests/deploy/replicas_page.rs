//! The page of two servers that recognise speech, in Chromium, behind nginx and behind Caddy: one server dies in the
//! middle of a sentence, and no word is missing or doubled.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use end_to_end_tests::browser::{Browser, Engine, Microphone, Setup};
use end_to_end_tests::limit::with_time_limit;
use end_to_end_tests::speech::{Speech, differences, is_heard_otherwise, normalize};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep_until};

use crate::proxies::{NAME, Proxy, caddy, nginx};
use crate::replicas::{assert_had_a_session, kill_the_one_in_use, server};
use crate::tools::folder;
use test_result::TestResult;

/// A run takes half a minute, and each test waits for that without a break, too.
const TEST_LIMIT_S: u64 = 180;
const LIMIT: Duration = Duration::from_secs(20);
/// How long the person reads, in s: up to a pause.
const READS_S: usize = 24;
/// When a server dies, from Record on: between two pauses.
const DIES_AFTER: Duration = Duration::from_secs(9);
/// Words that may be heard otherwise, of a hundred: sound in real time is decoded at other moments in each run.
const MOST_PERCENT_OTHERWISE: usize = 10;

/// Partial words of a turn: somebody is in the middle of a sentence.
const IN_A_SENTENCE: &str = "
    const partial = document.querySelector('#transcript p:not([data-final])')?.textContent ?? '';
    return partial.trim().split(/\\s+/).length > 2;";
const FINALS: &str = "
    const turns = document.querySelectorAll('#transcript p[data-final] .settled');
    return [...turns].map((turn) => turn.textContent).join(' ');";
const NOTE: &str = "return document.querySelector('#local').textContent";

/// The beginning of the recording, as a file.
fn reading(folder: &Path) -> TestResult<PathBuf> {
    let speech = Speech::two_cities()?.first(READS_S);
    let file = folder.join("reading.wav");
    end_to_end_tests::write_wav(&file, 1, speech.rate_hz, &speech.samples)?;
    Ok(file)
}

/// What the page shows after a person has read to it, behind this proxy, and one server has died, if it is to.
async fn reads(
    name: &str,
    start_proxy: fn(&Path, &[u16]) -> TestResult<Proxy>,
    dies: bool,
) -> TestResult<String> {
    let folder = folder(name)?;
    let mut servers = [server(&folder, 1)?, server(&folder, 2)?];
    let proxy = start_proxy(&folder, &servers.each_ref().map(|(_, port)| *port))?;
    // Caddy listens before it has a certificate.
    while fs::metadata(&proxy.authority).is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The other test has installed it, if there is an error.
    rustls::crypto::ring::default_provider().install_default().ok();
    let microphone = Microphone::File(reading(&folder)?);
    let setup = Setup { deployed_at: Some(NAME), ..Setup::new(microphone) };
    let page = Browser::start(Engine::Chromium, setup).await?;
    page.open(&format!("https://{NAME}:{}/", proxy.ports[1])).await?;
    page.wait_until("return document.querySelector('#status').textContent === 'Ready'", LIMIT).await?;
    let note = "Transcribed on this server (Moonshine base, English), by no other service.";
    page.wait_until("return document.querySelector('#local').textContent !== ''", LIMIT).await?;
    assert_eq!(page.eval(NOTE).await?, note);

    page.click("#record").await?;
    page.wait_for_state("recording", LIMIT).await?;
    let start = Instant::now();
    if dies {
        sleep_until(start + DIES_AFTER).await;
        page.wait_until(IN_A_SENTENCE, LIMIT).await?;
        let other = kill_the_one_in_use(&mut servers).await?;
        assert!(start.elapsed() < Duration::from_secs(READS_S as u64), "the reading was over");
        sleep_until(start + Duration::from_secs(READS_S as u64 + 1)).await;
        page.wait_for_state("recording", LIMIT).await?;
        assert_had_a_session(&folder, other)?;
    } else {
        sleep_until(start + Duration::from_secs(READS_S as u64 + 1)).await;
    }
    page.click("#record").await?;
    page.wait_for_state("idle", LIMIT).await?;
    let Value::String(text) = page.eval(FINALS).await? else { return Err("no text".into()) };
    page.close().await?;
    Ok(text)
}

/// Asserts that the words are those of a run without a break: each difference is a word that was heard otherwise, of
/// which there are few.
async fn no_word_is_missing_or_doubled_behind(
    name: &str,
    start_proxy: fn(&Path, &[u16]) -> TestResult<Proxy>,
) -> TestResult {
    static WITHOUT_A_BREAK: OnceCell<String> = OnceCell::const_new();
    with_time_limit(TEST_LIMIT_S, async {
        let whole = || async {
            reads("page-without-a-break", nginx, false).await.map_err(|error| format!("{error:?}"))
        };
        let whole = WITHOUT_A_BREAK.get_or_try_init(whole).await?;
        let broken = reads(name, start_proxy, true).await?;
        let found = differences(whole, &broken);
        let text = format!("{found:?}\nwithout a break: {whole}\nwith one: {broken}");
        assert!(found.iter().all(is_heard_otherwise), "{text}");
        let is_doubled = |text: &str| normalize(text).windows(2).any(|pair| pair[0] == pair[1]);
        assert!(!is_doubled(&broken), "{text}");
        let (words, otherwise) =
            (normalize(whole).len(), found.iter().map(|(words, _)| words.len()).sum::<usize>());
        assert!(
            words > 60 && 100 * otherwise <= MOST_PERCENT_OTHERWISE * words,
            "{otherwise} of {words}: {text}"
        );
        println!("{otherwise} of {words} words were heard otherwise: {text}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn no_word_on_the_page_is_missing_or_doubled_when_a_server_behind_nginx_dies() -> TestResult {
    no_word_is_missing_or_doubled_behind("page-nginx-replicas", nginx).await
}

#[tokio::test]
async fn no_word_on_the_page_is_missing_or_doubled_when_a_server_behind_caddy_dies() -> TestResult {
    no_word_is_missing_or_doubled_behind("page-caddy-replicas", caddy).await
}
