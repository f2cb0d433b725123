//! Every item of the vendor's SDK has a counterpart: it stands on the page `bright_pattern::sdk`, and is put to use
//! here against the emulator.

mod configuration;
mod data;
mod errors;
mod events;
mod items;
mod methods;
mod stage;
mod understood;
mod web;

use helpline_conformance::sdk::{exercise, hold_to, page};

#[test]
fn the_page_has_a_row_for_each_item_and_no_other() {
    let lists = [items::CONFIGURATION, items::METHODS, items::EVENTS, items::DATA, items::ERRORS];
    hold_to(&page("bright_pattern/sdk.md").expect("the page"), &lists.concat());
}

#[test]
fn configuration_has_its_counterparts() {
    exercise(items::CONFIGURATION, &[configuration::ROWS]);
}

#[test]
fn methods_have_their_counterparts() {
    exercise(items::METHODS, &[methods::ROWS, web::ROWS]);
}

#[test]
fn events_have_their_counterparts() {
    exercise(items::EVENTS, &[events::ROWS, events::MORE]);
}

#[test]
fn data_has_its_counterparts() {
    exercise(items::DATA, &[data::ROWS]);
}

#[test]
fn errors_have_their_counterparts() {
    exercise(items::ERRORS, &[errors::CODES, errors::ROWS]);
}
