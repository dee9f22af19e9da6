//! Flags for rustc. cargo takes them from one source only, for each target by itself:
//! <https://doc.rust-lang.org/cargo/reference/config.html#buildrustflags>.

use super::split_flags;

/// Flags for rustc, by their sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RustFlags {
    /// Of `CARGO_ENCODED_RUSTFLAGS`, else of `RUSTFLAGS`: nothing else counts then.
    variable: Option<Vec<String>>,
    /// Of `target.<triple>.rustflags` and `target.<cfg>.rustflags`, with triple or condition.
    targets: Vec<(String, Vec<String>)>,
    /// Of `build.rustflags`.
    build: Vec<String>,
}

/// The flags of a build for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FlagsOf<'a> {
    /// These.
    Known(Vec<&'a str>),
    /// Those under each condition that holds, after those of the triple; where that makes none, the last.
    Conditional {
        /// Of the triple.
        own: Vec<&'a str>,
        /// Conditions (`cfg(…)`), each with its flags.
        under: Vec<(&'a str, Vec<&'a str>)>,
        /// Of `build.rustflags`.
        otherwise: Vec<&'a str>,
    },
}

impl RustFlags {
    /// The flags of variables, each with its name, and of the texts of cargo's configuration files.
    pub fn new<'a>(variables: &[(String, String)], configs: impl Iterator<Item = &'a str>) -> Self {
        let value = |wanted: &str| variables.iter().find(|(name, _)| name == wanted).map(|(_, value)| value);
        let variable = value("CARGO_ENCODED_RUSTFLAGS").or_else(|| value("RUSTFLAGS"));
        let mut flags = Self { variable: variable.map(|text| split_flags(text)), ..Self::default() };
        for text in configs {
            flags.add_config(text);
        }
        for (name, value) in variables {
            let triple = name.strip_prefix("CARGO_TARGET_").and_then(|rest| rest.strip_suffix("_RUSTFLAGS"));
            match triple {
                Some(triple) => flags.targets.push((triple.to_owned(), split_flags(value))),
                None if name == "CARGO_BUILD_RUSTFLAGS" => flags.build.extend(split_flags(value)),
                None => {}
            }
        }
        flags
    }

    fn add_config(&mut self, text: &str) {
        let Ok(document) = toml_edit::Document::parse(text) else { return };
        let root = document.as_table();
        let flags = |table: &toml_edit::Item| table.get("rustflags").map(list);
        self.build.extend(root.get("build").and_then(flags).unwrap_or_default());
        let targets = root.get("target").and_then(toml_edit::Item::as_table_like);
        let targets = targets.into_iter().flat_map(|targets| targets.iter());
        self.targets.extend(targets.filter_map(|(key, table)| Some((key.to_owned(), flags(table)?))));
    }

    /// The flags of a build for that target.
    pub fn of(&self, triple: &str) -> FlagsOf<'_> {
        fn plain(list: &[String]) -> Vec<&str> {
            list.iter().map(String::as_str).collect()
        }
        if let Some(flags) = &self.variable {
            return FlagsOf::Known(plain(flags));
        }
        let of_variable = triple.to_uppercase().replace(['-', '.'], "_");
        let is_own = |key: &str| key == triple || key == of_variable;
        let own = self.targets.iter().filter(|(key, _)| is_own(key)).flat_map(|(_, flags)| plain(flags));
        let own: Vec<&str> = own.collect();
        let is_condition = |key: &str| key.starts_with("cfg(");
        let under = self.targets.iter().filter(|(key, flags)| is_condition(key) && !flags.is_empty());
        let under: Vec<(&str, Vec<&str>)> = under.map(|(key, flags)| (key.as_str(), plain(flags))).collect();
        match (own.is_empty(), under.is_empty()) {
            (false, true) => FlagsOf::Known(own),
            (true, true) => FlagsOf::Known(plain(&self.build)),
            _ => FlagsOf::Conditional { own, under, otherwise: plain(&self.build) },
        }
    }
}

/// Flags as a configuration file writes them: a list, or one text.
fn list(flags: &toml_edit::Item) -> Vec<String> {
    match flags.as_array() {
        Some(array) => array.iter().filter_map(|flag| flag.as_str()).map(str::to_owned).collect(),
        None => split_flags(flags.as_str().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINUX: &str = "x86_64-unknown-linux-gnu";

    fn flags(variables: &[(&str, &str)], config: &str) -> RustFlags {
        let variables: Vec<(String, String)> =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        RustFlags::new(&variables, std::iter::once(config))
    }

    #[test]
    fn one_source_counts_for_each_target() {
        let config = "[build]\nrustflags = [\"--cfg\", \"all\"]\n\
                      [target.x86_64-unknown-linux-gnu]\nrustflags = \"--cfg linux\"\n";
        let known = |variables: &[(&str, &str)], triple: &str| match flags(variables, config).of(triple) {
            FlagsOf::Known(flags) => flags.join(" "),
            other @ FlagsOf::Conditional { .. } => panic!("{other:?}"),
        };
        assert_eq!(known(&[], LINUX), "--cfg linux");
        assert_eq!(known(&[], "wasm32-unknown-unknown"), "--cfg all");
        assert_eq!(known(&[("RUSTFLAGS", "-Cx")], LINUX), "-Cx");
        assert_eq!(
            known(&[("RUSTFLAGS", "-Cx"), ("CARGO_ENCODED_RUSTFLAGS", "-Ca\u{1f}-Cb")], LINUX),
            "-Ca -Cb"
        );
        assert_eq!(known(&[("RUSTFLAGS", "")], LINUX), "", "an empty one counts too");
        let own = ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "-Cy");
        assert_eq!(known(&[own], "wasm32-unknown-unknown"), "-Cy");
        assert_eq!(known(&[("CARGO_BUILD_RUSTFLAGS", "-Cz")], "wasm32-unknown-unknown"), "--cfg all -Cz");
    }

    #[test]
    fn flags_under_a_condition_are_told_with_it() {
        let config = "build.rustflags = \"-Ca\"\n[target.'cfg(unix)']\nrustflags = [\"-Cb\"]\n";
        let found = flags(&[], config);
        let under = vec![("cfg(unix)", vec!["-Cb"])];
        assert_eq!(found.of(LINUX), FlagsOf::Conditional { own: vec![], under, otherwise: vec!["-Ca"] });
        assert_eq!(flags(&[("RUSTFLAGS", "-Cx")], config).of(LINUX), FlagsOf::Known(vec!["-Cx"]));
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_flags(text: String) {
            let _ = flags(&[("RUSTFLAGS", &text)], &text).of(LINUX);
        }
    }
}
