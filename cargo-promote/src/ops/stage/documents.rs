//! Bills of materials of what is staged.

use cargo_gate::advisory::parse_lock;
use cargo_gate::gate::Features;
use cargo_gate::sbom::{self, Asked, Content, CycloneDx, Resolver, Units};
use cargo_metadata::{Metadata, PackageId};

use super::site::Site;
use crate::stage::Member;
use crate::trouble::Trouble;

/// A document for each of the packages, as they are built together for that target.
pub(super) fn bills(
    site: &Site,
    metadata: &Metadata,
    packages: &[Member],
    (triple, told): &(String, bool),
    time: u64,
) -> Result<Vec<(String, Vec<u8>)>, Trouble> {
    let could_not = |why: String| Trouble::CouldNot(format!("the bill of materials: {why}"));
    let read = |name: &str| {
        std::fs::read(site.facts.root.join(name)).map_err(|error| could_not(format!("{name}: {error}")))
    };
    let lock = parse_lock(&read("Cargo.lock")?).map_err(|error| could_not(error.to_string()))?;
    let host_triple = &site.facts.toolchain.host;
    let target = site.conditions(triple, true)?;
    // where a target is named, what runs while building gets no flags
    let host = site.conditions(host_triple, !told)?;
    let ids: Vec<(&Member, PackageId)> = packages.iter().filter_map(|member| id(site, member)).collect();
    let asked = Asked {
        roots: &ids.iter().map(|(_, id)| id).collect::<Vec<_>>(),
        features: &Features::default(),
        resolver: Resolver::of_manifest(&read("Cargo.toml")?).map_err(could_not)?,
        target: &target,
        host: &host,
    };
    let units = Units::new(metadata, &asked).map_err(|error| could_not(error.to_string()))?;
    let time = i64::try_from(time).ok().and_then(|time| jiff::Timestamp::from_second(time).ok());
    let time = time.ok_or_else(|| could_not("the commit's time is out of range".to_owned()))?;
    let mut documents = Vec::new();
    for (member, id) in &ids {
        let missing = || could_not(format!("`cargo metadata` does not have `{}`", member.name));
        let bill = sbom::bill(&units, id).ok_or_else(missing)?;
        let content = Content { bill: &bill, lock: &lock, time, target: triple, supplier: None };
        let of_registry = bill.parts.iter().filter(|part| part.package.source.is_some());
        if let Some(part) = of_registry.into_iter().find(|part| !content.is_locked(part.package)) {
            let (name, version) = (&part.package.name, &part.package.version);
            return Err(could_not(format!("Cargo.lock does not have {name} {version}, which cargo builds")));
        }
        let bytes = sbom::cyclonedx(&content, CycloneDx::V1_6)
            .ok_or_else(|| could_not(format!("that of `{}` could not be written", member.name)))?;
        documents.push((member.name.clone(), bytes));
    }
    Ok(documents)
}

fn id<'a>(site: &Site, member: &'a Member) -> Option<(&'a Member, PackageId)> {
    let package = site.facts.packages.iter().find(|package| package.name == member.name)?;
    Some((member, PackageId { repr: package.id.clone() }))
}
