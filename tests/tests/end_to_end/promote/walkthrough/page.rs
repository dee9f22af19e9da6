//! Commands and what they print, from a page of Markdown.

/// The section that is taken from the guide.
const SECTION: &str = "## A walkthrough";
const OPENS: &str = "```console";
const CLOSES: &str = "```";

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// The heading above it.
    pub(super) heading: String,
    /// It, as a shell takes it.
    pub(super) command: String,
    /// What it prints.
    pub(super) output: String,
}

/// A page with such a section at its end.
#[derive(Debug)]
pub(super) struct Page {
    text: String,
    /// The commands, in their order.
    pub(super) parts: Vec<Part>,
}

impl Page {
    pub(super) fn read(text: &str) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        let (mut heading, mut inside) = (String::new(), false);
        for line in text.lines().skip_while(|line| *line != SECTION) {
            match line {
                OPENS => inside = true,
                CLOSES => inside = false,
                _ if !inside => heading = line.strip_prefix("### ").map_or(heading, str::to_owned),
                _ => take(line, &heading, &mut parts),
            }
        }
        assert!(!inside && !parts.is_empty(), "{SECTION}: no commands, or a block that does not end");
        Self { text: text.to_owned(), parts }
    }

    /// The page with these outputs.
    pub(super) fn with(&self, parts: &[Part]) -> String {
        let mut parts = parts.iter();
        let (mut text, mut inside, mut in_section) = (String::new(), false, false);
        for line in self.text.lines() {
            in_section |= line == SECTION;
            inside = in_section && (line == OPENS || inside && line != CLOSES);
            // the output before is left out, the lines of the command stay and are followed by the new one
            if !inside || line == OPENS {
                text.extend([line, "\n"]);
            } else if line.starts_with("$ ") {
                let Part { command, output, .. } = parts.next().unwrap();
                let end = if output.is_empty() || output.ends_with('\n') { "" } else { "\n" };
                let command = command.replace('\n', "\n> ").replace("> \n", ">\n");
                text.extend(["$ ", &command, "\n", output, end]);
            }
        }
        text
    }
}

fn take(line: &str, heading: &str, parts: &mut Vec<Part>) {
    if let Some(command) = line.strip_prefix("$ ") {
        let (heading, command) = (heading.to_owned(), command.to_owned());
        return parts.push(Part { heading, command, output: String::new() });
    }
    let last = parts.last_mut().unwrap_or_else(|| panic!("`{line}` is before the first command"));
    match line.strip_prefix('>').filter(|_| last.output.is_empty()) {
        Some(more) => last.command.extend(["\n", more.strip_prefix(' ').unwrap_or(more)]),
        None => last.output.extend([line, "\n"]),
    }
}

#[test]
fn commands_with_their_outputs_are_taken_from_the_section_and_put_back() {
    let text = "# A\n```console\n$ no\n```\n## A walkthrough\n\nWords\n\n```console\n$ one\n1\n> 2\n$ two <<E\n> a\n>\n> E\n```\n\n\
                ### Three\n\n```sh\nnot run\n```\n\n```console\n$ three\n```\nend\n";
    let page = Page::read(text);
    let part = |heading: &str, command: &str, output: &str| Part {
        heading: heading.to_owned(),
        command: command.to_owned(),
        output: output.to_owned(),
    };
    let expected = [part("", "one", "1\n> 2\n"), part("", "two <<E\na\n\nE", ""), part("Three", "three", "")];
    assert_eq!(page.parts, expected);
    assert_eq!(page.with(&expected), text);
    let mut others = expected;
    others[0].output.clear();
    others[2].output = "3".to_owned();
    let other = text.replace("1\n> 2\n", "").replace("$ three\n", "$ three\n3\n");
    assert_eq!(page.with(&others), other);
}
