use std::cell::RefCell;
use std::rc::Rc;

use transcription_common::texts;
use web_sys::Element;

use crate::browser::Host;
use crate::browser::name_dialog::{NameDialog, NameTexts};
use crate::browser::words::{Spot, focus_item, turn_of};

/// Asks for the name of a speaker.
pub(super) struct Rename {
    host: Host,
    dialog: NameDialog,
    speaker: RefCell<Option<(Spot, String)>>,
}

impl Rename {
    pub(super) fn new(host: &Host) -> Rc<Self> {
        let dialog = NameDialog::new(&NameTexts {
            id: "rename",
            label: texts::SPEAKER_NAME,
            hint: texts::NAME_HINT,
            give: texts::GIVE_NAME,
            keep: texts::KEEP_NAME,
            max_length: 60,
        });
        let rename = Rc::new(Self { host: host.clone(), dialog, speaker: RefCell::default() });
        let answered = rename.clone();
        rename.dialog.on_answer(move |name| answered.close(name));
        rename
    }

    /// Asks for the name of the speaker whose name an element shows.
    pub(super) fn ask(&self, name: &Element) {
        let Some(spot) = Spot::of(name) else { return };
        let shown = name.text_content().unwrap_or_default();
        let label = name.get_attribute("data-speaker").unwrap_or_default();
        self.speaker.replace(Some((spot, label)));
        self.dialog.ask(&texts::RENAME.with(&[&shown]), &shown);
    }

    fn close(&self, name: Option<String>) {
        let Some((spot, label)) = self.speaker.take() else { return };
        let was = spot.item().and_then(|item| item.text_content()).unwrap_or_default();
        if let Some(name) = name.filter(|name| *name != was) {
            self.host.rename(spot.key.connection, label, name);
        }
        if let Some(item) = spot.item() {
            focus_item(&item);
        }
    }
}

/// Whether an element shows the name of a turn's speaker.
pub(super) fn is_name(element: &Element) -> bool {
    element.class_list().contains("speaker") && turn_of(element).is_some()
}
