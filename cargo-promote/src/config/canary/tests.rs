use super::super::parse;
use super::*;

fn canary(text: &str) -> Canary {
    parse(&format!("[canary]\n{text}")).unwrap().canary
}

fn problems(text: &str) -> String {
    let error = parse(&format!("[canary]\n{text}")).unwrap_err();
    error.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn steps_are_numbers_or_tables() {
    let canary = canary(
        "command = [\"shift\"]\nsteps = [{ percent = 10, command = [\"a\", \"b\"], bake = \"5m\" }, 50, 100]\n",
    );
    let percents: Vec<_> = canary.steps.iter().map(|step| step.percent).collect();
    let commands: Vec<_> =
        canary.steps.iter().map(|step| canary.command_of(step).unwrap().to_string()).collect();
    assert_eq!((percents, commands), (vec![10, 50, 100], vec!["a b".into(), "shift".into(), "shift".into()]));
    assert_eq!(canary.steps[0].bake, Some(Timeout(Duration::from_mins(5))));
}

#[test]
fn each_mistake_is_told_with_its_place() {
    for (text, told) in [
        ("windows = 0", "`windows` is 0"),
        ("min_requests = 0", "`min_requests` is 0"),
        ("measures = []", "`measures` is empty"),
        ("measures = [\"speed\"]", "speed"),
        ("error_margin = 0", "above 0 and below 1"),
        ("error_margin = 1.5", "above 0 and below 1"),
        ("error_margin = nan", "above 0 and below 1"),
        ("latency_ratio = 0.5", "at least 1"),
        ("latency_ratio = inf", "at least 1"),
        ("latency_floor = \"quick\"", "not a duration"),
        ("steps = [10, 100]", "no command"),
        ("command = [\"a\"]\nsteps = [50, 10]", "do not rise"),
        ("command = [\"a\"]\nsteps = [10, 10, 100]", "do not rise"),
        ("command = [\"a\"]\nsteps = [10, 50]", "not 100"),
        ("command = [\"a\"]\nsteps = [0, 100]", "no percentage"),
        ("command = [\"a\"]\nsteps = [101]", "no percentage"),
        ("command = [\"a\"]\nsteps = [\"10%\"]", "a percentage, or a table"),
        ("command = [\"a\"]\nsteps = [{ percent = 100, cmd = [\"b\"] }]", "cmd"),
        ("command = []", "names its program first"),
        ("timeout = \"10s\"", "too short"),
        ("on_bad = \"panic\"", "panic"),
        ("[canary.queries]\nrequests = \"up\"", "asks about no candidate"),
        ("[canary.queries]\nrequests = 'up{version=\"{verison}\"} + {version}'", "`{verison}`"),
        ("window_size = \"1m\"", "unknown field"),
    ] {
        let found = problems(text);
        assert!(found.contains(told), "{text}: {found}");
        assert!(found.lines().all(|line| line.starts_with("promote.toml:")), "{found}");
    }
}

#[test]
fn what_is_written_without_a_word_about_it_is_sound() {
    assert_eq!(Canary::default().mistakes(), [""; 0]);
    assert_eq!(canary(""), Canary::default());
}
