use super::*;

#[test]
fn only_the_options_of_features_are_kept() {
    let args = ["build", "--release", "--features", "a,b", "--workspace", "--no-default-features"]
        .map(str::to_owned);
    assert_eq!(features(&args), ["--features", "a,b", "--no-default-features"]);
}

#[test]
fn a_copy_whose_code_does_not_compile_is_told_from_a_build_that_failed() {
    let captured = |code: i32, stderr: &str| Captured {
        what: "cargo build".to_owned(),
        end: crate::step::End::Code(code),
        stdout: Vec::new(),
        stderr: stderr.as_bytes().to_vec(),
        duration: Duration::ZERO,
    };
    assert_eq!(does_not_build(&captured(0, "")), Ok(None));
    let compile = captured(
        101,
        "error: couldn't read `src/table.txt`\n\nerror: could not compile `x` (bin \"x\") due to 1 previous error\n",
    );
    assert_eq!(does_not_build(&compile), Ok(Some("couldn't read `src/table.txt`".to_owned())));
    let full =
        captured(101, "error: failed to write `x`\n\nCaused by:\n  No space left on device (os error 28)\n");
    assert!(does_not_build(&full).is_err());
}
