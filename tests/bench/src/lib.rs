//! What is measured, and the floor that it is compared with.

pub mod floor;
pub mod frames;
pub mod live;
pub mod quiet;
