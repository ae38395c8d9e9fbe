//! The browser: the only files that name `web_sys`. A first reader may skip them.

mod dom;
mod listener;
mod microphone;
mod socket;
mod timers;
mod tokens;

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use wasm_bindgen::prelude::*;

use crate::app::App;
use crate::ports::{Microphone, Ports, Sockets, Timers, Tokens, View};
use crate::session::Input;

/// Where the adapters put what has happened.
///
/// An input that comes while another is being handled waits until that is done.
#[derive(Clone)]
pub(crate) struct Inbox(Rc<Desk>);

#[derive(Default)]
struct Desk {
    app: RefCell<Option<App<Browser>>>,
    waiting: RefCell<VecDeque<Input>>,
}

impl Inbox {
    pub(crate) fn put(&self, input: Input) {
        self.0.waiting.borrow_mut().push_back(input);
        // Already borrowed: whoever holds it takes this input next.
        let Ok(mut app) = self.0.app.try_borrow_mut() else { return };
        let Some(app) = app.as_mut() else { return };
        while let Some(input) = self.take() {
            app.handle(input);
        }
    }

    fn take(&self) -> Option<Input> {
        self.0.waiting.borrow_mut().pop_front()
    }
}

/// All adapters.
struct Browser {
    microphone: microphone::BrowserMicrophone,
    tokens: tokens::BrowserTokens,
    sockets: socket::BrowserSockets,
    timers: timers::BrowserTimers,
    view: dom::Page,
}

impl Ports for Browser {
    fn microphone(&mut self) -> &mut dyn Microphone {
        &mut self.microphone
    }
    fn tokens(&mut self) -> &mut dyn Tokens {
        &mut self.tokens
    }
    fn sockets(&mut self) -> &mut dyn Sockets {
        &mut self.sockets
    }
    fn timers(&mut self) -> &mut dyn Timers {
        &mut self.timers
    }
    fn view(&mut self) -> &mut dyn View {
        &mut self.view
    }
}

/// Called by the browser when the page's code is loaded.
#[wasm_bindgen(start)]
fn start() -> Result<(), JsError> {
    let inbox = Inbox(Rc::default());
    let page = dom::Page::new(&inbox)?;
    let tokens = tokens::BrowserTokens::new(&inbox, page.demo_note());
    let browser = Browser {
        microphone: microphone::BrowserMicrophone::new(&inbox)?,
        tokens,
        sockets: socket::BrowserSockets::new(&inbox),
        timers: timers::BrowserTimers::new(&inbox),
        view: page,
    };
    *inbox.0.app.borrow_mut() = Some(App::new(browser));
    Ok(())
}
