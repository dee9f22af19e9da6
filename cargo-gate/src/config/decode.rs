//! From a TOML table to typed settings, with every problem of the table, each at its place.
//!
//! serde stops at the first error. So each key is first decoded by itself, and where that fails,
//! each of its parts; only a table without a problem is decoded as a whole.

use schemars::JsonSchema;
use serde::de::{DeserializeOwned, IntoDeserializer};
use toml_edit::{InlineTable, Item, TableLike, Value};

use crate::scan::LineIndex;

/// One mistake in the config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, as it should be shown.
    pub file: String,
    /// Its line.
    pub line: u32,
    /// Its column.
    pub column: u32,
    /// What is wrong and what to do.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)
    }
}

/// Where problems are gathered.
pub struct Problems<'a> {
    file: &'a str,
    lines: LineIndex,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    /// No problem yet, in that file with that text.
    pub fn new(file: &'a str, text: &str) -> Self {
        Self { file, lines: LineIndex::new(text), found: Vec::new() }
    }

    /// Adds one at a byte offset of the text.
    pub fn add(&mut self, span: Option<std::ops::Range<usize>>, message: impl Into<String>) {
        let place = self.lines.position(span.map_or(0, |span| span.start));
        let (file, message) = (self.file.to_owned(), message.into());
        self.found.push(Problem { file, line: place.line, column: place.column, message });
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// All of them, in the order of the file.
    pub fn into_vec(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| (problem.line, problem.column));
        self.found
    }
}

/// A table of the config under its full name, such as `gates.audit`.
pub struct Section<'a> {
    /// The full name.
    pub name: &'a str,
    /// The table.
    pub table: &'a dyn TableLike,
}

impl Section<'_> {
    /// The settings of this table, from the keys that `T` knows. Values of the wrong form become
    /// problems; the settings are then the defaults.
    pub fn decode<T>(&self, problems: &mut Problems<'_>) -> T
    where
        T: DeserializeOwned + Default + JsonSchema,
    {
        if self.table.is_empty() {
            return T::default();
        }
        let known = property_names::<T>();
        let mut whole = InlineTable::new();
        let mut sound = true;
        for (key, item) in self.table.iter().filter(|(key, _)| known.iter().any(|name| name == key)) {
            sound &= check::<T>(&self.full_name(key), key, item, problems);
            if let Ok(value) = item.clone().into_value() {
                whole.insert(key, value);
            }
        }
        if !sound {
            return T::default();
        }
        T::deserialize(Value::InlineTable(whole).into_deserializer()).unwrap_or_else(|error| {
            problems.add(error.span(), format!("[{}]: {}", self.name, error.message()));
            T::default()
        })
    }

    /// Makes a problem of each key that is not among the known ones.
    pub fn reject_unknown(&self, known: impl Fn() -> Vec<String>, problems: &mut Problems<'_>) {
        if self.table.is_empty() {
            return;
        }
        let known = known();
        for (key, _) in self.table.iter().filter(|(key, _)| !known.iter().any(|name| name == key)) {
            let span = self.table.get_key_value(key).and_then(|(key, _)| key.span());
            problems.add(span, unknown(self.name, key, known.iter().map(String::as_str)));
        }
    }

    fn full_name(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }
}

/// The names of a settings type's keys.
pub fn property_names<T: JsonSchema>() -> Vec<String> {
    let schema = schemars::schema_for!(T);
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    properties.map(|map| map.keys().cloned().collect()).unwrap_or_default()
}

/// What to say of an unknown key: the nearest name, or all of them.
pub(super) fn unknown<'a>(table: &str, key: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let place = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
    match nearest(key, known.clone()) {
        Some(name) => format!("unknown key `{key}`{place}; did you mean `{name}`?"),
        None => format!("unknown key `{key}`{place}; known are: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// The name most like a mistyped one, if any is like it.
pub fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim::damerau_levenshtein(key, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Decodes one key by itself and, where that fails, each of its parts. Whether all was well.
fn check<T: DeserializeOwned>(name: &str, key: &str, item: &Item, problems: &mut Problems<'_>) -> bool {
    let Ok(value) = item.clone().into_value() else { return true };
    let Err(error) = decode_one::<T>(key, value.clone()) else { return true };
    let parts = parts(&value);
    let mut told = false;
    for part in parts {
        let span = part.span();
        if let Err(error) = decode_one::<T>(key, wrap(&value, part)) {
            problems.add(error.span().or(span).or_else(|| item.span()), tell(name, error.message()));
            told = true;
        }
    }
    if !told {
        problems.add(error.span().or_else(|| item.span()), tell(name, error.message()));
    }
    false
}

fn tell(name: &str, message: &str) -> String {
    format!("`{name}`: {}", message.trim_end().replace('\n', "; "))
}

fn decode_one<T: DeserializeOwned>(key: &str, value: Value) -> Result<T, toml_edit::de::Error> {
    let mut table = InlineTable::new();
    table.insert(key, value);
    T::deserialize(Value::InlineTable(table).into_deserializer())
}

/// The elements of an array, the entries of a table (each as a table of one entry).
fn parts(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(array) => array.iter().cloned().collect(),
        Value::InlineTable(table) => table
            .iter()
            .map(|(key, value)| {
                let mut one = InlineTable::new();
                one.insert(key, value.clone());
                Value::InlineTable(one)
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn wrap(whole: &Value, part: Value) -> Value {
    if whole.is_array() { Value::Array(toml_edit::Array::from_iter([part])) } else { part }
}
