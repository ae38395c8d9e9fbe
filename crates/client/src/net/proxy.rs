use std::io;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Error;

/// The longest answer of a proxy that is read, in bytes.
const ANSWER_BYTES: usize = 8 * 1024;

/// Which proxy, if any, is used towards which host.
#[derive(Debug, Clone)]
pub(crate) struct Proxy {
    https: Option<HttpProxy>,
    http: Option<HttpProxy>,
    /// Hosts that are connected to directly; a name stands for its subdomains too.
    direct: Vec<String>,
    is_set: bool,
}

/// An HTTP proxy that is asked for a tunnel (RFC 9110, 9.3.6).
#[derive(Clone)]
pub(crate) struct HttpProxy {
    url: Url,
}

impl Proxy {
    /// The proxy at an address, none, or that of the environment.
    pub(super) fn new(url: Option<&str>, is_direct: bool) -> Result<Self, Error> {
        let none = Self { https: None, http: None, direct: vec![], is_set: true };
        if is_direct {
            return Ok(none);
        }
        if let Some(url) = url {
            let proxy = HttpProxy::parse(url)?;
            return Ok(Self { https: Some(proxy.clone()), http: Some(proxy), ..none });
        }
        Ok(Self { is_set: false, ..Self::from(|name| std::env::var(name).ok()) })
    }

    /// As the environment says; an address that is not an HTTP proxy's is ignored, as by other programs.
    fn from(variable: impl Fn(&str) -> Option<String>) -> Self {
        let read = |name: &str| variable(name).or_else(|| variable(&name.to_uppercase()));
        let proxy = |name: &str| {
            let url = read(name).or_else(|| read("all_proxy"))?;
            HttpProxy::parse(&url).ok()
        };
        let direct = read("no_proxy").unwrap_or_default();
        let direct = direct.split(',').map(|host| host.trim().trim_start_matches('.').to_owned());
        Self {
            https: proxy("https_proxy"),
            http: proxy("http_proxy"),
            direct: direct.filter(|host| !host.is_empty()).collect(),
            is_set: true,
        }
    }

    /// The proxy towards a host.
    pub(super) fn towards(&self, host: &str, is_tls: bool) -> Option<&HttpProxy> {
        let is_direct = |direct: &String| {
            direct == "*"
                || host
                    .strip_suffix(direct.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let proxy = if is_tls { &self.https } else { &self.http };
        proxy.as_ref().filter(|_| !self.direct.iter().any(is_direct))
    }

    /// Gives requests of token servers the same proxy; reqwest reads the environment by itself.
    pub(super) fn apply(
        &self,
        builder: reqwest::ClientBuilder,
    ) -> Result<reqwest::ClientBuilder, reqwest::Error> {
        Ok(match (&self.https, self.is_set) {
            (_, false) => builder,
            (None, true) => builder.no_proxy(),
            (Some(proxy), true) => builder.proxy(reqwest::Proxy::all(proxy.url.clone())?),
        })
    }
}

impl HttpProxy {
    fn parse(address: &str) -> Result<Self, Error> {
        let with_scheme =
            if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
        match Url::parse(&with_scheme) {
            Ok(url) if url.scheme() == "http" && url.has_host() => Ok(Self { url }),
            // Not the address itself: it may contain a password.
            _ => Err(Error::InvalidAddress { address: "of the proxy".to_owned() }),
        }
    }

    /// A connection to a host through this proxy.
    pub(super) async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let proxy_host = self.url.host_str().unwrap_or_default();
        let mut stream = super::tcp(proxy_host, self.url.port().unwrap_or(80)).await?;
        let credential = self.credential().map(|it| format!("Proxy-Authorization: Basic {it}\r\n"));
        let credential = credential.unwrap_or_default();
        let request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{credential}\r\n");
        stream.write_all(request.as_bytes()).await?;
        let status = status(&mut stream).await?;
        if status.split(' ').nth(1).is_some_and(|code| code.starts_with('2')) {
            return Ok(stream);
        }
        Err(io::Error::other(format!("the proxy {proxy_host} answered {status:?}")))
    }

    /// User and password in Base64 (RFC 7617).
    fn credential(&self) -> Option<String> {
        let user = self.url.username();
        let decode = |text: &str| {
            let pair = format!("x={text}").replace('+', "%2B");
            let url = Url::parse(&format!("http://x/?{pair}")).ok()?;
            url.query_pairs().next().map(|(_, value)| value.into_owned())
        };
        (!user.is_empty()).then(|| {
            let password = self.url.password().unwrap_or_default();
            let [user, password] = [user, password].map(|text| decode(text).unwrap_or_default());
            BASE64_STANDARD.encode(format!("{user}:{password}"))
        })
    }
}

/// The status line of a proxy's answer, whose headers are read and ignored.
async fn status(stream: &mut TcpStream) -> io::Result<String> {
    let mut answer = Vec::new();
    // Byte by byte: what follows the headers belongs to the tunnel.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == ANSWER_BYTES {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the proxy's answer is too long"));
        }
        answer.push(stream.read_u8().await?);
    }
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Without the password.
impl std::fmt::Debug for HttpProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HttpProxy").field(&self.url.host_str()).field(&self.url.port()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(proxy: Option<&HttpProxy>) -> Option<&str> {
        proxy.and_then(|proxy| proxy.url.host_str())
    }

    #[test]
    fn the_environment_says_which_hosts_are_connected_to_directly() {
        let proxy = Proxy::from(|name| match name {
            "HTTPS_PROXY" => Some("http://secure:3128".to_owned()),
            "all_proxy" => Some("other:3128".to_owned()),
            "no_proxy" => Some("localhost, .example.org,".to_owned()),
            _ => None,
        });
        assert_eq!(host(proxy.towards("streaming.assemblyai.com", true)), Some("secure"));
        assert_eq!(host(proxy.towards("streaming.assemblyai.com", false)), Some("other"));
        for direct in ["localhost", "example.org", "a.example.org"] {
            assert_eq!(host(proxy.towards(direct, true)), None, "{direct}");
        }
        assert_eq!(host(proxy.towards("counterexample.org", true)), Some("secure"));
    }

    #[test]
    fn the_credential_of_a_proxy_is_that_of_its_address_decoded() -> Result<(), Error> {
        let proxy = HttpProxy::parse("http://me%40home:p+ss%20word@proxy:3128")?;
        assert_eq!(proxy.credential().as_deref(), Some("bWVAaG9tZTpwK3NzIHdvcmQ="));
        assert_eq!(HttpProxy::parse("http://proxy:3128")?.credential(), None);
        Ok(())
    }
}
