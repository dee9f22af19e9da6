//! Where packages come from.

use std::collections::BTreeSet;
use std::str::FromStr;

use rustsec::SourceId;
use url::Url;

use super::ground::{Found, Ground, at_level, label};
use super::sections::{GitSpec, Level, Sources};
use crate::finding::Finding;

/// Where a package comes from.
struct Origin {
    git: Option<GitSpec>,
    default_registry: bool,
    url: Url,
}

impl Origin {
    /// From cargo's words: `registry+URL`, `sparse+URL`, `git+URL?rev=…#commit`.
    fn parse(source: &str) -> Option<Self> {
        let (kind, address) = source.split_once('+')?;
        let mut url = Url::parse(address).ok()?;
        url.set_fragment(None);
        let git = (kind == "git").then(|| git_spec(&url));
        if git.is_some() {
            normalize(&mut url);
        }
        Some(Self { git, default_registry: is_default(source), url })
    }

    /// Whether it is that address, or, unless exact, lies under it.
    fn is_at(&self, address: &str, exact: bool) -> bool {
        let plain = address.split_once("://").and_then(|(scheme, _)| scheme.split_once('+'));
        let plain = plain.map_or(address, |(kind, _)| address.get(kind.len() + 1..).unwrap_or(address));
        if self.default_registry {
            return ["registry", "sparse"].iter().any(|kind| {
                let trimmed = plain.trim_end_matches('/');
                is_default(&format!("{kind}+{plain}"))
                    || is_default(&format!("{kind}+{trimmed}/"))
                    || is_default(&format!("{kind}+{trimmed}"))
            });
        }
        let Ok(mut url) = Url::parse(plain) else { return false };
        if self.git.is_some() && exact {
            normalize(&mut url);
        }
        let path = self.url.path();
        self.url.host() == url.host() && if exact { path == url.path() } else { path.starts_with(url.path()) }
    }

    /// The organisation on one of the well-known hosts.
    fn organisation(&self) -> Option<(&'static str, &str)> {
        let host = match self.url.domain()? {
            "github.com" => "github",
            "gitlab.com" => "gitlab",
            "bitbucket.org" => "bitbucket",
            _ => return None,
        };
        Some((host, self.url.path_segments()?.next()?))
    }
}

fn is_default(source: &str) -> bool {
    SourceId::from_str(source).is_ok_and(|source| source.is_default_registry())
}

/// How closely a git address is pinned.
fn git_spec(url: &Url) -> GitSpec {
    let spec = |(key, _): (std::borrow::Cow<'_, str>, _)| match key.as_ref() {
        "branch" | "ref" => Some(GitSpec::Branch),
        "tag" => Some(GitSpec::Tag),
        "rev" => Some(GitSpec::Rev),
        _ => None,
    };
    url.query_pairs().filter_map(spec).last().unwrap_or(GitSpec::Any)
}

/// `….git` and `…/` are the same repository.
fn normalize(url: &mut Url) {
    let path = url.path().trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path).to_owned();
    url.set_path(&path);
    url.set_query(None);
}

/// Whether a package's source is that address.
pub(super) fn same_source(source: &str, address: &str, exact: bool) -> bool {
    Origin::parse(source).is_some_and(|origin| origin.is_at(address, exact))
}

/// What is wrong with where the packages come from.
pub(super) fn judge(ground: &Ground<'_>) -> Result<Vec<Found>, String> {
    let own = Sources { unknown_registry: Level::Deny, ..Sources::default() };
    let sources = ground.policy.sources.as_ref().unwrap_or(&own);
    let lists = Lists::new(sources);
    let mut findings = Vec::new();
    let (mut used, mut used_orgs) = (BTreeSet::new(), BTreeSet::new());
    for (at, package) in ground.packages() {
        let Some(source) = &package.source else { continue };
        let origin = Origin::parse(&source.repr)
            .ok_or_else(|| format!("{} comes from `{}`, which is no address", label(package), source.repr))?;
        if let (Some(spec), Some(required)) = (origin.git, sources.required_git_spec)
            && spec < required
        {
            let message = format!("{} comes from git by {spec:?}, and not by {required:?}", label(package));
            findings.push(ground.at(Finding::error("deny/git-spec", message.to_lowercase()), at));
        }
        if origin.default_registry && sources.allow_registry.is_none() {
            continue;
        }
        if let Some(index) = lists.addresses.iter().position(|(_, _, text, exact)| origin.is_at(text, *exact))
        {
            used.insert(index);
            continue;
        }
        if let Some(index) = lists.organisation(&origin) {
            used_orgs.insert(index);
            continue;
        }
        let (level, kind) = match origin.git {
            Some(_) => (sources.unknown_git, "git repository"),
            None => (sources.unknown_registry, "registry"),
        };
        let message = format!("{} comes from a {kind} that is not listed: {}", label(package), origin.url);
        let finding = at_level(level, "deny/source", message);
        let key = if origin.git.is_some() { "allow-git" } else { "allow-registry" };
        let help =
            format!("list it in deny.toml under [sources] in `{key}`, or take the package from elsewhere");
        findings.extend(
            finding
                .map(|one| ground.at(one.help(help).anchor(format!("{} {}", package.name, origin.url)), at)),
        );
    }
    findings.extend(lists.unused(ground, sources, &used, &used_orgs));
    Ok(findings)
}

/// What is allowed, each with the key that lists it and its number there.
struct Lists<'a> {
    /// Key, number, address, and whether it must be that very address.
    addresses: Vec<(&'static str, usize, &'a str, bool)>,
    organisations: Vec<(&'static str, usize, &'a str)>,
}

impl<'a> Lists<'a> {
    fn new(sources: &'a Sources) -> Self {
        let list = |key: &'static str, exact: bool, list: &'a [String]| {
            list.iter().enumerate().map(move |(at, text)| (key, at, text.as_str(), exact))
        };
        let registries = sources.allow_registry.as_deref().unwrap_or_default();
        let addresses = list("allow-registry", true, registries)
            .chain(list("allow-git", true, &sources.allow_git))
            .chain(list("private", false, &sources.private));
        let org = &sources.allow_org;
        let hosts = [("github", &org.github), ("gitlab", &org.gitlab), ("bitbucket", &org.bitbucket)];
        let organisations = hosts.into_iter().flat_map(|(host, names)| {
            names.iter().enumerate().map(move |(at, name)| (host, at, name.as_str()))
        });
        Self { addresses: addresses.collect(), organisations: organisations.collect() }
    }

    fn organisation(&self, origin: &Origin) -> Option<usize> {
        let (host, name) = origin.git.and(origin.organisation())?;
        let same = |(of_host, _, allowed): &(&str, usize, &str)| {
            *of_host == host && allowed.to_lowercase() == name.to_lowercase()
        };
        self.organisations.iter().position(same)
    }

    fn unused(
        &self,
        ground: &Ground<'_>,
        sources: &Sources,
        used: &BTreeSet<usize>,
        used_orgs: &BTreeSet<usize>,
    ) -> Vec<Found> {
        let mut findings = Vec::new();
        let addresses = self.addresses.iter().enumerate().filter(|(index, _)| !used.contains(index));
        // the default registry may be listed by everybody
        let is_default =
            |text: &str| is_default(&format!("registry+{text}")) || is_default(&format!("sparse+{text}"));
        for (_, (key, at, text, _)) in addresses.filter(|(_, (_, _, text, _))| !is_default(text)) {
            let message = format!("no package comes from {text}, which `{key}` allows");
            let finding = at_level(sources.unused_allowed_source, "deny/unused-entry", message);
            findings.extend(
                finding.map(|one| ground.at_entry(one.help("remove it"), &["sources", key], Some(*at))),
            );
        }
        for (index, (host, at, name)) in self.organisations.iter().enumerate() {
            if !used_orgs.contains(&index) {
                let message = format!("no package comes from the organisation {name} on {host}");
                let finding = at_level(sources.unused_allowed_org, "deny/unused-entry", message);
                let path = ["sources", "allow-org", host];
                findings.extend(finding.map(|one| ground.at_entry(one.help("remove it"), &path, Some(*at))));
            }
        }
        findings
    }
}
