//! `bulletproof.toml`: read with the place of every key, checked as a whole, so that all its
//! problems are told at once; and its JSON Schema.

mod common;
mod custom;
mod decode;
mod load;
mod schema;
mod types;

pub use common::{Common, IfUnavailable, Level};
pub use decode::{Problem, Problems, Section, nearest, property_names};
pub use load::{Config, ConfigError, General, parse};
pub use schema::{config_schema, gate_properties, properties_of};
pub use types::{CommandLine, Expiry, Globs, Reason, Timeout};
