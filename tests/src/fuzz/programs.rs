//! Built programs.

use cargo_gate::binary::Image;

use super::Input;

pub(super) fn image(input: Input<'_>) {
    let image = match Image::read(input.bytes) {
        Ok(image) => image,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert_eq!(image.size, input.bytes.len(), "the size is that of the file");
    let (sections, crates) = (image.by_section(), image.by_crate());
    assert!(sections.keys().all(|name| !name.contains('\0')));
    assert!(crates.keys().all(|name| !name.is_empty()), "a crate has a name");
    for offset in [0, input.bytes.len() / 2, input.bytes.len(), usize::MAX] {
        let _ = (image.section_at(offset), image.symbol_at(offset));
    }
}
