mod context;
mod listed;
mod robust;
mod sites;

use crate::scan::{Context, PanicKind, scan};

/// The kind and the text of every site.
fn sites(source: &str) -> Vec<(PanicKind, &str)> {
    scan(source).panics.into_iter().map(|site| (site.kind, source.get(site.span).unwrap())).collect()
}

/// The context of the only site.
fn context(source: &str) -> Context {
    let found = scan(source).panics;
    assert_eq!(found.len(), 1, "{source}");
    found[0].context
}

fn assert_no_site(source: &str) {
    assert_eq!(sites(source), [], "{source}");
}

/// The contexts in `source` of the calls `a()`, which stand for sites, as `(outside, inside)`.
fn tests_of(source: &str) -> Vec<bool> {
    scan(source).panics.iter().map(|site| site.context.test).collect()
}
