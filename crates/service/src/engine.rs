//! A service that recognises, without scripts and faults.

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::parameters::Parameters;
use crate::recognizer::Recognizer;
use crate::session::{FINISH_LIMIT, Plan};
use crate::turn_rules::TurnRules;

/// Makes the recognisers of a [`Service`](crate::Service).
pub trait Engine: fmt::Debug + Send + Sync + 'static {
    /// The recogniser of a session. It notifies `woken` when [`Recognizer::poll`] has something to report.
    fn recognizer(&self, parameters: &Parameters, woken: Arc<Notify>) -> Box<dyn Recognizer>;

    /// The model that really runs, for `Begin`; `None` for the one that the client named.
    fn model(&self) -> Option<&str> {
        None
    }

    /// How long the last words may take after `Terminate`, 4 s by default: clients of AssemblyAI wait 5 s for the end.
    fn finish_limit(&self) -> Duration {
        FINISH_LIMIT
    }

    /// The rules for the turns of a session with these parameters.
    fn rules(&self, parameters: &Parameters) -> TurnRules {
        TurnRules::of(parameters, None)
    }

    /// The supported ones of the requested parameters, and a warning for each that is not; a session sends each warning
    /// once.
    fn adopt(&self, requested: Parameters) -> (Parameters, Vec<String>) {
        (requested, Vec::new())
    }
}

/// What a session of a plain service does.
#[derive(Debug)]
pub(crate) struct EnginePlan {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) woken: Arc<Notify>,
}

impl Plan for EnginePlan {
    type Output = Infallible;

    fn recognizer(&self, parameters: &Parameters) -> Option<Box<dyn Recognizer>> {
        Some(self.engine.recognizer(parameters, self.woken.clone()))
    }

    fn model(&self) -> Option<&str> {
        self.engine.model()
    }

    fn finish_limit(&self) -> Duration {
        self.engine.finish_limit()
    }

    fn rules(&self, parameters: &Parameters) -> TurnRules {
        self.engine.rules(parameters)
    }

    fn adopt(&self, requested: Parameters) -> (Parameters, Vec<String>) {
        self.engine.adopt(requested)
    }
}
