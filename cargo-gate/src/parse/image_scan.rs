//! What the scanners of container images have in common.

use jiff::Timestamp;

/// What a scanner says of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageScan {
    /// The image as the scanner was told.
    pub image: String,
    /// The image's own system, where the scanner knows it: `alpine 3.10.2`.
    pub system: Option<String>,
    /// Whether that system gets no more security data, so that nothing new is found in it.
    pub end_of_life: bool,
    /// When the scanner's database was made, where the report says so.
    pub database: Option<Timestamp>,
    /// What it found.
    pub vulnerabilities: Vec<ImageVulnerability>,
    /// What it does not tell that it judged, in words that follow the image's name.
    pub unjudged: Option<String>,
    /// How many of its own matches it takes for wrong by itself, whatever its settings are.
    pub left_out: usize,
    /// Whether its settings make it end with an error because of what it found.
    pub ends_with_error: bool,
}

/// A known vulnerability of a package in the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageVulnerability {
    /// Its id: `CVE-…`, `GHSA-…`.
    pub id: String,
    /// The package.
    pub package: String,
    /// Its version in the image.
    pub version: String,
    /// The versions that mend it; empty where there is none.
    pub fixed: String,
    /// How much it weighs.
    pub severity: ImageSeverity,
    /// What it is about.
    pub title: Option<String>,
    /// Where to read more.
    pub url: Option<String>,
}

/// The weight of a vulnerability, the lightest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageSeverity {
    /// Nobody has weighed it yet.
    Unknown,
    /// grype's word for what nobody will mend.
    Negligible,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// Critical.
    Critical,
}

impl ImageSeverity {
    /// The weight of that name, in any case of letters.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "unknown" | "" => Self::Unknown,
            "negligible" => Self::Negligible,
            "low" => Self::Low,
            "medium" => Self::Medium,
            "high" => Self::High,
            "critical" => Self::Critical,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// A report that cannot be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the report of {scanner} cannot be believed: {what}")]
pub struct ImageScanError {
    /// The scanner.
    pub scanner: &'static str,
    /// What is wrong with it.
    pub what: String,
}
