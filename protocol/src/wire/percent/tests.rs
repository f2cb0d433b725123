use super::*;

#[test]
fn what_means_something_in_an_address_is_escaped() {
    for (text, escaped) in [
        ("acme.example-1_~", "acme.example-1_~"),
        ("a/b?c#d&e=f%g h", "a%2Fb%3Fc%23d%26e%3Df%25g%20h"),
        ("é\u{0}\"+", "%C3%A9%00%22%2B"),
        ("", ""),
    ] {
        let mut address = "/".to_owned();
        escape(text, &mut address);
        assert_eq!(address, format!("/{escaped}"));
    }
}
