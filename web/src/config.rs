//! The server's configuration of the page: where to connect, and with which parameters.

pub use assemblyai_protocol::PageConfig;
use transcription_common::{ConnectionChoice, base_url};

/// The path that tokens are requested from, and the WebSocket's address without a token.
///
/// The user's choice counts only if the server allows it and lists its address: storage is open to every script of
/// this origin, and the token must not go elsewhere.
pub fn endpoint<'a>(config: &'a PageConfig, choice: Option<&'a ConnectionChoice>) -> (String, &'a str) {
    let choice = choice.filter(|choice| config.allow_client_parameters && lists(config, choice));
    match choice {
        Some(ConnectionChoice { region: Some(region), url }) => (["token?region=", region].concat(), url),
        Some(ConnectionChoice { region: None, url }) => ("token".to_owned(), url),
        None => ("token".to_owned(), &config.websocket_url),
    }
}

/// After how many seconds without speech the page closes a connection to this address; 0: never. The user's choice counts
/// if the server allows it and an open connection is billed. With speaker labels it never does: they restart with each
/// connection.
pub fn standby_after_s(config: &PageConfig, websocket_url: &str, choice: Option<u32>) -> u32 {
    const LABELS: &[u8] = b"speaker_labels=true";
    // Not `str::contains`, which takes 5 kB of code.
    if websocket_url.as_bytes().windows(LABELS.len()).any(|part| part == LABELS) {
        return 0;
    }
    let is_billed = !config.demo && config.local_model.is_none();
    let choice = choice.filter(|_| config.allow_client_parameters && is_billed);
    choice.or(config.standby_after_s).unwrap_or_default()
}

/// Whether the server offers the address of a choice, in the region of the choice.
fn lists(config: &PageConfig, choice: &ConnectionChoice) -> bool {
    match &choice.region {
        None => base_url(&config.websocket_url) == choice.base_url(),
        Some(name) => {
            config.regions.iter().any(|it| it.name == *name && it.websocket_url == choice.base_url())
        }
    }
}

#[cfg(test)]
mod tests {
    use assemblyai_protocol::{Token, parse_json};

    use super::*;
    use test_result::TestResult;

    fn config(json: &str) -> TestResult<PageConfig> {
        Ok(PageConfig::read(&parse_json(json).ok_or("no JSON")?).ok_or("no configuration")?)
    }

    fn token() -> Token {
        Token { token: "A/B".to_owned(), expires_in_s: None }
    }

    const ANSWER: &str = r#"{"websocket_url":"wss://streaming.eu.assemblyai.com/v3/ws?speech_model=u3-rt-pro",
        "parameters":{"speech_model":"u3-rt-pro"},"allow_client_parameters":true,
        "regions":[{"name":"us","websocket_url":"wss://streaming.us.assemblyai.com/v3/ws"}],"demo":false}"#;

    fn choice(region: &str, url: &str) -> ConnectionChoice {
        let region = (!region.is_empty()).then(|| region.to_owned());
        ConnectionChoice { region, url: url.to_owned() }
    }

    #[test]
    fn without_a_choice_the_address_is_the_servers_own() -> TestResult {
        let config = config(ANSWER)?;
        let (path, url) = endpoint(&config, None);
        assert_eq!(path, "token");
        assert_eq!(
            token().socket_url(url, "http://localhost:8000/"),
            "wss://streaming.eu.assemblyai.com/v3/ws?speech_model=u3-rt-pro&token=A%2FB"
        );
        Ok(())
    }

    #[test]
    fn a_connection_is_closed_in_silence_unless_speakers_are_labelled() -> TestResult {
        let config = config(&ANSWER.replace("\"demo\"", "\"standby_after_s\":30,\"demo\""))?;
        for (choice, expected) in [(None, 30), (Some(10), 10), (Some(0), 0)] {
            let after_s = |url: &str| standby_after_s(&config, url, choice);
            assert_eq!(after_s("wss://example.org/v3/ws?speech_model=u3-rt-pro"), expected);
            assert_eq!(after_s("wss://example.org/v3/ws?speaker_labels=true&x=1"), 0);
        }
        Ok(())
    }

    #[test]
    fn the_users_time_of_standby_counts_where_the_server_allows_it_and_bills() -> TestResult {
        let url = "wss://example.org/v3/ws?x=1";
        let own = [(ANSWER.to_owned(), 10), (ANSWER.replace("true", "false"), 0)];
        let free = ["\"demo\":true", "\"demo\":false,\"local_model\":\"base\""];
        let free = free.map(|is| (ANSWER.replace("\"demo\":false", is), 0));
        for (answer, expected) in own.into_iter().chain(free) {
            assert_eq!(standby_after_s(&config(&answer)?, url, Some(10)), expected, "{answer}");
        }
        Ok(())
    }

    #[test]
    fn the_users_choice_counts_if_the_server_lists_its_address() -> TestResult {
        let config = config(ANSWER)?;
        let own = ("token".to_owned(), &*config.websocket_url);
        let us = choice("us", "wss://streaming.us.assemblyai.com/v3/ws?speech_model=whisper-rt");
        assert_eq!(endpoint(&config, Some(&us)), ("token?region=us".to_owned(), &*us.url));
        let other_model = choice("", "wss://streaming.eu.assemblyai.com/v3/ws?speech_model=whisper-rt");
        assert_eq!(endpoint(&config, Some(&other_model)), ("token".to_owned(), &*other_model.url));
        for (region, url) in [
            ("", "wss://evil.example/v3/ws?speech_model=whisper-rt"),
            ("us", "wss://evil.example/v3/ws?speech_model=whisper-rt"),
            ("", "wss://streaming.us.assemblyai.com.evil.example/v3/ws?x=1"),
            ("us", "wss://streaming.us?x=1"),
            ("mars", "wss://streaming.us.assemblyai.com/v3/ws?x=1"),
            ("us", "?x=1"),
            ("us", ""),
            ("", ""),
        ] {
            assert_eq!(endpoint(&config, Some(&choice(region, url))), own, "{region} {url}");
        }
        Ok(())
    }

    #[test]
    fn the_users_choice_does_not_count_unless_the_server_allows_it() -> TestResult {
        for forbidden in [ANSWER.replace("true", "false"), ANSWER.replace("allow_client_parameters", "other")]
        {
            let config = config(&forbidden)?;
            let us = choice("us", "wss://streaming.us.assemblyai.com/v3/ws?speech_model=whisper-rt");
            assert_eq!(endpoint(&config, Some(&us)), ("token".to_owned(), &*config.websocket_url));
        }
        Ok(())
    }
}
