//! Whether a dependency that holds on some targets only holds on a given one.

use cargo_metadata::cargo_platform::Platform;
use cfg_expr::targets::{TargetInfo, get_builtin_target_by_triple};
use cfg_expr::{Expression, Predicate};

/// A target that conditions are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    triple: String,
    info: Option<&'static TargetInfo>,
}

impl Target {
    /// The target of that triple. Of one that rustc does not know by itself, every condition may hold.
    pub fn new(triple: &str) -> Self {
        Self { triple: triple.to_owned(), info: get_builtin_target_by_triple(triple) }
    }
}

/// What stands between a package and its dependency.
#[derive(Debug)]
pub(super) enum Condition {
    /// The triple of the only target.
    Triple(String),
    /// A `cfg(…)`.
    Cfg(Box<Expression>),
    /// A `cfg(…)` that only cargo understands: it may hold.
    Unknown,
}

impl Condition {
    pub(super) fn new(platform: &Platform) -> Self {
        match platform {
            Platform::Name(triple) => Self::Triple(triple.clone()),
            Platform::Cfg(cfg) => Expression::parse(&format!("cfg({cfg})"))
                .map_or(Self::Unknown, |expression| Self::Cfg(Box::new(expression))),
        }
    }

    /// Whether it can hold at all: `cfg(any())`, by which packages keep two versions in step, cannot.
    pub(super) fn is_possible(&self) -> bool {
        match self {
            Self::Cfg(expression) => expression.eval(|_| None).unwrap_or(true),
            Self::Triple(_) | Self::Unknown => true,
        }
    }

    /// Whether it may hold on the target. What the target alone does not decide (target features, flags of the
    /// user's own) may hold: a dependency too many is judged, one too few would go unseen.
    pub(super) fn may_hold(&self, target: &Target) -> bool {
        match self {
            Self::Triple(triple) => *triple == target.triple,
            Self::Cfg(expression) => expression.eval(|one| predicate(one, target)).unwrap_or(true),
            Self::Unknown => true,
        }
    }
}

fn predicate(predicate: &Predicate<'_>, target: &Target) -> Option<bool> {
    match predicate {
        Predicate::Target(of_target) => Some(of_target.matches(target.info?)),
        // cargo asks rustc for the settings of a plain build
        Predicate::DebugAssertions => Some(true),
        Predicate::Test | Predicate::ProcMacro | Predicate::Feature(_) => Some(false),
        Predicate::TargetFeature(_) | Predicate::Flag(_) | Predicate::KeyValue { .. } => None,
    }
}
