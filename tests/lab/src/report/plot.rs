//! Plot of a profile: rate and queue over time, as a small SVG without scripts or fonts of its own.

use std::fmt::Write as _;

use crate::profiles::{Change, Profile};
use crate::record::{Measured, Runs, System};

const WIDTH: f64 = 720.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const PANELS: [(f64, f64); 2] = [(24.0, 150.0), (206.0, 70.0)];
const HEIGHT: f64 = 306.0;
const COLORS: [(System, &str, &str); 3] = [
    (System::Bellwire, "Bellwire", "#1f6feb"),
    (System::Chromium, "Chromium", "#d9730d"),
    (System::Mixed, "both", "#7a3ff2"),
];
const GREY: &str = "#888";

/// The first run of each system, from the caller.
pub(super) fn draw(profile: &Profile, runs: &Runs) -> String {
    let lines: Vec<(&str, &str, &Measured)> = COLORS
        .iter()
        .filter_map(|(system, name, color)| Some((*name, *color, runs.get(system)?.first()?)))
        .collect();
    let series =
        |measured: &Measured| measured.sides.first().map(|side| side.series.clone()).unwrap_or_default();
    let seconds = lines
        .iter()
        .map(|(_, _, measured)| series(measured).received_kbps.len() as f64 * series(measured).step_s)
        .fold(1.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"11\" fill=\"{GREY}\" stroke-linejoin=\"round\">\n"
    );
    let rates: Vec<Vec<f64>> = lines.iter().map(|line| series(line.2).received_kbps).collect();
    let queues: Vec<Vec<f64>> = lines.iter().map(|line| series(line.2).queue_ms).collect();
    let top = |all: &[Vec<f64>], least: f64| all.iter().flatten().copied().fold(least, f64::max) * 1.1;
    let panels = [("kbit/s", &rates, top(&rates, 100.0)), ("queue, ms", &queues, top(&queues, 20.0))];
    for ((y, height), (title, values, most)) in PANELS.into_iter().zip(panels) {
        let panel = Panel { y, height, seconds, most };
        panel.frame(&mut svg, title);
        for ((_, color, measured), values) in lines.iter().zip(values) {
            panel.line(&mut svg, color, values, series(measured).step_s);
        }
    }
    let rate = Panel { y: PANELS[0].0, height: PANELS[0].1, seconds, most: top(&rates, 100.0) };
    rate.capacity(&mut svg, profile);
    for (n, (name, color, _)) in lines.iter().enumerate() {
        let x = LEFT + 8.0 + 90.0 * n as f64;
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"15\" fill=\"{color}\">{name}</text>");
    }
    svg + "</svg>\n"
}

struct Panel {
    y: f64,
    height: f64,
    seconds: f64,
    /// Value at the top.
    most: f64,
}

impl Panel {
    fn x(&self, seconds: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (seconds / self.seconds).clamp(0.0, 1.0)
    }

    fn at(&self, value: f64) -> f64 {
        self.y + self.height * (1.0 - (value / self.most).clamp(0.0, 1.0))
    }

    fn frame(&self, svg: &mut String, title: &str) {
        let (bottom, right) = (self.y + self.height, WIDTH - RIGHT);
        let _ = writeln!(
            svg,
            "<path d=\"M{LEFT} {}V{bottom}H{right}\" fill=\"none\" stroke=\"{GREY}\"/>",
            self.y
        );
        let step = round_step(self.most / 3.0);
        let mut value = 0.0;
        while value <= self.most {
            let y = self.at(value);
            let _ = writeln!(
                svg,
                "<text x=\"{}\" y=\"{:.0}\" text-anchor=\"end\">{value}</text>",
                LEFT - 5.0,
                y + 4.0
            );
            value += step;
        }
        let every = round_step(self.seconds / 8.0).max(1.0);
        let mut at = 0.0;
        while at <= self.seconds {
            let _ = writeln!(
                svg,
                "<text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{at} s</text>",
                self.x(at),
                bottom + 14.0
            );
            at += every;
        }
        let _ =
            writeln!(svg, "<text x=\"{right}\" y=\"{:.0}\" text-anchor=\"end\">{title}</text>", self.y - 4.0);
    }

    fn line(&self, svg: &mut String, color: &str, values: &[f64], step_s: f64) {
        let points: Vec<String> = values
            .iter()
            .enumerate()
            .map(|(n, value)| format!("{:.1},{:.1}", self.x((n as f64 + 0.5) * step_s), self.at(*value)))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"1.5\"/>",
            points.join(" ")
        );
    }

    /// The link's rate over time, dashed, where it has one that is in sight.
    fn capacity(&self, svg: &mut String, profile: &Profile) {
        let mut changes = vec![(0.0, profile.link)];
        changes.extend(profile.steps.iter().filter_map(|step| match step.change {
            Change::Link(link) | Change::Restore(link) => Some((step.at_s, link)),
            Change::Address | Change::Outage => None,
        }));
        for (n, (from, link)) in changes.iter().enumerate() {
            let until = changes.get(n + 1).map_or(self.seconds, |next| next.0);
            if link.rate_kbps > 0.0 && link.rate_kbps <= self.most * 1.2 && !link.down {
                let y = self.at(link.rate_kbps);
                let _ = writeln!(
                    svg,
                    "<path d=\"M{:.1} {y:.1}H{:.1}\" stroke=\"{GREY}\" stroke-dasharray=\"4 3\"/>",
                    self.x(*from),
                    self.x(until)
                );
            }
        }
    }
}

/// 1, 2 or 5 times a power of ten.
fn round_step(wanted: f64) -> f64 {
    let power = 10_f64.powf(wanted.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|n| n * power).find(|step| *step >= wanted).unwrap_or(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_of_an_axis_are_round() {
        assert_eq!(round_step(0.8), 1.0);
        assert_eq!(round_step(130.0), 200.0);
        assert_eq!(round_step(450.0), 500.0);
    }
}
