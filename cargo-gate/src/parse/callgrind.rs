//! What `valgrind --tool=callgrind` says at its end.

/// The number of instructions in callgrind's last line of figures: `==12== Collected : 1598548`. Nothing
/// where it does not say, or says several numbers.
pub fn instructions(stderr: &[u8]) -> Option<u64> {
    let text = String::from_utf8_lossy(stderr);
    let collected = |line: &str| {
        let (process, figure) = line.split_once(" Collected : ")?;
        process.starts_with("==").then(|| figure.trim().parse().ok())?
    };
    text.lines().rev().find_map(collected)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &[u8] = b"==17== Callgrind, a call-graph generating cache profiler\n==17== \n\
        ==17== Events    : Ir\n==17== Collected : 1598548\n==17== \n==17== I   refs:      1,598,548\n";

    #[test]
    fn the_number_of_instructions_is_read() {
        assert_eq!(instructions(SAID), Some(1_598_548));
        assert_eq!(instructions(b"==17== Collected : 15 20\n"), None);
        assert_eq!(instructions(b"Collected : 15\n"), None);
        assert_eq!(instructions(b""), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read(bytes: Vec<u8>) {
            let _ = instructions(&bytes);
        }
    }
}
