//! A transcription from its start to its end.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::time::Duration;

use assemblyai_session::{Silence, SilenceDetector};
use assemblyai_streaming::{
    Control, Event, Lines, Part, SAMPLE_RATE_HZ, ServerMessage, Summary, Turn, WavFile, peak,
};
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::args::Args;
use crate::exit::{Exit, Failure};
use crate::outputs::Output;
use crate::screen::{Screen, State};
use crate::stop::Stop;
use crate::transcript::Transcript;
use crate::{input, json_lines, setup};

/// The time between two repaints.
const REPAINT: Duration = Duration::from_millis(200);
/// The system settings' page with the programs that may use the microphone, for macOS's `open`.
const MACOS_PERMISSIONS: &str = "x-apple.systempreferences:com.apple.preference.security?Privacy_Microphone";
/// How long the end of the connection may take after the second Ctrl-C.
const ABORT_LIMIT: Duration = Duration::from_secs(1);

/// What is known of the audio: silence, the highest magnitude since the last repaint, and why it could not be stored.
#[derive(Debug, Default)]
struct Captured {
    peak: f32,
    /// What the microphone delivers in place of sound.
    silence: Option<Silence>,
    failure: Option<io::Error>,
}

/// Transcribes the audio that the arguments ask for.
pub(crate) async fn transcribe(args: Args) -> Result<Exit, Failure> {
    let outputs = args.output.iter().map(|path| Output::new(path)).collect::<Result<Vec<_>, _>>()?;
    let (notices, mut changes) = mpsc::unbounded_channel();
    // A microphone is opened while a model is loaded, and keeps what is said meanwhile.
    let ((client, recognizer), source) = tokio::try_join!(setup::client(&args), input::open(&args, notices))?;
    // What the computer plays may be silent.
    let is_microphone = args.input.is_none() && !args.loopback;
    let mut wav = None;
    if let Some(path) = &args.wav {
        wav = Some(WavFile::create(path).map_err(|error| Failure::output(path.display(), &error))?);
    }
    let mut stop = Stop::listen().map_err(|error| Failure::fault(&error))?;
    let (captured, mut capturing) = watch::channel(Captured::default());
    let mut silence = SilenceDetector::default();
    let source = source.inspect(move |part| {
        let (mut loudest, mut silent) = (0.0, None);
        let stored = match part {
            Part::Samples(samples) => {
                loudest = peak(samples);
                let ms = samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE_HZ);
                silent = is_microphone.then(|| silence.push(loudest, ms));
                wav.as_mut().map(|file| file.write(samples))
            }
            Part::Lost(lost) => {
                // The microphone was gone, not silent.
                silence.reset();
                wav.as_mut().map(|file| file.write_lost(*lost))
            }
            _ => return,
        };
        let failure = stored.and_then(Result::err);
        if failure.is_some() {
            wav = None; // The rest would not fit to it.
        }
        captured.send_modify(|captured| {
            captured.peak = loudest;
            captured.silence = silent.flatten();
            captured.failure = failure.or(captured.failure.take());
        });
    });
    let mut session = client.transcribe(source);
    let mut program = Program::new(args, outputs, session.control());
    if let Some(recognizer) = recognizer.as_ref().filter(|_| !program.args.is_local()) {
        program
            .screen
            .say(&format!("no key: speech is recognised on this machine, by {}", recognizer.model()));
    }
    let mut repaints = interval(REPAINT);
    repaints.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut peak = 0.0;
    loop {
        let stops = program.stops + 1;
        tokio::select! {
            biased;
            () = stop.requested(stops) => {
                if program.stop() {
                    // The program ends also if the service does not answer in time.
                    timeout(ABORT_LIMIT, session.control().abort()).await.ok();
                    program.screen.clear();
                    return Ok(Exit::Forced);
                }
            }
            event = session.next() => match event {
                Some(event) => program.handle(&event),
                None => break,
            },
            Some(sentence) = changes.recv() => program.screen.say(&sentence),
            _ = repaints.tick(), if program.screen.is_terminal() => {
                program.paint(peak);
                peak = 0.0;
            }
            Ok(()) = capturing.changed() => {
                let captured = capturing.borrow_and_update();
                peak = captured.peak.max(peak);
                program.note_silence(captured.silence);
                if let Some(error) = &captured.failure {
                    program.wav_failed(error);
                }
            }
        }
    }
    Ok(program.end())
}

struct Program {
    args: Args,
    control: Control,
    lines: Lines,
    transcript: Transcript,
    outputs: Vec<Output>,
    screen: Screen,
    summary: Option<Summary>,
    stops: u32,
    silence: Option<Silence>,
    has_begun: bool,
    /// The service's warnings so far.
    warnings: BTreeSet<String>,
    is_reconnecting: bool,
    is_reader_gone: bool,
    failed: FailedOutputs,
}

/// What could not be written at least once.
#[derive(Default)]
struct FailedOutputs {
    standard_output: bool,
    wav: bool,
}

impl Program {
    fn new(args: Args, outputs: Vec<Output>, control: Control) -> Self {
        Self {
            args,
            control,
            lines: Lines::default(),
            transcript: Transcript::new(),
            outputs,
            screen: Screen::new(),
            summary: None,
            stops: 0,
            silence: None,
            has_begun: false,
            warnings: BTreeSet::new(),
            is_reconnecting: false,
            is_reader_gone: false,
            failed: FailedOutputs::default(),
        }
    }

    /// Ctrl-C; returns whether it is the second one.
    fn stop(&mut self) -> bool {
        self.stops += 1;
        if self.stops == 1 {
            self.screen.say("finishing; press Ctrl-C again to end at once");
            self.control.stop();
        }
        self.stops > 1
    }

    fn handle(&mut self, event: &Event) {
        if self.args.json
            && let Some(line) = json_lines::line(event)
        {
            self.print(&line.to_string());
        }
        match event {
            Event::Begin(begin) => {
                let used =
                    begin.configuration.as_ref().and_then(|configuration| configuration.model.as_deref());
                let wanted = self.args.model.as_deref();
                if !self.has_begun && wanted.is_some() && used.is_some() && wanted != used {
                    self.screen.say(&format!("the service uses the model {}", used.unwrap_or_default()));
                }
                self.has_begun = true;
            }
            Event::Turn(turn) => {
                self.transcript.apply(turn);
                let ready = self.lines.apply(turn);
                self.print_finals(&ready);
                if turn.is_final {
                    self.store();
                }
            }
            Event::SpeakersRevised(turns) => {
                for turn in turns {
                    self.transcript.apply(turn);
                }
                self.store();
            }
            Event::Gap(gap) => {
                self.transcript.gap(*gap);
                let seconds = (gap.end.saturating_sub(gap.start)).as_secs_f64();
                self.screen.say(&format!("{seconds:.1} s of audio were not transcribed"));
                self.store();
            }
            // Each connection repeats the same ones.
            Event::Message(ServerMessage::Warning(warning))
                if self.warnings.insert(warning.warning.clone()) =>
            {
                self.screen.say(&warning.warning.replace(char::is_control, " "));
            }
            Event::Reconnecting(reconnecting) if !self.is_reconnecting => {
                self.is_reconnecting = true;
                self.screen.say(&format!("reconnecting: {}", reconnecting.cause));
            }
            Event::Reconnected => {
                self.is_reconnecting = false;
                self.screen.say("connected again");
            }
            Event::Ended(summary) => {
                let rest = self.lines.rest();
                self.print_finals(&rest);
                self.summary = Some(summary.clone());
                self.store();
            }
            _ => {}
        }
    }

    fn print_finals(&mut self, turns: &[Turn]) {
        if self.args.json {
            return;
        }
        for turn in turns {
            let text = turn.text.replace(char::is_control, " ");
            match &turn.speaker {
                Some(speaker) => self.print(&format!("{speaker}: {text}")),
                None => self.print(&text),
            }
        }
    }

    /// Prints a line to standard output. If its reader is gone, the transcription finishes.
    fn print(&mut self, line: &str) {
        self.screen.clear();
        if self.is_reader_gone {
            return;
        }
        let mut stdout = io::stdout().lock();
        let printed = stdout.write_all(line.as_bytes()).and_then(|()| stdout.write_all(b"\n"));
        let printed = printed.and_then(|()| stdout.flush());
        drop(stdout);
        match printed {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_reader_gone = true;
                self.control.stop();
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failed.standard_output, true) {
                    self.screen.say(&Failure::output("standard output", &error).text);
                }
            }
        }
    }

    /// Writes the transcript's files.
    fn store(&mut self) {
        if self.outputs.is_empty() {
            return;
        }
        let document = self.transcript.document(self.control.status().captured);
        for output in &mut self.outputs {
            if let Some(failure) = output.write(&document) {
                self.screen.say(&format!("{}; transcription goes on", failure.text));
            }
        }
    }

    fn wav_failed(&mut self, error: &io::Error) {
        if !std::mem::replace(&mut self.failed.wav, true) {
            self.screen.say(&format!("cannot write the audio any more: {error}; transcription goes on"));
        }
    }

    /// Says so once if the microphone delivers no sound.
    fn note_silence(&mut self, silence: Option<Silence>) {
        if silence.is_some() && self.silence.is_none() {
            self.screen.say(&advice(silence, cfg!(target_os = "macos")));
        }
        self.silence = silence;
    }

    fn paint(&mut self, peak: f32) {
        let status = self.control.status();
        let text = match (self.is_reconnecting, self.has_begun, self.stops) {
            (true, ..) => format!("reconnecting, {} s kept", status.kept.as_secs()),
            (false, false, _) => "connecting".to_owned(),
            (false, true, 0) if status.is_on_standby => {
                "standby: not connected until somebody speaks".to_owned()
            }
            (false, true, 1..) => "finishing".to_owned(),
            _ => String::new(),
        };
        let partial = self.lines.partial();
        self.screen.paint(State { elapsed: status.captured, peak, status: &text, partial });
    }

    fn end(mut self) -> Exit {
        self.screen.clear();
        let Some(summary) = self.summary else { return Exit::Fault };
        if let Some(error) = &summary.error {
            self.screen.say(&error.to_string());
        }
        let has_output_failed =
            self.failed.standard_output || self.failed.wav || self.outputs.iter().any(Output::has_failed);
        match Exit::of(&summary, self.has_begun) {
            Exit::Complete if has_output_failed => Exit::Output,
            exit => exit,
        }
    }
}

/// What to do about a microphone that delivers no sound.
fn advice(silence: Option<Silence>, is_macos: bool) -> String {
    let mut advice = match silence {
        Some(Silence::Zeros) => {
            "the microphone delivers only zeros: unmute it, or choose another with --device".to_owned()
        }
        _ => "the microphone is almost silent: unmute it, or turn its level up".to_owned(),
    };
    // macOS delivers zeros to a terminal that may not use the microphone.
    if is_macos && silence == Some(Silence::Zeros) {
        advice += ", or allow this terminal to use it: open ";
        advice += MACOS_PERMISSIONS;
    }
    advice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_zeros_on_macos_name_the_page_of_permissions() {
        let advice = |silence, is_macos| advice(Some(silence), is_macos);
        assert!(advice(Silence::Zeros, true).ends_with("?Privacy_Microphone"));
        assert!(advice(Silence::Zeros, false).ends_with("--device"));
        assert!(advice(Silence::Faint, true).ends_with("level up"));
    }
}
