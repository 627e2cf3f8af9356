mod anything;
mod whom;
mod words;
mod world;

use super::*;
use crate::id::GrantId;
