use js_sys::{Int16Array, Promise};
use transcription_common::{
    ConnectionId, RecordingPhase, ShownTurn, TurnKey, from_text, import_class, page_interface,
};
use wasm_bindgen::prelude::*;

page_interface!(import_class);

impl Host {
    /// Whether the page's server recognises speech itself.
    pub(crate) fn is_local(&self) -> bool {
        let config = serde_json::from_str::<serde_json::Value>(&self.config());
        config.is_ok_and(|config| config.get("local_model").is_some_and(serde_json::Value::is_string))
    }

    /// All turns in the order of the transcript, with their keys.
    pub(crate) fn shown_turns(&self) -> Vec<(TurnKey, ShownTurn)> {
        let key = |turn: &Turn| TurnKey {
            connection: ConnectionId(turn.connection()),
            turn_order: turn.turn_order(),
        };
        let shown = |turn: Turn| Some((key(&turn), from_text(&turn.record())?));
        self.turns().into_iter().filter_map(shown).collect()
    }

    /// One turn of the transcript. The browser may have translated the text on the page.
    pub(crate) fn shown_turn(&self, connection: u32, turn_order: u64) -> Option<ShownTurn> {
        self.turn(connection, turn_order).and_then(|turn| from_text(&turn.record()))
    }
}
