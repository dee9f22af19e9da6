//! `container`: known vulnerabilities of container images, by an installed scanner.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Expiry, Reason, Timeout};
use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Unreadable};
use crate::image_scanner;
use crate::parse::{ImageScan, ImageSeverity, ImageVulnerability};
use crate::step::{Evidence, Step, Tool};
use crate::text::counted;

/// The settings of `container`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Container {
    /// The images, as the scanner names them: `registry/name:tag`, or with trivy the path of an archive.
    images: Vec<String>,
    /// The scanner; `auto` is trivy where it is installed, else grype.
    scanner: Scanner,
    /// The lowest severity that fails the gate.
    severity: Floor,
    /// The longest time since the scanner's database was made.
    max_age: Timeout,
    /// Vulnerabilities that are accepted for a time.
    ignore: Vec<Ignore>,
}

/// A vulnerability that is accepted for a time.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Ignore {
    /// Its id: `CVE-…`, `GHSA-…`.
    id: String,
    /// Why it is accepted.
    reason: Reason,
    /// The last day on which it is accepted.
    expires: Expiry,
}

/// What scans.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Scanner {
    /// trivy where it is installed, else grype.
    #[default]
    Auto,
    /// trivy; the gate is `broken` without it.
    Trivy,
    /// grype; the gate is `broken` without it.
    Grype,
}

/// The lowest severity that fails the gate.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Floor {
    /// From low.
    Low,
    /// From medium.
    Medium,
    /// From high.
    #[default]
    High,
    /// Critical only.
    Critical,
}

impl Floor {
    fn severity(self) -> ImageSeverity {
        match self {
            Self::Low => ImageSeverity::Low,
            Self::Medium => ImageSeverity::Medium,
            Self::High => ImageSeverity::High,
            Self::Critical => ImageSeverity::Critical,
        }
    }
}

impl Default for Container {
    fn default() -> Self {
        Self {
            images: Vec::new(),
            scanner: Scanner::Auto,
            severity: Floor::High,
            max_age: Timeout(Duration::from_hours(7 * 24)),
            ignore: Vec::new(),
        }
    }
}

impl Gate for Container {
    const INFO: Info = Info {
        id: "container",
        judges: "container images, by an installed trivy or grype",
        bar: "no critical or high vulnerability",
        stages: &[],
        timeout: Duration::from_mins(15),
        rules: &[
            Rule::error("vulnerability", "a vulnerability of the configured severity or above"),
            Rule::error(
                "end-of-life",
                "an image whose system gets no more security data (told by trivy only)",
            ),
            Rule::warning("not-judged", "packages of an image that nobody can say were judged"),
            Rule::warning("unknown-severity", "a vulnerability that nobody has weighed yet"),
            Rule::warning("below-severity", "vulnerabilities below the configured severity"),
            Rule::error("ignore-expired", "an accepted vulnerability whose time is over"),
            Rule::warning("ignore-unused", "an accepted vulnerability that no image has"),
        ],
        manual: "\
## What it checks

The images that `images` names, with `trivy image` or `grype`: their JSON reports, which must name the image
and what they saw in it. The gate is off until it is given stages:

```toml
[gates.container]
stages = [\"release\"]
images = [\"app:latest\"]
```

A scanner that is not installed, a database that is missing or too old, and a report without packages are no
verdict: the gate is `broken`. trivy brings its database up to date before it scans, and is asked for its age
after that. grype tells the age in its report.

What is accepted stands here, not in the scanner's own settings, which would take it out before anybody sees
it. trivy is run without trivy.yaml and .trivyignore, on this machine, and of its variables it gets those for
mirrors, credentials and its cache (`TRIVY_DB_REPOSITORY`, `TRIVY_USERNAME`, `TRIVY_CACHE_DIR`, …). grype
reads its settings; what `ignore`, `only-fixed` and VEX documents take out is found all the same, and
`exclude` leaves no verdict.

trivy lists the packages that it judged; an image with a system of which it judged none leaves no verdict. It
also tells when a system gets no more security data. grype tells neither: where it finds nothing, that is a
warning.

## Why

What runs in production is the image, not the lock file: its base brings packages that no other gate sees.

## How to fix

Build on a newer base image, or raise the package to the version that the finding names. What cannot be fixed
yet is accepted for a time: an entry under `ignore` with `id`, `reason` and `expires`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let scans = self.scans(cx);
        let database = self.database_of_trivy(cx, &scans);
        Planned::Steps(scans.into_iter().chain(database).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        if self.images.is_empty() {
            let help = "name them: `images = [\"app:latest\"]` in [gates.container]";
            return Err(Unreadable::nothing_ran("no image is named").help(help));
        }
        let tool = self.tool(cx);
        if !cx.facts.has(tool) {
            let reason = format!("{tool} is not installed");
            return Err(Unreadable::unavailable(reason).help(tool.install()));
        }
        let steps = self.scans(cx);
        let mut scans = Vec::new();
        for (image, step) in self.images.iter().zip(&steps) {
            let scan = image_scanner::read(tool, image, evidence.tool(step)?)?;
            if let Some(made) = scan.database {
                self.fresh(tool, made, cx.facts.now)?;
            }
            scans.push(scan);
        }
        if let Some(step) = self.database_of_trivy(cx, &steps) {
            let made = image_scanner::read_trivys_database(evidence.tool(&step)?)?;
            self.fresh(tool, made, cx.facts.now)?;
        }
        Ok(self.outcome(&scans, tool, cx))
    }
}

impl Container {
    fn tool(&self, cx: &Context<'_>) -> Tool {
        match self.scanner {
            Scanner::Grype => Tool::Grype,
            Scanner::Auto if !cx.facts.has(Tool::Trivy) && cx.facts.has(Tool::Grype) => Tool::Grype,
            Scanner::Trivy | Scanner::Auto => Tool::Trivy,
        }
    }

    fn scans(&self, cx: &Context<'_>) -> Vec<Step> {
        let scan = |image: &String| image_scanner::scan(self.tool(cx), image, cx.options.offline);
        self.images.iter().map(scan).collect()
    }

    /// trivy's report does not tell how old its database is. Asked after the scans, which bring it up to date.
    fn database_of_trivy(&self, cx: &Context<'_>, scans: &[Step]) -> Option<Step> {
        (self.tool(cx) == Tool::Trivy && !scans.is_empty()).then(|| image_scanner::trivys_database(scans))
    }

    /// Whether the scanner's database is young enough to judge by.
    fn fresh(&self, tool: Tool, made: Timestamp, now: Timestamp) -> Result<(), Unreadable> {
        let limit = SignedDuration::try_from(self.max_age.0).unwrap_or(SignedDuration::MAX);
        let age = now.duration_since(made);
        if age <= limit {
            return Ok(());
        }
        let days = age.as_hours() / 24;
        let limit = String::from(self.max_age);
        let mend = if tool == Tool::Grype { "grype db update" } else { "trivy image --download-db-only" };
        Err(Unreadable::unavailable(format!("{tool}'s database is {days} days old (limit {limit})"))
            .help(mend))
    }

    fn outcome(&self, scans: &[ImageScan], tool: Tool, cx: &Context<'_>) -> Outcome {
        let today = cx.facts.today();
        let holds = |ignore: &Ignore| ignore.expires.0 >= today;
        let mut findings = Vec::new();
        for scan in scans {
            let accepted = |found: &ImageVulnerability| {
                self.ignore.iter().any(|ignore| ignore.id == found.id && holds(ignore))
            };
            let counted: Vec<&ImageVulnerability> =
                scan.vulnerabilities.iter().filter(|found| !accepted(found)).collect();
            findings.extend(self.findings(scan, &counted));
        }
        for ignore in &self.ignore {
            let Ignore { id, reason, expires } = ignore;
            if !scans.iter().any(|scan| scan.vulnerabilities.iter().any(|found| found.id == *id)) {
                let message = format!("{id} is accepted and no image has it");
                findings.push(
                    Finding::warning("container/ignore-unused", message).help("remove it from `ignore`"),
                );
            } else if !holds(ignore) {
                let message = format!("{id} was accepted until {} ({reason})", expires.0);
                let help = "fix it now, or accept it again with a new date";
                findings.push(Finding::error("container/ignore-expired", message).help(help).anchor(id));
            }
        }
        let bad = findings.iter().filter(|finding| finding.rule == "container/vulnerability").count();
        let images = counted(scans.len(), "image");
        let floor = self.severity.severity().name();
        let summary = match bad {
            0 => format!("no vulnerability from {floor} in {images} ({tool})"),
            1 => format!("1 vulnerability from {floor} in {images} (bar 0; {tool})"),
            many => format!("{many} vulnerabilities from {floor} in {images} (bar 0; {tool})"),
        };
        let all = scans.iter().map(|scan| scan.vulnerabilities.len()).sum();
        let left_out: usize = scans.iter().map(|scan| scan.left_out).sum();
        let outcome = Outcome::new(summary)
            .count("images", scans.len())
            .count("vulnerabilities", all)
            .count("failing", bad)
            .text("scanner", tool.to_string())
            .findings(findings);
        match left_out {
            0 => outcome,
            many => outcome.note(format!("{tool} takes {} for wrong by itself", counted(many, "match"))),
        }
    }

    fn findings(&self, scan: &ImageScan, found: &[&ImageVulnerability]) -> Vec<Finding> {
        let (image, floor) = (&scan.image, self.severity.severity());
        let mut findings = Vec::new();
        if scan.end_of_life {
            let system = scan.system.as_deref().unwrap_or("its system");
            let message =
                format!("{image}: {system} gets no more security data; what is new in it is not found");
            let help = "build on a version of the system that is still supported";
            findings.push(Finding::error("container/end-of-life", message).help(help));
        }
        if let Some(unjudged) = &scan.unjudged {
            let finding = Finding::warning("container/not-judged", format!("{image} {unjudged}"));
            let help = "scan it with the other scanner too: `scanner` in [gates.container]";
            findings.push(finding.help(help).anchor(image.as_str()));
        }
        let below: Vec<String> = found
            .iter()
            .filter(|one| one.severity < floor && one.severity != ImageSeverity::Unknown)
            .map(|one| line(one))
            .collect();
        for one in found {
            let message = format!("{image}: {}", line(one));
            let finding = match one.severity {
                ImageSeverity::Unknown => Finding::warning("container/unknown-severity", message),
                severity if severity >= floor => Finding::error("container/vulnerability", message),
                _ => continue,
            };
            let fix = match one.fixed.as_str() {
                "" => "no fixed version is out".to_owned(),
                versions => format!("fixed in {versions}"),
            };
            let more = one.url.as_ref().map(|url| format!("; {url}")).unwrap_or_default();
            findings.push(finding.help(fix + &more).anchor(format!("{image} {} {}", one.id, one.package)));
        }
        if !below.is_empty() {
            let count = below.len();
            let message = format!("{image}: {count} of the vulnerabilities weigh less than {}", floor.name());
            let finding =
                Finding::warning("container/below-severity", message).anchor(format!("{image} below"));
            findings.push(finding.detail(below.join("\n")));
        }
        findings
    }
}

fn line(found: &ImageVulnerability) -> String {
    let ImageVulnerability { id, package, version, severity, title, .. } = found;
    let title = title.as_ref().map(|title| format!(": {title}")).unwrap_or_default();
    format!("{package} {version}{title} [{id}] ({})", severity.name())
}

#[cfg(test)]
mod tests;
