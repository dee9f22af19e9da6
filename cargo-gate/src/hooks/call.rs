//! Calls of our program in hooks of somebody else's. A shell's script can do anything, so only what is plain counts:
//! a script whose lines, up to the call, are simple commands that cannot leave it or skip a part of it.

use super::HookName;
use super::script::Before;

/// Words by which a script skips its lines, leaves, goes elsewhere, or gives a name another meaning.
const UNCLEAR: [&str; 24] = [
    "if", "then", "else", "elif", "fi", "case", "esac", "for", "while", "until", "do", "done", "select",
    "function", "exit", "exec", "return", "trap", "alias", "eval", "source", "cd", "break", "continue",
];
/// The manifest of a call that names none.
pub(super) const MANIFEST: &str = "Cargo.toml";
/// What makes a line more than simple commands: functions, groups, substitutions, here-documents, jobs.
const PARTS: [&str; 6] = ["(", ")", "{", "}", "<<", "`"];

/// The calls of our program for that hook whose failure is the script's, each with the manifest that it names:
/// by `exec`, by `|| exit`, or as the last line.
pub(super) fn called(hook: HookName, text: &str) -> Vec<&str> {
    let mut calls = Vec::new();
    if !Before::is_shell(text.as_bytes()) {
        return calls;
    }
    let is_code = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
    let mut lines = text.lines().map(str::trim_end).filter(is_code).peekable();
    while let Some(line) = lines.next() {
        let (command, exits) = without_exit(line);
        let (command, execs) = match command.strip_prefix("exec ") {
            Some(command) => (command, true),
            None => (command, false),
        };
        if (exits || execs || lines.peek().is_none())
            && let Some(manifest) = call(hook, command)
        {
            calls.push(manifest);
        }
        if execs || !is_plain(hook, line) {
            break;
        }
    }
    calls
}

/// Whether a script names our program for that hook at all.
pub(super) fn names_us(hook: HookName, text: &str) -> bool {
    text.contains(&format!("bulletproof hook {hook}"))
}

/// A command whose failure ends the script, and whether it does.
fn without_exit(line: &str) -> (&str, bool) {
    let command = line.strip_suffix("|| exit 1").or_else(|| line.strip_suffix("|| exit"));
    command.map_or((line, false), |command| (command, true))
}

/// Whether the script surely goes on with the next line, or fails.
fn is_plain(hook: HookName, line: &str) -> bool {
    let (line, _) = without_exit(line);
    let line = line.trim_end();
    let words = || line.split(|letter: char| letter.is_whitespace() || ";|&!".contains(letter));
    let first = words().next().unwrap_or_default();
    let ends = ["\\", "|", "&"].iter().any(|end| line.ends_with(end));
    let open = ['\'', '"'].iter().any(|quote| line.matches(*quote).count() % 2 == 1);
    let unclear = words().any(|word| UNCLEAR.contains(&word) || word == ".");
    let sets = first != "set" || words().skip(1).all(|word| word == "pipefail" || is_option(word));
    let plain = !PARTS.iter().any(|part| line.contains(part)) && !line.starts_with(char::is_whitespace);
    plain && !ends && !open && !unclear && sets && (hook != HookName::PrePush || leaves_input(line, first))
}

/// An option of `set` that skips no line.
fn is_option(word: &str) -> bool {
    word.is_empty() || word.strip_prefix('-').is_some_and(|rest| rest.chars().all(|one| "euxo".contains(one)))
}

/// Whether it surely leaves what git says on the standard input, which our program is to read.
fn leaves_input(line: &str, first: &str) -> bool {
    let single = !line.contains([';', '|', '&']);
    let is_given = line.ends_with("</dev/null") || line.ends_with("< /dev/null");
    let reads_nothing = ["set", "echo", "printf", "export", "unset", ":"].contains(&first);
    single && (is_given || reads_nothing)
}

/// Whether a shell's command line is a call of our program for that hook, and nothing else: the manifest that it
/// names, from the top of the work tree, where git runs hooks.
pub(super) fn call(hook: HookName, command: &str) -> Option<&str> {
    let mut words = command.split_whitespace();
    let program = words.next()?.trim_matches(['"', '\'']);
    let name = program.rsplit(['/', '\\']).next()?;
    let is_ours = ["cargo", "cargo-bulletproof"].contains(&name.strip_suffix(".exe").unwrap_or(name));
    let is_call =
        is_ours && [words.next()?, words.next()?, words.next()?] == ["bulletproof", "hook", hook.name()];
    let mut manifest = None;
    while let Some(word) = words.next() {
        match word {
            "\"$@\"" => {}
            "--manifest-path" if manifest.is_none() => manifest = Some(plain(words.next()?)?),
            _ => return None,
        }
    }
    (is_call && !command.starts_with(char::is_whitespace)).then(|| manifest.unwrap_or(MANIFEST))
}

/// A word that means itself.
fn plain(word: &str) -> Option<&str> {
    let quoted = |quote| word.strip_prefix(quote)?.strip_suffix(quote);
    let inner = quoted('\'').or_else(|| quoted('"')).unwrap_or(word);
    let means_itself = |letter: char| letter.is_alphanumeric() || "/_.-+ :".contains(letter);
    inner.chars().all(means_itself).then(|| inner.strip_prefix("./").unwrap_or(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calls(text: &str) -> bool {
        !called(HookName::PreCommit, text).is_empty()
    }

    const CALL: &str = "cargo bulletproof hook pre-commit";

    #[test]
    fn a_plain_call_whose_failure_is_the_hooks_counts() {
        for text in [
            "#!/bin/sh\nnpm test\nCALL\n",
            "CALL \"$@\" || exit 1\nnpm test\nexit 0\n",
            "#!/bin/sh -e\n\n# first\nset -euo pipefail\nnpm test | tee log || exit 1\nexec CALL \"$@\"\n",
            "exec '/opt/x/cargo-bulletproof' bulletproof hook pre-commit\n",
            "CALL --manifest-path rust/Cargo.toml \"$@\"\n",
        ] {
            assert!(calls(&text.replace("CALL", CALL)), "{text}");
        }
    }

    #[test]
    fn a_call_that_may_not_be_run_or_whose_failure_is_lost_does_not_count() {
        for text in [
            "exit 0\nCALL\n",
            "test -n \"$CI\" && exit 0\nCALL\n",
            "if [ -n \"$X\" ]; then\nCALL\nfi\n",
            "if [ -n \"$X\" ]; then\nexec CALL\nfi\n",
            "if [ -n \"$X\" ]; then\n    CALL || exit 1\nfi\n",
            "[ -n \"$X\" ] &&\nCALL || exit 1\n",
            "[ -n \"$X\" ] && \\\nCALL || exit 1\n",
            "cat <<END\nCALL || exit 1\nEND\n",
            "echo '\nCALL || exit 1\n'\n",
            "cargo() {\ntrue\n}\nCALL\n",
            "gates() {\nCALL || exit 1\n}\n",
            "alias cargo=true\nCALL\n",
            ". ./lib.sh\nCALL\n",
            "trap 'true' EXIT\nCALL\n",
            "set -n\nCALL\n",
            "cd other\nCALL\n",
            "exec true\nCALL\n",
            "true; exit\nCALL\n",
            "#!/bin/sh -n\nCALL\n",
            "#!/bin/true\nCALL\n",
            "CALL\nnpm test\n",
            "CALL --help\n",
            "CALL -h || exit 1\n",
            "CALL \"$@\" --version\n",
            "CALL $ARGS\n",
            "CALL --manifest-path $HOME/Cargo.toml\n",
            "CALL --manifest-path\n",
            "CALL || true\n",
            "CALL; exit 0\n",
            "CALL &\n",
            "! CALL\n",
            "cargo bulletproof hook pre-push\n",
            "cargo bulletproof hook\n",
            "# CALL\n",
            "echo CALL\n",
            "",
        ] {
            assert!(!calls(&text.replace("CALL", CALL)), "{text}");
        }
    }

    #[test]
    fn what_git_says_of_a_push_is_left_to_our_program() {
        let calls = |text: &str| !called(HookName::PrePush, text).is_empty();
        assert!(calls("set -e\nnpm test </dev/null\ncargo bulletproof hook pre-push \"$@\"\n"));
        for text in [
            "git lfs pre-push \"$@\"\ncargo bulletproof hook pre-push \"$@\"\n",
            "echo x; cat >log\ncargo bulletproof hook pre-push \"$@\"\n",
            "cat | sort </dev/null\ncargo bulletproof hook pre-push \"$@\"\n",
        ] {
            assert!(!calls(text), "{text}");
        }
    }

    #[test]
    fn each_call_has_its_manifest() {
        let text = "CALL --manifest-path './one/Cargo.toml' || exit\nCALL \"$@\"\n".replace("CALL", CALL);
        assert_eq!(called(HookName::PreCommit, &text), ["one/Cargo.toml", MANIFEST]);
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_calls_or_none(text: String) {
            let _ = called(HookName::PreCommit, &text);
        }
    }
}
