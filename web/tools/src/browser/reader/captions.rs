//! Captions: the last lines of the transcript, large, over the page or in a small window of their own.
//!
//! The text is read from what the page has drawn, so that captions show what the transcript shows.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::{Array, Function, Promise, Reflect};
use transcription_common::RecordingPhase;
use transcription_common::texts::{self, Language, Text};
use transcription_dom::{
    WarnOnError, append, create_element, create_text_element, document, find, focus, get, object,
    set_attribute, set_style, set_text, show, storage, toggle_attribute, window,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Document, Element, HtmlDialogElement, HtmlElement, HtmlInputElement, KeyboardEvent, Window};

use crate::browser::elements::{button, on};
use crate::reader::captions::{CONTRASTS, FONTS, LINES, Look, POSITIONS, SIZES, background};

/// The key of the look in the browser's storage.
const CAPTIONS_KEY: &str = "captions";
/// The turns whose text is shown, if there is room for it: each has at least a line.
const TURNS: usize = *LINES.end() as usize;
/// The width and height of the small window, in CSS pixels.
const WINDOW_SIZE: (u32, u32) = (640, 240);

/// The captions view.
pub(super) struct Captions {
    view: HtmlElement,
    text: HtmlElement,
    status: Element,
    record: HtmlElement,
    full_screen: HtmlElement,
    look: RefCell<Look>,
    /// What had the focus before.
    opener: RefCell<Option<Element>>,
    /// The small window, while it is open.
    popped: RefCell<Option<Window>>,
    /// Hears of the gesture that closes things (`CloseWatcher`), while the captions are over the page.
    watcher: RefCell<Option<JsValue>>,
    /// While the browser opens that window.
    is_popping: Cell<bool>,
    is_open: Cell<bool>,
    phase: Cell<RecordingPhase>,
    is_file: Cell<bool>,
    /// The notice and the error that the page shows; an empty one is none.
    messages: RefCell<[String; 2]>,
}

impl Captions {
    pub(super) fn new(phase: RecordingPhase) -> Rc<Self> {
        let view: HtmlElement = create_element("section", "");
        view.set_id("captions-view");
        set_attribute(&view, "aria-label", texts::CAPTIONS.get());
        set_attribute(&view, "tabindex", "-1");
        show(&view, false);
        let text: HtmlElement = create_element("div", "lines");
        let status: Element = create_element("p", "");
        let query = get(&get(&window(), "location"), "search").as_string().unwrap_or_default();
        let is_view = query.contains("view=captions");
        let stored = Look::default().with(&storage::get(CAPTIONS_KEY).unwrap_or_default());
        // The address wins: a program that shows this page has no other way to choose.
        let look = if is_view { stored.with(&query) } else { stored };
        let captions = Rc::new(Self {
            record: button(texts::RECORD, "button").unchecked_into(),
            full_screen: button(texts::FULL_SCREEN, "button").unchecked_into(),
            view,
            text,
            status,
            look: RefCell::new(look),
            opener: RefCell::default(),
            popped: RefCell::default(),
            watcher: RefCell::default(),
            is_popping: Cell::default(),
            is_open: Cell::default(),
            phase: Cell::new(phase),
            is_file: Cell::default(),
            messages: RefCell::default(),
        });
        captions.build();
        if let Some(colour) = background(&query).filter(|_| is_view) {
            set_attribute(&captions.view, "data-chroma", "");
            set_style(&captions.view, "--captions-ground", &colour);
        }
        captions.apply();
        captions.end_with_page();
        captions
    }

    /// Builds the bar with the controls.
    fn build(self: &Rc<Self>) {
        let bar: Element = create_element("div", "bar");
        let small = button(texts::SMALL_WINDOW, "button");
        let close = button(texts::CLOSE_CAPTIONS, "button");
        small.set_class_name("small");
        self.record.set_class_name("record");
        self.full_screen.set_class_name("full");
        close.set_class_name("close");
        let appearance: Element = create_element("details", "");
        append(&appearance, &[&create_text_element("summary", "", texts::APPEARANCE.get())]);
        let look = self.look.borrow();
        let number = |name, label, value: u32, range: &std::ops::RangeInclusive<u32>| {
            let input: HtmlInputElement = create_element("input", "");
            input.set_type("number");
            input.set_min(&range.start().to_string());
            input.set_max(&range.end().to_string());
            input.set_value(&value.to_string());
            self.control(&appearance, name, label, &input);
        };
        number("size", texts::CAPTIONS_SIZE, look.size, &SIZES);
        number("lines", texts::CAPTIONS_LINES, look.lines, &LINES);
        let choice = |name, label, values: &[&str], labels: &[Text], value: &str| {
            let select: Element = create_element("select", "");
            for (value, label) in values.iter().zip(labels) {
                let option: Element = create_text_element("option", "", label.get());
                set_attribute(&option, "value", value);
                append(&select, &[&option]);
            }
            let select: HtmlInputElement = select.unchecked_into();
            select.set_value(value);
            self.control(&appearance, name, label, &select);
        };
        let fonts = [texts::FONT_SANS, texts::FONT_SERIF, texts::FONT_MONO];
        choice("font", texts::CAPTIONS_FONT, &FONTS, &fonts, look.font);
        let contrasts =
            [texts::WHITE_ON_BLACK, texts::BLACK_ON_WHITE, texts::YELLOW_ON_BLACK, texts::COLOURS_OF_PAGE];
        choice("contrast", texts::CAPTIONS_COLOURS, &CONTRASTS, &contrasts, look.contrast);
        choice(
            "position",
            texts::CAPTIONS_POSITION,
            &POSITIONS,
            &[texts::AT_THE_BOTTOM, texts::AT_THE_TOP],
            look.position,
        );
        let switch = |name, label, is_on| {
            let input: HtmlInputElement = create_element("input", "");
            input.set_type("checkbox");
            input.set_checked(is_on);
            self.control(&appearance, name, label, &input);
        };
        switch("mirrored", texts::CAPTIONS_MIRRORED, look.is_mirrored);
        switch("partials", texts::CAPTIONS_PARTIALS, look.has_partials);
        set_attribute(&self.status, "role", "status");
        append(&bar, &[&self.record, &self.full_screen, &small, &close, &self.status, &appearance]);
        append(&self.view, &[&self.text, &bar]);
        if let Some(body) = document().body() {
            append(&body, &[&self.view]);
        }
        self.on_click(&self.record, |_| {
            if let Some(record) = find("#record:not(:disabled)") {
                record.click();
            }
        });
        self.on_click(&self.full_screen, Self::toggle_full_screen);
        self.on_click(&small, Self::pop_out);
        self.on_click(&close, Self::close);
        let captions = self.clone();
        on(&self.view, "keydown", move |event| {
            if event.unchecked_ref::<KeyboardEvent>().key() == "Escape" {
                event.stop_propagation();
                captions.close();
            }
        });
        show(&self.full_screen, document().fullscreen_enabled());
    }

    fn on_click(self: &Rc<Self>, target: &Element, act: fn(&Rc<Self>)) {
        let captions = self.clone();
        on(target, "click", move |_| act(&captions));
    }

    /// Adds a control of the look.
    fn control(self: &Rc<Self>, into: &Element, name: &'static str, label: Text, control: &HtmlInputElement) {
        let element: Element = create_element("label", "");
        set_attribute(control, "name", name);
        let text: Element = create_text_element("span", "", label.get());
        let parts: [&Element; 2] =
            if control.type_() == "checkbox" { [control, &text] } else { [&text, control] };
        append(&element, &parts);
        append(into, &[&element]);
        let (captions, changed) = (self.clone(), control.clone());
        on(control, "change", move |_| {
            let value =
                if changed.type_() == "checkbox" { changed.checked().to_string() } else { changed.value() };
            let look = captions.look.borrow().clone().with(&[name, "=", &value].concat());
            storage::set(CAPTIONS_KEY, &look.to_text()).warn_on_error();
            // A number that is not allowed changes nothing.
            match name {
                "size" => changed.set_value(&look.size.to_string()),
                "lines" => changed.set_value(&look.lines.to_string()),
                _ => {}
            }
            captions.look.replace(look);
            captions.apply();
        });
    }

    /// Applies the look.
    fn apply(&self) {
        let look = self.look.borrow();
        set_style(&self.view, "--captions-size", &look.size.to_string());
        set_style(&self.view, "--captions-lines", &look.lines.to_string());
        for (name, value) in
            [("data-font", look.font), ("data-contrast", look.contrast), ("data-position", look.position)]
        {
            set_attribute(&self.view, name, value);
        }
        toggle_attribute(&self.view, "data-mirrored", look.is_mirrored);
        drop(look);
        self.draw();
    }

    /// Opens the view, or closes it.
    pub(super) fn toggle(self: &Rc<Self>) {
        if self.is_open.get() {
            return self.close();
        }
        self.is_open.set(true);
        self.opener.replace(document().active_element());
        self.cover(true);
        self.watch();
        show(&self.view, true);
        focus(&self.view);
        self.draw();
        self.draw_status();
    }

    fn close(self: &Rc<Self>) {
        if !self.is_open.replace(false) {
            return;
        }
        if let Some(popped) = self.popped.take() {
            self.take_back();
            popped.close().warn_on_error();
        }
        leave_full_screen();
        self.unwatch();
        show(&self.view, false);
        self.cover(false);
        if let Some(opener) = self.opener.take() {
            focus(&opener);
        }
    }

    /// Closes the captions with the gesture that closes things, as Back on Android, where the browser has it (HTML, 6.8):
    /// otherwise it leaves the page.
    fn watch(self: &Rc<Self>) {
        let Ok(watchers) = get(&window(), "CloseWatcher").dyn_into::<Function>() else { return };
        let Some(watcher) = Reflect::construct(&watchers, &Array::new()).warn_on_error() else { return };
        let captions = self.clone();
        let closed = Closure::once_into_js(move || captions.close());
        Reflect::set(&watcher, &"onclose".into(), &closed).warn_on_error();
        self.watcher.replace(Some(watcher));
    }

    fn unwatch(&self) {
        if let Some(watcher) = self.watcher.take()
            && let Ok(destroy) = get(&watcher, "destroy").dyn_into::<Function>()
        {
            destroy.call0(&watcher).warn_on_error();
        }
    }

    /// Makes the page behind the view unreachable, or reachable again.
    fn cover(&self, is_covered: bool) {
        if let Some(body) = document().body() {
            let children = body.children();
            for child in (0..children.length()).filter_map(|index| children.item(index)) {
                // Screen readers go on reading out what is said; a dialog lies over the view.
                let stays = child.is_same_node(Some(&self.view))
                    || child.id() == "announcer"
                    || child.has_type::<HtmlDialogElement>();
                if !stays {
                    toggle_attribute(&child, "inert", is_covered);
                }
            }
        }
    }

    fn toggle_full_screen(self: &Rc<Self>) {
        if leave_full_screen() {
            return;
        }
        let requested = call(&self.view, "requestFullscreen");
        let captions = self.clone();
        spawn_local(async move {
            if requested.await.is_err() {
                set_text(&captions.status, texts::NO_FULL_SCREEN.get());
            }
        });
    }

    /// Moves the view into a window that stays on top where the browser has such windows, or else into another one.
    fn pop_out(self: &Rc<Self>) {
        if self.popped.borrow().is_some() || self.is_popping.replace(true) {
            return;
        }
        let on_top = get(&window(), "documentPictureInPicture");
        let (width, height) = WINDOW_SIZE;
        if let Ok(request) = get(&on_top, "requestWindow").dyn_into::<Function>() {
            let size = object(&[("width", width.into()), ("height", height.into())]);
            let requested = request.call1(&on_top, &size).map(JsCast::unchecked_into::<Promise>);
            let captions = self.clone();
            spawn_local(async move {
                match requested {
                    Ok(requested) => captions.move_to(JsFuture::from(requested).await.ok()),
                    Err(_) => captions.move_to(None),
                }
            });
        } else {
            let features = format!("popup,width={width},height={height}");
            let opened = window().open_with_url_and_target_and_features("", "captions", &features);
            self.move_to(opened.ok().flatten().map(Into::into));
        }
    }

    fn move_to(self: &Rc<Self>, opened: Option<JsValue>) {
        self.is_popping.set(false);
        let Some(popped) = opened.map(JsCast::unchecked_into::<Window>) else {
            return set_text(&self.status, texts::NO_SMALL_WINDOW.get());
        };
        if !self.is_open.get() {
            // The captions were closed meanwhile.
            popped.close().warn_on_error();
            return;
        }
        let Some((there, body)) = popped.document().and_then(|there| Some((there.clone(), there.body()?)))
        else {
            return;
        };
        there.set_title(texts::CAPTIONS.get());
        if let Some(root) = there.document_element() {
            set_attribute(&root, "lang", Language::now().tag());
        }
        copy_styles(&there);
        append(&body, &[&self.view]);
        set_attribute(&self.view, "data-popped", "");
        self.cover(false);
        self.unwatch();
        let captions = self.clone();
        on(&popped, "pagehide", move |_| {
            if captions.popped.take().is_some() {
                captions.take_back();
                captions.close();
            }
        });
        self.popped.replace(Some(popped));
    }

    /// Moves the view back into the page.
    fn take_back(&self) {
        set_text(&self.status, "");
        self.view.remove_attribute("data-popped").warn_on_error();
        if let Some(body) = document().body() {
            append(&body, &[&self.view]);
        }
    }

    /// The recording, which may be of a file, has entered another phase.
    pub(super) fn phase_changed(&self, phase: RecordingPhase, is_file: bool) {
        self.phase.set(phase);
        self.is_file.set(is_file);
        self.draw_status();
    }

    /// The page shows another error, or else another notice; an empty one is none.
    pub(super) fn message_changed(&self, is_error: bool, message: &str) {
        message.clone_into(&mut self.messages.borrow_mut()[usize::from(is_error)]);
        self.draw_status();
    }

    fn end_with_page(self: &Rc<Self>) {
        let left = self.clone();
        on(&window(), "pagehide", move |_| {
            // Without the page the captions no longer change, so their window is closed.
            let popped = left.popped.borrow().clone();
            if let Some(popped) = popped {
                popped.close().warn_on_error();
            }
        });
    }

    fn draw_status(&self) {
        if !self.is_open.get() {
            return;
        }
        let (phase, messages) = (self.phase.get(), self.messages.borrow());
        let message = messages.iter().rfind(|message| !message.is_empty());
        toggle_attribute(&self.view, "data-alert", message.is_some());
        let status = if self.is_file.get() { phase.file_status() } else { phase.status() };
        set_text(&self.status, message.map_or(status.get(), String::as_str));
        set_text(&self.record, phase.record_label().get());
        let is_recording = phase == RecordingPhase::Recording && !self.is_file.get() && message.is_none();
        toggle_attribute(&self.status, "data-recording", is_recording);
        toggle_attribute(&self.record, "data-stops", phase != RecordingPhase::Idle);
    }

    /// Draws the last lines of the transcript, if the captions are open.
    pub(super) fn draw(&self) {
        if !self.is_open.get() {
            return;
        }
        let Ok(turns) = document().query_selector_all("#transcript p[data-turn]") else { return };
        let first = turns.length().saturating_sub(TURNS as u32);
        let has_partials = self.look.borrow().has_partials;
        let mut lines = Vec::new();
        let mut speaker = String::new();
        for turn in (first..turns.length()).filter_map(|index| turns.item(index)) {
            let turn: Element = turn.unchecked_into();
            let part = |selector| {
                let part = turn.query_selector(selector).ok().flatten();
                part.and_then(|part| part.text_content()).unwrap_or_default()
            };
            let now = part(".speaker");
            let mut name = String::new();
            let mut text = part(".settled");
            if has_partials {
                text += &part(".unsettled");
            }
            if text.trim().is_empty() {
                continue;
            }
            if !now.is_empty() && now != speaker {
                name = [&now, ": "].concat();
            }
            speaker = now;
            lines.push((name, text, turn.get_attribute("lang")));
        }
        for index in (lines.len() as u32..self.text.child_element_count()).rev() {
            if let Some(more) = self.text.children().item(index) {
                more.remove();
            }
        }
        for (index, (name, text, language)) in lines.iter().enumerate() {
            let line = self.text.children().item(index as u32).unwrap_or_else(|| {
                let line: Element = create_element("p", "");
                set_attribute(&line, "dir", "auto");
                // A name in another script does not decide the direction of the line.
                append(&line, &[&create_element("bdi", ""), &create_element("span", "")]);
                append(&self.text, &[&line]);
                line
            });
            for (part, text) in [name, text].into_iter().enumerate() {
                if let Some(part) = line.children().item(part as u32) {
                    set_text(&part, text);
                }
            }
            match language {
                Some(language) => set_attribute(&line, "lang", language),
                None => line.remove_attribute("lang").warn_on_error().unwrap_or_default(),
            }
        }
    }
}

/// Leaves full screen. Returns whether the page filled it.
fn leave_full_screen() -> bool {
    let fills = document().fullscreen_element().is_some();
    if fills {
        let left = call(&document(), "exitFullscreen");
        spawn_local(async move {
            // Rejected if the user has left it meanwhile.
            left.await.ok();
        });
    }
    fills
}

/// Calls a method at once, and returns what becomes of the promise that it returns.
fn call(target: &JsValue, method: &str) -> JsFuture {
    let returned = get(target, method).dyn_into::<Function>().and_then(|method| method.call0(target));
    JsFuture::from(returned.map_or_else(|error| Promise::reject(&error), |it| Promise::resolve(&it)))
}

/// Links the page's style sheets in another window's document.
fn copy_styles(there: &Document) {
    let (Ok(links), Some(head)) = (document().query_selector_all("link[rel=stylesheet]"), there.head())
    else {
        return;
    };
    for link in (0..links.length()).filter_map(|index| links.item(index)) {
        if let Ok(copy) = there.create_element("link") {
            set_attribute(&copy, "rel", "stylesheet");
            set_attribute(&copy, "href", &get(&link, "href").as_string().unwrap_or_default());
            append(&head, &[&copy]);
        }
    }
}
