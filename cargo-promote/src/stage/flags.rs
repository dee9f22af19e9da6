//! The flags of a build that gives the same bytes in any folder.

use cargo_gate::facts::FlagsOf;
use cargo_gate::sbom::Conditions;
use cargo_metadata::cargo_platform::Platform;

/// Between flags, as cargo's `CARGO_ENCODED_RUSTFLAGS` has it.
const BETWEEN: &str = "\u{1f}";

/// Folders of a build that must not be seen in what is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Places {
    /// The top of the repository.
    pub top: String,
    /// Where cargo builds.
    pub target: String,
    /// Where cargo keeps its packages, where that is known.
    pub cargo_home: Option<String>,
}

/// The flags that cargo would give rustc for that target: the variable that states flags replaces all others, so that
/// they have to be in it.
///
/// # Errors
/// In words, where a condition of cargo's configuration cannot be read.
pub fn effective(target: &Conditions, flags: FlagsOf<'_>) -> Result<Vec<String>, String> {
    let owned = |flags: Vec<&str>| flags.into_iter().map(str::to_owned).collect::<Vec<_>>();
    match flags {
        FlagsOf::Known(own) => Ok(owned(own)),
        FlagsOf::Conditional { own, under, otherwise } => {
            let mut all = own;
            for (condition, flags) in under {
                let platform: Platform = condition.parse().map_err(|error| {
                    format!("`target.'{condition}'` in cargo's configuration cannot be read: {error}")
                })?;
                if target.hold(Some(&platform)) {
                    all.extend(flags);
                }
            }
            Ok(owned(if all.is_empty() { otherwise } else { all }))
        }
    }
}

/// Those flags, and those that give the folders of the build names that are the same everywhere. Of two that fit a path
/// rustc takes the last.
pub fn encoded(own: &[String], places: &Places) -> String {
    let mut named = vec![(Some(&places.top), "/src"), (Some(&places.target), "/target")];
    named.push((places.cargo_home.as_ref(), "/cargo"));
    named.sort_by_key(|(place, _)| place.map_or(0, String::len));
    let remapped = named.into_iter().filter_map(|(place, name)| {
        let place = place.filter(|place| place.len() > 1)?;
        Some(format!("--remap-path-prefix={place}={name}"))
    });
    own.iter().cloned().chain(remapped).collect::<Vec<_>>().join(BETWEEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: &str = "panic=\"unwind\"\ntarget_arch=\"x86_64\"\ntarget_env=\"gnu\"\ntarget_family=\"unix\"\n\
        target_os=\"linux\"\ntarget_pointer_width=\"64\"\ntarget_vendor=\"unknown\"\nunix\n";

    fn of(flags: FlagsOf<'_>) -> Result<Vec<String>, String> {
        let target = cargo_gate::sbom::conditions("x86_64-unknown-linux-gnu", LINUX.as_bytes()).unwrap();
        effective(&target, flags)
    }

    #[test]
    fn flags_of_the_configuration_are_kept_as_cargo_would_take_them() {
        assert_eq!(of(FlagsOf::Known(vec!["-Ca"])).unwrap(), ["-Ca"]);
        let conditional = |condition| FlagsOf::Conditional {
            own: vec!["-Cown"],
            under: vec![(condition, vec!["-Cunder"])],
            otherwise: vec!["-Cbuild"],
        };
        assert_eq!(of(conditional("cfg(unix)")).unwrap(), ["-Cown", "-Cunder"]);
        assert_eq!(of(conditional("cfg(windows)")).unwrap(), ["-Cown"]);
        assert!(of(conditional("cfg(")).unwrap_err().contains("cfg("));
        let none = FlagsOf::Conditional {
            own: vec![],
            under: vec![("cfg(windows)", vec!["-Cunder"])],
            otherwise: vec!["-Cbuild"],
        };
        assert_eq!(of(none).unwrap(), ["-Cbuild"]);
    }

    #[test]
    fn folders_get_the_same_names_everywhere_and_the_longest_comes_last() {
        let places = |top: &str| Places {
            top: top.to_owned(),
            target: format!("{top}/target"),
            cargo_home: Some("/h".to_owned()),
        };
        let flags = encoded(&["-C".to_owned(), "x y".to_owned()], &places("/a b"));
        let expected = "-C\u{1f}x y\u{1f}--remap-path-prefix=/h=/cargo\u{1f}--remap-path-prefix=/a b=/src\u{1f}\
                        --remap-path-prefix=/a b/target=/target";
        assert_eq!(flags, expected);
        assert!(!encoded(&[], &places("/")).contains("=/=/src"));
    }
}
