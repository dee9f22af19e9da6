//! `cargo xtask codegen`: the files that are made from the gates and the settings themselves.

use std::collections::BTreeSet;

use cargo_gate::config::config_schema;
use cargo_gate::gates::{CUSTOM, GATES};
use cargo_gate::manual;
use cargo_gate::report::report_schema;
use cargo_promote::config as promote;

use crate::repo::{self, Repo};
use crate::say;

const README: &str = "README.md";
const PAGES: &str = "docs/gates/";
const BEGIN: &str = "<!-- gates:begin -->\n";
const END: &str = "<!-- gates:end -->";
const MADE: &str = "<!-- Made by `cargo xtask codegen` from the gate's source; edit that. -->\n\n";

/// The command line of `codegen`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Compare only; name the files that are not current and fail
    #[arg(long)]
    check: bool,
}

/// Why the generated files are not current.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of the repository cannot be read or written.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// The README has no place for its table.
    #[error("{README} needs the lines `{}` and `{END}` around its table of gates", BEGIN.trim_end())]
    NoMarkers,
    /// Files differ from what the gates say.
    #[error("not current: {}; write them with `cargo xtask codegen`", .0.join(", "))]
    Stale(Vec<String>),
}

/// Writes what is not current, or with `--check` only names it.
pub(crate) fn run(args: &Args, repo: &Repo) -> Result<(), Error> {
    let stale = stale(repo)?;
    if args.check && !stale.is_empty() {
        return Err(Error::Stale(stale.into_iter().map(|(path, _)| path).collect()));
    }
    for (path, text) in &stale {
        match text {
            Some(text) => repo.write(path, text)?,
            None => repo.remove(path)?,
        }
        say::line(path);
    }
    Ok(())
}

/// The files that are not current, each with the text that it should have; none for one that should
/// not be there.
pub(crate) fn stale(repo: &Repo) -> Result<Vec<(String, Option<String>)>, Error> {
    let mut generated = generated();
    let readme = repo.read(README)?;
    let with_table = replace_between(&readme, BEGIN, END, &manual::readme_table()).ok_or(Error::NoMarkers)?;
    generated.push((README.to_owned(), with_table));
    let wanted: BTreeSet<&str> = generated.iter().map(|(path, _)| path.as_str()).collect();
    let left_over: Vec<String> = repo
        .files()?
        .into_iter()
        .filter(|path| path.starts_with(PAGES) && !wanted.contains(path.as_str()))
        .collect();
    let mut stale = Vec::new();
    for (path, text) in generated {
        if repo.read_if_there(&path)?.as_deref() != Some(text.as_str()) {
            stale.push((path, Some(text)));
        }
    }
    stale.extend(left_over.into_iter().map(|path| (path, None)));
    Ok(stale)
}

/// The files that are made as a whole.
fn generated() -> Vec<(String, String)> {
    let pages = GATES.iter().chain([&CUSTOM]).map(|gate| {
        let page = manual::page(*gate);
        (format!("{PAGES}{}.md", gate.info().id), format!("{MADE}{page}"))
    });
    let schemas = [("config", config_schema()), ("report", report_schema()), ("promote", promote::schema())];
    let schemas = schemas.map(|(name, schema)| (format!("docs/schema/{name}.json"), format!("{schema:#}\n")));
    pages.chain(schemas).collect()
}

/// The text with what stands between the two marks replaced; none where a mark is missing.
fn replace_between(text: &str, begin: &str, end: &str, new: &str) -> Option<String> {
    let (before, rest) = text.split_once(begin)?;
    let (_, after) = rest.split_once(end)?;
    Some(format!("{before}{begin}{new}{end}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let text = format!("a\n{BEGIN}old\n{END}\nb\n");
        let replaced = replace_between(&text, BEGIN, END, "new\n").unwrap();
        assert_eq!(replaced, format!("a\n{BEGIN}new\n{END}\nb\n"));
        assert_eq!(replace_between(&replaced, BEGIN, END, "new\n").unwrap(), replaced);
    }

    #[test]
    fn a_missing_mark_is_no_place_to_write_at() {
        assert_eq!(replace_between("a\n", BEGIN, END, ""), None);
        assert_eq!(replace_between(&format!("{END}\n{BEGIN}"), BEGIN, END, ""), None);
    }

    #[test]
    fn every_gate_has_a_page_and_all_schemas_are_made() {
        let paths: Vec<String> = generated().into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths.len(), GATES.len() + 4);
        assert!(paths.contains(&"docs/gates/fmt.md".to_owned()));
        assert!(paths.contains(&"docs/schema/report.json".to_owned()));
    }
}
