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
    let said = "error: could not compile `x` (bin \"x\") due to 1 previous error\n";
    let message = |message: &str| Captured {
        stdout: format!("{}\n{{\"reason\":\"build-finished\",\"success\":false}}\n", json(message))
            .into_bytes(),
        ..captured(101, said)
    };
    let missing = does_not_build(&message("couldn't read `src/table.txt`"));
    assert_eq!(missing, Ok(Some("src/main.rs:3: couldn't read `src/table.txt`".to_owned())));
    assert!(does_not_build(&message("failed to write: No space left on device")).is_err());
    let full =
        captured(101, "error: failed to write `x`\n\nCaused by:\n  No space left on device (os error 28)\n");
    assert!(does_not_build(&full).is_err());
    let killed = captured(
        101,
        "error: could not compile `x` (bin \"x\")\n\nCaused by:\n  process didn't exit successfully: `rustc` (signal: 9, SIGKILL: kill)\n",
    );
    assert!(does_not_build(&killed).is_err());
}

/// An error of the compiler as cargo passes it on.
fn json(message: &str) -> String {
    format!(
        r#"{{"reason":"compiler-message","package_id":"path+file:///ws#x@0.1.0","manifest_path":"/ws/Cargo.toml","target":{{"kind":["bin"],"crate_types":["bin"],"name":"x","src_path":"/ws/src/main.rs","edition":"2024","doc":true,"doctest":false,"test":true}},"message":{{"rendered":"error","$message_type":"diagnostic","children":[],"code":null,"level":"error","message":"{message}","spans":[{{"file_name":"src/main.rs","byte_start":0,"byte_end":1,"line_start":3,"line_end":3,"column_start":1,"column_end":2,"is_primary":true,"text":[],"label":null,"suggested_replacement":null,"suggestion_applicability":null,"expansion":null}}]}}}}"#
    )
}
