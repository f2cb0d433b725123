//! The page has a row for each item, and each row names a counterpart.

use helpline_conformance::sdk::{hold_to, page, rows_of};

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

#[test]
fn the_page_has_a_row_for_each_item_and_no_other() {
    hold_to(&page("amazon_connect/sdk.md").expect("the page"), &LISTS.concat());
}

#[test]
fn the_page_names_a_handle_for_each_method() {
    let rows = rows_of(&page("amazon_connect/sdk_handles.md").expect("the page"));
    for method in items::METHODS.iter().filter(|item| item.starts_with("ChatSession.")) {
        assert!(rows.get(*method).is_some_and(|cells| !cells[0].is_empty()), "{method}");
    }
}
