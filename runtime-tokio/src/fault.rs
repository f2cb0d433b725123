//! From the errors of hyper to what a session knows. No address is in a reason: it may carry a ticket.

use std::error::Error;
use std::io::{self, ErrorKind};

use helpline_protocol::TransportFault;
use helpline_protocol::driver::adapter::fault::{cause, connecting};

/// What went wrong with a request, connecting included.
pub(crate) fn request(error: &hyper_util::client::legacy::Error) -> TransportFault {
    if error.is_connect() {
        return connecting(error);
    }
    error.source().and_then(classify).unwrap_or(TransportFault::ConnectionLost)
}

/// What went wrong with an answer, where hyper says so.
pub(crate) fn classify(error: &(dyn Error + 'static)) -> Option<TransportFault> {
    let error = error.downcast_ref::<hyper::Error>()?;
    if error.is_parse() {
        return Some(TransportFault::Protocol { reason: error.to_string() });
    }
    if error.is_timeout() {
        return Some(TransportFault::TimedOut);
    }
    // Chunks that are none come as an error of I/O, of a kind that no connection has.
    let wrong = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    let wrong =
        wrong.filter(|wrong| matches!(wrong.kind(), ErrorKind::InvalidInput | ErrorKind::InvalidData));
    if let Some(wrong) = wrong.filter(|wrong| cause(*wrong).is_none()) {
        return Some(TransportFault::Protocol { reason: wrong.to_string() });
    }
    Some(cause(error).unwrap_or(TransportFault::ConnectionLost))
}
