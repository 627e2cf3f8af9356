//! The people's side of Drawbridge: REST, and the OpenAPI document that is made
//! from it.

pub mod dto;
