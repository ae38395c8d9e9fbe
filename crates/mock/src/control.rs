//! The control API: the methods of [`Mock`] over HTTP, for tests in any language.

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, Json, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::mock::Mock;
use crate::scenario::{Scenario, ScenarioFormat};
use crate::script::Fault;

const HELP: &str = "\
GET    /sessions            all sessions: parameters, audio messages, text messages, violations, how they ended
GET    /sessions/{n}        session n, counted from 0
GET    /sessions/{n}/audio  its audio as a WAV file
DELETE /sessions            discard the records of sessions that have ended
POST   /sessions/{n}/fault  inject a fault into a running session, such as \"drop\"
GET    /violations          all violations of the protocol's rules
POST   /token-faults        make token requests fail: {\"fault\": {\"status\": 429}, \"times\": 2}, or
                            \"chance\": 0.1, \"seed\": 7, or neither for every request
DELETE /token-faults        clear them
POST   /socket-faults       the same for new sockets: {\"fault\": {\"begin_late_ms\": 5000}, \"times\": 1}
DELETE /socket-faults       clear them
PUT    /scenario            play a JSON scenario in all later sessions
";

impl Mock {
    /// The router of the control API. Serve it on a separate port: it has no authentication, and its clients can
    /// read all records and inject faults. `GET /` returns a list of the routes.
    pub fn control_router(&self) -> Router {
        Router::new()
            .route("/", get(async || HELP))
            .route("/sessions", get(sessions).delete(clear))
            .route("/sessions/{n}", get(session))
            .route("/sessions/{n}/audio", get(audio))
            .route("/sessions/{n}/fault", post(inject_fault))
            .route("/violations", get(violations))
            // The earlier name, for scripts that use it.
            .route("/breaches", get(violations))
            .route(
                "/token-faults",
                post(async |State(mock): State<Mock>, body: Body<_>| plan(mock.token_faults(), body))
                    .delete(async |State(mock): State<Mock>| mock.token_faults().clear()),
            )
            .route(
                "/socket-faults",
                post(async |State(mock): State<Mock>, body: Body<_>| plan(mock.socket_faults(), body))
                    .delete(async |State(mock): State<Mock>| mock.socket_faults().clear()),
            )
            // A scenario can have the words of hours.
            .route("/scenario", put(scenario).layer(DefaultBodyLimit::disable()))
            .with_state(self.clone())
    }
}

type Body<F> = Result<Json<FaultRequest<F>>, JsonRejection>;

/// The body of a request that plans faults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultRequest<F> {
    fault: F,
    times: Option<usize>,
    chance: Option<f64>,
    #[serde(default)]
    seed: u64,
}

fn plan<F: Clone + DeserializeOwned>(faults: &Faults<F>, body: Body<F>) -> Response {
    let plan = match body {
        Ok(Json(plan)) => plan,
        Err(rejection) => return unprocessable(&rejection.body_text()),
    };
    match (plan.times, plan.chance) {
        (Some(_), Some(_)) => return unprocessable("times and chance cannot be combined"),
        (Some(times), None) if times > 1_000_000 => return unprocessable("times is at most 1000000"),
        (Some(times), None) => faults.next_n(times, plan.fault),
        (None, Some(chance)) if !(0.0..=1.0).contains(&chance) => {
            return unprocessable("chance is between 0 and 1");
        }
        (None, Some(chance)) => faults.chance(chance, plan.seed, plan.fault),
        (None, None) => faults.always(plan.fault),
    }
    StatusCode::NO_CONTENT.into_response()
}

fn unprocessable(problem: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": problem }))).into_response()
}

async fn sessions(State(mock): State<Mock>) -> Json<Value> {
    Json(mock.sessions().iter().map(crate::SessionRecord::to_json).collect())
}

async fn session(State(mock): State<Mock>, Path(n): Path<usize>) -> Result<Json<Value>, StatusCode> {
    mock.session(n).map(|session| Json(session.to_json())).ok_or(StatusCode::NOT_FOUND)
}

async fn audio(State(mock): State<Mock>, Path(n): Path<usize>) -> Result<Response, StatusCode> {
    let session = mock.session(n).ok_or(StatusCode::NOT_FOUND)?;
    Ok(([("content-type", "audio/wav")], session.to_wav()).into_response())
}

async fn clear(State(mock): State<Mock>) {
    mock.clear();
}

async fn violations(State(mock): State<Mock>) -> Json<Value> {
    let list = mock.violations().into_iter().map(
        |violation| json!({"kind": format!("{:?}", violation.kind), "session": violation.session, "text": violation.text}),
    );
    Json(list.collect())
}

async fn inject_fault(
    State(mock): State<Mock>,
    Path(n): Path<usize>,
    fault: Result<Json<Fault>, JsonRejection>,
) -> Response {
    match fault {
        Ok(Json(fault)) => {
            let injected = mock.inject_fault(n, fault);
            if injected { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }.into_response()
        }
        Err(rejection) => unprocessable(&rejection.body_text()),
    }
}

async fn scenario(State(mock): State<Mock>, body: String) -> Response {
    match Scenario::parse(&body, ScenarioFormat::Json) {
        Ok(scenario) => {
            mock.set_scenario(scenario);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => unprocessable(&error.to_string()),
    }
}
