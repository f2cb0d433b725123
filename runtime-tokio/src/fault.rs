//! From the errors of hyper, tungstenite and rustls to what a session knows. No address is in a reason: it
//! may carry a ticket.

use std::error::Error;
use std::io;

use helpline_protocol::TransportFault;
use tokio_tungstenite::tungstenite;

use crate::connector::NoSuchName;
use crate::tls::NoTls;

pub(crate) type BoxError = Box<dyn Error + Send + Sync>;

/// Why no connection could be made. Looks for the first cause that says it plainly.
pub(crate) fn connecting(error: &(dyn Error + 'static)) -> TransportFault {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(fault) = plain(error) {
            return fault;
        }
        cause = error.source();
    }
    TransportFault::ConnectFailed
}

fn plain(error: &(dyn Error + 'static)) -> Option<TransportFault> {
    if error.is::<NoSuchName>() {
        return Some(TransportFault::NameNotFound);
    }
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(TransportFault::Tls { reason: error.to_string() });
    }
    if let Some(NoTls(reason)) = error.downcast_ref() {
        return Some(TransportFault::Tls { reason: reason.clone() });
    }
    let error = error.downcast_ref::<io::Error>()?;
    // An `io::Error` hides what it wraps from `source`.
    match error.get_ref() {
        Some(inner) => plain(inner),
        None => (error.kind() == io::ErrorKind::TimedOut).then_some(TransportFault::TimedOut),
    }
}

/// What went wrong with a request, connecting included.
pub(crate) fn request(error: &hyper_util::client::legacy::Error) -> TransportFault {
    if error.is_connect() {
        return connecting(error);
    }
    match error.source().and_then(|cause| cause.downcast_ref::<hyper::Error>()) {
        Some(error) => answer(error),
        None => TransportFault::ConnectionLost,
    }
}

/// What went wrong with an answer.
pub(crate) fn answer(error: &hyper::Error) -> TransportFault {
    if error.is_parse() {
        return TransportFault::Protocol { reason: error.to_string() };
    }
    if error.is_timeout() {
        return TransportFault::TimedOut;
    }
    TransportFault::ConnectionLost
}

/// What went wrong with the body of an answer, whoever carried it: a fault where it is one, else the words of a
/// service of the user's.
pub(crate) fn body(error: BoxError) -> TransportFault {
    match error.downcast::<hyper::Error>() {
        Ok(error) => answer(&error),
        Err(error) => service(error),
    }
}

/// What went wrong with a socket, while opening it or later.
pub(crate) fn socket(error: tungstenite::Error, limit: usize) -> TransportFault {
    use tungstenite::error::{CapacityError, Error as E, ProtocolError};
    match error {
        E::ConnectionClosed | E::AlreadyClosed | E::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            TransportFault::ConnectionLost
        }
        E::Io(error) => io_error(&error),
        E::Tls(error) => TransportFault::Tls { reason: error.to_string() },
        E::Capacity(CapacityError::MessageTooLong { .. }) => TransportFault::TooLarge { limit },
        E::Capacity(error) => TransportFault::Protocol { reason: error.to_string() },
        E::Protocol(error) => TransportFault::Protocol { reason: error.to_string() },
        E::Utf8(_) => TransportFault::Protocol { reason: "a text frame was no UTF-8".to_owned() },
        E::AttackAttempt => TransportFault::Protocol { reason: "the handshake had no end".to_owned() },
        E::Http(response) => TransportFault::UpgradeRefused { status: response.status().as_u16() },
        E::WriteBufferFull(_) => {
            TransportFault::Other { reason: "the server does not read what it is sent".to_owned() }
        }
        E::Url(_) | E::HttpFormat(_) => {
            TransportFault::Other { reason: "the address cannot be dialled".to_owned() }
        }
    }
}

fn io_error(error: &io::Error) -> TransportFault {
    plain(error.get_ref().map_or(error, |inner| inner)).unwrap_or(TransportFault::ConnectionLost)
}

/// What a service of the user's reports: a fault where it is one, else its words.
pub(crate) fn service(error: BoxError) -> TransportFault {
    match error.downcast::<TransportFault>() {
        Ok(fault) => *fault,
        Err(error) => TransportFault::Other { reason: error.to_string() },
    }
}
