//! The plan file: what it may contain, and where it is wrong.
//!
//! ```json
//! {
//!   "source": "where the plan comes from",
//!   "agencies": [{ "code": "DOC", "name": "Department of Commerce" }],
//!   "actions": [{
//!     "id": "action-1", "title": "…", "text": "…", "lead": "DOC", "support": ["NSF"],
//!     "pillar": "optional", "due": "2027-12-31, optional", "criterion": "optional"
//!   }]
//! }
//! ```
//!
//! An agency or action that is in the file twice, word for word, counts once. A lead that is also named in `support`
//! is left out there.

use crate::client::text_file::without_bom;
use crate::language::{self, current, say};
use domain::resolution::adopted_elsewhere::ITEMS_MAX;
use domain::{Code, Date, Line, Text};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Agencies of one plan, at most.
const AGENCIES_MAX: usize = 500;

/// A plan that can be imported.
#[derive(Debug)]
pub struct Plan {
    /// Where it comes from.
    pub source: Line,
    /// Each once, in the order of the file.
    pub agencies: Vec<(Code, Line)>,
    /// Rows of agencies that repeat another word for word.
    pub repeated_agencies: usize,
    /// Each once, in the order of the file.
    pub actions: Vec<Action>,
    /// Rows of actions that repeat another word for word.
    pub repeated_actions: usize,
    /// The actions whose lead is also named in their support.
    pub leads_in_support: Vec<Line>,
}

impl Plan {
    /// The departments that lead an action.
    pub fn leads(&self) -> BTreeSet<&Code> {
        self.actions.iter().map(|action| &action.lead).collect()
    }
}

/// One action of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// Its id in the plan.
    pub id: Line,
    /// Its title.
    pub title: Line,
    /// What is to be done.
    pub text: Text,
    /// Who leads.
    pub lead: Code,
    /// Who supports; not the lead.
    pub support: Vec<Code>,
    /// When it is due.
    pub due: Option<Date>,
    /// What shows that it was done.
    pub criterion: Option<Text>,
}

/// Everything that is wrong with a file, each with its line.
#[derive(Debug, PartialEq)]
pub struct Faults(pub Vec<(usize, String)>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (line, fault) in &self.0 {
            writeln!(f, "{}", say("  line {line}: {fault}", &[("line", line), ("fault", fault)]))?;
        }
        f.write_str(language::text("nothing was imported; correct the file and try again"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanRow<'f> {
    source: String,
    #[serde(borrow)]
    agencies: Vec<&'f RawValue>,
    #[serde(borrow)]
    actions: Vec<&'f RawValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgencyRow {
    code: String,
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ActionRow {
    id: String,
    #[serde(default, rename = "pillar")]
    _pillar: Option<String>,
    title: String,
    text: String,
    lead: String,
    #[serde(default)]
    support: Vec<String>,
    due: Option<String>,
    criterion: Option<String>,
}

/// Reads a plan, or reports everything that is wrong with it; nothing may be due before `today`.
pub fn read(text: &str, today: Date) -> Result<Plan, Faults> {
    let text = without_bom(text);
    let rows: PlanRow<'_> = serde_json::from_str(text)
        .map_err(|error| Faults(vec![(error.line().max(1), without_location(&error))]))?;
    let mut reader = Reader { text, today, faults: Vec::new(), leads_in_support: BTreeSet::new() };
    let source = reader.parsed(1, "source", Line::parse(&rows.source));
    let (agencies, repeated_agencies) = reader.agencies(&rows.agencies);
    let (actions, repeated_actions) = reader.actions(&rows.actions, &agencies);
    let mut count = |sentence: &str, there: usize, max: usize| {
        if there == 0 || there > max {
            reader.faults.push((1, say(sentence, &[("there", &there), ("max", &max)])));
        }
    };
    let agencies_there = rows.agencies.len() - repeated_agencies;
    count(language::text("there are {there} agencies; a plan has 1 to {max}"), agencies_there, AGENCIES_MAX);
    let actions_there = rows.actions.len() - repeated_actions;
    count(language::text("there are {there} actions; a plan has 1 to {max}"), actions_there, ITEMS_MAX);
    match source {
        Some(source) if reader.faults.is_empty() => {
            let named_twice = |action: &&Action| reader.leads_in_support.contains(&action.id);
            let leads_in_support =
                actions.iter().filter(named_twice).map(|action| action.id.clone()).collect();
            Ok(Plan { source, agencies, repeated_agencies, actions, repeated_actions, leads_in_support })
        }
        _ => Err(Faults(reader.faults)),
    }
}

struct Reader<'f> {
    text: &'f str,
    today: Date,
    faults: Vec<(usize, String)>,
    /// The actions whose lead is also named in their support.
    leads_in_support: BTreeSet<Line>,
}

impl Reader<'_> {
    /// The line on which a part of the file begins, from 1.
    fn line(&self, row: &RawValue) -> usize {
        let offset = row.get().as_ptr() as usize - self.text.as_ptr() as usize;
        1 + self.text[..offset].matches('\n').count()
    }

    fn parsed<T>(&mut self, line: usize, field: &str, read: Result<T, impl fmt::Display>) -> Option<T> {
        let told = |fault| format!("{field} {}", current().fault(&format!("{fault}")));
        read.map_err(|fault| self.faults.push((line, told(fault)))).ok()
    }

    fn row<T: serde::de::DeserializeOwned>(&mut self, row: &RawValue) -> Option<T> {
        let line = self.line(row);
        serde_json::from_str(row.get())
            .map_err(|error| self.faults.push((line + error.line().max(1) - 1, without_location(&error))))
            .ok()
    }

    fn agencies(&mut self, rows: &[&RawValue]) -> (Vec<(Code, Line)>, usize) {
        let mut agencies: Vec<(Code, Line)> = Vec::new();
        let mut repeated = 0;
        for row in rows {
            let line = self.line(row);
            let Some(agency) = self.row::<AgencyRow>(row) else { continue };
            let code = self.parsed(line, "code", Code::parse(&agency.code));
            let name = self.parsed(line, "name", Line::parse(&agency.name));
            let (Some(code), Some(name)) = (code, name) else { continue };
            match agencies.iter().find(|(known, _)| *known == code) {
                None => agencies.push((code, name)),
                Some((_, known)) if *known == name => repeated += 1,
                Some((_, known)) => {
                    self.faults.push((
                        line,
                        say(
                            "agency {code} was named \"{known}\" before",
                            &[("code", &code), ("known", known)],
                        ),
                    ));
                }
            }
        }
        (agencies, repeated)
    }

    fn actions(&mut self, rows: &[&RawValue], agencies: &[(Code, Line)]) -> (Vec<Action>, usize) {
        let mut actions: BTreeMap<Line, usize> = BTreeMap::new();
        let mut kept: Vec<Action> = Vec::new();
        let mut repeated = 0;
        for row in rows {
            let Some(action) = self.action(row, agencies) else { continue };
            match actions.get(&action.id) {
                None => {
                    actions.insert(action.id.clone(), kept.len());
                    kept.push(action);
                }
                Some(&known) if kept[known] == action => repeated += 1,
                Some(_) => {
                    let line = self.line(row);
                    self.faults.push((
                        line,
                        say("action {id} appeared before with different content", &[("id", &action.id)]),
                    ));
                }
            }
        }
        (kept, repeated)
    }

    fn action(&mut self, row: &RawValue, agencies: &[(Code, Line)]) -> Option<Action> {
        let line = self.line(row);
        let action = self.row::<ActionRow>(row)?;
        let before = self.faults.len();
        let id = self.parsed(line, "id", Line::parse(&action.id));
        let title = self.parsed(line, "title", Line::parse(&action.title));
        let text = self.parsed(line, "text", Text::parse(&action.text));
        let lead = self.agency(line, "lead", &action.lead, agencies);
        let mut support = Vec::new();
        for named in &action.support {
            let code = self.agency(line, "support", named, agencies);
            if code.as_ref().is_some_and(|code| support.contains(code)) {
                self.faults.push((line, say("support names {code} twice", &[("code", named)])));
            }
            support.extend(code);
        }
        if let (Some(id), Some(lead)) = (&id, &lead)
            && support.contains(lead)
        {
            support.retain(|code| code != lead);
            self.leads_in_support.insert(id.clone());
        }
        let today = self.today;
        let due = action.due.map(|due| {
            let read = match domain::date::parse(&due) {
                Ok(date) if date < today => {
                    Err(say("{date} has passed; today is {today}", &[("date", &date), ("today", &today)]))
                }
                read => read.map_err(|fault| fault.to_string()),
            };
            self.parsed(line, "due", read)
        });
        let criterion =
            action.criterion.map(|criterion| self.parsed(line, "criterion", Text::parse(&criterion)));
        if self.faults.len() > before {
            return None;
        }
        Some(Action {
            id: id?,
            title: title?,
            text: text?,
            lead: lead?,
            support,
            due: due.flatten(),
            criterion: criterion.flatten(),
        })
    }

    fn agency(&mut self, line: usize, field: &str, named: &str, agencies: &[(Code, Line)]) -> Option<Code> {
        let code = self.parsed(line, field, Code::parse(named))?;
        if agencies.iter().any(|(known, _)| *known == code) {
            return Some(code);
        }
        self.faults.push((
            line,
            say(
                "{field} names {code}, which is not among the agencies",
                &[("field", &field), ("code", &code)],
            ),
        ));
        None
    }
}

/// A message of serde without its location, which is relative to a row.
fn without_location(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{
  "source": "A plan",
  "agencies": [
    { "code": "A", "name": "Agency A" },
    { "code": "B", "name": "Agency B" },
    { "code": "A", "name": "Agency A" }
  ],
  "actions": [
    { "id": "1", "title": "Do it", "text": "All of it", "lead": "A", "support": ["B", "A"] }
  ]
}"#;

    fn read_today(text: &str) -> Result<Plan, Faults> {
        read(text, jiff::civil::date(2027, 3, 1))
    }

    #[test]
    fn a_row_that_repeats_another_counts_once() {
        let plan = read_today(GOOD).unwrap();
        assert_eq!((plan.agencies.len(), plan.repeated_agencies), (2, 1));
    }

    #[test]
    fn a_lead_that_is_named_as_support_is_left_out_there() {
        let plan = read_today(GOOD).unwrap();
        assert_eq!(plan.actions[0].support, [Code::parse("B").unwrap()]);
        assert_eq!(plan.leads_in_support, [Line::parse("1").unwrap()]);
    }

    #[test]
    fn every_fault_is_reported_with_its_line() {
        let bad = GOOD
            .replace(
                r#""code": "A", "name": "Agency A" }
  ]"#,
                r#""code": "A", "name": "Another name" }
  ]"#,
            )
            .replace(r#""lead": "A""#, r#""lead": "X""#);
        let faults = read_today(&bad).unwrap_err();
        assert_eq!(
            faults.0,
            [
                (6, "agency A was named \"Agency A\" before".to_owned()),
                (9, "lead names X, which is not among the agencies".to_owned()),
            ]
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_plan() {
        let plan = read_today(&format!("\u{feff}{GOOD}")).unwrap();
        assert_eq!(plan.actions.len(), 1);
        let faults = read_today(&format!("\u{feff}{}", GOOD.replace("\"text\"", "\"texts\""))).unwrap_err();
        assert_eq!(faults.0[0].0, 9, "lines are counted as without it");
    }

    #[test]
    fn nothing_may_be_due_in_the_past() {
        let faults = read_today(&GOOD.replace("\"lead\"", "\"due\": \"2020-12-31\", \"lead\"")).unwrap_err();
        assert_eq!(faults.0, [(9, "due 2020-12-31 has passed; today is 2027-03-01".to_owned())]);
    }

    #[test]
    fn a_due_date_is_a_date_that_exists_and_nothing_else() {
        let faults = |due: &str| {
            let due = format!("\"due\": \"{due}\", \"lead\"");
            read_today(&GOOD.replace("\"lead\"", &due)).unwrap_err().0
        };
        assert_eq!(
            faults("2027-12-31T22:00:00-08:00"),
            [(9, "due must be a date such as 2027-03-31".to_owned())]
        );
        assert_eq!(faults("2027-02-30"), [(9, "due is not a date: there is no 30 February 2027".to_owned())]);
    }

    #[test]
    fn malformed_json_is_reported_with_its_line() {
        let faults = read_today("{\n  \"source\": \"A plan\",\n  \"agencies\": [,]\n}").unwrap_err();
        assert_eq!(faults.0[0].0, 3);
    }

    #[test]
    fn an_unknown_or_missing_field_is_reported_with_its_line() {
        let faults = read_today(&GOOD.replace("\"text\"", "\"texts\"")).unwrap_err();
        assert_eq!(faults.0[0].0, 9);
        assert!(faults.0[0].1.contains("texts"), "{faults}");
    }
}
