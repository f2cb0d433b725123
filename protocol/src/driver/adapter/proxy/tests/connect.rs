use super::*;

const PLAIN: &str = "http://proxy.example:3128";
const OURS: &str = "http://Aladdin:open%20sesame@proxy.example:3128";

#[test]
fn a_tunnel_is_asked_for_by_name_and_stands_after_the_head() {
    let answer = b"HTTP/1.1 200 Connection established\r\nvia: squid\r\n\r\n";
    for size in [1, 2, 7, 512] {
        let (written, outcome) = say(&proxy(PLAIN), "chat.example", answer, size);
        assert_eq!(
            String::from_utf8(written).unwrap(),
            "CONNECT chat.example:443 HTTP/1.1\r\nhost: chat.example:443\r\n\r\n"
        );
        assert_eq!(outcome, Ok(0), "in pieces of {size}");
    }
}

#[test]
fn credentials_are_basic() {
    let (written, outcome) = say(&proxy(OURS), "chat.example", b"HTTP/1.0 200 OK\r\n\r\n", 512);
    let written = String::from_utf8(written).unwrap();
    assert!(
        written.ends_with("\r\nproxy-authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n"),
        "{written}"
    );
    assert_eq!(outcome, Ok(0));
}

#[test]
fn an_address_of_ipv6_is_asked_for_in_brackets() {
    let (written, _) = say(&proxy(PLAIN), "2001:db8::1", b"HTTP/1.1 200 OK\r\n\r\n", 512);
    assert!(written.starts_with(b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\nhost: [2001:db8::1]:443\r\n"));
}

#[test]
fn a_refusal_says_of_what_sort_it_is_and_nothing_of_the_credentials() {
    let cases = [
        (PLAIN, "407 Proxy Authentication Required", ProxyProblem::Credentials, "it wants some"),
        (OURS, "407 Nope", ProxyProblem::Credentials, "it does not take those given"),
        (OURS, "403 Forbidden", ProxyProblem::Refused, "status 403"),
        (OURS, "302 Found", ProxyProblem::Refused, "status 302"),
        (OURS, "502 Bad Gateway", ProxyProblem::Refused, "status 502"),
        (OURS, "100 Continue", ProxyProblem::Refused, "status 100"),
    ];
    for (address, status, expected, words) in cases {
        let answer = format!("HTTP/1.1 {status}\r\nproxy-authenticate: Basic realm=\"x\"\r\n\r\n");
        let fault = say(&proxy(address), "chat.example", answer.as_bytes(), 9).1.unwrap_err();
        assert_eq!(fault, super::fault(expected, words), "{status}");
        let shown = format!("{fault} {fault:?}");
        assert!(!shown.contains("sesame") && !shown.contains("QWxh"), "{shown}");
    }
}

#[test]
fn a_proxy_that_wants_other_credentials_is_told_apart() {
    let answer = b"HTTP/1.1 407 No\r\nproxy-authenticate: NTLM\r\n\r\n";
    let fault = say(&proxy(OURS), "chat.example", answer, 512).1.unwrap_err();
    assert!(fault.to_string().ends_with("by NTLM: only Basic is known here"), "{fault}");
}

#[test]
fn what_is_no_answer_of_a_proxy_is_a_fault() {
    let cases: [&[u8]; 5] = [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\x05\x00\x00\x01",
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\nand more",
        b"HTTP/1.1 200 OK\r\nx: 1\r\n",
    ];
    for answer in cases {
        assert_eq!(problem(say(&proxy(PLAIN), "a", answer, 512).1), ProxyProblem::Broken, "{answer:?}");
    }
}

#[test]
fn a_head_without_end_is_given_up_at_its_limit() {
    let mut answer = b"HTTP/1.1 200 OK\r\nx: ".to_vec();
    answer.resize(1_000_000, b'x');
    let mut handshake = Handshake::new(&proxy(PLAIN), "a", 1).unwrap();
    let mut given = 0;
    let fault = loop {
        let piece = &answer[given..given + handshake.wanted().min(512)];
        given += piece.len();
        if let Err(fault) = handshake.receive(piece) {
            break fault;
        }
    };
    assert_eq!(given, 16 * 1024);
    assert_eq!(problem(Err(fault)), ProxyProblem::Broken);
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(65));
    assert_eq!(problem(say(&proxy(PLAIN), "a", many.as_bytes(), 512).1), ProxyProblem::Broken);
}
