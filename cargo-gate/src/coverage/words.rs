//! What the report says beyond the findings: a row for each package, and what is not judged.

use super::{LeftOut, Measured, coverage_off};
use crate::facts::Facts;
use crate::step::Sources;
use crate::text::counted;

/// A row for each package, the least covered first.
pub fn rows(facts: &Facts, measured: &Measured) -> Vec<Vec<String>> {
    let mut rows: Vec<(f64, Vec<String>)> = Vec::new();
    for (index, package) in facts.packages.iter().enumerate() {
        let figure = measured.figure(|path| facts.owner(path) == Some(index));
        let Some(percent) = figure.percent() else { continue };
        let cells = [
            package.name.clone(),
            figure.total.to_string(),
            (figure.total - figure.hit).to_string(),
            figure.to_string(),
        ];
        rows.push((percent, cells.to_vec()));
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|(_, cells)| cells).collect()
}

impl LeftOut {
    /// What is not judged though the config does not say so, in words.
    pub fn notes(&self, sources: &Sources) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.generated.is_empty() {
            notes.push(format!(
                "not judged: {} that a build script wrote",
                counted(self.generated.len(), "source")
            ));
        }
        if !self.tests.is_empty() {
            notes.push(format!(
                "not judged: {} of tests, examples and benches",
                counted(self.tests.len(), "source")
            ));
        }
        let off = coverage_off(sources);
        if let Some((path, line)) = off.first() {
            let places = counted(off.len(), "place");
            notes.push(format!(
                "not judged: code under #[coverage(off)] at {places} (the first: {path}:{line})"
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::SourceFile;

    #[test]
    fn what_is_not_judged_is_named() {
        let text = "#[coverage(off)]\nfn a() {}\n".to_owned();
        let sources = Sources::new(vec![SourceFile::new("src/a.rs".into(), Some(0), Ok(text))]);
        let left_out = LeftOut {
            generated: vec!["debug/build/x/out/t.rs".into()],
            tests: vec!["tests/a.rs".into(), "tests/b.rs".into()],
            ..LeftOut::default()
        };
        let notes = left_out.notes(&sources);
        assert_eq!(notes.len(), 3, "{notes:?}");
        assert_eq!(notes[0], "not judged: 1 source that a build script wrote");
        assert_eq!(notes[1], "not judged: 2 sources of tests, examples and benches");
        assert!(notes[2].ends_with("at 1 place (the first: src/a.rs:1)"));
        assert_eq!(LeftOut::default().notes(&Sources::default()), Vec::<String>::new());
    }
}
