//! The row of `container`, with grype where nothing else is said.

use crate::faults::prelude::*;

const GRYPE: Call = Call("grype", &["--output"]);
const TRIVY: Call = Call("trivy", &["image"]);
const TRIVYS_VERSION: Call = Call("trivy", &["version"]);

/// One match, which grype's own data takes for wrong.
const GRYPES: &str = r#"{ "matches": [],
  "ignoredMatches": [ { "vulnerability": { "id": "CVE-1", "severity": "High" },
    "artifact": { "name": "zlib1g", "version": "1.3" },
    "appliedIgnoreRules": [ { "namespace": "", "reason": "UnaffectedPackageEntry" } ] } ],
  "source": { "type": "image", "target": { "userInput": "app:1.0", "imageID": "sha256:ab56" } },
  "distro": { "name": "debian", "version": "13", "idLike": [] },
  "descriptor": { "name": "grype", "version": "0.92.0", "configuration": { "ignore": null, "exclude": [] },
    "db": { "status": { "schemaVersion": "v6.0.2", "built": "2026-01-01T00:00:00Z", "valid": true } } } }
"#;
const TRIVYS: &str = r#"{ "SchemaVersion": 2, "ArtifactName": "app:1.0", "ArtifactType": "container_image",
  "Results": [ { "Target": "app:1.0 (debian 13)", "Class": "os-pkgs", "Type": "debian",
    "Packages": [ { "Name": "base-files", "Version": "13" } ] } ],
  "Metadata": { "OS": { "Family": "debian", "Name": "13" } } }
"#;
const NO_PACKAGES: &str =
    r#"{ "SchemaVersion": 2, "ArtifactName": "app:1.0", "ArtifactType": "container_image" }"#;
const FATAL: &str = "2026-01-01T00:00:00Z\tFATAL\tFatal error\trun error: init error: DB error: failed to download vulnerability DB\n";

pub(in crate::faults) const ROW: Row = Row { gate: "container", cells: CELLS };

/// grype finds nothing in the image, by a database that may be of any age.
pub(in crate::faults) fn sound(scene: Scene) -> Scene {
    named(scene, "grype", "max_age = \"100000days\"\n").recorded(GRYPE, 0, GRYPES, "")
}

fn named(scene: Scene, scanner: &str, more: &str) -> Scene {
    scene.setting("container", &format!("images = [\"app:1.0\"]\nscanner = \"{scanner}\"\n{more}"))
}

fn trivy(scene: Scene, code: u8, stdout: &str, stderr: &str) -> Scene {
    named(scene, "trivy", "").recorded(TRIVY, code, stdout, stderr)
}

fn grype(scene: Scene, stdout: &str) -> Scene {
    named(scene, "grype", "max_age = \"100000days\"\n").recorded(GRYPE, 0, stdout, "")
}

const NO_LOCK: Cell = NotApplicable("an image does not depend on the lock file");

const CELLS: &[(Fault, Cell)] = &[
    (
        ToolMissing,
        Case(How::Scene(|scene| named(scene, "grype", "").without("grype")), Broken("unavailable")),
    ),
    (
        ToolMissing,
        Case(How::Scene(|scene| named(scene, "trivy", "").without("trivy")), Broken("unavailable")),
    ),
    (WrongVersion, Case(Tool(GRYPE, RejectsArguments), Broken("crashed"))),
    (FailureWithCleanOutput, Case(Tool(GRYPE, Contradicts(1)), Broken("crashed"))),
    (FailureWithCleanOutput, Case(How::Scene(|scene| trivy(scene, 1, TRIVYS, "")), Broken("crashed"))),
    (Garbage, Case(Tool(GRYPE, Prints("{?")), Broken("garbage"))),
    (Garbage, Case(How::Scene(|scene| trivy(scene, 0, "?", "")), Broken("garbage"))),
    (EmptyOutput, Case(Tool(GRYPE, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(|scene| trivy(scene, 0, "", "")), Broken("garbage"))),
    (Truncated, Case(Tool(GRYPE, Keeps("half")), Broken("garbage"))),
    (Truncated, Case(Tool(GRYPE, Keeps("but-last-line")), Broken("garbage"))),
    (KilledBySignal, Case(Tool(GRYPE, IsKilled), Broken("crashed"))),
    (Hang, Case(Tool(GRYPE, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(How::Scene(another_image), Broken("garbage"))),
    (NoTestsRan, NO_TESTS),
    (NoFilesMatched, Case(How::Scene(|scene| trivy(scene, 0, NO_PACKAGES, "")), Broken("garbage"))),
    (NoFilesMatched, Case(How::Scene(no_list_of_packages), Broken("garbage"))),
    (NoFilesMatched, Case(How::Scene(unsupported_system), Broken("garbage"))),
    (NoFilesMatched, Case(How::Scene(left_out_by_settings), Broken("garbage"))),
    (NoFilesMatched, Case(How::Scene(no_match), Warned("container/not-judged"))),
    (NoFilesMatched, Case(How::Scene(nothing_known), Broken("nothing-ran"))),
    (NoFilesMatched, Case(How::Scene(|scene| scene), Broken("nothing-ran"))),
    (DiskFull, Case(Tool(GRYPE, FindsNoSpace(1)), Broken("crashed"))),
    (ReadOnlyTarget, NO_WRITING),
    (DatabaseMissing, Case(How::Scene(no_database), Broken("garbage"))),
    (DatabaseMissing, Case(How::Scene(|scene| trivy(scene, 1, "", FATAL)), Broken("crashed"))),
    (DatabaseMissing, Case(How::Scene(no_database_offline), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(old_database), Broken("unavailable"))),
    (DatabaseTooOld, Case(How::Scene(old_database_of_trivy), Broken("unavailable"))),
    (
        DatabaseTooOld,
        Case(How::Scene(|scene| old_database_of_trivy(scene).args(&["--offline"])), Broken("unavailable")),
    ),
    (LookUpImpossible, Case(How::Scene(|scene| trivy(scene, 1, "", FATAL)), Broken("crashed"))),
    (RunCutShort, NO_TESTS),
    NO_TOOLCHAIN,
    (LockMissing, NO_LOCK),
    (LockOutOfStep, NO_LOCK),
    PANIC,
];

fn another_image(scene: Scene) -> Scene {
    grype(scene, &GRYPES.replace("app:1.0", "app:0.9"))
}

/// Neither a system nor a vulnerable package: nobody knows whether grype saw anything.
fn nothing_known(scene: Scene) -> Scene {
    grype(scene, &GRYPES.replace("debian", "").replace("13", ""))
}

fn no_database(scene: Scene) -> Scene {
    grype(scene, &GRYPES.replace("\"valid\": true", "\"valid\": false"))
}

fn no_database_offline(scene: Scene) -> Scene {
    trivy(scene, 0, TRIVYS, "")
        .recorded(TRIVYS_VERSION, 0, "{\"Version\":\"0.57.1\"}", "")
        .args(&["--offline"])
}

fn old_database(scene: Scene) -> Scene {
    named(scene, "grype", "").recorded(GRYPE, 0, &GRYPES.replace("2026-01-01", "2020-01-01"), "")
}

fn old_database_of_trivy(scene: Scene) -> Scene {
    let version = "{\"Version\":\"0.57.1\",\"VulnerabilityDB\":{\"UpdatedAt\":\"2020-01-01T00:00:00Z\"}}";
    trivy(scene, 0, TRIVYS, "").recorded(TRIVYS_VERSION, 0, version, "")
}

/// An image without `/var/lib/dpkg`, in which there is a program with packages of its own.
fn no_list_of_packages(scene: Scene) -> Scene {
    let program =
        "{ \"Target\": \"app\", \"Class\": \"lang-pkgs\", \"Packages\": [ { \"Name\": \"app\" } ] }";
    let empty =
        TRIVYS.replace("{ \"Name\": \"base-files\", \"Version\": \"13\" } ] }", &format!(" ] }}, {program}"));
    assert_ne!(empty, TRIVYS);
    trivy(scene, 0, &empty, "")
}

/// trivy gives no packages of a system that it has no data for.
fn unsupported_system(scene: Scene) -> Scene {
    trivy(scene, 0, &TRIVYS.replace("os-pkgs", "lang-pkgs"), "")
}

/// grype's settings have it pass over files of the image.
fn left_out_by_settings(scene: Scene) -> Scene {
    grype(scene, &GRYPES.replace("\"exclude\": []", "\"exclude\": [ \"/usr/**\" ]"))
}

/// Nobody knows whether grype saw a package.
fn no_match(scene: Scene) -> Scene {
    grype(scene, &GRYPES.replace("ignoredMatches", "others"))
}

#[test]
fn container_never_passes_on_a_fault() {
    never_passes("container");
}
