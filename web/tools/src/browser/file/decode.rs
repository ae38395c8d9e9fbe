use js_sys::{ArrayBuffer, Promise};
use transcription_common::SAMPLE_RATE_HZ;
use transcription_dom::{WarnOnError, create_element};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioBuffer, File, HtmlMediaElement, OfflineAudioContext, Url};

use crate::browser::answer::in_time;
use crate::file::{self, FileLimit};

/// Why a file has no sound for the page.
pub(super) enum Failure {
    Refused(FileLimit),
    /// The browser gets no bytes of it: it is a folder, was moved, or is not on this device.
    Missing,
    /// The browser cannot decode it.
    Unreadable,
}

/// The sound of a file, at 16 kHz.
pub(super) struct Sound(AudioBuffer);

impl Sound {
    /// Decodes a file unless it is too large or too long.
    pub(super) async fn decode(file: &File) -> Result<Self, Failure> {
        let seconds = length_s(file).await.warn_on_error().flatten();
        file::check(file.size(), seconds).map_err(Failure::Refused)?;
        let bytes = JsFuture::from(file.array_buffer()).await.map_err(|_| Failure::Missing)?;
        let decoded = decode(bytes.unchecked_ref()).await.map_err(|_| Failure::Unreadable)?;
        if decoded.length() == 0 { Err(Failure::Unreadable) } else { Ok(Self(decoded)) }
    }

    /// How many samples it has.
    pub(super) fn samples(&self) -> u64 {
        u64::from(self.0.length())
    }

    /// The samples of a range, mixed to one channel.
    pub(super) fn read(&self, from: u64, to: u64) -> Vec<i16> {
        let channels = (0..self.0.number_of_channels()).map(|channel| {
            let mut samples = vec![0.0; (to - from) as usize];
            let number = i32::try_from(channel).unwrap_or_default();
            let start = u32::try_from(from).unwrap_or(u32::MAX);
            let copied = self.0.copy_from_channel_with_start_in_channel(&mut samples, number, start);
            copied.warn_on_error();
            samples
        });
        file::to_i16(&channels.collect::<Vec<_>>())
    }
}

/// The length of a file in s, if it says so, without decoding it.
async fn length_s(file: &File) -> Result<Option<f64>, JsValue> {
    let media: HtmlMediaElement = create_element("video", "");
    let address = Url::create_object_url_with_blob(file)?;
    let read = Promise::new(&mut |resolve, _| {
        media.set_onloadedmetadata(Some(&resolve));
        media.set_onerror(Some(&resolve));
    });
    media.set_preload("metadata");
    media.set_src(&address);
    let has_answered = JsFuture::from(in_time(&read)).await.is_ok();
    let seconds = media.duration();
    // Lets go of the file.
    media.remove_attribute("src")?;
    Url::revoke_object_url(&address)?;
    Ok((has_answered && !seconds.is_nan()).then_some(seconds))
}

async fn decode(bytes: &ArrayBuffer) -> Result<AudioBuffer, JsValue> {
    // It converts to its own rate.
    let rate = SAMPLE_RATE_HZ as f32;
    let context = OfflineAudioContext::new_with_number_of_channels_and_length_and_sample_rate(1, 1, rate)?;
    Ok(JsFuture::from(context.decode_audio_data(bytes)?).await?.unchecked_into())
}
