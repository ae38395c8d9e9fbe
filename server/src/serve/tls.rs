//! https without a proxy: certificate and key from files, which can be reloaded.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The files that https needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate chain, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// Why the certificate or the key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that cannot be read, or does not hold what it should.
    #[error("{path} cannot be used: {cause}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause, without the file's content.
        cause: pem::Error,
    },
    /// A file without a certificate.
    #[error("{0} holds no certificate")]
    Empty(PathBuf),
    /// A key that a password protects.
    #[error("{0} is encrypted; remove its password: openssl pkey -in {0} -out new.pem")]
    Encrypted(PathBuf),
    /// The certificate and the key do not belong together, or are of an unsupported kind.
    #[error("TLS_CERT and TLS_KEY cannot be used together: {0}")]
    Unfit(rustls::Error),
}

/// The certificate and key in use; clones share them.
#[derive(Debug, Clone)]
pub struct Tls {
    files: TlsFiles,
    config: Arc<RwLock<Arc<ServerConfig>>>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// [`TlsError`] if they cannot be used.
    pub fn new(files: TlsFiles) -> Result<Self, TlsError> {
        let config = Arc::new(RwLock::new(read(&files)?));
        Ok(Self { files, config })
    }

    /// Reads the files again, for new connections. If they cannot be used, the previous ones stay in use.
    ///
    /// # Errors
    /// [`TlsError`] if they cannot be used.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = read(&self.files)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
    ) -> io::Result<TlsStream<S>> {
        let config = self.config.read().unwrap_or_else(PoisonError::into_inner).clone();
        TlsAcceptor::from(config).accept(stream).await
    }
}

/// What only encrypted keys contain, in the PKCS #8 format and in the older one (RFC 1421).
const ENCRYPTED: [&[u8]; 2] = [b"BEGIN ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED"];

/// The text without the byte order mark that some editors put before it.
fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text)
}

fn read(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let at = |path: &PathBuf| {
        let path = path.clone();
        move |cause| TlsError::File { path, cause }
    };
    let text = |path: &PathBuf| std::fs::read(path).map_err(|error| at(path)(pem::Error::Io(error)));
    let chain = CertificateDer::pem_slice_iter(without_mark(&text(&files.certificate)?))
        .collect::<Result<Vec<_>, _>>()
        .map_err(at(&files.certificate))?;
    if chain.is_empty() {
        return Err(TlsError::Empty(files.certificate.clone()));
    }
    let key = text(&files.key)?;
    if ENCRYPTED.iter().any(|mark| key.windows(mark.len()).any(|it| it == *mark)) {
        return Err(TlsError::Encrypted(files.key.clone()));
    }
    let key = PrivateKeyDer::from_pem_slice(without_mark(&key)).map_err(at(&files.key))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Unfit)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
