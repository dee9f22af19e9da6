//! What libFuzzer prints at its end.

/// The figures of one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stats {
    /// How many inputs ran.
    pub(super) runs: u64,
    /// How long that took, in seconds.
    pub(super) seconds: u64,
    /// The branches of the code that were reached.
    pub(super) edges: u64,
    /// The longest that one input took, in seconds.
    pub(super) slowest: u64,
}

impl Stats {
    /// Reads them from standard error; none where one of them is missing.
    pub(super) fn parse(stderr: &str) -> Option<Self> {
        let stat = |name: &str| {
            let value = stderr.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
            value?.strip_prefix(':')?.trim().parse().ok()
        };
        // `Done 1000 runs in 11 second(s)`
        let done = stderr.lines().rev().find_map(|line| line.strip_prefix("Done "))?;
        let seconds = done.split(" runs in ").nth(1)?.split(' ').next()?.parse().ok()?;
        // `#1000	DONE   cov: 345 ft: 567 corp: …`
        let line = stderr.lines().rev().find(|line| line.starts_with('#') && line.contains("DONE"))?;
        let edges = line.split_once("cov: ")?.1.split(' ').next()?.parse().ok()?;
        let slowest = stat("slowest_unit_time_sec")?;
        Some(Self { runs: stat("number_of_executed_units")?, seconds, edges, slowest })
    }
}

/// What is worth reading where an input was bad: the panic or libFuzzer's own report, without the frames of
/// a stack, and the input itself, from which a machine that keeps no files can be followed up.
pub(super) fn complaint(stderr: &str) -> String {
    let lines: Vec<&str> = stderr.lines().collect();
    let starts =
        |line: &&str| line.starts_with("thread '") || line.starts_with("==") || line.starts_with("ALARM");
    let first = lines.iter().position(starts).unwrap_or(lines.len().saturating_sub(12));
    let told =
        lines.iter().skip(first).filter(|line| !line.trim_start().starts_with("NOTE:") && !is_frame(line));
    let input = lines.iter().filter(|line| line.starts_with("Base64: "));
    told.take(20).chain(input).copied().collect::<Vec<_>>().join("\n")
}

/// A frame of a stack, as Rust or a sanitizer writes it: `  12: 0x55… - name`, `   at src/a.rs:1:2`, `#3 0x55…`.
fn is_frame(line: &str) -> bool {
    let text = line.trim_start();
    let number = text.trim_start_matches('#').trim_start_matches(|digit: char| digit.is_ascii_digit());
    let frame = number.trim_start_matches(':').trim_start().starts_with("0x") && number.len() < text.len();
    line.starts_with(' ') && (frame || text.starts_with("at "))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "INFO: Running with entropic power schedule (0xFF, 100).\n#2\tINITED cov: 120 ft: 121 corp: 1/1b\n\
        #500\tNEW    cov: 130 ft: 140 corp: 2/9b lim: 4 exec/s: 0 rss: 40Mb\n\
        #1000\tDONE   cov: 345 ft: 567 corp: 21/2180b lim: 4096 exec/s: 90 rss: 41Mb\nDone 1000 runs in 11 second(s)\n\
        stat::number_of_executed_units: 1000\nstat::average_exec_per_sec:     90\nstat::new_units_added:          2\n\
        stat::slowest_unit_time_sec:    0\nstat::peak_rss_mb:              41\n";

    #[test]
    fn the_figures_are_read() {
        assert_eq!(Stats::parse(SAID), Some(Stats { runs: 1000, seconds: 11, edges: 345, slowest: 0 }));
    }

    #[test]
    fn an_output_that_is_cut_short_has_no_figures() {
        let whole = SAID.find("stat::slowest").unwrap();
        for cut in 0..whole {
            let said = SAID.get(..cut).unwrap();
            assert_eq!(Stats::parse(said), None, "{said}");
        }
    }

    #[test]
    fn of_a_crash_the_panic_is_told() {
        let said =
            "#500\tNEW    cov: 130\n\nthread '<unnamed>' panicked at src/a.rs:1:2:\nhalf a line\nNOTE: x\n";
        assert_eq!(complaint(said), "thread '<unnamed>' panicked at src/a.rs:1:2:\nhalf a line");
        assert_eq!(complaint("one\ntwo\n"), "one\ntwo");
    }

    #[test]
    fn the_frames_of_a_stack_are_left_out_and_the_input_is_told() {
        let said =
            "thread 'x' panicked at a.rs:1:2:\nwhy\n   0:     0x55d4 - a::b\n      at /rustc/a.rs:1\n    \
            #3 0x12 in f\n"
                .to_owned()
                + &"more\n".repeat(40)
                + "Base64: YWI=\n";
        let told = complaint(&said);
        assert!(told.starts_with("thread 'x' panicked at a.rs:1:2:\nwhy\nmore\n"), "{told}");
        assert!(told.ends_with("more\nBase64: YWI="), "{told}");
    }
}
