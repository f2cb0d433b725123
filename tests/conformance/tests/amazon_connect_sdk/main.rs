//! Every item of the vendor's SDK has a counterpart: it stands on the page `amazon_connect::sdk`, and is put to
//! use here against the emulator, on tokio.

use helpline_tokio as adapter;

#[path = "rows.rs"]
mod rows;
