//! The document in SPDX 2.3's JSON (<https://spdx.github.io/spdx-spec/v2.3/>).

use std::collections::HashSet;

use cargo_metadata::{Package, TargetKind};
use serde::Serialize;

use super::bill::Purpose;
use super::describe::{Content, address, author, purl, uuid};
use super::license::expression;

const NO_ASSERTION: &str = "NOASSERTION";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    #[serde(rename = "documentNamespace")]
    namespace: String,
    creation_info: Creation,
    packages: Vec<Described>,
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
struct Creation {
    created: String,
    creators: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(rename = "SPDXID")]
    id: String,
    name: String,
    version_info: String,
    supplier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    originator: Option<String>,
    download_location: String,
    files_analyzed: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum>,
    #[serde(skip_serializing_if = "Option::is_none")]
    homepage: Option<String>,
    license_concluded: &'static str,
    license_declared: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    license_comments: Option<String>,
    copyright_text: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    primary_package_purpose: &'static str,
    external_refs: Vec<External>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: &'static str,
    checksum_value: String,
}

#[derive(Serialize)]
struct External {
    #[serde(rename = "referenceCategory")]
    category: &'static str,
    #[serde(rename = "referenceType")]
    kind: &'static str,
    #[serde(rename = "referenceLocator")]
    locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    #[serde(rename = "relationshipType")]
    kind: &'static str,
    related_spdx_element: String,
}

/// The document, ending with a newline. Equal content gives equal bytes; its namespace is made of them.
pub fn spdx(content: &Content<'_>) -> Option<Vec<u8>> {
    let subject = content.bill.subject()?.package;
    let ids = ids(content);
    let parts = content.bill.parts.iter().zip(&ids);
    let mut document = Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: "SPDXRef-DOCUMENT",
        name: format!("{} {}", subject.name, subject.version),
        namespace: String::new(),
        creation_info: Creation {
            created: content.time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            creators: vec![concat!("Tool: cargo-bulletproof-", env!("CARGO_PKG_VERSION")).to_owned()],
        },
        packages: parts.map(|(part, id)| described(content, part.package, id)).collect(),
        relationships: relationships(content, &ids),
    };
    let serial = uuid(&serde_json::to_vec(&document).ok()?);
    document.namespace = format!("urn:uuid:{serial}");
    let mut bytes = serde_json::to_vec_pretty(&document).ok()?;
    bytes.push(b'\n');
    Some(bytes)
}

/// An identifier for each part: letters, digits, `.` and `-` only, each once.
fn ids(content: &Content<'_>) -> Vec<String> {
    let mut seen: HashSet<String> = HashSet::new();
    let parts = content.bill.parts.iter().map(|part| {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
        let text = format!("{}-{}", part.package.name, part.package.version);
        let id: String = text.chars().map(plain).collect();
        let mut id = format!("SPDXRef-Package-{id}");
        while !seen.insert(id.clone()) {
            id.push_str("-other");
        }
        id
    });
    parts.collect()
}

fn relationships(content: &Content<'_>, ids: &[String]) -> Vec<Relationship> {
    let relation = |from: &str, kind: &'static str, to: &str| Relationship {
        spdx_element_id: from.to_owned(),
        kind,
        related_spdx_element: to.to_owned(),
    };
    let first = ids.first().map(|id| relation("SPDXRef-DOCUMENT", "DESCRIBES", id));
    let parts = content.bill.parts.iter().zip(ids);
    let needs = parts.flat_map(|(part, from)| {
        part.needs.iter().filter_map(move |at| {
            let (needed, to) = (content.bill.parts.get(*at)?, ids.get(*at)?);
            let runs = part.purpose == Purpose::Runtime && needed.purpose == Purpose::Build;
            Some(if runs {
                relation(to, "BUILD_DEPENDENCY_OF", from)
            } else {
                relation(from, "DEPENDS_ON", to)
            })
        })
    });
    first.into_iter().chain(needs).collect()
}

fn described(content: &Content<'_>, package: &Package, id: &str) -> Described {
    let license = package.license.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let declared = license.and_then(expression);
    let organization = content.supplier(package).map(|name| format!("Organization: {name}"));
    let purpose =
        if package.targets.iter().any(|target| target.is_kind(TargetKind::Bin)) && package.source.is_none() {
            "APPLICATION"
        } else {
            "LIBRARY"
        };
    let first_author = package.authors.first().map(|text| author(text)).filter(|(name, _)| !name.is_empty());
    Described {
        id: id.to_owned(),
        name: package.name.to_string(),
        version_info: package.version.to_string(),
        supplier: organization.unwrap_or_else(|| NO_ASSERTION.to_owned()),
        originator: first_author.map(|(name, mail)| match mail {
            Some(mail) => format!("Person: {name} ({mail})"),
            None => format!("Person: {name}"),
        }),
        download_location: download(package),
        files_analyzed: false,
        checksums: content
            .checksum(package)
            .map(|sum| Checksum { algorithm: "SHA256", checksum_value: sum.to_owned() })
            .into_iter()
            .collect(),
        homepage: address(package.homepage.as_ref()).map(str::to_owned),
        license_concluded: NO_ASSERTION,
        license_comments: license
            .filter(|_| declared.is_none())
            .map(|text| format!("the manifest says `{text}`, which is no SPDX expression")),
        license_declared: declared.unwrap_or_else(|| NO_ASSERTION.to_owned()),
        copyright_text: NO_ASSERTION,
        description: package
            .description
            .as_deref()
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()),
        primary_package_purpose: purpose,
        external_refs: vec![External { category: "PACKAGE-MANAGER", kind: "purl", locator: purl(package) }],
    }
}

/// Where a package comes from: a git address with its commit; of a registry's archive, its package URL tells.
fn download(package: &Package) -> String {
    let source = package.source.as_ref().map(|source| source.repr.as_str());
    let git = source.and_then(|source| source.strip_prefix("git+")).and_then(|address| {
        let (address, commit) = address.split_once('#')?;
        Some(format!("git+{}@{commit}", address.split('?').next()?))
    });
    git.unwrap_or_else(|| NO_ASSERTION.to_owned())
}
