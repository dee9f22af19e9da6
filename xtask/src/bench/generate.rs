//! A made-up workspace of any size: functions, types, comments, strings, documentation and tests in
//! the mix of real code, formatted, without dependencies, and with nothing for a gate to find.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::Error;
use crate::packages;
use crate::program::Program;

const ITEM: &str = include_str!("item.rs.txt");
const TEST: &str = include_str!("test.rs.txt");

/// How large a workspace is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Size {
    pub(super) packages: usize,
    pub(super) modules_each: usize,
    pub(super) items_each: usize,
}

impl Size {
    /// Somewhat more than 300,000 lines.
    pub(super) const LARGE: Self = Self { packages: 50, modules_each: 13, items_each: 8 };
}

/// Makes the workspace in a new folder, as a git repository with one commit; gives the number of
/// its lines.
pub(super) fn workspace(root: &Path, size: Size) -> Result<usize, Error> {
    packages::clear(root)?;
    let mut lines = 0;
    for (path, text) in files(size) {
        if has_rust(&path) {
            lines += text.lines().count();
        }
        let path = root.join(path);
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.and_then(|()| std::fs::write(&path, text)).map_err(|source| Error::File { path, source })?;
    }
    Program::cargo().args(["generate-lockfile", "--offline"]).dir(root).succeed()?;
    packages::commit(root)?;
    Ok(lines)
}

fn has_rust(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// The files, each with its text; paths are relative to the workspace root.
fn files(size: Size) -> Vec<(PathBuf, String)> {
    let root = "[workspace]\nresolver = \"3\"\nmembers = [\"part-*\"]\n\n[workspace.package]\nedition = \"2024\"\n\
                rust-version = \"1.85\"\nlicense = \"MIT\"\n\n[workspace.lints.rust]\nunsafe_code = \"forbid\"\n";
    let mut files = vec![(PathBuf::from("Cargo.toml"), root.to_owned())];
    for package in 0..size.packages {
        let folder = PathBuf::from(format!("part-{package:02}"));
        files.push((folder.join("Cargo.toml"), manifest(package)));
        let mut library = format!("//! Part {package} of a made-up workspace.\n\n");
        for module in 0..size.modules_each {
            let _ = writeln!(library, "pub mod module_{module:02};");
            let path = folder.join(format!("src/module_{module:02}.rs"));
            files.push((path, text(module * size.items_each, size.items_each)));
        }
        files.push((folder.join("src/lib.rs"), library));
    }
    files
}

/// The manifest of a package, which uses the one before it.
fn manifest(package: usize) -> String {
    let mut text = format!(
        "[package]\nname = \"part-{package:02}\"\nversion = \"0.1.0\"\nedition.workspace = true\n\
         rust-version.workspace = true\nlicense.workspace = true\n\n[lints]\nworkspace = true\n"
    );
    if let Some(before) = package.checked_sub(1) {
        let _ = write!(text, "\n[dependencies]\npart-{before:02} = {{ path = \"../part-{before:02}\" }}\n");
    }
    text
}

/// A module with some items and a test for each; its numbers start after `first`.
fn text(first: usize, items: usize) -> String {
    let fill = |template: &str| {
        let numbers = first + 1..=first + items;
        numbers.map(|number| template.replace("@n@", &number.to_string())).collect::<String>()
    };
    let (items, tests) = (fill(ITEM), fill(TEST));
    format!(
        "//! Records, and how they are read.\n{items}\n#[cfg(test)]\nmod tests {{\n    use super::*;\n{tests}}}\n"
    )
}

#[cfg(test)]
mod tests {
    use cargo_gate::scan::scan;

    use super::*;

    #[test]
    fn a_module_has_items_tests_comments_and_strings_and_no_panic_site_outside_its_tests() {
        let scanned = scan(&text(8, 2));
        assert_eq!(scanned.tests, 2);
        assert!(scanned.comments.len() > 10 && scanned.strings.len() > 10);
        assert!(scanned.panics.iter().all(|site| site.context.test) && !scanned.panics.is_empty());
    }

    #[test]
    fn the_large_workspace_is_as_large_as_it_is_said_to_be() {
        let files = files(Size::LARGE);
        let rust = files.iter().filter(|(path, _)| has_rust(path));
        let lines: usize = rust.map(|(_, text)| text.lines().count()).sum();
        assert!((300_000..335_000).contains(&lines), "{lines}");
    }
}
