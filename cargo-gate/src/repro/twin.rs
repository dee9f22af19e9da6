//! What two builds gave, as plain data.

use super::{Change, Leak, Places, Spot};

/// What became of the second build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebuilt {
    /// Both are there to compare.
    Done(Box<Twin>),
    /// Packages that lie outside of the workspace are built in: each with its folder. There is no second build.
    Outside(Vec<(String, String)>),
    /// The copy does not build, though the workspace does.
    Fails(String),
}

/// Two builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Twin {
    /// Where the first was made.
    pub first: Places,
    /// Where the second was made.
    pub second: Places,
    /// What was different around the second build, in words.
    pub varied: Vec<String>,
    /// What could not be made different, each with the reason.
    pub unvaried: Vec<String>,
    /// The programs of both, in cargo's order.
    pub programs: Vec<Program>,
    /// The crates whose output or build script differs, in build order; empty where all programs are equal.
    pub units: Vec<Unit>,
}

/// A program of both builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// The name of its target.
    pub name: String,
    /// Where the two differ; none where they are equal.
    pub spot: Option<Spot>,
    /// Paths of the build that are in it, each in the place where the other build has its own.
    pub leaks: Vec<Leak>,
}

/// A crate, or a program's own crate, that differs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unit {
    /// The name of its package.
    pub package: String,
    /// Its version.
    pub version: String,
    /// What `cargo rustc` calls the target: `--lib`, or `--bin NAME`.
    pub selector: Vec<String>,
    /// Whether it is a macro that runs in the compiler.
    pub proc_macro: bool,
    /// The folder of its package, relative to the workspace root; none for one from elsewhere.
    pub folder: Option<String>,
    /// Its build script, relative to the workspace root or to its package.
    pub script: Option<String>,
    /// How the outputs of its build script differ.
    pub changes: Vec<Change>,
    /// Where its compiled code differs; none where that is equal.
    pub spot: Option<Spot>,
    /// Whether nothing that it is made from differs: the outputs of its dependencies are equal.
    pub inputs_equal: bool,
    /// The macros that it uses, by package.
    pub macros: Vec<String>,
    /// The first line in which two expansions of it in the same place differ.
    pub expansion: Option<String>,
}
