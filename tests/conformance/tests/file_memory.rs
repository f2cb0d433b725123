//! What a large file takes of memory. In a program of its own, since every allocation in it is counted.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use helpline_conformance::new;
use helpline_conformance::servers::storage::{Folder, LARGE, Pattern, bytes, fetch, put, run};
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::adapter::files::{FileSink, FileSource};
use helpline_protocol::driver::{ByteSource, Exchange};
use helpline_smol::Smol;
use helpline_tokio::Tokio;

/// What is allowed: buffers of the client, of the file and of this and that.
const MOST: u64 = 2 * 1024 * 1024;

/// Storage in a thread of its own, whose memory is not counted: reads `LARGE` bytes, or writes them.
fn storage() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = vec![0; 64 * 1024];
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let read = stream.read(&mut buffer[..1]).unwrap();
                head.extend_from_slice(&buffer[..read]);
            }
            if head.starts_with(b"PUT") {
                let mut left = usize::try_from(LARGE).unwrap();
                while left > 0 {
                    left -= stream.read(&mut buffer).unwrap();
                }
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            } else {
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {LARGE}\r\n\r\n");
                stream.write_all(head.as_bytes()).unwrap();
                let mut left = usize::try_from(LARGE).unwrap();
                while left > 0 {
                    let count = left.min(buffer.len());
                    stream.write_all(&buffer[..count]).unwrap();
                    left -= count;
                }
            }
        }
    });
    address
}

/// The most that was allocated at once by this thread, in which all of our side runs but the disk.
fn most<A: Adapter>(exchange: impl FnOnce(String) -> Exchange) -> u64 {
    let uri = format!("http://{}/", storage());
    // Smol needs none, and is not disturbed by it either.
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let runtime = tokio.block_on(async { new::<A>() });
    let exchange = exchange(uri);
    let info = allocation_counter::measure(|| {
        let answer = tokio.block_on(run(&runtime, exchange)).unwrap();
        assert_eq!(answer.status, 200);
    });
    info.bytes_max
}

fn a_large_file_goes_up<A: Adapter>() {
    let folder = Folder::new("memory-up");
    let path = folder.0.join("large.bin");
    std::fs::write(&path, bytes(0, usize::try_from(LARGE).unwrap())).unwrap();
    let tokio = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let file = tokio.block_on(FileSource::<A>::open(&path)).unwrap();
    let sources: [Box<dyn FnOnce(String) -> Exchange>; 2] =
        [Box::new(move |uri| put(&uri, file, LARGE)), Box::new(|uri| put(&uri, Pattern::new(LARGE), LARGE))];
    for source in sources {
        let most = most::<A>(source);
        assert!(most < MOST, "{most} bytes at once");
    }
}

fn a_large_file_comes_down<A: Adapter>() {
    let folder = Folder::new("memory-down");
    let sink = FileSink::<A>::in_folder(&*folder.0, "large.bin");
    let kept = sink.clone();
    let most = most::<A>(move |uri| fetch(&uri, sink, LARGE));
    assert!(most < MOST, "{most} bytes at once");
    assert_eq!(std::fs::metadata(kept.path().unwrap()).unwrap().len(), LARGE);
}

#[test]
fn a_large_file_goes_up_in_little_memory() {
    a_large_file_goes_up::<Tokio>();
    a_large_file_goes_up::<Smol>();
}

#[test]
fn a_large_file_comes_down_in_little_memory() {
    a_large_file_comes_down::<Tokio>();
    a_large_file_comes_down::<Smol>();
}

#[test]
fn the_counter_counts() {
    let whole = allocation_counter::measure(|| assert_eq!(bytes(0, 3_000_000).len(), 3_000_000));
    assert!(whole.bytes_max > MOST);
    drop(Pattern::new(1).open());
}
