//! What has to be right before `to` moves an environment: approvals, programs that must run, the checklist.

use std::path::PathBuf;
use std::time::Duration;

use cargo_promote::attest::{Approval, Predicate, Statement};
use cargo_promote::candidate::Candidate;
use cargo_promote::digest::Digest;
use cargo_promote::ops::attest::wrap;
use cargo_promote::ops::keys::SignWith;
use cargo_promote::store::Store;

use super::Project;

/// Keys of two developers whom the config names and of somebody whom it does not, and an environment that asks for
/// something. What is not about approvals is not asked for.
struct Asking {
    project: Project,
    keys: tempfile::TempDir,
}

/// What is said, wherever its lines end.
fn on_one_line(told: &str) -> String {
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Asking {
    /// With these lines of production.
    fn new(production: &str) -> Self {
        let project = Project::new("");
        let keys = tempfile::tempdir().unwrap();
        let mut config = format!(
            "[[environments]]\nname = \"staging\"\n[[environments]]\nname = \"production\"\n{production}\n\
             [policy]\nverdict_by = []\nprovenance_by = []\n"
        );
        for name in ["ann", "ben", "stranger"] {
            let path = keys.path().join(name);
            let table = project.told(&["keys", "generate", path.to_str().unwrap()], 0);
            let table =
                table.replace("keys.NAME", &format!("keys.{name}")).replace("\"ci\"", "\"developer\"");
            config += if name == "stranger" { "" } else { table.as_str() };
        }
        std::fs::write(project.root().join("promote.toml"), config).unwrap();
        Self { project, keys }
    }

    fn key(&self, name: &str) -> PathBuf {
        self.keys.path().join(name)
    }

    fn store(&self) -> Box<dyn Store> {
        self.project.session().store(&"local".parse().unwrap()).unwrap()
    }

    /// A candidate of that version with that program, in staging.
    fn staged(&self, version: &str, program: &str) -> Candidate {
        let digest = self.project.stage(version, &[("tool", program.as_bytes())]);
        self.project.told(&["to", "staging", version, "--execute"], 0);
        self.store().candidate(&digest).unwrap()
    }

    /// Puts an approval beside a candidate: of that key, for that environment, about that candidate, so old.
    fn approve(&self, beside: &Candidate, key: &str, environment: &str, about: Digest, age: Duration) {
        let signer = SignWith { key: Some(self.key(key)), ..SignWith::default() }.signer().unwrap();
        let time = self.project.session().by("").unwrap().time - age;
        let environment = environment.parse().unwrap();
        let approval = Approval { environment, candidate: about, comment: String::new(), time };
        let statement = Statement::about(beside, Predicate::Approval(approval));
        let envelope = wrap(&statement, signer.as_ref()).unwrap();
        self.store().attach(&beside.digest(), &envelope.bytes()).unwrap();
    }

    /// Whether production runs that candidate.
    fn is_there(&self, candidate: &Candidate) -> bool {
        let state = self.project.session().ledger().unwrap().head().unwrap().state();
        state.current(&"production".parse().unwrap()) == Some(candidate.digest())
    }

    /// `to production --execute` with these options ends with that code and says that, and moves it or does not.
    fn to(&self, candidate: &Candidate, options: &[&str], code: i32, says: &str) {
        let digest = candidate.digest().short();
        let call = [&["to", "production", &digest, "--execute"] as &[&str], options].concat();
        let told = self.project.told(&call, code);
        assert!(on_one_line(&told).contains(&on_one_line(says)), "{says}: {told}");
        assert_eq!(self.is_there(candidate), code == 0, "{told}");
    }
}

#[test]
fn only_approvals_that_count_let_a_candidate_into_production() {
    let asking = Asking::new("approvals = { needed = 2, by = [\"ann\", \"ben\"], max_age = \"1h\" }");
    let other = asking.staged("0.9.0", "other");
    let one = asking.staged("1.0.0", "one");
    let (digest, now) = (one.digest(), Duration::ZERO);
    let project = &asking.project;
    assert!(project.told(&["to", "production"], 1).contains("approvals: 0 of 2"));
    asking.to(&one, &[], 1, "approvals: 0 of 2");
    let approve = |name: &str| {
        let key = asking.key(name);
        project.told(&["approve", "production", &digest.short(), "--key", key.to_str().unwrap()], 0)
    };
    assert!(approve("ann").contains("ann agrees that tool 1.0.0"));
    asking.to(&one, &[], 1, "approvals: 1 of 2; ");
    // the same key again, an environment and a candidate that are others, a stranger, one too old
    approve("ann");
    asking.approve(&one, "ben", "staging", digest, now);
    asking.approve(&one, "ben", "production", other.digest(), now);
    asking.approve(&other, "ben", "production", other.digest(), now);
    asking.to(&one, &[], 1, "approvals: 1 of 2; `cargo promote approve");
    asking.approve(&one, "stranger", "production", digest, now);
    asking.to(&one, &[], 1, "one is not signed by a key of promote.toml");
    asking.approve(&one, "ben", "production", digest, Duration::from_hours(2));
    asking.to(&one, &[], 1, "that of `ben` is of");
    let unsigned = asking.store().attestations(&digest).unwrap().len();
    assert_eq!(unsigned, 8, "a verdict, a provenance, and six approvals");
    approve("ben");
    asking.to(&one, &[], 0, "production runs tool 1.0.0");
    // a way back needs nobody's leave, and what is signed for one candidate lets no other in
    asking.to(&other, &[], 1, "approvals: 1 of 2");
}

#[test]
fn an_approval_of_another_candidate_that_lies_beside_this_one_stops_it() {
    let asking = Asking::new("approvals = { needed = 1, by = [\"ann\"] }");
    let other = asking.staged("0.9.0", "other");
    let one = asking.staged("1.0.0", "one");
    asking.approve(&one, "ann", "production", one.digest(), Duration::ZERO);
    let before = asking.store().attestations(&other.digest()).unwrap();
    asking.approve(&other, "ann", "production", other.digest(), Duration::ZERO);
    let all = asking.store().attestations(&other.digest()).unwrap();
    let stolen = all.iter().find(|envelope| !before.contains(envelope)).unwrap();
    asking.store().attach(&one.digest(), stolen).unwrap();
    asking.to(&one, &[], 1, "it is about other artifacts than the candidate's");
    assert_eq!(asking.project.promote(&["verify"]).code, Some(1));
    let beside = asking.project.root().join(".git/promote/attestations").join(one.digest().hex());
    std::fs::remove_file(beside.join(Digest::of(stolen).hex())).unwrap();
    asking.to(&one, &[], 0, "production runs tool 1.0.0");
}

#[cfg(unix)]
#[test]
fn the_staged_bytes_have_to_run() {
    let asking = Asking::new(
        "smoke = [{ artifact = \"tool\", args = [\"--version\"], prints = \"tool 1.\", timeout = \"3s\" }]",
    );
    let root = asking.project.root();
    // what lies in the workspace is not what is run
    std::fs::write(root.join("tool"), "#!/bin/sh\necho tool 1.0.0\n").unwrap();
    let trace = root.join("target/ran");
    std::fs::create_dir_all(root.join("target")).unwrap();
    let good =
        format!("#!/bin/sh\n[ \"$1\" = --version ] && touch '{}' && echo tool 1.0.0\n", trace.display());
    for (version, program, code, says) in [
        ("0.1.0", "#!/bin/sh\necho tool 0.1.0\n", 1, "does not print `tool 1.`"),
        ("0.2.0", "#!/bin/sh\necho tool 1.; echo broken >&2; exit 3\n", 1, "it ended with 3: broken"),
        ("0.3.0", "#!/bin/sh\nkill -9 $$\n", 1, "signal 9"),
        ("0.4.0", "#!/bin/sh\necho tool 1.; exec sleep 60\n", 1, "longer than 3s"),
        ("0.5.0", "#!/no/such/program\n", 2, "COULD NOT  smoke tool --version"),
        ("1.0.0", good.as_str(), 0, "production runs tool 1.0.0"),
    ] {
        let candidate = asking.staged(version, program);
        let plan = asking.project.told(&["to", "production"], 0);
        assert!(plan.contains("later  smoke tool --version") && !trace.exists(), "{plan}");
        asking.to(&candidate, &[], code, says);
    }
    assert!(trace.exists());
    let none = Asking::new("smoke = [{ artifact = \"another\" }]");
    let candidate = none.staged("1.0.0", "#!/bin/sh\n");
    none.to(&candidate, &[], 1, "the candidate has no such artifact; it has tool");
}

#[cfg(unix)]
#[test]
fn the_checklist_is_done_by_commands_and_by_word() {
    let asking = Asking::new(
        "checklist = [{ name = \"notes\", what = \"the notes are written\" }, \
         { name = \"backup\", what = \"the backup is there\", command = [\"sh\", \"backup.sh\"] }]",
    );
    let candidate = asking.staged("1.0.0", "one");
    let script = asking.project.root().join("backup.sh");
    let write = |ready: &str| {
        let text = "echo \"none for $PROMOTE_ENVIRONMENT $PROMOTE_CANDIDATE\" >&2\n".to_owned();
        std::fs::write(&script, text + ready).unwrap();
    };
    write("exit 0\n");
    let plan = asking.project.told(&["to", "production"], 1);
    let asked = "the notes are written; when it is done, add `--done notes`";
    assert!(on_one_line(&plan).contains(asked), "{plan}");
    asking.to(&candidate, &[], 1, "add `--done notes`");
    asking.to(&candidate, &["--done", "note"], 1, "`--done note`: the checklist has no such item");
    asking.to(&candidate, &["--done", "notes", "--done", "backup"], 1, "its command decides, nobody else");
    write("exit 7\n");
    let why = format!("ended with 7: none for production {}", candidate.digest());
    asking.to(&candidate, &["--done", "notes"], 1, &why);
    write("exit 0\n");
    asking.to(&candidate, &["--done", "notes", "--reason", "it is time"], 0, "production runs tool 1.0.0");
    let log = asking.project.told(&["log", "--format", "json"], 0);
    assert!(log.contains("it is time; done: notes"), "{log}");

    let gone = Asking::new("checklist = [{ name = \"it\", what = \"it\", command = [\"no-such-program\"] }]");
    let candidate = gone.staged("1.0.0", "one");
    gone.to(&candidate, &[], 2, "no-such-program");
}
