//! Finds secrets in one pass over a text: an automaton of all prefixes and words, and a closer look
//! at each place where one of them stands.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};

use super::assignment::{KEYS, PASSWORDS, assigned};
use super::found::{Found, Hit, Rule, found};
use super::key::{BEGIN, private_key};
use super::place::{has_bare_values, is_example_path, is_lock_file, is_test_path};
use super::token::{SHAPES, Shape, token};
use super::web::{ADDRESS, BEARER, HOOKS, JWT, address_password, bearer, hook, jwt};

/// What a place is looked at for.
#[derive(Debug, Clone, Copy)]
enum Lead {
    Token(&'static Shape),
    Key,
    Address,
    Bearer,
    Jwt,
    Hook(&'static str),
    Password,
    Generated,
}

struct Scanner {
    automaton: AhoCorasick,
    leads: Vec<Lead>,
}

static SCANNER: LazyLock<Option<Scanner>> = LazyLock::new(|| {
    let tokens = SHAPES.iter().map(|shape| (shape.prefix, Lead::Token(shape)));
    let hooks = HOOKS.iter().map(|(start, name)| (*start, Lead::Hook(name)));
    let single = [(BEGIN, Lead::Key), (ADDRESS, Lead::Address), (BEARER, Lead::Bearer), (JWT, Lead::Jwt)];
    let passwords = PASSWORDS.iter().map(|word| (*word, Lead::Password));
    let keys = KEYS.iter().map(|word| (*word, Lead::Generated));
    let all: Vec<(&str, Lead)> = tokens.chain(hooks).chain(single).chain(passwords).chain(keys).collect();
    let automaton = AhoCorasickBuilder::new()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(all.iter().map(|(text, _)| *text));
    Some(Scanner { automaton: automaton.ok()?, leads: all.into_iter().map(|(_, lead)| lead).collect() })
});

/// Makes the automaton, for a scan that comes soon.
pub fn prepare() {
    LazyLock::force(&SCANNER);
}

/// The secrets of a text, in order; none where the text has none. The path tells what kind of text
/// it is.
///
/// # Errors
/// When the table of forms cannot be made into an automaton, which a test rules out.
pub fn scan(path: &str, text: &[u8]) -> Result<Vec<Found>, String> {
    let scanner = SCANNER.as_ref().ok_or("the forms of secrets cannot be searched for")?;
    let of_tests = is_test_path(path);
    let sample = (of_tests || is_example_path(path), of_tests || is_lock_file(path));
    let kind = Kind { bare: has_bare_values(path), sample };
    let mut hits: Vec<Hit> = Vec::new();
    for at in scanner.automaton.find_overlapping_iter(text) {
        let Some(lead) = scanner.leads.get(at.pattern().as_usize()) else { continue };
        hits.extend(look(text, &at.range(), *lead, &kind));
    }
    if hits.is_empty() {
        return Ok(Vec::new());
    }
    let hits = without_test_code(path, text, apart(hits));
    Ok(found(path, text, &hits))
}

/// What the path says of the text.
struct Kind {
    bare: bool,
    /// Whether keys are samples, and whether other values are.
    sample: (bool, bool),
}

fn look(text: &[u8], at: &Range<usize>, lead: Lead, kind: &Kind) -> Option<Hit> {
    let hit = |rule, name, span: Range<usize>, known| Hit { rule, name, span, known };
    match lead {
        Lead::Token(shape) => {
            token(text, at, shape).map(|span| hit(Rule::Token, shape.name, span, shape.prefix.len()))
        }
        Lead::Hook(name) => hook(text, at).map(|span| hit(Rule::Token, name, span, 0)),
        Lead::Key => {
            let rule = if kind.sample.0 { Rule::TestKey } else { Rule::PrivateKey };
            let span = private_key(text, at)?;
            let known = span.len();
            Some(hit(rule, "private key", span, known))
        }
        Lead::Jwt => jwt(text, at).map(|span| hit(Rule::Jwt, "JSON Web Token", span, JWT.len())),
        Lead::Address | Lead::Bearer | Lead::Password | Lead::Generated if kind.sample.1 => None,
        Lead::Bearer => bearer(text, at).map(|span| hit(Rule::Assignment, "bearer token", span, 0)),
        Lead::Address => {
            address_password(text, at).map(|span| hit(Rule::Address, "password in an address", span, 0))
        }
        Lead::Password => {
            assigned(text, at, true, kind.bare).map(|span| hit(Rule::Assignment, "password", span, 0))
        }
        Lead::Generated => {
            assigned(text, at, false, kind.bare).map(|span| hit(Rule::Assignment, "key", span, 0))
        }
    }
}

/// One hit for each value: the most telling rule first, then the longest. In order of place.
fn apart(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.rule, std::cmp::Reverse(hit.span.len()), hit.span.start));
    let mut kept: BTreeMap<usize, Hit> = BTreeMap::new();
    for hit in hits {
        let before = kept.range(..hit.span.end).next_back();
        if before.is_none_or(|(_, other)| other.span.end <= hit.span.start) {
            kept.insert(hit.span.start, hit);
        }
    }
    kept.into_values().collect()
}

/// In a Rust source, values of `#[cfg(test)]` code are those of tests, and keys in comments are samples.
fn without_test_code(path: &str, text: &[u8], hits: Vec<Hit>) -> Vec<Hit> {
    let is_rust = std::path::Path::new(path).extension().is_some_and(|ending| ending == "rs");
    let Some(source) = std::str::from_utf8(text).ok().filter(|_| is_rust) else { return hits };
    let scanned = crate::scan::scan(source);
    let in_test = |hit: &Hit| {
        scanned.strings.iter().any(|literal| literal.test && literal.span.contains(&hit.span.start))
    };
    let in_comment =
        |hit: &Hit| scanned.comments.iter().any(|comment| comment.span.contains(&hit.span.start));
    hits.into_iter()
        .filter_map(|hit| match hit.rule {
            Rule::Assignment | Rule::Address if in_test(&hit) => None,
            Rule::PrivateKey if in_test(&hit) || in_comment(&hit) => Some(Hit { rule: Rule::TestKey, ..hit }),
            _ => Some(hit),
        })
        .collect()
}
