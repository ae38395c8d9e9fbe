//! Converts a transcript from JSON on standard input to SRT on standard output.

use std::error::Error;
use std::io;

use transcript_export::{Document, Format, Options};

fn main() -> Result<(), Box<dyn Error>> {
    let document = Document::from_json(&io::read_to_string(io::stdin())?)?;
    print!("{}", Format::Srt.write(&document, Options { speakers: true, times: true }));
    Ok(())
}
