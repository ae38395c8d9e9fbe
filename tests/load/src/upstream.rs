//! A token endpoint as cheap as possible, so that it is never the bottleneck.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::Failure;

/// The length of a token in bytes; AssemblyAI's are about as long (public captures: 2.6 kB for the whole response).
const TOKEN_BYTES: usize = 2_500;

/// A token endpoint in a thread of its own, which runs until the program ends.
#[derive(Debug)]
pub(crate) struct Upstream {
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
}

impl Upstream {
    pub(crate) fn start() -> Result<Self, Failure> {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
        listener.set_nonblocking(true)?;
        let upstream = Self { address: listener.local_addr()?, requests: Arc::default() };
        let requests = upstream.requests.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        // An error here ends the thread; the load then fails with connection errors.
        thread::spawn(move || runtime.block_on(serve(listener, requests)));
        Ok(upstream)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The number of tokens issued.
    #[cfg(test)]
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn serve(listener: std::net::TcpListener, requests: Arc<AtomicUsize>) -> Result<(), std::io::Error> {
    let body = Bytes::from(format!(r#"{{"token":"{}","expires_in_seconds":60}}"#, "t".repeat(TOKEN_BYTES)));
    let listener = TcpListener::from_std(listener)?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let (body, requests) = (body.clone(), requests.clone());
        let service = service_fn(move |request: Request<Incoming>| {
            let response = answer(&request, &body, &requests);
            async { Ok::<_, Infallible>(response) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

fn answer(request: &Request<Incoming>, body: &Bytes, requests: &AtomicUsize) -> Response<Full<Bytes>> {
    if request.uri().path() == "/v3/token" {
        requests.fetch_add(1, Ordering::SeqCst);
        return Response::new(Full::new(body.clone()));
    }
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
