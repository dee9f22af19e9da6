//! The rows of the page, and the page.

use super::args::ROUNDS;
use super::paired::{Pair, Spread};

/// What one measurement came to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub(super) case: &'static str,
    /// Ours against theirs, on what.
    pub(super) compared: String,
    /// The median times.
    pub(super) ours: String,
    pub(super) theirs: String,
    /// The figure that is judged: median, and from smallest to largest.
    pub(super) figure: String,
    /// How many rounds it was measured; zero for what has none.
    pub(super) rounds: usize,
    pub(super) bar: String,
    pub(super) standing: Standing,
}

/// How a figure stands to its bar.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Standing {
    Held,
    Missed,
    /// There is none; the figure is for information.
    NoBar,
    /// There is no figure, for that reason.
    NotMeasured(String),
}

impl Standing {
    pub(super) fn new(held: bool) -> Self {
        if held { Self::Held } else { Self::Missed }
    }
}

impl Row {
    /// A row with both times and their ratio, without a bar.
    pub(super) fn ratio(case: &'static str, compared: impl Into<String>, pairs: &[Pair]) -> Self {
        let ratio = Spread::of(pairs.iter().map(Pair::ratio));
        Self {
            case,
            compared: compared.into(),
            ours: milliseconds(pairs.iter().map(|pair| pair.ours.as_secs_f64())),
            theirs: milliseconds(pairs.iter().map(|pair| pair.theirs.as_secs_f64())),
            figure: format!(
                "{:.2} × ({:.2} to {:.2}{})",
                ratio.median,
                ratio.min,
                ratio.max,
                rounds(pairs.len())
            ),
            rounds: pairs.len(),
            bar: String::new(),
            standing: Standing::NoBar,
        }
    }

    /// A row without figures.
    pub(super) fn not_measured(case: &'static str, compared: impl Into<String>, why: &str) -> Self {
        let none = String::new;
        Self {
            case,
            compared: compared.into(),
            ours: none(),
            theirs: none(),
            figure: none(),
            rounds: 0,
            bar: none(),
            standing: Standing::NotMeasured(why.to_owned()),
        }
    }

    /// The same row, judged.
    pub(super) fn bar(mut self, bar: &str, held: bool) -> Self {
        bar.clone_into(&mut self.bar);
        self.standing = Standing::new(held);
        self
    }

    /// The same row, with another figure.
    pub(super) fn figure(mut self, spread: Spread, unit: &str) -> Self {
        let Spread { median, min, max } = spread;
        self.figure = format!("{median:.0} {unit} ({min:.0} to {max:.0}{})", rounds(self.rounds));
        self
    }
}

/// The median of some times in seconds, as milliseconds.
fn milliseconds(seconds: impl Iterator<Item = f64>) -> String {
    format!("{:.0} ms", Spread::of(seconds).median * 1000.0)
}

/// How many rounds a figure is of, where that is not the usual number.
fn rounds(number: usize) -> String {
    match number {
        0 => String::new(),
        1 => ", 1 round".to_owned(),
        number if number == ROUNDS as usize => String::new(),
        number => format!(", {number} rounds"),
    }
}

/// The rows as lines of a table.
pub(super) fn lines(rows: &[Row]) -> Vec<String> {
    let line = |row: &Row| {
        let standing = match &row.standing {
            Standing::Held => "yes".to_owned(),
            Standing::Missed => "**no**".to_owned(),
            Standing::NoBar => String::new(),
            Standing::NotMeasured(why) => format!("not measured: {why}"),
        };
        let Row { case, compared, ours, theirs, figure, bar, .. } = row;
        format!("| `{case}` | {compared} | {ours} | {theirs} | {figure} | {bar} | {standing} |\n")
    };
    rows.iter().map(line).collect()
}

/// The lines under the table's head.
pub(super) fn table(lines: &[String]) -> String {
    let head = "| case | compared | ours | theirs | figure: median (min to max) | bar | held |\n\
                | --- | --- | --- | --- | --- | --- | --- |\n";
    head.to_owned() + &lines.concat()
}

/// The lines of a page with what was measured, in the order of `cases`: in the place of all lines of its cases where those
/// were measured as a whole, else each in the place of the line about the same.
pub(super) fn merged(page: &str, cases: &[String], measured: &[Row], whole: bool) -> Vec<String> {
    let new = lines(measured);
    let about = |line: &str| line.split(" | ").take(2).map(str::to_owned).collect::<Vec<_>>();
    let same = |lines: &[String], line: &str| lines.iter().find(|one| about(one) == about(line)).cloned();
    let of = |case: &String| {
        let start = format!("| `{case}` |");
        let of_case = |line: &String| line.starts_with(&start);
        let replaced = whole && new.iter().any(of_case);
        let old = page.lines().map(|line| format!("{line}\n")).filter(|line| of_case(line) && !replaced);
        let old: Vec<String> = old.collect();
        let more = new.iter().filter(|line| of_case(line) && same(&old, line).is_none()).cloned();
        old.iter()
            .map(|line| same(&new, line).unwrap_or_else(|| line.clone()))
            .chain(more)
            .collect::<Vec<_>>()
    };
    cases.iter().flat_map(of).collect()
}

/// The page: how it was measured, on what machine, and the table.
pub(super) fn page(lines: &[String], machine: &str) -> String {
    format!(
        "\
# Benchmarks

Made by `cargo xtask bench`; do not edit. `cargo xtask bench --check` measures again and fails where a bar is
missed; a case's name measures that case only, and with `--write` its rows are written here.

Ours and theirs run in turn, {ROUNDS} rounds after one to warm up, or as many as stand beside the figure; a ratio is
taken within a round, and the median of the rounds is judged. Times depend on the machine ({machine}); ratios far less. All
programs are release builds, files are in the system's cache, and ours uses no network.

{table}
- `fmt`: `cargo-bulletproof bulletproof --gate fmt` against `cargo fmt --all --check`, on packages of the Rust
  registry. Ours also looks at files that no `mod` reaches; where those are many, as in tokio, it takes longer than
  the bar allows for equal work.
- `startup`: `cargo-bulletproof bulletproof --plan` against `cargo metadata --format-version 1 --no-deps`.
- `light`: the gates `manifest`, `paths`, `panics` and `todo` in one run, on a made-up workspace of 50 packages;
  against what any such tool asks first: `cargo metadata --format-version 1 --locked` and `git ls-files`.
- `scanner`: comments, strings, panic sites and modules of each source, in process, on one thread.
- `audit`: the time of the gate (its `duration_ms`), or of the whole of `cargo-bulletproof bulletproof --gate
  audit`, against `cargo-audit audit --no-fetch`, with the same lock file and database. Both look up yanked
  versions in cargo's index cache, as cargo-audit does unless told otherwise; it prints an error for each crate that
  the cache lacks. The row without a bar leaves its look-up out (`--no-yanked`), ours not: by that measure the gate
  is slower. Needs cargo-audit (on `PATH` or named by `CARGO_AUDIT`) and a database (`--db` or
  `BULLETPROOF_ADVISORY_DB`).
- `commit`: `cargo-bulletproof bulletproof hook pre-commit` with all gates of that stage, against runners with two
  hooks: rustfmt and a search. Each round stages another change of the file. The repository is packed, as a clone
  is.
- `push`: `cargo-bulletproof bulletproof hook pre-push` after a run of the same stage on the same tree.
- `script`: `cargo-bulletproof bulletproof`, which is the stage pre-push, against a script of the same checks one
  after another (`--script`): fmt, a search for panics, clippy, tests by nextest, doctests, cargo-llvm-cov,
  cargo-audit, cargo-deny. What is found in the packages of the registry is accepted by a baseline before
  (`cargo bulletproof baseline update`), so that ours has to pass; the script goes on after what it finds.
  On a server both find `CI=true`, by which ours keeps nothing for a next compile, and the script nothing else.
- `rollback`: `cargo-promote promote rollback production --execute` from one candidate to another on a local store and
  ledger: it reads every byte of three programs, compares, and moves the pointer.
",
        table = table(lines)
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn row() -> Row {
        let pair =
            |ours, theirs| Pair { ours: Duration::from_millis(ours), theirs: Duration::from_millis(theirs) };
        Row::ratio("fmt", "x", &[pair(10, 20), pair(30, 20), pair(20, 20)])
    }

    #[test]
    fn a_row_tells_times_ratio_bar_and_standing() {
        let text = table(&lines(&[row().bar("1.3 ×", true), row().bar("0.5 ×", false), row()]));
        assert!(
            text.contains("| `fmt` | x | 20 ms | 20 ms | 1.00 × (0.50 to 1.50, 3 rounds) | 1.3 × | yes |\n"),
            "{text}"
        );
        assert!(text.contains("| 0.5 × | **no** |\n"), "{text}");
        assert!(text.contains("(0.50 to 1.50, 3 rounds) |  |  |\n"), "{text}");
    }

    #[test]
    fn what_is_not_measured_says_why() {
        let text = table(&lines(&[Row::not_measured("audit", "x", "no tool")]));
        assert!(text.contains("| not measured: no tool |\n"), "{text}");
    }

    #[test]
    fn a_case_that_is_measured_anew_replaces_its_own_rows_alone() {
        let cases = ["deny", "fmt", "push"].map(str::to_owned);
        let before = page(&lines(&[Row { case: "push", ..row() }, row(), row()]), "a machine");
        let measured = [Row { case: "deny", ..row() }, row().bar("1 ×", true)];
        let after = merged(&before, &cases, &measured, true);
        assert_eq!(after.len(), 3, "{after:?}");
        let starts = ["| `deny` | x |", "| `fmt` | x |", "| `push` | x |"];
        assert!(after.iter().zip(starts).all(|(line, start)| line.starts_with(start)), "{after:?}");
        assert!(after[1].ends_with("| 1 × | yes |\n"), "{after:?}");
    }

    #[test]
    fn a_part_of_a_case_that_is_measured_anew_replaces_the_rows_about_the_same_alone() {
        let cases = ["fmt".to_owned()];
        let about = |compared: &str| Row { compared: compared.to_owned(), ..row() };
        let before =
            page(&lines(&[about("x: cold"), about("x: cold, in all"), about("y: cold")]), "a machine");
        let after = merged(&before, &cases, &[about("x: cold").bar("1 ×", true), about("z: cold")], false);
        let starts =
            ["x: cold", "x: cold, in all", "y: cold", "z: cold"].map(|about| format!("| `fmt` | {about} |"));
        assert_eq!(after.len(), 4, "{after:?}");
        assert!(after.iter().zip(&starts).all(|(line, start)| line.starts_with(start)), "{after:?}");
        assert!(after[0].ends_with("| 1 × | yes |\n"), "{after:?}");
    }
}
