use core::future::{pending, ready};
use core::task::{Context, Poll};
use std::collections::VecDeque;

use futures_util::FutureExt as _;

use super::*;

/// A proxy that says what it was told to say, whatever it is asked; then it is silent, or goes away.
#[derive(Default)]
struct Scripted {
    says: VecDeque<u8>,
    heard: Vec<u8>,
    goes_away: bool,
}

/// Streams of this test.
#[derive(Clone)]
struct Scripts;

impl Reads<Scripted> for Scripts {
    fn poll_read(
        stream: Pin<&mut Scripted>,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let stream = stream.get_mut();
        if stream.says.is_empty() && !stream.goes_away {
            return Poll::Pending;
        }
        let read = buffer.len().min(stream.says.len());
        for (place, byte) in buffer.iter_mut().zip(stream.says.drain(..read)) {
            *place = byte;
        }
        Poll::Ready(Ok(read))
    }
}

impl Writes<Scripted> for Scripts {
    fn poll_write(stream: Pin<&mut Scripted>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // A byte at a time, as a stream may.
        let written = bytes.len().min(1);
        stream.get_mut().heard.extend_from_slice(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(_: Pin<&mut Scripted>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(_: Pin<&mut Scripted>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn origin(host: &str) -> Origin {
    Origin::of(&format!("https://{host}/").parse().unwrap()).unwrap()
}

const OURS: &str = "socks5h://user:sesame@proxy.example";

#[test]
fn after_the_handshake_the_stream_is_the_tunnels() {
    let says = [&[5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], b"hello"].concat();
    let mut stream = Scripted { says: says.into(), ..Scripted::default() };
    let made = tunnel::<Scripts, _>(&mut stream, &proxy(OURS), &origin("chat.example"), pending(), pending())
        .now_or_never();
    assert_eq!(made, Some(Ok(())));
    assert_eq!(stream.says, b"hello");
    assert!(stream.heard.windows(12).any(|window| window == b"chat.example"));
}

#[test]
fn a_proxy_that_says_nothing_is_given_up_in_time() {
    let mut stream = Scripted::default();
    let fault =
        tunnel::<Scripts, _>(&mut stream, &proxy(OURS), &origin("a"), pending(), ready(())).now_or_never();
    assert_eq!(fault, Some(Err(super::fault(ProxyProblem::Silent, "it did not answer in time"))));
}

#[test]
fn a_proxy_that_goes_away_is_no_lost_server() {
    for says in [vec![], vec![5], vec![5, 0, 5]] {
        let mut stream = Scripted { says: says.into(), goes_away: true, ..Scripted::default() };
        let fault = tunnel::<Scripts, _>(&mut stream, &proxy(OURS), &origin("a"), pending(), pending())
            .now_or_never();
        assert_eq!(fault, Some(Err(cut())));
    }
}

#[test]
fn a_name_is_resolved_here_where_the_address_of_the_proxy_says_so() {
    let resolved = || ready(Ok("192.0.2.9".parse().unwrap()));
    for (address, expected) in [
        ("socks5://proxy.example", &[1, 192, 0, 2, 9, 1, 187][..]),
        ("socks5h://proxy.example", &[3, 1, b'a', 1, 187]),
    ] {
        let says = [5, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        let mut stream = Scripted { says: says.into(), ..Scripted::default() };
        let proxy = proxy(address);
        let made =
            tunnel::<Scripts, _>(&mut stream, &proxy, &origin("a"), resolved(), pending()).now_or_never();
        assert_eq!(made, Some(Ok(())));
        assert_eq!(stream.heard[6..], *expected, "{address}");
    }
    let nowhere = ready(Err(TransportFault::NameNotFound));
    let proxy = proxy("socks5://proxy.example");
    let mut stream = Scripted::default();
    let made = tunnel::<Scripts, _>(&mut stream, &proxy, &origin("a"), nowhere, pending()).now_or_never();
    assert_eq!(made, Some(Err(TransportFault::NameNotFound)));
}

#[test]
fn a_machine_that_talks_shows_no_credentials() {
    let handshake = Handshake::new(&proxy(OURS), "a", 443).unwrap();
    assert!(!format!("{handshake:?}").contains("sesame"));
}
