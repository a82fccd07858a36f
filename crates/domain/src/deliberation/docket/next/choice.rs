//! Choices among options.

use super::{Asked, presiding, speaking, words};
use crate::Line;
use crate::deliberation::ballot::options::ChoiceMethod;
use crate::deliberation::docket::{Command, OpenedPaper, OptionChoice, State, Topic};

pub(super) fn asked(state: &State, topic: &Topic) -> Vec<Asked> {
    let number = topic.number;
    let Some(open) = topic.open_choice() else {
        let line = |text| Line::parse(text).expect("a line");
        return vec![presiding("OpenChoice", Some(number), move || Command::OpenChoice {
            topic: number,
            question: line("…"),
            options: vec![line("1"), line("2")],
            method: ChoiceMethod::Single,
            lot: None,
        })];
    };
    // Nobody has to open what was said to know that it can be counted.
    let tracking_code = Line::parse("…").expect("a line");
    let any = OpenedPaper { tracking_code, named: vec![], points: vec![] };
    let opened = vec![any; state.papers_to_open(number).len()];
    let close = move || Command::CloseChoice { topic: number, opened: opened.clone(), lot: None };
    let mut all = vec![cast(open, number), presiding("CloseChoice", Some(number), close)];
    if open.secret {
        let void = move || Command::VoidChoice { topic: number, reason: words() };
        all.push(presiding("VoidChoice", Some(number), void));
    }
    all
}

/// A preference that fits the method.
fn cast(open: &OptionChoice, topic: u32) -> Asked {
    if open.secret {
        let choice = open.number;
        return speaking("CastSecretChoice", topic, move |department| Command::CastSecretChoice {
            topic,
            choice,
            department,
            sealed: vec![],
        });
    }
    let (named, points) = match open.method {
        ChoiceMethod::Score => (vec![], vec![0; open.options.len()]),
        _ => (vec![1], vec![]),
    };
    speaking("CastChoice", topic, move |department| Command::CastChoice {
        topic,
        department,
        named: named.clone(),
        points: points.clone(),
    })
}
