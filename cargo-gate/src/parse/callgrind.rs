//! The file that `valgrind --tool=callgrind` writes, see
//! <https://valgrind.org/docs/manual/cl-format.html>.

/// The instructions that a bench program spent in criterion's `Bencher::iter` and its like: in what it measures,
/// and not in what it prepares before. 0 where the file names no such function; nothing where the file is not whole.
/// It must count instructions alone, with names and places written out (`--compress-strings=no --compress-pos=no`).
pub fn in_iterations(file: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(file);
    let stands = |wanted: &str| text.lines().any(|line| line == wanted);
    // the last line but blank ones; a file that was cut short lacks it
    let whole = text.ends_with('\n')
        && text.lines().rfind(|line| !line.is_empty()).is_some_and(|line| line.starts_with("totals: "));
    if !whole || !stands("events: Ir") {
        return None;
    }
    let mut sum: u64 = 0;
    let (mut outer, mut inner, mut cost_follows) = (false, false, false);
    for line in text.lines() {
        if std::mem::take(&mut cost_follows) {
            // the place of the call, then what the callee cost with all that it called
            let cost: u64 = line.rsplit(' ').next()?.parse().ok()?;
            // one that calls another, as older ones do, has the other's cost already
            sum = sum.checked_add(if inner && !outer { cost } else { 0 })?;
            inner = false;
        } else if let Some(name) = line.strip_prefix("fn=") {
            outer = is_iteration(name);
        } else if let Some(name) = line.strip_prefix("cfn=") {
            inner = is_iteration(name);
        } else if line.starts_with("calls=") {
            cost_follows = true;
        }
    }
    Some(sum)
}

/// `criterion::bencher::Bencher<M>::iter`, `<criterion::bencher::Bencher>::iter_batched::<…>`, and not a closure
/// within one.
fn is_iteration(name: &str) -> bool {
    let after = name.split_once("criterion::bencher::").map(|(_, after)| after);
    after.is_some_and(|after| {
        after.contains("Bencher") && after.contains("::iter") && !after.contains("{closure")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As callgrind 3.19 wrote it, without most of its functions.
    const FILE: &str = "# callgrind format\nversion: 1\npositions: line\nevents: Ir\nsummary: 1434321\n\n\
        fn=alloca::trampoline\n0 18\ncfn=criterion::bencher::Bencher<M>::iter\ncalls=1 0 \n0 35142\n0 14\n\
        cfn=__floattidf\ncalls=1 0 \n0 45\n\nfn=criterion::bencher::Bencher<M>::iter\n0 11\n\
        cfn=nineteen::find\ncalls=22 0 \n0 33132\n0 97\n\ntotals: 1434321\n\n";

    #[test]
    fn what_a_bench_measures_is_counted_and_not_what_it_prepares() {
        assert_eq!(in_iterations(FILE.as_bytes()), Some(35_142));
    }

    #[test]
    fn an_iteration_within_another_counts_once() {
        let nested = FILE.replace("nineteen::find", "<criterion::bencher::Bencher>::iter_batched::<u8>");
        assert_eq!(in_iterations(nested.as_bytes()), Some(35_142));
    }

    #[test]
    fn a_program_without_names_has_no_iteration() {
        assert_eq!(in_iterations(FILE.replace("criterion::bencher", "0x1234").as_bytes()), Some(0));
    }

    #[test]
    fn a_file_that_is_cut_short_or_counts_something_else_is_none() {
        for end in 0..FILE.len() - 1 {
            assert_eq!(in_iterations(FILE.get(..end).unwrap().as_bytes()), None, "{end}");
        }
        assert_eq!(in_iterations(FILE.replace("events: Ir", "events: Ir Dr").as_bytes()), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let _ = in_iterations(&bytes);
        }
    }
}
