//! Who gets a token: foreign pages, foreign names, forged addresses, wrong passwords, limits.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use assemblyai_mock::{MockAssemblyAi, Script};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use test_result::TestResult;
use tower::ServiceExt as _;
use transcription_server::client_address::Peer;
use transcription_server::settings::{Settings, command};
use transcription_server::{AppState, app};

const PASSWORD: &str = "correct horse battery staple";

/// A hash of the password with the cheapest parameters, since the tests verify many.
fn quick_hash() -> TestResult<String> {
    let params = Params::new(Params::MIN_M_COST, 1, 1, None)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    Ok(argon2.hash_password(PASSWORD.as_bytes())?.to_string())
}

/// A server that uses a mock as the service.
struct Server {
    app: Router,
    mock: Arc<MockAssemblyAi>,
}

/// A request in preparation.
struct TestRequest<'a> {
    server: &'a Server,
    method: &'static str,
    path: &'a str,
    headers: Vec<(&'a str, String)>,
    body: String,
    peer: Peer,
}

impl Server {
    async fn with(flags: &[&str]) -> TestResult<Self> {
        let mock = MockAssemblyAi::start(Script::new()).await;
        let base_url = mock.base_url();
        let service = ["server", "--assemblyai-base-url", &base_url, "--assemblyai-api-key", "key"];
        let flags = command().get_matches_from([&service, flags].concat());
        let settings = Settings::read(&flags, |_| None)?;
        let state = AppState::new(&settings, Duration::from_secs(5))?;
        Ok(Self { app: app(state), mock: Arc::new(mock) })
    }

    fn get<'a>(&'a self, path: &'a str) -> TestRequest<'a> {
        let peer = Peer::default();
        TestRequest { server: self, method: "GET", path, headers: Vec::new(), body: String::new(), peer }
    }

    fn login<'a>(&'a self, password: &str) -> TestRequest<'a> {
        let form = [("content-type", "application/x-www-form-urlencoded".to_owned())];
        let body = format!("password={}", password.replace(' ', "+"));
        TestRequest { method: "POST", headers: form.to_vec(), body, ..self.get("/login") }
    }
}

impl<'a> TestRequest<'a> {
    fn header(mut self, name: &'a str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn peer(mut self, address: &str) -> TestResult<Self> {
        self.peer.address = address.parse::<IpAddr>()?;
        Ok(self)
    }

    fn tls(mut self) -> Self {
        self.peer.tls = true;
        self
    }

    async fn send(self) -> TestResult<Response<Body>> {
        let mut request = Request::builder().method(self.method).uri(self.path).extension(self.peer);
        if !self.headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", "localhost:8000");
        }
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(self.body))?;
        Ok(self.server.app.clone().oneshot(request).await?)
    }

    async fn status(self) -> TestResult<u16> {
        Ok(self.send().await?.status().as_u16())
    }
}

fn header(response: &Response<Body>, name: header::HeaderName) -> String {
    response
        .headers()
        .get(name)
        .map_or(String::new(), |value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

async fn text(response: Response<Body>) -> TestResult<String> {
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await?;
    Ok(String::from_utf8(body.to_vec())?)
}

#[tokio::test]
async fn a_foreign_page_gets_no_token() -> TestResult {
    let server = Server::with(&[]).await?;
    let foreign: [&[(&str, &str)]; 6] = [
        // An image, a script, a form: no Origin.
        &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        // A sandboxed frame, and a browser that sends Origin only.
        &[("sec-fetch-site", "cross-site"), ("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("origin", "http://localhost:8001")],
    ];
    for headers in foreign {
        for path in ["/token", "/config"] {
            let request = headers.iter().fold(server.get(path), |it, (name, value)| it.header(name, *value));
            let response = request.send().await?;
            assert_eq!(response.status(), 403, "{headers:?}");
            assert_eq!(header(&response, header::ACCESS_CONTROL_ALLOW_ORIGIN), "", "{headers:?}");
        }
    }
    assert!(server.mock.token_requests().is_empty(), "the service got a request of a foreign page");
    let own = server.get("/token").header("sec-fetch-site", "same-origin");
    assert_eq!(own.status().await?, 200);
    assert_eq!(server.get("/token").header("origin", "http://localhost:8000").status().await?, 200);
    Ok(())
}

#[tokio::test]
async fn an_allowed_page_may_read_its_token_and_no_other_page_may() -> TestResult {
    let server = Server::with(&["--allowed-origins", "https://friend.example"]).await?;
    let ask =
        |origin: &str| server.get("/token").header("sec-fetch-site", "cross-site").header("origin", origin);
    let friend = ask("https://friend.example").send().await?;
    assert_eq!(friend.status(), 200);
    assert_eq!(header(&friend, header::ACCESS_CONTROL_ALLOW_ORIGIN), "https://friend.example");
    assert_eq!(header(&friend, header::ACCESS_CONTROL_ALLOW_CREDENTIALS), "");
    assert_eq!(header(&friend, header::VARY), "origin");
    for origin in ["https://friend.example.evil", "http://friend.example", "https://FRIEND.example", "null"] {
        assert_eq!(ask(origin).status().await?, 403, "{origin}");
    }
    Ok(())
}

#[tokio::test]
async fn a_host_name_of_an_attacker_is_refused() -> TestResult {
    let server = Server::with(&[]).await?;
    for host in ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "192.0.2.1", ""] {
        for path in ["/", "/token", "/config", "/login"] {
            // To the browser it is the same origin, which makes the attack possible.
            let request = server.get(path).header("host", host).header("sec-fetch-site", "same-origin");
            assert_eq!(request.status().await?, 421, "{host} {path}");
        }
        // Probes address a machine by its IP address.
        assert_eq!(server.get("/healthz").header("host", host).status().await?, 204, "{host}");
    }
    let named = Server::with(&["--public-hosts", "talk.example", "--host", "0.0.0.0"]).await?;
    assert_eq!(named.get("/").header("host", "talk.example").status().await?, 200);
    assert_eq!(named.get("/").header("host", "localhost:8000").status().await?, 421);
    assert_eq!(
        named.get("/").header("host", "talk.example").header("host", "evil.example").status().await?,
        400
    );
    Ok(())
}

#[tokio::test]
async fn a_client_gets_its_burst_and_then_429() -> TestResult {
    let server = Server::with(&["--tokens-per-minute", "2", "--tokens-burst", "3"]).await?;
    for _ in 0..3 {
        assert_eq!(server.get("/token").peer("192.0.2.1")?.status().await?, 200);
    }
    let refused = server.get("/token").peer("192.0.2.1")?.send().await?;
    assert_eq!(refused.status(), 429);
    let wait: u32 = header(&refused, header::RETRY_AFTER).parse()?;
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(server.get("/token").peer("192.0.2.2")?.status().await?, 200, "another client is limited too");
    assert_eq!(server.mock.token_requests().len(), 4, "the service got a request that was refused");
    Ok(())
}

#[tokio::test]
async fn a_forged_address_gives_no_second_burst() -> TestResult {
    let burst = ["--tokens-per-minute", "1", "--tokens-burst", "1"];
    let server = Server::with(&burst).await?;
    assert_eq!(server.get("/token").peer("192.0.2.1")?.status().await?, 200);
    for n in 0..20 {
        let forged = format!("198.51.100.{n}");
        let request = server.get("/token").peer("192.0.2.1")?.header("x-forwarded-for", forged.clone());
        assert_eq!(request.header("forwarded", format!("for={forged}")).status().await?, 429, "{n}");
    }
    // Behind a proxy, the client may send a header to which the proxy appends.
    let proxied = Server::with(&[&burst[..], &["--trusted-proxies", "10.0.0.0/8"]].concat()).await?;
    let ask = |list: String| -> TestResult<_> {
        Ok(proxied.get("/token").peer("10.0.0.1")?.header("x-forwarded-for", list))
    };
    assert_eq!(ask("198.51.100.1".to_owned())?.status().await?, 200);
    for n in 0..20 {
        assert_eq!(ask(format!("203.0.113.{n}, 198.51.100.1"))?.status().await?, 429, "{n}");
        assert_eq!(ask(format!("10.0.0.{n}, 198.51.100.1, 10.0.0.{n}"))?.status().await?, 429, "{n}");
    }
    assert_eq!(ask("198.51.100.2".to_owned())?.status().await?, 200);
    Ok(())
}

#[tokio::test]
async fn all_clients_together_are_limited_by_hour_and_day() -> TestResult {
    for (flag, unit) in [
        ("--tokens-per-hour", "for this hour. Try again in the next one."),
        ("--tokens-per-day", "for today. Try again tomorrow."),
    ] {
        let server = Server::with(&[flag, "5"]).await?;
        let mut statuses = Vec::new();
        for n in 0..7 {
            statuses.push(server.get("/token").peer(&format!("192.0.2.{n}"))?.status().await?);
        }
        assert!(statuses[..5].iter().all(|status| *status == 200), "{statuses:?}");
        let refused = server.get("/token").peer("192.0.2.9")?.send().await?;
        assert_eq!(refused.status(), 429);
        assert!(!header(&refused, header::RETRY_AFTER).is_empty());
        let body = text(refused).await?;
        assert!(body.contains(unit), "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn without_the_password_there_is_a_form_but_no_token() -> TestResult {
    let server = Server::with(&["--access-password", PASSWORD]).await?;
    let page = server.get("/").send().await?;
    assert_eq!((page.status().as_u16(), header(&page, header::LOCATION)), (303, "login".to_owned()));
    for path in ["/token", "/config"] {
        let response = server.get(path).send().await?;
        assert_eq!(response.status(), 401, "{path}");
        assert_eq!(header(&response, header::CONTENT_TYPE), "application/problem+json", "{path}");
    }
    let form = server.get("/login").send().await?;
    assert_eq!(form.status(), 200);
    assert!(text(form).await?.contains("<form method=\"post\">"));
    assert!(server.mock.token_requests().is_empty());

    let wrong = server.login("correct horse").send().await?;
    assert_eq!((wrong.status().as_u16(), header(&wrong, header::SET_COOKIE)), (401, String::new()));
    assert!(text(wrong).await?.contains("Wrong password."));

    let right = server.login(PASSWORD).send().await?;
    assert_eq!((right.status().as_u16(), header(&right, header::LOCATION)), (303, "./".to_owned()));
    let cookie = header(&right, header::SET_COOKIE);
    let cookie = cookie.split(';').next().ok_or("no pair")?;
    for (path, status) in [("/", 200), ("/token", 200), ("/config", 200), ("/login", 303)] {
        assert_eq!(server.get(path).header("cookie", cookie).status().await?, status, "{path}");
    }
    let other = Server::with(&["--access-password", "another password"]).await?;
    assert_eq!(other.get("/token").header("cookie", cookie).status().await?, 401);
    Ok(())
}

#[tokio::test]
async fn the_login_page_is_in_the_browsers_language() -> TestResult {
    let server = Server::with(&["--access-password", &quick_hash()?]).await?;
    let english =
        text(server.get("/login").header("accept-language", "en-GB,en;q=0.9,de;q=0.8").send().await?).await?;
    assert!(
        english.contains("<html lang=\"en\">") && english.contains("<button>Sign in</button>"),
        "{english}"
    );
    let german = ("accept-language", "de-DE,de;q=0.9,en;q=0.8");
    let form = text(server.get("/login").header(german.0, german.1).send().await?).await?;
    for part in
        ["<html lang=\"de\">", "Passwort – Sprache zu Text", ">Passwort</label>", ">Anmelden</button>"]
    {
        assert!(form.contains(part), "{part}: {form}");
    }
    let wrong = text(server.login("correct horse").header(german.0, german.1).send().await?).await?;
    assert!(wrong.contains(">Falsches Passwort.</p>"), "{wrong}");
    let mut incomplete = server.login("").header(german.0, german.1);
    incomplete.body.clear();
    let incomplete = text(incomplete.send().await?).await?;
    assert!(
        incomplete.contains(">Das Formular kam nicht vollständig an. Versuche es noch einmal.</p>"),
        "{incomplete}"
    );
    let link =
        server.get("/").header(german.0, german.1).header("sec-fetch-site", "cross-site").send().await?;
    assert!(text(link).await?.contains(">Weiter</a>"));
    Ok(())
}

#[tokio::test]
async fn what_the_address_asks_of_the_page_survives_the_login() -> TestResult {
    let server = Server::with(&["--access-password", &quick_hash()?]).await?;
    let query = "?view=captions&background=00ff00";
    // Relative, because a proxy may have both below a path.
    let (to_page, to_form) = (format!("./{query}"), format!("login{query}"));
    let (page, form) = (format!("/{query}"), format!("/login{query}"));
    assert_eq!(header(&server.get(&page).send().await?, header::LOCATION), to_form);
    // The form has no address of its own, so browsers send it to the page's.
    let right = TestRequest { path: &form, ..server.login(PASSWORD) }.send().await?;
    assert_eq!((right.status().as_u16(), header(&right, header::LOCATION)), (303, to_page.clone()));
    let cookie = header(&right, header::SET_COOKIE);
    let cookie = cookie.split(';').next().ok_or("no pair")?;
    let again = server.get(&form).header("cookie", cookie).send().await?;
    assert_eq!(header(&again, header::LOCATION), to_page);
    let link = server.get(&page).header("sec-fetch-site", "cross-site").send().await?;
    assert_eq!(link.headers()["refresh"], format!("0; url={to_form}").as_str());
    assert!(text(link).await?.contains("<a href=\"login?view=captions&amp;background=00ff00\">"));
    Ok(())
}

#[tokio::test]
async fn the_login_page_lets_browsers_name_the_origin_of_its_form() -> TestResult {
    let server =
        Server::with(&["--access-password", &quick_hash()?, "--public-hosts", "talk.example"]).await?;
    // With `no-referrer` they send `null` (Fetch standard, "append a request Origin header"), which is foreign on http,
    // where they send no Sec-Fetch-Site.
    for request in [server.get("/login"), server.login("correct horse")] {
        let response = request.header("host", "talk.example").send().await?;
        assert_eq!(header(&response, header::REFERRER_POLICY), "same-origin");
    }
    let own = server
        .login(PASSWORD)
        .header("host", "talk.example:8000")
        .header("origin", "http://talk.example:8000");
    assert_eq!(own.status().await?, 303);
    Ok(())
}

#[tokio::test]
async fn a_link_on_another_site_logs_nobody_out() -> TestResult {
    let server = Server::with(&["--access-password", &quick_hash()?]).await?;
    let response = server.get("/").header("sec-fetch-site", "cross-site").send().await?;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["refresh"], "0; url=login");
    Ok(())
}

#[tokio::test]
async fn on_https_the_cookie_is_valid_for_https_only() -> TestResult {
    let server =
        Server::with(&["--access-password", &quick_hash()?, "--trusted-proxies", "10.0.0.1"]).await?;
    let by_tls = header(&server.login(PASSWORD).tls().send().await?, header::SET_COOKIE);
    let by_proxy = server.login(PASSWORD).peer("10.0.0.1")?.header("x-forwarded-proto", "https");
    let by_proxy = header(&by_proxy.send().await?, header::SET_COOKIE);
    for cookie in [&by_tls, &by_proxy] {
        assert!(cookie.starts_with("__Host-") && cookie.ends_with("; Secure"), "{cookie}");
    }
    let pair = by_tls.split(';').next().ok_or("no pair")?;
    assert_eq!(server.get("/token").header("cookie", pair).tls().status().await?, 200);
    assert_eq!(server.get("/token").header("cookie", pair).status().await?, 401);
    Ok(())
}

#[tokio::test]
async fn guesses_of_the_password_are_limited() -> TestResult {
    let server = Server::with(&["--access-password", &quick_hash()?]).await?;
    let mut statuses = Vec::new();
    for n in 0..200 {
        // A new forged address each time changes nothing.
        let forged = format!("198.51.100.{n}");
        let guess =
            server.login(&format!("guess number {n}")).peer("192.0.2.1")?.header("x-forwarded-for", forged);
        statuses.push(guess.status().await?);
    }
    let tried = statuses.iter().filter(|status| **status == 401).count();
    assert!((10..=11).contains(&tried), "{tried} guesses were verified");
    assert!(statuses[11..].iter().all(|status| *status == 429), "{statuses:?}");
    // The right one too: another response would confirm the guess.
    let right = server.login(PASSWORD).peer("192.0.2.1")?.send().await?;
    assert_eq!(right.status(), 429);
    let wait: u32 = header(&right, header::RETRY_AFTER).parse()?;
    assert!((1..=30).contains(&wait), "{wait}");
    assert!(text(right).await?.contains(&format!("Too many attempts. Wait {wait} s, then try again.")));
    let german = server.login(PASSWORD).peer("192.0.2.1")?.header("accept-language", "de").send().await?;
    assert!(text(german).await?.contains(" s, dann versuche es noch einmal."));
    assert_eq!(
        server.login(PASSWORD).peer("192.0.2.2")?.status().await?,
        303,
        "another client is locked out"
    );
    Ok(())
}

#[tokio::test]
async fn another_sites_form_cannot_log_anybody_in() -> TestResult {
    let server = Server::with(&["--access-password", &quick_hash()?]).await?;
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")]
    {
        let response = server.login(PASSWORD).header(name, value).send().await?;
        assert_eq!((response.status().as_u16(), header(&response, header::SET_COOKIE)), (403, String::new()));
    }
    Ok(())
}

#[tokio::test]
async fn an_unreadable_form_is_a_bad_request() -> TestResult {
    let server = Server::with(&["--access-password", &quick_hash()?]).await?;
    let many = "a".repeat(100_000);
    for body in ["", "pass=x", "\u{0}\u{fffd}", &many] {
        let request = TestRequest { body: body.to_owned(), ..server.login("") };
        assert_eq!(request.status().await?, 400, "{}", body.len());
    }
    Ok(())
}

#[tokio::test]
async fn the_demo_has_the_same_guards() -> TestResult {
    let server = Server::with(&["--demo", "--access-password", &quick_hash()?]).await?;
    let upgrade = |origin: &'static str| {
        let request = server.get("/demo/v3/ws").header("origin", origin).header("connection", "upgrade");
        request.header("upgrade", "websocket").header("sec-websocket-version", "13")
    };
    assert_eq!(upgrade("https://evil.example").status().await?, 403);
    assert_eq!(upgrade("http://localhost:8000").status().await?, 401);
    Ok(())
}
