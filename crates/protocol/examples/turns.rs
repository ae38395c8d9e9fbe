//! Prints the turns of a session whose messages are the lines of standard input, one JSON text in each.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;

use assemblyai_protocol::{Cause, ServerMessage, parse};

fn main() -> Result<(), Box<dyn Error>> {
    // Each message has the whole turn and replaces earlier ones of the same place.
    let mut turns = BTreeMap::new();
    for line in io::stdin().lines() {
        match parse(&line?) {
            Ok(ServerMessage::Turn(turn)) => {
                turns.insert(turn.turn_order, turn);
            }
            Ok(ServerMessage::Error(error)) => {
                let cause = Cause::of(error.error_code.unwrap_or_default(), &error.error);
                eprintln!("{cause:?}: {}", error.error);
            }
            Ok(_) => {}
            Err(error) => eprintln!("skipped: {error}"),
        }
    }
    for turn in turns.values() {
        let speaker = turn.speaker().map(|label| format!("{label}: ")).unwrap_or_default();
        let mark = if turn.end_of_turn { "" } else { " …" };
        println!("{speaker}{}{mark}", turn.transcript);
    }
    Ok(())
}
