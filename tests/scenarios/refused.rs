//! Each way in that must not be one. After each, nothing has reached the asset.

mod door;
mod forwarding;
mod paper;
mod unproven;
