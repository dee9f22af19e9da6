//! What `rustfmt --check --verbose` prints: each file it looked at, and what it would change.
//!
//! For each root file rustfmt prints `Formatting PATH` for every module of its tree, each followed by
//! its differences (`Diff in PATH:LINE:` and lines that begin with a space, `-` or `+`), and closes
//! with `Spent … secs`. A tree without that last line was not finished, and is left out.

use super::text::plain_lines;

/// A file that rustfmt looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Its path, as rustfmt prints it: absolute, with links resolved.
    pub path: String,
    /// What rustfmt would change in it.
    pub hunks: Vec<Hunk>,
}

/// One place that rustfmt would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// Its first line, from 1.
    pub line: u32,
    /// The lines, each with a space, `-` or `+` before it.
    pub text: String,
}

impl Hunk {
    /// The first line that would change, past those that are shown for context.
    pub fn first_change(&self) -> u32 {
        let context = self.text.lines().take_while(|line| line.starts_with(' ')).count();
        self.line.saturating_add(u32::try_from(context).unwrap_or(u32::MAX))
    }
}

/// What one run of rustfmt finished.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// The files of all trees that rustfmt finished.
    pub files: Vec<Checked>,
    /// How many trees those are: one for each root file, where it could read all.
    pub trees: usize,
}

/// Reads the standard output of one run.
pub fn parse(stdout: &[u8]) -> Finished {
    let mut finished = Finished::default();
    let mut tree: Vec<Checked> = Vec::new();
    for line in plain_lines(stdout) {
        if let Some(path) = line.strip_prefix("Formatting ") {
            tree.push(Checked { path: path.to_owned(), hunks: Vec::new() });
        } else if line.starts_with("Spent ") && line.ends_with(" phase") {
            finished.files.append(&mut tree);
            finished.trees += 1;
        } else if let Some(place) = line.strip_prefix("Diff in ") {
            open_hunk(&mut tree, place);
        } else if let Some(hunk) = tree.last_mut().and_then(|file| file.hunks.last_mut()) {
            // in its verbose form rustfmt marks the end of each line
            hunk.text.push_str(line.trim_end_matches('⏎'));
            hunk.text.push('\n');
        }
    }
    finished
}

fn open_hunk(tree: &mut [Checked], place: &str) {
    let Some(file) = tree.last_mut() else { return };
    // older versions write `PATH at line N:`
    let number = place.trim_end_matches(':').rsplit([':', ' ']).next().unwrap_or_default();
    let line = number.parse().unwrap_or(1);
    file.hunks.push(Hunk { line, text: String::new() });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OUTPUT: &str = "Formatting /ws/src/a.rs\nDiff in /ws/src/a.rs:1:\n-pub fn a( ) {}⏎\n+pub fn a() {}⏎\n ⏎\n\
                          Diff in /ws/src/a.rs at line 9:\n-x⏎\nFormatting /ws/src/lib.rs\n\
                          Spent 0.001 secs in the parsing phase, and 0.001 secs in the formatting phase\n";

    #[test]
    fn files_and_their_differences_are_read() {
        let Finished { files: checked, trees } = parse(OUTPUT.as_bytes());
        assert_eq!(trees, 1);
        assert_eq!(checked.len(), 2);
        let lines: Vec<u32> = checked[0].hunks.iter().map(|hunk| hunk.line).collect();
        assert_eq!(lines, [1, 9]);
        assert_eq!(checked[0].hunks[0].text, "-pub fn a( ) {}\n+pub fn a() {}\n \n");
        assert!(checked[1].hunks.is_empty());
    }

    #[test]
    fn a_tree_that_was_not_finished_is_left_out() {
        let cut = OUTPUT.split("Spent").next().unwrap();
        assert!(parse(cut.as_bytes()).files.is_empty());
        let two = format!("{OUTPUT}Formatting /ws/src/main.rs\n");
        assert_eq!(parse(two.as_bytes()).files.len(), 2);
    }

    #[test]
    fn the_first_change_lies_past_the_context() {
        assert_eq!(Hunk { line: 3, text: " a\n b\n-c\n+d\n e\n".into() }.first_change(), 5);
    }

    #[test]
    fn a_line_of_code_that_looks_like_a_report_is_no_report() {
        let text = "Formatting /ws/a.rs\nDiff in /ws/a.rs:1:\n-Formatting /ws/b.rs⏎\n+Spent 1 phase⏎\nSpent 0 secs in the formatting phase\n";
        assert_eq!(parse(text.as_bytes()).files.len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_result(bytes: Vec<u8>) {
            parse(&bytes);
        }

        #[test]
        fn no_prefix_shows_more_files_than_the_whole(cut in 0..OUTPUT.len()) {
            prop_assert!(parse(&OUTPUT.as_bytes()[..cut]).files.len() <= 2);
        }
    }
}
