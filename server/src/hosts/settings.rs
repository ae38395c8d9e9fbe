//! The setting of the server's names.

use reqwest::Url;

use crate::values::{InvalidValue, List, list};

/// The names of the server.
#[derive(Debug, Clone, clap::Args)]
pub struct HostSettings {
    /// The host names of this server; requests for any other are refused. If empty: on a loopback address the names
    /// of this machine, else any name
    #[arg(
        long,
        env = "PUBLIC_HOSTS",
        default_value = "",
        hide_default_value = true,
        value_name = "host names, separated by commas",
        value_parser = names
    )]
    pub public_hosts: List<String>,
}

fn names(value: &str) -> Result<List<String>, InvalidValue> {
    list(value, name)
}

/// A host name or address as it stands in the `Host` header, without its port and without the dot that may end a full
/// name. Names with a wildcard are refused: no request has one.
fn name(value: &str) -> Result<String, InvalidValue> {
    let url = Url::parse(&format!("http://{value}")).map_err(|_| InvalidValue)?;
    let host = url.host_str().ok_or(InvalidValue)?;
    if url.as_str() != format!("http://{host}/") || host.contains('*') {
        return Err(InvalidValue);
    }
    Ok(host.strip_suffix('.').unwrap_or(host).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_as_requests_have_it() {
        let read = |value| name(value).ok();
        assert_eq!(read("Talk.Example").as_deref(), Some("talk.example"));
        assert_eq!(read("talk.example.").as_deref(), Some("talk.example"));
        assert_eq!(read("[::1]").as_deref(), Some("[::1]"));
        for value in ["*.example", "*", "talk.example:8080", "http://talk.example", "talk.example/x", ""] {
            assert_eq!(read(value), None, "{value}");
        }
    }
}
