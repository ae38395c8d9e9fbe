use std::time::Duration;

use assemblyai_session::journal::{FRAME_SAMPLES, ms};
use assemblyai_session::{Phase, SessionStats, Timer};
use tokio::time::Instant;

use super::pacer::{Load, Next};
use super::{Driver, Input};
use crate::audio::{Block, LONGEST_SILENCE, duration, peak};
use crate::event::{Event, Gap};

/// From the audio's sink to the session.
impl Driver {
    /// What to do about the next block; `None` if there is none.
    pub(super) fn next_audio(&self) -> Option<Next> {
        let journal = self.machine.journal();
        let open = self.machine.open_connection();
        let load = Load {
            is_on_standby: self.machine.phase() == Phase::Standby,
            unsent: duration(journal.unsent()),
            unconfirmed: duration(journal.captured().saturating_sub(journal.confirmed())),
            buffered: duration(open.map_or(0, |open| u64::from(self.sockets.buffered_bytes(open)) / 2)),
        };
        self.is_capturing.then(|| self.pacer.next(load, Instant::now()))
    }

    /// Tells the session that a second has passed while the source waited: the session counts time by its audio.
    pub(super) fn wait(&mut self) {
        if self.pacer.waits(Instant::now()) {
            self.report_buffered();
            self.handle(Input::TimerFired(self.recording, Timer::Pace));
        }
    }

    pub(super) fn capture(&mut self, block: &Block) {
        self.capture_lost(block.lost_before);
        self.capture_samples(&block.samples);
    }

    /// Samples that found no room keep their place in time: silence stands for them.
    pub(super) fn capture_lost(&mut self, samples: u64) {
        if samples == 0 {
            return;
        }
        let from = self.machine.journal().captured();
        let silence = samples.min(LONGEST_SILENCE);
        self.pacer.taken(silence, Instant::now());
        for chunk in vec![0; silence as usize].chunks(FRAME_SAMPLES) {
            self.handle(Input::AudioCaptured(self.recording, chunk.to_vec(), 0.0));
        }
        self.unheard_samples += samples;
        self.report_unheard(from, samples);
    }

    fn capture_samples(&mut self, samples: &[i16]) {
        self.pacer.taken(samples.len() as u64, Instant::now());
        // In chunks as a microphone delivers them: they set the pace of what is sent.
        for chunk in samples.chunks(FRAME_SAMPLES) {
            self.report_buffered();
            self.handle(Input::AudioCaptured(self.recording, chunk.to_vec(), peak(chunk)));
        }
        self.latency.captured(ms(self.machine.journal().captured()), self.now_ms());
    }

    /// Passes on to the session how many bytes its socket has queued.
    pub(super) fn report_buffered(&mut self) {
        if let Some(open) = self.machine.open_connection() {
            let bytes = self.sockets.buffered_bytes(open);
            self.handle(Input::BufferedAmount(open, bytes, self.now_ms()));
        }
    }

    /// Reports samples that were in the sink when the session ended early as a gap; returns how many.
    pub(super) fn drop_untaken(&mut self) -> u64 {
        let (rest, lost) = self.audio.rest();
        let rest = rest.iter().map(|block| block.lost_before + block.samples.len() as u64);
        let samples = lost + rest.sum::<u64>();
        if samples > 0 {
            self.unheard_samples += samples;
            self.report_unheard(self.machine.journal().captured(), samples);
        }
        samples
    }

    fn report_unheard(&self, from: u64, samples: u64) {
        self.events.push(Event::Gap(Gap {
            start: Duration::from_millis(ms(from)),
            end: Duration::from_millis(ms(from + samples)),
            after_connection: self.machine.newest_connection().0,
        }));
    }

    pub(super) fn stats(&mut self) -> SessionStats {
        SessionStats {
            audio: self.machine.audio_stats(),
            open_ms: self.open_time.total_ms(self.now_ms()),
            latency_ms: self.latency.percentiles_ms(),
        }
    }
}
