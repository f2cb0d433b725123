//! Refusals, and the forms in which the wire tells them.

use serde_json::{Value, json};

use crate::io::HttpResponse;

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) name: &'static str,
    pub(crate) message: String,
    /// Members beside the message; a shape that has them writes `Message` with a capital.
    pub(crate) members: Vec<(&'static str, String)>,
}

impl Refusal {
    fn new(status: u16, name: &'static str, message: impl Into<String>) -> Self {
        Self { status, name, message: message.into(), members: Vec::new() }
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationException", message)
    }

    /// The text that production gives for parameters that contradict each other.
    pub(crate) fn invalid_parameter() -> Self {
        Self::validation("Validation exception due to invalid parameter")
    }

    pub(crate) fn access_denied() -> Self {
        Self::new(403, "AccessDeniedException", "Access denied")
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(404, "ResourceNotFoundException", message)
    }

    /// The same with what was looked for.
    pub(crate) fn resource_not_found(message: &str, id: String, kind: &str) -> Self {
        let members = vec![("ResourceId", id), ("ResourceType", kind.to_owned())];
        Self { members, ..Self::not_found(message) }
    }

    pub(crate) fn quota(message: &str) -> Self {
        Self::new(402, "ServiceQuotaExceededException", message)
    }

    /// As the service for backends names it.
    pub(crate) fn for_backend(self) -> Self {
        match self.name {
            "ValidationException" => Self { name: "InvalidRequestException", ..self },
            "InternalServerException" => Self { name: "InternalServiceException", ..self },
            _ => self,
        }
    }

    pub(crate) fn conflict() -> Self {
        Self::new(409, "ConflictException", "Operation can not be performed due to the state of the contact.")
    }

    pub(crate) fn throttled() -> Self {
        Self::new(429, "ThrottlingException", "Rate exceeded")
    }

    /// The refusal that goes with a status which a fault asks for.
    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            400 => Self::validation("Content too long"),
            402 => Self::quota("Quota exceeded"),
            403 => Self::access_denied(),
            404 => Self::not_found("Not found"),
            409 => Self::conflict(),
            429 => Self::throttled(),
            500 => Self::new(500, "InternalServerException", "Internal error"),
            503 => Self::new(503, "ServiceUnavailableException", "Service unavailable"),
            other => Self::new(other, "UnknownException", "Unexpected"),
        }
    }

    /// Writes it down in one of the forms seen.
    pub(crate) fn response(&self, encoding: ErrorEncoding) -> HttpResponse {
        let json = |value: Value| ("application/json", self.complete(value).to_string());
        let mut error_type = None;
        let (content_type, body) = match encoding {
            ErrorEncoding::Header => {
                error_type = Some(self.name.to_owned());
                json(json!({ "message": self.message }))
            }
            ErrorEncoding::HeaderWithUri => {
                error_type = Some(format!("{}:http://internal.example/coral/", self.name));
                json(json!({ "message": self.message }))
            }
            ErrorEncoding::TypeInBody => json(json!({
                "__type": format!("com.amazonaws.connectparticipant#{}", self.name),
                "message": self.message,
            })),
            ErrorEncoding::CodeInBody => json(json!({ "code": self.name, "Message": self.message })),
            ErrorEncoding::Untyped => json(json!({ "message": self.message })),
            ErrorEncoding::NullMessage => {
                error_type = Some(self.name.to_owned());
                json(json!({ "message": null }))
            }
            ErrorEncoding::Empty => ("application/json", String::new()),
            ErrorEncoding::Html => {
                ("text/html", format!("<html><body><h1>{} Bad Gateway</h1></body></html>", self.status))
            }
        };
        let mut headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        if let Some(name) = error_type {
            headers.push(("x-amzn-ErrorType".to_owned(), name));
        }
        HttpResponse { status: self.status, headers, body: body.into(), ..HttpResponse::default() }
    }

    /// Adds the members beside the message, and writes that as their shape has it.
    fn complete(&self, mut body: Value) -> Value {
        if let (false, Value::Object(body)) = (self.members.is_empty(), &mut body) {
            if let Some(message) = body.remove("message") {
                body.insert("Message".to_owned(), message);
            }
            body.extend(self.members.iter().map(|(name, value)| ((*name).to_owned(), value.clone().into())));
        }
        body
    }
}

/// How an error is written into the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorEncoding {
    /// Header `x-amzn-ErrorType: Name`, body `{"message"}`. What production does.
    #[default]
    Header,
    /// The same with `:` and an address after the name.
    HeaderWithUri,
    /// No header; the body has `__type` with a namespace before `#`.
    TypeInBody,
    /// No header; the body has `code` and a capital `Message`.
    CodeInBody,
    /// No name anywhere.
    Untyped,
    /// The header, and a null message.
    NullMessage,
    /// No header, no body.
    Empty,
    /// A page from some proxy.
    Html,
}

impl ErrorEncoding {
    /// Every form with its name on the command line.
    pub const ALL: [(&'static str, Self); 8] = [
        ("header", Self::Header),
        ("header-uri", Self::HeaderWithUri),
        ("type", Self::TypeInBody),
        ("code", Self::CodeInBody),
        ("untyped", Self::Untyped),
        ("null", Self::NullMessage),
        ("empty", Self::Empty),
        ("html", Self::Html),
    ];
}
