//! The page as an installed app: its manifest and icons.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use end_to_end_tests::TestResult;
use end_to_end_tests::browser::BrowserError;
use serde_json::{Value, json};

use super::TEST_LIMIT_S;
use super::engines::Capabilities as _;
use super::page::Page;
use crate::ENGINE;

/// The manifest's type, its text, its addresses as the browser resolves them, and those below a proxy's path prefix.
const MANIFEST: &str = "__installable.manifest";

/// For each icon: its type, its size as the browser decodes it, and how far its picture is from that of its SVG, in
/// thousandths of full scale.
const ICONS: &str = "__installable.icons";

/// The page with its tools, with which the manifest is loaded.
async fn open() -> Result<Page, BrowserError> {
    let mut page = Page::open(Script::new()).await?;
    page.press("#recordings").await?;
    page.wait_for_element("link[rel=manifest]").await?;
    Ok(page)
}

#[tokio::test]
async fn the_page_can_be_installed_also_below_a_path_prefix() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        let found = page.run(MANIFEST, ()).await?;
        assert_eq!(found[0], "application/manifest+json");
        assert_eq!(found[1]["display"], "standalone");
        assert_eq!(found[1]["short_name"], "Speech to text");
        let paths = |index: usize| -> Vec<&str> {
            found[index].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
        };
        assert_eq!(paths(2)[..2], ["/", "/"]);
        assert_eq!(paths(3)[..2], ["/below/a/prefix/", "/below/a/prefix/"]);
        for (path, prefixed) in paths(2).iter().zip(paths(3)) {
            assert_eq!(prefixed, ["/below/a/prefix", path].concat());
        }
        let expected = json!([
            ["(prefers-color-scheme: light)", "#f6f7f9"],
            ["(prefers-color-scheme: dark)", "#12151b"]
        ]);
        assert_eq!(page.run("__installable.themeColors", ()).await?, expected);
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_icons_are_decoded_and_show_their_svg() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = open().await?;
        let icons = page.run(ICONS, ()).await?;
        let icons = icons.as_array().cloned().unwrap_or_default();
        let sizes: Vec<&str> = icons.iter().filter_map(|icon| icon[1].as_str()).collect();
        assert_eq!(sizes, ["any", "192x192", "512x512", "any", "192x192", "512x512"]);
        for icon in &icons {
            assert_eq!((&icon[0], &icon[2]), (&json!(true), &json!(true)), "{icon}");
            // Browsers smooth edges in different ways.
            assert!(icon[3].as_u64().is_some_and(|thousandths| thousandths <= 5), "{icon}");
        }
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_manifest_is_in_the_language_of_the_page() -> TestResult {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        for (language, ready, expected) in [
            (
                "en",
                "Ready",
                ["en", "Speech to text", "Turns speech into text while it is spoken.", "Captions"],
            ),
            (
                "de",
                "Bereit",
                ["de", "Sprache zu Text", "Macht aus Sprache Text, während gesprochen wird.", "Untertitel"],
            ),
        ] {
            page.reload_in(language, ready).await?;
            assert_eq!(page.property("html", "lang").await?, language);
            page.press("#recordings").await?;
            page.wait_for_element("link[rel=manifest]").await?;
            let found = page.run(MANIFEST, ()).await?;
            let manifest = &found[1];
            let texts = [
                &manifest["lang"],
                &manifest["short_name"],
                &manifest["description"],
                &manifest["shortcuts"][0]["name"],
            ];
            assert_eq!(texts, expected);
        }
        page.finish().await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_browser_would_install_the_page() -> TestResult {
    if !ENGINE.judges_installability() {
        return Ok(());
    }
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await?;
        let before = page.browser.installability_errors().await?;
        assert!(before.contains(&"no-manifest".to_owned()), "the manifest comes with the tools: {before:?}");
        page.press("#recordings").await?;
        page.wait_for_element("link[rel=manifest]").await?;
        let errors = page.browser.installability_errors().await?;
        assert_eq!(errors, [""; 0]);
        page.finish().await?;
        Ok(())
    })
    .await
}
