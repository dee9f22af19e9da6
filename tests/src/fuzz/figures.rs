//! Figures that were measured.

use cargo_gate::parse::callgrind;
use cargo_gate::parse::criterion::{self, Estimates};
use cargo_gate::parse::gungraun;
use cargo_gate::parse::lcov::{self, Lcov};

use super::Input;

pub(super) fn lcov(input: Input<'_>) {
    let whole = match lcov::parse(input.bytes) {
        Ok(whole) => whole,
        Err(error) => {
            assert!(!error.problems.is_empty() && !error.to_string().is_empty(), "an error has a reason");
            return;
        }
    };
    for counts in whole.files.values() {
        let lines: Vec<u32> = counts.iter().map(|count| count.line).collect();
        assert!(lines.iter().all(|line| *line > 0), "lines count from 1");
        assert!(lines.is_sorted_by(|a, b| a < b), "each line once, in order");
        assert!(counts.hit() <= counts.total());
    }
    assert_eq!(lcov::parse(&print(&whole)).as_ref(), Ok(&whole), "what is written is read again");
    let twice = [input.bytes, b"\n", input.bytes].concat();
    let twice = lcov::parse(&twice).unwrap_or_default();
    assert!(twice.files.keys().eq(whole.files.keys()), "sections of one source are merged");
    assert!(contains(&twice, &whole), "no count is lost where sections are merged");
    if let Ok(part) = lcov::parse(input.part()) {
        assert!(contains(&whole, &part), "a part shows no line that the whole has not");
    }
}

/// Whether each line of `less` is in `more`, with at least as many hits.
fn contains(more: &Lcov, less: &Lcov) -> bool {
    less.files.iter().all(|(file, counts)| {
        more.files.get(file).is_some_and(|more| {
            counts.iter().all(|count| more.hits(count.line).is_some_and(|hits| hits >= count.hits))
        })
    })
}

fn print(lcov: &Lcov) -> Vec<u8> {
    let mut lines = Vec::new();
    for (file, counts) in &lcov.files {
        lines.push(format!("SF:{file}\r\n"));
        lines.extend(counts.iter().map(|count| format!("DA:{},{}\r\n", count.line, count.hits)));
        lines.push("end_of_record\r\n".to_owned());
    }
    lines.concat().into_bytes()
}

/// All files that criterion and critcmp write: one input is tried as each of them.
pub(super) fn criterion(input: Input<'_>) {
    let (bytes, part) = (input.bytes, input.part());
    if let Ok(sample) = criterion::sample(bytes) {
        let times = &sample.per_iteration;
        assert!(!times.is_empty() && times.iter().all(|time| time.is_finite() && *time > 0.0));
        assert!(times.iter().all(|time| *time >= sample.shortest()));
        assert!(criterion::sample(part).map_or(true, |part| part == sample), "only blanks may be missing");
    }
    if let Ok(benchmark) = criterion::benchmark(bytes) {
        assert!(!benchmark.full_id.is_empty(), "a bench has a name");
    }
    if let Ok(estimates) = criterion::estimates(bytes) {
        sound(&estimates);
    }
    if let Ok(export) = criterion::export(bytes) {
        assert!(!export.benches.is_empty(), "an export without a bench tells nothing");
        export.benches.values().for_each(sound);
    }
    if let criterion::Listing::Criterion(names) = criterion::list(bytes) {
        assert!(!names.is_empty(), "a list without a bench is another answer");
    }
}

fn sound(estimates: &Estimates) {
    for estimate in [&estimates.mean, &estimates.median] {
        assert!(estimate.point.is_finite() && estimate.point > 0.0, "{estimate:?}");
    }
}

/// What callgrind writes.
pub(super) fn callgrind(input: Input<'_>) {
    let whole = callgrind::in_iterations(input.bytes);
    let part = callgrind::in_iterations(input.part());
    assert!(part.is_none() || whole.is_none() || part <= whole, "a part counts no more than the whole");
}

/// What gungraun writes and prints: one input is tried as a summary and as a list.
pub(super) fn gungraun(input: Input<'_>) {
    if let Ok(summary) = gungraun::summary(input.bytes) {
        assert!(summary.instructions > 0 && !summary.name.is_empty(), "{summary:?}");
        let part = gungraun::summary(input.part());
        assert!(part.map_or(true, |part| part == summary), "only blanks may be missing");
    }
    if let Ok(names) = gungraun::list(input.bytes) {
        let once = names.iter().enumerate().all(|(at, name)| !names.iter().take(at).any(|one| one == name));
        assert!(once, "each bench is listed once");
    }
}
