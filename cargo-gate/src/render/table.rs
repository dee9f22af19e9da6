//! A gate's table for people.

use std::fmt::Write as _;

use crate::gate::Table;

/// The head and the first rows. The first column is to the left and gives way where the width is not enough; the
/// others are to the right.
pub(super) fn rows(table: &Table, width: usize, most: usize) -> String {
    let shown: Vec<&Vec<String>> =
        std::iter::once(&table.columns).chain(table.rows.iter().take(most)).collect();
    let longest = |column: usize| {
        shown.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(longest).collect();
    let others: usize = widths.iter().skip(1).map(|width| width + 2).sum();
    let first = widths.first().copied().unwrap_or(0).min(width.saturating_sub(others + 2).max(8));
    let mut text = String::new();
    for row in shown {
        let mut line = String::from("  ");
        for (number, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = match number {
                0 => write!(line, "{:<first$}", cut(cell, first)),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

/// The text within so many characters: its end says more than its beginning.
fn cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(count + 1 - most)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        Table {
            columns: row(["package", "lines", "covered"]),
            rows: vec![row(["a", "12", "100.0 %"]), row(["a-package-with-a-long-name", "1204", "9.1 %"])],
        }
    }

    #[test]
    fn columns_are_aligned_and_the_first_gives_way() {
        let expected = "  package                     lines  covered\n  a                              12  100.0 %\n  \
                        a-package-with-a-long-name   1204    9.1 %\n";
        assert_eq!(rows(&table(), 80, 9), expected);
        assert!(
            rows(&table(), 40, 9).contains("  …kage-with-a-long-name   1204    9.1 %\n"),
            "{}",
            rows(&table(), 40, 9)
        );
    }

    #[test]
    fn only_so_many_rows_are_shown() {
        assert_eq!(rows(&table(), 80, 1).lines().count(), 2);
    }
}
