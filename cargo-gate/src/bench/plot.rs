//! The benches as one HTML page: a bar for each bench's interval, a mark for its change.

use std::fmt::Write as _;

use super::opinion::{Kind, Opinion};
use super::words::{percent, time};
use super::{Bars, Judgement};

/// Widths of the picture in pixels: the names' column, and the scale beside it.
const NAMES: f64 = 330.0;
const SCALE: f64 = 460.0;
/// What stands right of the scale.
const FIGURES: f64 = 240.0;
const LINE: f64 = 26.0;

/// The page. It needs nothing from anywhere else.
pub fn html(opinions: &[Opinion], bars: Bars, compared: &str) -> String {
    let shown: Vec<(&Opinion, &Judgement)> =
        opinions.iter().filter_map(|one| Some((one, one.judged.as_ref()?))).collect();
    let reach = reach(&shown, bars);
    let x = |share: f64| NAMES + SCALE * (share.clamp(-reach, reach) / reach + 1.0) / 2.0;
    let mut lines = u16::try_from(shown.len()).map_or(0.0, f64::from);
    lines += 2.0;
    let (width, height) = (NAMES + SCALE + FIGURES, lines * LINE);
    let mut svg = format!(
        "<svg viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"change of each bench\">\n"
    );
    for (share, class) in [(0.0, "zero"), (share(bars.warn), "warn"), (share(bars.fail), "fail")] {
        let at = x(share);
        let _ = writeln!(
            svg,
            "<line class=\"{class}\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{LINE}\" y2=\"{height:.0}\"/>\
             <text class=\"head\" x=\"{at:.1}\" y=\"16\" text-anchor=\"middle\">{:+.0} %</text>",
            share * 100.0
        );
    }
    let mut top = LINE;
    for (opinion, judged) in shown {
        top += LINE;
        bench(&mut svg, opinion, judged, top, &x);
    }
    svg.push_str("</svg>\n");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Benches</title>\n\
         <style>{STYLE}</style>\n<h1>Benches</h1>\n<p>{}</p>\n{svg}{}</html>\n",
        escape(compared),
        rest(opinions)
    )
}

/// How far the scale reaches on either side: what is shown and both bars, and no farther than 100 %.
fn reach(shown: &[(&Opinion, &Judgement)], bars: Bars) -> f64 {
    let ends =
        shown.iter().flat_map(|(_, judged)| [judged.change, judged.interval.low, judged.interval.high]);
    ends.map(f64::abs).fold(share(bars.fail) * 1.2, f64::max).min(1.0)
}

fn share(percent: u32) -> f64 {
    f64::from(percent) / 100.0
}

fn bench(svg: &mut String, opinion: &Opinion, judged: &Judgement, y: f64, x: &impl Fn(f64) -> f64) {
    let class = match opinion.kind {
        Kind::Failed | Kind::Slower => "bad",
        Kind::SomewhatSlower | Kind::Layout | Kind::SlowerOnce | Kind::NotCompared | Kind::Unclear => "doubt",
        Kind::Holds => "holds",
        Kind::Faster => "good",
    };
    let (low, high, at) = (x(judged.interval.low), x(judged.interval.high), x(judged.change));
    let (middle, right) = (y - 5.0, NAMES + SCALE + 12.0);
    let _ = writeln!(
        svg,
        "<g class=\"{class}\"><title>{}</title>\
         <text x=\"{:.0}\" y=\"{y:.0}\" text-anchor=\"end\">{}</text>\
         <rect x=\"{low:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"6\" rx=\"3\"/>\
         <circle cx=\"{at:.1}\" cy=\"{middle:.1}\" r=\"5\"/>\
         <text x=\"{right:.0}\" y=\"{y:.0}\">{} {} → {}</text></g>",
        escape(&opinion.said),
        NAMES - 14.0,
        escape(&shortened(&opinion.name)),
        middle - 3.0,
        (high - low).max(1.0),
        percent(judged.change),
        time(judged.base),
        time(judged.head),
    );
}

/// The benches of which there is nothing to draw.
fn rest(opinions: &[Opinion]) -> String {
    let others = opinions.iter().filter(|one| one.judged.is_none());
    let items = others.fold(String::new(), |mut items, one| {
        let _ = writeln!(items, "<li>{}: {}</li>", escape(&one.name), escape(&one.said));
        items
    });
    if items.is_empty() { items } else { format!("<ul>\n{items}</ul>\n") }
}

/// The end of a long name, which tells more than its start.
fn shortened(name: &str) -> String {
    const MOST: usize = 42;
    let count = name.chars().count();
    if count <= MOST {
        return name.to_owned();
    }
    std::iter::once('…').chain(name.chars().skip(count - MOST + 1)).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2024;--faint:#8b9096;--bad:#c5283d;--doubt:#b8860b;--good:#1a7f4b;--holds:#5b6770;--page:#fff}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--faint:#7d848b;--bad:#ff6b7d;--doubt:#e0b040;--good:#4cc38a;--holds:#9aa5ae;--page:#16191c}}\
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:66rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem;margin:0}svg{width:100%;font-size:13px}text{fill:var(--ink)}.head{fill:var(--faint)}\
line{stroke:var(--faint);stroke-dasharray:3 4}.zero{stroke-dasharray:none}.warn{stroke:var(--doubt)}.fail{stroke:var(--bad)}\
rect{opacity:.35}.bad rect,.bad circle{fill:var(--bad)}.doubt rect,.doubt circle{fill:var(--doubt)}\
.good rect,.good circle{fill:var(--good)}.holds rect,.holds circle{fill:var(--holds)}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::{Interval, Verdict};

    fn opinion(name: &str, change: f64, kind: Kind) -> Opinion {
        let interval = Interval { low: change - 0.02, high: change + 0.03 };
        let (base, head) = (4_500.0, 4_500.0 * (1.0 + change));
        let judged =
            Judgement { base, head, change, interval, rounds: 12, verdict: Verdict::Holds, clear: true };
        let (target, root) = ("speed".to_owned(), "benches/speed.rs".to_owned());
        Opinion {
            name: name.to_owned(),
            target,
            root,
            judged: Some(judged),
            counted: None,
            kind,
            said: "said".to_owned(),
            help: None,
        }
    }

    #[test]
    fn the_page_is_drawn() {
        let opinions = [
            opinion("Reader<'a>::events/big", 0.31, Kind::Slower),
            opinion("escape/plain", 0.004, Kind::Holds),
            Opinion { judged: None, said: "no time".to_owned(), ..opinion("late", 0.0, Kind::Unclear) },
        ];
        insta::assert_snapshot!(html(&opinions, Bars { warn: 10, fail: 20 }, "the base & the head"));
    }

    #[test]
    fn what_is_far_beyond_the_scale_stays_within_the_picture() {
        let page = html(&[opinion("x", 54.0, Kind::Slower)], Bars { warn: 10, fail: 20 }, "");
        assert!(page.contains("cx=\"790.0\""), "{page}");
    }

    #[test]
    fn a_long_name_keeps_its_end() {
        let name = format!("{}/the end", "x".repeat(60));
        let short = shortened(&name);
        assert!(short.starts_with('…') && short.ends_with("/the end") && short.chars().count() == 42);
    }
}
