//! Files over real connections: their way up and down, at any pace, whole or not.

use std::time::{Duration, Instant};

use helpline_emulator::amazon_connect::{AgentAction, ServerConfig};
use helpline_emulator::loopback::Loopback;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(20);

/// What came back on a connection until it ended: the head, and as much of the body as there was.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status")
    }

    fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

/// One request on a connection of its own; `None` if nothing came back at all.
async fn exchange(host: &Loopback, head: &str, body: &[u8]) -> Option<Answer> {
    let stream = TcpStream::connect(("127.0.0.1", host.port())).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let head =
        format!("{head}\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let body = body.to_vec();
    // A server that has had enough stops reading.
    let sending = tokio::spawn(async move {
        let _ = writing.write_all(head.as_bytes()).await;
        let _ = writing.write_all(&body).await;
        writing
    });
    let mut got = Vec::new();
    let _ = timeout(SOON, reading.read_to_end(&mut got)).await.expect("an end in time");
    sending.abort();
    let at = got.windows(4).position(|four| four == b"\r\n\r\n")?;
    let body = got.split_off(at + 4);
    Some(Answer { head: String::from_utf8(got).unwrap(), body })
}

/// A chat, and what its customer does.
struct Customer {
    host: Loopback,
    token: String,
}

impl Customer {
    async fn new(faults: &[&str]) -> Self {
        let mut config = ServerConfig::default();
        for fault in faults {
            config.faults.set(fault).unwrap();
        }
        let host = Loopback::start(config).await.unwrap();
        let chat = host.start_chat("Ines");
        let mut customer = Self { host, token: chat.participant_token };
        let answer = customer.call("connection", json!({ "Type": ["CONNECTION_CREDENTIALS"] })).await;
        answer["ConnectionCredentials"]["ConnectionToken"].as_str().unwrap().clone_into(&mut customer.token);
        customer
    }

    async fn call(&self, operation: &str, body: Value) -> Value {
        let head = format!("POST /participant/{operation} HTTP/1.1\r\nX-Amz-Bearer: {}", self.token);
        let answer = exchange(&self.host, &head, body.to_string().as_bytes()).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.json());
        answer.json()
    }

    /// The id of an announced upload, and the head of its PUT.
    async fn announce(&self, size: usize) -> (String, String) {
        let body = json!({
            "AttachmentName": "film.mp4",
            "ContentType": "video/mp4",
            "AttachmentSizeInBytes": size,
        });
        let answer = self.call("start-attachment-upload", body).await;
        let upload = &answer["UploadMetadata"];
        let url = upload["Url"].as_str().unwrap();
        let mut head = format!("PUT {} HTTP/1.1", url.strip_prefix(&self.host.endpoint()).unwrap());
        for (name, value) in upload["HeadersToInclude"].as_object().unwrap() {
            if name != "Content-Length" {
                head = format!("{head}\r\n{name}: {}", value.as_str().unwrap());
            }
        }
        (answer["AttachmentId"].as_str().unwrap().to_owned(), head)
    }

    async fn upload(&self, bytes: &[u8]) -> String {
        let (id, head) = self.announce(bytes.len()).await;
        let answer = exchange(&self.host, &head, bytes).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.header("ETag").is_some());
        self.call("complete-attachment-upload", json!({ "AttachmentIds": [id] })).await;
        id
    }

    async fn download(&self, id: &str) -> Option<Answer> {
        let answer = self.call("attachment", json!({ "AttachmentId": id })).await;
        let url = answer["Url"].as_str().unwrap();
        let head = format!("GET {} HTTP/1.1", url.strip_prefix(&self.host.endpoint()).unwrap());
        exchange(&self.host, &head, b"").await
    }

    fn stored(&self, id: &str) -> Option<usize> {
        self.host.with(|server, _, _| server.attachment_bytes(id).map(|bytes| bytes.len()))
    }
}

/// Bytes of which no two stretches are alike.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

#[tokio::test]
async fn the_largest_file_goes_up_and_comes_down_whole() {
    let customer = Customer::new(&[]).await;
    let file = bytes(20 * 1024 * 1024);
    let id = customer.upload(&file).await;
    let answer = customer.download(&id).await.unwrap();
    assert_eq!(answer.header("Content-Length"), Some("20971520"));
    assert_eq!(answer.header("Content-Type"), Some("video/mp4"));
    assert!(answer.body == file, "the bytes are the same");
}

#[tokio::test]
async fn a_file_of_the_agent_comes_down() {
    let customer = Customer::new(&[]).await;
    let chat = customer.host.start_chat("Noor");
    customer.host.with(|server, now, out| {
        let action = AgentAction::SendAttachment {
            name: "label.png".to_owned(),
            content_type: "image/png".to_owned(),
            bytes: bytes(1000).into(),
        };
        server.agent(now, &chat.contact_id, action, out);
    });
    let entries = customer.host.with(|server, _, _| server.transcript(&chat.contact_id));
    let entry = entries[0].attachment.clone().unwrap();
    assert_eq!(customer.stored(&entry.id), Some(1000));
}

#[tokio::test]
async fn a_large_body_is_for_files_only() {
    let customer = Customer::new(&[]).await;
    let head = format!("POST /participant/message HTTP/1.1\r\nX-Amz-Bearer: {}", customer.token);
    let answer = exchange(&customer.host, &head, &bytes(2 << 20)).await;
    assert!(answer.is_none_or(|answer| answer.status() == 413));
}

#[tokio::test]
async fn a_download_is_cut_half_way() {
    let customer = Customer::new(&["cut-half=next:1,op=download"]).await;
    let file = bytes(400_000);
    let id = customer.upload(&file).await;
    let cut = customer.download(&id).await.unwrap();
    assert_eq!(cut.header("Content-Length"), Some("400000"), "the length is told in full");
    assert!(cut.body == file[..200_000], "{} bytes", cut.body.len());
    let whole = customer.download(&id).await.unwrap();
    assert!(whole.body == file);
}

#[tokio::test]
async fn an_upload_is_cut_half_way() {
    let customer = Customer::new(&["cut-half=next:1,op=upload"]).await;
    let file = bytes(4_000_000);
    let (id, head) = customer.announce(file.len()).await;
    assert!(exchange(&customer.host, &head, &file).await.is_none(), "no answer");
    assert_eq!(customer.stored(&id), None);
    assert_eq!(
        exchange(&customer.host, &head, &file).await.unwrap().status(),
        200,
        "the second time it goes"
    );
    assert_eq!(customer.stored(&id), Some(4_000_000));
    assert_eq!(customer.host.with(|server, _, _| server.stats().cut_halves), 1);
}

#[tokio::test]
async fn files_go_up_and_down_at_the_pace_that_is_set() {
    let customer = Customer::new(&["storage-pace=200000"]).await;
    let file = bytes(100_000);
    let began = Instant::now();
    let id = customer.upload(&file).await;
    let up = began.elapsed();
    let began = Instant::now();
    let answer = customer.download(&id).await.unwrap();
    let down = began.elapsed();
    assert!(answer.body == file);
    for took in [up, down] {
        assert!(took >= Duration::from_millis(400), "{took:?}");
        assert!(took < Duration::from_secs(10), "{took:?}");
    }
}

#[tokio::test]
async fn the_storage_answers_with_an_error_or_not_at_all() {
    let customer = Customer::new(&["status=403,op=upload,times=1", "lost-answer=next:1,op=download"]).await;
    let (_, head) = customer.announce(3).await;
    let refused = exchange(&customer.host, &head, b"abc").await.unwrap();
    assert_eq!((refused.status(), refused.header("Content-Type")), (403, Some("application/xml")));
    assert!(String::from_utf8(refused.body).unwrap().contains("<Code>SignatureDoesNotMatch</Code>"));
    let id = customer.upload(b"abc").await;
    assert!(customer.download(&id).await.is_none());
    assert_eq!(customer.download(&id).await.unwrap().body, b"abc");
}

#[tokio::test]
async fn any_answer_can_be_cut_half_way() {
    let customer = Customer::new(&["cut-half=next:1,op=transcript"]).await;
    let head = format!("POST /participant/transcript HTTP/1.1\r\nX-Amz-Bearer: {}", customer.token);
    let cut = exchange(&customer.host, &head, b"{}").await.unwrap();
    let length: usize = cut.header("Content-Length").unwrap().parse().unwrap();
    assert_eq!((cut.status(), cut.body.len()), (200, length / 2));
}
