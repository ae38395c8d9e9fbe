//! The settings: defaults, ranges, precedence, and that the documents agree with them.

use std::collections::HashMap;

use assemblyai_protocol::{StreamingParameters, TokenRequest};
use test_result::TestResult;
use transcription_server::limits::RateLimitFail;
use transcription_server::log::LogFormat;
use transcription_server::serve::TlsFiles;
use transcription_server::settings::{Settings, SettingsError, command, list, parse_dot_env};

/// The settings of these flags and this environment.
fn read(flags: &[&str], environment: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let flags = command().get_matches_from([&["transcription-server"], flags].concat());
    let environment: HashMap<&str, &str> = environment.iter().copied().collect();
    Settings::read(&flags, |name| environment.get(name).map(|&value| value.to_owned()))
}

/// The error that these flags and this environment give.
fn refusal(flags: &[&str], environment: &[(&str, &str)]) -> TestResult<String> {
    match read(flags, environment) {
        Ok(settings) => Err(format!("it was accepted: {settings:?}").into()),
        Err(error) => Ok(error.to_string()),
    }
}

/// The error that this environment gives, if it gives one.
fn refused(environment: &[(&str, &str)]) -> Option<String> {
    read(&[], environment).err().map(|error| error.to_string())
}

const KEY: (&str, &str) = ("ASSEMBLYAI_API_KEY", "0123456789");

#[test]
fn a_key_is_enough() -> TestResult {
    let settings = read(&[], &[KEY])?;
    assert_eq!(
        (settings.serve.host.as_str(), settings.serve.port, settings.demo),
        ("127.0.0.1", 8000, false)
    );
    assert_eq!(settings.assemblyai.service.token_url.as_str(), "https://streaming.assemblyai.com/v3/token");
    assert_eq!(settings.assemblyai.service.websocket_url.as_str(), "wss://streaming.assemblyai.com/v3/ws");
    assert_eq!(
        settings.token.request(),
        TokenRequest { expires_in_s: 20, max_session_duration_s: Some(3600) }
    );
    assert_eq!(settings.page.parameters(), StreamingParameters::default());
    assert!(settings.page.allow_client_parameters);
    assert_eq!((settings.log.filter.as_str(), settings.log.format), ("info", LogFormat::Text));
    let limits = &settings.limits;
    assert_eq!((limits.tokens_per_minute, limits.tokens_burst), (20, 20));
    assert_eq!((limits.tokens_per_hour, limits.tokens_per_day), (1_000, 5_000));
    assert_eq!(limits.rate_limit_fail, RateLimitFail::Closed);
    assert_eq!((settings.serve.max_connections, settings.serve.shutdown_timeout.as_secs()), (1_000, 10));
    assert!(limits.rate_limit_redis_url.is_none() && settings.login.access_password.is_none());
    assert!(settings.serve.tls.files().is_none() && settings.metrics.metrics_address.is_none());
    assert!(settings.hosts.public_hosts.is_empty() && settings.proxies.trusted_proxies.is_empty());
    assert!(settings.origin.allowed_origins.is_empty());
    Ok(())
}

#[test]
fn lists_are_normalized_to_what_browsers_send() -> TestResult {
    let settings = read(
        &[],
        &[
            KEY,
            ("ALLOWED_ORIGINS", "https://Example.org:443/, http://localhost:3000,"),
            ("PUBLIC_HOSTS", " Talk.Example.org,127.0.0.1,[::1] , bücher.example"),
            ("TRUSTED_PROXIES", "10.0.0.0/8, ::1,192.0.2.7"),
        ],
    );
    let settings = settings?;
    assert_eq!(settings.origin.allowed_origins, ["https://example.org", "http://localhost:3000"]);
    assert_eq!(
        settings.hosts.public_hosts,
        ["talk.example.org", "127.0.0.1", "[::1]", "xn--bcher-kva.example"]
    );
    let proxies: Vec<String> = settings.proxies.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128", "192.0.2.7/32"]);
    Ok(())
}

#[test]
fn a_certificate_without_its_key_is_refused() -> TestResult {
    for half in ["TLS_CERT", "TLS_KEY"] {
        let line = refusal(&[], &[KEY, (half, "file.pem")])?;
        assert_eq!(line, "TLS_CERT and TLS_KEY belong together: set both, or neither");
    }
    let tls = read(&[], &[KEY, ("TLS_CERT", "a.pem"), ("TLS_KEY", "b.pem")])?.serve.tls.files();
    assert_eq!(tls, Some(TlsFiles { certificate: "a.pem".into(), key: "b.pem".into() }));
    Ok(())
}

#[test]
fn the_error_for_a_wrong_secret_does_not_show_it() -> TestResult {
    for password in ["1234567", "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ", "$2y$10$abcdefghijklmnopqrstuv"]
    {
        let line = refusal(&[], &[KEY, ("ACCESS_PASSWORD", password)])?;
        assert_eq!(line, "ACCESS_PASSWORD must be 8 to 1000 characters, or an argon2 hash");
    }
    for url in ["localhost:6379", "http://localhost", "redis:"] {
        let line = refusal(&[], &[KEY, ("RATE_LIMIT_REDIS_URL", url)])?;
        assert_eq!(line, "RATE_LIMIT_REDIS_URL must be a redis or rediss address");
    }
    let secrets =
        [("ACCESS_PASSWORD", "hunter2hunter2"), ("RATE_LIMIT_REDIS_URL", "redis://:hunter2@localhost")];
    let settings = read(&[], &[&[KEY], &secrets[..]].concat())?;
    assert!(!format!("{settings:?}").contains("hunter2"));
    Ok(())
}

#[test]
fn a_secret_that_a_file_format_has_changed_is_refused() -> TestResult {
    let quotes = "remove the quotes around it, which are part of the value here";
    for quote in ["'", "\""] {
        let line = refusal(&[], &[("ASSEMBLYAI_API_KEY", &format!("{quote}0123456789{quote}"))])?;
        assert_eq!(line, format!("ASSEMBLYAI_API_KEY must be printable ASCII without spaces: {quotes}"));
        let line = refusal(&[], &[KEY, ("ACCESS_PASSWORD", &format!("{quote}correct horse{quote}"))])?;
        assert_eq!(
            line,
            format!("ACCESS_PASSWORD must be 8 to 1000 characters, or an argon2 hash: {quotes}")
        );
    }
    for rest in ["=19=19456,t=2,p=1", "=19=19456,t=2,p=1YWFhYWFhYWE", "v=19m=19456,t=2,p=1/aGFzaA"] {
        let line = refusal(&[], &[KEY, ("ACCESS_PASSWORD", rest)])?;
        assert!(
            line.ends_with("this is a hash that lost its dollar signs, put it in single quotes"),
            "{line}"
        );
        assert!(!line.contains(rest), "{line}");
    }
    Ok(())
}

#[test]
fn an_address_of_the_service_that_browsers_refuse_is_refused() -> TestResult {
    assert_eq!(
        refusal(&[], &[KEY, ("ASSEMBLYAI_BASE_URL", "http://[::1]:8765")])?,
        "ASSEMBLYAI_BASE_URL is \"http://[::1]:8765\", but must be an http or https address: browsers refuse IPv6 \
         addresses here, use a name such as localhost"
    );
    Ok(())
}

#[test]
fn the_error_for_a_missing_key_names_both_remedies_in_one_line() -> TestResult {
    let line = refusal(&[], &[])?;
    assert!(line.contains("ASSEMBLYAI_API_KEY") && line.contains("--demo"), "{line}");
    assert!(!line.contains('\n'), "{line}");
    assert!(read(&["--demo"], &[])?.demo);
    // An empty line in .env is no key.
    assert_eq!(refusal(&[], &[("ASSEMBLYAI_API_KEY", "  ")])?, line);
    Ok(())
}

#[test]
fn a_flag_wins_over_the_environment() -> TestResult {
    let settings = read(&["--port", "1"], &[KEY, ("PORT", "2"), ("HOST", "::1")])?;
    assert_eq!((settings.serve.port, settings.serve.host.as_str()), (1, "::1"));
    Ok(())
}

#[test]
fn an_empty_flag_counts_as_not_set_and_a_negative_number_as_a_value() -> TestResult {
    let line = refusal(&["--port", ""], &[KEY, ("PORT", "abc")])?;
    assert_eq!(line, "PORT is \"abc\", but must be 0 to 65535");
    let line = refusal(&["--token-expires-in-seconds", "-1"], &[KEY])?;
    assert_eq!(line, "TOKEN_EXPIRES_IN_SECONDS is \"-1\", but must be 1 to 600 s");
    Ok(())
}

#[test]
fn an_ipv6_address_may_have_brackets() -> TestResult {
    assert_eq!(read(&[], &[KEY, ("HOST", "[::1]")])?.serve.host, "::1");
    Ok(())
}

#[test]
fn the_service_has_10_s_to_answer() {
    assert_eq!(transcription_server::assemblyai::TIME_LIMIT.as_secs(), 10);
}

#[test]
fn every_parameter_reaches_the_page() -> TestResult {
    let settings = read(
        &[],
        &[
            KEY,
            ("SPEECH_MODEL", "universal-streaming-english"),
            ("FORMAT_TURNS", "True"),
            ("END_OF_TURN_CONFIDENCE_THRESHOLD", "0.7"),
            ("MIN_TURN_SILENCE", "160"),
            ("MAX_TURN_SILENCE", "2400"),
            ("INACTIVITY_TIMEOUT", "30"),
        ],
    );
    assert_eq!(
        settings?.page.parameters().to_query(None),
        "speech_model=universal-streaming-english&sample_rate=16000&encoding=pcm_s16le&format_turns=true\
         &end_of_turn_confidence_threshold=0.7&min_turn_silence=160&max_turn_silence=2400&inactivity_timeout=30"
    );
    Ok(())
}

#[test]
fn the_old_name_of_min_turn_silence_is_accepted() -> TestResult {
    let old = ("MIN_END_OF_TURN_SILENCE_WHEN_CONFIDENT", "160");
    let settings = read(&[], &[KEY, old])?;
    assert_eq!(settings.page.parameters().min_turn_silence_ms, Some(160));
    let settings = read(&[], &[KEY, old, ("MIN_TURN_SILENCE", "200")])?;
    assert_eq!(settings.page.parameters().min_turn_silence_ms, Some(200));
    Ok(())
}

#[test]
fn a_wrong_value_is_one_line_with_variable_value_and_range() -> TestResult {
    let cases = [
        ("PORT", "65536", "0 to 65535"),
        ("PORT", "eight", "0 to 65535"),
        ("HOST", "a b", "an address or a name"),
        ("TOKEN_EXPIRES_IN_SECONDS", "0", "1 to 600 s"),
        ("TOKEN_EXPIRES_IN_SECONDS", "601", "1 to 600 s"),
        ("TOKEN_EXPIRES_IN_SECONDS", "-1", "1 to 600 s"),
        ("TOKEN_EXPIRES_IN_SECONDS", "60.5", "1 to 600 s"),
        ("ASSEMBLYAI_TOKEN_BODY", "[1]", "a JSON object"),
        ("ASSEMBLYAI_TOKEN_BODY", "{", "a JSON object"),
        ("MAX_SESSION_DURATION_SECONDS", "59", "60 to 10800 s"),
        ("MAX_SESSION_DURATION_SECONDS", "10801", "60 to 10800 s"),
        ("SPEECH_MODEL", "u3&token=x", "a model's name"),
        ("FORMAT_TURNS", "maybe", "true or false"),
        ("END_OF_TURN_CONFIDENCE_THRESHOLD", "1.1", "0 to 1"),
        ("END_OF_TURN_CONFIDENCE_THRESHOLD", "NaN", "0 to 1"),
        ("MIN_TURN_SILENCE", "49", "50 to 10000 ms"),
        ("MIN_END_OF_TURN_SILENCE_WHEN_CONFIDENT", "49", "50 to 10000 ms"),
        ("MAX_TURN_SILENCE", "10001", "50 to 10000 ms"),
        ("INACTIVITY_TIMEOUT", "4", "5 to 3600 s"),
        ("ALLOW_CLIENT_PARAMETERS", "perhaps", "true or false"),
        ("TOKENS_PER_MINUTE", "0", "1 to 1000000 a minute"),
        ("TOKENS_BURST", "0", "1 to 1000000"),
        ("TOKENS_PER_HOUR", "0", "1 to 1000000000"),
        ("TOKENS_PER_DAY", "many", "1 to 1000000000"),
        ("RATE_LIMIT_FAIL", "ajar", "closed or open"),
        ("MAX_CONNECTIONS", "9", "10 to 1000000"),
        ("SHUTDOWN_TIMEOUT", "3601", "0 to 3600 s"),
        ("LOG_FORMAT", "xml", "text or json"),
        ("METRICS_ADDR", "9000", "an address with its port, like 127.0.0.1:9000"),
        ("PUBLIC_HOSTS", "example.org/path", "host names, separated by commas"),
        ("PUBLIC_HOSTS", "https://example.org", "host names, separated by commas"),
        ("TRUSTED_PROXIES", "10.0.0.0/33", "addresses or networks like 10.0.0.0/8, separated by commas"),
        ("TRUSTED_PROXIES", "proxy.example", "addresses or networks like 10.0.0.0/8, separated by commas"),
        ("ALLOWED_ORIGINS", "example.org", "origins like https://example.org, separated by commas"),
        (
            "ALLOWED_ORIGINS",
            "https://example.org/page",
            "origins like https://example.org, separated by commas",
        ),
        ("ALLOWED_ORIGINS", "*", "origins like https://example.org, separated by commas"),
        ("ALLOWED_ORIGINS", "null", "origins like https://example.org, separated by commas"),
        ("ASSEMBLYAI_BASE_URL", "streaming.assemblyai.com", "an http or https address"),
        ("ASSEMBLYAI_BASE_URL", "ftp://streaming.assemblyai.com", "an http or https address"),
        ("ASSEMBLYAI_BASE_URL", "https://assemblyai.com/?x=1", "an http or https address"),
    ];
    for (variable, value, range) in cases {
        let line = refusal(&[], &[KEY, (variable, value)])?;
        assert_eq!(line, format!("{variable} is \"{value}\", but must be {range}"));
    }
    // A quoted value in .env can have several lines.
    assert_eq!(refusal(&[], &[KEY, ("PORT", "80\n81")])?, r#"PORT is "80\n81", but must be 0 to 65535"#);
    Ok(())
}

/// The ends of a range of whole numbers, such as `1 to 600 s`.
fn whole_range(range: &str) -> Option<(i64, i64)> {
    let (first, rest) = range.split_once(" to ")?;
    let last = rest.split(' ').next().filter(|_| !rest.contains("characters"))?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[test]
fn both_ends_of_each_range_and_the_default_are_accepted_and_nothing_beyond() {
    let ranges: Vec<_> =
        list().into_iter().filter_map(|setting| Some((whole_range(&setting.range)?, setting))).collect();
    assert!(ranges.len() >= 12, "{ranges:?}");
    for ((first, last), setting) in ranges {
        let variable = setting.variable.as_str();
        let environment = |value: &str| refused(&[KEY, (variable, value)]);
        let defaults = Some(setting.default).filter(|default| !default.is_empty());
        for value in [first.to_string(), last.to_string()].into_iter().chain(defaults) {
            assert_eq!(environment(&value), None, "{variable}={value}");
        }
        for value in [first - 1, last + 1] {
            let line = environment(&value.to_string()).unwrap_or_default();
            assert!(line.contains(&setting.range), "{variable}={value}: {line}");
        }
    }
}

#[test]
fn a_password_in_an_address_is_refused_and_not_shown() -> TestResult {
    assert_eq!(
        refusal(&[], &[KEY, ("ASSEMBLYAI_BASE_URL", "https://user:word@assemblyai.com")])?,
        "ASSEMBLYAI_BASE_URL is \"…@assemblyai.com\", but must be an http or https address"
    );
    Ok(())
}

#[test]
fn one_base_url_gives_token_and_socket() -> TestResult {
    let cases = [
        (
            "https://streaming.eu.assemblyai.com/",
            "https://streaming.eu.assemblyai.com/v3/token",
            "wss://streaming.eu.assemblyai.com/v3/ws",
        ),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765/v3/token", "ws://127.0.0.1:8765/v3/ws"),
        (
            "https://proxy.example/assemblyai/",
            "https://proxy.example/assemblyai/v3/token",
            "wss://proxy.example/assemblyai/v3/ws",
        ),
    ];
    for (base, token, websocket) in cases {
        let service = read(&[], &[KEY, ("ASSEMBLYAI_BASE_URL", base)])?.assemblyai.service;
        assert_eq!((service.token_url.as_str(), service.websocket_url.as_str()), (token, websocket));
    }
    Ok(())
}

#[test]
fn a_key_is_never_shown() -> TestResult {
    let key = "a-key-nobody-may-see";
    let settings = read(&["--assemblyai-api-key", key], &[])?;
    assert!(!format!("{settings:?}").contains(key));
    let line = refusal(&[], &[("ASSEMBLYAI_API_KEY", "a-key nobody-may-see")])?;
    assert!(line.contains("ASSEMBLYAI_API_KEY") && !line.contains("nobody"), "{line}");
    Ok(())
}

#[test]
fn help_the_example_file_and_the_documentation_name_every_setting_with_its_default_and_range() -> TestResult {
    let help = command().render_long_help().to_string();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let file = |name| std::fs::read_to_string(format!("{root}/{name}"));
    let (example, documentation) = (file(".env.example")?, file("docs/settings.md")?);

    for setting in list() {
        let (variable, default) = (&setting.variable, &setting.default);
        assert!(help.contains(&format!("--{} <{}>", setting.flag, setting.range)), "{variable}");
        assert!(help.contains(&format!("[env: {variable}]")), "{variable}");
        let line = format!("{variable}={default}");
        assert!(example.lines().any(|it| it.trim_start_matches("# ") == line), "{line} in .env.example");
        let row = documentation.lines().find(|row| row.starts_with(&format!("| `{variable}` |")));
        let row = row.ok_or_else(|| format!("no {variable} in docs/settings.md"))?;
        assert!(default.is_empty() || row.contains(&format!("`{default}`")), "{row}");
        assert!(row.contains(&format!("| {} |", setting.range)), "{row}, but the range is {}", setting.range);
    }
    let variables: Vec<String> = list().into_iter().map(|setting| setting.variable).collect();
    for line in example.lines().filter(|line| line.contains('=')) {
        let name = line.trim_start_matches("# ").split('=').next().unwrap_or_default();
        let is_setting = variables.iter().any(|variable| variable == name)
            || !name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        assert!(is_setting, "{name} in .env.example is not a setting");
    }
    Ok(())
}

#[test]
fn the_server_can_read_the_example_file() -> TestResult {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example");
    let variables = parse_dot_env(&std::fs::read(path)?)?;
    assert_eq!(variables, HashMap::from([("ASSEMBLYAI_API_KEY".to_owned(), String::new())]));
    Ok(())
}

#[test]
fn a_key_of_the_recogniser_has_at_least_16_characters() -> TestResult {
    let line = "LOCAL_API_KEYS must be keys of at least 16 characters, separated by commas";
    for keys in ["k", "fifteen-letters", "a-key-of-sixteen,short"] {
        assert_eq!(refusal(&[], &[KEY, ("LOCAL_API_KEYS", keys)])?, line, "{keys}");
    }
    let settings = read(&[], &[KEY, ("LOCAL_API_KEYS", "a-key-of-sixteen,another-long-one")]);
    assert_eq!(settings.map(|it| (it.local.api_keys.len(), it.local.keyless_loopback)), Ok((2, false)));
    Ok(())
}

#[test]
fn the_composed_server_trusts_the_gateway_of_its_network_alone() -> TestResult {
    let compose = include_str!("../../../compose.yaml");
    let after = |head: &str| compose.lines().find_map(|line| line.trim().strip_prefix(head));
    let line = after("TRUSTED_PROXIES: ").ok_or("no trusted proxies")?;
    assert_eq!(after("- { subnet: 172.30.71.0/24, gateway: "), Some(format!("{line} }}").as_str()));
    let settings = read(&[], &[("ASSEMBLYAI_API_KEY", "k"), ("TRUSTED_PROXIES", line)]);
    let trusted = settings?.proxies.trusted_proxies;
    let is_trusted =
        |address: [u8; 4]| trusted.iter().any(|network| network.contains(&std::net::IpAddr::from(address)));
    assert!(is_trusted([172, 30, 71, 1]));
    for visitor in [[172, 30, 71, 2], [172, 17, 0, 1], [192, 168, 1, 20], [203, 0, 113, 1]] {
        assert!(!is_trusted(visitor), "{visitor:?}");
    }
    Ok(())
}
