//! The driver of the browsers, on which the other tests rely.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::Microphone;
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

#[tokio::test]
async fn stored_data_survives_a_crash() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        let store = "return new Promise((resolve, reject) => {
            const open = indexedDB.open('of the test', 1);
            open.onupgradeneeded = () => open.result.createObjectStore('words');
            open.onsuccess = () => {
                const change = open.result.transaction('words', 'readwrite', { durability: 'strict' });
                change.objectStore('words').put('kept', 1);
                change.oncomplete = () => resolve(true);
            };
            open.onerror = reject;
        })";
        assert_eq!(page.eval(store).await?, true);
        page.browser.crash().await?;
        page.reload().await?;
        let stored = "return new Promise((resolve) => {
            const open = indexedDB.open('of the test', 1);
            open.onupgradeneeded = () => open.transaction.abort();
            open.onerror = () => resolve(null);
            open.onsuccess = () => {
                const got = open.result.transaction('words').objectStore('words').get(1);
                got.onsuccess = () => resolve(got.result);
            };
        })";
        let kept = if ENGINE.keeps_data_after_a_crash() { json!("kept") } else { json!(null) };
        assert_eq!(page.eval(stored).await?, kept);
        // A browser that was killed reports errors about its own files.
        page.finish_despite_errors().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_wait_goes_on_while_the_page_lacks_what_it_looks_for() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        // As in a page that is still loading.
        page.eval(
            "setTimeout(() => document.body.append(Object.assign(document.createElement('p'), { id: 'late' })), 2000)",
        )
        .await?;
        page.wait_until("return document.querySelector('#late').textContent === ''").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_list_of_microphones_follows_plugging_and_unplugging() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let microphone = Microphone::Pluggable(vec![("desk", Vec::new()), ("headset", Vec::new())]);
        let mut page = Page::open_with(Script::new(), microphone, "").await?;
        // Browsers reveal the names once the microphone is granted.
        page.press_record().await?;
        page.press_stop().await?;
        let is_listed = |name: &str| {
            format!(
                "return navigator.mediaDevices.enumerateDevices().then(devices => devices.some(
                    ({{ kind, label }}) => kind === 'audioinput' && label.includes('{name}')))"
            )
        };
        page.wait_until(&is_listed("desk")).await?;
        page.wait_until(&is_listed("headset")).await?;
        let sound = page.browser.sound().ok_or("microphones that can be unplugged")?;
        sound.unplug("headset").await?;
        sound.plug_in("webcam", Vec::new()).await?;
        page.wait_until(&is_listed("webcam")).await?;
        assert_eq!(page.eval(&is_listed("headset")).await?, false);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_main_thread_is_blocked_for_as_long_as_asked() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        page.eval(
            "window.longest = 0; let last = performance.now(); setInterval(() => {
            longest = Math.max(longest, performance.now() - last); last = performance.now(); }, 1)",
        )
        .await?;
        page.browser.block_main_thread(1_500).await?;
        page.wait_until("return longest >= 1500").await?;
        page.finish().await?;
        Ok(())
    })
    .await
}
