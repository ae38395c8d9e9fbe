use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Document, EventTarget, HtmlOptionElement, HtmlSelectElement, MediaDeviceInfo, MediaDeviceKind,
    MediaDevices, Storage,
};

use super::Inbox;
use crate::devices::{self, Device};
use crate::session::Input;
use transcription_dom::Listener;

/// Where the chosen device is remembered; its label too, since browsers give devices new ids now and then.
const ID: &str = "microphone-id";
const LABEL: &str = "microphone-label";

/// The picker: which microphones there are, and which the user wants.
#[derive(Clone)]
pub(crate) struct Devices(Rc<Picker>);

struct Picker {
    inbox: Inbox,
    document: Document,
    select: HtmlSelectElement,
    devices: Option<MediaDevices>,
    /// All that the browser names, with its aliases.
    listed: RefCell<Vec<Device>>,
    /// None is the browser's default.
    chosen: RefCell<Option<Device>>,
    /// The choice that is heard now, or was last.
    heard: RefCell<Option<Device>>,
    /// The chosen one could not be had, and another is heard.
    is_replaced: Cell<bool>,
    listeners: RefCell<Vec<Listener>>,
}

impl Devices {
    pub(crate) fn new(inbox: &Inbox) -> Result<Self, JsError> {
        let window = web_sys::window().ok_or_else(|| JsError::new("there is no window"))?;
        let document = window.document().ok_or_else(|| JsError::new("there is no document"))?;
        let select = document.query_selector("#devices").ok().flatten();
        let select = select.ok_or_else(|| JsError::new("the page has no #devices"))?;
        // Absent where the page came over plain http.
        let devices = window.navigator().media_devices().ok().filter(|devices| !devices.is_undefined());
        let picker = Self(Rc::new(Picker {
            inbox: inbox.clone(),
            document,
            select: select.unchecked_into(),
            devices,
            listed: RefCell::default(),
            chosen: RefCell::new(remembered()),
            heard: RefCell::default(),
            is_replaced: Cell::new(false),
            listeners: RefCell::default(),
        }));
        picker.listen();
        picker.refresh(false);
        Ok(picker)
    }

    /// The id to ask for; `None` is any microphone that the browser likes.
    pub(crate) fn wanted(&self) -> Option<String> {
        let chosen = self.0.chosen.borrow();
        let (chosen, listed) = (chosen.as_ref()?, self.0.listed.borrow());
        // Before the first grant there are no names, and only the browser knows whether it is there.
        let is_unknown = !listed.iter().any(devices::is_real);
        let found = if is_unknown { Some(chosen) } else { devices::find(chosen, &listed) };
        self.0.is_replaced.set(found.is_none());
        found.map(|device| device.id.clone())
    }

    /// The choice is heard, or what is there instead of it.
    pub(crate) fn settle(&self) {
        self.0.heard.replace(self.0.chosen.borrow().clone());
        self.0.draw();
    }

    /// The choice could not be had, and the one before it is still heard.
    pub(crate) fn revert(&self) {
        let heard = self.0.heard.borrow().clone();
        remember(heard.as_ref());
        self.0.chosen.replace(heard);
        self.0.draw();
    }

    /// Whether the browser lists a device with this id.
    pub(crate) fn lists(&self, id: &str) -> bool {
        self.0.listed.borrow().iter().any(|device| device.id == id)
    }

    /// Shows the default as long as something else than the chosen device is heard.
    pub(crate) fn replace(&self, is_replaced: bool) {
        self.0.is_replaced.set(is_replaced);
        self.0.draw();
    }

    /// Reads the list anew, and tells the session if that is what has changed.
    pub(crate) fn refresh(&self, has_changed: bool) {
        let picker = self.clone();
        spawn_local(async move {
            picker.read().await;
            if has_changed {
                picker.0.inbox.put(Input::DevicesChanged);
            }
        });
    }

    /// Reads the list anew.
    pub(crate) async fn read(&self) {
        let asked = self.0.devices.as_ref().and_then(|devices| devices.enumerate_devices().ok());
        let Some(asked) = asked else { return };
        let Ok(list) = JsFuture::from(asked).await else { return };
        let list: js_sys::Array = list.unchecked_into();
        let microphones = list
            .into_iter()
            .map(JsCast::unchecked_into::<MediaDeviceInfo>)
            .filter(|device| device.kind() == MediaDeviceKind::Audioinput);
        let listed: Vec<Device> =
            microphones.map(|device| Device { id: device.device_id(), label: device.label() }).collect();
        // An open list would close.
        if *self.0.listed.borrow() != listed {
            self.0.listed.replace(listed);
            self.0.draw();
        }
    }

    fn listen(&self) {
        let on = |target: &EventTarget, name, act: fn(Self)| {
            let picker = Rc::downgrade(&self.0);
            Listener::new(target, name, move |_| picker.upgrade().map(Self).into_iter().for_each(act))
        };
        let mut listeners = vec![
            on(&self.0.select, "change", |picker| picker.0.choose()),
            // Phones tell of no change while nobody looks, and take the microphone away for a call.
            on(&self.0.document, "visibilitychange", |picker| {
                if !picker.0.document.hidden() {
                    picker.refresh(true);
                }
            }),
        ];
        let changed = |devices| on(devices, "devicechange", |picker| picker.refresh(true));
        listeners.extend(self.0.devices.as_ref().map(|devices| changed(devices)));
        self.0.listeners.replace(listeners);
    }
}

impl Picker {
    /// The user has picked another one.
    fn choose(&self) {
        let id = self.select.value();
        let chosen = self.listed.borrow().iter().find(|device| !id.is_empty() && device.id == id).cloned();
        remember(chosen.as_ref());
        self.chosen.replace(chosen);
        self.is_replaced.set(false);
        self.inbox.put(Input::MicrophoneChosen);
    }

    /// Lists the devices below the default, which is always there.
    fn draw(&self) {
        let (listed, chosen) = (self.listed.borrow(), self.chosen.borrow());
        let real: Vec<&Device> = listed.iter().filter(|device| devices::is_real(device)).collect();
        self.select.set_length(1);
        for device in &real {
            // Fails only for element names that are none.
            let Ok(option) = self.document.create_element("option") else { return };
            let option: HtmlOptionElement = option.unchecked_into();
            option.set_value(&device.id);
            option.set_text(&device.label);
            let _ = self.select.append_child(&option);
        }
        let chosen = chosen.as_ref().filter(|_| !self.is_replaced.get());
        let shown = chosen.and_then(|chosen| devices::find(chosen, &listed));
        self.select.set_value(shown.map_or("", |device| &device.id));
    }
}

/// Absent where the user has forbidden it; then nothing is remembered.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn remembered() -> Option<Device> {
    let storage = storage()?;
    let get = |key| storage.get_item(key).ok().flatten();
    Some(Device { id: get(ID)?, label: get(LABEL)? })
}

fn remember(device: Option<&Device>) {
    let Some(storage) = storage() else { return };
    // Fails only where the storage is full: then the choice lasts as long as the page.
    let _ = match device {
        Some(Device { id, label }) => storage.set_item(ID, id).and_then(|()| storage.set_item(LABEL, label)),
        None => storage.remove_item(ID).and_then(|()| storage.remove_item(LABEL)),
    };
}
