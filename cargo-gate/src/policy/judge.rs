//! A policy over its ground.

use super::ground::{Found, Ground};
use super::licenses::Texts;
use super::{bans, build_scripts, duplicates, features, licenses, sources};

/// What a policy comes to.
#[derive(Debug, Default)]
pub struct Judgement {
    /// What is wrong.
    pub findings: Vec<Found>,
    /// How many packages count.
    pub packages: usize,
    /// How many packages' licences were judged.
    pub licences: usize,
    /// Packages that are there in several versions.
    pub duplicates: Vec<String>,
    /// What the reader has to know.
    pub notes: Vec<String>,
}

/// Judges everything that the policy asks for.
///
/// # Errors
/// For a policy that cannot be judged, in words: a licence that is none, a package from an address that is none.
pub fn judge(ground: &Ground<'_>, texts: &Texts) -> Result<Judgement, String> {
    let (odd, notes) = ground.policy.odd_keys();
    let mut findings: Vec<Found> = odd.into_iter().map(Found::from).collect();
    let (judged, of_licences) = licenses::judge(ground, texts)?;
    findings.extend(of_licences);
    if let Some(section) = &ground.policy.bans {
        findings.extend(bans::judge(ground, section));
        findings.extend(duplicates::judge(ground, section));
        findings.extend(features::judge(ground, section));
        findings.extend(build_scripts::judge(ground, section));
    }
    findings.extend(sources::judge(ground)?);
    Ok(Judgement {
        findings,
        packages: ground.packages().count(),
        licences: judged,
        duplicates: duplicates::names(ground),
        notes,
    })
}
