//! The house itself: which room may know which, and no forgotten file.

mod counterparts;
mod direction;
mod files;
mod unit;
mod verifier;
