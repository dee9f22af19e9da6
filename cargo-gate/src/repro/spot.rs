//! Where two files of one crate differ: the section and the symbol.

use object::read::archive::ArchiveFile;

use crate::binary::{Image, readable};

/// Where two outputs differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spot {
    /// The object file within a library.
    pub member: Option<String>,
    /// The section; none for bytes that are no object file, such as the compiler's own intermediate form.
    pub section: Option<String>,
    /// The function or constant.
    pub symbol: Option<String>,
    /// Whether only debug information differs.
    pub debug_only: bool,
    /// What is at that point in the first.
    pub first: String,
    /// What is at that point in the second.
    pub second: String,
}

/// Sections that only follow from the others: a digest of the whole, and where symbols lie.
const CONSEQUENCES: [&str; 3] = [".note.gnu.build-id", ".gnu_debuglink", ".shstrtab"];

/// Where two files differ first; none where what counts of them is equal. Of a library the object files
/// count: the description beside them has the path of each source, whatever the flags are.
pub fn compare(first: &[u8], second: &[u8]) -> Option<Spot> {
    if first == second {
        return None;
    }
    match (members(first), members(second)) {
        (Some(first), Some(second)) => {
            if let Some(((name, _), _)) = first.iter().zip(&second).find(|((a, _), (b, _))| a != b) {
                return Some(Spot { member: Some(name.clone()), ..Spot::default() });
            }
            if first.len() != second.len() {
                return Some(Spot::default());
            }
            let differing = first.iter().zip(&second).filter_map(|((name, one), (_, two))| {
                objects(one, two).map(|spot| Spot { member: Some(name.clone()), ..spot })
            });
            let spots: Vec<Spot> = differing.collect();
            // what differs in the code says more than what differs for the debugger
            spots.iter().find(|spot| !spot.debug_only).or(spots.first()).cloned()
        }
        _ => objects(first, second),
    }
}

/// The object files of a library, by name; none where it is no archive.
fn members(bytes: &[u8]) -> Option<Vec<(String, &[u8])>> {
    let archive = ArchiveFile::parse(bytes).ok()?;
    let mut members = Vec::new();
    for member in archive.members() {
        let member = member.ok()?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        if name.rsplit_once('.').is_none_or(|(_, extension)| extension != "rmeta") {
            members.push((name, member.data(bytes).ok()?));
        }
    }
    members.sort();
    Some(members)
}

fn objects(first: &[u8], second: &[u8]) -> Option<Spot> {
    if first == second {
        return None;
    }
    let (Ok(one), Ok(two)) = (Image::read(first), Image::read(second)) else {
        return Some(at(first, second, 0));
    };
    let mut spots: Vec<(bool, Spot)> = Vec::new();
    for section in one.sections.iter().filter(|section| !CONSEQUENCES.contains(&section.name.as_str())) {
        let bytes = first.get(section.file.clone()).unwrap_or_default();
        let twin = two.sections.iter().find(|other| other.name == section.name);
        let other = twin.and_then(|twin| second.get(twin.file.clone())).unwrap_or_default();
        if bytes != other {
            let offset = section.file.start + first_difference(bytes, other);
            let symbol = one.symbol_at(offset).map(|symbol| readable(&symbol.name));
            spots.push((
                section.loaded,
                Spot { section: Some(section.name.clone()), symbol, ..at(bytes, other, 0) },
            ));
        }
    }
    let debug_only = !spots.iter().any(|(loaded, _)| *loaded);
    let constant = spots.iter().position(|(_, spot)| spot.section.as_deref().is_some_and(is_constant));
    let loaded = spots.iter().position(|(loaded, _)| *loaded);
    let told = constant.or(loaded).unwrap_or_default();
    let found = (told < spots.len()).then(|| spots.swap_remove(told).1);
    // only consequences differ: the digest of something that this look does not tell apart
    let found =
        found.unwrap_or_else(|| Spot { section: Some(CONSEQUENCES[0].to_owned()), ..at(first, second, 0) });
    Some(Spot { debug_only, ..found })
}

/// Constants tell the most: code and tables move with their length.
fn is_constant(section: &str) -> bool {
    [".rodata", ".rdata", "__const", "__cstring"].iter().any(|name| section.starts_with(name))
}

fn first_difference(first: &[u8], second: &[u8]) -> usize {
    let equal = first.iter().zip(second).take_while(|(a, b)| a == b).count();
    equal.min(first.len().saturating_sub(1))
}

/// The texts around the first difference from there on.
fn at(first: &[u8], second: &[u8], from: usize) -> Spot {
    let offset =
        first_difference(first.get(from..).unwrap_or_default(), second.get(from..).unwrap_or_default());
    Spot { first: text(first, from + offset), second: text(second, from + offset), ..Spot::default() }
}

/// The printable text around a byte.
fn text(bytes: &[u8], at: usize) -> String {
    const MOST: usize = 40;
    let printable = |byte: &&u8| (0x20..0x7f).contains(*byte);
    let before = bytes.get(..at).unwrap_or_default().iter().rev().take(MOST).take_while(printable).count();
    let after = bytes.get(at..).unwrap_or_default().iter().take(MOST).take_while(printable).count();
    let text = String::from_utf8_lossy(bytes.get(at - before..at + after).unwrap_or_default());
    if !text.trim().is_empty() {
        return text.into_owned();
    }
    let bytes: Vec<String> = bytes.iter().skip(at).take(8).map(|byte| format!("{byte:02x}")).collect();
    if bytes.is_empty() { "(the end)".to_owned() } else { format!("bytes {}", bytes.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_have_no_spot() {
        assert_eq!(compare(b"abc", b"abc"), None);
    }

    #[test]
    fn bytes_that_are_no_program_are_compared_as_they_are() {
        let spot = compare(b"\0\0built at 1795245249\0", b"\0\0built at 1829805249\0").unwrap();
        assert_eq!(
            (spot.first.as_str(), spot.second.as_str()),
            ("built at 1795245249", "built at 1829805249")
        );
        assert_eq!(spot.section, None);
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_numbers() {
        assert_eq!(text(&[0, 1, 0xff], 1), "bytes 01 ff");
        assert_eq!((text(&[0, 1], 2), text(b"ab c\0", 3)), ("(the end)".to_owned(), "ab c".to_owned()));
    }

    #[test]
    fn a_file_that_is_longer_differs() {
        assert!(compare(b"abc", b"abcd").is_some());
        assert!(compare(b"", b"a").is_some());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_changed_constant_is_told_by_its_section() {
        static MARK: &str = "a mark of the test of spots";
        #[expect(clippy::disallowed_methods, reason = "the sample is this very program")]
        let first = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let image = Image::read(&first).unwrap();
        let section = image.sections.iter().find(|section| section.name == ".rodata").unwrap();
        let within = memchr::memmem::find(&first[section.file.clone()], MARK.as_bytes()).unwrap();
        let mut second = first.clone();
        second[section.file.start + within] = b'A';
        let spot = compare(&first, &second).unwrap();
        assert_eq!((spot.section.as_deref(), spot.debug_only), (Some(".rodata"), false));
        assert!(spot.first.contains(MARK) && spot.second.contains("A mark of"), "{spot:?}");
        let id = image
            .sections
            .iter()
            .find(|section| section.name.starts_with(".debug") && !section.loaded)
            .unwrap();
        let mut third = first.clone();
        third[id.file.start + 9] ^= 1;
        assert!(compare(&first, &third).unwrap().debug_only);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_answer(first: Vec<u8>, second: Vec<u8>) {
            assert_eq!(compare(&first, &second).is_none(), first == second);
        }

        #[test]
        fn any_archives_give_an_answer(first: Vec<u8>, second: Vec<u8>) {
            let archive = |bytes: Vec<u8>| [b"!<arch>\n".as_slice(), &bytes].concat();
            let _ = compare(&archive(first), &archive(second));
        }
    }
}
