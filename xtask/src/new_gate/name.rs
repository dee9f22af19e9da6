//! The names of a gate: in reports, as a module, as a type.

/// Words that a module or a type of that name would collide with.
const TAKEN: &[&str] = &[
    // keywords, and the modules beside the gates
    "abstract",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "struct",
    "super",
    "tests",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    // types that a gate's file uses
    "context",
    "debug",
    "default",
    "deserialize",
    "duration",
    "err",
    "evidence",
    "gate",
    "info",
    "json-schema",
    "ok",
    "option",
    "outcome",
    "planned",
    "result",
    "rule",
    "serialize",
    "stage",
    "step",
    "string",
    "unreadable",
    "vec",
];

/// A gate's name that is well formed and free.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(String);

/// Why a name cannot be a gate's.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    /// Not in the form of a gate's name.
    #[error("`{0}` is no gate name: small letters and digits, with single hyphens between words")]
    Malformed(String),
    /// A word that Rust or a gate's file already uses.
    #[error("`{0}` means something else in Rust or in a gate's file: choose another name")]
    Taken(String),
    /// There is such a gate.
    #[error("there is a gate `{0}` already")]
    Exists(String),
}

impl Name {
    /// The name, unless it is malformed, taken, or one of `existing`.
    pub(super) fn new(text: &str, existing: &[&str]) -> Result<Self, NameError> {
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        let own = || text.to_owned();
        if !text.split('-').all(word) || !text.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(NameError::Malformed(own()));
        }
        if existing.contains(&text) {
            return Err(NameError::Exists(own()));
        }
        if TAKEN.contains(&text) {
            return Err(NameError::Taken(own()));
        }
        Ok(Self(own()))
    }

    /// In reports and on the command line: `unused-deps`.
    pub(super) fn id(&self) -> &str {
        &self.0
    }

    /// As a module: `unused_deps`.
    pub(super) fn module(&self) -> String {
        self.0.replace('-', "_")
    }

    /// As a type: `UnusedDeps`.
    pub(super) fn type_name(&self) -> String {
        let capital = |word: &str| match word.split_at_checked(1) {
            Some((first, rest)) => first.to_uppercase() + rest,
            None => String::new(),
        };
        self.0.split('-').map(capital).collect()
    }

    /// A template with its marks replaced by the names.
    pub(super) fn fill(&self, template: &str) -> String {
        let filled = template.replace("@id@", self.id()).replace("@module@", &self.module());
        filled.replace("@Type@", &self.type_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_gives_a_module_and_a_type() {
        let name = Name::new("unused-deps2", &["fmt"]).unwrap();
        assert_eq!((name.module().as_str(), name.type_name().as_str()), ("unused_deps2", "UnusedDeps2"));
        assert_eq!(name.fill("@id@ @module@ @Type@"), "unused-deps2 unused_deps2 UnusedDeps2");
    }

    #[test]
    fn bad_taken_and_existing_names_are_refused() {
        for bad in ["", "Fmt", "a_b", "a--b", "-a", "a-", "2a", "a b", "../a", "ä"] {
            assert_eq!(Name::new(bad, &[]), Err(NameError::Malformed(bad.to_owned())));
        }
        for taken in ["type", "tests", "gate", "json-schema"] {
            assert_eq!(Name::new(taken, &[]), Err(NameError::Taken(taken.to_owned())));
        }
        assert_eq!(Name::new("fmt", &["fmt"]), Err(NameError::Exists("fmt".to_owned())));
    }
}
