//! The sections and symbols of a program, of every format that rustc writes.

use std::collections::BTreeMap;
use std::ops::Range;

use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionFlags, SectionKind};

use super::origin::crate_of;

/// A program that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a program that can be read: {0}")]
pub struct ImageError(String);

/// A part of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its name.
    pub name: String,
    /// Its bytes in the file; empty where it has none, such as `.bss`.
    pub file: Range<usize>,
    /// Where it lies in memory.
    pub address: u64,
    /// Whether it is loaded when the program runs; what is not, `strip` takes away.
    pub loaded: bool,
    index: usize,
}

/// A function or a constant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its name as the linker knows it.
    pub name: String,
    /// Where it lies in memory.
    pub address: u64,
    /// How many bytes it has.
    pub size: u64,
    section: usize,
}

/// A program taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Its size, in bytes.
    pub size: usize,
    /// In the order of the file.
    pub sections: Vec<Section>,
    /// By address.
    pub symbols: Vec<Symbol>,
}

impl Image {
    /// Takes a program apart.
    ///
    /// # Errors
    /// When the bytes are no program, or one that is cut short.
    pub fn read(bytes: &[u8]) -> Result<Self, ImageError> {
        let file = object::File::parse(bytes).map_err(|error| ImageError(error.to_string()))?;
        let mut sections = Vec::new();
        for section in file.sections() {
            let name = section.name().map_err(|error| ImageError(error.to_string()))?.to_owned();
            let range = section.file_range().unwrap_or_default();
            let file = within(range, bytes.len())
                .ok_or_else(|| ImageError(format!("the section {name} reaches past the end of the file")))?;
            let index = section.index().0;
            sections.push(Section {
                name,
                file,
                address: section.address(),
                loaded: is_loaded(&section),
                index,
            });
        }
        sections.sort_by_key(|section| section.file.start);
        if sections.is_empty() {
            return Err(ImageError("it has no sections".to_owned()));
        }
        let symbols = symbols(&file, &sections);
        Ok(Self { size: bytes.len(), sections, symbols })
    }

    /// The size without what `strip` takes away: debug information and the table of symbols.
    pub fn stripped(&self) -> usize {
        let dropped =
            self.sections.iter().filter(|section| !section.loaded).map(|section| section.file.len());
        self.size.saturating_sub(dropped.sum())
    }

    /// The bytes of each section, by name. Sections of one name count together.
    pub fn by_section(&self) -> BTreeMap<&str, usize> {
        let mut sizes = BTreeMap::new();
        for section in self.sections.iter().filter(|section| !section.file.is_empty()) {
            *sizes.entry(section.name.as_str()).or_default() += section.file.len();
        }
        sizes
    }

    /// The bytes of each crate's functions and constants; empty for a program without a table of symbols.
    pub fn by_crate(&self) -> BTreeMap<String, u64> {
        let mut sizes = BTreeMap::new();
        for symbol in &self.symbols {
            if let Some(name) = crate_of(&symbol.name) {
                let sum: &mut u64 = sizes.entry(name).or_default();
                *sum = sum.saturating_add(symbol.size);
            }
        }
        sizes
    }

    /// The section that holds that byte of the file.
    pub fn section_at(&self, offset: usize) -> Option<&Section> {
        self.sections.iter().find(|section| section.file.contains(&offset))
    }

    /// The symbol that holds that byte of the file.
    pub fn symbol_at(&self, offset: usize) -> Option<&Symbol> {
        let section = self.section_at(offset).filter(|section| section.loaded)?;
        let address = section.address.checked_add(u64::try_from(offset - section.file.start).ok()?)?;
        let after = self.symbols.partition_point(|symbol| symbol.address <= address);
        let symbol = self.symbols.get(..after)?.iter().rfind(|symbol| symbol.section == section.index)?;
        (address < symbol.address.saturating_add(symbol.size)).then_some(symbol)
    }
}

fn within((start, length): (u64, u64), end: usize) -> Option<Range<usize>> {
    let start = usize::try_from(start).ok()?;
    let stop = start.checked_add(usize::try_from(length).ok()?)?;
    (stop <= end).then_some(start..stop)
}

fn is_loaded<'a>(section: &impl object::ObjectSection<'a>) -> bool {
    match section.flags() {
        SectionFlags::Elf { sh_flags, .. } => sh_flags.0 & object::elf::SHF_ALLOC.0 != 0,
        _ => !matches!(section.kind(), SectionKind::Debug | SectionKind::DebugString),
    }
}

fn symbols(file: &object::File<'_>, sections: &[Section]) -> Vec<Symbol> {
    let ends: BTreeMap<usize, u64> = sections
        .iter()
        .map(|section| (section.index, section.address.saturating_add(section.file.len() as u64)))
        .collect();
    let defined = file.symbols().filter(object::ObjectSymbol::is_definition);
    let mut symbols: Vec<Symbol> = defined
        .filter_map(|symbol| {
            let section = symbol.section_index()?.0;
            let name = symbol.name().ok().filter(|name| !name.is_empty())?.to_owned();
            Some(Symbol { name, address: symbol.address(), size: symbol.size(), section })
        })
        .collect();
    symbols.sort_by(|a, b| (a.address, &a.name).cmp(&(b.address, &b.name)));
    // several names of one function count once
    symbols.dedup_by(|later, first| later.address == first.address && later.size == first.size);
    // Mach-O and PE do not tell sizes: a symbol reaches to the next one, the last to the section's end
    let mut next: BTreeMap<usize, u64> = BTreeMap::new();
    for symbol in symbols.iter_mut().rev() {
        let end = next.get(&symbol.section).or_else(|| ends.get(&symbol.section)).copied();
        if symbol.size == 0 && !matches!(file.format(), object::BinaryFormat::Elf) {
            symbol.size = end.unwrap_or_default().saturating_sub(symbol.address);
        }
        next.insert(symbol.section, symbol.address);
    }
    symbols
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This test's own program: a sample of the platform's format.
    #[expect(clippy::disallowed_methods, reason = "the sample is this very program")]
    fn own() -> Vec<u8> {
        std::fs::read(std::env::current_exe().unwrap()).unwrap()
    }

    #[test]
    fn a_program_is_taken_apart() {
        let bytes = own();
        let image = Image::read(&bytes).unwrap();
        assert_eq!(image.size, bytes.len());
        assert!(image.stripped() <= image.size && image.stripped() > 1000);
        let sections = image.by_section();
        assert!(sections.keys().any(|name| name.contains("text")), "{sections:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn symbols_are_found_by_their_place_and_counted_for_their_crate() {
        let image = Image::read(&own()).unwrap();
        let crates = image.by_crate();
        assert!(crates["core"] > 1000 && crates.contains_key("cargo_gate"), "{crates:?}");
        let symbol = image
            .symbols
            .iter()
            .find(|symbol| crate_of(&symbol.name).as_deref() == Some("core") && symbol.size > 8)
            .unwrap();
        let section = image.sections.iter().find(|section| section.index == symbol.section).unwrap();
        let offset = section.file.start + usize::try_from(symbol.address - section.address).unwrap();
        assert_eq!(image.symbol_at(offset + 4), Some(symbol));
        assert_eq!(image.section_at(offset), Some(section));
    }

    #[test]
    fn what_is_no_program_is_an_error() {
        assert!(Image::read(b"").is_err());
        assert!(Image::read(b"#!/bin/sh\n").is_err());
    }

    #[test]
    fn a_program_that_is_cut_short_is_an_error() {
        let bytes = own();
        for part in [1, 2, 3, 4, 8] {
            assert!(Image::read(&bytes[..bytes.len() / (part + 1)]).is_err(), "1/{part}");
        }
    }

    /// Of a whole program the damage would not be seen for its length.
    static START: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_image_or_an_error(bytes: Vec<u8>) {
            let _ = Image::read(&bytes);
        }

        #[test]
        fn a_damaged_program_gives_an_image_or_an_error(at in 0..4096_usize, to: u8) {
            let mut bytes = START.get_or_init(|| own()[..1 << 16].to_vec()).clone();
            bytes[at] = to;
            let _ = Image::read(&bytes);
        }
    }
}
