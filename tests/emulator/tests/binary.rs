//! The program: its first line, its end, its complaints.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_helpline-emulator"))
}

#[test]
fn the_first_line_is_one_json_object() {
    let mut child = program()
        .args(["amazon-connect", "--name", "Noor", "--scan", "reject:50", "--fault", "answer-delay=5..10"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let details: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(details["provider"], "amazon-connect");
    for name in ["endpoint", "contact_id", "participant_id", "participant_token"] {
        assert!(details[name].is_string(), "{name}");
    }
    let address = details["endpoint"].as_str().unwrap().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(address).is_ok(), "it serves");
    assert!(child.try_wait().unwrap().is_none(), "the end of its input is no reason to stop");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn with_tls_a_client_that_believes_the_authority_is_served() {
    let path = std::env::temp_dir().join(format!("helpline-authority-{}.pem", std::process::id()));
    let mut child = program()
        .args(["amazon-connect", "--tls"])
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let details: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(details["authority"], path.display().to_string());
    let address = details["endpoint"].as_str().unwrap().strip_prefix("https://").unwrap().to_owned();

    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(&path).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    stream
        .write_all(b"POST /participant/connection HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
        .unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403");
    child.kill().unwrap();
    child.wait().unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn the_first_line_tells_what_a_client_of_bright_pattern_needs() {
    let mut child = program()
        .args(["bright-pattern", "--port", "0", "--story", "lost-poll-response", "--fault", "lost-poll=1/10"])
        .args(["--tenant", "shop.example", "--app-id", "app-7", "--hold", "200..300"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let details: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(details["provider"], "bright-pattern");
    assert_eq!((&details["tenant"], &details["app_id"]), (&"shop.example".into(), &"app-7".into()));
    assert!(details["client_id"].is_string());
    let address = details["endpoint"].as_str().unwrap().trim_start_matches("http://").to_owned();
    assert!(TcpStream::connect(address).is_ok(), "it serves");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn bad_usage_is_told_and_ends_with_two() {
    for arguments in [
        vec!["amazon-connect", "--fault", "nonsense"],
        vec!["amazon-connect", "--fault", "status=200"],
        vec!["amazon-connect", "--rate", "fast"],
        vec!["amazon-connect", "--agent", "clever"],
        vec!["amazon-connect", "--scan", "sometimes"],
        vec!["amazon-connect", "--scan", "reject:soon"],
        vec!["amazon-connect", "--certificate", "expired"],
        vec!["bright-pattern", "--fault", "malformed=elsewhere"],
        vec!["bright-pattern", "--hold", "9..1"],
        vec!["bright-pattern", "--story", "elsewhere"],
        vec!["bright-pattern", "--story", "inactivity", "--agent", "echo"],
        vec!["bright-pattern", "--certificate", "expired"],
        vec!["elsewhere"],
        vec![],
    ] {
        let output = program().args(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn every_fault_is_in_the_help() {
    let output = program().args(["amazon-connect", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for name in ["drop-after", "lost-answer", "end-while-away", "throttle", "echo=before"] {
        assert!(help.contains(name), "{name}");
    }
    let output = program().args(["bright-pattern", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for name in ["lost-poll", "refused-poll", "malformed", "times=FORM", "two-chats-one-process", "silent"] {
        assert!(help.contains(name), "{name}");
    }
}
