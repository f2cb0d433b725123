//! The items, each with what puts its counterpart to use; on whatever adapter the root names.

mod callbacks;
mod configuration;
mod content_types;
mod data;
mod desk;
mod differences;
mod gateway;
mod items;
mod messages;
mod methods;
mod overrides;
mod page;
mod questions;
mod receipts;
mod stage;

use std::collections::BTreeSet;
use std::panic::catch_unwind;

/// An item of the SDK, and what shows that its counterpart works.
type Row = (&'static str, fn());

#[test]
fn configuration_has_its_counterparts() {
    exercise(items::CONFIGURATION, &[configuration::ROWS, receipts::ROWS]);
}

#[test]
fn overrides_of_the_client_have_their_counterparts() {
    exercise(items::OVERRIDES, &[overrides::ROWS, gateway::ROWS]);
}

#[test]
fn methods_have_their_counterparts() {
    exercise(items::METHODS, &[methods::ROWS, questions::ROWS]);
}

#[test]
fn callbacks_have_their_counterparts() {
    exercise(items::CALLBACKS, &[callbacks::ROWS]);
}

#[test]
fn data_has_its_counterparts() {
    exercise(items::DATA, &[data::ROWS, messages::ROWS]);
}

#[test]
fn content_types_have_their_counterparts() {
    exercise(items::CONTENT_TYPES, &[content_types::ROWS]);
}

#[test]
fn differences_are_decided() {
    exercise(items::DIFFERENCES, &[differences::ROWS]);
}

/// Puts every item to use, and tells of all that fail. Items and rows are the same, and none is there twice.
fn exercise(items: &[&str], rows: &[&[Row]]) {
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
