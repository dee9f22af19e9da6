//! The plain data that one pass over a file gives.

use std::ops::{BitOr, Range};

use serde::{Deserialize, Serialize};

/// What one pass over a Rust file finds. All offsets are byte offsets into the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileScan {
    /// Every comment, in the order of the source.
    pub comments: Vec<Comment>,
    /// The words in capitals that stand in comments, each once and sorted: runs of letters, digits and underscores
    /// with a capital and without a small letter.
    pub capitals: Vec<String>,
    /// Every string literal, in the order of the source.
    pub strings: Vec<Literal>,
    /// Every place that can panic, in the order of the source.
    pub panics: Vec<PanicSite>,
    /// Every `mod name;`. A module whose `#[path]` hangs on a `cfg_attr` gives one entry for the
    /// plain name and one for each such path, all with [`Context::cfg`] set.
    pub modules: Vec<ModuleDecl>,
    /// Every `include!` of a literal path.
    pub includes: Vec<IncludeDecl>,
    /// Fenced code blocks in documentation comments that rustdoc compiles, outside macros and test
    /// code. Indented code blocks and `#[doc = include_str!(..)]` are not counted.
    pub doc_examples: usize,
    /// What the inner attributes of the file (`#![cfg(test)]`, `#![cfg(unix)]`) say about all of it.
    pub whole_file: Context,
    /// The parts that are compiled for tests only, as [`Context::test`] tells of single places.
    pub test_code: Vec<Range<usize>>,
    /// Attributes that make a test (`#[test]`, `#[tokio::test]`, `#[rstest]`, `#[test_case]`,
    /// `#[quickcheck]`) and `proptest!` invocations.
    pub tests: usize,
}

/// A comment, from its first slash to the end of its text, without the line break.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// Where it stands.
    pub span: Range<usize>,
    /// Whether it is documentation (`///`, `//!`, `/** */`, `/*! */`).
    pub doc: bool,
}

/// A string literal of any kind: plain, raw, byte or C string, with its quotes and prefix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Literal {
    /// Where it stands.
    pub span: Range<usize>,
    /// Whether it is part of test code.
    pub test: bool,
    /// Whether it holds `home` or `Users`, as paths of users' folders do.
    pub home: bool,
}

/// What surrounds a place in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about one place, none of which follows from another"
)]
pub struct Context {
    /// In code that is compiled for tests only: under `#[cfg(test)]`, `#[test]`, `#[bench]` and the like.
    pub test: bool,
    /// Under another `#[cfg(..)]`, or in an arm of `cfg_if!` or `cfg_select!`: a build may leave it out.
    pub cfg: bool,
    /// In the body of a macro definition, or in the input of a macro or of an attribute.
    pub in_macro: bool,
    /// In an item with an attribute that is not built in and so may rewrite the item.
    pub attribute: bool,
    /// In code that is evaluated by the compiler: the initialiser of a `const` or `static`, or a
    /// `const` block, before any closure or `fn` in it.
    pub constant: bool,
}

impl Context {
    pub(super) const NONE: Self =
        Self { test: false, cfg: false, in_macro: false, attribute: false, constant: false };
    pub(super) const IN_MACRO: Self = Self { in_macro: true, ..Self::NONE };
    pub(super) const CONSTANT: Self = Self { constant: true, ..Self::NONE };
}

impl BitOr for Context {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self {
            test: self.test || other.test,
            cfg: self.cfg || other.cfg,
            in_macro: self.in_macro || other.in_macro,
            attribute: self.attribute || other.attribute,
            constant: self.constant || other.constant,
        }
    }
}

/// A place that can panic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PanicSite {
    /// What panics.
    pub kind: PanicKind,
    /// A method: from its name to the closing parenthesis. A function named by its path: from its
    /// name to the closing parenthesis, or the name where it is passed as a value. A macro: from its
    /// name to the closing delimiter. An index: the brackets and what is in them.
    pub span: Range<usize>,
    /// What surrounds it.
    pub context: Context,
    /// Whether a `// SAFE:` comment speaks for it.
    pub excuse: Excuse,
}

/// What panics at a [`PanicSite`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PanicKind {
    /// `.unwrap()`, `.unwrap_err()` and the same as paths (`Option::unwrap`).
    Unwrap,
    /// `.expect(..)`, `.expect_err(..)` and the same as paths (`Result::expect`).
    Expect,
    /// `panic!`.
    Panic,
    /// `todo!`.
    Todo,
    /// `unimplemented!`.
    Unimplemented,
    /// `unreachable!`.
    Unreachable,
    /// `value[index]` and `value[range]`, but not `value[..]`.
    Indexing,
}

/// What a `SAFE:` comment says about a [`PanicSite`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Excuse {
    /// There is no such comment.
    #[default]
    None,
    /// There is one, and nothing follows `SAFE:`.
    EmptyReason,
    /// There is one with a reason.
    Reason,
}

/// A module that lives in another file: `mod name;`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleDecl {
    /// The module's name, without `r#`.
    pub name: String,
    /// The inline modules around the declaration, outermost first: `mod a { mod b; }` gives `["a"]`.
    /// A folder that `#[path = "p"]` gives to an inline module starts with `./`: rustc resolves it
    /// from the file's folder, not from the folder of the module.
    pub inline_path: Vec<String>,
    /// The path in `#[path = ".."]`.
    pub path_attribute: Option<String>,
    /// What surrounds the declaration, with its own attributes.
    pub context: Context,
    /// Whether `#[rustfmt::skip]` or `#[cfg_attr(rustfmt, rustfmt_skip)]` keeps rustfmt away.
    pub rustfmt_skip: bool,
}

/// A file that is included as source: `include!("path.rs")`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncludeDecl {
    /// The path as written, relative to the folder of the including file.
    pub path: String,
    /// What surrounds the inclusion.
    pub context: Context,
}
