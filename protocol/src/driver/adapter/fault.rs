//! From the errors of libraries to what a session knows. No address is in a reason: it may carry a ticket.

use core::error::Error;
use std::io;

use crate::error::TransportFault;

/// An error of anybody's.
pub type BoxError = Box<dyn Error + Send + Sync>;

/// What an adapter makes of the errors of its own HTTP library, one at a time and not of their causes.
pub type Classify = fn(&(dyn Error + 'static)) -> Option<TransportFault>;

/// Why no connection could be made: the first cause that says it plainly, else
/// [`TransportFault::ConnectFailed`].
#[must_use]
pub fn connecting(error: &(dyn Error + 'static)) -> TransportFault {
    cause(error).unwrap_or(TransportFault::ConnectFailed)
}

/// The first among an error and its causes that says plainly what happened: a fault that an adapter has put there,
/// one of TLS, a time that ran out.
#[must_use]
pub fn cause(error: &(dyn Error + 'static)) -> Option<TransportFault> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(fault) = plain(error) {
            return Some(fault);
        }
        cause = error.source();
    }
    None
}

fn plain(error: &(dyn Error + 'static)) -> Option<TransportFault> {
    if let Some(fault) = error.downcast_ref::<TransportFault>() {
        return Some(fault.clone());
    }
    #[cfg(feature = "tls")]
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return Some(super::tls::fault(error));
    }
    let error = error.downcast_ref::<io::Error>()?;
    // An `io::Error` hides what it wraps from `source`.
    match error.get_ref() {
        Some(inner) => cause(inner),
        None => (error.kind() == io::ErrorKind::TimedOut).then_some(TransportFault::TimedOut),
    }
}

/// What went wrong on a connection that stood.
#[must_use]
pub fn connection(error: &io::Error) -> TransportFault {
    cause(error).unwrap_or(TransportFault::ConnectionLost)
}

/// What went wrong with a socket of tungstenite's, while opening it or later.
#[must_use]
pub fn socket(error: tungstenite::Error, limit: usize) -> TransportFault {
    use tungstenite::error::{CapacityError, Error as E, ProtocolError};
    match error {
        E::ConnectionClosed | E::AlreadyClosed | E::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
            TransportFault::ConnectionLost
        }
        E::Io(error) => connection(&error),
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

/// What a service of the user's reports, or a body: a fault where it is one, what the adapter's library means by
/// it, else its words.
#[must_use]
pub fn service(error: BoxError, own: Classify) -> TransportFault {
    match error.downcast::<TransportFault>() {
        Ok(fault) => *fault,
        Err(error) => own(&*error).unwrap_or_else(|| TransportFault::Other { reason: error.to_string() }),
    }
}
