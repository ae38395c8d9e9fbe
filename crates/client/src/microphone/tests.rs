//! Devices that go, stay away, come back or are quiet, in paused time.

use std::sync::{Arc, Mutex, PoisonError};

use test_result::TestResult;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::*;

type Sender = UnboundedSender<Option<Vec<i16>>>;

/// Devices that tests make.
#[derive(Default)]
struct Fake {
    /// What is opened, one after the other; without one there is no device.
    captures: Mutex<VecDeque<Capture>>,
}

impl Backend for Fake {
    fn devices(&self) -> BoxFuture<'_, Result<Vec<Device>, MicrophoneError>> {
        async { Ok(vec![]) }.boxed()
    }

    fn capture<'a>(&'a self, _: &'a Input) -> BoxFuture<'a, Result<Capture, MicrophoneError>> {
        let capture = self.captures.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        async { capture.ok_or(MicrophoneError::NoDevice { known: vec![] }) }.boxed()
    }
}

impl Fake {
    /// Plugs in a device; returns its end.
    fn plug_in(&self, pauses_when_quiet: bool) -> Sender {
        let (sender, samples) = unbounded_channel();
        let capture = Capture { samples, name: "desk".to_owned(), pauses_when_quiet, _stream: Box::new(()) };
        self.captures.lock().unwrap_or_else(PoisonError::into_inner).push_back(capture);
        sender
    }
}

struct Bench {
    fake: &'static Fake,
    device: Sender,
    microphone: Microphone,
    changes: Arc<Mutex<Vec<DeviceChange>>>,
}

impl Bench {
    async fn start(input: Input, pauses_when_quiet: bool) -> Result<Self, MicrophoneError> {
        let fake: &'static Fake = Box::leak(Box::default());
        let device = fake.plug_in(pauses_when_quiet);
        let changes = Arc::new(Mutex::new(vec![]));
        let reported = changes.clone();
        let report = move |change| reported.lock().unwrap_or_else(PoisonError::into_inner).push(change);
        let microphone = Microphone::open(fake, input, Box::new(report)).await?;
        Ok(Self { fake, device, microphone, changes })
    }

    fn changes(&self) -> Vec<DeviceChange> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that comes within a time.
    async fn parts(&mut self, time: Duration) -> Vec<Part> {
        let mut parts = vec![];
        let end = Instant::now() + time;
        while let Ok(next) = tokio::time::timeout_at(end, self.microphone.next()).await {
            parts.extend(next.ok().flatten());
        }
        parts
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn the_start_of_a_chunk_is_delivered_at_once_when_the_device_goes_also_if_it_stays_away() -> TestResult
{
    let mut bench = Bench::start(Input::Default, false).await?;
    bench.device.send(Some(vec![7; FRAME_SAMPLES + 900]))?;
    bench.device.send(None)?;
    assert_eq!(bench.microphone.next().await?, Some(Part::Samples(vec![7; FRAME_SAMPLES])));
    let start = Instant::now();
    assert_eq!(bench.microphone.next().await?, Some(Part::Samples(vec![7; 900])));
    assert_eq!((start.elapsed(), bench.changes()), (Duration::ZERO, vec![DeviceChange::Lost]));
    let error = bench.microphone.next().await.expect_err("it stays away");
    assert!(error.to_string().contains("was lost"), "{error}");
    assert_eq!(bench.microphone.next().await?, None);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_time_without_a_device_is_lost_between_what_came_before_and_after() -> TestResult {
    let mut bench = Bench::start(Input::Default, false).await?;
    bench.device.send(Some(vec![7; 900]))?;
    bench.device.send(None)?;
    let device = bench.fake.plug_in(false);
    let later = tokio::spawn(async move {
        sleep(SECOND * 2).await;
        device.send(Some(vec![8; FRAME_SAMPLES]))?;
        Ok::<_, tokio::sync::mpsc::error::SendError<_>>(device)
    });
    assert_eq!(bench.microphone.next().await?, Some(Part::Samples(vec![7; 900])));
    // The samples of the new device are the last 100 ms of the two seconds.
    assert_eq!(bench.microphone.next().await?, Some(Part::Lost(16_000 * 2 - 1_600)));
    assert_eq!(bench.microphone.next().await?, Some(Part::Samples(vec![8; FRAME_SAMPLES])));
    later.await??;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_loudspeaker_that_plays_nothing_is_silent_and_not_lost() -> TestResult {
    let mut bench = Bench::start(Input::Loopback, true).await?;
    let silence = crate::audio::samples_of(bench.parts(SECOND * 10).await);
    assert!((16_000 * 95 / 10..=16_000 * 10).contains(&silence.len()), "{}", silence.len());
    bench.device.send(Some(vec![7; FRAME_SAMPLES * 5]))?;
    let rest = crate::audio::samples_of(bench.parts(SECOND * 10).await);
    let sound = rest.iter().filter(|sample| **sample == 7).count();
    assert_eq!((sound, bench.changes()), (FRAME_SAMPLES * 5, vec![]));
    let total = silence.len() + rest.len();
    assert!((16_000 * 195 / 10..=16_000 * 20).contains(&total), "{total}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_a_loudspeaker_plays_without_a_pause_gets_no_silence_also_if_it_comes_late() -> TestResult {
    let mut bench = Bench::start(Input::Loopback, true).await?;
    let device = bench.device.clone();
    let playing = tokio::spawn(async move {
        for _ in 0..50 {
            // Twice as much as usual, twice as late.
            sleep(SECOND / 5).await;
            device.send(Some(vec![7; FRAME_SAMPLES]))?;
            device.send(Some(vec![7; FRAME_SAMPLES]))?;
        }
        Ok::<_, tokio::sync::mpsc::error::SendError<_>>(())
    });
    let samples = crate::audio::samples_of(bench.parts(SECOND * 10 + SECOND / 100).await);
    assert_eq!(samples, vec![7; 16_000 * 10]);
    playing.await??;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_waits_while_a_model_is_loaded_gets_no_silence_before_it() -> TestResult {
    let mut bench = Bench::start(Input::Loopback, true).await?;
    for _ in 0..50 {
        sleep(SECOND / 10).await;
        bench.device.send(Some(vec![7; FRAME_SAMPLES]))?;
    }
    let samples = crate::audio::samples_of(bench.parts(SECOND / 100).await);
    assert_eq!(samples, vec![7; 16_000 * 5]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_loudspeaker_that_is_lost_is_a_gap_up_to_the_next_one() -> TestResult {
    let mut bench = Bench::start(Input::Loopback, true).await?;
    let before = crate::audio::samples_of(bench.parts(SECOND).await).len() as u64;
    bench.device.send(None)?;
    let fake = bench.fake;
    let plugging_in = tokio::spawn(async move {
        sleep(SECOND * 3 / 2).await;
        fake.plug_in(true)
    });
    let mut parts = bench.parts(SECOND * 9).await;
    let at = parts.iter().position(|part| matches!(part, Part::Lost(_))).ok_or("a gap")?;
    let Part::Lost(lost) = parts.remove(at) else { return Err("a gap".into()) };
    assert!((16_000 * 2..16_000 * 5 / 2).contains(&lost), "{lost}");
    let total = before + lost + crate::audio::samples_of(parts).len() as u64;
    assert!((16_000 * 95 / 10..=16_000 * 10).contains(&total), "{total}");
    plugging_in.await?;
    Ok(())
}

#[test]
fn each_error_says_what_happened_and_then_what_to_do() {
    let server = MicrophoneError::NoServer("a test".to_owned());
    let device = MicrophoneError::NoDevice { known: vec![] };
    let opened = MicrophoneError::NotOpened("a test".to_owned());
    for (error, retry) in [(server, Retry::No), (device, Retry::No), (opened, Retry::Yes)] {
        assert_eq!(error.retry(), retry, "{error:?}");
        let text = error.to_string();
        assert!(text.split_once("; ").is_some_and(|(_, advice)| advice.len() > 10), "{text}");
    }
}
