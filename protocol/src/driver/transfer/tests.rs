use core::task::Waker;
use core::time::Duration;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;

use futures_util::FutureExt as _;
use futures_util::task::{ArcWake, AtomicWaker, waker};
use http::StatusCode;

use super::*;
use crate::time::Timestamp;

/// Gives out pieces of these lengths, and then perhaps an error.
struct Pieces {
    lengths: Vec<usize>,
    error: bool,
    opened: AtomicUsize,
}

impl Pieces {
    fn new(lengths: &[usize]) -> Self {
        Self { lengths: lengths.to_vec(), error: false, opened: AtomicUsize::new(0) }
    }
}

impl ByteSource for Pieces {
    fn open(&self) -> ByteStream {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let mut pieces: Vec<io::Result<Bytes>> =
            self.lengths.iter().map(|length| Ok(vec![1; *length].into())).collect();
        if self.error {
            pieces.push(Err(io::Error::other("a scratch on the disk")));
        }
        stream::iter(pieces).boxed()
    }
}

/// What came of a body: the bytes before its end, and the fault if that is what ended it.
fn read(mut body: UploadBody) -> (u64, Option<TransportFault>) {
    let mut bytes = 0;
    let mut context = Context::from_waker(Waker::noop());
    loop {
        match body.poll_next_unpin(&mut context) {
            Poll::Ready(Some(Ok(piece))) => bytes += length(piece.len()),
            Poll::Ready(Some(Err(fault))) => {
                assert!(body.next().now_or_never().unwrap().is_none(), "nothing after a fault");
                return (bytes, Some(fault));
            }
            Poll::Ready(None) => return (bytes, None),
            Poll::Pending => {}
        }
    }
}

fn ok() -> Result<HttpResponse, TransportFault> {
    Ok(HttpResponse::new(StatusCode::OK, ""))
}

#[test]
fn a_body_is_what_was_stated_whatever_its_pieces() {
    for lengths in [&[10][..], &[1, 9], &[0, 4, 0, 6, 0], &[1; 10], &[0; 100]] {
        let size = lengths.iter().sum::<usize>() as u64;
        let upload = Upload::new(Pieces::new(lengths), size);
        assert_eq!(read(upload.open()), (size, None));
        assert_eq!(upload.headway().bytes(), size);
        assert_eq!(upload.settle(ok()), ok());
    }
}

#[test]
fn what_is_left_is_known_all_along() {
    let mut body = Upload::new(Pieces::new(&[3, 4, 3]), 10).open();
    assert_eq!(body.left(), 10);
    for left in [7, 3, 0] {
        body.next().now_or_never().unwrap().unwrap().unwrap();
        assert_eq!(body.left(), left);
    }
}

#[test]
fn a_source_of_another_size_fails_before_a_server_has_it_all() {
    let cases: [(&[usize], &str); 5] = [
        (&[10, 1], "more than the 10 bytes stated"),
        (&[11], "more than the 10 bytes stated"),
        (&[5, 5, 0, 1], "more than the 10 bytes stated"),
        (&[5, 4], "ended after 9 of 10 bytes"),
        (&[], "ended after 0 of 10 bytes"),
    ];
    for (lengths, words) in cases {
        let upload = Upload::new(Pieces::new(lengths), 10);
        let (bytes, fault) = read(upload.open());
        assert!(bytes < 10, "{lengths:?}");
        let fault = fault.unwrap();
        assert!(fault.to_string().contains(words), "{lengths:?}: {fault}");
        for made_of_it in [ok(), Err(TransportFault::ConnectionLost)] {
            assert_eq!(upload.settle(made_of_it), Err(fault.clone()));
        }
    }
}

#[test]
fn a_source_that_breaks_says_how() {
    let upload = Upload::new(Pieces { error: true, ..Pieces::new(&[5]) }, 10);
    let (bytes, fault) = read(upload.open());
    assert_eq!(bytes, 5);
    assert!(fault.unwrap().to_string().contains("a scratch on the disk"));
}

#[test]
fn each_reading_begins_at_the_start() {
    let source = Arc::new(Pieces::new(&[5, 5]));
    let upload = Upload::new(source.clone(), 10);
    drop(upload.open().next().now_or_never());
    assert_eq!(upload.headway().bytes(), 5);
    assert_eq!(read(upload.open()), (10, None));
    assert_eq!((upload.headway().bytes(), source.opened.load(Ordering::Relaxed)), (10, 2));
}

#[test]
fn no_success_counts_while_a_part_is_unread() {
    let upload = Upload::new(Pieces::new(&[5, 5]), 10);
    let mut body = upload.open();
    drop(body.next().now_or_never());
    let refused = Ok(HttpResponse::new(StatusCode::FORBIDDEN, "no"));
    assert_eq!(upload.settle(refused.clone()), refused, "an early refusal is an answer");
    let fault = upload.settle(ok()).unwrap_err();
    assert_eq!(
        fault,
        TransportFault::Other { reason: "the server was content with 5 bytes of 10".to_owned() }
    );
}

#[test]
fn a_body_ends_when_nobody_waits_for_it() {
    let upload = Upload::new(Pieces::new(&[5, 5]), 10);
    let mut body = upload.open();
    drop(body.next().now_or_never());
    drop(judged(Some(upload), async { ok() }));
    assert_eq!(read(body), (0, Some(TransportFault::Cancelled)));
}

#[test]
fn empty_pieces_without_end_leave_others_their_turn() {
    struct Nothing;
    impl ByteSource for Nothing {
        fn open(&self) -> ByteStream {
            stream::repeat_with(|| Ok(Bytes::new())).boxed()
        }
    }
    let mut body = Upload::new(Nothing, 1).open();
    let mut context = Context::from_waker(Waker::noop());
    assert!(body.poll_next_unpin(&mut context).is_pending());
}

#[test]
fn bytes_are_a_source_in_pieces() {
    let bytes = Bytes::from(vec![3; 3 * PIECE + 1]);
    let pieces: Vec<_> = bytes.open().map(|piece| piece.unwrap().len()).collect().now_or_never().unwrap();
    assert_eq!(pieces, [PIECE, PIECE, PIECE, 1]);
}

/// Tells what is done with it.
#[derive(Clone)]
struct Telling(mpsc::Sender<String>);

impl ByteSink for Telling {
    fn open(&self) -> Box<dyn ByteWriter> {
        self.0.send("open".to_owned()).unwrap();
        Box::new(self.clone())
    }
}

impl ByteWriter for Telling {
    fn write(&mut self, bytes: Bytes) -> Written<'_> {
        self.0.send(format!("write {}", bytes.len())).unwrap();
        Box::pin(core::future::ready(Ok(())))
    }

    fn finish(self: Box<Self>) -> Written<'static> {
        self.0.send("finish".to_owned()).unwrap();
        Box::pin(core::future::ready(Ok(())))
    }
}

#[test]
fn a_sink_takes_up_to_its_limit_and_not_a_byte_more() {
    let (tell, told) = mpsc::channel();
    let download = Download::new(Telling(tell), 10);
    let told = || told.try_iter().collect::<Vec<_>>();
    assert_eq!(download.open(Some(11)).unwrap_err(), TransportFault::TooLarge { limit: 10 });
    assert_eq!(told(), [""; 0], "and was not even opened");

    let mut body = download.open(None).unwrap();
    body.write(Bytes::from_static(&[1; 6])).now_or_never().unwrap().unwrap();
    let over = body.write(Bytes::from_static(&[1; 5])).now_or_never().unwrap();
    assert_eq!(over, Err(TransportFault::TooLarge { limit: 10 }));
    drop(body);
    assert_eq!(told(), ["open", "write 6"]);

    let mut body = download.open(Some(10)).unwrap();
    body.write(Bytes::from_static(&[2; 10])).now_or_never().unwrap().unwrap();
    assert_eq!(body.finish().now_or_never().unwrap(), Ok(10));
    assert_eq!(told(), ["open", "write 10", "finish"], "a second try begins anew");
    assert_eq!(download.headway().bytes(), 10);
}

/// Counts how often it is woken.
struct Wakes(AtomicUsize);

impl ArcWake for Wakes {
    fn wake_by_ref(this: &Arc<Self>) {
        this.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn the_driver_is_woken_for_a_step_or_after_a_pause_and_not_oftener() {
    let micros = Arc::new(AtomicU64::new(0));
    let (clock, to_wake) = (micros.clone(), Arc::new(AtomicWaker::new()));
    let meter = Meter::new(move || Timestamp::from_micros(clock.load(Ordering::Relaxed)), to_wake.clone());
    meter.begin(Some(1_000_000));
    let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
    let mut reports = Vec::new();
    let mut pass = |bytes: u64, count: u64, pause: u64| {
        let before = reports.len();
        for _ in 0..count {
            to_wake.register(&waker(wakes.clone()));
            meter.add(bytes);
            micros.fetch_add(pause, Ordering::Relaxed);
            if let Some(report) = meter.due() {
                assert_eq!(report.total, Some(1_000_000));
                reports.push(report.done);
            }
        }
        reports.len() - before
    };
    assert_eq!(pass(1_000, 640, 0), 9, "each 64 KiB, where time stands still");
    assert_eq!(pass(1, 1_000, 1_000), 9, "each 100 ms, where it is slow");
    assert!(reports.is_sorted());
    assert_eq!(wakes.0.load(Ordering::Relaxed), reports.len());
    assert_eq!(meter.report().done, 641_000);
    assert_eq!(Duration::from_micros(micros.load(Ordering::Relaxed)), Duration::from_secs(1));
}
