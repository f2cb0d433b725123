use super::*;

const PLAIN: &str = "socks5h://proxy.example";
const OURS: &str = "socks5h://Aladdin:sesame@proxy.example:9050";

const GREETED: &[u8] = &[5, 0];
const ASKED: &[u8] = &[5, 2];
const WELCOME: &[u8] = &[1, 0];
const REPLY: &[u8] = &[5, 0, 0, 1, 10, 0, 0, 1, 0x1f, 0x90];

#[test]
fn a_name_is_given_to_the_proxy_and_what_follows_is_not_read() {
    let said = [GREETED, REPLY, b"tunnel"].concat();
    for size in [1, 2, 3, 512] {
        let (written, outcome) = say(&proxy(PLAIN), "chat.example", &said, size);
        assert_eq!(written, [&[5, 1, 0, 5, 1, 0, 3, 12][..], b"chat.example", &[1, 187]].concat());
        assert_eq!(outcome, Ok(6), "in pieces of {size}");
    }
}

#[test]
fn an_address_is_given_as_one() {
    let said = [GREETED, REPLY].concat();
    let (written, _) = say(&proxy(PLAIN), "192.0.2.1", &said, 512);
    assert_eq!(written[3..], [5, 1, 0, 1, 192, 0, 2, 1, 1, 187]);
    let (written, _) = say(&proxy(PLAIN), "2001:db8::1", &said, 512);
    assert_eq!(written[3..7], [5, 1, 0, 4]);
    assert_eq!(written.len(), 3 + 4 + 16 + 2);
}

#[test]
fn the_bound_address_may_be_of_any_kind() {
    let ipv6 = [&[5, 0, 0, 4][..], &[0; 18]].concat();
    let name = [&[5, 0, 0, 3, 4][..], b"name", &[0, 80]].concat();
    let empty = vec![5, 0, 0, 3, 0, 0, 80];
    for reply in [ipv6, name, empty] {
        let said = [GREETED, &reply, b"x"].concat();
        assert_eq!(say(&proxy(PLAIN), "a", &said, 512).1, Ok(1), "{reply:?}");
    }
}

#[test]
fn credentials_are_given_where_the_proxy_asks_for_them() {
    let (written, outcome) = say(&proxy(OURS), "a", &[ASKED, WELCOME, REPLY].concat(), 1);
    let introduction = [&[1, 7][..], b"Aladdin", &[6], b"sesame"].concat();
    assert_eq!(written, [&[5, 2, 0, 2][..], &introduction, &[5, 1, 0, 3, 1, b'a', 1, 187]].concat());
    assert_eq!(outcome, Ok(0));
    let (written, outcome) = say(&proxy(OURS), "a", &[GREETED, REPLY].concat(), 512);
    assert!(!written.windows(6).any(|window| window == b"sesame"), "nobody asked");
    assert_eq!(outcome, Ok(0));
}

#[test]
fn a_refusal_says_of_what_sort_it_is() {
    let cases: [(&str, &[u8], ProxyProblem); 8] = [
        (PLAIN, &[5, 255], ProxyProblem::Credentials),
        (OURS, &[5, 255], ProxyProblem::Credentials),
        (OURS, &[5, 2, 1, 1], ProxyProblem::Credentials),
        (PLAIN, &[5, 0, 5, 2, 0, 1, 0], ProxyProblem::Refused),
        (PLAIN, &[5, 0, 5, 4, 0, 1, 0], ProxyProblem::Refused),
        (PLAIN, &[5, 0, 5, 99, 0, 1, 0], ProxyProblem::Refused),
        (PLAIN, &[5, 2], ProxyProblem::Broken),
        (PLAIN, &[5, 0, 5, 0, 0, 9, 0], ProxyProblem::Broken),
    ];
    for (address, said, expected) in cases {
        let fault = say(&proxy(address), "a", said, 512).1.unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("sesame"), "{fault:?}");
        assert_eq!(problem(Err(fault)), expected, "{said:?}");
    }
}

#[test]
fn what_is_no_answer_of_a_proxy_is_a_fault() {
    for said in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &[4, 0], &[5, 0, 4, 0, 0, 1, 0], &[5], &[]] {
        assert_eq!(problem(say(&proxy(PLAIN), "a", said, 512).1), ProxyProblem::Broken, "{said:?}");
    }
}

#[test]
fn a_name_that_is_too_long_is_not_asked_for() {
    let name = "a".repeat(256);
    assert_eq!(problem(say(&proxy(PLAIN), &name, GREETED, 512).1), ProxyProblem::Refused);
}

#[test]
fn whatever_a_proxy_says_the_handshake_comes_to_an_end() {
    // Every short answer there is, of the bytes that mean something.
    let bytes = [0_u8, 1, 2, 3, 4, 5, 255];
    let mut said = vec![Vec::new()];
    for _ in 0..5 {
        said = said.iter().flat_map(|before| bytes.map(|byte| [&before[..], &[byte]].concat())).collect();
        for answer in &said {
            for address in [PLAIN, OURS] {
                let (written, outcome) = say(&proxy(address), "a", answer, 2);
                assert!(written.len() < 64);
                assert!(outcome.is_err(), "{answer:?} is no whole answer");
            }
        }
    }
}
