//! TLS with a certificate generated at start, for clients that accept only wss.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use assemblyai_service::unix_time;
use axum::serve::Listener;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// Maximum duration of a TLS handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_hours(24);
/// How long a certificate is valid, in days. Apple's systems accept at most 825.
const VALID_DAYS: u32 = 800;
/// Maximum number of connections that have finished the handshake and wait to be served.
const BACKLOG: usize = 64;

/// The listener's certificate and key, and the authority that clients must trust.
pub(crate) struct Identity {
    acceptor: TlsAcceptor,
    /// The PEM certificate of the authority that signed the listener's certificate.
    pub(crate) authority_pem: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// Generates an authority and a certificate for localhost, its addresses and another address. Not every client accepts a self-signed
    /// certificate; all accept one that a trusted authority signed.
    pub(crate) fn generate(address: IpAddr) -> io::Result<Self> {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(rcgen::DnType::CommonName, "assemblyai-mock authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_key = KeyPair::generate().map_err(io::Error::other)?;
        let authority_certificate = authority.self_signed(&authority_key).map_err(io::Error::other)?;

        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).map_err(io::Error::other)?;
        params.distinguished_name.push(rcgen::DnType::CommonName, "assemblyai-mock");
        params.use_authority_key_identifier_extension = true;
        // Apple's systems accept no other (<https://support.apple.com/103769>).
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let now = rcgen::date_time_ymd(1970, 1, 1) + unix_time();
        (params.not_before, params.not_after) = (now - DAY, now + VALID_DAYS * DAY);
        for address in [IpAddr::from([127, 0, 0, 1]), Ipv6Addr::LOCALHOST.into(), address] {
            params.subject_alt_names.push(SanType::IpAddress(address));
        }
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let issuer = Issuer::from_params(&authority, &authority_key);
        let certificate = params.signed_by(&key, &issuer).map_err(io::Error::other)?;

        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| {
                builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key)
            })
            .map_err(io::Error::other)?;
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { acceptor, authority_pem: authority_certificate.pem() })
    }
}

/// A listener that yields connections after their TLS handshake.
pub(crate) struct TlsListener {
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl TlsListener {
    pub(crate) fn new(mut listener: TcpListener, identity: &Identity) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let acceptor = identity.acceptor.clone();
        let (sender, connections) = mpsc::channel(BACKLOG);
        let accepting = tokio::spawn(async move {
            loop {
                // The trait's method retries after errors such as too many open files.
                let (stream, peer) = Listener::accept(&mut listener).await;
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
                }
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                // A slow handshake must not delay other clients.
                tokio::spawn(async move {
                    match timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
                        // Sending fails only if the listener was dropped.
                        Ok(Ok(stream)) => drop(sender.send((stream, peer)).await),
                        Ok(Err(error)) => tracing::debug!(%peer, %error, "TLS handshake failed"),
                        Err(_) => tracing::debug!(%peer, "TLS handshake took too long"),
                    }
                });
            }
        });
        Ok(Self { connections, address, accepting })
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // Unreachable: the accepting task lives as long as this value.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}

impl Drop for TlsListener {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
