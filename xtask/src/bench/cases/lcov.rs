//! The decoder of lcov files is faster than what writes them, and needs little more memory than its result.

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::Instant;

use cargo_gate::parse::lcov::{LineCount, parse};

use crate::bench::paired::Spread;
use crate::bench::row::{Row, Standing};

const LEAST: f64 = 300.0;
const MOST_MEMORY: f64 = 2.0;
const BYTES: usize = 200_000_000;
/// Instances of functions to 350 lines, as in a tracefile of ripgrep.
const FUNCTIONS: u32 = 120;

pub(in crate::bench) fn lcov(rounds: u32) -> Vec<Row> {
    // llvm-cov names each instance of a function, at length; tarpaulin and grcov write hardly more than lines
    let forms = [("as llvm-cov writes it", FUNCTIONS), ("of lines alone", 0)];
    let measure = |(form, functions)| {
        let text = tracefile(BYTES, functions);
        let of = format!("a made-up file of {:.0} MB, {form}", megabytes(text.len()));
        let memory = memory(&format!("{of}: memory beyond the file, in sizes of the result"), &text);
        [memory, speed(&of, &text, rounds)]
    };
    forms.into_iter().flat_map(measure).collect()
}

fn speed(of: &str, text: &str, rounds: u32) -> Row {
    let once = || {
        let start = Instant::now();
        let read = black_box(parse(black_box(text.as_bytes())));
        let speed = megabytes(text.len()) / start.elapsed().as_secs_f64();
        if read.is_ok() { speed } else { 0.0 }
    };
    let speed = Spread::of((0..rounds).map(|_| once()));
    empty(of).figure(speed, "MB/s").bar("300 MB/s", speed.median >= LEAST)
}

/// The memory that a decoding takes at its peak, in sizes of its result; the file itself apart.
fn memory(what: &str, text: &str) -> Row {
    let Some(before) = peak() else {
        return Row::not_measured("lcov", what, "the system does not tell the peak (/proc/self/status)");
    };
    let read = parse(text.as_bytes()).unwrap_or_default();
    let after = peak().unwrap_or(before);
    let lines: usize = read.files.values().map(|counts| counts.total() * size_of::<LineCount>()).sum();
    let names: usize = read.files.keys().map(String::len).sum();
    let ratio = megabytes(after.saturating_sub(before)) / megabytes((lines + names).max(1));
    let mut row = empty(what);
    row.figure = format!("{ratio:.2} × of {:.0} MB", megabytes(lines + names));
    row.bar("2 ×", ratio <= MOST_MEMORY && lines > 0)
}

/// The most memory that this process has had so far, in bytes.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.trim().parse::<usize>().ok()? * 1024)
}

/// A file with sections of some hundred lines, each with so many functions.
fn tracefile(bytes: usize, functions: u32) -> String {
    let mut text = String::with_capacity(bytes + 64 * 1024);
    let mut number: u64 = 0;
    while text.len() < bytes {
        let _ = writeln!(text, "SF:/home/user/project/crates/member-{}/src/module_{number}.rs", number % 97);
        for line in 1..=functions {
            let name = format!(
                "_RINvNtNtCs5fRcz1SXLuo_12grep_printer8standard7testsNtB3_12StandardImplNtCs1aB2cD3eF4g_13grep_searcher{number}_{line}"
            );
            let _ = writeln!(text, "FN:{line},{name}\nFNDA:{},{name}", number % 7);
        }
        for line in 1..=350_u64 {
            let _ = writeln!(text, "DA:{},{}", line * 3, (line * number) % 1013);
        }
        text.push_str("BRF:0\nBRH:0\nLF:350\nLH:340\nend_of_record\n");
        number += 1;
    }
    text
}

fn empty(of: &str) -> Row {
    let row = Row::ratio("lcov", of, &[]);
    Row { ours: String::new(), theirs: String::new(), standing: Standing::NoBar, ..row }
}

fn megabytes(bytes: usize) -> f64 {
    // less than 4 GB
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_made_up_file_is_read() {
        let read = parse(tracefile(100_000, 3).as_bytes()).unwrap();
        assert!(read.files.values().all(|counts| counts.total() == 350));
    }
}
