use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, HtmlElement, Url};

use super::database::{self, AUDIO, Database};
use super::{Shelf, turns};
use crate::browser::listener::Listener;
use crate::browser::offer::{OfferSection, local_time};
use crate::browser::spawn;
use crate::export;
use crate::recovery::{Event, Refusal};
use crate::session::Input;

/// Pieces of audio that are held at once, 100 ms each: a minute, 2 MB.
const PIECES: u32 = 600;

/// Hears the buttons of what is offered. One file is saved at a time.
pub(super) fn listen(shelf: &Rc<Shelf>, offer: &OfferSection) -> Listener {
    let (shelf, section, is_busy) = (shelf.clone(), offer.clone(), Rc::new(Cell::new(false)));
    offer.on_click(move |button| {
        let is_audio = match button {
            "continue" => return shelf.inbox.put(Input::Recovery(Event::ContinuePressed)),
            "discard" => return shelf.inbox.put(Input::Recovery(Event::DiscardPressed)),
            "export" => false,
            "export-audio" => true,
            _ => return,
        };
        if is_busy.replace(true) {
            return;
        }
        let (shelf, section, is_busy) = (shelf.clone(), section.clone(), is_busy.clone());
        spawn(async move {
            if let Err(error) = save(&shelf, is_audio).await {
                let reason = Refusal::from(error);
                section.say(&["The recording could not be read: ", reason.reason(), ". Try again."].concat());
            }
            is_busy.set(false);
        });
    })
}

async fn save(shelf: &Shelf, is_audio: bool) -> Result<(), JsValue> {
    let Some(recording) = shelf.offered.borrow().as_ref().map(|left| left.recording) else { return Ok(()) };
    let database = shelf.database().await?;
    let (blob, ending) = if is_audio {
        (wav(&database, recording).await?, ".wav")
    } else {
        (text(&database, recording).await?, ".txt")
    };
    let document = web_sys::window().and_then(|window| window.document()).ok_or(JsValue::UNDEFINED)?;
    let link: HtmlElement = document.create_element("a")?.unchecked_into();
    let address = Url::create_object_url_with_blob(&blob)?;
    link.set_attribute("href", &address)?;
    link.set_attribute("download", &[&local_time(recording).file_stem(), ending].concat())?;
    link.click();
    // The browser may take a while: the address, and with it the file, stays good until the next one.
    if let Some(earlier) = shelf.saved.replace(Some(address)) {
        // Fails only for what is no text.
        let _ = Url::revoke_object_url(&earlier);
    }
    Ok(())
}

async fn text(database: &Database, recording: f64) -> Result<Blob, JsValue> {
    let text = export::text(turns(database, recording).await?.iter().map(|(_, turn)| turn));
    Blob::new_with_str_sequence(&Array::of1(&text.into()))
}

/// All of the audio. It goes from the database to the file a minute at a time, and never through this program:
/// 90 minutes are 172 MB.
async fn wav(database: &Database, recording: f64) -> Result<Blob, JsValue> {
    let parts = Array::of1(&JsValue::UNDEFINED);
    let (mut from, mut bytes) = (0.0, 0.0);
    loop {
        let range = database::all_of(recording, from)?;
        let last = database.all(AUDIO, &range, PIECES, true).await?.pop();
        if last.is_undefined() {
            break;
        }
        let pieces = database.all(AUDIO, &range, PIECES, false).await?;
        let minute = Blob::new_with_buffer_source_sequence(&pieces)?;
        bytes += minute.size();
        parts.push(&minute);
        from = last.unchecked_into::<Array>().get(1).as_f64().unwrap_or_default() + 1.0;
    }
    parts.set(0, Uint8Array::from(&export::wav_header(bytes as u64)[..]).into());
    Blob::new_with_blob_sequence(&parts)
}
