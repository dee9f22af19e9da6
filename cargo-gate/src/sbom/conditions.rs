//! What holds on a target, as `rustc --print cfg` says it: the same that cargo asks.

use std::str::FromStr;

use cargo_metadata::cargo_platform::{Cfg, Platform};

/// What holds on a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conditions {
    triple: String,
    cfg: Vec<Cfg>,
}

impl Conditions {
    /// Whether a dependency of that platform is one on this target.
    pub fn hold(&self, platform: Option<&Platform>) -> bool {
        platform.is_none_or(|platform| platform.matches(&self.triple, &self.cfg))
    }

    /// The same where rustc gets further flags: `--cfg` adds a condition, most change none.
    ///
    /// # Errors
    /// The first flag that may change conditions in a way that only rustc knows.
    pub fn with_flags(mut self, flags: &[&str]) -> Result<Self, String> {
        const CHANGING: [&str; 5] = ["target-feature", "target-cpu", "panic", "-Z", "sysroot"];
        let mut flags = flags.iter();
        while let Some(flag) = flags.next() {
            let condition = match flag.strip_prefix("--cfg") {
                Some("") => flags.next().copied(),
                Some(rest) => rest.strip_prefix('='),
                None if flag.starts_with('@') || CHANGING.iter().any(|word| flag.contains(word)) => None,
                None => continue,
            };
            let condition = condition.and_then(|text| Cfg::from_str(text).ok());
            self.cfg.push(condition.ok_or_else(|| (*flag).to_owned())?);
        }
        Ok(self)
    }

    /// The target's triple.
    pub fn triple(&self) -> &str {
        &self.triple
    }
}

/// Reads the output of `rustc --print cfg`; none where it is not whole: every target has a vendor, which
/// comes near the end, and one of a family that has a name of its own says that name last.
pub fn conditions(triple: &str, stdout: &[u8]) -> Option<Conditions> {
    let text = std::str::from_utf8(stdout).ok().filter(|text| text.ends_with('\n'))?;
    let cfg: Vec<Cfg> = text.lines().map(Cfg::from_str).collect::<Result<_, _>>().ok()?;
    let value = |key: &str| {
        cfg.iter().find_map(|one| match one {
            Cfg::KeyPair(name, value) if name.as_str() == key => Some(value.as_str()),
            _ => None,
        })
    };
    let named = |flag: &str| cfg.iter().any(|one| matches!(one, Cfg::Name(name) if name.as_str() == flag));
    let keys = ["target_arch", "target_os", "target_pointer_width", "target_vendor"];
    let families = ["unix", "windows"];
    let is_whole = keys.iter().all(|key| value(key).is_some())
        && families.iter().all(|family| (value("target_family") == Some(*family)) == named(family));
    is_whole.then_some(Conditions { triple: triple.to_owned(), cfg })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What rustc 1.95 says of a Linux target, shortened in its target features and atomics.
    pub(in crate::sbom) const LINUX: &str = "debug_assertions\npanic=\"unwind\"\ntarget_abi=\"\"\n\
        target_arch=\"x86_64\"\ntarget_endian=\"little\"\ntarget_env=\"gnu\"\ntarget_family=\"unix\"\n\
        target_feature=\"sse2\"\ntarget_has_atomic\ntarget_has_atomic=\"64\"\ntarget_os=\"linux\"\n\
        target_pointer_width=\"64\"\ntarget_vendor=\"unknown\"\nunix\n";

    fn holds(condition: &str) -> bool {
        let platform = Platform::from_str(condition).unwrap();
        conditions("x86_64-unknown-linux-gnu", LINUX.as_bytes()).unwrap().hold(Some(&platform))
    }

    #[test]
    fn conditions_hold_as_rustc_says() {
        assert!(holds("cfg(unix)") && holds("cfg(all(target_os = \"linux\", not(windows)))"));
        assert!(holds("x86_64-unknown-linux-gnu") && !holds("x86_64-pc-windows-msvc"));
        assert!(!holds("cfg(windows)") && !holds("cfg(tokio_unstable)"));
    }

    #[test]
    fn flags_add_conditions_or_nobody_knows() {
        let with = |flags: &[&str]| conditions("x", LINUX.as_bytes()).unwrap().with_flags(flags);
        let unstable = Platform::from_str("cfg(tokio_unstable)").unwrap();
        for flags in [&["--cfg", "tokio_unstable"][..], &["-Clink-arg=-s", "--cfg=tokio_unstable"]] {
            assert!(with(flags).unwrap().hold(Some(&unstable)));
        }
        assert!(!with(&["-C", "link-arg=-fuse-ld=lld"]).unwrap().hold(Some(&unstable)));
        assert_eq!(with(&["-C", "target-cpu=native"]), Err("target-cpu=native".to_owned()));
        assert!(with(&["--cfg"]).is_err() && with(&["@flags"]).is_err());
    }

    #[test]
    fn an_answer_that_is_cut_short_at_any_place_is_none() {
        for end in 0..LINUX.len() {
            assert_eq!(conditions("x", LINUX.get(..end).unwrap().as_bytes()), None, "{end}");
        }
        assert_eq!(conditions("x", b"\xff\n"), None);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_conditions_or_none(bytes: Vec<u8>) {
            let _ = conditions("x", &bytes);
        }
    }
}
