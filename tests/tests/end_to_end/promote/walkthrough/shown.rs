//! What two runs of the same commands have in common.

/// The least letters of a digest or a hash that is shown.
const SHORTEST: usize = 8;
const SIZES: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
const TIMES: [&str; 5] = ["d", "h", "min", "s", "ms"];

/// The digests and hashes that were seen, in their order: two runs are alike where the same places have the same ones.
#[derive(Debug, Default)]
pub(super) struct Shown {
    digests: Vec<String>,
}

impl Shown {
    /// The words of a text, with a number for each digest and hash, and a word for each size, time and span of time.
    pub(super) fn plain(&mut self, text: &str) -> String {
        let mut words: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let word = self.numbered(word);
            let inner = word.trim_matches(|letter| matches!(letter, '(' | ')' | ',' | ';' | '.'));
            let is_number = |word: &String| word.parse::<f64>().is_ok();
            match words.last() {
                Some(last) if is_number(last) && (SIZES.contains(&inner) || TIMES.contains(&inner)) => {
                    words.pop();
                    let kind = if SIZES.contains(&inner) { "SIZE" } else { "SPAN" };
                    // a span may have two units, or one
                    if kind == "SPAN" && words.last().is_some_and(|last| last == "SPAN") {
                        words.pop();
                    }
                    words.push(word.replace(inner, kind));
                }
                _ if is_time(inner) => words.push(word.replace(inner, "TIME")),
                _ => words.push(word),
            }
        }
        words.join(" ")
    }

    /// The word with the number of each digest in it. A digest that is the beginning of another one is the same.
    fn numbered(&mut self, word: &str) -> String {
        let mut text = String::new();
        let mut rest = word;
        while let Some(start) = rest.find(|letter: char| letter.is_ascii_alphanumeric()) {
            let (before, after) = rest.split_at(start);
            let end = after.find(|letter: char| !letter.is_ascii_alphanumeric()).unwrap_or(after.len());
            let (run, after) = after.split_at(end);
            text += before;
            text += &if is_digest(run) { self.number(run) } else { run.to_owned() };
            rest = after;
        }
        text + rest
    }

    fn number(&mut self, digest: &str) -> String {
        let same = |seen: &String| seen.starts_with(digest) || digest.starts_with(seen.as_str());
        let place = self.digests.iter().position(same).unwrap_or_else(|| {
            self.digests.push(String::new());
            self.digests.len() - 1
        });
        if self.digests[place].len() < digest.len() {
            digest.clone_into(&mut self.digests[place]);
        }
        format!("#{place}")
    }
}

fn is_digest(run: &str) -> bool {
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    // no English word has so many of these letters and no other
    run.len() >= SHORTEST && run.bytes().all(hexadecimal)
}

/// `2026-11-21`, `17:00`, `17:00:05`, `2026-11-21T17:00:05.123Z`.
fn is_time(word: &str) -> bool {
    let shape: String =
        word.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).collect();
    matches!(shape.as_str(), "0000-00-00" | "00:00" | "00:00:00") || shape.starts_with("0000-00-00T00:00:00")
}

#[test]
fn what_a_run_decides_is_left_out_and_equal_digests_stay_equal() {
    let page = "staged: tool 0.1.0 (758aedf7b13a) of commit 8eb6d4771c\n  tool  file  1.2 MB  cb54e1609f8b\n\
                entry 1 (758aedf7b13adeadbeef), 2026-11-21 17:00 UTC\n  lead time  1 min 3 s, median";
    let run = "staged: tool 0.1.0 (1111111111aa) of commit 2222222222\n  tool  file    900 kB  333333333333\n\
               entry 1 (1111111111aadeadbeef), 2027-01-02 03:04 UTC\n  lead time  59 s, median";
    assert_eq!(Shown::default().plain(page), Shown::default().plain(run));
    for (here, other) in [
        ("0.1.0", "0.2.0"),
        ("1111111111aadeadbeef", "4444444444aadeadbeef"),
        ("333333333333", "2222222222"),
        ("entry 1", "entry 2"),
        ("median", "mean"),
        ("UTC\n", "UTC and\n"),
    ] {
        let other = run.replace(here, other);
        assert_ne!(Shown::default().plain(page), Shown::default().plain(&other), "{here}: {other}");
    }
}
