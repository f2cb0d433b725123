//! Streamed bodies, up and down: lengths, limits, faults, what is taken back, and what may carry them.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use helpline_conformance::servers::storage::{
    self, Folder, LARGE, Pattern, body, byte, bytes, closed, fetch, give, head, put, run, say,
};
use helpline_conformance::servers::{SOON, serve};
use helpline_conformance::{new, on_each_runtime};
use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::Adapter;
use helpline_protocol::driver::adapter::files::{
    FileSink, FileSource, MemorySink, ReaderSource, Reads, WriterSink, Writes,
};
use helpline_protocol::driver::{AttachmentSource, ByteSource, ByteStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Takes one upload a connection; tells each head, and how many good bytes came.
async fn taking(size: u64) -> (String, mpsc::UnboundedReceiver<(String, u64)>) {
    let (told, heard) = mpsc::unbounded_channel();
    let address = serve(move |mut stream| {
        let told = told.clone();
        async move {
            let (head, begun) = head(&mut stream).await;
            let good = body(&mut stream, begun, size).await;
            told.send((head, good)).unwrap();
            if good == size {
                drop(say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await);
            }
        }
    });
    (format!("http://{}/put", address.await), heard)
}

/// Answers every request with this head, and a file of `size` bytes behind it.
async fn giving(head: String, size: u64) -> String {
    let address = serve(move |mut stream| {
        let head = head.clone();
        async move {
            storage::head(&mut stream).await;
            drop(say(&mut stream, &head).await);
            drop(give(&mut stream, size).await);
        }
    });
    format!("http://{}/get", address.await)
}

fn ok_of(size: u64) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n")
}

async fn a_body_goes_out_with_its_length_and_not_in_chunks<A: Adapter>() {
    let (uri, mut heard) = taking(LARGE).await;
    let answer = run(&new::<A>(), put(&uri, Pattern::new(LARGE), LARGE)).await.unwrap();
    assert_eq!(answer.status, 200);
    let (head, good) = heard.recv().await.unwrap();
    assert!(head.starts_with("put /put http/1.1\r\n"), "{head}");
    assert!(head.contains("content-length: 20000000\r\n"), "{head}");
    assert!(!head.contains("transfer-encoding"), "{head}");
    assert_eq!(good, LARGE);
}

async fn files_readers_and_bytes_are_sources<A: Adapter + Reads<&'static [u8]>>() {
    let folder = Folder::new("sources");
    let path = folder.0.join("a.bin");
    std::fs::write(&path, bytes(0, 300_000)).unwrap();
    let file = FileSource::<A>::open(&path).await.unwrap();
    assert_eq!(file.size(), 300_000);
    assert!(format!("{:?}", AttachmentSource::from(file.clone())).contains("a.bin"));
    let whole: &'static [u8] = bytes(0, 300_000).leak();
    let reader = ReaderSource::<_, A>::new(move || async move { Ok(whole) });
    let (uri, mut heard) = taking(300_000).await;
    let runtime = new::<A>();
    for exchange in [
        put(&uri, file, 300_000),
        put(&uri, reader, 300_000),
        put(&uri, Bytes::from(bytes(0, 300_000)), 300_000),
    ] {
        run(&runtime, exchange).await.unwrap();
        assert_eq!(heard.recv().await.unwrap().1, 300_000);
    }
    assert!(FileSource::<A>::open(folder.0.as_path()).await.is_err(), "a folder is no file");
    let missing =
        ReaderSource::<_, A>::new(|| async { Err::<&'static [u8], _>(io::Error::other("no such thing")) });
    let fault = run(&runtime, put(&uri, missing, 10)).await.unwrap_err();
    assert!(fault.to_string().contains("no such thing"), "{fault}");
}

async fn a_source_of_another_size_than_stated_is_told_and_no_server_has_it_whole<A: Adapter>() {
    let (uri, mut heard) = taking(500_000).await;
    let runtime = new::<A>();
    for (has, words) in [(499_999, "ended after 499999 of 500000"), (500_001, "more than the 500000")] {
        let fault = run(&runtime, put(&uri, Pattern::new(has), 500_000)).await.unwrap_err();
        assert!(fault.to_string().contains(words), "{fault}");
        let (_, good) = timeout(SOON, heard.recv()).await.unwrap().unwrap();
        assert!(good < 500_000, "{good}");
    }
}

async fn an_answer_before_the_body_is_read_is_an_answer<A: Adapter>() {
    let (gone, mut seen) = mpsc::channel(1);
    let address = serve(move |mut stream| {
        let gone = gone.clone();
        async move {
            head(&mut stream).await;
            say(&mut stream, "HTTP/1.1 403 Forbidden\r\ncontent-length: 7\r\n\r\nexpired").await.unwrap();
            gone.send(closed(&mut stream).await).await.unwrap();
        }
    })
    .await;
    let uri = format!("http://{address}/");
    let answer = run(&new::<A>(), put(&uri, Pattern::new(LARGE), LARGE)).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (403, &b"expired"[..]));
    assert_eq!(timeout(2 * SOON, seen.recv()).await.unwrap(), Some(true), "the connection is of no more use");
}

async fn a_success_before_the_body_is_read_is_none<A: Adapter>() {
    let address = serve(|mut stream| async move {
        head(&mut stream).await;
        say(&mut stream, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        closed(&mut stream).await;
    })
    .await;
    let uri = format!("http://{address}/");
    let fault = run(&new::<A>(), put(&uri, Pattern::new(LARGE), LARGE)).await.unwrap_err();
    assert!(fault.to_string().contains("the server was content with"), "{fault}");
}

async fn a_connection_cut_half_way_up_is_told<A: Adapter>() {
    let address = serve(|mut stream| async move {
        let (_, begun) = head(&mut stream).await;
        body(&mut stream, begun, 1_000_000).await;
    })
    .await;
    let uri = format!("http://{address}/");
    let fault = run(&new::<A>(), put(&uri, Pattern::new(LARGE), LARGE)).await.unwrap_err();
    assert_eq!(fault, TransportFault::ConnectionLost);
}

async fn an_answer_goes_to_its_sink_and_not_into_memory<A: Adapter>() {
    let folder = Folder::new("down");
    let uri = giving(ok_of(LARGE), LARGE).await;
    let sink = FileSink::<A>::in_folder(&*folder.0, "a.bin");
    let answer = run(&new::<A>(), fetch(&uri, sink.clone(), LARGE)).await.unwrap();
    assert_eq!((answer.sunk, answer.body.len()), (Some(LARGE), 0));
    let file = std::fs::read(sink.path().unwrap()).unwrap();
    assert_eq!(file.len() as u64, LARGE);
    assert!(file.iter().zip(0..).all(|(got, at)| *got == byte(at)));
    assert_eq!(folder.names(), ["a.bin"]);
}

/// Takes little at a time, and is a stream to both runtimes.
#[derive(Clone, Default)]
struct Tank(Arc<Mutex<(Vec<u8>, bool)>>);

impl Tank {
    fn fill(&self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let most = bytes.len().min(1000);
        self.0.lock().unwrap().0.extend_from_slice(&bytes[..most]);
        Poll::Ready(Ok(most))
    }

    fn close(&self) -> Poll<io::Result<()>> {
        self.0.lock().unwrap().1 = true;
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Tank {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.fill(bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close()
    }
}

impl smol::io::AsyncWrite for Tank {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.fill(bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.close()
    }
}

async fn writers_and_memory_are_sinks<A: Adapter + Writes<Tank>>() {
    let uri = giving(ok_of(300_000), 300_000).await;
    let runtime = new::<A>();
    let memory = MemorySink::new();
    run(&runtime, fetch(&uri, memory.clone(), 300_000)).await.unwrap();
    assert_eq!(memory.bytes().unwrap(), bytes(0, 300_000));

    let tank = Tank::default();
    let opened = tank.clone();
    let writer = WriterSink::<_, A>::new(move || std::future::ready(Ok(opened.clone())));
    let answer = run(&runtime, fetch(&uri, writer, 300_000)).await;
    assert_eq!(answer.unwrap().sunk, Some(300_000));
    let (got, is_closed) = &*tank.0.lock().unwrap();
    assert!(*got == bytes(0, 300_000) && *is_closed);
}

async fn an_error_of_the_servers_is_read_and_not_written<A: Adapter>() {
    let folder = Folder::new("error");
    let uri = giving("HTTP/1.1 404 Not Found\r\ncontent-length: 10\r\n\r\n".to_owned(), 10).await;
    let sink = FileSink::<A>::in_folder(&*folder.0, "a.bin");
    let answer = run(&new::<A>(), fetch(&uri, sink.clone(), 5)).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len(), answer.sunk), (404, 10, None));
    assert_eq!((sink.path(), folder.names().len()), (None, 0));
}

async fn a_file_over_its_limit_leaves_nothing<A: Adapter>() {
    let folder = Folder::new("limit");
    let runtime = new::<A>();
    let stated = giving(ok_of(1_000_001), 1_000_001).await;
    let unstated = giving("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".to_owned(), 1_000_001).await;
    for uri in [stated, unstated.clone()] {
        let sink = FileSink::<A>::in_folder(&*folder.0, "a.bin");
        let fault = run(&runtime, fetch(&uri, sink, 1_000_000)).await.unwrap_err();
        assert_eq!(fault, TransportFault::TooLarge { limit: 1_000_000 });
        assert_eq!(folder.names(), [""; 0]);
    }
    let answer =
        run(&runtime, fetch(&unstated, FileSink::<A>::in_folder(&*folder.0, "a.bin"), 1_000_001)).await;
    assert_eq!(answer.unwrap().sunk, Some(1_000_001));
}

async fn a_file_cut_half_way_leaves_nothing_and_a_second_try_begins_anew<A: Adapter>() {
    let folder = Folder::new("cut");
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let address = serve(move |mut stream| {
        let first = counter.fetch_add(1, Ordering::Relaxed) == 0;
        async move {
            head(&mut stream).await;
            drop(say(&mut stream, &ok_of(1_000_000)).await);
            drop(give(&mut stream, if first { 500_000 } else { 1_000_000 }).await);
        }
    })
    .await;
    let uri = format!("http://{address}/");
    let runtime = new::<A>();
    let sink = FileSink::<A>::in_folder(&*folder.0, "a.bin");
    let fault = run(&runtime, fetch(&uri, sink.clone(), LARGE)).await.unwrap_err();
    assert_eq!(fault, TransportFault::ConnectionLost);
    assert_eq!(folder.names(), [""; 0]);
    assert_eq!(run(&runtime, fetch(&uri, sink.clone(), LARGE)).await.unwrap().sunk, Some(1_000_000));
    assert_eq!(std::fs::read(sink.path().unwrap()).unwrap(), bytes(0, 1_000_000));
    assert_eq!(folder.names(), ["a.bin"]);
}

async fn a_sink_that_cannot_be_written_says_so<A: Adapter>() {
    let uri = giving(ok_of(10), 10).await;
    let sink = FileSink::<A>::at("/nowhere/at/all");
    let fault = run(&new::<A>(), fetch(&uri, sink, 10)).await.unwrap_err();
    assert!(fault.to_string().contains("the sink cannot be written"), "{fault}");
}

/// A source that gives a piece, and then no more until it is told to.
struct Halting(Arc<tokio::sync::Semaphore>);

impl ByteSource for Halting {
    fn open(&self) -> ByteStream {
        let permits = self.0.clone();
        Box::pin(futures_util::stream::unfold(0, move |at| {
            let permits = permits.clone();
            async move {
                permits.acquire().await.unwrap().forget();
                Some((Ok(bytes(at, 1000).into()), at + 1000))
            }
        }))
    }
}

async fn what_is_dropped_half_way_closes_its_connection<A: Adapter>() {
    let (told, mut heard) = mpsc::unbounded_channel();
    let address = serve(move |mut stream| {
        let told = told.clone();
        async move {
            let (head, begun) = head(&mut stream).await;
            if head.starts_with("get") {
                drop(say(&mut stream, &ok_of(LARGE)).await);
                drop(give(&mut stream, 100_000).await);
            } else {
                body(&mut stream, begun, 1000).await;
            }
            told.send("half").unwrap();
            told.send(if closed(&mut stream).await { "closed" } else { "open" }).unwrap();
        }
    })
    .await;
    let folder = Folder::new("dropped");
    let uri = format!("http://{address}/");
    let runtime = new::<A>();
    let up = put(&uri, Halting(Arc::new(tokio::sync::Semaphore::new(1))), LARGE);
    let down = fetch(&uri, FileSink::<A>::in_folder(&*folder.0, "a.bin"), LARGE);
    for exchange in [up, down] {
        {
            let mut exchange = std::pin::pin!(run(&runtime, exchange));
            tokio::select! {
                answer = &mut exchange => panic!("{answer:?}"),
                half = heard.recv() => assert_eq!(half, Some("half")),
            }
        }
        assert_eq!(timeout(2 * SOON, heard.recv()).await.unwrap(), Some("closed"));
    }
    let gone = async {
        while !folder.names().is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(SOON, gone).await.expect("the temporary file is removed");
}

async fn what_moves_may_take_longer_than_its_timeout_and_what_stands_still_may_not<A: Adapter>() {
    let (uri, mut heard) = taking(10_000).await;
    let permits = Arc::new(tokio::sync::Semaphore::new(0));
    let slowly = permits.clone();
    tokio::spawn(async move {
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            slowly.add_permits(1);
        }
        // And the end of it: one more would be too much.
    });
    let source = Halting(permits.clone());
    let mut exchange = put(&uri, source, 10_000);
    // Five times what passes between two pieces, as a busy machine is late.
    exchange.timeout = Duration::from_secs(1);
    let began = tokio::time::Instant::now();
    // The source never ends, so the last piece is held back and nothing moves any more.
    assert_eq!(run(&new::<A>(), exchange).await, Err(TransportFault::TimedOut));
    assert!(began.elapsed() >= Duration::from_millis(2_300), "{:?}", began.elapsed());
    assert_eq!(timeout(SOON, heard.recv()).await.unwrap().unwrap().1, 9_000);
}

async fn progress_is_seen_while_it_happens<A: Adapter>() {
    let (uri, _heard) = taking(LARGE).await;
    let exchange = put(&uri, Pattern::new(LARGE), LARGE);
    let headway = exchange.upload.as_ref().unwrap().headway();
    let most = Arc::new(AtomicU64::new(0));
    let seen = most.clone();
    let watch = tokio::spawn(async move {
        loop {
            let now = headway.bytes();
            assert!(now >= seen.swap(now, Ordering::Relaxed) && now <= LARGE);
            tokio::task::yield_now().await;
        }
    });
    run(&new::<A>(), exchange).await.unwrap();
    assert!(most.load(Ordering::Relaxed) > 0);
    watch.abort();
}

on_each_runtime!(
    a_body_goes_out_with_its_length_and_not_in_chunks,
    files_readers_and_bytes_are_sources,
    a_source_of_another_size_than_stated_is_told_and_no_server_has_it_whole,
    an_answer_before_the_body_is_read_is_an_answer,
    a_success_before_the_body_is_read_is_none,
    a_connection_cut_half_way_up_is_told,
    an_answer_goes_to_its_sink_and_not_into_memory,
    writers_and_memory_are_sinks,
    an_error_of_the_servers_is_read_and_not_written,
    a_file_over_its_limit_leaves_nothing,
    a_file_cut_half_way_leaves_nothing_and_a_second_try_begins_anew,
    a_sink_that_cannot_be_written_says_so,
    what_is_dropped_half_way_closes_its_connection,
    what_moves_may_take_longer_than_its_timeout_and_what_stands_still_may_not,
    progress_is_seen_while_it_happens,
);
