//! The control API: what [`Mock`] offers a Rust test, over HTTP for tests in any language.

use axum::Router;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Json, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::faults::Faults;
use crate::mock::Mock;
use crate::scenario::{Format, Scenario};
use crate::script::Fault;

const HELP: &str = "\
GET    /sessions            all sessions: parameters, frames, messages, violations, how they ended
GET    /sessions/{n}        session n, from 0
GET    /sessions/{n}/audio  its audio as a WAV file
DELETE /sessions            forgets those that have ended
POST   /sessions/{n}/fault  a fault injected a session that runs, such as \"drop\"
GET    /violations            all rules that were broken
POST   /token-faults        {\"fault\": {\"status\": 429}, \"times\": 2}, or \"chance\": 0.1, \"seed\": 7, or neither: always
DELETE /token-faults        no more of them
POST   /socket-faults       the same for sockets: {\"fault\": {\"begin_late_ms\": 5000}, \"times\": 1}
DELETE /socket-faults       no more of them
PUT    /scenario            a scenario in JSON, for all sessions to come
";

impl Mock {
    /// The control API, to be served on a port of its own: whoever reaches it can read and break everything. A GET
    /// of `/` lists what it takes.
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
            .route("/scenario", put(scenario))
            .with_state(self.clone())
    }
}

type Body<F> = Result<Json<Plan<F>>, JsonRejection>;

/// A fault and whom it meets.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Plan<F> {
    fault: F,
    times: Option<usize>,
    chance: Option<f64>,
    #[serde(default)]
    seed: u64,
}

fn plan<F: Clone + DeserializeOwned>(faults: &Faults<F>, body: Body<F>) -> Response {
    let plan = match body {
        Ok(Json(plan)) => plan,
        Err(rejection) => return refused(&rejection.body_text()),
    };
    match (plan.times, plan.chance) {
        (Some(_), Some(_)) => return refused("times and chance exclude each other"),
        (Some(times), None) if times > 1_000_000 => return refused("times is at most 1000000"),
        (Some(times), None) => faults.next_n(times, plan.fault),
        (None, Some(chance)) => faults.chance(chance, plan.seed, plan.fault),
        (None, None) => faults.always(plan.fault),
    }
    StatusCode::NO_CONTENT.into_response()
}

fn refused(problem: &str) -> Response {
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
    let told = mock.violations().into_iter().map(
        |violation| json!({"kind": format!("{:?}", violation.kind), "session": violation.session, "text": violation.text}),
    );
    Json(told.collect())
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
        Err(rejection) => refused(&rejection.body_text()),
    }
}

async fn scenario(State(mock): State<Mock>, body: String) -> Response {
    match Scenario::parse(&body, Format::Json) {
        Ok(scenario) => {
            mock.set_scenario(scenario);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => refused(&error.to_string()),
    }
}
