//! A share of lines, and the bar that it is held against.

use std::borrow::Cow;
use std::fmt;
use std::iter::Sum;
use std::ops::Add;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::parse::lcov::LineCounts;

/// How many lines with code there are, and how many of them ran.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figure {
    /// Lines that ran.
    pub hit: u64,
    /// Lines with code.
    pub total: u64,
}

impl Figure {
    /// The figure of a source.
    pub fn of(counts: &LineCounts) -> Self {
        Self { hit: counts.hit() as u64, total: counts.total() as u64 }
    }

    /// The share in percent; none where there is no line.
    #[expect(clippy::cast_precision_loss, reason = "no workspace has 2^52 lines")]
    pub fn percent(self) -> Option<f64> {
        (self.total > 0).then(|| self.hit as f64 * 100.0 / self.total as f64)
    }

    /// Whether the share is at least that. Without a line there is nothing to ask for.
    pub fn reaches(self, bar: Percent) -> bool {
        self.percent().is_none_or(|percent| percent >= bar.0)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent() {
            Some(percent) => write!(f, "{} %", tenths(percent)),
            None => write!(f, "no lines"),
        }
    }
}

/// One decimal, rounded down: what is shown as 80.0 % has reached a bar of 80 %.
fn tenths(percent: f64) -> String {
    // a product such as 84.7 * 10 may lie a hair below its true value
    format!("{:.1}", (percent * 10.0 + 1e-9).floor() / 10.0)
}

impl Add for Figure {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { hit: self.hit + other.hit, total: self.total + other.total }
    }
}

impl Sum for Figure {
    fn sum<I: Iterator<Item = Self>>(figures: I) -> Self {
        figures.fold(Self::default(), Add::add)
    }
}

/// A bar from 0 to 100 percent.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Percent(f64);

impl Percent {
    /// All of it.
    pub const ALL: Self = Self(100.0);

    /// A bar of whole percents.
    pub const fn whole(percent: u8) -> Self {
        let percent = if percent > 100 { 100 } else { percent };
        Self(percent as f64)
    }

    /// The number.
    pub fn value(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Percent {
    type Error = String;

    fn try_from(value: f64) -> Result<Self, String> {
        if (0.0..=100.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(format!("{value} is no share in percent; write a number from 0 to 100"))
        }
    }
}

impl From<Percent> for f64 {
    fn from(percent: Percent) -> Self {
        percent.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl JsonSchema for Percent {
    fn schema_name() -> Cow<'static, str> {
        "Percent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "maximum": 100, "description": "A share in percent." })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(hit: u64, total: u64) -> Figure {
        Figure { hit, total }
    }

    #[test]
    fn a_figure_below_its_bar_is_never_shown_as_the_bar() {
        let almost = figure(7999, 10_000);
        assert!(!almost.reaches(Percent::whole(80)));
        assert_eq!(almost.to_string(), "79.9 %");
        assert_eq!(figure(4, 5).to_string(), "80.0 %");
        assert!(figure(4, 5).reaches(Percent::whole(80)));
        assert_eq!(figure(847, 1000).to_string(), "84.7 %");
    }

    #[test]
    fn without_a_line_there_is_no_share() {
        assert_eq!(Figure::default().percent(), None);
        assert!(Figure::default().reaches(Percent::ALL));
        assert_eq!([figure(1, 2), figure(1, 3)].into_iter().sum::<Figure>(), figure(2, 5));
    }

    #[test]
    fn a_bar_lies_between_0_and_100() {
        assert!(Percent::try_from(100.5).is_err() && Percent::try_from(f64::NAN).is_err());
        assert_eq!(Percent::try_from(87.5).unwrap().to_string(), "87.5 %");
        assert_eq!(Percent::whole(200), Percent::ALL);
    }
}
