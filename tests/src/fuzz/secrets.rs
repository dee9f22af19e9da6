//! Texts that may hold secrets.

use cargo_gate::secret;

use super::Input;

pub(super) fn secret(input: Input<'_>) {
    let Some(text) = secret::text_of(input.bytes) else { return };
    let lines = text.split(|byte| *byte == b'\n').count();
    for path in ["deploy.env", "src/lib.rs", "tests/key.pem"] {
        let Ok(found) = secret::scan(path, &text) else { continue };
        for one in &found {
            assert!(one.line >= 1 && one.line as usize <= lines && one.column >= 1, "its place exists");
            assert!(!one.name.is_empty() && !one.digest.is_empty());
            let masked = one.masked.as_ref();
            assert!(masked.is_none_or(|(text, mark)| text.get(mark.clone()).is_some()), "a mark in the text");
        }
    }
}
