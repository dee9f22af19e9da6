//! Measures benches: the programs of the base and of the head, in turns.

mod count;
mod gungraun;
mod program;
pub(super) mod recorded;
mod rounds;

use std::path::{Path, PathBuf};
use std::time::Duration;

use self::program::{Pair, Program};
use super::Cancel;
use super::steps::Bench;
use crate::advisory::{LockedPackage, parse_lock};
use crate::bench::{Bars, BenchRun, BuiltBench, BuiltBenches, Measured, Programs, Side, State, read_build};
use crate::facts::{Facts, relative};
use crate::gate::Unreadable;
use crate::parse::criterion::Listing;
use crate::step::{AgainstBase, BenchCall, BenchMeasure, Evidence, Step, Tool};

/// What programs are run with.
struct Machine<'a> {
    cancel: &'a Cancel,
    /// The longest that one run of a program may take.
    timeout: Duration,
    /// Where criterion's files go; a new folder for each run, so that no file of an earlier one is read.
    scratch: tempfile::TempDir,
    valgrind: Option<PathBuf>,
    /// Where the toolchain has its shared libraries.
    toolchain: Option<PathBuf>,
}

impl Machine<'_> {
    /// Whether instructions can be counted.
    fn counts(&self) -> Result<(), Unreadable> {
        let reason = "valgrind, which counts the instructions, is not installed";
        let lacking = || Unreadable::unavailable(reason).help(Tool::Valgrind.install());
        self.valgrind.as_ref().map(|_| ()).ok_or_else(lacking)
    }
}

/// Measures the benches that both builds made; none where there is no base.
pub(super) fn measure(
    bench: &Bench<'_>,
    call: &BenchCall,
    before: &Evidence,
    timeout: Duration,
) -> AgainstBase<BenchRun> {
    let Some(base) = before.base_benches(&call.base_build())? else { return Ok(None) };
    let head = read_build(before.tool(&Step::Tool(call.build.clone()))?)?;
    let built = read_build(&base.captured)?;
    let folder = bench.facts.target.join("bulletproof").join("bench");
    let disk = |error| Unreadable::crashed(format!("{}: {error}", folder.display()));
    std::fs::create_dir_all(&folder).map_err(disk)?;
    let scratch = tempfile::tempdir_in(&folder).map_err(disk)?;
    let valgrind = bench.facts.tools.get(&Tool::Valgrind).cloned();
    let toolchain = libraries(bench.facts);
    let machine = Machine { cancel: bench.cancel, timeout, scratch, valgrind, toolchain };

    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let mut run = BenchRun { gone: gone(&built, &head), today, ..BenchRun::default() };
    let mut pairs = Vec::new();
    let locks = [lock(&base.root), lock(&bench.facts.root)];
    for one in &head.programs {
        let other = built.get(&one.package, &one.target);
        let pair = other.map(|other| {
            let owner = bench.facts.packages.iter().find(|package| package.name == one.package);
            let folder = owner.map(|package| package.folder.as_str()).unwrap_or_default();
            Pair {
                base: Program::new(other, base.root.join(folder), &locks[0], &built.libraries),
                head: Program::new(one, bench.facts.root.join(folder), &locks[1], &head.libraries),
            }
        });
        let state = match (&pair, built.failed.get(&one.target)) {
            (Some(pair), _) => compare(&machine, pair, call.bars)?,
            (None, Some(why)) => State::Failed(Side::Base, why.clone()),
            (None, None) if built.nightly.contains(&one.target) => {
                State::Failed(Side::Base, "it needs a nightly toolchain".to_owned())
            }
            // why a library does not compile stands under its own name
            (None, None) => match built.failed.values().next() {
                Some(why) => State::Failed(Side::Base, why.clone()),
                None => State::New,
            },
        };
        let root = relative(&bench.facts.root, one.source.as_ref());
        run.programs.push(Programs { package: one.package.clone(), target: one.target.clone(), root, state });
        pairs.push(pair);
    }
    match call.measure {
        BenchMeasure::Time => rounds::run(&machine, call, &pairs, &mut run)?,
        BenchMeasure::Instructions => count::all(&machine, &pairs, &mut run)?,
    }
    Ok(Some(run))
}

/// Where the toolchain has the shared libraries of what it builds: the standard library is one of them.
fn libraries(facts: &Facts) -> Option<PathBuf> {
    let host = Some(&facts.toolchain.host).filter(|host| !host.is_empty())?;
    Some(facts.sysroot.as_ref()?.join("lib").join("rustlib").join(host).join("lib"))
}

/// The packages of a workspace's lock file; none where it cannot be read, which the build says.
fn lock(root: &Path) -> Vec<LockedPackage> {
    std::fs::read(root.join("Cargo.lock")).ok().and_then(|bytes| parse_lock(&bytes).ok()).unwrap_or_default()
}

fn gone(base: &BuiltBenches, head: &BuiltBenches) -> Vec<String> {
    let known = |one: &BuiltBench| {
        head.get(&one.package, &one.target).is_some()
            || head.failed.contains_key(&one.target)
            || head.nightly.contains(&one.target)
    };
    base.programs.iter().filter(|one| !known(one)).map(|one| one.target.clone()).collect()
}

/// Which benches the two programs have in common.
fn compare(machine: &Machine<'_>, pair: &Pair, bars: Bars) -> Result<State, Unreadable> {
    if pair.base.path == pair.head.path {
        let reason =
            format!("cargo put the programs of both sides at one place: {}", pair.head.path.display());
        return Err(Unreadable::garbage(reason));
    }
    if pair.is_identical() {
        return Ok(State::Identical);
    }
    if let Some(counting) = &pair.head.counting {
        return gungraun::compare(machine, pair, bars, counting);
    }
    let (head, base) = (machine.list(&pair.head)?, machine.list(&pair.base)?);
    let head = match head {
        Ok(Listing::Criterion(names)) => names,
        Ok(other) => return Ok(State::Foreign(foreign(&other))),
        Err(why) => return Ok(State::Failed(Side::Head, why)),
    };
    let base = match base {
        Ok(Listing::Criterion(names)) => names,
        Ok(other) => return Ok(State::Failed(Side::Base, foreign(&other))),
        Err(why) => return Ok(State::Failed(Side::Base, why)),
    };
    let only = |names: &[String], others: &[String]| -> Vec<String> {
        names.iter().filter(|name| !others.contains(name)).cloned().collect()
    };
    let both = head.iter().filter(|name| base.contains(name)).map(Measured::new).collect();
    Ok(State::Compared { benches: both, appeared: only(&head, &base), vanished: only(&base, &head) })
}

fn foreign(listing: &Listing) -> String {
    match listing {
        Listing::Libtest(0) => "the standard harness, with no bench in it".to_owned(),
        Listing::Libtest(benches) => {
            format!("the standard harness ({benches} benches), which gives no samples")
        }
        Listing::Nothing | Listing::Criterion(_) => "it names no bench of criterion's".to_owned(),
    }
}
