//! The scanners of container images: what they are told, and whether their answer can be believed.

use std::path::Path;

use jiff::Timestamp;

use crate::gate::Unreadable;
use crate::parse::{ImageScan, ImageScanError, grype, trivy};
use crate::step::{Captured, Step, Streams, Tool, ToolCall};

/// What trivy is always told: to list every package that it saw, and to filter nothing.
const TRIVYS_WORDS: &[&str] = &[
    "image",
    "--quiet",
    "--format",
    "json",
    "--list-all-pkgs",
    "--scanners",
    "vuln",
    "--exit-code",
    "0",
    "--severity",
    "UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL",
    "--ignore-unfixed=false",
    "--ignorefile",
    NOTHING,
    "--config",
    NOTHING,
];

/// A file without a word in it, in the place of a scanner's own settings.
const NOTHING: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// The scan of an image.
pub(crate) fn scan(tool: Tool, image: &str, offline: bool) -> Step {
    let extension = Path::new(image).extension().and_then(|extension| extension.to_str());
    let archive = matches!(extension, Some("tar" | "gz" | "tgz"));
    let words: Vec<&str> = if tool == Tool::Trivy {
        let update: &[&str] = if offline {
            &["--skip-db-update", "--skip-java-db-update", "--offline-scan"]
        } else {
            &["--skip-db-update=false"]
        };
        let named: &[&str] = if archive { &["--input", image] } else { &[image] };
        [TRIVYS_WORDS, update, named].concat()
    } else {
        vec![image, "--output", "json"]
    };
    let update = if offline { "false" } else { "true" };
    let env = match tool {
        Tool::Grype => {
            vec![("GRYPE_DB_AUTO_UPDATE", update), ("GRYPE_CHECK_FOR_APP_UPDATE", "false")]
        }
        _ => Vec::new(),
    };
    Step::Tool(ToolCall {
        tool,
        args: words.into_iter().map(str::to_owned).collect(),
        env: env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        streams: Streams::Separate,
        builds: false,
    })
}

/// What trivy's database is, asked after the scans.
pub(crate) fn trivys_database(scans: &[Step]) -> Step {
    let args = ["version", "--format", "json", "--config", NOTHING].map(str::to_owned).to_vec();
    let call =
        ToolCall { tool: Tool::Trivy, args, env: Vec::new(), streams: Streams::Separate, builds: false };
    Step::ToolAfter { call, after: scans.to_vec() }
}

/// A scanner's answer about that image.
///
/// # Errors
/// When it failed, when its report cannot be believed or is about another image, and when it saw nothing.
pub(crate) fn read(tool: Tool, image: &str, captured: &Captured) -> Result<ImageScan, Unreadable> {
    let code = captured.exit_code()?;
    let parse = if tool == Tool::Grype { grype::parse } else { trivy::parse };
    let scan = parse(&captured.stdout);
    // 1 until version 0.91.0, 2 since then
    let meant = matches!(code, 1 | 2) && scan.as_ref().is_ok_and(|scan| scan.ends_with_error);
    if code != 0 && !meant {
        return Err(failed(tool, code, captured));
    }
    let scan = scan.map_err(|error: ImageScanError| Unreadable::garbage(error.to_string()))?;
    if scan.image != image && (tool != Tool::Grype || scan.image != without_scheme(image)) {
        return Err(Unreadable::garbage(format!("{tool} reports on `{}`, not on `{image}`", scan.image)));
    }
    if scan.system.is_none() && scan.vulnerabilities.is_empty() && tool == Tool::Grype {
        let reason = format!("{tool} found neither a system nor a vulnerable package in {image}");
        return Err(
            Unreadable::nothing_ran(reason).help("whether it saw any package is not known; try trivy")
        );
    }
    Ok(ImageScan { image: image.to_owned(), ..scan })
}

/// An image's name as grype reports it: without the word that says where it is looked for.
fn without_scheme(image: &str) -> &str {
    const SCHEMES: [&str; 9] = [
        "containerd",
        "docker",
        "docker-archive",
        "oci-archive",
        "oci-dir",
        "oci-registry",
        "podman",
        "registry",
        "singularity",
    ];
    image.split_once(':').filter(|(scheme, _)| SCHEMES.contains(scheme)).map_or(image, |(_, name)| name)
}

/// When trivy's database was made.
///
/// # Errors
/// When trivy does not tell, and when it has none.
pub(crate) fn read_trivys_database(captured: &Captured) -> Result<Timestamp, Unreadable> {
    let code = captured.exit_code()?;
    if code != 0 {
        return Err(failed(Tool::Trivy, code, captured));
    }
    let made = trivy::database(&captured.stdout).map_err(|error| Unreadable::garbage(error.to_string()))?;
    made.ok_or_else(|| {
        Unreadable::unavailable("trivy has no database yet").help("trivy image --download-db-only")
    })
}

fn failed(tool: Tool, code: i32, captured: &Captured) -> Unreadable {
    let stderr = String::from_utf8_lossy(&captured.stderr);
    let last = stderr.lines().rev().map(str::trim).find(|line| !line.is_empty());
    let last = last.unwrap_or("without a message");
    Unreadable::crashed(format!("{tool} ended with the exit code {code}: {last}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::step::End;

    #[test]
    fn trivy_is_told_to_bring_its_database_up_to_date() {
        let line = |offline: bool| scan(Tool::Trivy, "app", offline).to_string();
        assert!(line(false).contains("--skip-db-update=false app"), "{}", line(false));
        let offline = "--skip-db-update --skip-java-db-update --offline-scan app";
        assert!(line(true).contains(offline), "{}", line(true));
    }

    #[test]
    fn trivy_filters_nothing_and_lists_what_it_saw() {
        let line = scan(Tool::Trivy, "app", false).to_string();
        for words in [
            "--list-all-pkgs",
            "--severity UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL",
            "--ignore-unfixed=false",
            &format!("--ignorefile {NOTHING}"),
            &format!("--config {NOTHING}"),
        ] {
            assert!(line.contains(words), "{line}");
        }
    }

    #[test]
    fn an_exit_code_that_grypes_settings_ask_for_is_an_answer() {
        let report = |settings: &str| {
            format!(
                r#"{{ "matches": [ {{ "vulnerability": {{ "id": "CVE-1", "severity": "High" }},
                    "artifact": {{ "name": "p", "version": "1" }} }} ],
                  "source": {{ "type": "image", "target": {{ "userInput": "app" }} }},
                  "descriptor": {{ "name": "grype", "configuration": {{ {settings} }},
                    "db": {{ "built": "2026-01-01T00:00:00Z" }} }} }}"#
            )
        };
        let read = |code: i32, settings: &str| {
            let (stdout, stderr) = (report(settings).into_bytes(), Vec::new());
            let what = String::new();
            let captured = Captured { what, end: End::Code(code), stdout, stderr, duration: Duration::ZERO };
            read(Tool::Grype, "registry:app", &captured)
        };
        let fail = r#""fail-on-severity": "medium""#;
        assert_eq!(read(2, fail).unwrap().image, "registry:app");
        assert!(read(1, fail).is_ok() && read(0, "").is_ok());
        assert!(read(3, fail).is_err() && read(1, "").is_err());
        assert!(read(1, r#""fail-on-severity": "critical""#).is_err());
    }

    #[test]
    fn grype_reports_an_image_without_the_word_for_its_place() {
        assert_eq!(without_scheme("registry:app:1"), "app:1");
        assert_eq!(without_scheme("docker-archive:a/app.tar"), "a/app.tar");
        assert_eq!(without_scheme("app:1"), "app:1");
        assert_eq!(without_scheme("localhost:5000/app:1"), "localhost:5000/app:1");
    }
}
