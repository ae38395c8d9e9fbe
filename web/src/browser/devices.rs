use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    EventTarget, HtmlOptionElement, HtmlSelectElement, MediaDeviceInfo, MediaDeviceKind, MediaDevices,
};

use super::tools::Loader;
use super::{EventQueue, spawn};
use crate::devices::{self, Device, SHARED, SHARED_AND_MICROPHONE};
use crate::session::Input;
use transcription_common::{MICROPHONE_KEY, texts};
use transcription_dom::{Listener, append, create_element, document, get, require, storage, window};

/// The key in local storage of the selected device's label, which is stored beside its id since browsers sometimes give
/// devices new ids.
const LABEL: &str = "microphone-label";

/// The list of microphones, and the user's selection.
#[derive(Clone)]
pub(crate) struct Devices(Rc<Picker>);

struct Picker {
    queue: EventQueue,
    tools: Loader,
    list: HtmlSelectElement,
    devices: Option<MediaDevices>,
    can_share: bool,
    /// All devices that the browser lists, including its aliases for some of them.
    listed: RefCell<Vec<Device>>,
    /// The selected device; `None` is the browser's default.
    selected: RefCell<Option<Device>>,
    /// The selection that is captured now, or was last.
    captured: RefCell<Option<Device>>,
    /// Whether another device is captured because the selected one is not available.
    is_replaced: Cell<bool>,
    listeners: RefCell<Vec<Listener>>,
}

impl Devices {
    pub(crate) fn new(queue: &EventQueue, tools: &Loader) -> Result<Self, JsError> {
        // Absent if the page was loaded over plain http.
        let devices = window().navigator().media_devices().ok().filter(|devices| !devices.is_undefined());
        let picker = Self(Rc::new(Picker {
            queue: queue.clone(),
            tools: tools.clone(),
            list: require("#devices")?,
            can_share: can_share(devices.as_ref()),
            devices,
            listed: RefCell::default(),
            selected: RefCell::new(stored()),
            captured: RefCell::default(),
            is_replaced: Cell::new(false),
            listeners: RefCell::default(),
        }));
        picker.listen();
        // Without a microphone the list never changes.
        picker.0.draw();
        picker.refresh(false);
        Ok(picker)
    }

    /// The id to request; `None` leaves the choice to the browser.
    pub(crate) fn id_to_request(&self) -> Option<String> {
        let selected = self.0.selected.borrow();
        let (selected, listed) = (selected.as_ref()?, self.0.listed.borrow());
        if is_shared(Some(selected)) {
            return Some(selected.id.clone());
        }
        // Before the first grant the list has no names, and only the browser knows whether the device is there.
        let is_unknown = !listed.iter().any(devices::is_real);
        let found = if is_unknown { Some(selected) } else { devices::find(selected, &listed) };
        self.0.is_replaced.set(found.is_none());
        found.map(|device| device.id.clone())
    }

    /// Whether the selection is the sound of a tab or of the computer, alone or with a microphone.
    pub(crate) fn is_shared(&self) -> bool {
        is_shared(self.0.selected.borrow().as_ref())
    }

    /// Whether the sound of a tab or of the computer is captured now, or was last, alone or with a microphone.
    pub(crate) fn captures_shared(&self) -> bool {
        is_shared(self.0.captured.borrow().as_ref())
    }

    /// The selected device, or its replacement, is captured now.
    pub(crate) fn confirm_selection(&self) {
        self.0.captured.replace(self.0.selected.borrow().clone());
        self.0.draw();
    }

    /// The selected device cannot be opened, and the one before it is still captured: selects that one again.
    pub(crate) fn revert_selection(&self) {
        let captured = self.0.captured.borrow().clone();
        store(captured.as_ref());
        self.0.selected.replace(captured);
        self.0.draw();
    }

    /// Whether the browser lists a device with this id.
    pub(crate) fn lists(&self, id: &str) -> bool {
        self.0.listed.borrow().iter().any(|device| device.id == id)
    }

    /// Whether another device than the selected one is captured: then the list shows the default.
    pub(crate) fn set_replaced(&self, is_replaced: bool) {
        self.0.is_replaced.set(is_replaced);
        self.0.draw();
    }

    /// Reads the list again, and reports it to the session if the devices have changed.
    pub(crate) fn refresh(&self, has_changed: bool) {
        let picker = self.clone();
        spawn(async move {
            picker.read().await;
            if has_changed {
                picker.0.queue.put(Input::DevicesChanged);
            }
        });
    }

    /// Reads the list again.
    pub(crate) async fn read(&self) {
        let devices = self.0.devices.as_ref();
        let Some(list) = devices.and_then(|devices| devices.enumerate_devices().ok()) else { return };
        let Ok(list) = JsFuture::from(list).await else { return };
        let list: js_sys::Array = list.unchecked_into();
        let microphones = list
            .into_iter()
            .map(JsCast::unchecked_into::<MediaDeviceInfo>)
            .filter(|device| device.kind() == MediaDeviceKind::Audioinput);
        let listed: Vec<Device> =
            microphones.map(|device| Device { id: device.device_id(), label: device.label() }).collect();
        // To draw it would close the list if it is open.
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
            on(&self.0.list, "change", |picker| picker.0.select()),
            // Phones report no changes to a hidden page, and take the microphone away for a call.
            on(&document(), "visibilitychange", |picker| {
                if !document().hidden() {
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
    /// Takes the user's selection.
    fn select(&self) {
        let id = self.list.value();
        let listed = self.listed.borrow().iter().find(|device| !id.is_empty() && device.id == id).cloned();
        let shared = Device { id, label: String::new() };
        let selected = if is_shared(Some(&shared)) {
            // A browser shares only for some seconds after the click on Record: the tools have to be there by then.
            self.tools.load_early();
            Some(shared)
        } else {
            listed
        };
        store(selected.as_ref());
        self.selected.replace(selected);
        self.is_replaced.set(false);
        self.queue.put(Input::MicrophoneChosen);
    }

    /// Lists the devices below the default, which is always there.
    fn draw(&self) {
        let (listed, selected) = (self.listed.borrow(), self.selected.borrow());
        let real: Vec<&Device> = listed.iter().filter(|device| devices::is_real(device)).collect();
        self.list.set_length(1);
        for device in &real {
            self.add(&device.id, &device.label);
        }
        if self.can_share {
            self.add(SHARED, texts::SHARED_SOUND.get());
            self.add(SHARED_AND_MICROPHONE, texts::SHARED_AND_MICROPHONE.get());
        }
        let selected = selected.as_ref().filter(|_| !self.is_replaced.get());
        let shown = selected.filter(|selected| is_shared(Some(selected)));
        let shown = shown.or_else(|| devices::find(selected?, &listed));
        self.list.set_value(shown.map_or("", |device| &device.id));
    }

    fn add(&self, id: &str, label: &str) {
        let option: HtmlOptionElement = create_element("option", "");
        option.set_value(id);
        option.set_text(label);
        append(&self.list, &[&option]);
    }
}

fn is_shared(device: Option<&Device>) -> bool {
    device.is_some_and(|device| device.id.starts_with(SHARED))
}

/// Whether the browser shares sound. Others have `getDisplayMedia` too, but for pictures alone; this constraint of a sound
/// that is shared is known where there is one.
fn can_share(devices: Option<&MediaDevices>) -> bool {
    devices.is_some_and(|devices| {
        let known: JsValue = devices.get_supported_constraints().into();
        get(devices, "getDisplayMedia").is_function() && get(&known, "suppressLocalAudioPlayback").is_truthy()
    })
}

fn stored() -> Option<Device> {
    Some(Device { id: storage::get(MICROPHONE_KEY)?, label: storage::get(LABEL)? })
}

/// Stores the selection. If storage is disabled or full, the selection lasts until the page is left.
fn store(device: Option<&Device>) {
    match device {
        // The user is asked each time what to share: the next visit begins with a microphone.
        Some(_) if is_shared(device) => Ok(()),
        Some(Device { id, label }) => {
            storage::set(MICROPHONE_KEY, id).and_then(|()| storage::set(LABEL, label))
        }
        None => storage::remove(MICROPHONE_KEY).and_then(|()| storage::remove(LABEL)),
    }
    .ok();
}
