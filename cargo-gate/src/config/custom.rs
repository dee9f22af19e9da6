//! The entries of `[[gate]]`: commands of the user's, each a gate of its own name.

use toml_edit::{Item, TableLike, Value};

use super::Section;
use super::decode::Problems;
use crate::gate::Info;
use crate::gates::CUSTOM;
use crate::registry::Configured;

/// The key of the entries in the config.
pub(super) const KEY: &str = "gate";

/// The gates of the entries, in their order. `taken` are the names of the built-in gates.
pub(super) fn gates(root: &dyn TableLike, taken: &[&str], problems: &mut Problems<'_>) -> Vec<Configured> {
    let Some(item) = root.get(KEY) else { return Vec::new() };
    let Some(entries) = tables(item) else {
        problems.add(item.span(), "`gate` must be a list of tables: [[gate]]");
        return Vec::new();
    };
    let mut gates: Vec<Configured> = Vec::new();
    for (table, span) in entries {
        let configured = CUSTOM.configure(&Section { name: KEY, table }, problems);
        check_command(table, span.clone(), problems);
        let Some(name) = name(table, span, problems) else { continue };
        let at = table.get("name").and_then(Item::span);
        if taken.contains(&name) || name == CUSTOM.info().id {
            problems.add(at, format!("the name `{name}` is taken by a built-in gate; choose another"));
        } else if gates.iter().any(|gate| gate.info.id == name) {
            problems.add(at, format!("there are two gates `{name}`; choose another name for one of them"));
        } else {
            gates.push(configured.named(info(name, table)));
        }
    }
    gates
}

type Span = Option<std::ops::Range<usize>>;

fn tables(item: &Item) -> Option<Vec<(&dyn TableLike, Span)>> {
    match item {
        Item::ArrayOfTables(tables) => {
            Some(tables.iter().map(|table| (table as &dyn TableLike, table.span())).collect())
        }
        Item::Value(Value::Array(values)) => values.iter().map(inline).collect(),
        _ => None,
    }
}

fn inline(value: &Value) -> Option<(&dyn TableLike, Span)> {
    Some((value.as_inline_table()?, value.span()))
}

/// The name, where it may be one.
fn name<'a>(table: &'a dyn TableLike, span: Span, problems: &mut Problems<'_>) -> Option<&'a str> {
    let Some(item) = table.get("name") else {
        problems.add(span, "a gate needs a `name`");
        return None;
    };
    // a value of another type is told by the decoder
    let name = item.as_str()?;
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.starts_with(|first: char| first.is_ascii_lowercase()) && name.bytes().all(plain) {
        return Some(name);
    }
    problems.add(
        item.span(),
        format!("`{name}` is no name for a gate: small letters, digits and `-`, starting with a letter"),
    );
    None
}

fn check_command(table: &dyn TableLike, span: Span, problems: &mut Problems<'_>) {
    let Some(item) = table.get("command") else {
        problems.add(span, "a gate needs a `command`: the program and its arguments as a list");
        return;
    };
    if item.is_str() {
        problems
            .add(item.span(), "write the command as a list: [\"program\", \"argument\"]; no shell reads it");
        return;
    }
    let Some(words) = item.as_array() else { return };
    let first = words.get(0).and_then(Value::as_str);
    match first.map(str::trim) {
        None if words.is_empty() => problems.add(item.span(), "the command is empty"),
        Some("") => problems.add(item.span(), "the program's name is empty"),
        Some(first) if words.len() == 1 && first.contains(' ') => {
            let parts: Vec<String> = first.split_whitespace().map(|part| format!("\"{part}\"")).collect();
            problems.add(
                item.span(),
                format!("no shell reads the command; write each argument by itself: [{}]", parts.join(", ")),
            );
        }
        _ => {}
    }
}

/// What is known of such a gate without running it. A config is read once in a run, and its gates live as
/// long as the program, as the built-in ones do.
fn info(name: &str, table: &dyn TableLike) -> &'static Info {
    let judges = table.get("judges").and_then(Item::as_str).filter(|text| !text.trim().is_empty());
    let words = table.get("command").and_then(Item::as_array).into_iter().flatten();
    let command = || words.filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    let judges = judges.map_or_else(|| format!("what `{}` checks", command()), str::to_owned);
    Box::leak(Box::new(Info {
        id: Box::leak(name.to_owned().into_boxed_str()),
        judges: Box::leak(judges.into_boxed_str()),
        ..*CUSTOM.info()
    }))
}

#[cfg(test)]
mod tests {
    use crate::config::parse;

    fn problems(text: &str) -> Vec<String> {
        let error = parse(Some(text), "").err();
        error.map(|error| error.problems.iter().map(ToString::to_string).collect()).unwrap_or_default()
    }

    #[test]
    fn each_entry_is_a_gate_of_its_name_after_the_built_in_ones() {
        let text = "[[gate]]\nname = \"one\"\ncommand = [\"a\", \"b\"]\nstages = [\"ci\"]\ntimeout = \"5s\"\n\
                    [[gate]]\nname = \"two\"\ncommand = [\"c\"]\njudges = \"c's\"\n[stages]\nnightly = [\"two\"]\n";
        let config = parse(Some(text), "").unwrap();
        let [.., one, two] = config.gates.as_slice() else { panic!() };
        assert_eq!((one.info.id, one.info.judges), ("one", "what `a b` checks"));
        assert_eq!((one.stages(), one.timeout().as_secs()), ([crate::gate::Stage::Ci].as_slice(), 5));
        assert_eq!((two.info.id, two.info.judges), ("two", "c's"));
        assert!(parse(Some("gate = [{ name = \"x\", command = [\"y\"] }]\n"), "").is_ok());
    }

    #[test]
    fn a_name_is_needed_and_no_other_gate_has_it() {
        let entry = |name: &str| format!("[[gate]]\nname = \"{name}\"\ncommand = [\"a\"]\n");
        for taken in ["fmt", "custom"] {
            let found = problems(&entry(taken));
            assert!(
                found[0].starts_with("bulletproof.toml:2:8: ") && found[0].contains("built-in"),
                "{found:?}"
            );
        }
        let twice = problems(&(entry("a") + &entry("a")));
        assert!(twice.len() == 1 && twice[0].starts_with("bulletproof.toml:5:8: "), "{twice:?}");
        for bad in ["", "A", "a b", "1a", "a/b", "é"] {
            assert!(problems(&entry(bad))[0].contains("no name for a gate"), "{bad}");
        }
        assert!(problems("[[gate]]\ncommand = [\"a\"]\n")[0].contains("needs a `name`"));
    }

    #[test]
    fn a_command_is_a_list() {
        let entry =
            |command: &str| problems(&format!("[[gate]]\nname = \"a\"\ncommand = {command}\n")).concat();
        assert!(entry("\"a b\"").contains("as a list"));
        assert!(entry("[\"a b\"]").contains("[\"a\", \"b\"]"));
        assert!(entry("[]").contains("empty") && entry("[\"\"]").contains("empty"));
        assert!(entry("[1]").contains(":3:"));
        assert!(problems("[[gate]]\nname = \"a\"\n").concat().contains("needs a `command`"));
    }

    #[test]
    fn unknown_keys_and_other_forms_are_named() {
        let found = problems("[[gate]]\nname = \"a\"\ncommand = [\"b\"]\noutptu = \"sarif\"\n");
        assert!(found[0].contains("did you mean `output`?"), "{found:?}");
        assert!(problems("[gate]\nname = \"a\"\n")[0].contains("[[gate]]"));
        assert!(problems("gate = [1]\n")[0].contains("[[gate]]"));
    }
}
