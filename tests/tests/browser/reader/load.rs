//! The tools, which are loaded with their first use: what is done meanwhile, and where they do not come.

use assemblyai_mock::Script;
use end_to_end_tests::browser::Microphone;
use end_to_end_tests::limit::with_time_limit;
use end_to_end_tests::server::{TestServer, settings};

use super::super::TEST_LIMIT_S;
use super::super::page::Page;
use super::said;
use crate::ENGINE;
use crate::browser::engines::Capabilities as _;

/// Holds the tools back until the test lets them come.
const HELD_BACK: &str = "{ const real = window.fetch;
    const come = new Promise((resolve) => window.__letToolsCome = resolve);
    window.fetch = async (what, ...options) => {
      if (/tools[^/]*wasm/.test(what.url ?? what)) {
        window.__areAsked = true;
        await come;
      }
      return real(what, ...options);
    }; }";

const ARE_ASKED: &str = "return window.__areAsked === true";
const ARE_HERE: &str = "return document.querySelector('#finder') !== null";

#[tokio::test]
async fn of_the_keys_that_are_pressed_while_the_tools_come_the_last_counts_and_only_if_it_still_means_the_same()
 {
    if !ENGINE.has_focus() {
        return;
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open_with(Script::new(), Microphone::Recording, HELD_BACK).await;
        // Who sees nothing happen presses again.
        page.key("r").await;
        page.key("r").await;
        page.wait_until(ARE_ASKED).await;
        page.eval("window.__letToolsCome()").await;
        page.wait_for_state("recording").await;
        page.press_stop().await;

        page.reload().await;
        page.key("r").await;
        page.wait_until(ARE_ASKED).await;
        // Who sees nothing happen takes the mouse.
        page.press_record().await;
        page.eval("window.__letToolsCome()").await;
        page.wait_until(ARE_HERE).await;
        assert_eq!(page.browser.state().await.unwrap_or_default(), "recording");
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn tools_that_could_not_be_loaded_come_once_the_server_is_there_again() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        page.receive(&said(0, 300, "Good morning.")).await;
        page.press_stop().await;
        let port = page.end_server().await;
        page.press("#shortcuts").await;
        page.wait_until("return !document.querySelector('#error').hidden").await;
        let error = page.error().await;
        assert!(error.contains("This part of the page could not be loaded."), "{error}");
        let service = page.mock.base_url();
        page.begin_server(port, &settings(&TestServer::flags(&service))).await;
        page.press("#shortcuts").await;
        page.wait_until("return document.querySelector('#keys')?.open === true").await;
        // Under another address, because a browser may remember that nothing is at this one.
        let asked = "return performance.getEntriesByType('resource').map(({ name }) => name)
            .filter((name) => /tools[^/]*[.]js/.test(name)).map((name) => new URL(name).search)";
        let asked = page.eval(asked).await;
        assert!(asked.as_array().is_some_and(|asked| asked.contains(&"?again=2".into())), "{asked}");
        page.finish_despite_errors().await;
    })
    .await;
}
