//! docs/bench-rule.md.

use std::fmt::Write as _;

use cargo_gate::bench::{CONFIRMING, FEWEST, Kind, MOST, USUAL};

use super::replay::{BARS, Outcome, STEP, STRICT};
use super::rounds::Recorded;

/// The page.
pub(super) fn page(recorded: &Recorded, results: &[Outcome], machine: &str) -> String {
    let (rounds, benches) = (recorded.rounds(), recorded.benches.len());
    let mut page = format!(
        "# The rule of the gate `bench`, and what it is worth

Made by `cargo xtask bench-power --dir DIR`, which records rounds of real benches and applies the gate's own
code to them. Do not edit it by hand.

The rule: a round runs each program of a bench for a moment (10 samples in 0.1 s) and keeps the shortest
sample. Three estimates of the change are taken over the rounds: the median of the rounds' ratios, the ratio
of the minima over all rounds, the ratio of the means of each side's shortest third. The middle one is the
change. A bench is slower where that passes the bar and the lower end of its bootstrap interval (95 % for all
benches together) is above 0, or, from {USUAL} rounds on, where all three pass the bar that warns. It is decided from {FEWEST} rounds on where both ends of the interval lie on one side of
each bar, after {USUAL} rounds unless it is unclear, after {MOST} in any case; and before a bench is called slower,
{CONFIRMING} rounds measured anew must show at least half of the bar.

{benches} benches of criterion, {rounds} rounds on a machine with {machine}, while others worked on it: {}.
The rule is applied from every {STEP}th round on, in both directions where that makes sense: the stretches
overlap, so the counts are worth less than as many separate ones. The rule was chosen on an earlier recording;
none of its rounds is among these.

",
        other_work(recorded)
    );
    alarms(&mut page, results);
    found(&mut page, results);
    unrelated(&mut page, results);
    page
}

/// What the machine's other work adds to the mean of a run.
fn other_work(recorded: &Recorded) -> String {
    let mut added: Vec<f64> = recorded
        .benches
        .values()
        .flat_map(|lines| {
            let base = |line: &super::rounds::Line| line.shortest.get("base").copied();
            let least = lines.iter().filter_map(base).fold(f64::INFINITY, f64::min);
            lines.iter().filter_map(move |line| Some(line.mean.get("base")? / least - 1.0))
        })
        .collect();
    added.sort_by(f64::total_cmp);
    let at = |tenth: usize| added.get(added.len() * tenth / 10).copied().unwrap_or(f64::NAN) * 100.0;
    format!(
        "it made the mean of a short run {:.0} % longer than its shortest time in half of the runs, and {:.0} % \
         longer in every tenth",
        at(5),
        at(9)
    )
}

fn percent(part: usize, whole: usize) -> String {
    let number = |count: usize| u32::try_from(count).map_or(f64::NAN, f64::from);
    format!("{:.1} %", 100.0 * number(part) / number(whole))
}

fn sum(results: &[&Outcome], of: impl Fn(&Outcome) -> usize) -> usize {
    results.iter().map(|one| of(one)).sum()
}

/// The rounds that a bench took on average.
fn average(results: &[&Outcome]) -> String {
    let number = |count: usize| u32::try_from(count).map_or(f64::NAN, f64::from);
    format!("{:.1}", number(sum(results, |one| one.rounds)) / number(sum(results, Outcome::benches)))
}

fn alarms(page: &mut String, results: &[Outcome]) {
    page.push_str("## False alarms: the same program on both sides\n\n");
    page.push_str("| bar | benches | called slower | unclear | runs with any alarm | rounds a bench |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- |\n");
    for bars in [BARS, STRICT] {
        let both: Vec<&Outcome> = results
            .iter()
            .filter(|one| {
                one.bars == bars && [one.base, one.head].iter().all(|name| ["base", "same"].contains(name))
            })
            .collect();
        let (benches, slower) = (sum(&both, Outcome::benches), sum(&both, Outcome::slower));
        let unclear = sum(&both, |one| one.kinds.get(&Kind::Unclear).copied().unwrap_or_default());
        let (runs, alarmed) = (sum(&both, |one| one.runs), sum(&both, |one| one.alarmed));
        let _ = writeln!(
            page,
            "| {} % | {benches} | {slower} ({}) | {unclear} ({}) | {alarmed} of {runs} | {} |",
            bars.warn,
            percent(slower, benches),
            percent(unclear, benches),
            average(&both)
        );
    }
    page.push_str("\nOther rules on the same rounds, at 10 %:\n\n| rule | called slower |\n| --- | --- |\n");
    let both: Vec<&Outcome> = results
        .iter()
        .filter(|one| {
            one.bars == BARS && [one.base, one.head].iter().all(|name| ["base", "same"].contains(name))
        })
        .collect();
    others(page, &both);
}

fn others(page: &mut String, results: &[&Outcome]) {
    let benches = sum(results, Outcome::benches);
    let Some(first) = results.first() else { return };
    for rule in first.others.keys() {
        let slower = sum(results, |one| one.others.get(rule).copied().unwrap_or_default());
        let _ = writeln!(page, "| {rule} | {slower} of {benches} ({}) |", percent(slower, benches));
    }
    page.push('\n');
}

fn found(page: &mut String, results: &[Outcome]) {
    page.push_str("## Found: 15 % more work in each bench\n\n");
    page.push_str("| bars | benches | called slower | of them failed | unclear: warned | passed as unchanged | rounds a bench |\n");
    page.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
    for bars in [BARS, STRICT] {
        let all: Vec<&Outcome> =
            results.iter().filter(|one| one.bars == bars && one.head == "slower").collect();
        let (benches, slower) = (sum(&all, Outcome::benches), sum(&all, Outcome::slower));
        let failed = sum(&all, |one| one.count(Kind::Slower));
        let unclear = sum(&all, |one| one.count(Kind::Unclear));
        let passed = sum(&all, Outcome::passed);
        let _ = writeln!(
            page,
            "| warns at {} %, fails at {} % | {benches} | {slower} ({}) | {failed} ({}) | {unclear} ({}) | {passed} ({}) | {} |",
            bars.warn,
            bars.fail,
            percent(slower, benches),
            percent(failed, benches),
            percent(unclear, benches),
            percent(passed, benches),
            average(&all)
        );
    }
    page.push_str(
        "\nOf the missed ones, only those passed as unchanged are silent: an unclear bench warns.\n\n\
         Other rules on the same rounds, at 10 %:\n\n| rule | called slower |\n| --- | --- |\n",
    );
    let all: Vec<&Outcome> = results.iter().filter(|one| one.bars == BARS && one.head == "slower").collect();
    others(page, &all);
}

fn unrelated(page: &mut String, results: &[Outcome]) {
    let Some(one) = results.iter().find(|one| one.head == "unrelated" && one.runs > 0) else { return };
    page.push_str("## Layout: a function that nothing calls\n\n");
    let _ = writeln!(
        page,
        "{} of {} comparisons are called slower at 10 % where the change adds a function that nothing calls: the\n\
         code of the benches is the same and lies elsewhere. By bench, of {} stretches each (they overlap):\n",
        one.slower(),
        one.benches(),
        one.runs
    );
    for (bench, count) in &one.by_bench {
        let _ = writeln!(page, "- `{bench}`: {count}");
    }
    page.push_str(
        "\nThat is all that was checked here: times only, of one such build. Instructions were not counted in these\n\
         rounds; where valgrind is installed the gate counts those of a bench that it would call slower, and says\n\
         `layout` where they are equal.\n",
    );
}
