//! Words for numbers.

/// `1 file`, `2 files`: a count with its noun, whose plural takes an `s`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A count as a figure: exact below 2^53.
#[expect(clippy::cast_precision_loss, reason = "nobody counts to 2^53")]
pub(crate) fn exact(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_the_rest_are_plural() {
        assert_eq!([0, 1, 2].map(|count| counted(count, "file")), ["0 files", "1 file", "2 files"]);
    }
}
