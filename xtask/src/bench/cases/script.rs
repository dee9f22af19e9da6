//! The gates of a push against the same checks one after another, as a careful team scripts them: from nothing,
//! after a change of one file, and without a change.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bench::Error;
use crate::bench::args::{GENERATED, ROUNDS};
use crate::bench::paired::{Pair, Spread, paired};
use crate::bench::row::Row;
use crate::bench::subjects::{Package, Subjects, grouped};
use crate::packages;
use crate::program::Program;

/// The largest part of the script's time that a run from nothing, and one after a change, may take.
const MOST: f64 = 0.50;
/// The same for a run without a change.
const MOST_UNCHANGED: f64 = 0.03;
/// A run without a change may take so many times what git needs to see that, and so much more.
const TIMES_GIT: f64 = 3.0;
const BESIDE_GIT_MS: f64 = 50.0;
/// The most rounds from nothing, which take minutes each.
const MOST_COLD: u32 = 3;
/// What the script may end with: it goes on after what it finds.
const JUDGED: [i32; 2] = [0, 1];
/// Three packages of different size, each with a source that no other one includes.
const PACKAGES: [(Package, &str); 3] = [
    (("semver", "1.0.28"), "src/display.rs"),
    (("hexyl", "0.16.0"), "src/colors.rs"),
    (("ripgrep", "15.2.0"), "crates/core/logger.rs"),
];

/// The script and what both sides are given.
pub(in crate::bench) struct Script {
    file: PathBuf,
    database: PathBuf,
}

impl Script {
    /// The script in that file, with that advisory database; else the reason why there is nothing to compare with.
    pub(in crate::bench) fn new(
        subjects: &Subjects,
        file: &Path,
        database: Option<&Path>,
    ) -> Result<Result<Self, String>, Error> {
        if !file.is_file() {
            return Ok(Err(format!("there is no script `{}` (`--script`)", file.display())));
        }
        let Some(database) = database else {
            return Ok(Err("no advisory database is given (`--db` or `BULLETPROOF_ADVISORY_DB`)".to_owned()));
        };
        let file = file.canonicalize().map_err(|source| Error::File { path: file.to_owned(), source })?;
        Ok(Ok(Self { file, database: packages::database(database, subjects.dir())? }))
    }
}

/// Whose machine both sides are told that they run on.
#[derive(Clone, Copy)]
enum Machine {
    Persons,
    Servers,
}

impl Machine {
    fn of(self, program: Program) -> Program {
        match self {
            Self::Persons => program.without("CI"),
            Self::Servers => program.env("CI", "true"),
        }
    }
}

/// A workspace with the target folders of both sides.
struct Subject<'a> {
    subjects: &'a Subjects,
    script: &'a Script,
    name: String,
    root: PathBuf,
    leaf: PathBuf,
}

impl Subject<'_> {
    fn target(&self, of: &str) -> PathBuf {
        self.subjects.dir().join(format!("target-script-{of}-{}", self.name))
    }

    fn bulletproof(&self, command: &[&str]) -> Program {
        let database = self.script.database.to_string_lossy();
        let args = [command, &["--offline", "--db", &database]].concat();
        self.subjects.bulletproof(&self.root, &args).env("CARGO_TARGET_DIR", self.target("ours"))
    }

    /// Accepts what is found today, as a team does that begins with us: what fails is judged anew each time.
    fn accept(&self) -> Result<(), Error> {
        self.bulletproof(&["baseline", "update"]).succeed()?;
        Ok(packages::commit(&self.root)?)
    }

    /// What is found was accepted: a run that fails would measure something else.
    fn ours(&self, machine: Machine) -> Result<Duration, Error> {
        Ok(machine.of(self.bulletproof(&[])).time(&[0])?)
    }

    fn theirs(&self, machine: Machine) -> Result<Duration, Error> {
        let run = Program::new("bash").args([&self.script.file]).dir(&self.root);
        let run = run.env("ADVISORY_DB", &self.script.database).env("BASE_TARGET", self.target("theirs"));
        Ok(machine.of(run.env("CARGO_LLVM_COV_SETUP", "no")).time(&JUDGED)?)
    }

    /// Both from nothing: each round begins without a target folder, and none is there to warm up.
    fn cold(&self, rounds: u32, machine: Machine) -> Result<Vec<Pair>, Error> {
        let round = |_| {
            for of in ["ours", "theirs"] {
                packages::clear(&self.target(of))?;
            }
            Ok(Pair { ours: self.ours(machine)?, theirs: self.theirs(machine)? })
        };
        (0..rounds).map(round).collect()
    }

    /// Adds an item to the leaf, before its tests: another one in each round.
    fn change(&self, round: u32) -> Result<(), Error> {
        let failed = |source| Error::File { path: self.leaf.clone(), source };
        let text = std::fs::read_to_string(&self.leaf).map_err(failed)?;
        let (items, tests) = text.split_at(text.find("\n#[cfg(test)]").unwrap_or(text.len()));
        std::fs::write(&self.leaf, format!("{items}\nconst _: u32 = {round};\n{tests}")).map_err(failed)
    }
}

pub(in crate::bench) fn script(
    subjects: &Subjects,
    rounds: u32,
    script: Result<Script, String>,
    on: &[String],
) -> Result<Vec<Row>, Error> {
    let is_wanted = |name: &str| on.is_empty() || on.iter().any(|wanted| wanted == name);
    let script = match script {
        Ok(script) => script,
        Err(why) => return Ok(vec![Row::not_measured("script", "a push against a script of checks", &why)]),
    };
    let mut rows = Vec::new();
    for ((name, version), leaf) in PACKAGES.into_iter().filter(|((name, _), _)| is_wanted(name)) {
        let root = subjects.package((name, version))?;
        if !root.join("Cargo.lock").is_file() {
            Program::cargo().args(["generate-lockfile"]).dir(&root).succeed()?;
            packages::commit(&root)?;
        }
        // downloads are no part of what is measured
        Program::cargo().args(["fetch", "--locked"]).dir(&root).succeed()?;
        let leaf = root.join(leaf);
        let subject = Subject { subjects, script: &script, name: name.to_owned(), root, leaf };
        subject.accept()?;
        rows.extend(measure(&subject, &format!("{name} {version}"), rounds)?);
    }
    if !is_wanted(GENERATED) {
        return Ok(rows);
    }
    let generated = subjects.generated()?;
    let leaf = generated.root.join("part-49/src/module_12.rs");
    let on = format!("a made-up workspace of {} lines", grouped(generated.lines));
    let name = GENERATED.to_owned();
    let subject = Subject { subjects, script: &script, name, root: generated.root, leaf };
    rows.extend(measure(&subject, &on, rounds.min(3))?);
    Ok(rows)
}

fn measure(subject: &Subject<'_>, on: &str, rounds: u32) -> Result<Vec<Row>, Error> {
    let on_server = subject.cold(rounds.min(MOST_COLD), Machine::Servers)?;
    let cold = subject.cold(rounds.min(MOST_COLD), Machine::Persons)?;
    let (ours, theirs) = (|| subject.ours(Machine::Persons), || subject.theirs(Machine::Persons));
    let ratio = |pairs: &[Pair]| Spread::of(pairs.iter().map(Pair::ratio)).median;
    let mut round = 0;
    let changed = paired::<Error>(
        rounds,
        || {
            round += 1;
            subject.change(round)?;
            ours()
        },
        theirs,
    )?;
    let unchanged = paired::<Error>(rounds, ours, theirs)?;
    let status = || Program::new("git").args(["status", "--porcelain"]).dir(&subject.root);
    // however few the script can be given: these take no time
    let rounds = rounds.max(ROUNDS);
    let beside_git = paired::<Error>(rounds, ours, || Ok(status().time(&[0])?))?;
    let beyond = beside_git
        .iter()
        .map(|pair| (pair.ours.as_secs_f64() - TIMES_GIT * pair.theirs.as_secs_f64()) * 1000.0);
    let beyond = Spread::of(beyond);
    let row = |what: &str, pairs: &[Pair]| Row::ratio("script", format!("{on}: {what}"), pairs);
    Program::new("git").args(["checkout", "--quiet", "."]).dir(&subject.root).succeed()?;
    Ok(vec![
        row("from nothing", &cold).bar("0.50 ×", ratio(&cold) <= MOST),
        row("from nothing, on a server", &on_server),
        row("one file changed", &changed).bar("0.50 ×", ratio(&changed) <= MOST),
        row("nothing changed", &unchanged).bar("0.03 ×", ratio(&unchanged) <= MOST_UNCHANGED),
        row("nothing changed, beyond 3 × `git status`", &beside_git)
            .figure(beyond, "ms")
            .bar("50 ms", beyond.median <= BESIDE_GIT_MS),
    ])
}
