//! The look of the page: its controls in one line, its icons, and colours of speakers, also for people who confuse red and green.

use crate::limit::with_time_limit;
use assemblyai_mock::Script;
use serde_json::json;

use super::TEST_LIMIT_S;
use super::page::Page;
use crate::ENGINE;
use crate::engines::Capabilities as _;

/// Widths and heights of a large window, windows about as wide as the header, a tablet, a phone, and a page at 400 % (WCAG 2.2, 1.4.10).
const SIZES: [(u32, u32); 6] = [(1200, 800), (884, 700), (850, 700), (800, 700), (390, 780), (320, 640)];

/// What is not as it should be: a page that scrolls sideways, a header or a row of buttons in more than one line, labels
/// that are cut off, buttons without an icon.
const FAULTS: &str = "const faults = [];
    if (document.documentElement.scrollWidth > innerWidth) faults.push('the page scrolls sideways');
    const visible = (selector) => [...document.querySelectorAll(selector)].filter((e) => e.checkVisibility());
    const rows = ['#tools button', '.buttons button'];
    if (innerWidth > 352) rows.push('#sources > *');
    if (innerWidth > 576) rows.push('header > :is(h1, button, #status)');
    for (const row of rows) {
        const middles = visible(row).map((e) => e.getBoundingClientRect()).map((box) => box.top + box.height / 2);
        if (Math.max(...middles) - Math.min(...middles) > 3) faults.push(`${row} in more than one line: ${middles}`);
    }
    for (const button of visible('header button, #tools button, footer button')) {
        if (button.scrollWidth > button.clientWidth + 1) faults.push(`#${button.id} is cut off`);
        const box = button.querySelector('svg')?.getBoundingClientRect();
        const before = getComputedStyle(button, '::before');
        if (!(box?.width >= 12) && !(before.content !== 'none' && parseFloat(before.width) >= 12))
            faults.push(`#${button.id} has no icon`);
        if (!button.textContent.trim()) faults.push(`#${button.id} has no label`);
    }
    const source = document.querySelector('#devices');
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = getComputedStyle(source).font;
    const isShort = innerWidth > 352 && source.value === '';
    if (isShort && pen.measureText(source.selectedOptions[0].textContent).width + 24 > source.clientWidth)
        faults.push('the name of the microphone is cut off');
    return faults";

impl Page {
    /// Looks at the page in each size, in light and, where the engine can, in dark colours. Returns where the button
    /// that starts and stops begins in each size.
    async fn check_layout(&mut self, state: &str) -> Vec<serde_json::Value> {
        let mut places = Vec::new();
        for (width, height) in SIZES {
            self.browser.resize(width, height).await.expect("a window");
            assert_eq!(self.eval(FAULTS).await, json!([]), "{state} at {width} x {height}");
            let place = "return document.querySelector('#record').getBoundingClientRect().left";
            places.push(self.eval(place).await);
            self.screenshot(&format!("{state}-{width}")).await;
            if ENGINE.can_prefer_dark_colours() && [1200, 390].contains(&width) {
                self.browser.dark(true).await.expect("dark");
                self.screenshot(&format!("{state}-{width}-dark")).await;
                self.browser.dark(false).await.expect("light");
            }
        }
        places
    }

    /// The tools that are cut off in windows of these widths.
    async fn cut_off_tools(&mut self, widths: impl Iterator<Item = u32>) -> Vec<String> {
        let mut cut_off = Vec::new();
        for width in widths {
            self.browser.resize(width, 700).await.expect("a window");
            let found = self.eval(CUT_OFF_TOOLS).await;
            if found != json!([]) {
                cut_off.push(format!("{width}: {found}"));
            }
        }
        cut_off
    }
}

/// The tools that are outside their panel, or touch the next one.
const CUT_OFF_TOOLS: &str = "const panel = document.querySelector('main').getBoundingClientRect();
    const tools = [...document.querySelectorAll('#tools button')].filter((tool) => tool.checkVisibility());
    const label = (tool) => {
        const range = document.createRange();
        range.selectNodeContents(tool);
        return range.getBoundingClientRect();
    };
    return tools.filter((tool, index) => {
        const { left, right } = label(tool);
        const next = tools[index + 1];
        return left < panel.left + 2 || right > panel.right - 2 || tool.scrollWidth > tool.clientWidth + 1
            || next && right + 2 > label(next).left;
    }).map((tool) => tool.id)";

#[tokio::test]
async fn no_tool_is_cut_off_at_any_width_in_both_languages() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        let widths = || (320..=1_300).step_by(20).chain([352, 353, 480, 481, 704, 705, 896, 960, 961]);
        for (tag, ready) in [("en", "Ready"), ("de", "Bereit")] {
            page.reload_in(tag, ready).await;
            page.press("#record").await;
            page.wait_for_state("recording").await;
            page.wait_until("return document.querySelectorAll('#tools svg').length >= 9").await;
            assert_eq!(page.cut_off_tools(widths()).await, [""; 0], "{tag}, recording");
            page.press("#pause").await;
            page.wait_for_state("paused").await;
            assert_eq!(page.cut_off_tools(widths()).await, [""; 0], "{tag}, paused");
            // As while a paused recording is played.
            page.set_property("#stop-playing", "hidden", false).await;
            assert_eq!(page.cut_off_tools(widths()).await, [""; 0], "{tag}, paused and played");
            page.press("#record").await;
            page.wait_for_state("idle").await;
            assert_eq!(page.cut_off_tools(widths()).await, [""; 0], "{tag}, finished and played");
        }
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_tab_shows_the_time_of_the_recording_and_the_page_that_it_listens() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        let title = page.eval("return document.title").await;
        let title = title.as_str().expect("a title").to_owned();
        page.press_record().await;
        page.wait_for_element("#off-record svg").await;
        let listens = "const text = document.querySelector('#empty-text');
            return text.checkVisibility() ? text.textContent : ''";
        assert_eq!(page.eval(listens).await, "Listening…");
        let shown = json!(title);
        let is_timed = format!(
            "const [time, title] = document.title.split(' · ');
            const elapsed = document.querySelector('#elapsed').textContent;
            return title === {shown} && time === `● ${{elapsed}}` && elapsed !== '0:00'"
        );
        page.wait_until(&is_timed).await;
        page.receive_turn(0, None, true, "One.").await;
        page.wait_for_finals(1).await;
        assert_eq!(page.eval(listens).await, "");
        page.press("#pause").await;
        page.wait_for_state("paused").await;
        assert_eq!(page.eval("return document.title.startsWith('●')").await, false);
        page.press("#record").await;
        page.wait_for_state("idle").await;
        assert_eq!(page.eval("return document.title").await, title);
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn selected_text_and_placeholders_can_be_read() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        page.receive_turn(0, None, true, "One.").await;
        page.wait_for_finals(1).await;
        page.wait_for_element("#tools svg").await;
        page.press_stop().await;
        page.press("#recordings").await;
        page.wait_for_element("#recordings-list[open]").await;
        let colours = "const of = (selector, part) => getComputedStyle(document.querySelector(selector), part);
            const channels = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((channel) => channel / 255);
            const selection = of('#transcript p', '::selection');
            return [[selection.color, selection.backgroundColor], [of('input[type=search]', '::placeholder').color,
                of('input[type=search]').backgroundColor]].map((pair) => pair.map(channels))";
        for is_dark in [false, true].into_iter().filter(|is_dark| !is_dark || ENGINE.can_prefer_dark_colours()) {
            if ENGINE.can_prefer_dark_colours() {
                page.browser.dark(is_dark).await.expect("colours");
            }
            let pairs: Vec<[[f64; 3]; 2]> = serde_json::from_value(page.eval(colours).await).expect("colours");
            for [text, ground] in pairs {
                assert!(contrast(text, ground) >= 4.5, "dark: {is_dark}: {text:?} on {ground:?}");
            }
        }
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn controls_and_tools_are_in_one_line_with_icons_in_both_languages() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        for (tag, ready) in [("en", "Ready"), ("de", "Bereit")] {
            page.reload_in(tag, ready).await;
            let places = page.check_layout(&format!("layout-{tag}-idle")).await;
            page.press("#record").await;
            page.wait_for_state("recording").await;
            for (order, speaker) in (0..).zip(["A", "B", "C"]) {
                page.receive_turn(
                    order,
                    Some(speaker),
                    true,
                    "Every sentence ends with a pause, and the next begins.",
                )
                .await;
            }
            page.wait_for_finals(3).await;
            page.wait_until("return document.querySelectorAll('#tools svg').length >= 6").await;
            assert_eq!(page.check_layout(&format!("layout-{tag}-recording")).await, places, "{tag}");
            page.press("#pause").await;
            page.wait_for_state("paused").await;
            assert_eq!(page.check_layout(&format!("layout-{tag}-paused")).await, places, "{tag}");
            page.press("#record").await;
            page.wait_for_state("idle").await;
            assert_eq!(page.check_layout(&format!("layout-{tag}-finished")).await, places, "{tag}");
            page.press("#new").await;
            page.press("#clear-transcript button[value=delete]").await;
            page.wait_for_no_element("#transcript p").await;
        }
        page.reload_in("en", "Ready").await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn the_empty_page_says_what_to_do_and_what_happens_to_the_sound() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        let shown = "return [...document.querySelectorAll('#hint p, #hint li')].filter((e) => e.checkVisibility())
            .map((e) => e.textContent.trim())";
        let expected = json!([
            "Press Record and speak. The words appear here.",
            "While you record, the sound goes to AssemblyAI, which turns it into words.",
            "Text and audio are stored in this browser, under Recordings.",
            "Drop an audio or video file here to have it transcribed.",
            "R Record, or stop ? All shortcuts",
        ]);
        assert_eq!(page.eval(shown).await, expected);
        // Where this server recognises, nothing goes to AssemblyAI; where it keeps no recordings, there is no list.
        page.eval(
            "document.querySelector('#local').hidden = false; document.querySelector('#recordings').hidden = true",
        )
        .await;
        assert_eq!(page.eval(shown).await, json!([expected[0], expected[3], expected[4]]));
        page.finish().await;
    })
    .await;
}

/// The colours of speakers A to F, and of the sheet behind them, as red, green and blue of 0 to 1.
async fn colours(page: &mut Page) -> (Vec<[f64; 3]>, [f64; 3]) {
    let found = page
        .eval(
            "const channels = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((channel) => channel / 255);
            const speakers = [...document.querySelectorAll('#transcript .speaker')];
            return [speakers.map((e) => channels(getComputedStyle(e).color)),
                channels(getComputedStyle(document.querySelector('main')).backgroundColor)]",
        )
        .await;
    serde_json::from_value(found).unwrap_or_else(|error| panic!("{error}"))
}

/// sRGB without its transfer function (IEC 61966-2-1).
fn linear(colour: [f64; 3]) -> [f64; 3] {
    colour.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) })
}

fn times(matrix: &[[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

/// The contrast ratio of WCAG 2.2.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |colour| times(&[[0.2126, 0.7152, 0.0722]; 3], linear(colour))[0] + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

/// How people see linear colours: with all cones, without those for red, without those for green (Machado, Oliveira and
/// Fernandes 2009, severity 1).
const SIGHTS: [[[f64; 3]; 3]; 3] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [
        [0.152_286, 1.052_583, -0.204_868],
        [0.114_503, 0.786_281, 0.099_216],
        [-0.003_882, -0.048_116, 1.051_998],
    ],
    [[0.367_322, 0.860_646, -0.227_968], [0.280_085, 0.672_501, 0.047_413], [-0.011_82, 0.042_94, 0.968_881]],
];

/// A linear colour in Oklab (Ottosson 2020), in which distances are those that people see.
fn oklab(linear: [f64; 3]) -> [f64; 3] {
    let cones = times(
        &[
            [0.412_221_5, 0.536_332_5, 0.051_446],
            [0.211_903_5, 0.680_699_5, 0.107_397],
            [0.088_302_5, 0.281_718_8, 0.629_978_7],
        ],
        linear,
    );
    times(
        &[
            [0.210_454_3, 0.793_617_8, -0.004_072],
            [1.977_998_5, -2.428_592_2, 0.450_593_7],
            [0.025_904, 0.782_771_8, -0.808_675_8],
        ],
        cones.map(f64::cbrt),
    )
}

/// The smallest distance between two colours, to anyone's sight.
fn smallest_distance(colours: &[[f64; 3]]) -> f64 {
    let mut smallest = f64::INFINITY;
    for sight in &SIGHTS {
        let seen: Vec<[f64; 3]> = colours
            .iter()
            .map(|colour| oklab(times(sight, linear(*colour)).map(|channel| channel.clamp(0.0, 1.0))))
            .collect();
        for (index, one) in seen.iter().enumerate() {
            for other in &seen[..index] {
                let squares: f64 = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
                smallest = smallest.min(squares.sqrt());
            }
        }
    }
    smallest
}

#[tokio::test]
async fn speakers_are_told_apart_also_by_people_who_confuse_red_and_green() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        for (order, speaker) in (0..).zip(["A", "B", "C", "D", "E", "F"]) {
            page.receive_turn(order, Some(speaker), true, "One of six.").await;
        }
        page.wait_for_finals(6).await;
        page.wait_until("return document.querySelectorAll('#tools svg').length >= 6").await;
        for is_dark in
            [false, true].into_iter().filter(|is_dark| !is_dark || ENGINE.can_prefer_dark_colours())
        {
            if ENGINE.can_prefer_dark_colours() {
                page.browser.dark(is_dark).await.expect("colours");
            }
            let (speakers, sheet) = colours(&mut page).await;
            assert_eq!(speakers.len(), 6);
            for colour in &speakers {
                assert!(contrast(*colour, sheet) >= 4.5, "dark: {is_dark}: {colour:?} on {sheet:?}");
            }
            let distance = smallest_distance(&speakers);
            assert!(distance >= 0.1, "dark: {is_dark}: {distance}");
            page.screenshot(if is_dark { "speakers-dark" } else { "speakers" }).await;
        }
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}

#[tokio::test]
async fn a_long_name_in_a_message_is_not_cut_off() {
    with_time_limit(TEST_LIMIT_S, async {
        let mut page = Page::open(Script::new()).await;
        page.press_record().await;
        page.receive_turn(0, None, true, "One.").await;
        page.wait_for_finals(1).await;
        page.wait_for_element("#status-line").await;
        page.browser.resize(320, 640).await.expect("a small phone");
        let cut_off = "const name = 'alsa_input.usb-' + 'microphone.'.repeat(8) + 'analog-stereo';
            const messages = ['#notice', '#error p', '#unfinished p', '#status-line', '#file-progress p', '#source-note'];
            return messages.filter((selector) => {
                const message = document.querySelector(selector);
                if (!message) return true;
                const hidden = [...document.querySelectorAll('[hidden]')].filter((it) => it.contains(message));
                const was = message.textContent;
                message.textContent = name;
                hidden.forEach((it) => { it.hidden = false; });
                const box = message.closest('main, footer').getBoundingClientRect();
                const text = document.createRange();
                text.selectNodeContents(message);
                const is_cut_off = text.getBoundingClientRect().right > box.right;
                message.textContent = was;
                hidden.forEach((it) => { it.hidden = true; });
                return is_cut_off;
            })";
        assert_eq!(page.eval(cut_off).await, json!([]));
        page.press_stop().await;
        page.finish().await;
    })
    .await;
}
