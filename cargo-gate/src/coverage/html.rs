//! The line counts as one HTML page that needs nothing else: a list of the sources, and each source with
//! its counts.

use std::fmt::Write as _;

use super::{Figure, Measured, Percent};
use crate::step::{SourceFile, Sources};

const STYLE: &str = "\
:root{--fg:#1f2328;--dim:#59636e;--bg:#fff;--line:#d1d9e0;--hit:#dafbe1;--miss:#ffebe9;--changed:#0969da}\
@media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--dim:#9198a1;--bg:#0d1117;--line:#3d444d;\
--hit:#12351f;--miss:#4a1d1f;--changed:#4493f8}}\
body{font:14px/1.5 system-ui,sans-serif;color:var(--fg);background:var(--bg);margin:2rem auto;\
max-width:70rem;padding:0 1rem}\
h1{font-size:1.4rem}h2{font:600 1rem ui-monospace,monospace;margin:2.5rem 0 .5rem}\
p{color:var(--dim)}a{color:inherit}\
table{border-collapse:collapse;width:100%}\
.files td,.files th{padding:.25rem .5rem;border-bottom:1px solid var(--line);text-align:left}\
.files .n,.files th.n{text-align:right;font-variant-numeric:tabular-nums}\
.bar{width:8rem;max-width:20vw;height:.5rem;background:var(--miss)}.bar i{display:block;height:100%;background:#2da44e}\
.below{color:#cf222e;font-weight:600}\
.code{font:12px/1.5 ui-monospace,monospace;table-layout:fixed;border:1px solid var(--line)}\
.code td{padding:0 .5rem;vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere}\
.code td:nth-child(1),.code td:nth-child(2){width:3.2rem;text-align:right;color:var(--dim);\
user-select:none}\
.hit{background:var(--hit)}.miss{background:var(--miss)}\
.new td:first-child{border-left:3px solid var(--changed)}";

/// The page. `changed` tells of a path and line whether the change under judgement touches it.
pub fn html(
    measured: &Measured,
    sources: &Sources,
    bar: Percent,
    changed: impl Fn(&str, u32) -> bool,
) -> String {
    let whole = measured.figure(|_| true);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>Coverage {whole}</title>\
         <style>{STYLE}</style></head><body>\n<h1>{whole} of lines</h1>\
         <p>{} of {} lines with code were run by tests. Bar: {bar}. A blue edge marks changed lines.</p>\n",
        whole.hit, whole.total,
    );
    page.push_str("<table class=\"files\"><tr><th>source</th><th class=\"n\">lines</th>");
    page.push_str("<th class=\"n\">not run</th><th class=\"n\">covered</th><th></th></tr>\n");
    for (number, (path, counts)) in measured.files.iter().enumerate() {
        file_row(&mut page, number, path, Figure::of(counts), bar);
    }
    page.push_str("</table>\n");
    for (number, (path, counts)) in measured.files.iter().enumerate() {
        let _ = writeln!(page, "<h2 id=\"f{number}\">{}</h2>\n<table class=\"code\">", escaped(path));
        let text = sources.get(path).map(SourceFile::text).unwrap_or_default();
        for (line, text) in (1_u32..).zip(text.lines()) {
            let (class, hits) = match counts.hits(line) {
                Some(0) => ("miss", "0".to_owned()),
                Some(hits) => ("hit", hits.to_string()),
                None => ("", String::new()),
            };
            let new = if changed(path, line) { " new" } else { "" };
            let _ = writeln!(
                page,
                "<tr class=\"{class}{new}\"><td>{line}</td><td>{hits}</td><td>{}</td></tr>",
                escaped(text)
            );
        }
        page.push_str("</table>\n");
    }
    page + "</body></html>\n"
}

fn file_row(page: &mut String, number: usize, path: &str, figure: Figure, bar: Percent) {
    let below = if figure.reaches(bar) { "" } else { " below" };
    let width = figure.percent().unwrap_or(100.0);
    let _ = writeln!(
        page,
        "<tr><td><a href=\"#f{number}\">{}</a></td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
         <td class=\"n{below}\">{figure}</td><td><div class=\"bar\"><i style=\"width:{width:.1}%\"></i></div></td></tr>",
        escaped(path),
        figure.total,
        figure.total - figure.hit,
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::lcov::{LineCount, LineCounts};

    #[test]
    fn lines_are_shown_with_their_counts_and_nothing_of_the_source_is_markup() {
        let text = "fn a() -> Vec<u8> {\n    b(\"&\")\n}\n";
        let file = SourceFile::new("src/<a>.rs".into(), Some(0), Ok(text.into()));
        let sources = Sources::new(vec![file]);
        let counts = LineCounts::new(vec![LineCount { line: 1, hits: 3 }, LineCount { line: 2, hits: 0 }]);
        let measured = Measured { files: [("src/<a>.rs".to_owned(), counts)].into(), ..Measured::default() };
        let page = html(&measured, &sources, Percent::whole(80), |_, line| line == 2);
        assert!(page.contains("<h1>50.0 % of lines</h1>"));
        assert!(
            page.contains("<tr class=\"hit\"><td>1</td><td>3</td><td>fn a() -&gt; Vec&lt;u8&gt; {</td></tr>")
        );
        assert!(
            page.contains(
                "<tr class=\"miss new\"><td>2</td><td>0</td><td>    b(&quot;&amp;&quot;)</td></tr>"
            )
        );
        assert!(page.contains("<tr class=\"\"><td>3</td><td></td><td>}</td></tr>"));
        assert!(page.contains("<td class=\"n below\">50.0 %</td>") && !page.contains("<a>.rs"));
    }
}
