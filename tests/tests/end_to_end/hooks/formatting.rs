//! What is staged is formatted by the settings that are staged with it, whatever those of the last commit were.

use super::state::Repo;

const SPACES: &str = "//! a\n\nfn a() {\n    b();\n}\n";

fn repo() -> Repo {
    let repo = Repo::of("clean");
    repo.write("bulletproof.toml", "[stages]\npre-commit = [\"fmt\"]\n");
    repo.done(&["add", "--all"]);
    repo.done(&["commit", "--quiet", "--message", "chore: a config"]);
    std::fs::create_dir_all(repo.workspace.home()).unwrap();
    repo.install(&["--hook", "pre-commit"]);
    repo
}

/// Whether the hook remembers how it asked rustfmt.
fn is_known(repo: &Repo) -> bool {
    let answers = repo.workspace.home().join("cache/bulletproof/answers");
    let answers = std::fs::read_dir(answers).unwrap().map(|entry| entry.unwrap().path());
    answers.filter_map(|path| std::fs::read_to_string(path).ok()).any(|text| text.contains("\"editions\""))
}

#[test]
fn a_commit_is_formatted_by_the_settings_that_it_brings_itself() {
    let repo = repo();
    let commit = ["commit", "--quiet", "--message", "feat: a"];
    // the hook knows from this one how rustfmt is asked
    for number in 0..2 {
        repo.write("src/tabs/a.rs", format!("{SPACES}// {number}\n"));
        repo.done(&["add", "--all"]);
        repo.done(&commit);
    }
    assert!(is_known(&repo), "rustfmt begins early from now on");
    let spaces = format!("{SPACES}// 3\n");
    let tabs = spaces.replace("    ", "\t");
    repo.write("src/tabs/rustfmt.toml", "hard_tabs = true\n");
    repo.write("src/tabs/a.rs", &spaces);
    repo.done(&["add", "--all"]);
    repo.fails(&commit);
    repo.write("src/tabs/a.rs", &tabs);
    repo.done(&["add", "--all"]);
    repo.done(&commit);
    repo.done(&["rm", "--quiet", "src/tabs/rustfmt.toml"]);
    repo.write("src/tabs/a.rs", format!("{tabs}// 4\n"));
    repo.done(&["add", "--all"]);
    repo.fails(&commit);
    repo.write("src/tabs/a.rs", format!("{spaces}// 4\n"));
    repo.done(&["add", "--all"]);
    repo.done(&commit);
}
