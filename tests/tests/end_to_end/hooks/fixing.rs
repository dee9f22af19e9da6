//! `fix = true`: what is staged is formatted before it is judged, and nothing else is touched.

use super::state::Repo;

const ODD: &str = "//! odd\n\nfn a( ) {}\n";
const EVEN: &str = "//! odd\n\nfn a() {}\n";

fn repo(fix: bool) -> Repo {
    let repo = Repo::of("clean");
    repo.write(
        "bulletproof.toml",
        format!("[gates.hooks]\nfix = {fix}\n\n[stages]\npre-commit = [\"fmt\"]\n"),
    );
    repo.done(&["add", "--all"]);
    repo.done(&["commit", "--quiet", "--message", "chore: a config"]);
    std::fs::create_dir_all(repo.workspace.home()).unwrap();
    repo.install(&["--hook", "pre-commit"]);
    repo
}

fn on_disk(repo: &Repo) -> String {
    std::fs::read_to_string(repo.root().join("src/odd.rs")).unwrap()
}

#[test]
fn what_is_staged_is_formatted_in_the_index_and_on_disk() {
    let repo = repo(true);
    repo.write("src/odd.rs", ODD);
    repo.done(&["add", "src/odd.rs"]);
    let output = repo.git(&["commit", "--quiet", "--message", "feat: odd"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(said.contains("src/odd.rs: formatted, in the index and on disk"), "{said}");
    assert_eq!(repo.done(&["show", "HEAD:src/odd.rs"]), EVEN);
    assert_eq!(on_disk(&repo), EVEN);
    assert_eq!(repo.done(&["status", "--porcelain"]), "");
}

#[test]
fn of_a_partly_staged_file_only_the_index_is_formatted() {
    let repo = repo(true);
    repo.write("src/odd.rs", ODD);
    repo.done(&["add", "src/odd.rs"]);
    let more = format!("{ODD}fn b( ) {{}}\n");
    repo.write("src/odd.rs", &more);
    repo.done(&["commit", "--quiet", "--message", "feat: odd"]);
    assert_eq!(repo.done(&["show", "HEAD:src/odd.rs"]), EVEN);
    assert_eq!(on_disk(&repo), more);
}

#[test]
fn nothing_is_fixed_where_the_config_does_not_ask_for_it() {
    let repo = repo(false);
    repo.write("src/odd.rs", ODD);
    repo.done(&["add", "src/odd.rs"]);
    repo.fails(&["commit", "--quiet", "--message", "feat: odd"]);
    assert_eq!(repo.done(&["show", ":src/odd.rs"]), ODD);
    assert_eq!(on_disk(&repo), ODD);
}

#[test]
fn a_commit_of_everything_has_an_index_of_its_own_and_is_judged_as_it_is() {
    let repo = repo(true);
    repo.write("src/odd.rs", EVEN);
    repo.done(&["add", "src/odd.rs"]);
    repo.done(&["commit", "--quiet", "--message", "feat: even"]);
    repo.write("src/odd.rs", ODD);
    let output = repo.git(&["commit", "--quiet", "--all", "--message", "feat: odd"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("nothing is fixed: this commit takes paths"), "{said}");
    assert_eq!(repo.done(&["show", ":src/odd.rs"]), EVEN);
    assert_eq!(on_disk(&repo), ODD);
}

#[test]
fn a_file_that_the_commit_is_not_about_stays() {
    let repo = repo(true);
    repo.write("src/odd.rs", ODD);
    repo.done(&["add", "src/odd.rs"]);
    repo.done(&["commit", "--quiet", "--no-verify", "--message", "feat: odd"]);
    repo.write("src/other.rs", ODD);
    repo.done(&["add", "src/other.rs"]);
    repo.fails(&["commit", "--quiet", "--message", "feat: other"]);
    assert_eq!(repo.done(&["show", ":src/odd.rs"]), ODD);
    assert_eq!(repo.done(&["show", ":src/other.rs"]), EVEN);
    assert_eq!(on_disk(&repo), ODD);
}
