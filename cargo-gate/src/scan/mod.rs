//! What a Rust source file contains, told from its tokens alone.
//!
//! The gates that need no compile read sources through [`scan()`]: comments, string literals, places
//! that can panic, `mod` declarations, documentation examples. [`reach`] then follows the `mod`
//! declarations from the root file of each target, so that a gate knows which files are production
//! code. [`LineIndex`] turns the byte offsets into lines and columns.
//!
//! Everything here is pure and total: no IO, and every input, Rust or not, gives a result.
//!
//! Tokens carry no types and no name resolution. A method of one's own that is called `unwrap` is
//! reported like `Option::unwrap`; the judgement where types matter is clippy's.

mod attributes;
mod declarations;
mod docs;
mod extent;
mod file;
mod lines;
mod modules;
mod names;
mod regions;
mod safe;
mod scanner;
mod sites;
mod tokens;
mod words;

pub use file::{Comment, Context, Excuse, FileScan, IncludeDecl, Literal, ModuleDecl, PanicKind, PanicSite};
pub use lines::{LineIndex, Position};
pub use modules::{Reach, Root, RootKind, reach};
pub use names::{How, Mention, Names, doc_names, names};
pub use scanner::scan;
pub use words::{is_capital, is_part};
