//! What goes wrong in the field with the vendor's clients (the faults known of them, 45 in number), and that it
//! does not go wrong here. One test a fault, named by its number and by what is right instead; [`list`] has all of
//! them and holds the numbers together.

mod files;
mod hand;
mod link;
mod list;
mod liveness;
mod messages;
mod reading;
mod receipts;
mod renewal;
mod rest;
mod rig;
mod transcript;
