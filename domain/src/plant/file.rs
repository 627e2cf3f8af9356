//! The plant file: TOML, read strictly. Nothing is applied of a file with one
//! error in it, and each error names its line and key.
//!
//! ```
//! let text = r#"
//! [site]
//! name = "north-ridge"
//! time_zone = "Europe/Oslo"
//!
//! [[zone]]
//! name = "turbine-hall"
//! security_level = 2
//!
//! [[conduit]]
//! name = "to-turbine-hall"
//! zone = "turbine-hall"
//!
//! [[asset]]
//! name = "plc-7"
//! zone = "turbine-hall"
//! address = "10.20.0.7"
//! ssh = { user = "service", credential = "plc-7", host_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl" }
//!
//! [[account]]
//! name = "vera"
//! role = "vendor"
//! assets = ["plc-7"]
//! "#;
//! let plant = drawbridge_domain::plant::file::parse(text).expect("a plant");
//! assert_eq!(plant.assets.len(), 1);
//! ```

mod check;
mod dto;
mod place;
#[cfg(test)]
mod tests;
mod write;

use std::fmt;

use thiserror::Error;

use super::Plant;

pub use place::{key_at, line_of};
pub use write::write;

/// The largest plant file, in bytes.
pub const MAX_FILE: usize = 4 * 1024 * 1024;

/// What is wrong with a plant file, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlantError {
    /// The line, from 1.
    pub line: usize,
    /// The key, as it would be written: `zone.name`; empty where none is to blame.
    pub key: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for PlantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.key.is_empty() {
            write!(f, ", {}", self.key)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// All that is wrong with a plant file, by line.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
pub struct PlantErrors(pub Vec<PlantError>);

/// Reads a plant file.
///
/// # Errors
/// Every error of meaning in the file at once; of syntax, the first one.
pub fn parse(text: &str) -> Result<Plant, PlantErrors> {
    if text.len() > MAX_FILE {
        return Err(PlantErrors(vec![PlantError {
            line: 1,
            key: String::new(),
            message: format!("the file is larger than {} MiB", MAX_FILE / (1024 * 1024)),
        }]));
    }
    let file: dto::File = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |s| s.start);
        PlantErrors(vec![PlantError {
            line: line_of(text, start),
            key: key_at(text, start),
            message: error.message().to_owned(),
        }])
    })?;
    check::plant(text, &file)
}
