//! The script that git runs: its text, and what can be read back from one.

use super::HookName;
use super::call::{called, names_us};

/// The version of the script's text: another text has another number.
pub const VERSION: u32 = 2;

/// How the second line of each script of ours begins; the version follows.
const MARK: &str = "# cargo-bulletproof hook ";

/// A script of ours. Paths are bytes, as the file system has them, in the form that a POSIX shell reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The hook.
    pub hook: HookName,
    /// The program that it was written by, and starts first of all.
    pub program: Vec<u8>,
    /// The folder of the cargo that was on the search path then.
    pub toolchain: Vec<u8>,
    /// The manifest of the workspace, relative to the top of the repository, where it does not lie there.
    pub manifest: Option<Vec<u8>>,
    /// How the hook that was there before is run, if there was one.
    pub before: Option<Before>,
}

/// How a hook that was there before is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// By the shell that its first line names: `$0` stays the hook's own path, which some managers of hooks look
    /// at to know which hook they are.
    Shell(String),
    /// As a program.
    Program,
}

impl Before {
    /// How a hook with that content is run.
    pub fn of(content: &[u8]) -> Self {
        let first = content.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let words = std::str::from_utf8(first).ok().and_then(|line| line.trim_end().strip_prefix("#!"));
        let words: Vec<&str> = words.unwrap_or_default().split_whitespace().collect();
        let plain =
            |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_.-+".contains(&byte));
        let is_shell = |word: &&str| {
            let name = word.rsplit('/').next().unwrap_or_default();
            ["sh", "bash", "dash", "ksh"].contains(&name)
        };
        let program = words.iter().find(|word| !word.starts_with('-') && !word.ends_with("/env"));
        if program.is_some_and(is_shell) && words.iter().all(plain) {
            Self::Shell(words.join(" "))
        } else {
            Self::Program
        }
    }

    /// The names are written out, and not told from `$0` alone: managers of hooks rename the hooks that they find.
    fn line(&self, hook: HookName) -> String {
        match self {
            Self::Shell(words) => {
                format!("{words} -c '. \"$0.before-bulletproof\"' \"${{0%/*}}/{hook}\" \"$@\"")
            }
            Self::Program => format!("\"${{0%/*}}/{hook}.before-bulletproof\" \"$@\""),
        }
    }

    /// Whether a shell reads a script with that first line as we do: none at all is one of git's shell.
    pub(super) fn is_shell(content: &[u8]) -> bool {
        match Self::of(content) {
            Self::Program => !content.starts_with(b"#!"),
            Self::Shell(words) => {
                let options = words.split(' ').filter(|word| word.starts_with('-'));
                options.flat_map(str::chars).all(|letter| "-Seux".contains(letter))
            }
        }
    }
}

impl Script {
    /// Its text.
    pub fn text(&self) -> Vec<u8> {
        let mut text = format!(
            "#!/bin/sh\n{MARK}{VERSION}\n\
             # Written by `cargo bulletproof hooks install`; `cargo bulletproof hooks uninstall` takes it away.\n\n"
        )
        .into_bytes();
        let mut set = |name: &str, value: &[u8]| {
            text.extend([name.as_bytes(), b"=", &quoted(value), b"\n"].concat());
        };
        set("program", &self.program);
        set("toolchain", &self.toolchain);
        let mut call = format!("\"$program\" bulletproof hook {}", self.hook);
        if let Some(manifest) = &self.manifest {
            set("manifest", manifest);
            call.push_str(" --manifest-path \"$manifest\"");
        }
        call.push_str(" \"$@\"\n");
        text.extend(FIND.replace("HOOK", self.hook.name()).bytes());
        text.extend(self.calls(&call).bytes());
        text
    }

    fn calls(&self, call: &str) -> String {
        let Some(before) = &self.before else { return format!("exec {call}") };
        let before = before.line(self.hook);
        let head = "# the hook that was here before\n";
        if self.hook == HookName::PrePush {
            // both read what is pushed; the dot keeps the line ends that `$(...)` takes away
            let copy = "pushed=$(cat; echo .)\npushed=${pushed%.}\n";
            let give = "printf '%s' \"$pushed\" |";
            format!("{copy}{head}{give} {before} || exit\n{give} {call}")
        } else {
            format!("{head}{before} || exit\nexec {call}")
        }
    }

    /// What a text of ours says; none for any other.
    pub fn read(hook: HookName, text: &[u8]) -> Option<Self> {
        matches!(owner(hook, text), Owner::Ours { .. }).then_some(())?;
        let program = value(text, "program")?;
        let toolchain = value(text, "toolchain")?;
        let line = text.split(|byte| *byte == b'\n').find_map(|line| {
            let line = std::str::from_utf8(line).ok()?;
            let line = line.strip_prefix("printf '%s' \"$pushed\" | ").unwrap_or(line);
            line.strip_suffix(" || exit")
        });
        let before = line.map(|line| match line.split_once(" -c '. \"$0.before-bulletproof\"'") {
            Some((words, _)) => Before::Shell(words.to_owned()),
            None => Before::Program,
        });
        Some(Self { hook, program, toolchain, manifest: value(text, "manifest"), before })
    }
}

/// Finds the program when the hook runs. What is on the search path already comes first.
const FIND: &str = r#"
# a client with a poor PATH finds the toolchain all the same
home=${CARGO_HOME:-$HOME/.cargo}
if command -v cygpath >/dev/null 2>&1; then home=$(cygpath -u "$home"); fi
PATH=${PATH:+$PATH:}$toolchain:$home/bin
export PATH
if [ ! -x "$program" ]; then
    found=$(command -v cargo-bulletproof) || {
        echo "HOOK: nothing was checked, since cargo-bulletproof is neither at $program," >&2
        echo "nor on the PATH, nor in $home/bin. Install it, then: cargo bulletproof hooks install" >&2
        echo "To go on without its checks this once, give git --no-verify." >&2
        exit 1
    }
    program=$found
fi

"#;

/// Text as one word of a POSIX shell.
fn quoted(text: &[u8]) -> Vec<u8> {
    let mut word = vec![b'\''];
    for byte in text {
        match byte {
            b'\'' => word.extend(b"'\\''"),
            _ => word.push(*byte),
        }
    }
    word.push(b'\'');
    word
}

/// The value of a variable that a line of the text sets.
fn value(text: &[u8], name: &str) -> Option<Vec<u8>> {
    let start = format!("\n{name}='");
    let at = memchr::memmem::find(text, start.as_bytes())?;
    let mut rest = text.get(at + start.len()..)?;
    let mut value = Vec::new();
    loop {
        let end = memchr::memchr(b'\'', rest)?;
        value.extend(rest.get(..end)?);
        rest = rest.get(end..)?;
        match rest.strip_prefix(b"'\\''".as_slice()) {
            Some(more) => {
                value.push(b'\'');
                rest = more;
            }
            None => return Some(value),
        }
    }
}

/// A path as a POSIX shell reads it: on Windows `/c/Users` for `C:\Users`.
pub fn posix_path(path: &[u8], windows: bool) -> Vec<u8> {
    if !windows {
        return path.to_vec();
    }
    let path = path.strip_prefix(br"\\?\").unwrap_or(path);
    let slashes = |path: &[u8]| -> Vec<u8> {
        path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
    };
    match path {
        [drive, b':', rest @ ..] if drive.is_ascii_alphabetic() => {
            [&[b'/', drive.to_ascii_lowercase()], slashes(rest).as_slice()].concat()
        }
        _ => slashes(path),
    }
}

/// Whose hook a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Ours.
    Ours {
        /// The version of its text; none where the mark has none.
        version: Option<u32>,
    },
    /// Somebody else's, who calls our program in a line of its own whose failure ends the hook.
    CallsUs,
    /// Somebody else's, who names our program; whether it is run cannot be told.
    Unclear,
    /// Somebody else's.
    Foreign {
        /// The manager of hooks that wrote it, where it can be told.
        manager: Option<&'static str>,
    },
}

/// What the scripts of managers of hooks have in them.
const MANAGERS: [(&str, &str); 8] = [
    ("lefthook", "lefthook"),
    ("File generated by prek", "prek"),
    ("File generated by pre-commit", "pre-commit"),
    ("dirname -- \"$0\")/_/husky.sh", "husky"),
    (". \"$(dirname \"$0\")/h\"", "husky"),
    (". \"${0%/*}/h\"", "husky"),
    ("overcommit", "overcommit"),
    ("cargo-husky", "cargo-husky"),
];

/// Whose hook that is.
pub fn owner(hook: HookName, text: &[u8]) -> Owner {
    let text = String::from_utf8_lossy(text);
    if let Some(mark) = text.lines().nth(1).and_then(|line| line.strip_prefix(MARK)) {
        return Owner::Ours { version: mark.trim_end().parse().ok() };
    }
    if !called(hook, &text).is_empty() {
        return Owner::CallsUs;
    }
    match MANAGERS.iter().find(|(mark, _)| text.contains(mark)) {
        Some((_, manager)) => Owner::Foreign { manager: Some(manager) },
        None if names_us(hook, &text) => Owner::Unclear,
        None => Owner::Foreign { manager: None },
    }
}

#[cfg(test)]
mod tests;
