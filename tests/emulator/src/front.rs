//! TLS in front of any host: `https` and `wss` for what is served as `http` and `ws`.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ServerConfig;
use tokio::io::{AsyncWriteExt as _, copy, copy_bidirectional, sink};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Takes TLS connections on 127.0.0.1 and passes on what they carry. It stops when dropped; what goes through it
/// then ends with the host behind it.
#[derive(Debug)]
pub struct Front {
    port: u16,
    identity: Arc<Mutex<Arc<ServerConfig>>>,
    task: JoinHandle<()>,
}

impl Front {
    /// Listens on a port, any free one for 0, and passes on to `host`.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub async fn start(identity: ServerConfig, port: u16, host: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let port = listener.local_addr()?.port();
        let identity = Arc::new(Mutex::new(Arc::new(identity)));
        let task = tokio::spawn(accept(listener, Arc::clone(&identity), host));
        Ok(Self { port, identity, task })
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// `https://127.0.0.1:PORT`.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// `wss://127.0.0.1:PORT`.
    #[must_use]
    pub fn socket_base(&self) -> String {
        format!("wss://127.0.0.1:{}", self.port)
    }

    /// Comes as another from the next connection on.
    pub fn set_identity(&self, identity: ServerConfig) {
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(identity);
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, identity: Arc<Mutex<Arc<ServerConfig>>>, host: SocketAddr) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            continue;
        };
        let config = Arc::clone(&*identity.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::spawn(async move {
            // A client that does not believe us goes away; a host that is not there any more ends the connection.
            drop(pass_on(stream, config, host).await);
        });
    }
}

async fn pass_on(stream: TcpStream, config: Arc<ServerConfig>, host: SocketAddr) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut client = match TlsAcceptor::from(config).accept(stream).into_fallible().await {
        Ok(client) => client,
        Err((error, mut stream)) => {
            // What was said last is to arrive, and not to be cut off by what the client has sent meanwhile.
            stream.shutdown().await?;
            copy(&mut stream, &mut sink()).await?;
            return Err(error);
        }
    };
    let mut host = TcpStream::connect(host).await?;
    host.set_nodelay(true)?;
    copy_bidirectional(&mut client, &mut host).await?;
    Ok(())
}
