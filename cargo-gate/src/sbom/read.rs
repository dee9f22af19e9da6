//! Reads a document that somebody else may have made: `CycloneDX`'s JSON of any version, SPDX 2's JSON.

use std::collections::BTreeSet;

use serde::Deserialize;
use thiserror::Error;

/// What a document lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name of what it describes.
    pub subject: String,
    /// The packages of cargo that it lists, what it describes among them: name and version.
    pub packages: BTreeSet<(String, String)>,
}

/// Why a document cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// No JSON.
    #[error("it is not JSON: {0}")]
    NotJson(String),
    /// JSON of something else.
    #[error("it is neither CycloneDX nor SPDX 2 in JSON")]
    Unknown,
    /// It does not say what it describes.
    #[error("it does not say what it describes")]
    NoSubject,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Any {
    bom_format: Option<String>,
    metadata: Option<Metadata>,
    #[serde(default)]
    components: Vec<Component>,
    spdx_version: Option<String>,
    #[serde(default)]
    document_describes: Vec<String>,
    #[serde(default)]
    packages: Vec<Described>,
    #[serde(default)]
    relationships: Vec<Relationship>,
}

#[derive(Deserialize)]
struct Metadata {
    component: Option<Component>,
}

#[derive(Deserialize)]
struct Component {
    name: String,
    version: Option<String>,
    purl: Option<String>,
    #[serde(default)]
    components: Vec<Component>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    #[serde(rename = "SPDXID")]
    id: String,
    name: String,
    version_info: Option<String>,
    #[serde(default)]
    external_refs: Vec<External>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct External {
    reference_type: String,
    reference_locator: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    #[serde(rename = "relationshipType")]
    kind: String,
    related_spdx_element: String,
}

/// What a document lists.
///
/// # Errors
/// [`ReadError`] where it is no such document, or does not say what it describes.
pub fn read(bytes: &[u8]) -> Result<Listed, ReadError> {
    let any: Any = match serde_json::from_slice(bytes) {
        Ok(any) => any,
        Err(error) if error.is_data() => return Err(ReadError::Unknown),
        Err(error) => return Err(ReadError::NotJson(error.to_string())),
    };
    if any.bom_format.as_deref() == Some("CycloneDX") {
        return cyclonedx(any);
    }
    let is_spdx = any.spdx_version.as_deref().is_some_and(|version| version.starts_with("SPDX-2."));
    if is_spdx { spdx(&any) } else { Err(ReadError::Unknown) }
}

fn cyclonedx(any: Any) -> Result<Listed, ReadError> {
    let subject = any.metadata.and_then(|metadata| metadata.component).ok_or(ReadError::NoSubject)?;
    let name = subject.name.clone();
    let mut packages = BTreeSet::new();
    let own = |component: &Component| Some((component.name.clone(), component.version.clone()?));
    packages.extend(subject.purl.as_deref().and_then(of_purl).or_else(|| own(&subject)));
    // the programs of what is described are no packages
    let mut open = any.components;
    while let Some(component) = open.pop() {
        let listed = component.purl.as_deref().map_or_else(|| own(&component), of_purl);
        packages.extend(listed);
        open.extend(component.components);
    }
    Ok(Listed { subject: name, packages })
}

fn spdx(any: &Any) -> Result<Listed, ReadError> {
    let describes = any.relationships.iter().filter(|one| one.kind == "DESCRIBES");
    let related = describes
        .filter(|one| one.spdx_element_id == "SPDXRef-DOCUMENT")
        .map(|one| &one.related_spdx_element);
    let ids: Vec<&String> = any.document_describes.iter().chain(related).collect();
    let subject =
        any.packages.iter().find(|package| ids.contains(&&package.id)).ok_or(ReadError::NoSubject)?;
    let listed = any.packages.iter().filter_map(|package| {
        let purl = package.external_refs.iter().find(|one| one.reference_type == "purl");
        match purl {
            Some(purl) => of_purl(&purl.reference_locator),
            None => Some((package.name.clone(), package.version_info.clone()?)),
        }
    });
    Ok(Listed { subject: subject.name.clone(), packages: listed.collect() })
}

/// Name and version of a package URL of cargo's; none of any other.
fn of_purl(purl: &str) -> Option<(String, String)> {
    let rest = purl.strip_prefix("pkg:cargo/")?;
    let rest = rest.split(['?', '#']).next()?;
    let (name, version) = rest.rsplit_once('@')?;
    Some((name.to_owned(), version.replace("%2B", "+").replace("%2b", "+")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.3","metadata":{"component":{"type":"application",
        "name":"app","version":"1.0.0","purl":"pkg:cargo/app@1.0.0?download_url=file://.","components":[{"type":
        "application","name":"app","version":"1.0.0"}]}},"components":[{"type":"library","name":"a","version":"2.0.0+b",
        "purl":"pkg:cargo/a@2.0.0%2Bb"},{"type":"library","name":"zlib","version":"1","purl":"pkg:generic/zlib@1"},
        {"type":"library","name":"c","version":"3.0.0"}]}"#;
    const SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","packages":[{"SPDXID":"SPDXRef-1","name":"app","versionInfo":"1.0.0"},
        {"SPDXID":"SPDXRef-2","name":"a","versionInfo":"9","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER",
        "referenceType":"purl","referenceLocator":"pkg:cargo/a@2.0.0"}]}],"relationships":[{"spdxElementId":
        "SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-1"}]}"#;

    fn listed(text: &str) -> Vec<String> {
        let packages = read(text.as_bytes()).unwrap().packages;
        packages.into_iter().map(|(name, version)| format!("{name} {version}")).collect()
    }

    #[test]
    fn both_kinds_of_documents_are_read_and_packages_of_others_are_passed_over() {
        assert_eq!(listed(CYCLONEDX), ["a 2.0.0+b", "app 1.0.0", "c 3.0.0"]);
        assert_eq!(listed(SPDX), ["a 2.0.0", "app 1.0.0"]);
    }

    #[test]
    fn a_document_that_is_cut_short_is_none() {
        for text in [CYCLONEDX, SPDX] {
            for end in 0..text.len() {
                assert!(read(text.get(..end).unwrap_or_default().as_bytes()).is_err(), "{end}");
            }
        }
        assert_eq!(read(b"{}"), Err(ReadError::Unknown));
        assert_eq!(read(br#"{"bomFormat":"CycloneDX"}"#), Err(ReadError::NoSubject));
        assert_eq!(read(br#"{"spdxVersion":"SPDX-2.2"}"#), Err(ReadError::NoSubject));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_document_or_an_error(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
