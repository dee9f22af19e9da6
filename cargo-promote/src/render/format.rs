//! What all commands share.

use clap::ValueEnum;
use serde_json::{Value, json};

/// The form of what is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document.
    Json,
}

/// The version of the JSON documents.
const SCHEMA_VERSION: &str = "1.0";

/// A JSON document with the version of its form.
pub(crate) fn document(mut value: Value) -> String {
    if let Some(fields) = value.as_object_mut() {
        fields.insert("schema_version".to_owned(), json!(SCHEMA_VERSION));
    }
    format!("{value:#}\n")
}

/// A size in bytes, for people.
pub(crate) fn size(bytes: u64) -> String {
    let mut left = bytes;
    let mut units = ["B", "kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    let mut tenths = 0;
    for larger in units {
        if left < 1000 {
            break;
        }
        (tenths, left, unit) = (left % 1000 / 100, left / 1000, larger);
    }
    if unit == "B" { format!("{left} {unit}") } else { format!("{left}.{tenths} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_rounded_down_to_a_tenth() {
        let shown = [0, 999, 1000, 1_950_000, 16 << 30].map(size);
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "1.9 MB", "17.1 GB"]);
    }
}
