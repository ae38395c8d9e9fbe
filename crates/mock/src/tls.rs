//! TLS with a certificate made at start, because some clients take nothing but wss.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// How long a client may take for its side of the handshake.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Connections that wait to be served.
const WAITING: usize = 64;

/// What a listener needs and what its clients are to trust.
pub(crate) struct Identity {
    acceptor: TlsAcceptor,
    /// The certificate of the authority that signed the listener's, for the client's list of authorities.
    pub(crate) authority_pem: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Identity {
    /// A new authority, and a certificate from it for localhost and an address. Clients differ in whether they take
    /// a certificate that signed itself; all take one that a trusted authority signed.
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
        for address in [IpAddr::from([127, 0, 0, 1]), address] {
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

/// A listener whose connections have their handshakes behind them.
pub(crate) struct TlsListener {
    connections: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl TlsListener {
    pub(crate) fn new(mut listener: TcpListener, identity: &Identity) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let acceptor = identity.acceptor.clone();
        let (sender, connections) = mpsc::channel(WAITING);
        let accepting = tokio::spawn(async move {
            loop {
                // The trait's method goes on after errors such as too many open files.
                let (stream, peer) = Listener::accept(&mut listener).await;
                let _ = stream.set_nodelay(true);
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                // A client that dawdles holds up no other.
                tokio::spawn(async move {
                    match timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
                        // An error means that the listener is gone.
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
            // The task that accepts ends only with this value.
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
