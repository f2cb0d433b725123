use core::task::{Context, Poll, Waker};

use super::{Line, WAITING_BYTES, WAITING_FRAMES};
use crate::driver::testing::ByHand;
use crate::error::TransportFault;
use crate::input::Frame;

fn text(bytes: usize) -> Frame {
    Frame::Text("x".repeat(bytes))
}

#[test]
fn a_server_that_does_not_read_surfaces_instead_of_blocking() {
    let mut line = Line::new(ByHand::default().socket());
    let mut context = Context::from_waker(Waker::noop());
    let mut taken = 0;
    let fault = loop {
        match line.push(text(100)) {
            Ok(()) => taken += 1,
            Err(fault) => break fault,
        }
        // A turn of the driver never waits for it.
        let _written_as_far_as_it_goes: Poll<_> = line.poll_write(&mut context);
    };
    assert_eq!(taken, 10 + WAITING_FRAMES, "ten were written, the rest waited");
    assert!(matches!(fault, TransportFault::Other { .. }), "{fault}");
}

#[test]
fn what_waits_is_bounded_in_bytes_too() {
    let mut line = Line::new(ByHand::default().socket());
    assert!(line.push(text(WAITING_BYTES / 2)).is_ok());
    assert!(line.push(text(WAITING_BYTES / 2)).is_ok());
    assert!(line.push(text(1)).is_err());
    let mut context = Context::from_waker(Waker::noop());
    assert!(line.poll_write(&mut context).is_ready());
    assert!(line.push(text(WAITING_BYTES)).is_ok(), "what was written does not count any more");
}
