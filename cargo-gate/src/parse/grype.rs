//! What `grype IMAGE -o json` prints: <https://github.com/anchore/grype>, package `grype/presenter/models`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::image_scan::{ImageScan, ImageScanError, ImageSeverity, ImageVulnerability};

#[derive(Deserialize)]
struct Document {
    matches: Vec<Match>,
    source: Source,
    #[serde(default)]
    distro: Distro,
    descriptor: Descriptor,
}

#[derive(Deserialize)]
struct Match {
    vulnerability: Vulnerability,
    artifact: Artifact,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vulnerability {
    id: String,
    #[serde(default)]
    data_source: String,
    #[serde(default)]
    severity: String,
    description: Option<String>,
    #[serde(default)]
    fix: Fix,
}

#[derive(Deserialize, Default)]
struct Fix {
    #[serde(default)]
    versions: Vec<String>,
}

#[derive(Deserialize)]
struct Artifact {
    name: String,
    version: String,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: String,
    target: Value,
}

#[derive(Deserialize, Default)]
struct Distro {
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct Descriptor {
    name: String,
    db: Option<Value>,
}

/// Reads the report on an image.
///
/// # Errors
/// When the bytes are not such a report, when it is not about an image, and when it does not tell which
/// database it was made with, or tells of one with an error.
pub fn parse(bytes: &[u8]) -> Result<ImageScan, ImageScanError> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?;
    if document.descriptor.name != "grype" {
        return Err(wrong(&format!("it was made by `{}`", document.descriptor.name)));
    }
    if document.source.kind != "image" {
        return Err(wrong(&format!("it is about a `{}`, not an image", document.source.kind)));
    }
    let image = document.source.target.get("userInput").and_then(Value::as_str);
    let image = image.ok_or_else(|| wrong("it does not name its image"))?.to_owned();
    let database = document.descriptor.db.as_ref().ok_or_else(|| wrong("it does not name its database"))?;
    let vulnerabilities = document.matches.into_iter().map(vulnerability).collect::<Result<Vec<_>, _>>()?;
    let Distro { name, version } = document.distro;
    Ok(ImageScan {
        image,
        system: Some(format!("{name} {version}").trim().to_owned()).filter(|system| !system.is_empty()),
        end_of_life: false,
        database: Some(built(database)?),
        vulnerabilities,
    })
}

/// When the database was made. Until version 0.87 its status stood in `db` itself, since then in `db.status`.
fn built(database: &Value) -> Result<Timestamp, ImageScanError> {
    let status = database.get("status").unwrap_or(database);
    let error = status.get("error").filter(|error| !error.is_null() && error.as_str() != Some(""));
    if error.is_some() || status.get("valid") == Some(&Value::Bool(false)) {
        return Err(wrong("its database is not valid"));
    }
    let built = status.get("built").and_then(Value::as_str);
    let built = built.ok_or_else(|| wrong("it does not tell when its database was made"))?;
    built.parse().map_err(|_| wrong(&format!("`{built}` is no time")))
}

fn vulnerability(found: Match) -> Result<ImageVulnerability, ImageScanError> {
    let Match { vulnerability, artifact } = found;
    let severity = ImageSeverity::named(&vulnerability.severity);
    Ok(ImageVulnerability {
        severity: severity
            .ok_or_else(|| wrong(&format!("there is no severity `{}`", vulnerability.severity)))?,
        id: vulnerability.id,
        package: artifact.name,
        version: artifact.version,
        fixed: vulnerability.fix.versions.join(", "),
        title: vulnerability.description.and_then(|text| text.lines().next().map(str::to_owned)),
        url: Some(vulnerability.data_source).filter(|url| !url.is_empty()),
    })
}

fn wrong(what: &str) -> ImageScanError {
    ImageScanError { scanner: "grype", what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of grype's own recorded reports.
    const REPORT: &str = r#"{
     "matches": [
      { "vulnerability": { "id": "CVE-1999-0001", "dataSource": "https://nvd.example.invalid/1", "severity": "Low",
          "urls": [], "cvss": [ { "version": "3.1", "metrics": { "baseScore": 8.2 } } ],
          "fix": { "versions": [ "1.2.1", "2.1.3" ], "state": "fixed" }, "advisories": [], "risk": 1.68 },
        "relatedVulnerabilities": [], "matchDetails": [ { "type": "exact-direct-match" } ],
        "artifact": { "id": "a246fd2054833c93", "name": "package-1", "version": "1.1.1", "type": "rpm" } },
      { "vulnerability": { "id": "CVE-1999-0002", "dataSource": "", "severity": "Critical",
          "fix": { "versions": [], "state": "" } },
        "artifact": { "name": "package-2", "version": "2.2.2" } } ],
     "source": { "type": "image", "target": { "userInput": "app:1.0", "imageID": "sha256:ab56", "layers": [] } },
     "distro": { "name": "centos", "version": "8.0", "idLike": [ "centos" ] },
     "descriptor": { "name": "grype", "version": "0.92.0", "timestamp": "2026-11-01T12:00:00Z",
      "db": { "status": { "schemaVersion": "v6.0.2", "built": "2026-11-01T04:09:10Z", "valid": true }, "providers": {} } }
    }"#;

    #[test]
    fn vulnerabilities_and_the_database_are_read() {
        let scan = parse(REPORT.as_bytes()).unwrap();
        assert_eq!((scan.image.as_str(), scan.system.as_deref()), ("app:1.0", Some("centos 8.0")));
        assert_eq!(scan.database.unwrap().to_string(), "2026-11-01T04:09:10Z");
        let [first, second] = scan.vulnerabilities.as_slice() else { panic!("{scan:#?}") };
        assert_eq!((first.id.as_str(), first.fixed.as_str()), ("CVE-1999-0001", "1.2.1, 2.1.3"));
        assert_eq!((second.severity, second.url.as_deref()), (ImageSeverity::Critical, None));
    }

    #[test]
    fn the_status_of_older_versions_is_read_too() {
        let old = r#""db": { "built": "2026-11-01T04:09:10Z", "schemaVersion": 5, "error": null }"#;
        let start = REPORT.find("\"db\"").unwrap();
        let text = format!("{}{old} }} }}", REPORT.get(..start).unwrap());
        assert!(parse(text.as_bytes()).unwrap().database.is_some());
        let failed = text.replace("null", "\"checksum\"");
        assert!(parse(failed.as_bytes()).unwrap_err().what.contains("not valid"));
    }

    #[test]
    fn another_form_is_named() {
        for (from, to) in [
            ("\"name\": \"grype\"", "\"name\": \"syft\""),
            ("\"type\": \"image\"", "\"type\": \"directory\""),
            ("\"userInput\"", "\"input\""),
            ("\"severity\": \"Low\"", "\"severity\": \"Some\""),
            ("\"valid\": true", "\"valid\": false"),
            ("\"built\"", "\"made\""),
            ("2026-11-01T04", "yesterday"),
            ("\"db\"", "\"database\""),
            ("\"matches\"", "\"found\""),
        ] {
            assert!(parse(REPORT.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_scan_or_an_error(bytes: Vec<u8>) {
            let _ = parse(&bytes);
        }

        #[test]
        fn a_report_cut_anywhere_is_an_error(end in 0..REPORT.len() - 1) {
            proptest::prop_assert!(parse(&REPORT.as_bytes()[..end]).is_err());
        }
    }
}
