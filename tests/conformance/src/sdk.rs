//! Pages that go through a vendor's SDK item by item, and tests that put every item to use.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::catch_unwind;
use std::path::Path;
use std::{fs, io};

/// An item of an SDK, and what shows that its counterpart works.
pub type Row = (&'static str, fn());

/// Puts every item to use, and tells of all that fail.
///
/// # Panics
/// When items and rows are not the same, one is there twice, or a row fails.
pub fn exercise(items: &[&str], rows: &[&[Row]]) {
    let rows: Vec<Row> = rows.concat();
    let named: BTreeSet<&str> = rows.iter().map(|(item, _)| *item).collect();
    assert_eq!(named.len(), rows.len(), "an item with two exercises");
    let listed: BTreeSet<&str> = items.iter().copied().collect();
    assert_eq!(listed.len(), items.len(), "an item that is listed twice");
    let without: Vec<_> = listed.difference(&named).collect();
    assert!(without.is_empty(), "items without an exercise: {without:#?}");
    let unlisted: Vec<_> = named.difference(&listed).collect();
    assert!(unlisted.is_empty(), "exercises of nothing that is listed: {unlisted:#?}");
    let failed: Vec<_> = rows.iter().filter(|(_, run)| catch_unwind(run).is_err()).collect();
    let failed: Vec<_> = failed.iter().map(|(item, _)| item).collect();
    assert!(failed.is_empty(), "{} of {} rows failed: {failed:#?}", failed.len(), rows.len());
}

/// The rows of all tables of a page: the first cell, and the ones behind it.
///
/// # Panics
/// When an item has two rows.
#[must_use]
pub fn rows_of(page: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with('|')) {
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

/// A page of a dialect, by its path below the dialects.
///
/// # Errors
/// When there is none.
pub fn page(path: &str) -> io::Result<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../protocol/src/dialect").join(path))
}

/// Holds a page to a list: a row for each item and no other, each with a counterpart.
///
/// # Panics
/// When they differ.
pub fn hold_to(page: &str, items: &[&str]) {
    let mut rows = rows_of(page);
    for item in items {
        let cells = rows.remove(*item).unwrap_or_else(|| panic!("{item} has no row"));
        assert!(cells.len() == 2 && !cells[0].is_empty(), "{item} has no counterpart: {cells:?}");
    }
    assert!(rows.is_empty(), "rows for nothing that is listed: {:?}", rows.keys());
}
