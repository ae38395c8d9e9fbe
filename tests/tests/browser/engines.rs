//! What an engine cannot do, and what its tests do instead. There are no other exceptions.

use end_to_end_tests::browser::{Engine, LEAD_IN_MS};

use crate::ENGINE;

/// Those that still send what a page says while it is left for another one. Firefox closes the socket (1001) before it
/// tells the page: there the session ends without the page's own word.
pub(super) const SEND_WHILE_LEAVING: [Engine; 2] = [Engine::Chromium, Engine::WebKit];

/// Those in which the page converts to 16 kHz itself, since they bend the pitch when they do.
pub(super) const CONVERTED_BY_THE_PAGE: [Engine; 1] = [Engine::Firefox];

/// Those whose user can say no. WebKitGTK's small browser asks nobody and says yes while it is remote-controlled:
/// there the test says no in its place.
pub(super) const ASK_FOR_THE_MICROPHONE: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Those that start the sound of a page that captures nothing, without a click for each start. WebKit does not, and the
/// made-up microphones are no capture to it: there a real one is held beside them.
pub(super) const START_WITHOUT_A_CLICK: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Those that take brotli over plain http too. To WebKitGTK the page goes as gzip there, and the limit is brotli's.
pub(super) const TAKE_BROTLI: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Those that have a disk cache here. WebKitGTK's has none while it is remote-controlled, so that nothing of a
/// page can be opened without its server.
pub(super) const HAVE_A_CACHE: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Those that neither lose nor repeat more samples than the comparison allows (four slips of 20 ms, one sample in 200).
/// Where the machine is late, Firefox lets some ms go and WebKitGTK fills in pieces of 128 samples of silence: there
/// the sound is played up to four times, and must come through whole once. A fault of ours would harm it each time.
const PLAY_WITHOUT_SLIPS: [Engine; 1] = [Engine::Chromium];

/// Those that play more than a minute without harm to a word. WebKitGTK does not, on a busy machine: there a word that
/// it has torn may be missing, none may come twice, and as everywhere each sample that the page was given must arrive.
pub(super) const PLAY_A_TALK: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Those that play a sound here. WebKitGTK plays to a loudspeaker, and there is none.
pub(super) const HAVE_A_LOUDSPEAKER: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Those that keep what is read in its place while something above it grows (CSS Scroll Anchoring); WebKit does not.
pub(super) const ANCHOR_WHAT_IS_READ: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Those that can be photographed. WebKitGTK can only with its compositor, which takes half a core for each page where
/// there is no graphics card.
pub(super) const SHOW_THEMSELVES: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Does it as often as the engine needs to hear all that was played; an error says what it did not hear.
pub(super) async fn hears_whole(attempt: impl AsyncFn() -> Result<(), String>) {
    let attempts = if PLAY_WITHOUT_SLIPS.contains(&ENGINE) { 1 } else { 4 };
    for _ in 0..attempts {
        match attempt().await {
            Ok(()) => return,
            Err(error) => println!("{error}"),
        }
    }
    panic!("the sound did not come through whole in {attempts} attempts");
}

/// Those that keep on disk what a page has stored. WebKitGTK's small browser keeps nothing while it is
/// remote-controlled: there the page is left in mid-talk, and the browser not killed.
pub(super) const KEEP_THEIR_DATA: [Engine; 2] = [Engine::Chromium, Engine::Firefox];

/// Those whose window has the focus. Without a display, Firefox' has none: keys reach the page, but press no button,
/// and the test of the keyboard is left out.
pub(super) const HAVE_THE_FOCUS: [Engine; 2] = [Engine::Chromium, Engine::WebKit];

/// Those that can be asked to prefer dark colours.
pub(super) const CAN_BE_DARK: [Engine; 1] = [Engine::Chromium];

/// How much later than Chromium's the microphone begins to speak, in ms, at most.
pub(super) fn late_ms() -> u64 {
    if ENGINE == Engine::Chromium { 0 } else { LEAD_IN_MS }
}

/// How much of the sound is missed, in ms, before the first of it comes through, at most.
pub(super) const MISSED_MS: i64 = match ENGINE {
    Engine::Chromium => 300,
    Engine::Firefox | Engine::WebKit => 2_000,
};

/// How much of a made-up microphone's sound an engine may lose or repeat where the machine is late, in ms.
pub(super) const SLIPS_MS: f64 = match ENGINE {
    Engine::Chromium => 40.0,
    Engine::Firefox | Engine::WebKit => 200.0,
};

/// How much later the sound of a made-up microphone may come through a context of another rate than its own, in ms: so
/// much of it seems to come twice where the page goes on to one of the same rate.
pub(super) const LATER_AT_ANOTHER_RATE_MS: f64 = match ENGINE {
    Engine::Chromium => 100.0,
    Engine::Firefox | Engine::WebKit => 200.0,
};

/// A user who says no.
pub(super) const DENY: &str = "navigator.mediaDevices.getUserMedia = async () => {
    throw new DOMException('denied by the test', 'NotAllowedError');
};";

/// A browser that refuses a context of 16 kHz when it meets the stream, as Firefox up to 140 does.
pub(super) const REFUSE_16_KHZ: &str = "{ const real = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
        if (this.sampleRate === 16000) throw new DOMException('refused by the test', 'NotSupportedError');
        return real.call(this, stream);
    }; }";
