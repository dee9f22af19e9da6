//! The walkthrough of the guide: its commands, one after another, on a clone of this repository, and what they print
//! beside what the page shows. `INSTA_UPDATE=always` writes the page anew, as it does with snapshots.

mod page;
#[path = "../../../../cargo-promote/tests/remote/server.rs"]
#[expect(dead_code, clippy::print_stderr, reason = "it is of the tests of registries, which ask for more")]
mod server;
mod shown;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use cargo_gate::render::Console;
use page::{Page, Part};
use server::Server;
use shown::Shown;

use crate::support::{Binary, clean, find_program, git, lay_program, path_with, program_in};

/// What the page calls the clone, and the registry.
const CLONE: &str = "/home/ada/tool";
const REGISTRY: &str = "127.0.0.1:5000";
/// The heading from which on a registry is needed.
const NEEDS_REGISTRY: &str = "In a registry";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A clone of this repository, and the shell in which commands are given.
struct Checkout {
    folder: tempfile::TempDir,
    path: OsString,
}

impl Checkout {
    /// None where this is no repository (an archive of the sources, for example).
    fn new() -> Option<Self> {
        if !repository().join(".git").exists() {
            Console.status("skipped: the sources are in no git repository");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        git(folder.path(), &["clone", "--quiet", repository().to_str().unwrap(), "tool"]);
        let rest: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH").unwrap()).collect();
        let programs = Binary::Promote.path();
        let clone = Self { path: path_with(programs.parent().unwrap(), &rest), folder };
        clone.lay(&Binary::Bulletproof.path());
        Some(clone)
    }

    fn root(&self) -> PathBuf {
        // the system's own folder for temporary files may be behind a link
        self.folder.path().canonicalize().unwrap().join("tool")
    }

    /// Puts the program where a release build would. Its debug information is a quarter of a gigabyte, which would be read
    /// and written at every step.
    fn lay(&self, program: &Path) {
        let folder = self.root().join("target/release");
        std::fs::create_dir_all(&folder).unwrap();
        let to = program_in(&folder, "cargo-bulletproof");
        let stripped = find_program("strip")
            .and_then(|strip| Command::new(strip).arg("-o").args([&to, program]).status().ok());
        if !stripped.is_some_and(|status| status.success()) {
            lay_program(program, &to);
        }
    }

    /// Gives a command; what it printed, with the names of the page, and how it ended.
    fn give(&self, command: &str, registry: &str) -> (String, Option<i32>) {
        let command = command.replace(REGISTRY, registry);
        let mut shell = Command::new("sh");
        clean(&mut shell, &self.folder.path().join("home"));
        let ran = shell
            .args(["-c", &format!("exec 2>&1\n{command}")])
            .current_dir(self.root())
            .env("PATH", &self.path)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let told = String::from_utf8(ran.stdout).unwrap();
        let told = told.replace(self.root().to_str().unwrap(), CLONE).replace(registry, REGISTRY);
        (told, ran.status.code())
    }
}

#[cfg_attr(windows, ignore = "its commands are those of a Unix shell")]
#[test]
fn the_walkthrough_of_the_guide_prints_what_it_shows() {
    let Some(clone) = Checkout::new() else { return };
    let file = repository().join("docs/promote.md");
    let page = Page::read(&std::fs::read_to_string(&file).unwrap());
    let (mut expected, mut seen) = (Shown::default(), Shown::default());
    let mut server = None;
    let mut parts = Vec::new();
    let mut wrong = Vec::new();
    for part in &page.parts {
        if part.heading == NEEDS_REGISTRY && server.is_none() {
            server = Server::start();
            if server.is_none() {
                break;
            }
        }
        let registry = server.as_ref().map_or(REGISTRY, |server: &Server| &server.address);
        let (told, code) = clone.give(&part.command, registry);
        // a command whose failure is meant says so by what it prints
        assert_eq!(code, Some(0), "$ {}\n{told}", part.command);
        let (is, should_be) = (seen.plain(&told), expected.plain(&part.output));
        if is != should_be {
            wrong.push(format!("$ {}\n{told}\nis not as the page has it:\n{}", part.command, part.output));
        }
        parts.push(Part { output: told, ..part.clone() });
    }
    assert!(page.parts.iter().any(|part| part.heading == NEEDS_REGISTRY) && parts.len() > 20);
    if std::env::var("INSTA_UPDATE").is_ok_and(|value| value == "always") {
        parts.extend(page.parts.iter().skip(parts.len()).cloned());
        std::fs::write(&file, page.with(&parts)).unwrap();
        return;
    }
    assert!(wrong.is_empty(), "{}\nINSTA_UPDATE=always writes the page anew", wrong.join("\n"));
}
