use super::super::item::{Item, Kind};
use super::{BYTES, CONTACTS, newest};

fn item(number: usize, contact: usize, length: usize) -> Item {
    Item {
        id: number.to_string(),
        time_ms: number as u64,
        kind: Kind::Message,
        content_type: "text/plain".to_owned(),
        content: Some("x".repeat(length)),
        author: None,
        contact_id: contact.to_string().into(),
        receipts: Vec::new(),
        attachment: None,
    }
}

#[test]
fn the_oldest_contacts_are_left_out() {
    let items = (0..CONTACTS + 5).flat_map(|contact| [item(contact, contact, 1), item(contact, contact, 1)]);
    let kept = newest(items.collect());
    assert_eq!(kept.len(), 2 * CONTACTS);
    assert_eq!(kept[0].id, "5");
}

#[test]
fn the_oldest_bytes_are_left_out() {
    let kept = newest((0..12).map(|number| item(number, 0, BYTES / 10)).collect());
    assert_eq!(kept.len(), 10);
    assert_eq!(newest(Vec::new()), Vec::new());
}
