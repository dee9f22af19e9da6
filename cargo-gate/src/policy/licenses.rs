//! Licences: each package's SPDX expression against what is allowed.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, Package};
use spdx::{Expression, LicenseReq, Licensee, ParseMode};

use super::file::Policy;
use super::ground::{Found, Ground, at_level, is_private, label};
use super::sections::Licenses;
use super::sources::same_source;
use super::spec::LicenseFile;
use crate::finding::Finding;
use crate::graph::Graph;

/// Licences that nobody may use without having decided to: by their names' beginnings, so in every form.
const REFUSED: [&str; 2] = ["GPL-3.0", "AGPL-3.0"];

/// The hashes of licence texts that clarifications rest on: by the package's position in the graph and the path.
pub type Texts = BTreeMap<(usize, String), Option<u32>>;

/// Whether an expression can be met by licences that `allowed` lets through; else those that it does not.
///
/// # Errors
/// For what is no SPDX expression, in words. The lax names that the default registry has accepted over time (`MIT/Apache-2.0`)
/// are expressions.
pub fn evaluate(
    text: &str,
    allowed: impl FnMut(&LicenseReq) -> bool,
) -> Result<Result<(), Vec<String>>, String> {
    // the registry also has licences that are not in the list any more
    let expression =
        Expression::parse_mode(text, ParseMode::LAX).map_err(|error| error.reason.to_string())?;
    let names = |failed: Vec<&spdx::expression::ExpressionReq>| {
        let names: BTreeSet<String> = failed.into_iter().map(|one| one.req.to_string()).collect();
        names.into_iter().collect()
    };
    Ok(expression.evaluate_with_failures(allowed).map_err(names))
}

/// Whether the requirement is one of those that are refused where there is no policy.
pub(super) fn is_refused(requirement: &LicenseReq) -> bool {
    requirement.license.id().is_some_and(|id| REFUSED.iter().any(|refused| id.name.starts_with(refused)))
}

/// How many packages were judged, and what is wrong with them.
pub(super) fn judge(ground: &Ground<'_>, texts: &Texts) -> Result<(usize, Vec<Found>), String> {
    match &ground.policy.licenses {
        Some(licenses) => by_policy(ground, licenses, texts),
        None => Ok(without_policy(ground)),
    }
}

/// Everything but the workspace's own code is judged, whatever needs it.
fn without_policy(ground: &Ground<'_>) -> (usize, Vec<Found>) {
    let foreign: Vec<_> = ground.packages().filter(|(at, _)| !ground.graph.is_member(*at)).collect();
    let findings = foreign.iter().filter_map(|(at, package)| {
        let Some(text) = stated(package) else { return Some(ground.at(no_license(package), *at)) };
        match evaluate(text, |requirement| !is_refused(requirement)) {
            Ok(Ok(())) => unknown(package, text).map(|finding| ground.at(finding, *at)),
            Ok(Err(names)) => Some(ground.at(refused(package, text, &names), *at)),
            Err(reason) => Some(ground.at(unreadable(package, text, &reason), *at)),
        }
    });
    let findings = findings.collect();
    (foreign.len(), findings)
}

/// What the policy allows, with what was met by it.
struct Allowed {
    general: Vec<Licensee>,
    exceptions: Vec<Vec<Licensee>>,
    used: BTreeSet<usize>,
    used_exceptions: BTreeSet<usize>,
}

fn by_policy(ground: &Ground<'_>, licenses: &Licenses, texts: &Texts) -> Result<(usize, Vec<Found>), String> {
    let exceptions = licenses.exceptions.iter().map(|entry| licensees(&entry.more.allow));
    let mut allowed = Allowed {
        general: licensees(&licenses.allow)?,
        exceptions: exceptions.collect::<Result<_, String>>()?,
        used: BTreeSet::new(),
        used_exceptions: BTreeSet::new(),
    };
    let mut findings = Vec::new();
    let mut judged = 0;
    let judged_packages = scope(ground, licenses);
    for (at, package) in ground.packages().filter(|(at, _)| judged_packages.contains(at)) {
        if is_left_out(licenses, package) {
            continue;
        }
        judged += 1;
        let clarified = clarified(licenses, at, package, texts);
        let Some(text) = clarified.or(stated(package)) else {
            findings.push(ground.at(no_license(package), at));
            continue;
        };
        let finding = match evaluate(text, |requirement| allowed.allows(licenses, package, requirement)) {
            Ok(Ok(())) => continue,
            Ok(Err(names)) => refused(package, text, &names),
            Err(reason) => unreadable(package, text, &reason),
        };
        findings.push(ground.at(finding, at));
    }
    findings.extend(unused(ground, licenses, &allowed));
    Ok((judged, findings))
}

impl Allowed {
    fn allows(&mut self, licenses: &Licenses, package: &Package, requirement: &LicenseReq) -> bool {
        let exception = licenses.exceptions.iter().position(|entry| entry.spec.matches(package));
        if let Some(at) = exception {
            let of_package = self.exceptions.get(at).map(Vec::as_slice).unwrap_or_default();
            if of_package.iter().any(|one| one.satisfies(requirement)) {
                self.used_exceptions.insert(at);
                return true;
            }
        }
        let general = self.general.iter().position(|one| one.satisfies(requirement));
        self.used.extend(general);
        general.is_some()
    }
}

fn licensees(names: &[String]) -> Result<Vec<Licensee>, String> {
    let mode = ParseMode { allow_deprecated: true, ..ParseMode::STRICT };
    let licensee = |name: &String| {
        Licensee::parse_mode(name, mode).map_err(|error| format!("`{name}` is no licence: {}", error.reason))
    };
    names.iter().map(licensee).collect()
}

/// The packages that are judged, by what needs them.
fn scope(ground: &Ground<'_>, licenses: &Licenses) -> BTreeSet<usize> {
    ground.follow(|kind| match kind {
        DependencyKind::Development => licenses.include_dev,
        DependencyKind::Build => licenses.include_build,
        _ => true,
    })
}

/// What the package itself states.
fn stated(package: &Package) -> Option<&str> {
    package.license.as_deref().filter(|text| !text.trim().is_empty())
}

/// The hash of a licence text as cargo-deny counts it: the 32-bit xxHash over its lines without the ends of other
/// systems' lines; none where it is no text.
pub fn text_hash(bytes: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(bytes).ok()?;
    let lines = text.split_inclusive('\n').map(|line| line.trim_end_matches(['\r', '\n']));
    let plain = lines.fold(String::with_capacity(text.len()), |plain, line| plain + line + "\n");
    Some(twox_hash::XxHash32::oneshot(0, plain.as_bytes()))
}

/// The texts that clarifications rest on, by the package's position in the graph: to be read and hashed.
pub fn texts_of_clarifications<'a>(policy: &'a Policy, graph: &Graph<'_>) -> BTreeSet<(usize, &'a str)> {
    let clarify = policy.licenses.iter().flat_map(|licenses| &licenses.clarify);
    let mut texts = BTreeSet::new();
    for entry in clarify {
        let meant = graph.packages().iter().enumerate().filter(|(_, package)| entry.spec.matches(package));
        for (at, _) in meant {
            texts.extend(entry.more.license_files.iter().map(|file| (at, file.path.as_str())));
        }
    }
    texts
}

fn is_left_out(licenses: &Licenses, package: &Package) -> bool {
    let private = &licenses.private;
    let from = |address: &String| {
        package.source.as_ref().is_some_and(|source| same_source(&source.repr, address, true))
    };
    private.ignore && (is_private(package, &private.registries) || private.ignore_sources.iter().any(from))
}

/// The licence that a clarification states, where each of its texts is as it was.
fn clarified<'a>(licenses: &'a Licenses, at: usize, package: &Package, texts: &Texts) -> Option<&'a str> {
    let same = |file: &LicenseFile| texts.get(&(at, file.path.clone())).copied().flatten() == Some(file.hash);
    let mut of_package = licenses.clarify.iter().filter(|entry| entry.spec.matches(package));
    of_package.find(|entry| entry.more.license_files.iter().all(same))?.more.expression.as_deref()
}

fn unused(ground: &Ground<'_>, licenses: &Licenses, allowed: &Allowed) -> Vec<Found> {
    let mut findings = Vec::new();
    for (index, name) in licenses.allow.iter().enumerate().filter(|(index, _)| !allowed.used.contains(index))
    {
        let message = format!("the allowed licence {name} is one that no package needs");
        let finding = at_level(licenses.unused_allowed_license, "deny/unused-entry", message);
        let path = ["licenses", "allow"];
        findings.extend(finding.map(|one| ground.at_entry(one.help("remove it"), &path, Some(index))));
    }
    for (index, entry) in licenses.exceptions.iter().enumerate() {
        if !allowed.used_exceptions.contains(&index) {
            let message = format!("the licence exception of {} is one that nothing needs", entry.spec);
            let finding = at_level(licenses.unused_license_exception, "deny/unused-entry", message);
            findings.extend(finding.map(|one| {
                let one = one.help("remove it");
                Found::from(match ground.policy.place_of_exception(index) {
                    Some(place) => one.at(place),
                    None => one,
                })
            }));
        }
    }
    findings
}

fn refused(package: &Package, text: &str, names: &[String]) -> Finding {
    let message = format!("{} is under `{text}`; not allowed: {}", label(package), names.join(", "));
    Finding::error("deny/license", message)
        .help(format!(
            "replace the package, or accept it: cargo tree --all-features --target all --invert {}",
            package.name
        ))
        .anchor(format!("{} {text}", package.name))
}

/// A licence that only the package knows (`LicenseRef-…`), without the choice of another: it may say anything.
fn unknown(package: &Package, text: &str) -> Option<Finding> {
    let is_known = |requirement: &LicenseReq| requirement.license.id().is_some() && !is_refused(requirement);
    let names = evaluate(text, is_known).ok()?.err()?;
    let message =
        format!("{} is under `{text}`; nobody knows what {} says", label(package), names.join(", "));
    let help = "read it; then allow it in deny.toml, or accept it in [gates.deny]";
    Some(Finding::warning("deny/license-unknown", message).help(help).anchor(package.name.as_str()))
}

fn unreadable(package: &Package, text: &str, reason: &str) -> Finding {
    let message =
        format!("{} states the licence `{text}`, which is no SPDX expression: {reason}", label(package));
    Finding::error("deny/no-license", message).help(CLARIFY).anchor(package.name.as_str())
}

fn no_license(package: &Package) -> Finding {
    let file = package.license_file.as_ref().map(|file| format!(", only the file {file}"));
    let message = format!("{} states no licence{}", label(package), file.unwrap_or_default());
    Finding::error("deny/no-license", message).help(CLARIFY).anchor(package.name.as_str())
}

const CLARIFY: &str = "read its licence; then clarify it in deny.toml, or accept it in [gates.deny]";
