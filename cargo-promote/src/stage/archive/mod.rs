//! Archives: written so that equal content gives equal bytes, and read without believing anything of them.

mod inspect;
mod limit;
mod path;
mod write;

pub use inspect::{BadArchive, Form, Looked, MOST_ENTRIES, MOST_UNPACKED, inspect};
pub use path::{BadPath, check_path};
pub use write::{Member, write};

#[cfg(test)]
mod tests;
