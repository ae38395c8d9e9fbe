//! A response's body, which keeps its request active until it is sent.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::connections::ActiveRequest;

/// A response's body. The request is active until the body is sent and dropped.
pub(super) struct TrackedBody {
    body: Body,
    _active: Option<ActiveRequest>,
}

impl TrackedBody {
    /// A body, and its request unless that ended with an upgrade.
    pub(super) fn new(body: Body, active: Option<ActiveRequest>) -> Self {
        Self { body, _active: active }
    }
}

impl HttpBody for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
