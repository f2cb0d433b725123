//! A proxy on 127.0.0.1, of HTTP `CONNECT` or SOCKS 5, good or bad.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a proxy speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// HTTP `CONNECT`.
    Connect,
    /// SOCKS 5.
    Socks5,
}

/// What a proxy does with whoever comes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// It connects them.
    #[default]
    Serves,
    /// It takes the connection, and never says a word.
    Hangs,
    /// It listens to what it is asked for, and never answers.
    HangsWhenAsked,
    /// It connects nobody.
    Refuses,
    /// It is no proxy at all.
    Babbles,
    /// It answers without end.
    NeverStops,
    /// It hangs up at once.
    HangsUp,
}

/// How a proxy is to be.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    speaks: Speaks,
    mood: Mood,
    credentials: Option<(String, String)>,
    names: BTreeMap<String, SocketAddr>,
}

impl ProxyConfig {
    /// A good one, for anybody.
    #[must_use]
    pub const fn new(speaks: Speaks) -> Self {
        Self { speaks, mood: Mood::Serves, credentials: None, names: BTreeMap::new() }
    }

    /// One in another mood.
    #[must_use]
    pub const fn with_mood(mut self, mood: Mood) -> Self {
        self.mood = mood;
        self
    }

    /// One for those who know this name and password.
    #[must_use]
    pub fn with_credentials(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// One that knows where a name leads to, which nobody else knows.
    #[must_use]
    pub fn with_name(mut self, name: &str, address: SocketAddr) -> Self {
        self.names.insert(name.to_owned(), address);
        self
    }
}

/// A proxy that listens. It stops when dropped, and so does what goes through it.
#[derive(Debug)]
pub struct ProxyServer {
    port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    config: ProxyConfig,
    asked: Mutex<Vec<String>>,
    tunnels: Mutex<Vec<JoinHandle<()>>>,
}

impl ProxyServer {
    /// Listens on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start(config: ProxyConfig) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared { config, asked: Mutex::default(), tunnels: Mutex::default() });
        let task = tokio::spawn(accept(Arc::clone(&shared), listener));
        Ok(Self { port, shared, task })
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What it was asked for, in order: `host:port`, the host as it was said.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Cuts whatever goes through it.
    pub fn cut(&self) {
        self.shared.cut();
    }
}

impl Drop for ProxyServer {
    fn drop(&mut self) {
        self.task.abort();
        self.shared.cut();
    }
}

impl Shared {
    fn cut(&self) {
        for tunnel in self.tunnels.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            tunnel.abort();
        }
    }

    /// Notes what was asked for, and connects with it.
    async fn connect(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{host}:{port}"));
        if self.config.mood == Mood::Refuses {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        match self.config.names.get(host) {
            Some(address) => TcpStream::connect(address).await,
            None => TcpStream::connect((host, port)).await,
        }
    }
}

async fn accept(shared: Arc<Shared>, listener: TcpListener) {
    loop {
        let Ok((client, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let served = Arc::clone(&shared);
        // A client that goes away, or does not know how to ask, is nobody's fault here.
        let tunnel = tokio::spawn(async move { drop(serve(&served, client).await) });
        shared.tunnels.lock().unwrap_or_else(PoisonError::into_inner).push(tunnel);
    }
}

async fn serve(shared: &Shared, mut client: TcpStream) -> io::Result<()> {
    client.set_nodelay(true)?;
    match shared.config.mood {
        Mood::Hangs => std::future::pending().await,
        Mood::HangsUp => Ok(()),
        Mood::Babbles => {
            client.write_all(b"220 mail.example ESMTP ready\r\n").await?;
            client.read_to_end(&mut Vec::new()).await.map(drop)
        }
        Mood::NeverStops => {
            client.write_all(b"HTTP/1.1 200 OK\r\nx: ").await?;
            loop {
                client.write_all(&[b'x'; 4096]).await?;
            }
        }
        Mood::Serves | Mood::HangsWhenAsked | Mood::Refuses => {
            let server = match shared.config.speaks {
                Speaks::Connect => connect(shared, &mut client).await?,
                Speaks::Socks5 => socks(shared, &mut client).await?,
            };
            let Some(mut server) = server else { return client.shutdown().await };
            server.set_nodelay(true)?;
            copy_bidirectional(&mut client, &mut server).await.map(drop)
        }
    }
}

/// Hears a `CONNECT` and answers it.
async fn connect(shared: &Shared, client: &mut TcpStream) -> io::Result<Option<TcpStream>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    if shared.config.mood == Mood::HangsWhenAsked {
        std::future::pending::<()>().await;
    }
    let head = String::from_utf8(head).map_err(io::Error::other)?;
    let mut lines = head.lines();
    let target = lines.next().and_then(|line| line.strip_prefix("CONNECT ")?.strip_suffix(" HTTP/1.1"));
    let (host, port) = target.and_then(|target| target.rsplit_once(':')).ok_or(io::ErrorKind::InvalidData)?;
    if let Some((user, password)) = &shared.config.credentials {
        let said = lines.find_map(|line| line.strip_prefix("proxy-authorization: Basic "));
        if said != Some(&base64(format!("{user}:{password}").as_bytes())) {
            let answer = "HTTP/1.1 407 Proxy Authentication Required\r\n\
                proxy-authenticate: Basic realm=\"test\"\r\ncontent-length: 0\r\n\r\n";
            client.write_all(answer.as_bytes()).await?;
            return Ok(None);
        }
    }
    let port = port.parse().map_err(io::Error::other)?;
    match shared.connect(host.trim_start_matches('[').trim_end_matches(']'), port).await {
        Ok(server) => {
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            Ok(Some(server))
        }
        Err(error) => {
            let status = if error.kind() == io::ErrorKind::PermissionDenied { 403 } else { 502 };
            let answer = format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\n\r\n");
            client.write_all(answer.as_bytes()).await?;
            Ok(None)
        }
    }
}

/// Hears what SOCKS 5 has to be heard, and answers it.
async fn socks(shared: &Shared, client: &mut TcpStream) -> io::Result<Option<TcpStream>> {
    let methods = {
        let (version, count) = (client.read_u8().await?, client.read_u8().await?);
        if version != 5 {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut methods = vec![0; usize::from(count)];
        client.read_exact(&mut methods).await?;
        methods
    };
    let wanted = if shared.config.credentials.is_some() { 2 } else { 0 };
    if !methods.contains(&wanted) {
        client.write_all(&[5, 255]).await?;
        return Ok(None);
    }
    client.write_all(&[5, wanted]).await?;
    if let Some((user, password)) = &shared.config.credentials {
        let version = client.read_u8().await?;
        let said = (counted(client).await?, counted(client).await?);
        let known = version == 1 && said == (user.clone().into_bytes(), password.clone().into_bytes());
        client.write_all(&[1, u8::from(!known)]).await?;
        if !known {
            return Ok(None);
        }
    }
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    let host = match request {
        [5, 1, _, 1] => {
            let mut address = [0; 4];
            client.read_exact(&mut address).await?;
            std::net::Ipv4Addr::from(address).to_string()
        }
        [5, 1, _, 3] => String::from_utf8(counted(client).await?).map_err(io::Error::other)?,
        [5, 1, _, 4] => {
            let mut address = [0; 16];
            client.read_exact(&mut address).await?;
            std::net::Ipv6Addr::from(address).to_string()
        }
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let port = client.read_u16().await?;
    if shared.config.mood == Mood::HangsWhenAsked {
        std::future::pending::<()>().await;
    }
    let server = shared.connect(&host, port).await;
    let code = match &server {
        Ok(_) => 0,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => 2,
        Err(_) => 4,
    };
    client.write_all(&[5, code, 0, 1, 127, 0, 0, 1, 0, 80]).await?;
    Ok(server.ok())
}

/// Bytes with their number before them.
async fn counted(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::from(client.read_u8().await?)];
    client.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// As Basic has it.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let whole = three.iter().fold(0_usize, |whole, byte| (whole << 8) | usize::from(*byte));
        let whole = whole << (8 * (3 - three.len()));
        for place in 0..4 {
            let digit = char::from(DIGITS[(whole >> (18 - 6 * place)) & 63]);
            text.push(if place <= three.len() { digit } else { '=' });
        }
    }
    text
}
