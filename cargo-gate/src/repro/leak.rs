//! Paths of a build that ended up in what it made.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

/// Where a build was made; absolute paths as text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// The workspace.
    pub root: String,
    /// cargo's home.
    pub cargo_home: String,
    /// The target folder.
    pub target: String,
    /// The user's home.
    pub home: String,
}

/// Which path it is that leaked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// The target folder.
    Target,
    /// The workspace.
    Root,
    /// cargo's home.
    CargoHome,
    /// The user's home.
    Home,
}

impl Base {
    const ALL: [Self; 4] = [Self::Target, Self::CargoHome, Self::Root, Self::Home];
}

impl Places {
    /// That one of them.
    pub fn of(&self, base: Base) -> &str {
        match base {
            Base::Target => &self.target,
            Base::Root => &self.root,
            Base::CargoHome => &self.cargo_home,
            Base::Home => &self.home,
        }
    }

    /// A text with a word for each of these paths, longest first, so that texts of two builds can be compared.
    pub fn neutral(&self, text: &str) -> String {
        let mut bases = Base::ALL;
        bases.sort_by_key(|base| std::cmp::Reverse(self.of(*base).len()));
        bases
            .iter()
            .filter(|base| !self.of(**base).is_empty())
            .fold(text.to_owned(), |text, base| text.replace(self.of(*base), &format!("{{{base:?}}}")))
    }
}

/// A path of the build within what it made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leak {
    /// The path that it starts with.
    pub base: Base,
    /// How it goes on, with `/` between its parts.
    pub rest: String,
    /// Whether it is only in what the program does not load: debug information.
    pub debug: bool,
    /// The section that it is in.
    pub section: String,
}

/// The most that a path goes on, in bytes.
const LONGEST: usize = 240;

/// The paths of the first build that are in its bytes, where the second has its own at the same point.
/// `section_of` says in which section a byte lies, and whether it is debug information.
pub fn leaks(
    (first, first_places): (&[u8], &Places),
    (second, second_places): (&[u8], &Places),
    section_of: &dyn Fn(usize) -> (String, bool),
) -> Vec<Leak> {
    let others: BTreeSet<(Base, String)> =
        found(second, second_places).into_iter().map(|(_, base, rest)| (base, rest)).collect();
    let mut leaks: BTreeSet<Leak> = BTreeSet::new();
    for (at, base, rest) in found(first, first_places) {
        if others.contains(&(base, rest.clone())) {
            let (section, debug) = section_of(at);
            leaks.insert(Leak { base, rest, debug, section });
        }
    }
    leaks.into_iter().collect()
}

/// Each place of the bytes where one of the paths starts, with how it goes on.
fn found(bytes: &[u8], places: &Places) -> Vec<(usize, Base, String)> {
    // where the paths found so far start, each with its end
    let mut taken: BTreeMap<usize, usize> = BTreeMap::new();
    let mut found = Vec::new();
    let mut bases = Base::ALL;
    // a path within another one is the longer one's
    bases.sort_by_key(|base| std::cmp::Reverse(places.of(*base).len()));
    for base in bases.into_iter().filter(|base| places.of(*base).len() > 1) {
        let path = places.of(base);
        for at in memmem::find_iter(bytes, path) {
            let after = bytes.get(at + path.len()..).unwrap_or_default();
            // `/ws` is no part of `/ws2`
            let ends =
                after.first().is_none_or(|next| !(next.is_ascii_alphanumeric() || b"_-.".contains(next)));
            let whole = ends || base == Base::Root;
            let end = at + path.len();
            let inside = taken.range(..=at).next_back().is_some_and(|(_, taken)| *taken >= end);
            if whole && !inside {
                taken.insert(at, end);
                found.push((at, base, rest(after)));
            }
        }
    }
    found
}

/// How a path goes on: to the end of a source file's name, or as long as its characters are those of paths.
/// Texts of a program follow each other without a gap, so the end may be a guess.
fn rest(after: &[u8]) -> String {
    if !after.first().is_some_and(|byte| b"/\\".contains(byte)) {
        return String::new();
    }
    let is_path = |byte: &u8| byte.is_ascii_alphanumeric() || b"/\\-_.+@".contains(byte);
    let length = after.iter().take(LONGEST).take_while(|byte| is_path(byte)).count();
    let text = String::from_utf8_lossy(after.get(..length).unwrap_or_default()).replace('\\', "/");
    let source = text.find(".rs").filter(|at| text.get(at + 3..).is_none_or(|next| !next.starts_with('/')));
    match source.and_then(|at| text.get(..at + 3)) {
        Some(source) => source.to_owned(),
        None => text,
    }
}

impl Leak {
    /// Whether it is the name of a source file, which the compiler writes for panic messages and debuggers,
    /// and which a flag can change.
    pub fn is_source(&self) -> bool {
        self.rest.rsplit_once('.').is_some_and(|(_, extension)| extension == "rs")
    }

    /// The package that it names, as `name-version` or by a folder of the target directory; none within the workspace.
    pub fn package(&self) -> Option<&str> {
        let mut parts = self.rest.trim_start_matches('/').split('/');
        match self.base {
            Base::CargoHome => match (parts.next()?, parts.next()?) {
                ("registry", "src") => parts.nth(1),
                ("git", "checkouts") => parts.next(),
                _ => None,
            },
            Base::Target => {
                let folder = parts.find(|part| *part == "build").and_then(|_| parts.next())?;
                folder.rsplit_once('-').map(|(package, _)| package)
            }
            Base::Root | Base::Home => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(root: &str) -> Places {
        Places {
            root: root.to_owned(),
            cargo_home: format!("/cargo{root}"),
            target: format!("{root}/target"),
            home: format!("/home{root}"),
        }
    }

    fn of(first: &str, second: &str) -> Vec<(Base, String)> {
        let (one, two) = (places("/a"), places("/much/longer"));
        let place = |_| (".rodata".to_owned(), false);
        let leaks = leaks((first.as_bytes(), &one), (second.as_bytes(), &two), &place);
        leaks.into_iter().map(|leak| (leak.base, leak.rest)).collect()
    }

    #[test]
    fn a_path_counts_where_each_build_has_its_own() {
        assert_eq!(of("x/a/data\0", "x/much/longer/data\0"), [(Base::Root, "/data".to_owned())]);
        assert_eq!(of("x/a/data\0", "x/a/data\0"), []);
        assert_eq!(of("x/a/data\0", "x/much/longer/other\0"), []);
    }

    #[test]
    fn a_path_within_the_target_folder_is_not_one_of_the_workspace() {
        let leak =
            of("/a/target/release/build/x-0123/out\0", "/much/longer/target/release/build/x-0123/out\0");
        assert_eq!(leak, [(Base::Target, "/release/build/x-0123/out".to_owned())]);
    }

    #[test]
    fn the_name_of_a_source_ends_with_it_whatever_follows() {
        let registry = "/registry/src/index-1/clap-4.5.0/src/a.rs";
        let leak = of(&format!("/cargo/a{registry}called"), &format!("/cargo/much/longer{registry}called"));
        assert_eq!(leak, [(Base::CargoHome, registry.to_owned())]);
    }

    #[test]
    fn a_leak_names_its_package() {
        let leak =
            |base, rest: &str| Leak { base, rest: rest.to_owned(), debug: false, section: String::new() };
        let registry = leak(Base::CargoHome, "/registry/src/index-1/clap-4.5.0/src/a.rs");
        assert_eq!((registry.package(), registry.is_source()), (Some("clap-4.5.0"), true));
        let out = leak(Base::Target, "/release/build/my-crate-0123/out");
        assert_eq!((out.package(), out.is_source()), (Some("my-crate"), false));
        assert_eq!(leak(Base::Root, "/data").package(), None);
    }

    #[test]
    fn texts_of_two_builds_are_compared_without_their_paths() {
        assert_eq!(places("/a").neutral("/a/x /a/target/y /cargo/a"), "{Root}/x {Target}/y {CargoHome}");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_an_answer(first: Vec<u8>, second: Vec<u8>) {
            let _ = leaks((&first, &places("/a")), (&second, &places("/b")), &|_| (String::new(), false));
        }
    }
}
