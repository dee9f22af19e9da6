//! What `grype IMAGE -o json` prints: <https://github.com/anchore/grype>, package `grype/presenter/models`.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::image_scan::{ImageScan, ImageScanError, ImageSeverity, ImageVulnerability};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    matches: Vec<Match>,
    #[serde(default)]
    ignored_matches: Vec<Ignored>,
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

/// A match that a rule takes out.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ignored {
    #[serde(flatten)]
    found: Match,
    #[serde(default)]
    applied_ignore_rules: Vec<Value>,
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
    configuration: Option<Configuration>,
}

/// The settings that grype ran with, whatever set them.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Configuration {
    /// The rules that take matches out: the user's, and those that grype adds to them.
    #[serde(default)]
    ignore: Option<Vec<Value>>,
    /// Files of the image that are not looked at.
    #[serde(default)]
    exclude: Option<Vec<String>>,
    #[serde(default)]
    fail_on_severity: String,
}

/// Reads the report on an image. What the user's rules take out is found all the same: those of `ignore`, and
/// what settings like `only-fixed` and statements of VEX come to.
///
/// # Errors
/// When the bytes are not such a report, when it is not about an image, when files of the image were left out, and
/// when it does not tell which database it was made with, or tells of one with an error.
pub fn parse(bytes: &[u8]) -> Result<ImageScan, ImageScanError> {
    let document: Document = serde_json::from_slice(bytes).map_err(|error| wrong(&error.to_string()))?;
    let Document { matches, ignored_matches, source, distro, descriptor } = document;
    if descriptor.name != "grype" {
        return Err(wrong(&format!("it was made by `{}`", descriptor.name)));
    }
    if source.kind != "image" {
        return Err(wrong(&format!("it is about a `{}`, not an image", source.kind)));
    }
    let image = source.target.get("userInput").and_then(Value::as_str);
    let image = image.ok_or_else(|| wrong("it does not name its image"))?.to_owned();
    let settings = descriptor.configuration.as_ref();
    if let Some([first, ..]) = settings.and_then(|settings| settings.exclude.as_deref()) {
        return Err(wrong(&format!("grype's setting `exclude` leaves out files of the image: {first}")));
    }
    let database = descriptor.db.as_ref().ok_or_else(|| wrong("it does not name its database"))?;
    let told = matches.into_iter().map(vulnerability).collect::<Result<Vec<_>, _>>()?;
    let threshold = settings.and_then(|settings| ImageSeverity::named(&settings.fail_on_severity));
    let threshold = threshold.filter(|threshold| *threshold > ImageSeverity::Unknown);
    let ends_with_error = threshold.is_some_and(|least| told.iter().any(|found| found.severity >= least));
    let all = ignored_matches.len();
    let hidden = ignored_matches.into_iter().filter(|ignored| is_hidden_by_user(ignored, settings));
    let hidden = hidden.map(|ignored| vulnerability(ignored.found)).collect::<Result<Vec<_>, _>>()?;
    let Distro { name, version } = distro;
    let nothing = told.is_empty() && all == 0;
    let unjudged = "has no package that grype knows a vulnerability of; grype does not tell whether it saw the \
                    packages of the image and has data for its system";
    Ok(ImageScan {
        image,
        system: Some(format!("{name} {version}").trim().to_owned()).filter(|system| !system.is_empty()),
        end_of_life: false,
        database: Some(built(database)?),
        left_out: all - hidden.len(),
        vulnerabilities: told.into_iter().chain(hidden).collect(),
        unjudged: nothing.then(|| unjudged.to_owned()),
        ends_with_error,
    })
}

/// Whether a rule that takes the match out is the user's. grype's own are not among the settings, but for those of
/// kernel headers, in which nothing of the kernel runs.
fn is_hidden_by_user(ignored: &Ignored, settings: Option<&Configuration>) -> bool {
    let Some(settings) = settings else { return true };
    let of_user: Vec<Value> = settings.ignore.iter().flatten().map(said).collect();
    let rules = &ignored.applied_ignore_rules;
    let by_user = |rule: &Value| {
        rule.get("vex-status").is_some() || of_user.contains(&said(rule)) && !is_of_kernel_headers(rule)
    };
    rules.is_empty() || rules.iter().any(by_user)
}

fn is_of_kernel_headers(rule: &Value) -> bool {
    let upstream = rule.pointer("/package/upstream-name").and_then(Value::as_str);
    let kind = rule.get("match-type").and_then(Value::as_str);
    kind == Some("exact-indirect-match") && upstream.is_some_and(|name| ["kernel", "linux.*"].contains(&name))
}

/// What a rule says, without what it leaves open: grype writes empty values in its settings and drops them
/// beside a match.
fn said(rule: &Value) -> Value {
    let is_open = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    };
    match rule {
        Value::Object(map) => {
            let said = map.iter().filter(|(key, _)| *key != "include-aliases");
            let said = said.map(|(key, value)| (key.clone(), self::said(value)));
            Value::Object(said.filter(|(_, value)| !is_open(value)).collect())
        }
        other => other.clone(),
    }
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

    fn with(matches: &str, ignored: &str, settings: &str) -> Result<ImageScan, ImageScanError> {
        let mut report: Value = serde_json::from_str(REPORT).unwrap();
        let read = |text: String| serde_json::from_str::<Value>(&text).unwrap();
        if matches.is_empty() {
            report["matches"] = read("[]".to_owned());
        }
        report["ignoredMatches"] = read(format!("[{ignored}]"));
        report["descriptor"]["configuration"] = read(format!("{{{settings}}}"));
        parse(report.to_string().as_bytes())
    }

    fn ignored(rule: &str) -> String {
        let found = r#""vulnerability": { "id": "CVE-7", "severity": "Critical" }, "artifact": { "name": "p", "version": "1" }"#;
        format!(r#"{{ {found}, "appliedIgnoreRules": [ {rule} ] }}"#)
    }

    #[test]
    fn what_the_users_rules_take_out_is_found_all_the_same() {
        let found = |rule: &str, settings: &str| {
            let scan = with("some", &ignored(rule), settings).unwrap();
            let hidden = scan.vulnerabilities.iter().any(|one| one.id == "CVE-7");
            assert_eq!(scan.left_out, usize::from(!hidden));
            hidden
        };
        let by_id = r#"{ "vulnerability": "CVE-7", "namespace": "" }"#;
        let set = r#""ignore": [ { "vulnerability": "CVE-7", "include-aliases": false, "reason": "", "namespace": "",
            "fix-state": "", "package": { "name": "", "version": "", "language": "" }, "match-type": "" } ]"#;
        assert!(found(by_id, set));
        assert!(found(
            r#"{ "namespace": "", "fix-state": "unknown" }"#,
            r#""ignore": [ { "fix-state": "unknown" } ]"#
        ));
        assert!(found(r#"{ "namespace": "", "vex-status": "not_affected" }"#, r#""ignore": null"#));
        // its own knowledge
        let own = r#"{ "vulnerability": "CVE-7", "reason": "UnaffectedPackageEntry", "namespace": "",
            "package": { "name": "p", "version": "1", "language": "" } }"#;
        assert!(!found(own, set));
        let headers = r#"{ "namespace": "", "package": { "name": "linux-libc-dev", "language": "", "type": "deb",
            "upstream-name": "linux" }, "match-type": "exact-indirect-match" }"#;
        let headers = &headers.replace("\"linux\"", "\"linux.*\"");
        assert!(!found(headers, &format!("\"ignore\": [ {headers} ]")));
        // without settings nobody knows whose the rule is
        let report = REPORT.replace(
            " ],\n     \"source\"",
            &format!(" ], \"ignoredMatches\": [ {} ], \"source\"", ignored(own)),
        );
        assert_eq!(parse(report.as_bytes()).unwrap().vulnerabilities.len(), 3);
    }

    #[test]
    fn a_report_without_any_match_says_what_is_not_known() {
        assert!(with("", "", "").unwrap().unjudged.is_some());
        assert_eq!(with("some", "", "").unwrap().unjudged, None);
        let own = r#"{ "reason": "UnaffectedPackageEntry" }"#;
        assert_eq!(with("", &ignored(own), "").unwrap().unjudged, None);
    }

    #[test]
    fn a_threshold_of_the_settings_makes_grype_end_with_an_error() {
        assert!(with("some", "", r#""fail-on-severity": "critical""#).unwrap().ends_with_error);
        assert!(!with("", "", r#""fail-on-severity": "low""#).unwrap().ends_with_error);
        assert!(!with("some", "", r#""fail-on-severity": """#).unwrap().ends_with_error);
    }

    #[test]
    fn files_that_are_left_out_leave_no_verdict() {
        let error = with("some", "", r#""exclude": [ "/usr/**" ]"#).unwrap_err();
        assert!(error.what.contains("/usr/**"), "{error}");
        assert!(with("some", "", r#""exclude": []"#).is_ok());
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
