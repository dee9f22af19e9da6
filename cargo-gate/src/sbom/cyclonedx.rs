//! The document in `CycloneDX`'s JSON (<https://cyclonedx.org/docs/1.6/json/>), 1.6 or 1.7.

use cargo_metadata::{Package, TargetKind};
use serde::Serialize;

use super::bill::{Part, Purpose};
use super::describe::{Content, address, author, purl, uuid};
use super::license::expression;

/// The version of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CycloneDx {
    /// 1.6, of 2024.
    V1_6,
    /// 1.7, of 2025.
    V1_7,
}

impl CycloneDx {
    fn number(self) -> &'static str {
        match self {
            Self::V1_6 => "1.6",
            Self::V1_7 => "1.7",
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(rename = "$schema")]
    schema: String,
    bom_format: &'static str,
    spec_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial_number: Option<String>,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component<'a>>,
    dependencies: Vec<Dependency<'a>>,
    compositions: Vec<Composition<'a>>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    timestamp: String,
    tools: Tools,
    component: Component<'a>,
    properties: Vec<Property>,
}

#[derive(Serialize)]
struct Tools {
    components: Vec<Tool>,
}

#[derive(Serialize)]
struct Tool {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<Organization>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    authors: Vec<Contact<'a>>,
    name: &'a str,
    version: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purl: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_references: Vec<Reference<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component<'a>>,
}

#[derive(Serialize)]
struct Organization {
    name: String,
}

#[derive(Serialize)]
struct Contact<'a> {
    #[serde(skip_serializing_if = "String::is_empty")]
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct Hash<'a> {
    alg: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum License<'a> {
    /// A licence of a name of its own.
    License { name: &'a str },
    #[serde(untagged)]
    Expression { expression: String },
}

#[derive(Serialize)]
struct Reference<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    url: &'a str,
}

#[derive(Serialize)]
struct Property {
    name: &'static str,
    value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<'a> {
    #[serde(rename = "ref")]
    reference: &'a str,
    depends_on: Vec<&'a str>,
}

#[derive(Serialize)]
struct Composition<'a> {
    aggregate: &'static str,
    dependencies: Vec<&'a str>,
}

/// The document, ending with a newline. Equal content gives equal bytes; the serial number is made of them.
pub fn cyclonedx(content: &Content<'_>, version: CycloneDx) -> Option<Vec<u8>> {
    let references = content.references();
    let mut parts = content.bill.parts.iter().zip(&references);
    let (subject, reference) = parts.next()?;
    let mut document = Document {
        schema: format!("http://cyclonedx.org/schema/bom-{}.schema.json", version.number()),
        bom_format: "CycloneDX",
        spec_version: version.number(),
        serial_number: None,
        version: 1,
        metadata: Metadata {
            timestamp: content.time.to_string(),
            tools: Tools {
                components: vec![Tool {
                    kind: "application",
                    name: "cargo-bulletproof",
                    version: env!("CARGO_PKG_VERSION"),
                }],
            },
            component: self::subject(content, subject, reference),
            properties: vec![property("target", content.target)],
        },
        components: parts.map(|(part, reference)| component(content, part, reference)).collect(),
        dependencies: dependencies(content, &references),
        compositions: vec![Composition { aggregate: "complete", dependencies: vec![reference] }],
    };
    let serial = uuid(&serde_json::to_vec(&document).ok()?);
    document.serial_number = Some(format!("urn:uuid:{serial}"));
    let mut bytes = serde_json::to_vec_pretty(&document).ok()?;
    bytes.push(b'\n');
    Some(bytes)
}

fn dependencies<'a>(content: &Content<'_>, references: &'a [String]) -> Vec<Dependency<'a>> {
    let needs = |part: &Part<'_>| {
        let mut needs: Vec<&str> =
            part.needs.iter().filter_map(|at| references.get(*at)).map(String::as_str).collect();
        needs.sort_unstable();
        needs
    };
    let parts = content.bill.parts.iter().zip(references);
    parts.map(|(part, reference)| Dependency { reference, depends_on: needs(part) }).collect()
}

fn property(name: &'static str, value: &str) -> Property {
    let name = match name {
        "target" => "cargo:target",
        "program" => "cargo:program",
        _ => "cargo:purpose",
    };
    Property { name, value: value.to_owned() }
}

/// The thing that is shipped, with a component for each of its programs.
fn subject<'a>(content: &'a Content<'_>, part: &Part<'a>, reference: &str) -> Component<'a> {
    let programs = part.package.targets.iter().filter(|target| target.is_kind(TargetKind::Bin));
    let components: Vec<Component<'a>> = programs
        .map(|target| Component {
            kind: "application",
            reference: format!("{reference}#bin-{}", target.name),
            supplier: None,
            authors: Vec::new(),
            name: &target.name,
            version: part.package.version.to_string(),
            description: None,
            scope: None,
            hashes: Vec::new(),
            licenses: Vec::new(),
            purl: None,
            external_references: Vec::new(),
            properties: vec![property("program", &target.name)],
            components: Vec::new(),
        })
        .collect();
    let kind = if components.is_empty() { "library" } else { "application" };
    Component { kind, components, scope: None, ..component(content, part, reference) }
}

fn component<'a>(content: &'a Content<'_>, part: &Part<'a>, reference: &str) -> Component<'a> {
    let package = part.package;
    let (scope, purpose) = match part.purpose {
        Purpose::Runtime => ("required", "runtime"),
        Purpose::Build => ("excluded", "build"),
    };
    Component {
        kind: "library",
        reference: reference.to_owned(),
        supplier: content.supplier(package).map(|name| Organization { name }),
        authors: contacts(package),
        name: package.name.as_str(),
        version: package.version.to_string(),
        description: package.description.as_deref().map(str::trim).filter(|text| !text.is_empty()),
        scope: Some(scope),
        hashes: content
            .checksum(package)
            .map(|content| Hash { alg: "SHA-256", content })
            .into_iter()
            .collect(),
        licenses: license(package).into_iter().collect(),
        purl: Some(purl(package)),
        external_references: references(package),
        properties: vec![property("purpose", purpose)],
        components: Vec::new(),
    }
}

fn contacts(package: &Package) -> Vec<Contact<'_>> {
    let authors = package.authors.iter().map(|text| author(text));
    let contacts = authors.map(|(name, email)| Contact { name, email });
    contacts.filter(|contact| !contact.name.is_empty() || contact.email.is_some()).collect()
}

fn license(package: &Package) -> Option<License<'_>> {
    let text = package.license.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
    Some(
        expression(text)
            .map_or(License::License { name: text }, |expression| License::Expression { expression }),
    )
}

fn references(package: &Package) -> Vec<Reference<'_>> {
    let all = [
        ("documentation", address(package.documentation.as_ref())),
        ("vcs", address(package.repository.as_ref())),
        ("website", address(package.homepage.as_ref())),
    ];
    all.into_iter().filter_map(|(kind, url)| Some(Reference { kind, url: url? })).collect()
}
