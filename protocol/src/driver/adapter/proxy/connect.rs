//! HTTP `CONNECT` (RFC 9110, 9.3.6), with Basic credentials (RFC 7617).

use data_encoding::BASE64;
use httparse::{EMPTY_HEADER, Response, Status};

use super::{Credentials, Proxy, fault};
use crate::error::{ProxyProblem, TransportFault};
use crate::secret::Secret;

/// The longest head of an answer.
const MOST_BYTES: usize = 16 * 1024;
/// And its headers.
const MOST_HEADERS: usize = 64;

/// Waits for the head of an answer.
pub(super) struct Connect {
    head: Vec<u8>,
    with_credentials: bool,
    done: bool,
}

impl Connect {
    pub(super) fn new(proxy: &Proxy, host: &str, port: u16, output: &mut Vec<u8>) -> Self {
        let target = if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") };
        output.extend_from_slice(format!("CONNECT {target} HTTP/1.1\r\nhost: {target}\r\n").as_bytes());
        if let Some(credentials) = &proxy.credentials {
            let basic = basic(credentials);
            output.extend_from_slice(b"proxy-authorization: Basic ");
            output.extend_from_slice(basic.expose().as_bytes());
            output.extend_from_slice(b"\r\n");
        }
        output.extend_from_slice(b"\r\n");
        Self { head: Vec::new(), with_credentials: proxy.credentials.is_some(), done: false }
    }

    pub(super) const fn wanted(&self) -> usize {
        if self.done { 0 } else { MOST_BYTES - self.head.len() }
    }

    pub(super) fn receive(&mut self, bytes: &[u8]) -> Result<(), TransportFault> {
        self.head.extend_from_slice(bytes);
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut answer = Response::new(&mut headers);
        let length = match answer.parse(&self.head) {
            Ok(Status::Complete(length)) => length,
            Ok(Status::Partial) if self.head.len() < MOST_BYTES => return Ok(()),
            Ok(Status::Partial) => return Err(broken("the head of its answer has no end")),
            Err(_) => return Err(broken("its answer is no HTTP")),
        };
        match answer.code {
            // The servers that we talk to say nothing before they are asked.
            Some(200..=299) if self.head.len() > length => Err(broken("it said more than it was asked")),
            Some(200..=299) => {
                self.done = true;
                Ok(())
            }
            Some(407) => Err(fault(ProxyProblem::Credentials, self.refusal(&answer))),
            Some(status) => Err(fault(ProxyProblem::Refused, format!("status {status}"))),
            None => Err(broken("its answer has no status")),
        }
    }

    fn refusal(&self, answer: &Response<'_, '_>) -> String {
        let said = if self.with_credentials { "it does not take those given" } else { "it wants some" };
        let asked =
            answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case("proxy-authenticate"));
        let scheme: String = asked
            .map(|header| header.value.iter().map(|byte| char::from(*byte)))
            .into_iter()
            .flatten()
            .take_while(|it| it.is_ascii_alphanumeric() || *it == '-')
            .take(32)
            .collect();
        if scheme.is_empty() || scheme.eq_ignore_ascii_case("basic") {
            said.to_owned()
        } else {
            format!("{said}, by {scheme}: only Basic is known here")
        }
    }
}

fn basic(credentials: &Credentials) -> Secret {
    let both = Secret::new(format!("{}:{}", credentials.user.expose(), credentials.password.expose()));
    Secret::new(BASE64.encode(both.expose().as_bytes()))
}

fn broken(reason: &str) -> TransportFault {
    fault(ProxyProblem::Broken, reason)
}
