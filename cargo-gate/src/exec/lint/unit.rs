//! One crate of the workspace that clippy looks at in the place of a compile.
//!
//! Of a library that others need, its metadata is all that clippy asks for. cargo looks for the files of a whole
//! build, too: each of them is there and says what it is.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::exec::rustc::{codegen, settled, values};
use crate::exec::stand_in::{NOT_STARTED, become_program, is_compiler};
use crate::render::Console;

/// Set where cargo calls us as its workspace wrapper to have the workspace looked at. Its value says where.
pub(super) const LINT: &str = "BULLETPROOF_LINT";

/// What stands in a file that a compile would have made.
pub(super) const STANDS_IN: &[u8] = b"clippy looked at this crate and did not compile it\n";

/// Where crates are looked at, as one process tells the other.
#[derive(Serialize, Deserialize)]
pub(super) struct Place {
    /// clippy's driver.
    pub(super) driver: PathBuf,
    /// cargo's folder for what it compiles: a build that a build script begins has another one.
    pub(super) profile: PathBuf,
    /// The packages whose libraries have to be compiled.
    pub(super) linked: BTreeSet<String>,
}

/// Does the work of rustc's wrapper where this program was called as one, and gives the exit code.
pub(in crate::exec) fn stand_in() -> Option<u8> {
    let place = std::env::var(LINT).ok()?;
    let mut args = std::env::args_os().skip(1);
    let rustc = args.next().filter(|first| is_compiler(first))?;
    let args: Vec<OsString> = args.collect();
    let Ok(place) = serde_json::from_str::<Place>(&place) else {
        Console.error(&format!("{LINT} does not name a place: {place}"));
        return Some(NOT_STARTED);
    };
    let package = std::env::var("CARGO_PKG_NAME").unwrap_or_default();
    Some(match place.folder(&package, &args).zip(names(&args)) {
        Some((folder, names)) => {
            // of many crates few are looked at again before all is built anew
            let again = names.iter().any(|name| folder.join(name).exists());
            look_at(&place.driver, &rustc, &settled(args, again), (&folder, &names))
        }
        None => become_program(Command::new(&place.driver).arg(rustc).args(settled(args, true))),
    })
}

impl Place {
    /// The folder that a crate would be compiled to; none for what is compiled whatever clippy says: code that runs
    /// while others are compiled, and builds of others.
    fn folder(&self, package: &str, args: &[OsString]) -> Option<PathBuf> {
        let is = |kind: &str| values(args, "--crate-type").any(|own| own == kind);
        let is_linked = self.linked.contains(package) && (is("lib") || is("rlib"));
        let folder = PathBuf::from(values(args, "--out-dir").next()?);
        let links = args.iter().any(|arg| emitted(arg).is_some_and(|kinds| kinds.contains(&"link")));
        let own = ["deps", "examples"].iter().any(|name| self.profile.join(name) == folder);
        (own && links && !is("proc-macro") && !is_linked).then_some(folder)
    }
}

/// The kinds of files that an argument asks rustc for.
fn emitted(arg: &OsStr) -> Option<Vec<&str>> {
    Some(arg.to_str()?.strip_prefix("--emit=")?.split(',').collect())
}

/// The names of the files that a compile would have made, by which cargo looks for them; none where more decides that
/// than the arguments. Where the system has others, cargo misses what it looks for, and the build is no answer.
fn names(args: &[OsString]) -> Option<Vec<String>> {
    let name = values(args, "--crate-name").next()?.to_str()?;
    let extra = codegen(args, "extra-filename").next().unwrap_or_default();
    let program = format!("{name}{extra}{}", std::env::consts::EXE_SUFFIX);
    if args.iter().any(|arg| arg == "--test") {
        return Some(vec![program]);
    }
    let named = |kind: &OsStr| match kind.to_str()? {
        "lib" | "rlib" => Some(format!("lib{name}{extra}.rlib")),
        "staticlib" => Some(format!("lib{name}{extra}.a")),
        "bin" => Some(program.clone()),
        _ => None,
    };
    values(args, "--crate-type").map(named).collect()
}

fn look_at(driver: &Path, rustc: &OsStr, args: &[OsString], (folder, names): (&Path, &[String])) -> u8 {
    let looked = Command::new(driver).arg(rustc).args(args.iter().map(|arg| without_link(arg))).status();
    let code = match looked {
        Ok(status) if status.success() => match stand_ins(folder, names) {
            Ok(()) => return 0,
            Err(error) => {
                Console.error(&format!("{}: {error}", folder.display()));
                None
            }
        },
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()),
        Err(error) => {
            Console.error(&format!("{}: {error}", driver.display()));
            None
        }
    };
    code.unwrap_or(NOT_STARTED)
}

/// The argument for a crate that is not linked: its metadata is asked for, and that of those it needs.
fn without_link(arg: &OsStr) -> OsString {
    if let Some(kinds) = emitted(arg).filter(|kinds| kinds.contains(&"link")) {
        let others = kinds.into_iter().filter(|kind| !["link", "metadata"].contains(kind));
        let kinds: Vec<&str> = others.chain(["metadata"]).collect();
        return format!("--emit={}", kinds.join(",")).into();
    }
    // `--extern NAME=PATH`
    let named = arg.to_str().and_then(|arg| arg.split_once('='));
    let metadata = named.and_then(|(name, path)| Some((name, metadata_of(Path::new(path))?)));
    metadata.map_or_else(|| arg.to_owned(), |(name, path)| format!("{name}={}", path.display()).into())
}

/// The metadata beside a library that was not compiled; none where that is a library.
fn metadata_of(library: &Path) -> Option<PathBuf> {
    if library.extension().is_none_or(|end| end == "rmeta") || !stands_in(library) {
        return None;
    }
    let stem = library.file_stem()?.to_str()?;
    let names = [format!("lib{stem}.rmeta"), format!("{stem}.rmeta")];
    names.into_iter().map(|name| library.with_file_name(name)).find(|path| path.is_file())
}

/// Whether a file is there in the place of one that nobody made.
pub(super) fn stands_in(file: &Path) -> bool {
    let is_as_long = std::fs::metadata(file).is_ok_and(|there| there.len() == STANDS_IN.len() as u64);
    is_as_long && std::fs::read(file).is_ok_and(|bytes| bytes == STANDS_IN)
}

/// Writes the files that a compile would have made.
fn stand_ins(folder: &Path, names: &[String]) -> std::io::Result<()> {
    for path in names.iter().map(|name| folder.join(name)) {
        // what cargo made of one before may be the same file: it is left as it is
        let _ = std::fs::remove_file(&path);
        std::fs::write(path, STANDS_IN)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        let linked = ["words".to_owned()].into();
        Place { driver: "clippy-driver".into(), profile: "/t/debug".into(), linked }
    }

    fn folder(line: &str) -> Option<PathBuf> {
        folder_of("demo", line)
    }

    fn folder_of(package: &str, line: &str) -> Option<PathBuf> {
        place().folder(package, &line.split(' ').map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn crates_of_this_build_are_looked_at_and_those_of_another_compiled() {
        let library = "--crate-name a src/lib.rs --crate-type lib --emit=dep-info,metadata,link --out-dir";
        assert_eq!(folder(&format!("{library} /t/debug/deps")), Some("/t/debug/deps".into()));
        let example = "--crate-name a examples/a.rs --emit=dep-info,link --out-dir /t/debug/examples";
        assert_eq!(folder(example), Some("/t/debug/examples".into()));
        for elsewhere in ["/t/debug/build/a-1/out/t/debug/deps", "/t/release/deps", "/t/x/debug/deps"] {
            assert_eq!(folder(&format!("{library} {elsewhere}")), None, "{elsewhere}");
        }
    }

    #[test]
    fn what_runs_while_others_are_compiled_is_compiled() {
        let script =
            "--crate-name build_script_build build.rs --emit=dep-info,link --out-dir /t/debug/build/a-1";
        assert_eq!(folder(script), None);
        let of_macros = "--crate-name a --crate-type proc-macro --emit=dep-info,link --out-dir /t/debug/deps";
        assert_eq!(folder(of_macros), None);
        assert_eq!(folder("-vV"), None);
        let library =
            "--crate-name words --crate-type lib --emit=dep-info,metadata,link --out-dir /t/debug/deps";
        assert_eq!((folder_of("words", library), folder(library).is_some()), (None, true));
        let tests = "--crate-name words --test --emit=dep-info,link --out-dir /t/debug/deps";
        assert!(folder_of("words", tests).is_some());
        assert_eq!(folder("--crate-name a --emit=dep-info,metadata --out-dir /t/debug/deps"), None);
    }

    #[test]
    fn what_a_compile_would_have_made_is_named_as_rustc_names_it() {
        let exe = std::env::consts::EXE_SUFFIX;
        let names = |line: &str| names(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        let hashed = "-C metadata=2 -C extra-filename=-1";
        let library =
            format!("--crate-name a_b src/lib.rs --crate-type rlib --crate-type staticlib {hashed}");
        assert_eq!(names(&library).unwrap(), ["liba_b-1.rlib", "liba_b-1.a"]);
        assert_eq!(names(&format!("--crate-name a --test {hashed}")).unwrap(), [format!("a-1{exe}")]);
        assert_eq!(names("--crate-name a --crate-type bin").unwrap(), [format!("a{exe}")]);
        assert_eq!(names("--crate-name a --crate-type lib --crate-type dylib"), None);
        assert_eq!(names("src/lib.rs --crate-type lib"), None);
    }

    #[test]
    fn a_library_that_was_not_compiled_is_taken_by_its_metadata() {
        let there = tempfile::tempdir().unwrap();
        let path = |name: &str| there.path().join(name);
        for name in ["liba-1.rlib", "b-1.dll", "libc-1.so"] {
            std::fs::write(path(name), STANDS_IN).unwrap();
        }
        std::fs::write(path("libd-1.rlib"), "!<arch>\n").unwrap();
        for name in ["a", "b", "c", "d"] {
            std::fs::write(path(&format!("lib{name}-1.rmeta")), "").unwrap();
        }
        let extern_of = |name: &str| {
            let given = without_link(OsStr::new(&format!("priv:x={}", path(name).display())));
            given.to_str().unwrap().rsplit(['/', '\\']).next().unwrap().to_owned()
        };
        assert_eq!(extern_of("liba-1.rlib"), "liba-1.rmeta");
        assert_eq!(extern_of("b-1.dll"), "libb-1.rmeta");
        assert_eq!(extern_of("libc-1.so"), "libc-1.rmeta");
        assert_eq!(extern_of("libd-1.rlib"), "libd-1.rlib");
        assert_eq!(extern_of("liba-1.rmeta"), "liba-1.rmeta");
        assert_eq!(without_link(OsStr::new("--emit=dep-info,metadata,link")), "--emit=dep-info,metadata");
        assert_eq!(without_link(OsStr::new("--edition=2024")), "--edition=2024");
    }
}
