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

use helpline_conformance::sdk::{Row, exercise};

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
