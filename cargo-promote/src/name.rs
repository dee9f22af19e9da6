//! Names that become names of files, tags and references.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest name of a file that every common file system takes, in bytes.
const MOST_FILE_NAME: usize = 255;
/// The longest name of an environment, a store or a key, in bytes.
const MOST_LABEL: usize = 40;
/// Names that are devices on Windows, whatever their ending.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// The plain name of a file: no folder, no link, nothing that a system reads in its own way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

/// The name of an environment, a store or a key: lower-case letters, digits and `-`, beginning with a letter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// What cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot be the name of {of}: {why}", .name.escape_debug())]
pub struct BadName {
    /// The name.
    pub name: String,
    /// What it was to name.
    pub of: &'static str,
    /// Why it cannot.
    pub why: &'static str,
}

impl TryFrom<String> for FileName {
    type Error = BadName;

    fn try_from(name: String) -> Result<Self, BadName> {
        let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let numbered = |stem: &str| {
            let number = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
            number.is_some_and(|number| number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-+@".contains(&byte);
        let why = match name.as_str() {
            "" => Some("it is empty"),
            "." | ".." => Some("it is a folder"),
            _ if name.len() > MOST_FILE_NAME => Some("it is longer than 255 bytes"),
            _ if !name.bytes().all(allowed) => Some("only letters, digits and `._-+@` are allowed"),
            _ if name.starts_with(['.', '-']) => Some("it begins with `.` or `-`"),
            _ if name.ends_with('.') => Some("Windows drops the `.` at its end"),
            _ if DEVICES.contains(&stem.as_str()) || numbered(&stem) => Some("it is a device on Windows"),
            _ => None,
        };
        match why {
            Some(why) => Err(BadName { name, of: "an artifact", why }),
            None => Ok(Self(name)),
        }
    }
}

impl TryFrom<String> for Label {
    type Error = BadName;

    fn try_from(name: String) -> Result<Self, BadName> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let why = match name.as_str() {
            "" => Some("it is empty"),
            _ if name.len() > MOST_LABEL => Some("it is longer than 40 letters"),
            _ if !name.bytes().all(allowed) => Some("only lower-case letters, digits and `-` are allowed"),
            _ if !name.starts_with(|first: char| first.is_ascii_lowercase()) => {
                Some("it does not begin with a letter")
            }
            _ if name.ends_with('-') => Some("it ends with `-`"),
            _ => None,
        };
        match why {
            Some(why) => Err(BadName { name, of: "an environment, a store or a key", why }),
            None => Ok(Self(name)),
        }
    }
}

macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = BadName;

            fn from_str(text: &str) -> Result<Self, BadName> {
                text.to_owned().try_into()
            }
        }
    };
}

text!(FileName);
text!(Label);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_of_a_folder_or_mean_something_to_a_system_are_refused() {
        let bad = [
            "",
            ".",
            "..",
            "../a",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "C:a",
            "a\0",
            "a\n",
            ".hidden",
            "-rf",
            "nul",
            "NUL.txt",
            "com1",
            "lpt9.log",
            "a.",
            "a b",
            "ä",
            "a:b",
            "a*",
            "a?",
        ];
        for name in bad {
            assert!(name.parse::<FileName>().is_err(), "{name:?}");
        }
        assert!("a".repeat(256).parse::<FileName>().is_err());
    }

    #[test]
    fn usual_names_of_artifacts_are_allowed() {
        let good = [
            "tool",
            "tool.exe",
            "tool-1.0.0+build.tar.gz",
            "sbom.cdx.json",
            "SHA256SUMS",
            "common",
            "com10",
            "a@1",
        ];
        for name in good {
            assert_eq!(name.parse::<FileName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn a_label_is_short_and_plain() {
        for bad in ["", "Prod", "1a", "a_b", "a-", "-a", "a/b", "ä", &"a".repeat(41)] {
            assert!(bad.parse::<Label>().is_err(), "{bad:?}");
        }
        assert_eq!("eu-west-1".parse::<Label>().unwrap().to_string(), "eu-west-1");
    }
}
