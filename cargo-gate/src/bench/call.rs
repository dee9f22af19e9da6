//! How a bench program is called for one short run.

/// criterion's warm-up and measurement, in seconds.
pub type Pace = [&'static str; 2];

/// Short samples are left alone by a busy machine more often than long ones; criterion 0.3 knows whole
/// seconds only.
pub const PACES: [Pace; 2] = [["0.02", "0.1"], ["1", "1"]];

/// The arguments of one short run of that bench. Where criterion keeps its files is said by `CRITERION_HOME`.
pub fn short_run(bench: &str, [warm_up, measurement]: Pace) -> Vec<String> {
    let fixed = ["--bench", "--noplot", "--sample-size", "10"];
    // criterion's own analysis is not used: as little of it as it does without a complaint
    let least = ["--nresamples", "1001"];
    let times = ["--warm-up-time", warm_up, "--measurement-time", measurement];
    let all = fixed.into_iter().chain(least).chain(times).map(str::to_owned);
    all.chain(std::iter::once(exactly(bench))).collect()
}

/// The regular expression that criterion of every version matches with this bench only.
pub fn exactly(bench: &str) -> String {
    let escaped = bench.chars().fold(String::new(), |mut text, letter| {
        if r"\.+*?()|[]{}^$#&-~".contains(letter) {
            text.push('\\');
        }
        text.push(letter);
        text
    });
    format!("^{escaped}$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_matched_literally() {
        assert_eq!(exactly("a/b (10%)"), r"^a/b \(10%\)$");
        assert_eq!(exactly("Reader::x.y+z"), r"^Reader::x\.y\+z$");
    }

    #[test]
    fn the_bench_comes_last() {
        let [pace, _] = PACES;
        assert_eq!(short_run("a", pace).last().unwrap(), "^a$");
    }
}
