//! The accept loop: limits on connections and headers, HTTP/1.1 and HTTP/2, TLS, the graceful stop.

mod acceptor;
mod answer;
mod connections;
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
use self::answer::Answer;
use self::connections::{Busy, Connections, Slot};
use self::stream::Stream;
pub use self::tls::{Tls, TlsError};
use crate::client_address::Peer;
use crate::health::Health;
use crate::metrics::Metrics;

#[cfg(test)]
mod fuzz;

/// How long a client may take for a whole request, from its connection or from the answer before.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// How often that is looked at.
const SWEEP: Duration = Duration::from_secs(1);
/// The most that headers may take, in bytes; browsers send about 1 kB.
const HEADERS_LIMIT_BYTES: usize = 16 * 1024;
/// The most headers.
const HEADERS: usize = 64;
/// Requests at a time on one HTTP/2 connection: the page has 7 files.
const STREAMS: u32 = 64;
/// How long clients that are about to send a request may still do so once the server was told to stop: a round trip
/// around the world and a slow machine.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a listener is served with.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Connections that may be open at a time.
    pub max_connections: usize,
    /// How long answers that are under way may take once the server was told to stop.
    pub shutdown_timeout: Duration,
    /// Encryption, if any.
    pub tls: Option<Tls>,
    /// Proxies, whose connections may idle for longer.
    pub trusted_proxies: Arc<[IpNet]>,
    /// Where the connections are counted.
    pub(crate) metrics: Option<Metrics>,
    /// Where it is known that the server is about to stop.
    pub(crate) health: Health,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All that was accepted was answered.
    Whole,
    /// Answers were still under way when their time was over.
    CutOff,
}

/// The phases of a stop, as connections see them.
#[derive(Debug, Default)]
struct Stopping {
    /// Each answer is the last of its connection.
    last_answers: AtomicBool,
    /// Connections end with the request that they are at, if any.
    end: watch::Sender<bool>,
}

/// Serves until `stop`, then answers what was accepted, within the limit.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    serving: Serving,
    stop: impl Future<Output = ()>,
) -> Ended {
    let connections = Connections::new(serving.max_connections, serving.metrics.clone());
    let stopping = Arc::new(Stopping::default());
    let mut door = Acceptor::new(listener);
    let mut accept = async || {
        let (stream, address, slot) = door.accept(&connections, &serving.trusted_proxies).await;
        let (app, tls, stopping) = (app.clone(), serving.tls.clone(), stopping.clone());
        tokio::spawn(connection(stream, address, tls, slot, app, stopping));
    };
    let sweeping = async {
        let mut ticks = interval(SWEEP);
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
    tokio::select! {
        () = accepting => {}
        () = sweeping => {}
        () = stop => {}
    }

    serving.health.stop();
    stopping.last_answers.store(true, Ordering::Relaxed);
    // Those that the system has accepted for us are ours.
    while timeout(Duration::ZERO, accept()).await.is_ok() {}
    drop(door);
    let ended = async {
        // A request may be on its way on a connection that looks idle.
        let _ = timeout(FAREWELL, connections.ended()).await;
        stopping.end.send_replace(true);
        connections.ended().await;
    };
    match timeout(serving.shutdown_timeout, ended).await {
        Ok(()) => Ended::Whole,
        Err(_) => Ended::CutOff,
    }
}

/// One connection, from its first byte to its last.
async fn connection(
    stream: TcpStream,
    address: SocketAddr,
    tls: Option<Tls>,
    slot: Arc<Slot>,
    app: Router,
    stopping: Arc<Stopping>,
) {
    let peer = Peer { address: address.ip(), tls: tls.is_some() };
    let stream = Stream::new(stream, Some(slot.clone()));
    let Some(tls) = tls else { return http(stream, peer, &slot, app, &stopping).await };
    let handshake = tokio::select! {
        stream = tls.accept(stream) => stream,
        () = slot.cut() => return,
    };
    match handshake {
        Ok(stream) => http(stream, peer, &slot, app, &stopping).await,
        Err(error) => tracing::debug!("a TLS handshake failed: {error}"),
    }
}

/// The requests of one connection.
async fn http<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: Peer,
    slot: &Arc<Slot>,
    app: Router,
    stopping: &Arc<Stopping>,
) {
    let service = {
        let (slot, stopping) = (slot.clone(), stopping.clone());
        service_fn(move |request: Request<Incoming>| {
            answer(request, peer, slot.begin(), app.clone(), stopping.clone())
        })
    };
    let builder = builder();
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
    let mut end = stopping.end.subscribe();
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = slot.cut() => return,
        () = told(&mut end) => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                served = connection => served,
                () = slot.cut() => return,
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!("a connection failed: {error}");
    }
}

async fn told(end: &mut watch::Receiver<bool>) {
    // An error means that the server is gone, which is as good.
    let _ = end.wait_for(|end| *end).await;
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    // The time for headers is kept by the connections' sweep, for TLS and HTTP/2 alike.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(HEADERS_LIMIT_BYTES)
        .max_headers(HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEADERS_LIMIT_BYTES as u32)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

async fn answer(
    request: Request<Incoming>,
    peer: Peer,
    busy: Busy,
    mut app: Router,
    stopping: Arc<Stopping>,
) -> Result<Response<Answer>, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    let version = request.version();
    let mut response = app.call(request).await?;
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        busy.upgraded();
        return Ok(response.map(|body| Answer::new(body, None)));
    }
    if version < Version::HTTP_2 && stopping.last_answers.load(Ordering::Relaxed) {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response.map(|body| Answer::new(body, Some(busy))))
}
