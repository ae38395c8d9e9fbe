use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Int16Array, Promise};
use transcription_common::texts;
use transcription_common::{FIELD, SAMPLE_RATE_HZ, from_text};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioBufferSourceNode, AudioContext, AudioScheduledSourceNode, Element, HtmlElement,
    ScrollLogicalPosition,
};

use super::note::{Note, is_deaf};
use super::page::{button, document, find, number, on, scroll_to, set, unset, window};
use super::words::{Key, next_word, turn_of};
use crate::browser::Host;
use crate::reader::figure::time;
use crate::reader::play::{Recording, sample_at};

/// Between the call and the first sound, in s: time to schedule it.
const LEAD_S: f64 = 0.05;

/// Plays the recorded audio from a word on.
pub(super) struct Player {
    host: Host,
    note: Note,
    stop: HtmlElement,
    playing: RefCell<Option<Playing>>,
}

/// What is being played.
struct Playing {
    context: AudioContext,
    /// Ends what waits for a sound: of a closed context, none ends.
    end: Option<Function>,
    recording: Recording,
    /// The word that it was started from.
    from: Element,
    start_ms: u64,
    /// When the first sample sounds, on the context's clock, in s; `None` until it is scheduled.
    starts_at_s: Option<f64>,
    heard: Element,
    /// The turn of that word and where it begins, in case it is drawn anew.
    heard_key: (Option<Key>, u64),
}

impl Drop for Playing {
    fn drop(&mut self) {
        unset(&self.heard, "data-heard");
        // Throws only where it is closed already.
        let _ = self.context.close();
        if let Some(end) = &self.end {
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}

impl Player {
    pub(super) fn new(host: &Host, note: &Note, tools: &Element) -> Rc<Self> {
        let stop: HtmlElement = button(texts::STOP_PLAYING, "button").unchecked_into();
        stop.set_id("stop-playing");
        set(&stop, "hidden", "");
        let _ = tools.append_child(&stop);
        let player =
            Rc::new(Self { host: host.clone(), note: note.clone(), stop, playing: RefCell::default() });
        let stopped = player.clone();
        on(&player.stop, "click", move |_| {
            stopped.stop();
        });
        player
    }

    /// Plays from a word on; on the word that it was started from, or that is heard now, it stops.
    pub(super) fn toggle(self: &Rc<Self>, word: &Element) {
        let is_again = self.playing.borrow().as_ref().is_some_and(|playing| {
            playing.from.is_same_node(Some(word)) || playing.heard.is_same_node(Some(word))
        });
        self.stop();
        if !is_again {
            self.start(word);
        }
    }

    /// Tells whether there was anything to stop.
    pub(super) fn stop(&self) -> bool {
        let playing = self.playing.take();
        let has_focus =
            document().active_element().is_some_and(|active| active.is_same_node(Some(&self.stop)));
        set(&self.stop, "hidden", "");
        if has_focus && let Some(transcript) = find("#transcript") {
            // The button that had the focus is gone.
            let _ = transcript.focus();
        }
        if playing.is_some() {
            self.note.say("");
        }
        playing.is_some()
    }

    /// What was said of an earlier wish is old with the next one.
    pub(super) fn forget_note(&self) {
        if self.playing.borrow().is_none() {
            self.note.say("");
        }
    }

    /// What is captured again must not hear what is played.
    pub(super) fn state_changed(&self) {
        if !is_deaf() {
            self.stop();
        }
    }

    fn start(self: &Rc<Self>, word: &Element) {
        if !is_deaf() {
            return self.note.say(texts::NOT_WHILE_RECORDING.get());
        }
        let key = turn_of(word).map(|turn| Key::of(&turn));
        let Some(start_ms) = self.start_ms(word, key) else {
            return self.note.say(texts::AUDIO_NOT_KEPT.get());
        };
        let threes = self.host.recordings();
        let numbers = threes.iter().flat_map(|three| Array::from(&three).to_vec());
        let numbers: Vec<f64> = numbers.filter_map(|number| number.as_f64()).collect();
        let recordings = Recording::read(&numbers);
        let connection = key.map_or(0, |key| key.connection);
        let Some(recording) = Recording::of(&recordings, connection, start_ms) else {
            return self.note.say(texts::AUDIO_NOT_KEPT.get());
        };
        // In the midst of the click, or else Safari plays nothing.
        let opened = AudioContext::new().and_then(|context| Ok((context.resume()?, context)));
        let Ok((resumed, context)) = opened else {
            return self.note.say(texts::AUDIO_NOT_PLAYED.get());
        };
        let mut end = None;
        let ended = Promise::new(&mut |resolve, _| end = Some(resolve));
        self.playing.replace(Some(Playing {
            context: context.clone(),
            end,
            recording,
            from: word.clone(),
            start_ms,
            starts_at_s: None,
            heard: word.clone(),
            heard_key: (key, start_ms),
        }));
        self.note.say(&texts::PLAYING.with(&[&time(start_ms)]));
        unset(&self.stop, "hidden");
        let player = self.clone();
        spawn_local(async move {
            let end = player.play(&context, [&resumed, &ended], recording, sample_at(start_ms)).await;
            if player.plays(&context) {
                player.stop();
                match end {
                    Ok(true) => {}
                    Ok(false) => player.note.say(texts::AUDIO_NOT_KEPT.get()),
                    Err(_) => player.note.say(texts::AUDIO_NOT_PLAYED.get()),
                }
            }
        });
    }

    /// Where a word begins; where the words are the user's own, the turn.
    fn start_ms(&self, word: &Element, key: Option<Key>) -> Option<u64> {
        if word.has_attribute("data-start") {
            return Some(number(word, "data-start"));
        }
        let key = key?;
        let begins = [&*key.connection.to_string(), &*key.turn.to_string(), ""].join(&FIELD.to_string());
        let turns = self.host.turns();
        let turn = turns.lines().find_map(|line| from_text(line.strip_prefix(&*begins)?))?;
        turn.from_ms
    }

    fn plays(&self, context: &AudioContext) -> bool {
        let playing = self.playing.borrow();
        playing.as_ref().is_some_and(|playing| playing.context == *context)
    }

    /// Plays piece by piece, the next one waiting while one is heard, up to the recording's end, or until it is ended;
    /// tells whether there was anything.
    async fn play(
        self: &Rc<Self>,
        context: &AudioContext,
        [resumed, ended]: [&Promise; 2],
        recording: Recording,
        first: u64,
    ) -> Result<bool, JsValue> {
        let unless_ended = |promise: &Promise| JsFuture::from(Promise::race(&Array::of2(promise, ended)));
        unless_ended(resumed).await?;
        let (mut at, mut starts_s) = (first, 0.0);
        let mut heard_now: Option<Promise> = None;
        while let Some((from, to)) = recording.piece(at) {
            let audio = unless_ended(&self.host.audio(recording.began_ms, from as f64, to as f64)).await;
            if !self.plays(context) {
                return Ok(true);
            }
            // The database refuses where nothing is kept.
            let samples =
                audio.map(|audio| audio.unchecked_into::<Int16Array>().to_vec()).unwrap_or_default();
            let length = samples.len();
            if samples.is_empty() {
                break;
            }
            // Where the first had to wait for a piece, the rest waits with it.
            starts_s = f64::max(starts_s, context.current_time() + LEAD_S);
            let heard = schedule(context, samples, starts_s)?;
            if at == first {
                if let Some(playing) = &mut *self.playing.borrow_mut() {
                    playing.starts_at_s = Some(starts_s);
                }
                self.follow(context.clone());
            }
            starts_s += length as f64 / f64::from(SAMPLE_RATE_HZ);
            at += length as u64;
            if let Some(before) = heard_now.replace(heard) {
                unless_ended(&before).await?;
            }
        }
        if let Some(last) = &heard_now {
            unless_ended(last).await?;
        }
        Ok(heard_now.is_some())
    }

    /// Marks the word that is heard, frame by frame.
    fn follow(self: &Rc<Self>, context: AudioContext) {
        let player = self.clone();
        let frame = Closure::once_into_js(move || {
            if player.plays(&context) {
                if let Some(playing) = &mut *player.playing.borrow_mut() {
                    playing.mark();
                }
                player.follow(context);
            }
        });
        // Throws only where this is no function.
        let _ = window().request_animation_frame(frame.unchecked_ref());
    }
}

impl Playing {
    fn mark(&mut self) {
        let Some(starts_at_s) = self.starts_at_s else { return };
        let past_ms = (self.context.current_time() - starts_at_s) * 1000.0;
        if past_ms < 0.0 {
            return;
        }
        let at_ms = self.start_ms + past_ms as u64;
        let mut word = self.heard.clone();
        if !word.is_connected() {
            let (key, start_ms) = self.heard_key;
            let turn = key.and_then(Key::turn);
            let again = turn
                .and_then(|turn| turn.query_selector(&format!("[data-start=\"{start_ms}\"]")).ok().flatten());
            // Where it is gone for good, only the sound goes on.
            let Some(again) = again else { return };
            word = again;
        }
        while let Some(next) = next_word(&word).filter(|next| self.is_heard(next, at_ms)) {
            word = next;
        }
        if self.heard.is_same_node(Some(&word)) && self.heard.has_attribute("data-heard") {
            return;
        }
        unset(&self.heard, "data-heard");
        set(&word, "data-heard", "");
        let key = turn_of(&word).map(|turn| Key::of(&turn));
        if key != self.heard_key.0 {
            scroll_to(&word, ScrollLogicalPosition::Nearest);
        }
        self.heard_key = (key, number(&word, "data-start"));
        self.heard = word;
    }

    /// Whether a word of the same recording has begun.
    fn is_heard(&self, word: &Element, at_ms: u64) -> bool {
        let connection = turn_of(word).map_or(0, |turn| Key::of(&turn).connection);
        let from = self.heard_key.0.map_or(0, |key| key.connection);
        connection >= self.recording.first_connection
            && (connection == from || number(word, "data-start") >= self.heard_key.1)
            && number(word, "data-start") <= at_ms
    }
}

/// Has samples sound at a time of the context's clock; what comes when they have is told. It takes them, so that
/// nobody holds them while they are heard.
fn schedule(context: &AudioContext, samples: Vec<i16>, at_s: f64) -> Result<Promise, JsValue> {
    let samples: Vec<f32> = samples.into_iter().map(|sample| f32::from(sample) / 32_768.0).collect();
    let buffer = context.create_buffer(1, samples.len() as u32, SAMPLE_RATE_HZ as f32)?;
    buffer.copy_to_channel(&samples, 0)?;
    let source: AudioBufferSourceNode = context.create_buffer_source()?;
    source.set_buffer(Some(&buffer));
    source.connect_with_audio_node(&context.destination())?;
    let ended = Promise::new(&mut |resolve, _| {
        source.unchecked_ref::<AudioScheduledSourceNode>().set_onended(Some(&resolve));
    });
    source.start_with_when(at_s)?;
    Ok(ended)
}
