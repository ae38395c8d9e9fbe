use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::rc::Rc;

use js_sys::{Array, Function, Int16Array, Promise, Reflect};
use transcription_common::texts;
use transcription_common::{RecordingPhase, SAMPLE_RATE_HZ};
use transcription_dom::{WarnOnError, get, remove_attribute, set_attribute, window};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AudioBufferSourceNode, AudioContext, AudioScheduledSourceNode, Element, EventTarget,
    ScrollLogicalPosition,
};

use super::playback_bar::PlaybackBar;
use crate::browser::answer::{in_time, is_too_late};
use crate::browser::elements::{after, number, on, scroll_to};
use crate::browser::status_line::StatusLine;
use crate::browser::words::{Key, items, next_word};
use crate::browser::{self, Host};
use crate::reader::play::{Recording, Schedule, Timeline, sample_at};

/// How much of the sound behind a single word is played, in ms.
const AFTER_WORD_MS: u64 = 500;

/// Between the call and the first sound, in s: time to schedule it.
const LEAD_S: f64 = 0.05;

/// How far the buttons back and forward go, in ms, as those of other recorders do.
const JUMP_MS: u64 = 15_000;

/// How long after the pointer is let go of the slider its change may come, in ms.
const LATE_CHANGE_MS: i32 = 200;

/// Plays the recorded audio from a word or from a place of its bar on.
pub(super) struct Player {
    host: Host,
    status_line: StatusLine,
    bar: PlaybackBar,
    playing: RefCell<Option<Playing>>,
    /// Where it stopped last: the start of the recording in ms since 1970, and the place in ms.
    last: Cell<Option<(f64, u64)>>,
}

/// The state while audio is played.
struct Playing {
    context: AudioContext,
    /// Resolves the promise that waits for a sound: in a closed context, no sound ends.
    end: Option<Function>,
    recording: Recording,
    /// Where the recording starts in the timeline, in ms.
    timeline_ms: u64,
    /// The word at which the user started it.
    from: Option<Element>,
    /// The numbers of the connections of the recording.
    connections: Range<u32>,
    /// On the context's clock.
    schedule: Schedule,
    /// The word that is heard, or the first one that will be; `None` in a recording without words.
    heard: Option<Element>,
    /// The turn and start of that word, in case it is drawn again.
    heard_key: (Option<Key>, u64),
}

impl Drop for Playing {
    fn drop(&mut self) {
        if let Some(heard) = &self.heard {
            remove_attribute(heard, "data-heard");
        }
        self.context.close().warn_on_error();
        set_audio_session("auto");
        if let Some(end) = &self.end {
            end.call0(&JsValue::UNDEFINED).warn_on_error();
        }
    }
}

impl Player {
    pub(super) fn new(host: &Host, status_line: &StatusLine, tools: &Element) -> Rc<Self> {
        let player = Rc::new(Self {
            host: host.clone(),
            status_line: status_line.clone(),
            bar: PlaybackBar::new(tools),
            playing: RefCell::default(),
            last: Cell::default(),
        });
        player.listen();
        player
    }

    fn listen(self: &Rc<Self>) {
        let handle = |target: &EventTarget, name: &str, handler: fn(&Rc<Self>)| {
            let player = self.clone();
            on(target, name, move |_| handler(&player));
        };
        handle(&self.bar.play, "click", |player| {
            let at_ms = if player.bar.is_at_the_end() { 0 } else { player.bar.position_ms() };
            player.play_from(at_ms);
        });
        handle(&self.bar.pause, "click", |player| {
            player.stop();
        });
        handle(&self.bar.back, "click", |player| {
            player.seek(player.bar.position_ms().saturating_sub(JUMP_MS));
        });
        handle(&self.bar.forward, "click", |player| player.seek(player.bar.position_ms() + JUMP_MS));
        handle(&self.bar.slider, "input", |player| player.bar.drag());
        handle(&self.bar.slider, "change", |player| player.seek(player.bar.drop_slider()));
        // Of a slider that is moved away and back, or whose pointer is taken away, no change comes. The pointer may be let
        // go beside it.
        for name in ["pointerup", "pointercancel"] {
            handle(&window(), name, |player| {
                if player.bar.is_dragged() {
                    let (player, moves) = (player.clone(), player.bar.moves());
                    after(LATE_CHANGE_MS, move || {
                        // The user may have begun to move it again.
                        if player.bar.moves() == moves {
                            player.bar.end_drag();
                        }
                    });
                }
            });
        }
        handle(&self.bar.slider, "blur", |player| player.bar.end_drag());
    }

    /// Shows the bar if there is something to play, with its length. Stops if what plays is no longer on the page.
    pub(super) fn refresh(&self) {
        if !self.find_in_timeline() {
            self.stop();
        }
        let can_play = !self.host.phase().can_capture();
        self.bar.set_length(if can_play { self.timeline().length_ms() } else { 0 });
    }

    fn recordings(&self) -> Vec<Recording> {
        self.host.recordings().iter().map(recording).collect()
    }

    fn timeline(&self) -> Timeline {
        Timeline::new(self.recordings())
    }

    /// Goes to a place of the timeline; goes on playing if it plays.
    fn seek(self: &Rc<Self>, at_ms: u64) {
        let was_playing = self.stop();
        self.bar.set_position(at_ms);
        let timeline = self.timeline();
        let place = timeline.place(self.bar.position_ms());
        // A marker is set there.
        self.last.set(place.or_else(|| timeline.end()).map(|(recording, ms)| (recording.began_ms, ms)));
        if was_playing && place.is_some() {
            self.play_from(self.bar.position_ms());
        }
    }

    /// Plays from a place of the timeline on.
    fn play_from(self: &Rc<Self>, at_ms: u64) {
        self.stop();
        if let Some((recording, start_ms)) = self.timeline().place(at_ms) {
            self.begin(recording, start_ms, None, None);
        }
    }

    /// Plays from a word on; stops if that word was the start, or is the one being played.
    pub(super) fn toggle(self: &Rc<Self>, word: &Element) {
        let is_again = self.playing.borrow().as_ref().is_some_and(|playing| {
            [&playing.from, &playing.heard].into_iter().flatten().any(|it| it.is_same_node(Some(word)))
        });
        self.stop();
        if !is_again {
            self.start(word, None);
        }
    }

    /// Plays a word with a little of what is before and behind it. Says nothing where the microphone would hear it.
    pub(super) fn play_around(self: &Rc<Self>, word: &Element) {
        self.stop();
        if !self.host.phase().can_capture() {
            let before = word.previous_element_sibling().filter(|before| before.has_attribute("data-start"));
            let until_ms = number(word, "data-end") + AFTER_WORD_MS;
            self.start(before.as_ref().unwrap_or(word), Some(until_ms));
        }
    }

    /// Stops. Returns whether anything was playing.
    pub(super) fn stop(&self) -> bool {
        let playing = self.playing.take();
        if let Some(playing) = &playing {
            let (began_ms, at_ms) = playing.position();
            self.last.set(Some((began_ms, at_ms)));
            self.bar.set_position(playing.timeline_ms + at_ms);
        }
        self.bar.set_playing(false);
        if playing.is_some() {
            self.status_line.set("");
        }
        playing.is_some()
    }

    /// Where it plays: the start of the recording in ms since 1970, and the place in ms. `None` if it does not play.
    pub(super) fn position(&self) -> Option<(f64, u64)> {
        self.playing.borrow().as_ref().map(Playing::position)
    }

    /// Where it stopped, as [`Self::position`], unless the focus has been on a word since.
    pub(super) fn last_position(&self) -> Option<(f64, u64)> {
        self.last.get()
    }

    pub(super) fn forget_last_position(&self) {
        self.last.set(None);
    }

    /// The place of a word, or of a turn's text or speaker: as [`Self::position`].
    pub(super) fn place_of(&self, item: &Element) -> Option<(f64, u64)> {
        let key = Key::around(item)?;
        let start_ms = self.start_ms(item, Some(key))?;
        Some((Recording::of_connection(&self.recordings(), key.connection)?.began_ms, start_ms))
    }

    /// Clears the message of an earlier action.
    pub(super) fn clear_status(&self) {
        if self.playing.borrow().is_none() {
            self.status_line.set("");
        }
    }

    /// Stops before a microphone could record what is played.
    pub(super) fn phase_changed(&self, phase: RecordingPhase) {
        if phase.can_capture() {
            self.stop();
            // The next marker belongs to the new recording.
            self.last.set(None);
        }
        self.refresh();
    }

    /// Plays from a word to a time in ms of the recording, or to its end.
    fn start(self: &Rc<Self>, word: &Element, until_ms: Option<u64>) {
        if self.host.phase().can_capture() {
            return self.status_line.set(texts::NOT_WHILE_RECORDING.get());
        }
        let key = Key::around(word);
        let Some(start_ms) = self.start_ms(word, key) else {
            return self.status_line.set(texts::AUDIO_NOT_KEPT.get());
        };
        let connection = key.map_or(0, |key| key.connection);
        let Some(recording) = Recording::of(&self.recordings(), connection, start_ms) else {
            return self.status_line.set(texts::AUDIO_NOT_KEPT.get());
        };
        self.begin(recording, start_ms, until_ms, Some(word));
    }

    /// Plays a recording from a time in ms, which is that of `from` if the user started it at a word, to another time or
    /// to its end, and then the next one.
    fn begin(
        self: &Rc<Self>,
        recording: Recording,
        start_ms: u64,
        until_ms: Option<u64>,
        from: Option<&Element>,
    ) {
        set_audio_session("playback");
        // During the click, or else Safari plays nothing.
        let opened = AudioContext::new().and_then(|context| Ok((context.resume()?, context)));
        let Ok((resumed, context)) = opened else {
            set_audio_session("auto");
            return self.status_line.set(texts::AUDIO_NOT_PLAYED.get());
        };
        let mut end = None;
        let ended = Promise::new(&mut |resolve, _| end = Some(resolve));
        let heard = from.cloned().or_else(|| self.word_at(recording, start_ms));
        let heard_ms = if from.is_some() { start_ms } else { heard.as_ref().map_or(0, word_start) };
        self.playing.replace(Some(Playing {
            context: context.clone(),
            end,
            recording,
            timeline_ms: 0,
            from: from.cloned(),
            connections: recording.connections(&self.recordings()),
            schedule: Schedule::new(start_ms),
            heard_key: (heard.as_ref().and_then(Key::around), heard_ms),
            heard,
        }));
        self.find_in_timeline();
        self.bar.set_playing(true);
        self.follow(context.clone());
        let player = self.clone();
        spawn_local(async move {
            let (mut recording, mut first) = (recording, sample_at(start_ms));
            loop {
                // The sound ends there by itself: a hidden window has no frames in which to stop it.
                let to_play = recording.up_to(until_ms);
                let end = player.play(&context, [&resumed, &ended], to_play, first).await;
                if !player.plays(&context) {
                    return;
                }
                let next = player.timeline().after(recording.began_ms).filter(|_| until_ms.is_none());
                let (Ok(true), Some(next)) = (&end, next) else { return player.ended(end) };
                // In the same context: Safari starts none without a click.
                player.go_on(next);
                (recording, first) = (next, 0);
            }
        });
    }

    /// Notes that another recording is played from its start.
    fn go_on(&self, recording: Recording) {
        let heard = self.word_at(recording, 0);
        if let Some(playing) = &mut *self.playing.borrow_mut() {
            if let Some(before) = &playing.heard {
                remove_attribute(before, "data-heard");
            }
            playing.heard_key = (heard.as_ref().and_then(Key::around), heard.as_ref().map_or(0, word_start));
            playing.heard = heard;
            playing.recording = recording;
            playing.connections = recording.connections(&self.recordings());
            playing.schedule = Schedule::new(0);
        }
        self.find_in_timeline();
    }

    /// Notes where the recording that plays stands in the timeline. Returns whether it is still there.
    fn find_in_timeline(&self) -> bool {
        let Some((began_ms, _)) = self.position() else { return true };
        let from_ms = self.timeline().time_of(began_ms, 0);
        if let (Some(playing), Some(from_ms)) = (&mut *self.playing.borrow_mut(), from_ms) {
            playing.timeline_ms = from_ms;
        }
        from_ms.is_some()
    }

    /// Stops at the end, and says if there was no sound.
    fn ended(&self, end: Result<bool, JsValue>) {
        self.stop();
        match end {
            Ok(true) => {}
            Ok(false) => self.status_line.set(texts::AUDIO_NOT_KEPT.get()),
            Err(error) if is_too_late(&error) => self.status_line.set(texts::STORAGE_SILENT.get()),
            Err(_) => self.status_line.set(texts::AUDIO_NOT_PLAYED.get()),
        }
    }

    /// The last word of a recording that has begun by a time in ms, or else its first one.
    fn word_at(&self, recording: Recording, at_ms: u64) -> Option<Element> {
        let connections = recording.connections(&self.recordings());
        let turns = self.host.shown_turns().into_iter().filter_map(|(key, turn)| {
            let key = Key::from(key);
            let is_of_recording = connections.contains(&key.connection);
            Some((turn.from_ms?, key)).filter(|_| is_of_recording)
        });
        let turns: Vec<(u64, Key)> = turns.collect();
        let begun = turns.iter().rfind(|(from_ms, _)| *from_ms <= at_ms);
        let turn = begun.or(turns.first())?.1.turn()?;
        let mut words = items(&turn);
        words.retain(|item| !item.class_list().contains("speaker"));
        let last = words.iter().rposition(|word| word_start(word) <= at_ms).unwrap_or_default();
        (last < words.len()).then(|| words.swap_remove(last).into())
    }

    /// The start of a word; of an edited text, the start of the turn.
    fn start_ms(&self, word: &Element, key: Option<Key>) -> Option<u64> {
        if word.has_attribute("data-start") {
            return Some(number(word, "data-start"));
        }
        let key = key?;
        let turns = self.host.shown_turns();
        turns.into_iter().find(|(of, _)| Key::from(*of) == key)?.1.from_ms
    }

    fn plays(&self, context: &AudioContext) -> bool {
        let playing = self.playing.borrow();
        playing.as_ref().is_some_and(|playing| playing.context == *context)
    }

    /// Plays chunk by chunk, one ahead of the sound, to the end of the recording or until `ended` resolves. Returns
    /// whether there was any audio.
    async fn play(
        self: &Rc<Self>,
        context: &AudioContext,
        [resumed, ended]: [&Promise; 2],
        recording: Recording,
        first: u64,
    ) -> Result<bool, JsValue> {
        let unless_ended = |promise: &Promise| JsFuture::from(Promise::race(&Array::of2(promise, ended)));
        // An audio device that does not answer is not the storage.
        unless_ended(&in_time(resumed)).await.map_err(|_| JsValue::UNDEFINED)?;
        let mut at = first;
        let mut heard_now: Option<Promise> = None;
        while let Some((from, to)) = recording.range(at) {
            let audio = in_time(&self.host.audio(recording.began_ms, from as f64, to as f64));
            let audio = unless_ended(&audio).await;
            if !self.plays(context) {
                return Ok(true);
            }
            if let Err(error) = &audio
                && is_too_late(error)
            {
                return Err(error.clone());
            }
            // The database fails if nothing is stored.
            let samples =
                audio.map(|audio| audio.unchecked_into::<Int16Array>().to_vec()).unwrap_or_default();
            let length = samples.len();
            if samples.is_empty() {
                break;
            }
            let earliest_s = context.current_time() + LEAD_S;
            // Not across the call below, which may call back.
            let starts_at_s = match &mut *self.playing.borrow_mut() {
                Some(playing) => playing.schedule.push(at, length, earliest_s),
                None => return Ok(true),
            };
            let heard = start_sound(context, samples, starts_at_s)?;
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

    /// Marks the word that is being played, once a frame, and shows in the bar where that is.
    fn follow(self: &Rc<Self>, context: AudioContext) {
        let player = self.clone();
        let frame = Closure::once_into_js(move || {
            if player.plays(&context) {
                if let Some(playing) = &mut *player.playing.borrow_mut() {
                    playing.mark();
                    player.bar.follow(playing.timeline_ms + playing.position().1);
                }
                player.follow(context);
            }
        });
        window().request_animation_frame(frame.unchecked_ref()).warn_on_error();
    }
}

impl Playing {
    /// The start of the recording in ms since 1970, and what is heard now, in ms of the recording.
    fn position(&self) -> (f64, u64) {
        let at_ms = self.schedule.position_ms(self.context.current_time());
        (self.recording.began_ms, at_ms.min(self.recording.length_ms()))
    }

    /// Marks the word that is being played.
    fn mark(&mut self) {
        let now_s = self.context.current_time();
        if self.schedule.has_begun(now_s) {
            self.mark_at(self.schedule.position_ms(now_s));
        }
    }

    fn mark_at(&mut self, at_ms: u64) {
        let Some(mut word) = self.heard.clone().filter(|_| self.heard_key.1 <= at_ms) else { return };
        if !word.is_connected() {
            let (key, start_ms) = self.heard_key;
            let turn = key.and_then(Key::turn);
            let again = turn
                .and_then(|turn| turn.query_selector(&format!("[data-start=\"{start_ms}\"]")).ok().flatten());
            // If it is gone for good, only the sound continues.
            let Some(again) = again else { return };
            word = again;
        }
        while let Some(next) = next_word(&word).filter(|next| self.is_heard(next, at_ms)) {
            word = next;
        }
        if let Some(heard) = &self.heard {
            if heard.is_same_node(Some(&word)) && heard.has_attribute("data-heard") {
                return;
            }
            remove_attribute(heard, "data-heard");
        }
        set_attribute(&word, "data-heard", "");
        let key = Key::around(&word);
        if key != self.heard_key.0 {
            scroll_to(&word, ScrollLogicalPosition::Nearest);
        }
        self.heard_key = (key, number(&word, "data-start"));
        self.heard = Some(word);
    }

    /// Whether a word of the same recording has started.
    fn is_heard(&self, word: &Element, at_ms: u64) -> bool {
        let connection = Key::around(word).map_or(0, |key| key.connection);
        let from = self.heard_key.0.map_or(0, |key| key.connection);
        self.connections.contains(&connection)
            && (connection == from || number(word, "data-start") >= self.heard_key.1)
            && number(word, "data-start") <= at_ms
    }
}

/// The start of a word in ms; 0 of a text without words.
fn word_start(word: impl AsRef<Element>) -> u64 {
    number(word.as_ref(), "data-start")
}

/// Says what the page uses sound for (Audio Session, 5.1), where the browser has that: an iPhone that is switched to silent
/// plays a page's Web Audio only as `playback`. Not beyond playing, because a microphone is not opened with it.
fn set_audio_session(kind: &str) {
    let session = get(&window().navigator(), "audioSession");
    if !session.is_undefined() {
        Reflect::set(&session, &"type".into(), &kind.into()).warn_on_error();
    }
}

/// A recording as `reader::play` takes it.
fn recording(recording: &browser::Recording) -> Recording {
    Recording {
        began_ms: recording.began_ms(),
        first_connection: recording.first_connection(),
        samples: recording.samples(),
    }
}

/// Plays samples at a time of the context's clock in s. The promise resolves when they have been played. Takes the
/// samples, so that their memory is free while they are played.
fn start_sound(context: &AudioContext, samples: Vec<i16>, at_s: f64) -> Result<Promise, JsValue> {
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
