//! Every item of the vendor's SDK has a counterpart: it stands on the page `amazon_connect::sdk`, and is put to
//! use here against the emulator, on smol. The rows are those of tokio, and so are the names in them.

use helpline_smol as adapter;

#[path = "amazon_connect_sdk/rows.rs"]
mod rows;
