use super::*;

fn pin(byte: u8) -> Pin {
    Pin::from_sha256([byte; 32])
}

#[test]
fn without_pins_any_key_will_do() {
    assert!(Pins::new().allow("host.example", pin(1)));
}

#[test]
fn any_of_several_pins_will_do() {
    let mut pins = Pins::new();
    pins.add(None, pin(1));
    pins.add(None, pin(2));
    assert!(pins.allow("host.example", pin(1)) && pins.allow("host.example", pin(2)));
    assert!(!pins.allow("host.example", pin(3)));
}

#[test]
fn a_host_with_pins_of_its_own_has_these_and_no_others() {
    let mut pins = Pins::new();
    pins.add(None, pin(1));
    pins.add(Some("Chat.example"), pin(2));
    pins.add(Some("*.storage.example"), pin(3));
    assert!(pins.allow("chat.EXAMPLE", pin(2)) && !pins.allow("chat.example", pin(1)));
    assert!(pins.allow("a.storage.example", pin(3)) && pins.allow("b.c.storage.example", pin(3)));
    assert!(!pins.allow("a.storage.example", pin(1)));
    assert!(pins.allow("storage.example", pin(1)), "the name itself is none below it");
    assert!(pins.allow("xstorage.example", pin(1)) && !pins.allow("xstorage.example", pin(3)));
}

#[test]
fn where_only_others_are_pinned_any_key_will_do() {
    let mut pins = Pins::new();
    pins.add(Some("chat.example"), pin(1));
    assert!(pins.allow("storage.example", pin(9)));
    assert!(!pins.allow("chat.example", pin(9)));
}
