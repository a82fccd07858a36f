//! The clock ledger (时钟账): who held an item for how many working days, without rest, as a picture and as a table.

use super::markup::Markup;
use super::moment;
use super::reader::Surroundings;
use super::words::Words;
use proto::resolution::v1::{ItemHolder, ItemSpan};

/// Width of the picture, in pixels, and what is left free at its sides.
const WIDTH: f64 = 1190.0;
const MARGIN: f64 = 16.0;
/// Width that a name needs for each of its characters, in pixels.
const CHARACTER: f64 = 13.0;

/// A stretch of time in the hands of one holder.
pub(super) struct Span {
    /// How it is drawn: `lead`, `help`, `judge`, `rule` or `pause`.
    pub(super) held: &'static str,
    pub(super) who: String,
    pub(super) why: String,
    pub(super) from: Markup,
    pub(super) to: Markup,
    pub(super) days: u32,
    pub(super) sum: u32,
    /// Where it begins in the picture, its width, its middle, and what fits into it.
    pub(super) x: String,
    pub(super) width: String,
    pub(super) middle: String,
    pub(super) label: String,
}

/// How long one holder had it in all.
pub(super) struct Share {
    pub(super) held: &'static str,
    pub(super) who: String,
    pub(super) spans: usize,
    pub(super) days: u32,
    pub(super) percent: String,
}

/// The whole ledger.
pub(super) struct ClockLedger {
    pub(super) spans: Vec<Span>,
    pub(super) shares: Vec<Share>,
    pub(super) days: u32,
    /// The sum as a reader can redo it, in a sentence.
    pub(super) sum: String,
    /// Who has it now, and since when.
    pub(super) holder: Option<String>,
    pub(super) since: Option<String>,
}

/// The ledger of these spans, which have this many working days together.
pub(super) fn of(words: Words, around: &Surroundings, spans: &[ItemSpan], days: u32) -> ClockLedger {
    let (mut drawn, mut sum) = (Vec::new(), 0);
    for span in spans.iter().filter(|span| span.working_days > 0) {
        let (x, width) = (place(sum, days), place(span.working_days, days) - MARGIN);
        sum += span.working_days;
        let who = who(words, around, span);
        let fits = who.chars().count() as f64 * CHARACTER < width;
        drawn.push(Span {
            held: held(span.holder()),
            why: words.value("huishang.resolution.v1.ItemHolder", span.holder),
            from: moment::day(words, &span.starts_on),
            to: moment::day(words, &span.ends_on),
            days: span.working_days,
            sum,
            x: format!("{x:.1}"),
            width: format!("{width:.1}"),
            middle: format!("{:.1}", x + width / 2.0),
            label: if fits { who.clone() } else { String::new() },
            who,
        });
    }
    let shares = shares(&drawn, days);
    let terms: Vec<String> = shares.iter().map(|share| format!("{} {}", share.who, share.days)).collect();
    ClockLedger {
        sum: words.say(
            "Who held it for how many working days, without rest: {sum}.",
            &[("sum", &format!("{} = {days}", terms.join(" + ")))],
        ),
        holder: spans.last().map(|span| who(words, around, span)),
        since: spans.last().map(|span| {
            let date = moment::day_text(words, &span.starts_on);
            let values: [(&str, &dyn ToString); 2] = [("date", &date), ("n", &span.working_days)];
            words.say("since {date}, {n} working days", &values)
        }),
        spans: drawn,
        shares,
        days,
    }
}

/// Where that many of all days end.
fn place(part: u32, days: u32) -> f64 {
    MARGIN + (WIDTH - 2.0 * MARGIN) * f64::from(part) / f64::from(days.max(1))
}

fn who(words: Words, around: &Surroundings, span: &ItemSpan) -> String {
    match (&span.department_code, span.holder()) {
        (Some(code), _) => around.directory.name(code),
        (None, ItemHolder::Acceptor | ItemHolder::Ruling) => words.t("the supervisors").to_owned(),
        (None, _) => words.value("huishang.resolution.v1.ItemHolder", span.holder),
    }
}

fn held(holder: ItemHolder) -> &'static str {
    match holder {
        ItemHolder::Lead | ItemHolder::Extension | ItemHolder::Late | ItemHolder::Unspecified => "lead",
        ItemHolder::Helper => "help",
        ItemHolder::Acceptor => "judge",
        ItemHolder::Ruling => "rule",
        ItemHolder::Suspended | ItemHolder::OtherItem | ItemHolder::Done => "pause",
    }
}

fn shares(spans: &[Span], days: u32) -> Vec<Share> {
    let mut shares: Vec<Share> = Vec::new();
    for span in spans {
        match shares.iter_mut().find(|share| share.who == span.who && share.held == span.held) {
            Some(share) => {
                share.spans += 1;
                share.days += span.days;
            }
            None => shares.push(Share {
                held: span.held,
                who: span.who.clone(),
                spans: 1,
                days: span.days,
                percent: String::new(),
            }),
        }
    }
    for share in &mut shares {
        share.percent = format!("{:.1}%", 100.0 * f64::from(share.days) / f64::from(days.max(1)));
    }
    shares
}
