//! The packages of one thing that is shipped, and what each is for.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{Package, PackageId};

use super::build::{Unit, Units};

/// What a package is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Its code is in what is shipped.
    Runtime,
    /// It runs while building only: a build script's dependency, a procedural macro, and what those need.
    Build,
}

/// A package of a bill.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// The package.
    pub package: &'a Package,
    /// What it is for.
    pub purpose: Purpose,
    /// What it needs directly, as positions in [`Bill::parts`].
    pub needs: BTreeSet<usize>,
}

/// The packages of one thing that is shipped. The first part is the thing itself; the others are sorted by name, version
/// and source.
#[derive(Debug, Clone)]
pub struct Bill<'a> {
    /// The packages.
    pub parts: Vec<Part<'a>>,
}

impl<'a> Bill<'a> {
    /// The package that is shipped.
    pub fn subject(&self) -> Option<&Part<'a>> {
        self.parts.first()
    }

    /// What it is made of.
    pub fn others(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts.iter().skip(1)
    }
}

/// The bill of one package of the build; none where the build does not have it.
pub fn bill<'a>(units: &Units<'a>, id: &PackageId) -> Option<Bill<'a>> {
    let root = Unit { package: units.position(id)?, host: false };
    let mut seen: BTreeSet<Unit> = BTreeSet::new();
    let mut open = vec![root];
    while let Some(unit) = open.pop() {
        if seen.insert(unit) {
            open.extend(units.edges.get(&unit)?.iter().map(|(to, _)| *to));
        }
    }
    let mut purposes: BTreeMap<usize, Purpose> = BTreeMap::new();
    for unit in &seen {
        let purpose = if unit.host { Purpose::Build } else { Purpose::Runtime };
        let known = purposes.entry(unit.package).or_insert(purpose);
        *known = purpose.min(*known);
    }
    let mut order: Vec<usize> = purposes.keys().copied().collect();
    order.sort_by_key(|at| {
        let package = units.package(*at);
        let source = package.and_then(|package| package.source.as_ref()).map(|source| source.repr.clone());
        (
            *at != root.package,
            package.map(|package| (package.name.to_string(), package.version.clone())),
            source,
        )
    });
    let places: BTreeMap<usize, usize> = order.iter().enumerate().map(|(place, at)| (*at, place)).collect();
    let parts = order.iter().map(|at| {
        let of_it = seen.iter().filter(|unit| unit.package == *at).filter_map(|unit| units.edges.get(unit));
        let needs = of_it.flatten().filter_map(|(to, _)| places.get(&to.package).copied());
        Some(Part { package: units.package(*at)?, purpose: *purposes.get(at)?, needs: needs.collect() })
    });
    Some(Bill { parts: parts.collect::<Option<_>>()? })
}
