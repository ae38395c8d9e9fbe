//! What each engine can and cannot do on a test machine. A test asks [`Capabilities`] where engines differ; there are no
//! other exceptions.

use end_to_end_tests::TestResult;
use end_to_end_tests::browser::{Engine, LEAD_IN_MS};

/// What an engine can do.
pub(super) trait Capabilities {
    /// Whether messages that a page sends while it is being left still arrive. Firefox closes the socket (1001) before
    /// the page's handler runs, so the session there ends without `Terminate`.
    fn sends_while_leaving(self) -> bool;

    /// Whether the page must resample to 16 kHz itself, because the engine's own resampler shifts the pitch.
    fn needs_resampling_by_the_page(self) -> bool;

    /// Whether the engine asks for permission, so that a user can refuse. WebKitGTK's `MiniBrowser` grants the
    /// microphone without asking while it is remote-controlled: there [`DENY`] refuses instead.
    fn asks_for_the_microphone(self) -> bool;

    /// Whether a page that captures nothing may start audio without a click. WebKit requires a click or a capture, and
    /// simulated microphones are no capture to it: there a real one is held open beside them.
    fn starts_audio_without_a_click(self) -> bool;

    /// Whether the engine accepts brotli over plain http. WebKitGTK accepts only gzip there, and the page's size limit
    /// is one for brotli.
    fn accepts_brotli_over_http(self) -> bool;

    /// Whether a tab can be hidden while it is remote-controlled, and is slowed down then. In the other engines it stays
    /// visible, or is not slowed down without a display.
    fn slows_hidden_tabs(self) -> bool;

    /// Whether the engine has a disk cache. WebKitGTK has none while it is remote-controlled, so that no part of a page
    /// opens without its server.
    fn has_a_disk_cache(self) -> bool;

    /// Whether the engine neither loses nor repeats more samples than the comparison allows (four slips of 20 ms, one
    /// sample in 200) on a busy machine. When a deadline is missed, Firefox drops some ms and WebKitGTK inserts blocks
    /// of 128 samples of silence.
    fn captures_without_slips(self) -> bool;

    /// Whether the engine captures more than a minute without damage to a word. WebKitGTK does not on a busy machine:
    /// there a damaged word may be missing, none may come twice, and as everywhere each sample that the page was given
    /// must arrive.
    fn captures_a_long_talk(self) -> bool;

    /// Whether the engine plays sound. WebKitGTK needs a loudspeaker, and test machines have none.
    fn can_play(self) -> bool;

    /// Whether the engine says how much a site stores and may store. WebKitGTK has no `navigator.storage.estimate`.
    fn estimates_storage(self) -> bool;

    /// Whether the engine keeps the visible text in place while content above it grows (CSS Scroll Anchoring).
    fn has_scroll_anchoring(self) -> bool;

    /// Whether screenshots work. WebKitGTK needs its compositor for them, which uses half a core for each page where
    /// there is no graphics card.
    fn can_take_screenshots(self) -> bool;

    /// Whether data that a page has stored survives a crash. WebKitGTK's `MiniBrowser` stores nothing on disk while it
    /// is remote-controlled: there the page is left during the recording, and the browser is not killed.
    fn keeps_data_after_a_crash(self) -> bool;

    /// Whether the window has the focus. Without a display Firefox's has none: key events reach the page but activate
    /// no button, and tests of the keyboard are left out.
    fn has_focus(self) -> bool;

    /// Whether the engine can be set to prefer dark colours.
    fn can_prefer_dark_colours(self) -> bool;

    /// Whether the engine can be set to prefer reduced motion.
    fn can_prefer_reduced_motion(self) -> bool;

    /// Whether the engine says whether it would install the page.
    fn judges_installability(self) -> bool;

    /// Whether the engine records video (`MediaRecorder`). WebKitGTK records none, and reads one that Chromium has recorded.
    fn records_video(self) -> bool;

    /// Whether the network can be slowed down and the cache emptied.
    fn can_slow_down_the_network(self) -> bool;

    /// Whether the engine reports how much processor time a page takes.
    fn reports_costs(self) -> bool;

    /// Whether a page's clock (`performance.now`) is fine enough to time one message. The others' have steps of 1 ms.
    fn has_a_fine_clock(self) -> bool;

    /// How much later than in Chromium the microphone's sound begins, in ms, at most.
    fn microphone_delay_ms(self) -> u64;

    /// How much of the sound's beginning the engine loses when the microphone opens, in ms, at most.
    fn max_missed_start_ms(self) -> i64;

    /// How much of a simulated microphone's sound the engine may lose or repeat on a busy machine, in ms.
    fn max_slips_ms(self) -> f64;

    /// How much later the sound of a simulated microphone may come through a context of another rate than its own, in
    /// ms. That much of it seems to come twice when the page changes to a context of the same rate.
    fn max_delay_at_another_rate_ms(self) -> f64;

    /// Whether a page can open a window that stays on top (Document Picture-in-Picture), in each version. Newer ones of
    /// Firefox can too; others open a pop-up.
    fn has_windows_on_top(self) -> bool;

    /// Whether it shares the sound of a tab. Firefox and WebKit share pictures alone.
    fn shares_sound(self) -> bool;
}

impl Capabilities for Engine {
    fn sends_while_leaving(self) -> bool {
        self != Self::Firefox
    }

    fn needs_resampling_by_the_page(self) -> bool {
        self == Self::Firefox
    }

    fn asks_for_the_microphone(self) -> bool {
        self != Self::WebKit
    }

    fn starts_audio_without_a_click(self) -> bool {
        self != Self::WebKit
    }

    fn accepts_brotli_over_http(self) -> bool {
        self != Self::WebKit
    }

    fn slows_hidden_tabs(self) -> bool {
        self == Self::Chromium
    }

    fn has_a_disk_cache(self) -> bool {
        self != Self::WebKit
    }

    fn captures_without_slips(self) -> bool {
        self == Self::Chromium
    }

    fn captures_a_long_talk(self) -> bool {
        self != Self::WebKit
    }

    fn can_play(self) -> bool {
        self != Self::WebKit
    }

    fn estimates_storage(self) -> bool {
        self != Engine::WebKit
    }

    fn has_scroll_anchoring(self) -> bool {
        self != Self::WebKit
    }

    fn can_take_screenshots(self) -> bool {
        self != Self::WebKit
    }

    fn keeps_data_after_a_crash(self) -> bool {
        self != Self::WebKit
    }

    fn has_focus(self) -> bool {
        self != Self::Firefox
    }

    fn can_prefer_dark_colours(self) -> bool {
        self == Self::Chromium
    }

    fn can_prefer_reduced_motion(self) -> bool {
        self == Self::Chromium
    }

    fn judges_installability(self) -> bool {
        self == Self::Chromium
    }

    fn records_video(self) -> bool {
        self != Self::WebKit
    }

    fn can_slow_down_the_network(self) -> bool {
        self == Self::Chromium
    }

    fn reports_costs(self) -> bool {
        self == Self::Chromium
    }

    fn has_a_fine_clock(self) -> bool {
        self == Self::Chromium
    }

    fn microphone_delay_ms(self) -> u64 {
        if self == Self::Chromium { 0 } else { LEAD_IN_MS }
    }

    fn max_missed_start_ms(self) -> i64 {
        if self == Self::Chromium { 300 } else { 2_000 }
    }

    fn max_slips_ms(self) -> f64 {
        if self == Self::Chromium { 40.0 } else { 200.0 }
    }

    fn max_delay_at_another_rate_ms(self) -> f64 {
        if self == Self::Chromium { 100.0 } else { 200.0 }
    }

    fn has_windows_on_top(self) -> bool {
        self == Self::Chromium
    }

    fn shares_sound(self) -> bool {
        self == Self::Chromium
    }
}

/// How often a test plays its sound again that the browser has torn.
const ATTEMPTS: u32 = 4;

/// The sound that the page was given is torn, or was played too late: a fault of the busy machine.
#[derive(Debug, thiserror::Error)]
#[error("the page was given torn sound: {0}")]
pub(super) struct TornSound(pub(super) String);

/// Plays a test's sound again, up to four times in all, when a browser on a busy machine has torn it before the page got
/// it. `attempt` returns [`TornSound`] for that alone.
///
/// # Errors
/// Any other error of an attempt, or the last one's.
pub(super) async fn hears_whole<T>(attempt: impl AsyncFn() -> TestResult<T>) -> TestResult<T> {
    for _ in 1..ATTEMPTS {
        match attempt().await {
            Err(error) if error.is::<TornSound>() => println!("{error}"),
            result => return result,
        }
    }
    attempt().await
}

/// Makes each request for the microphone fail as if the user had refused it.
pub(super) const DENY: &str = "__engines.denyMicrophone();";

/// Makes a context of 16 kHz refuse the microphone's stream, as Firefox up to 140 does.
pub(super) const REFUSE_16_KHZ: &str = "__engines.refuse16Khz();";
