//! Storage behind presigned addresses: takes and gives bodies piece by piece.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use helpline_protocol::driver::adapter::BoxSocket;
use helpline_protocol::driver::{ByteSource, ByteStream, Download, Exchange, Runtime, Upload};
use helpline_protocol::model::SourceKey;
use helpline_protocol::{Body, HttpResponse, Operation, TransportFault};
use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{SOON, request};

/// 20 MB, as Amazon Connect takes.
pub const LARGE: u64 = 20_000_000;

const PIECE: usize = 64 * 1024;

/// The byte at a place of every test file.
pub fn byte(at: u64) -> u8 {
    u8::try_from(at % 251).unwrap()
}

pub fn bytes(from: u64, count: usize) -> Vec<u8> {
    (from..).take(count).map(byte).collect()
}

/// A file of any size that takes no memory.
#[derive(Clone)]
pub struct Pattern {
    size: u64,
    /// 251 pieces' worth of it, so that every piece of the file is a slice of this.
    block: Bytes,
}

impl Pattern {
    pub fn new(size: u64) -> Self {
        Self { size, block: bytes(0, PIECE + 251).into() }
    }
}

impl ByteSource for Pattern {
    fn open(&self) -> ByteStream {
        let Self { size, block } = self.clone();
        let pieces = stream::unfold(0, move |at| {
            let phase = usize::try_from(at % 251).unwrap();
            let count = usize::try_from(size - at).unwrap_or(PIECE).min(PIECE);
            let piece = block.slice(phase..phase + count);
            std::future::ready((count > 0).then(|| (Ok(piece), at + u64::try_from(count).unwrap())))
        });
        pieces.boxed()
    }
}

/// The head of a request, and what came of its body along with it.
pub async fn head(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut got = Vec::new();
    loop {
        if let Some(end) = got.windows(4).position(|window| window == b"\r\n\r\n") {
            let body = got.split_off(end + 4);
            return (String::from_utf8(got).unwrap().to_ascii_lowercase(), body);
        }
        if stream.read_buf(&mut got).await.unwrap_or(0) == 0 {
            return (String::new(), Vec::new());
        }
    }
}

/// Reads the rest of a body, and returns how many bytes of it were as they should be.
pub async fn body(stream: &mut TcpStream, begun: Vec<u8>, size: u64) -> u64 {
    let mut good = 0;
    let mut check = |piece: &[u8]| {
        for got in piece {
            good += u64::from(*got == byte(good));
        }
        good
    };
    let mut count = u64::try_from(begun.len()).unwrap();
    let mut all = check(&begun);
    let mut buffer = vec![0; 64 * 1024];
    while count < size {
        let Ok(read @ 1..) = stream.read(&mut buffer).await else { break };
        count += u64::try_from(read).unwrap();
        all = check(&buffer[..read]);
    }
    all
}

pub async fn say(stream: &mut TcpStream, text: &str) -> io::Result<()> {
    stream.write_all(text.as_bytes()).await
}

/// Writes so many bytes of a file.
pub async fn give(stream: &mut TcpStream, size: u64) -> io::Result<()> {
    let mut pieces = Pattern::new(size).open();
    while let Some(piece) = pieces.next().await {
        stream.write_all(&piece?).await?;
    }
    Ok(())
}

/// Whether the other side closes the connection; what it still says is thrown away.
pub async fn closed(stream: &mut TcpStream) -> bool {
    let mut buffer = vec![0; 64 * 1024];
    let read = async { while let Ok(1..) = stream.read(&mut buffer).await {} };
    tokio::time::timeout(SOON, read).await.is_ok()
}

pub fn put(uri: &str, source: impl ByteSource, size: u64) -> Exchange {
    let mut request = request(Method::PUT, uri);
    request.body = Body::Source { source: SourceKey::new("of the test"), size };
    let mut exchange = Exchange::new(request, Operation::Upload, SOON, 1000);
    exchange.upload = Some(Upload::new(source, size));
    exchange
}

pub fn fetch(uri: &str, sink: impl helpline_protocol::driver::ByteSink, limit: u64) -> Exchange {
    let mut exchange = Exchange::new(request(Method::GET, uri), Operation::Download, SOON, 1000);
    exchange.download = Some(Download::new(sink, limit));
    exchange
}

/// As the driver does it.
pub async fn run(
    runtime: &impl Runtime<Socket = BoxSocket>,
    exchange: Exchange,
) -> Result<HttpResponse, TransportFault> {
    let upload = exchange.upload.clone();
    let result = runtime.exchange(exchange).await;
    upload.map_or_else(|| result.clone(), |upload| upload.settle(result.clone()))
}

/// A folder of a test's own, removed at its end.
pub struct Folder(pub Arc<std::path::PathBuf>);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let (process, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(format!("helpline-{process}-{number}-{name}"));
        drop(std::fs::remove_dir_all(&path));
        std::fs::create_dir_all(&path).unwrap();
        Self(Arc::new(path))
    }

    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&*self.0).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&*self.0));
    }
}
