//! `panics` against clippy's restriction lints.

use std::collections::{BTreeMap, BTreeSet};

use cargo_gate::scan::{Context, Excuse};

use super::Difference;
use crate::corpus::truth::Site;

/// Which engines of the gate judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::corpus) enum Engines {
    /// The scanner alone, without types.
    Scanner,
    /// The scanner and clippy.
    Both,
}

/// What is known of a place beside what was said of it.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one place")]
pub(in crate::corpus) struct Known {
    /// What surrounds it, where the scanner sees a panic there.
    pub(in crate::corpus) context: Option<Context>,
    /// What a `SAFE:` comment says of it.
    pub(in crate::corpus) excuse: Excuse,
    /// Whether the compiler read its file for a library or program.
    pub(in crate::corpus) compiled: bool,
    /// Whether a library or program of its package was left out.
    pub(in crate::corpus) partly: bool,
    /// Whether a build surely reads its file as it is.
    pub(in crate::corpus) always: bool,
    /// Whether we only warn of it.
    pub(in crate::corpus) doubted: bool,
    /// Whether the source says nothing of it there: a procedural macro wrote it.
    pub(in crate::corpus) generated: bool,
}

/// Compares: nothing that clippy says may be missing, and what we say beyond it needs a reason.
pub(in crate::corpus) fn panics(
    ours: &[Site],
    truth: &BTreeSet<Site>,
    engines: Engines,
    know: impl Fn(&Site) -> Known,
) -> Vec<Difference> {
    // a call's span begins with its receiver for clippy, and with the method's name for the scanner
    let key = |site: &Site| (site.file.clone(), site.end, site.rule.clone());
    let said: BTreeMap<_, _> = ours.iter().map(|site| (key(site), site)).collect();
    let meant: BTreeMap<_, _> = truth.iter().map(|site| (key(site), site)).collect();
    let missing = meant.iter().filter(|(key, _)| !said.contains_key(*key));
    let more = said.iter().filter(|(key, _)| !meant.contains_key(*key));
    let missing = missing.map(|(_, site)| missed(site, know(site)));
    missing.chain(more.map(|(_, site)| beyond(site, engines, know(site)))).collect()
}

fn missed(site: &Site, known: Known) -> Difference {
    if known.excuse == Excuse::Reason {
        return Difference::explained("accepted: a `// SAFE:` comment gives a reason", site);
    }
    if known.context.is_some_and(|context| context.constant) {
        return Difference::explained("in a constant, which the compiler computes", site);
    }
    if known.context.is_none() && known.generated {
        return Difference::explained("in code that a procedural macro writes", site);
    }
    Difference::unexplained("missed: only clippy says it", site)
}

fn beyond(site: &Site, engines: Engines, known: Known) -> Difference {
    let context = known.context.unwrap_or_default();
    let reason = if !known.compiled {
        "beyond clippy: the file is in no library or program of this build"
    } else if context.in_macro {
        "beyond clippy: in the body or the input of a macro"
    } else if context.cfg {
        "beyond clippy: under a `cfg`"
    } else if context.attribute {
        "beyond clippy: under an attribute that may rewrite it"
    } else if known.partly {
        "beyond clippy: the package has a program that this build leaves out"
    } else if !known.always {
        "beyond clippy: the file's `mod` stands under a `cfg` or in a macro"
    } else if known.doubted {
        "beyond clippy: a warning, since the workspace has a method or macro of that name"
    } else if engines == Engines::Scanner && site.rule == "indexing" {
        "beyond clippy: without types, an index that cannot be out of bounds looks like any other"
    } else if ["unwrap", "expect"].contains(&site.rule.as_str()) {
        "beyond clippy: it passes over an error that cannot be, a smart pointer to an `Option`, and a \
         method passed as a value"
    } else {
        return Difference::unexplained("only we say it", site);
    };
    Difference::explained(reason, site)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(line: u32, rule: &str) -> Site {
        Site { file: "src/lib.rs".into(), start: (line, 5), end: (line, 9), rule: rule.into() }
    }

    fn seen() -> Known {
        Known { context: Some(Context::default()), compiled: true, always: true, ..Known::default() }
    }

    fn reasons(ours: &[Site], truth: &[Site], engines: Engines, known: Known) -> Vec<(bool, &'static str)> {
        let found = panics(ours, &truth.iter().cloned().collect(), engines, |_| known);
        found.into_iter().map(|difference| (difference.explained, difference.reason)).collect()
    }

    #[test]
    fn a_call_is_the_same_one_wherever_its_span_begins() {
        let from_receiver = Site { start: (1, 1), ..site(1, "unwrap") };
        assert!(reasons(&[site(1, "unwrap")], &[from_receiver], Engines::Both, seen()).is_empty());
        assert_eq!(reasons(&[site(1, "expect")], &[site(1, "unwrap")], Engines::Both, seen()).len(), 2);
    }

    #[test]
    fn nothing_that_clippy_says_may_be_missing() {
        let (explained, _) = reasons(&[], &[site(1, "panic")], Engines::Both, seen())[0];
        assert!(!explained);
        let accepted = Known { excuse: Excuse::Reason, ..seen() };
        assert!(reasons(&[], &[site(1, "panic")], Engines::Both, accepted)[0].0);
        let constant = Context { constant: true, ..Context::default() };
        assert!(
            reasons(&[], &[site(1, "panic")], Engines::Both, Known { context: Some(constant), ..seen() })[0]
                .0
        );
        let written = Known { context: None, generated: true, ..seen() };
        assert!(reasons(&[], &[site(1, "unwrap")], Engines::Both, written)[0].0);
        // the scanner calls it a test, and yet clippy saw it in a library: that is no reason
        let test = Context { test: true, ..Context::default() };
        assert!(
            !reasons(&[], &[site(1, "panic")], Engines::Both, Known { context: Some(test), ..seen() })[0].0
        );
    }

    #[test]
    fn what_we_say_beyond_clippy_needs_a_reason() {
        let (explained, _) = reasons(&[site(1, "panic")], &[], Engines::Both, seen())[0];
        assert!(!explained);
        // types tell whether a method is the standard one; a macro needs none
        assert!(reasons(&[site(1, "unwrap")], &[], Engines::Both, seen())[0].0);
        let doubted = Known { doubted: true, ..seen() };
        assert!(reasons(&[site(1, "indexing")], &[], Engines::Both, doubted)[0].1.contains("a warning"));
        assert!(reasons(&[site(1, "indexing")], &[], Engines::Scanner, seen())[0].0);
        assert!(!reasons(&[site(1, "indexing")], &[], Engines::Both, seen())[0].0);
        let in_macro = Context { in_macro: true, ..Context::default() };
        let known = Known { context: Some(in_macro), ..seen() };
        assert!(reasons(&[site(1, "unwrap")], &[], Engines::Both, known)[0].1.contains("macro"));
        let not_compiled = Known { compiled: false, ..seen() };
        assert!(reasons(&[site(1, "unwrap")], &[], Engines::Both, not_compiled)[0].1.contains("no library"));
    }
}
