//! What `trivy image --format json` and `trivy version --format json` print, in the form of schema version 2:
//! <https://trivy.dev/latest/docs/configuration/reporting/#json>.

use jiff::Timestamp;
use serde::Deserialize;

use super::image_scan::{ImageScan, ImageScanError, ImageSeverity, ImageVulnerability};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Report {
    schema_version: u32,
    artifact_name: String,
    artifact_type: String,
    #[serde(default)]
    metadata: Metadata,
    results: Option<Vec<Target>>,
}

#[derive(Deserialize, Default)]
struct Metadata {
    #[serde(rename = "OS")]
    os: Option<Os>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Os {
    family: String,
    #[serde(default)]
    name: String,
    #[serde(default, rename = "EOSL")]
    end_of_life: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    class: Option<String>,
    packages: Option<Vec<serde::de::IgnoredAny>>,
    vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    id: String,
    pkg_name: String,
    installed_version: String,
    #[serde(default)]
    fixed_version: String,
    severity: String,
    title: Option<String>,
    #[serde(rename = "PrimaryURL")]
    url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Version {
    #[serde(rename = "VulnerabilityDB")]
    database: Option<Database>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Database {
    updated_at: Timestamp,
}

/// trivy's name for a system that it cannot make out.
const UNKNOWN_SYSTEM: &str = "none";

/// Systems of which trivy reports no packages of their own; an image of the second has those of languages only.
const WITHOUT_PACKAGES: [&str; 2] = [UNKNOWN_SYSTEM, "activestate"];

/// Reads the report on an image, made with `--list-all-pkgs`.
///
/// # Errors
/// When the bytes are not such a report, and when it lists no packages at all or none of the image's system: then
/// nothing, or less than everything, was scanned.
pub fn parse(bytes: &[u8]) -> Result<ImageScan, ImageScanError> {
    let report: Report = serde_json::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?;
    if report.schema_version != 2 {
        return Err(wrong(&format!("its schema version is {}, not 2", report.schema_version)));
    }
    if report.artifact_type != "container_image" {
        return Err(wrong(&format!("it is about a `{}`, not an image", report.artifact_type)));
    }
    let results = report.results.unwrap_or_default();
    let packages = |of: &dyn Fn(&str) -> bool| -> usize {
        let meant = results.iter().filter(|target| target.class.as_deref().is_some_and(of));
        meant.map(|target| target.packages.as_ref().map_or(0, Vec::len)).sum()
    };
    if packages(&|class| class.ends_with("-pkgs")) == 0 {
        return Err(wrong("it found no packages in the image, and so scanned nothing"));
    }
    let os = report.metadata.os;
    let system = os.as_ref().map(|os| format!("{} {}", os.family, os.name).trim().to_owned());
    let has_packages = |os: &Os| !WITHOUT_PACKAGES.contains(&os.family.as_str());
    if os.as_ref().is_some_and(has_packages) && packages(&|class| class == "os-pkgs") == 0 {
        let system = system.unwrap_or_default();
        let what = format!(
            "no package of the image's system, {system}, was judged: trivy knows no vulnerabilities of that \
             system, or its list of packages was taken out of the image"
        );
        return Err(wrong(&what));
    }
    let unknown = os.as_ref().is_some_and(|os| os.family == UNKNOWN_SYSTEM);
    let unjudged = "has packages of a system that trivy does not know; they were not judged";
    let found = results.into_iter().flat_map(|target| target.vulnerabilities.unwrap_or_default());
    let vulnerabilities = found.map(vulnerability).collect::<Result<Vec<_>, _>>()?;
    Ok(ImageScan {
        image: report.artifact_name,
        end_of_life: os.is_some_and(|os| os.end_of_life),
        system,
        database: None,
        vulnerabilities,
        unjudged: unknown.then(|| unjudged.to_owned()),
        left_out: 0,
        ends_with_error: false,
    })
}

fn vulnerability(found: Vulnerability) -> Result<ImageVulnerability, ImageScanError> {
    let severity = ImageSeverity::named(&found.severity);
    Ok(ImageVulnerability {
        severity: severity.ok_or_else(|| wrong(&format!("there is no severity `{}`", found.severity)))?,
        id: found.id,
        package: found.pkg_name,
        version: found.installed_version,
        fixed: found.fixed_version,
        title: found.title,
        url: found.url,
    })
}

/// When the installed database was made, from `trivy version --format json`; none where there is none.
///
/// # Errors
/// When the bytes are not such an answer.
pub fn database(bytes: &[u8]) -> Result<Option<Timestamp>, ImageScanError> {
    let version: Version = serde_json::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?;
    Ok(version.database.map(|database| database.updated_at))
}

fn wrong(what: &str) -> ImageScanError {
    ImageScanError { scanner: "trivy", what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of trivy's own recorded reports.
    const REPORT: &str = r#"{
      "SchemaVersion": 2, "CreatedAt": "2026-11-01T12:20:30.000000005Z", "ArtifactName": "app:1.0",
      "ArtifactType": "container_image",
      "Metadata": { "OS": { "Family": "alpine", "Name": "3.10.2", "EOSL": true }, "ImageID": "sha256:9617",
        "DiffIDs": [ "sha256:0390" ], "ImageConfig": { "architecture": "amd64" } },
      "Results": [
        { "Target": "app:1.0 (alpine 3.10.2)", "Class": "os-pkgs", "Type": "alpine",
          "Packages": [ { "ID": "musl@1.1", "Name": "musl", "Version": "1.1" } ], "Vulnerabilities": [
          { "VulnerabilityID": "CVE-2019-1549", "PkgID": "libssl1.1@1.1.1c-r0", "PkgName": "libssl1.1",
            "InstalledVersion": "1.1.1c-r0", "FixedVersion": "1.1.1d-r0", "Status": "fixed",
            "PrimaryURL": "https://avd.example.invalid/cve-2019-1549", "Title": "openssl: fork",
            "Severity": "MEDIUM", "CVSS": { "nvd": { "V3Score": 5.3 } } },
          { "VulnerabilityID": "CVE-2020-0001", "PkgName": "musl", "InstalledVersion": "1.1", "Severity": "CRITICAL" } ] },
        { "Target": "usr/bin/app", "Class": "lang-pkgs", "Type": "rustbinary", "Packages": [ { "Name": "app" } ] } ]
    }"#;

    #[test]
    fn vulnerabilities_and_the_system_are_read() {
        let scan = parse(REPORT.as_bytes()).unwrap();
        assert_eq!((scan.image.as_str(), scan.system.as_deref()), ("app:1.0", Some("alpine 3.10.2")));
        assert!(scan.end_of_life);
        let [first, second] = scan.vulnerabilities.as_slice() else { panic!("{scan:#?}") };
        assert_eq!((first.id.as_str(), first.fixed.as_str()), ("CVE-2019-1549", "1.1.1d-r0"));
        assert_eq!((second.severity, second.fixed.as_str()), (ImageSeverity::Critical, ""));
    }

    #[test]
    fn a_report_that_lists_no_packages_scanned_nothing() {
        let what = |report: String| parse(report.as_bytes()).unwrap_err().what;
        let unlisted = REPORT.replace("\"Packages\"", "\"Others\"");
        assert!(what(unlisted).contains("no packages"));
        assert!(what(REPORT.replace("-pkgs", "-files")).contains("no packages"));
        assert!(what(REPORT.replace("\"Results\"", "\"Others\"")).contains("no packages"));
        // the packages of languages are judged without those of a system
        let scratch = REPORT.replace("os-pkgs", "secret").replace("\"OS\"", "\"System\"");
        assert_eq!(parse(scratch.as_bytes()).unwrap().unjudged, None);
    }

    #[test]
    fn packages_of_a_system_are_judged_wherever_there_is_one() {
        // of an unsupported system there is no such target, and without its list of packages an empty one
        let unsupported = REPORT.replace("os-pkgs", "secret").replace("alpine", "fedora");
        let error = parse(unsupported.as_bytes()).unwrap_err();
        assert!(error.what.contains("no package of the image's system, fedora 3.10.2,"), "{error}");
        let musl = r#"{ "ID": "musl@1.1", "Name": "musl", "Version": "1.1" }"#;
        assert!(parse(REPORT.replace(musl, "").as_bytes()).is_err());
        let unknown = REPORT.replace("os-pkgs", "secret").replace("alpine", "none");
        assert!(parse(unknown.as_bytes()).unwrap().unjudged.is_some());
    }

    #[test]
    fn another_form_is_named() {
        for (from, to) in [
            ("\"SchemaVersion\": 2", "\"SchemaVersion\": 3"),
            ("container_image", "filesystem"),
            ("MEDIUM", "SOMEWHAT"),
            ("\"PkgName\": \"musl\",", ""),
        ] {
            assert!(parse(REPORT.replace(from, to).as_bytes()).is_err(), "{to}");
        }
    }

    #[test]
    fn the_age_of_the_database_is_told_by_the_version() {
        let text = r#"{"Version":"0.57.1","VulnerabilityDB":{"Version":2,"NextUpdate":"2026-11-02T00:20:30Z",
            "UpdatedAt":"2026-11-01T00:20:30.123Z","DownloadedAt":"2026-11-01T05:00:00Z"}}"#;
        assert_eq!(database(text.as_bytes()).unwrap().unwrap().to_string(), "2026-11-01T00:20:30.123Z");
        assert_eq!(database(br#"{"Version":"0.57.1"}"#).unwrap(), None);
        assert!(database(b"Version: 0.57.1").is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_give_a_scan_or_an_error(bytes: Vec<u8>) {
            let _ = (parse(&bytes), database(&bytes));
        }

        #[test]
        fn a_report_cut_anywhere_is_an_error(end in 0..REPORT.len() - 1) {
            proptest::prop_assert!(parse(&REPORT.as_bytes()[..end]).is_err());
        }
    }
}
