//! The table, and what a figure is held against.

use crate::measure::{Sample, Spread};
use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use std::time::Duration;

const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// What a figure must reach.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// So much or more.
    AtLeast(f64),
    /// So much or less.
    AtMost(f64),
}

impl Target {
    /// Whether a figure reaches it, and by how much it does not.
    pub fn verdict(self, figure: f64) -> String {
        let missing = match self {
            Target::AtLeast(target) => (target - figure) / target,
            Target::AtMost(target) => (figure - target) / target,
        };
        if missing <= 0.0 { "reached".to_owned() } else { format!("missed by {:.0} %", missing * 100.0) }
    }
}

/// A line of the table.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// What is measured.
    pub case: String,
    /// Its figure.
    pub measured: String,
    /// What it is compared with.
    pub reference: String,
    /// The median of the rounds' ratios, the least and the greatest.
    pub ratio: String,
    /// User and system time for one operation, of the case and of the reference.
    pub cpu: String,
    /// What was set out to be reached.
    pub target: String,
    /// Whether it was.
    pub verdict: String,
}

impl Line {
    /// Rates against those of a reference, round by round.
    pub fn of_rates(
        case: &str,
        samples: &[Sample],
        (reference, against): (&str, &[Sample]),
        (at_least, target): (f64, &str),
    ) -> Line {
        let ratio = ratios(samples, against, |sample| sample.rate);
        Line {
            case: case.to_owned(),
            measured: rate(median(samples, |sample| sample.rate)),
            reference: format!("{reference} {}", rate(median(against, |sample| sample.rate))),
            ratio: spread(ratio),
            cpu: format!("{} : {}", cpu(samples), cpu(against)),
            target: target.to_owned(),
            verdict: Target::AtLeast(at_least).verdict(ratio.median),
        }
    }

    /// A case that could not be measured, and why.
    pub fn not_measured(case: &str, why: impl std::fmt::Display) -> Line {
        Line { case: case.to_owned(), measured: format!("not measured: {why}"), ..Line::default() }
    }
}

/// The ratios of two series, round by round.
pub fn ratios(samples: &[Sample], against: &[Sample], of: impl Fn(&Sample) -> f64) -> Spread {
    Spread::of(samples.iter().zip(against).map(|(sample, other)| of(sample) / of(other)))
}

/// The median of a series.
pub fn median(samples: &[Sample], of: impl Fn(&Sample) -> f64) -> f64 {
    Spread::of(samples.iter().map(of)).median
}

/// A rate, with its thousands apart.
pub fn rate(per_second: f64) -> String {
    let digits = format!("{per_second:.0}");
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    format!("{grouped}/s")
}

/// A ratio and how far it reached.
pub fn spread(of: Spread) -> String {
    format!("{:.2} ({:.2}–{:.2})", of.median, of.least, of.greatest)
}

/// The median CPU of an operation.
pub fn cpu(samples: &[Sample]) -> String {
    let micros = median(samples, |sample| sample.cpu.as_secs_f64() * 1e6);
    if micros == 0.0 { "–".to_owned() } else { format!("{micros:.1} µs") }
}

/// A time in the unit that suits it.
pub fn time(of: Duration) -> String {
    format!("{of:.1?}")
}

/// Bytes in megabytes.
pub fn megabytes(bytes: f64) -> String {
    format!("{:.0} MB", bytes / 1e6)
}

/// Prints lines under their heads.
#[expect(clippy::print_stdout, reason = "it is what the command is for")]
pub fn print(heads: &[&str], lines: Vec<Vec<String>>) {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(heads);
    for line in lines {
        table.add_row(line);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
}

/// Prints the table of targets.
pub fn print_targets(lines: Vec<Line>) {
    let heads = ["case", "measured", "reference", "ratio", "CPU of an operation", "target", ""];
    let row = |line: Line| {
        vec![line.case, line.measured, line.reference, line.ratio, line.cpu, line.target, line.verdict]
    };
    print(&heads, lines.into_iter().map(row).collect());
}
