//! The way to a service: whom to believe, and through which proxy.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use helpline_protocol::driver::adapter::proxy::{Proxy, ProxyConfig};
use helpline_protocol::driver::adapter::{Adapter, Builder, TlsConfig};

/// What the command line says of the way.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct NetworkArgs {
    /// Believe servers by the certificates in this PEM file, and by no others; may be given more than once. The
    /// emulators write such a file with --tls.
    #[arg(long, global = true, value_name = "FILE")]
    root: Vec<PathBuf>,

    /// Go through this proxy, http://HOST:PORT or socks5://HOST:PORT, with USER:PASSWORD@ before the host or not;
    /// `none` for no proxy. Without this the environment decides, as HTTPS_PROXY does.
    #[arg(long, global = true, value_name = "URL")]
    proxy: Option<String>,
}

/// The way to a service. By default the system's certificates and the environment's proxies.
#[derive(Clone, Debug, Default)]
pub(crate) struct Way {
    tls: Option<TlsConfig>,
    proxies: Option<ProxyConfig>,
}

impl NetworkArgs {
    /// Reads the files.
    ///
    /// # Errors
    /// What is wrong, in words that show no password.
    pub(crate) fn way(&self) -> Result<Way, String> {
        let mut tls = None;
        for path in &self.root {
            let roots = tls.take().unwrap_or_else(TlsConfig::own_roots);
            tls = Some(with_root(roots, path).map_err(|says| format!("--root {}: {says}", path.display()))?);
        }
        let proxies = self.proxy.as_deref().map(proxies).transpose();
        Ok(Way { tls, proxies: proxies.map_err(|says| format!("--proxy: {says}"))? })
    }
}

impl Way {
    /// Has all connections go this way.
    pub(crate) fn of<A: Adapter>(self, mut builder: Builder<A>) -> Builder<A> {
        if let Some(tls) = self.tls {
            builder = builder.with_tls(tls);
        }
        if let Some(proxies) = self.proxies {
            builder = builder.with_proxy(proxies);
        }
        builder
    }
}

fn with_root(roots: TlsConfig, path: &Path) -> Result<TlsConfig, String> {
    let pem = std::fs::read(path).map_err(|error| error.to_string())?;
    roots.with_root_pem(&pem).map_err(|error| error.to_string())
}

fn proxies(text: &str) -> Result<ProxyConfig, String> {
    if text == "none" {
        return Ok(ProxyConfig::none());
    }
    text.parse::<Proxy>().map(ProxyConfig::from).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(root: &[&str], proxy: Option<&str>) -> Result<Way, String> {
        let root = root.iter().map(PathBuf::from).collect();
        NetworkArgs { root, proxy: proxy.map(str::to_owned) }.way()
    }

    #[test]
    fn nothing_said_leaves_it_to_the_system_and_the_environment() {
        let way = way(&[], None).unwrap();
        assert!(way.tls.is_none() && way.proxies.is_none());
    }

    #[test]
    fn a_proxy_is_read_and_none_is_one_too() {
        for proxy in ["none", "http://127.0.0.1:3128", "socks5://ada:s3cret@[::1]:1080"] {
            let way = way(&[], Some(proxy)).unwrap();
            assert!(way.proxies.is_some(), "{proxy}");
            assert!(!format!("{way:?}").contains("s3cret"));
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_without_a_password() {
        let missing = way(&["/nowhere/at/all"], None).unwrap_err();
        assert!(missing.starts_with("--root /nowhere/at/all: "), "{missing}");
        let no_pem = way(&["Cargo.toml"], None).unwrap_err();
        assert!(no_pem.starts_with("--root Cargo.toml: ") && no_pem.contains("certificate"), "{no_pem}");
        let wrong = way(&[], Some("gopher://ada:s3cret@proxy")).unwrap_err();
        assert!(wrong.starts_with("--proxy: ") && !wrong.contains("s3cret"), "{wrong}");
    }
}
