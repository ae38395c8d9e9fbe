//! The accept loop: limits on connections and headers, HTTP/1.1 and HTTP/2, TLS, graceful shutdown.

mod acceptor;
mod body;
mod connections;
mod settings;
mod stream;
mod tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request, Response, StatusCode, Version, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{interval, timeout};
use tower::Service as _;

use self::acceptor::Acceptor;
use self::body::TrackedBody;
use self::connections::{Connections, Slot};
pub use self::settings::{ServeSettings, TlsSettings};
use self::stream::Stream;
pub use self::tls::{Tls, TlsError, TlsFiles};
use crate::client_address::Peer;
use crate::health::Health;
use crate::metrics::Metrics;

#[cfg(test)]
mod fuzz;

/// How long a client may take to send a complete request, from its connection or from the previous response.
const REQUEST_TIME_LIMIT: Duration = Duration::from_secs(15);
/// How often that is checked.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// The size limit of all headers of a request, in bytes; browsers send about 1 kB.
const HEADERS_LIMIT_BYTES: usize = 16 * 1024;
/// The maximum number of headers in a request.
const MAX_HEADERS: usize = 64;
/// Concurrent requests on one HTTP/2 connection; the page has 7 files.
const MAX_STREAMS: u32 = 64;
/// How long connections are still accepted after a stop was requested: enough for those that wait in the system's queue.
const DRAIN_TIME_LIMIT: Duration = Duration::from_millis(50);
/// How long requests may still arrive on idle connections after a stop was requested, and how long one that has begun to
/// arrive may take from then on: a round trip around the world on a slow machine.
const GRACE_PERIOD: Duration = Duration::from_millis(500);

/// How a listener is served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// How many connections may be open at a time.
    pub max_connections: usize,
    /// How long responses in progress may take after a stop was requested.
    pub shutdown_timeout: Duration,
    /// Encryption, if https is configured.
    pub tls: Option<Tls>,
    /// Proxies, whose connections may be idle for longer.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Where connections are counted.
    pub(crate) metrics: Option<Metrics>,
    /// Where the server reports that it is stopping.
    pub(crate) health: Health,
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Every accepted request was answered.
    Completed,
    /// Responses were still in progress when their time was up.
    CutOff,
}

/// Marks a request for a WebSocket, of which too many are open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoSocket;

/// The phases of a shutdown, as connections see them.
#[derive(Debug, Default)]
struct Shutdown {
    /// Each HTTP/1.1 response closes its connection.
    close_after_response: AtomicBool,
    /// Connections end after their current request, if there is one.
    end: watch::Sender<bool>,
}

/// Serves until `stop`, then answers every accepted request, within the time limit.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    serving: Serving,
    stop: impl Future<Output = ()>,
) -> Ended {
    let connections = Connections::new(serving.max_connections, serving.metrics.clone());
    let shutdown = Arc::new(Shutdown::default());
    let mut acceptor = Acceptor::new(listener);
    let mut accept = async || {
        let (stream, address, slot) = acceptor.accept(&connections, &serving.trusted_proxies).await;
        let (app, tls, shutdown) = (app.clone(), serving.tls.clone(), shutdown.clone());
        tokio::spawn(connection(stream, address, tls, slot, app, shutdown));
    };
    let sweeping = async {
        let mut ticks = interval(SWEEP_INTERVAL);
        loop {
            ticks.tick().await;
            connections.sweep();
        }
    };
    let accepting = async {
        loop {
            accept().await;
        }
    };
    let mut sweeping = pin!(sweeping);
    tokio::select! {
        () = accepting => {}
        () = &mut sweeping => {}
        () = stop => {}
    }

    serving.health.stop();
    shutdown.close_after_response.store(true, Ordering::Relaxed);
    // Connections that the system has accepted already are served too. The time is limited: clients that reconnect after
    // each response would prolong this without end.
    let drain = async { while timeout(Duration::ZERO, accept()).await.is_ok() {} };
    timeout(DRAIN_TIME_LIMIT, drain).await.ok();
    drop(acceptor);
    let ended = async {
        // A request may be in transit on a connection that looks idle.
        timeout(GRACE_PERIOD, connections.ended()).await.ok();
        shutdown.end.send_replace(true);
        timeout(GRACE_PERIOD, connections.ended()).await.ok();
        // A handshake or a request that is still not complete was not accepted.
        connections.close_idle();
        connections.ended().await;
    };
    tokio::select! {
        ended = timeout(serving.shutdown_timeout, ended) => match ended {
            Ok(()) => Ended::Completed,
            Err(_) => Ended::CutOff,
        },
        () = sweeping => Ended::CutOff,
    }
}

/// Serves one connection, from its first byte to its last.
async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<Tls>,
    slot: Arc<Slot>,
    app: Router,
    shutdown: Arc<Shutdown>,
) {
    let mut peer = Peer { address: address.ip(), tls: tls.is_some(), misses_tls: false };
    if peer.tls {
        peer.misses_tls = tokio::select! {
            is_http = is_http(&stream) => is_http,
            () = slot.closed() => return,
        };
        peer.tls = !peer.misses_tls;
    }
    let stream = Stream::new(stream, Some(slot.clone()));
    let Some(tls) = tls.filter(|_| peer.tls) else {
        return serve_http(stream, peer, &slot, app, &shutdown).await;
    };
    let handshake = tokio::select! {
        stream = tls.accept(stream) => stream,
        () = slot.closed() => return,
    };
    match handshake {
        Ok(stream) => serve_http(stream, peer, &slot, app, &shutdown).await,
        Err(error) => tracing::debug!("a TLS handshake failed: {error}"),
    }
}

/// Whether a client speaks http where it should speak TLS, by its first byte: that of a method, all of which are in
/// capitals.
async fn is_http(stream: &TcpStream) -> bool {
    let mut first = [0];
    matches!(stream.peek(&mut first).await, Ok(1)) && first[0].is_ascii_uppercase()
}

/// Serves the requests of one connection.
async fn serve_http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: Peer,
    slot: &Arc<Slot>,
    app: Router,
    shutdown: &Arc<Shutdown>,
) {
    let service = {
        let (slot, shutdown) = (slot.clone(), shutdown.clone());
        service_fn(move |request: Request<Incoming>| {
            respond(request, peer, slot.clone(), app.clone(), shutdown.clone())
        })
    };
    let builder = builder();
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut end = shutdown.end.subscribe();
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = slot.closed() => return,
        () = requested(&mut end) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                served = connection => served,
                () = slot.closed() => return,
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!("a connection failed: {error}");
    }
}

/// Waits until connections are to end; also returns if the sender is gone, since the server is then gone too.
async fn requested(end: &mut watch::Receiver<bool>) {
    end.wait_for(|end| *end).await.ok();
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // `Connections::sweep` enforces the time limit for headers, with TLS and HTTP/2 too.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(HEADERS_LIMIT_BYTES)
        .max_headers(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEADERS_LIMIT_BYTES as u32)
        .max_concurrent_streams(MAX_STREAMS)
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

/// Answers one request; the connection counts as active until the response is sent.
async fn respond(
    request: Request<Incoming>,
    peer: Peer,
    slot: Arc<Slot>,
    mut app: Router,
    shutdown: Arc<Shutdown>,
) -> Result<Response<TrackedBody>, Infallible> {
    let mut active = slot.begin_request();
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    // Others, such as h2c, are offers that this server does not take.
    let is_socket = request
        .headers()
        .get(header::UPGRADE)
        .is_some_and(|to| to.as_bytes().eq_ignore_ascii_case(b"websocket"));
    if is_socket && !slot.may_upgrade() {
        request.extensions_mut().insert(NoSocket);
    }
    let version = request.version();
    let mut response = app.call(request).await?;
    active.answered();
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        active.upgraded();
        return Ok(response.map(|body| TrackedBody::new(body, None)));
    }
    if version < Version::HTTP_2 && shutdown.close_after_response.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| TrackedBody::new(body, Some(active))))
}
