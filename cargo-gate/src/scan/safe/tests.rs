use crate::scan::{Excuse, scan};
use Excuse::{EmptyReason, None, Reason};

fn excuses(source: &str) -> Vec<Excuse> {
    scan(source).panics.iter().map(|site| site.excuse).collect()
}

fn body(lines: &[&str]) -> Vec<Excuse> {
    excuses(&format!("fn f() {{\n{}\n}}\n", lines.join("\n")))
}

#[test]
fn a_comment_on_the_line_or_above_it_excuses() {
    assert_eq!(body(&["a.unwrap(); // SAFE: checked above"]), [Reason]);
    assert_eq!(body(&["// SAFE: checked above", "a.unwrap();"]), [Reason]);
    assert_eq!(body(&["/* SAFE: checked above */", "a.unwrap();"]), [Reason]);
    assert_eq!(body(&["a.unwrap(); /* SAFE: checked */ b();"]), [Reason]);
    assert_eq!(body(&["// SAFE: checked above\r", "a.unwrap();\r"]), [Reason]);
    assert_eq!(body(&["a.unwrap();"]), [None]);
}

#[test]
fn a_reason_has_at_least_a_letter_or_digit() {
    assert_eq!(body(&["a.unwrap(); // SAFE:"]), [EmptyReason]);
    assert_eq!(body(&["a.unwrap(); // SAFE: ..."]), [EmptyReason]);
    assert_eq!(body(&["a.unwrap(); /* SAFE: */"]), [EmptyReason]);
    assert_eq!(body(&["// SAFE: - !", "a.unwrap();"]), [EmptyReason]);
    assert_eq!(body(&["// SAFE: a reason", "a.unwrap(); // SAFE:"]), [Reason]);
}

#[test]
fn other_comments_do_not_excuse() {
    assert_eq!(body(&["a.unwrap(); // SAFETY: checked"]), [None]);
    assert_eq!(body(&["a.unwrap(); // UNSAFE: checked"]), [None]);
    assert_eq!(body(&["a.unwrap(); // this is SAFE: checked"]), [None]);
    assert_eq!(body(&["a.unwrap(); // safe: checked"]), [None]);
    assert_eq!(excuses("/// SAFE: documented\nconst A: u8 = b.unwrap();"), [None]);
    assert_eq!(body(&["let s = \"// SAFE: text\"; a.unwrap();"]), [None]);
}

#[test]
fn the_comment_may_be_a_run_of_lines_with_attributes_between() {
    let long = ["// SAFE: because of this,", "// and of that", "a.unwrap();"];
    assert_eq!(body(&long), [Reason]);
    assert_eq!(body(&["// first", "// SAFE: second", "a.unwrap();"]), [Reason]);
    let attribute = ["// SAFE: reason", "#[allow(clippy::unwrap_used)]", "let x = a.unwrap();"];
    assert_eq!(body(&attribute), [Reason]);
    assert_eq!(body(&["/*", " * SAFE: reason", " */", "a.unwrap();"]), [Reason]);
}

#[test]
fn a_comment_reaches_no_further_than_its_statement() {
    assert_eq!(body(&["// SAFE: reason", "a.unwrap();", "b.unwrap();"]), [Reason, None]);
    assert_eq!(body(&["// SAFE: reason", "", "a.unwrap();"]), [None]);
    assert_eq!(body(&["a(); // SAFE: reason", "b.unwrap();"]), [None]);
    assert_eq!(body(&["// SAFE: reason", "a();", "b.unwrap();"]), [None]);
    let nested = ["// SAFE: reason", "if a.unwrap() {", "b.unwrap();", "}"];
    assert_eq!(body(&nested), [Reason, None]);
    let after_block = ["// SAFE: reason", "if a {", "}", "b", ".unwrap();"];
    assert_eq!(body(&after_block), [None]);
}

#[test]
fn a_comment_above_a_chain_speaks_for_the_whole_chain() {
    assert_eq!(body(&["// SAFE: reason", "let x = a", ".b(|c| { d; e })", ".unwrap();"]), [Reason]);
    assert_eq!(body(&["let x = a", "// SAFE: reason", ".unwrap()", ".b();"]), [Reason]);
    let braces = ["// SAFE: reason", "let x = match a {", "B => c,", "}", ".unwrap();"];
    assert_eq!(body(&braces), [Reason]);
    assert_eq!(body(&["a", ".expect(", "\"text\",", ") // SAFE: reason", ".b();"]), [Reason]);
    assert_eq!(body(&["// SAFE: reason", "let S { a } = b", ".unwrap();"]), [Reason]);
}

#[test]
fn a_comment_above_an_argument_speaks_for_that_argument() {
    let first = ["f(", "// SAFE: reason", "a", ".unwrap(),", "b.unwrap(),", ");"];
    assert_eq!(body(&first), [Reason, None]);
    let all = ["// SAFE: reason", "let x = f(", "a.unwrap(),", "[b.unwrap(), c],", ");"];
    assert_eq!(body(&all), [Reason, Reason]);
}

#[test]
fn a_comment_above_a_match_arm_or_a_field_speaks_for_it_alone() {
    let arms = ["match a {", "// SAFE: reason", "B => c", ".unwrap(),", "D => e.unwrap(),", "}"];
    assert_eq!(body(&arms), [Reason, None]);
    let fields = ["S {", "// SAFE: reason", "a: b", ".unwrap(),", "c: d.unwrap(),", "}"];
    assert_eq!(body(&fields), [Reason, None]);
    assert_eq!(body(&["// SAFE: reason", "match a {", "B => c.unwrap(),", "}"]), [None]);
}

#[test]
fn macros_and_indexes_are_excused_alike() {
    assert_eq!(body(&["// SAFE: reason", "panic!(", "\"text\"", ");"]), [Reason]);
    assert_eq!(body(&["// SAFE: in bounds", "a[0] = b[1];"]), [Reason, Reason]);
    assert_eq!(body(&["_ => unreachable!(), // SAFE: reason"]), [Reason]);
}
