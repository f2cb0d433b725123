//! Requests in, answers out: routing, credentials, and everything that can befall an answer.

use serde_json::Value;

use super::errors::Refusal;
use super::faults::{EchoOrder, StatusRule};
use super::machine::Server;
use super::operation::Operation;
use super::tokens::TokenKind;
use super::validate::{Body, length};
use crate::chance::{status_for, strikes};
use crate::fate::{Fate, Perils};
use crate::io::{HttpRequest, HttpResponse, Output};

/// What a call has led to.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) body: Value,
    /// A frame for the caller's own sockets, whose order to the answer can be chosen.
    pub(super) echo: Option<(usize, String)>,
    /// What else follows, once the answer is on its way.
    pub(super) then: Then,
}

/// What follows an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Then {
    Nothing,
    /// The agent takes note of the newest item.
    React {
        chat: usize,
        position: usize,
    },
    /// The customer is in the chat without a socket.
    Present {
        chat: usize,
    },
    /// The customer does not want to authenticate.
    AuthenticationCancelled {
        chat: usize,
    },
    /// The chat is over.
    End {
        chat: usize,
    },
}

impl Done {
    /// An answer and nothing else.
    pub(super) const fn with(body: Value) -> Self {
        Self { body, echo: None, then: Then::Nothing }
    }
}

impl Server {
    pub(super) fn on_http(
        &mut self,
        now_ms: u64,
        exchange: u64,
        request: HttpRequest,
        out: &mut Vec<Output>,
    ) {
        let operation = Operation::of(&request.method, request.path());
        *self.stats.calls.entry(operation).or_default() += 1;
        if operation == Operation::Options {
            let response = self.dressed(HttpResponse { status: 204, ..HttpResponse::default() });
            out.push(Output::Answer { exchange, response });
            return;
        }
        let cut = operation == Operation::Upload && self.cuts_whole_upload(exchange);
        if cut || strikes(&mut self.config.faults.lost_requests, operation, &mut self.chaos) {
            self.stats.lost_answers += 1;
            out.push(Output::NoAnswer { exchange });
            return;
        }
        if let Some(rule) = status_for(&mut self.config.faults.statuses, operation) {
            let response = self.ruled(operation, &rule);
            self.answer(now_ms, now_ms, exchange, operation, response, out);
            return;
        }
        if operation.is_storage() {
            let response = self.storage(now_ms, operation, request);
            self.answer(now_ms, now_ms, exchange, operation, response, out);
            return;
        }
        if operation == Operation::SignIn {
            let (response, chat) = self.sign_in(&request);
            self.answer(now_ms, now_ms, exchange, operation, response, out);
            if let Some(chat) = chat {
                self.signed_in(now_ms, chat, out);
            }
            return;
        }
        match self.perform(now_ms, operation, &request) {
            Ok(done) => self.finish(now_ms, exchange, operation, done, out),
            Err(refusal) => {
                let response = refusal.response(self.config.faults.encoding);
                self.answer(now_ms, now_ms, exchange, operation, response, out);
            }
        }
    }

    /// The answer that a fault asks for.
    fn ruled(&mut self, operation: Operation, rule: &StatusRule) -> HttpResponse {
        let mut response = if operation.is_storage() {
            self.ruled_storage(rule)
        } else {
            let refusal = Refusal::of_status(rule.status);
            let refusal = if operation == Operation::StartChat { refusal.for_backend() } else { refusal };
            refusal.response(self.config.faults.encoding)
        };
        if let Some(seconds) = rule.retry_after {
            response.headers.push(("Retry-After".to_owned(), seconds.to_string()));
        }
        response
    }

    fn perform(&mut self, now_ms: u64, operation: Operation, request: &HttpRequest) -> Result<Done, Refusal> {
        if self.config.faults.throttle && !self.throttle.admits(operation, now_ms) {
            return Err(Refusal::throttled());
        }
        let kind = match operation {
            Operation::StartChat => {
                return self.start_chat_contact(now_ms, &request.body).map_err(Refusal::for_backend);
            }
            Operation::Unknown | Operation::Options => {
                return Err(Refusal::not_found(format!(
                    "No operation at {} {}",
                    request.method,
                    request.path()
                )));
            }
            Operation::CreateConnection => TokenKind::Participant,
            _ => TokenKind::Connection,
        };
        let bearer = request.header("X-Amz-Bearer").unwrap_or("");
        let member = match kind {
            TokenKind::Participant => "participantToken",
            TokenKind::Connection => "connectionToken",
        };
        length(member, bearer, 0, 1000)?;
        let chat = Some(bearer)
            .and_then(|bearer| self.tokens.check(bearer, kind, now_ms))
            .filter(|chat| !self.chats[*chat].ended)
            .ok_or_else(Refusal::access_denied)?;
        if operation == Operation::DescribeView {
            return self.describe_view(now_ms, chat, request.path());
        }
        let body = Body::parse(&request.body)?;
        match operation {
            Operation::CreateConnection => self.create_connection(now_ms, chat, &body),
            Operation::SendMessage => self.send_message(now_ms, chat, &body),
            Operation::SendEvent => self.send_event(now_ms, chat, &body),
            Operation::GetTranscript => self.get_transcript(chat, &body),
            Operation::StartUpload => self.start_upload(now_ms, chat, &body),
            Operation::CompleteUpload => self.complete_upload(now_ms, chat, &body),
            Operation::GetAttachment => self.get_attachment(now_ms, chat, &body),
            Operation::AuthenticationUrl => self.authentication_url(now_ms, chat, &body),
            Operation::CancelAuthentication => self.cancel_authentication(chat, &body),
            _ => {
                body.client_token()?;
                Ok(Done { then: Then::End { chat }, ..Done::with(serde_json::json!({})) })
            }
        }
    }

    /// Sends the answer and the echo in the order that is set, then whatever follows.
    fn finish(
        &mut self,
        now_ms: u64,
        exchange: u64,
        operation: Operation,
        done: Done,
        out: &mut Vec<Output>,
    ) {
        let response = HttpResponse {
            status: 200,
            headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
            body: done.body.to_string().into(),
            ..HttpResponse::default()
        };
        match (done.echo, self.config.faults.echo) {
            (Some((chat, frame)), EchoOrder::Before { gap_ms }) => {
                self.broadcast(now_ms, now_ms, chat, &frame, out);
                let last = self.chats[chat].sockets.iter().map(|socket| self.drained_ms(*socket));
                let earliest = last.max().unwrap_or(0).max(now_ms) + gap_ms;
                self.answer(now_ms, earliest, exchange, operation, response, out);
            }
            (echo, order) => {
                let answered = self.answer(now_ms, now_ms, exchange, operation, response, out);
                match (echo, order) {
                    (None, _) | (_, EchoOrder::Before { .. }) => {}
                    (Some(_), EchoOrder::Never) => self.stats.frames_withheld += 1,
                    (Some((chat, frame)), EchoOrder::Natural) => {
                        self.broadcast(now_ms, now_ms, chat, &frame, out);
                    }
                    (Some((chat, frame)), EchoOrder::After { gap_ms }) => {
                        self.broadcast(now_ms, answered + gap_ms, chat, &frame, out);
                    }
                }
            }
        }
        match done.then {
            Then::Nothing => {}
            Then::React { chat, position } => self.react(now_ms, chat, position),
            Then::Present { chat } => self.on_customer_present(now_ms, chat, out),
            Then::AuthenticationCancelled { chat } => self.on_authentication_cancelled(now_ms, chat, out),
            Then::End { chat } => self.end(now_ms, chat, out),
        }
    }

    /// Sends an answer, unless it gets lost; says when it leaves.
    fn answer(
        &mut self,
        now_ms: u64,
        earliest_ms: u64,
        exchange: u64,
        operation: Operation,
        response: HttpResponse,
        out: &mut Vec<Output>,
    ) -> u64 {
        let response = self.dressed(response);
        let faults = &mut self.config.faults;
        let delay = faults.answer_delay.map_or(0, |span| span.draw(&mut self.chaos));
        let more = faults.storage_delay.filter(|_| operation.is_storage());
        let due_ms = earliest_ms + delay + more.map_or(0, |span| span.draw(&mut self.chaos));
        let perils = Perils {
            lost: &mut faults.lost_answers,
            garbage: &mut faults.garbage_answers,
            hang: &mut faults.hang,
            cut_half: &mut faults.cut_half,
        };
        let status = response.status;
        let is_upload = operation == Operation::Upload;
        let (output, fate) = perils.befall(operation, is_upload, exchange, response, &mut self.chaos);
        match fate {
            Fate::Lost => self.stats.lost_answers += 1,
            Fate::Hung => self.stats.hung += 1,
            Fate::Arrives | Fate::Garbled | Fate::Cut => {
                *self.stats.answers.entry(status).or_default() += 1;
                self.stats.cut_halves += u64::from(fate == Fate::Cut);
            }
        }
        self.emit(now_ms, due_ms, output, out);
        due_ms
    }

    /// Adds what every answer bears.
    fn dressed(&mut self, mut response: HttpResponse) -> HttpResponse {
        const CORS: [(&str, &str); 4] = [
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Methods", "GET, POST, PUT, OPTIONS"),
            (
                "Access-Control-Allow-Headers",
                "authorization, content-type, x-amz-bearer, x-amz-content-sha256, x-amz-date, \
                 x-amz-user-agent, amz-sdk-invocation-id, amz-sdk-request, content-disposition, \
                 x-amz-acl, x-amz-meta-contact_id, x-amz-meta-initial_contact_id, \
                 x-amz-meta-account_id, x-amz-meta-organization_id",
            ),
            ("Access-Control-Expose-Headers", "x-amzn-errortype, x-amzn-requestid"),
        ];
        let cors = CORS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        response.headers.extend(cors);
        response.headers.push(("x-amzn-RequestId".to_owned(), self.ids.uuid()));
        response
    }
}

impl HttpRequest {
    /// A POST of a JSON text with a bearer token, as every client makes them.
    #[must_use]
    pub fn post(target: &str, bearer: &str, body: &str) -> Self {
        Self {
            method: "POST".to_owned(),
            target: target.to_owned(),
            headers: vec![
                ("Content-Type".to_owned(), "application/json".to_owned()),
                ("X-Amz-Bearer".to_owned(), bearer.to_owned()),
            ],
            body: body.as_bytes().to_vec(),
        }
    }
}
