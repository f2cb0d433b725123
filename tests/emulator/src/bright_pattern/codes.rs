//! The server's own error codes, and the forms in which the wire tells them.

use serde_json::{Value, json};

use super::operation::Api;
use crate::io::HttpResponse;

/// An error code. The texts are the vendor's; statuses that it does not document are a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorCode {
    /// 1000.
    BadTenantUrl,
    /// 2000.
    NoAuthorization,
    /// 2001.
    AuthorizationFormat,
    /// 2002.
    AuthorizationScheme,
    /// 2003.
    NoAppId,
    /// 2004.
    NoClientId,
    /// 3000.
    BadAppId,
    /// 5000.
    ServerTimeout,
    /// 5001.
    NoServer,
    /// 5003.
    InvalidJson,
    /// 5004.
    ServerDisconnected,
    /// 5005.
    ChatNotFound,
    /// 5006.
    EntryNotFound,
    /// 5500.
    Internal,
    /// 5501.
    UploadTooLarge,
    /// 5502.
    FileNotFound,
    /// 5509.
    TooManyPolls,
    /// 5511.
    NoEvents,
    /// 5558.
    FileError,
    /// 5601.
    NoCase,
    /// 5602.
    CrmError,
    /// 5603.
    TooManyParameters,
    /// 5955.
    Unspecified,
}

/// Number, HTTP status, text.
type Row = (ErrorCode, u16, u16, &'static str);

const ROWS: [Row; 23] = [
    (ErrorCode::BadTenantUrl, 1000, 403, "Missing or invalid tenantUrl"),
    (ErrorCode::NoAuthorization, 2000, 403, "Authorization header is missing"),
    (ErrorCode::AuthorizationFormat, 2001, 403, "Authorization parameter format is incorrect"),
    (ErrorCode::AuthorizationScheme, 2002, 403, "Authorization scheme is incorrect"),
    (ErrorCode::NoAppId, 2003, 403, "Authorization parameter is missing: appId"),
    (ErrorCode::NoClientId, 2004, 403, "Authorization parameter is missing: clientId"),
    (ErrorCode::BadAppId, 3000, 403, "Missing or invalid application unique id"),
    (ErrorCode::ServerTimeout, 5000, 500, "Timeout - chat server takes too long to respond"),
    (ErrorCode::NoServer, 5001, 503, "No server is available to accept chat connection"),
    (ErrorCode::InvalidJson, 5003, 400, "Error decoding JSON request body"),
    (ErrorCode::ServerDisconnected, 5004, 500, "Chat server disconnected"),
    (ErrorCode::ChatNotFound, 5005, 404, "Chat session is not found"),
    (ErrorCode::EntryNotFound, 5006, 404, "Mobile Launch Point (application) is not found"),
    (ErrorCode::Internal, 5500, 500, "Internal server error"),
    (ErrorCode::UploadTooLarge, 5501, 400, "Upload size limit exceeded"),
    (ErrorCode::FileNotFound, 5502, 404, "File not found"),
    (ErrorCode::TooManyPolls, 5509, 429, "Too many concurrent poll requests for the same session"),
    (ErrorCode::NoEvents, 5511, 400, "No events"),
    (ErrorCode::FileError, 5558, 500, "No space left on device"),
    (ErrorCode::NoCase, 5601, 406, "No case is specified for this session."),
    (ErrorCode::CrmError, 5602, 500, "CRM server responded with error."),
    (ErrorCode::TooManyParameters, 5603, 406, "Too many parameters."),
    (ErrorCode::Unspecified, 5955, 500, "Unspecified server error"),
];

impl ErrorCode {
    /// Every code, by number.
    pub const ALL: [Self; 23] = {
        let mut all = [Self::BadTenantUrl; 23];
        let mut at = 0;
        while at < all.len() {
            all[at] = ROWS[at].0;
            at += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        ROWS.iter().find(|row| row.0 == self).unwrap_or(&ROWS[22])
    }

    /// The number that goes on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        self.row().1
    }

    /// The code of a number.
    #[must_use]
    pub fn of(number: u16) -> Option<Self> {
        ROWS.iter().find(|row| row.1 == number).map(|row| row.0)
    }

    /// The vendor's text.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.row().3
    }

    /// The HTTP status that goes with it. Version 1 has others for credentials and polls.
    #[must_use]
    pub fn status(self, api: Api) -> u16 {
        match (self, api) {
            (Self::TooManyPolls, Api::V1) => 400,
            (_, Api::V1) if (2000..3000).contains(&self.number()) => 401,
            _ => self.row().2,
        }
    }
}

/// Why a call is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    /// Instead of the one that goes with the code.
    pub(crate) status: Option<u16>,
    /// What is said behind the code's text.
    pub(crate) detail: Option<String>,
    /// Seconds for a `Retry-After` header.
    pub(crate) retry_after: Option<u32>,
}

impl From<ErrorCode> for Refusal {
    fn from(code: ErrorCode) -> Self {
        Self { code, status: None, detail: None, retry_after: None }
    }
}

impl Refusal {
    pub(crate) fn with_status(code: ErrorCode, status: u16) -> Self {
        Self { status: Some(status), ..Self::from(code) }
    }

    pub(crate) fn invalid_json(detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..Self::from(ErrorCode::InvalidJson) }
    }

    /// Writes it down in one of the forms seen.
    pub(crate) fn response(&self, api: Api, form: ErrorForm) -> HttpResponse {
        let status = self.status.unwrap_or_else(|| self.code.status(api));
        let number = self.code.number();
        let text = match &self.detail {
            Some(detail) => format!("{}: {detail}", self.code.text()),
            None => self.code.text().to_owned(),
        };
        let json = |value: Value| ("application/json", value.to_string());
        let code = number.to_string();
        let (content_type, body) = match form {
            ErrorForm::Json => json(json!({ "error_code": code, "error_message": text })),
            ErrorForm::Number => json(json!({ "error_code": number, "error_message": text })),
            ErrorForm::CodeOnly => json(json!({ "error_code": code })),
            ErrorForm::Extra => {
                json(json!({ "error_code": code, "error_message": text, "request_id": "r-19" }))
            }
            ErrorForm::Unknown => json(json!({ "error_code": "5777", "error_message": "Something new" })),
            ErrorForm::Nested => json(json!({ "error": { "code": code, "message": text } })),
            ErrorForm::Text => ("text/plain", text),
            ErrorForm::Html => ("text/html", page(status)),
            ErrorForm::Empty => ("application/json", String::new()),
        };
        let mut headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
        if let Some(seconds) = self.retry_after {
            headers.push(("Retry-After".to_owned(), seconds.to_string()));
        }
        HttpResponse { status, headers, body: body.into(), ..HttpResponse::default() }
    }
}

/// What a proxy in front of the servers answers.
pub(crate) fn page(status: u16) -> String {
    let title = match status {
        502 => "502 Bad Gateway".to_owned(),
        503 => "503 Service Temporarily Unavailable".to_owned(),
        504 => "504 Gateway Time-out".to_owned(),
        status => format!("{status} Error"),
    };
    format!("<html><head><title>{title}</title></head><body><center><h1>{title}</h1></center></body></html>")
}

/// How an error is written into the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorForm {
    /// The code as a text, and the message. What production does.
    #[default]
    Json,
    /// The code as a number, as older documents print it.
    Number,
    /// No message.
    CodeOnly,
    /// A member that nobody knows beside them.
    Extra,
    /// A code that nobody knows.
    Unknown,
    /// In another shape.
    Nested,
    /// Plain text.
    Text,
    /// A page from some proxy.
    Html,
    /// Nothing.
    Empty,
}

impl ErrorForm {
    /// Every form with its name on the command line.
    pub const ALL: [(&'static str, Self); 9] = [
        ("json", Self::Json),
        ("number", Self::Number),
        ("code-only", Self::CodeOnly),
        ("extra", Self::Extra),
        ("unknown", Self::Unknown),
        ("nested", Self::Nested),
        ("text", Self::Text),
        ("html", Self::Html),
        ("empty", Self::Empty),
    ];
}
