//! The row of `bench`.

use crate::faults::prelude::*;
use crate::support::git;

const BUILD: Call = Call("cargo", &["build", "--profile", "bench"]);
const RUNNER: Call = Call("gungraun-runner", &["--version"]);
const GIT: Call = Call("git", &["cat-file", "--batch-check=%(objectname)"]);
const GIT_TREE: Call = Call("git", &["checkout-index"]);

pub(in crate::faults) const ROW: Row = Row { gate: "bench", cells: CELLS };

/// A workspace with benches, and a change to them.
pub(in crate::faults) fn sound(scene: Scene) -> Scene {
    changed(scene, |text| text.replace("100", "101"))
}

/// The benches of the fixture, and a second commit with that change to what they claim.
fn changed(scene: Scene, change: fn(String) -> String) -> Scene {
    let fixture = crate::support::fixtures_folder().join("bench");
    let read = |path: &str| std::fs::read_to_string(fixture.join(path)).unwrap();
    let claims = read("src/lib.rs").split_once('\n').unwrap().1.to_owned();
    let program = read("benches/speed.rs").replace("bench::", "clean::");
    let commit = |workspace: &Workspace| {
        git(&workspace.root(), &["add", "--all"]);
        git(&workspace.root(), &["commit", "--quiet", "--message=a change"]);
    };
    scene.without("valgrind").change(|workspace| {
        let target = "\n[[bench]]\nname = \"speed\"\nharness = false\n";
        let workspace = workspace
            .with_text_of("Cargo.toml", |text| format!("{text}{target}"))
            .with_text_of("src/lib.rs", |text| format!("{text}{claims}"))
            .with("benches/speed.rs", &program);
        commit(&workspace);
        let workspace = workspace.with_text_of("src/lib.rs", change);
        commit(&workspace);
        workspace
    })
}

/// The program of the change does something else than to measure.
fn program(scene: Scene, from: &str, to: &str) -> Scene {
    sound(scene).change(|workspace| {
        workspace.with_text_of("benches/speed.rs", |text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        })
    })
}

fn writes(scene: Scene, sample: &str) -> Scene {
    program(
        scene,
        "std::fs::write(folder.join(\"sample.json\"), sample)",
        &format!("let _ = sample;\n        std::fs::write(folder.join(\"sample.json\"), {sample:?})"),
    )
}

/// Two exports of critcmp instead of programs.
fn exports(scene: Scene, base: &str, head: &str) -> Scene {
    scene.setting("bench", "critcmp = [\"base.json\", \"head.json\"]\n").change(|workspace| {
        let workspace = if base.is_empty() { workspace } else { workspace.with("base.json", base) };
        workspace.with("head.json", head)
    })
}

/// An export with that bench, of that many nanoseconds.
fn export(bench: &str, time: u32) -> String {
    let estimate = format!(
        "{{\"confidence_interval\":{{\"confidence_level\":0.95,\"lower_bound\":{time}.0,\"upper_bound\":{time}.5}},\
         \"point_estimate\":{time}.2,\"standard_error\":0.1}}"
    );
    format!(
        "{{\"name\":\"one\",\"benchmarks\":{{\"{bench}\":{{\"baseline\":\"one\",\"fullname\":\"{bench}\",\
         \"criterion_benchmark_v1\":{{\"full_id\":\"{bench}\"}},\
         \"criterion_estimates_v1\":{{\"mean\":{estimate},\"median\":{estimate}}}}}}}}}"
    )
}

#[test]
fn exports_that_are_sound_pass_and_a_slower_one_warns() {
    let of = |time| exports(Scene::new(), &export("a", 100), &export("a", time)).run("bench");
    let came = of(101);
    assert_eq!(came.status, "passed", "{}", came.all);
    let came = of(300);
    assert_eq!(
        (came.status.as_str(), came.why.as_str()),
        ("warned", "bench/recorded-slower"),
        "{}",
        came.all
    );
}

/// Benches written with gungraun, of a second commit that takes a little more, and the tools that they need.
fn counted(scene: Scene) -> Scene {
    let fixture = crate::support::fixtures_folder().join("counts");
    let read = |path: &str| std::fs::read_to_string(fixture.join(path)).unwrap();
    let claims = read("src/lib.rs").split_once('\n').unwrap().1.to_owned();
    let commit = |workspace: &Workspace| {
        git(&workspace.root(), &["add", "--all"]);
        git(&workspace.root(), &["commit", "--quiet", "--message=a change"]);
    };
    scene
        .recorded(RUNNER, 0, "gungraun-runner 0.17.2\n", "")
        .recorded(Call("valgrind", &[]), 0, "", "")
        .change(|workspace| {
            let needs = "\n[[bench]]\nname = \"work\"\nharness = false\n\n\
                [dev-dependencies]\ngungraun = { path = \"gungraun\" }\n";
            let locked = "name = \"clean\"\nversion = \"0.1.0\"\n";
            let library = "\n[[package]]\nname = \"gungraun\"\nversion = \"0.17.2\"\n";
            let workspace = workspace
                .with_text_of("Cargo.toml", |text| format!("{text}{needs}"))
                .with_text_of("Cargo.lock", |text| {
                    text.replacen(locked, &format!("{locked}dependencies = [\n \"gungraun\",\n]\n"), 1)
                        + library
                })
                .with_text_of("src/lib.rs", |text| format!("{text}{claims}"))
                .with("benches/work.rs", read("benches/work.rs").replace("counts::", "clean::"))
                .with("gungraun/Cargo.toml", read("gungraun/Cargo.toml"))
                .with("gungraun/src/lib.rs", read("gungraun/src/lib.rs"));
            commit(&workspace);
            let workspace = workspace.with_text_of("src/lib.rs", |text| text.replace("1000", "1010"));
            commit(&workspace);
            workspace
        })
}

/// The library of the change does something else.
fn library(scene: Scene, from: &str, to: &str) -> Scene {
    counted(scene).change(|workspace| {
        workspace.with_text_of("gungraun/src/lib.rs", |text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        })
    })
}

/// Each summary is that text.
fn leaves(scene: Scene, text: &str) -> Scene {
    let written = "std::fs::write(folder.join(\"summary.json\"), summary)";
    let other = format!("let _ = summary;\n    std::fs::write(folder.join(\"summary.json\"), {text:?})");
    library(scene, written, &other)
}

#[test]
fn counts_that_are_sound_pass_and_more_instructions_fail() {
    let came = counted(Scene::new()).run("bench");
    assert_eq!(came.status, "passed", "{}", came.all);
    let more = counted(Scene::new())
        .change(|workspace| workspace.with_text_of("src/lib.rs", |text| text.replace("1010", "1310")));
    let came = more.run("bench");
    assert_eq!((came.status.as_str(), came.why.as_str()), ("failed", "bench/slower"), "{}", came.all);
}

const CELLS: &[(Fault, Cell)] = &[
    (ToolMissing, Case(Missing("cargo"), Refused("cargo was not found"))),
    (ToolMissing, Case(How::Scene(|scene| exports(scene, "", &export("a", 100))), Broken("unavailable"))),
    (
        ToolMissing,
        Case(
            How::Scene(|scene| sound(scene.setting("bench", "measure = \"instructions\"\n"))),
            Broken("unavailable"),
        ),
    ),
    (ToolMissing, Case(How::Scene(|scene| counted(scene).without("gungraun-runner")), Broken("unavailable"))),
    (ToolMissing, Case(How::Scene(|scene| counted(scene).without("valgrind")), Broken("unavailable"))),
    (WrongVersion, Case(Tool(BUILD, RejectsArguments), Broken("crashed"))),
    (
        WrongVersion,
        Case(
            How::Scene(|scene| counted(scene.recorded(RUNNER, 0, "gungraun-runner 0.20.0\n", ""))),
            Broken("unavailable"),
        ),
    ),
    (
        WrongVersion,
        Case(
            How::Scene(|scene| library(scene, "\\\"version\\\":\\\"6\\\"", "\\\"version\\\":\\\"99\\\"")),
            Broken("garbage"),
        ),
    ),
    (
        FailureWithCleanOutput,
        Case(How::Scene(|scene| counted(scene).fake_failure(RUNNER, 1, "no")), Broken("unavailable")),
    ),
    (
        FailureWithCleanOutput,
        Case(
            How::Scene(|scene| {
                library(
                    scene,
                    "leave(Path::new(home), name, *count);\n    }",
                    "leave(Path::new(home), name, *count);\n    }\n    std::process::exit(3);",
                )
            }),
            Failed("bench/failed"),
        ),
    ),
    (Garbage, Case(How::Scene(|scene| leaves(scene, "{?")), Failed("bench/failed"))),
    (
        Garbage,
        Case(
            How::Scene(|scene| counted(scene.fake(RUNNER, &Act::Exit(0, "?".into(), String::new())))),
            Broken("unavailable"),
        ),
    ),
    (EmptyOutput, Case(How::Scene(|scene| leaves(scene, "")), Failed("bench/failed"))),
    (
        EmptyOutput,
        Case(How::Scene(|scene| counted(scene.fake(RUNNER, &Act::silent(0)))), Broken("unavailable")),
    ),
    (
        Truncated,
        Case(
            How::Scene(|scene| leaves(scene, "{\"version\":\"6\",\"module_path\":")),
            Failed("bench/failed"),
        ),
    ),
    (
        Truncated,
        Case(
            How::Scene(|scene| library(scene, "println!(\"\\n0 tests", "let _ = format!(\"\\n0 tests")),
            Failed("bench/failed"),
        ),
    ),
    (
        KilledBySignal,
        Case(
            How::Scene(|scene| {
                library(
                    scene,
                    "fn leave(home: &Path, name: &str, count: u64) {",
                    "fn leave(home: &Path, name: &str, count: u64) {\n    if count > 1 { std::process::abort() }",
                )
            }),
            Failed("bench/failed"),
        ),
    ),
    (
        KilledBySignal,
        Case(How::Scene(|scene| counted(scene.fake(RUNNER, &Act::Kill))), Broken("unavailable")),
    ),
    (
        OutputOfAnotherRun,
        Case(
            How::Scene(|scene| {
                library(
                    scene,
                    "(name.to_owned(), String::new())",
                    "(\"work::group::other\".to_owned(), String::new())",
                )
            }),
            Failed("bench/failed"),
        ),
    ),
    (
        OutputOfAnotherRun,
        Case(
            How::Scene(|scene| {
                library(
                    scene,
                    "\\\"Left\\\":{{\\\"Int\\\":{count}}}",
                    "\\\"Both\\\":[{{\\\"Int\\\":{count}}},{{\\\"Int\\\":{count}}}]",
                )
            }),
            Failed("bench/failed"),
        ),
    ),
    (
        NoTestsRan,
        Case(
            How::Scene(|scene| {
                library(
                    scene,
                    "benches.iter().for_each(|(name, _)| println!(\"{name}: benchmark\"));\n        println!(\"\\n0 tests, {} benchmarks\", benches.len());",
                    "println!(\"\\n0 tests, 0 benchmarks\");",
                )
            }),
            Failed("bench/failed"),
        ),
    ),
    (
        NoTestsRan,
        Case(
            How::Scene(|scene| {
                library(scene, "filter(|(_, count)| *count > 0)", "filter(|(_, count)| *count == 0)")
            }),
            Failed("bench/failed"),
        ),
    ),
    (FailureWithCleanOutput, Case(Tool(BUILD, Contradicts(101)), Broken("garbage"))),
    (FailureWithCleanOutput, Case(Tool(GIT, Contradicts(1)), Broken("crashed"))),
    (
        FailureWithCleanOutput,
        Case(
            How::Scene(|scene| {
                program(scene, "let wanted", "if args.len() > 2 { std::process::exit(3) }\n    let wanted")
            }),
            Failed("bench/failed"),
        ),
    ),
    (Garbage, Case(Tool(BUILD, Prints("{?\n")), Broken("garbage"))),
    (Garbage, Case(How::Scene(|scene| writes(scene, "{?")), Failed("bench/failed"))),
    (Garbage, Case(How::Scene(|scene| exports(scene, "{?", &export("a", 100))), Broken("garbage"))),
    (EmptyOutput, Case(Tool(BUILD, SaysNothing), Broken("garbage"))),
    (EmptyOutput, Case(How::Scene(|scene| writes(scene, "")), Failed("bench/failed"))),
    (EmptyOutput, Case(How::Scene(|scene| exports(scene, &export("a", 100), "")), Broken("garbage"))),
    (Truncated, Case(Tool(BUILD, Keeps("half")), Broken("garbage"))),
    (
        Truncated,
        Case(
            How::Scene(|scene| {
                let whole = export("a", 100);
                let (half, _) = whole.split_at(whole.len() / 2);
                exports(scene, half, &whole)
            }),
            Broken("garbage"),
        ),
    ),
    (Truncated, Case(Tool(BUILD, Keeps("but-last-line")), Broken("garbage"))),
    (Truncated, Case(How::Scene(|scene| writes(scene, "{\"iters\":[1.0")), Failed("bench/failed"))),
    (KilledBySignal, Case(Tool(BUILD, IsKilled), Broken("crashed"))),
    (
        KilledBySignal,
        Case(
            How::Scene(|scene| {
                program(scene, "assert!(*time > 0", "std::process::abort();\n        assert!(*time > 0")
            }),
            Failed("bench/failed"),
        ),
    ),
    (Hang, Case(Tool(BUILD, Hangs), Broken("timed-out"))),
    (OutputOfAnotherRun, Case(How::Scene(|scene| sound(scene).foreign(BUILD)), Broken("garbage"))),
    (
        OutputOfAnotherRun,
        Case(How::Scene(|scene| exports(scene, &export("a", 100), &export("b", 100))), Broken("nothing-ran")),
    ),
    (
        OutputOfAnotherRun,
        Case(How::Scene(|scene| exports(scene, &export("a", 100), &export("a", 100))), Broken("nothing-ran")),
    ),
    (
        OutputOfAnotherRun,
        Case(
            How::Scene(|scene| {
                let scene = exports(scene, &export("a", 100), &export("a", 101));
                let head = scene.workspace.root().join("head.json");
                let head = std::fs::File::options().write(true).open(head).unwrap();
                head.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1)).unwrap();
                scene
            }),
            Broken("garbage"),
        ),
    ),
    (
        NoTestsRan,
        Case(
            How::Scene(|scene| program(scene, "filter == ", "name.is_empty() && filter == ")),
            Failed("bench/failed"),
        ),
    ),
    (NoTestsRan, Case(How::Scene(|scene| program(scene, ": benchmark", "")), Warned("bench/not-criterion"))),
    (NoFilesMatched, Case(Tool(BUILD, Prints(NOTHING_BUILT)), Broken("garbage"))),
    (DiskFull, Case(Tool(BUILD, FindsNoSpace(101)), Broken("crashed"))),
    (DiskFull, Case(Tool(GIT_TREE, FindsNoSpace(128)), Broken("crashed"))),
    (ReadOnlyTarget, Case(How::Scene(|scene| closed_target(sound(scene))), Broken("crashed"))),
    (DatabaseMissing, NO_DATABASE),
    (DatabaseTooOld, NO_DATABASE),
    (LookUpImpossible, NO_DATABASE),
    (
        RunCutShort,
        Case(
            How::Scene(|scene| library(scene, "filter(|(_, count)| *count > 0)", "take(1)")),
            Failed("bench/failed"),
        ),
    ),
    NO_TOOLCHAIN,
    (LockMissing, Case(How::Scene(|scene| no_lock(sound(scene))), Broken("crashed"))),
    (LockOutOfStep, Case(How::Scene(|scene| old_lock(sound(scene))), Broken("crashed"))),
    PANIC,
];

#[test]
fn bench_never_passes_on_a_fault() {
    never_passes("bench");
}
