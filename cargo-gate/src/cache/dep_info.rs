//! What a compile read, as rustc and build scripts tell it.
//!
//! rustc's dep-info is in the form of Makefile rules, `target: file file`, with spaces escaped by `\`, and lines
//! `# env-dep:NAME[=VALUE]` for the variables that `env!` and `option_env!` read (rustc's
//! `compiler/rustc_interface/src/passes.rs`, `write_out_deps`). Build scripts tell theirs on standard output, which
//! cargo keeps (<https://doc.rust-lang.org/cargo/reference/build-scripts.html#change-detection>).

use std::collections::{BTreeMap, BTreeSet};

/// The files and variables that a compile read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DepInfo {
    /// Files, as rustc names them: absolute, or relative to where it ran.
    pub files: BTreeSet<String>,
    /// Variables, each with its value; none where it was not set.
    pub variables: BTreeMap<String, Option<String>>,
}

impl DepInfo {
    /// Reads one; none where the text does not end as rustc ends it, with a whole line.
    pub fn parse(text: &str) -> Option<Self> {
        if !text.ends_with('\n') {
            return None;
        }
        let mut info = Self::default();
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                let (name, value) = match variable.split_once('=') {
                    Some((name, value)) => (name, Some(unescaped(value))),
                    None => (variable, None),
                };
                info.variables.insert(unescaped(name), value);
            } else if !line.starts_with('#') {
                info.files.extend(sources(line));
            }
        }
        Some(info)
    }
}

/// The files of a rule `target: file file`. Those of rustc follow a colon and a space; the colon of a drive does not.
fn sources(line: &str) -> Vec<String> {
    let line = format!("{line} ");
    let Some((_, rest)) = line.split_once(": ") else { return Vec::new() };
    let mut files = Vec::new();
    let mut file = String::new();
    let mut characters = rest.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' if characters.peek() == Some(&' ') => file.extend(characters.next()),
            ' ' if !file.is_empty() => files.push(std::mem::take(&mut file)),
            ' ' => {}
            other => file.push(other),
        }
    }
    files
}

/// rustc writes `\n`, `\r` and `\\` in variables for what would end a line.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (_, true) => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                other => plain.extend(other),
            },
            (other, _) => plain.push(other),
        }
    }
    plain
}

/// The files and variables that a build script wants watched.
pub fn rerun_if(output: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = |name: &str| {
        let prefixes = [format!("cargo:{name}="), format!("cargo::{name}=")];
        let value =
            |line: &str| prefixes.iter().find_map(|prefix| Some(line.strip_prefix(prefix)?.to_owned()));
        output.lines().filter_map(value).collect::<BTreeSet<String>>()
    };
    (of("rerun-if-changed"), of("rerun-if-env-changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_variables_are_read_as_rustc_writes_them() {
        let text = "/t/deps/a-1.d: src/lib.rs src/wörk\\ späce.txt /out/x.rs\n\n\
                    /t/deps/liba-1.rmeta: src/lib.rs\n\nsrc/lib.rs:\nsrc/w.txt:\n\n\
                    # env-dep:CARGO_PKG_NAME=a\n# env-dep:TOKEN\n# env-dep:LINES=1\\n2\n";
        let info = DepInfo::parse(text).unwrap();
        let files: Vec<&str> = info.files.iter().map(String::as_str).collect();
        assert_eq!(files, ["/out/x.rs", "src/lib.rs", "src/wörk späce.txt"]);
        assert_eq!(info.variables["CARGO_PKG_NAME"].as_deref(), Some("a"));
        assert_eq!(info.variables["TOKEN"], None);
        assert_eq!(info.variables["LINES"].as_deref(), Some("1\n2"));
    }

    #[test]
    fn a_drive_is_no_rule() {
        let info = DepInfo::parse("C:\\t\\a.d: C:\\src\\lib.rs\n").unwrap();
        assert_eq!(info.files, ["C:\\src\\lib.rs".to_owned()].into());
    }

    #[test]
    fn a_file_that_is_cut_short_is_none() {
        assert_eq!(DepInfo::parse("/t/a.d: src/lib.rs src/ma"), None);
        assert_eq!(DepInfo::parse(""), None);
    }

    #[test]
    fn a_build_script_names_what_it_watches_in_both_forms() {
        let output = "cargo:rerun-if-changed=/usr/x.h\ncargo::rerun-if-changed=y\nother\n\
                      cargo:rerun-if-env-changed=CC\ncargo:rustc-cfg=z\n";
        let (files, variables) = rerun_if(output);
        assert_eq!(files, ["/usr/x.h".to_owned(), "y".to_owned()].into());
        assert_eq!(variables, ["CC".to_owned()].into());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text: String) {
            let _ = (DepInfo::parse(&text), rerun_if(&text));
        }
    }
}
