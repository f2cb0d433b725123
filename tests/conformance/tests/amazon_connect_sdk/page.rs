//! The page has a row for each item, and each row names a counterpart.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::items;

const LISTS: [&[&str]; 7] = [
    items::CONFIGURATION,
    items::OVERRIDES,
    items::METHODS,
    items::CALLBACKS,
    items::DATA,
    items::CONTENT_TYPES,
    items::DIFFERENCES,
];

/// The rows of all tables: the first cell, and the ones behind it.
fn rows(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect();
        let is_head = cells[0] == "SDK" || cells[0].chars().all(|sign| sign == '-');
        if !is_head {
            let twice = rows.insert(cells[0].clone(), cells[1..].to_vec());
            assert_eq!(twice, None, "{} has two rows", cells[0]);
        }
    }
    rows
}

fn page(name: &str) -> String {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/src/dialect/amazon_connect");
    fs::read_to_string(home.join(name)).expect("the page")
}

#[test]
fn the_page_has_a_row_for_each_item_and_no_other() {
    let mut rows = rows(&page("sdk.md"));
    for item in LISTS.concat() {
        let cells = rows.remove(item).unwrap_or_else(|| panic!("{item} has no row"));
        assert!(cells.len() == 2 && !cells[0].is_empty(), "{item} has no counterpart: {cells:?}");
    }
    assert!(rows.is_empty(), "rows for nothing that is listed: {:?}", rows.keys());
}

#[test]
fn the_page_names_a_handle_for_each_method() {
    let rows = rows(&page("sdk_handles.md"));
    for method in items::METHODS.iter().filter(|item| item.starts_with("ChatSession.")) {
        assert!(rows.get(*method).is_some_and(|cells| !cells[0].is_empty()), "{method}");
    }
}
