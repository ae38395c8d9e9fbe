//! Prints what is said into the microphone, until Enter is pressed.

use assemblyai_streaming::{Client, Event, microphone};
use futures_util::StreamExt as _;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let mut session = client.transcribe(microphone::open(microphone::Input::Default).await?);
    let control = session.control();
    std::thread::spawn(move || std::io::stdin().read_line(&mut String::new()).map(|_| control.stop()));
    while let Some(event) = session.next().await {
        match event {
            Event::Turn(turn) if turn.is_final => println!("{}", turn.text),
            Event::Ended(summary) => summary.into_result()?,
            _ => {}
        }
    }
    Ok(())
}
