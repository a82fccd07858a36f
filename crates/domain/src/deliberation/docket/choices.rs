//! The rules of choices: one of several options, before it becomes a proposal. A choice binds nobody; what it chose is
//! proposed and voted on like any other text.

use super::floor::is_clerk_of_the_docket;
use super::proposals::no_open_ballot;
use super::votes::{Caster, caster, may_vote_on};
use super::voting::still_signing;
use super::{Event, Proceedings, Rejection, Topic, TopicStage};
use crate::aggregate::derived_id;
use crate::decision_rule::OptionTie;
use crate::deliberation::ballot::options::{
    ChoiceMethod, OPTIONS_MAX, POINTS_MAX, Preference, choose, preferred,
};
use crate::deliberation::ballot::{Choice, Roll, Seat, Vote, Votes};
use crate::{Code, Issued, Line, Timestamp, Uuid};
use std::collections::{BTreeMap, BTreeSet};

/// Choices on one docket, at most.
pub const CHOICES_MAX: usize = 60;

/// One choice among several options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionChoice {
    /// Its number within the topic, from 1.
    pub number: u32,
    /// What is asked.
    pub question: Line,
    /// The options, which are known by their numbers from 1.
    pub options: Vec<Line>,
    /// How the chosen one is found.
    pub method: ChoiceMethod,
    /// What each seat prefers.
    pub papers: BTreeMap<Code, ChoicePaper>,
    /// Who might choose when it was counted; empty while it is open.
    pub roll: Vec<Seat>,
    /// The result, once it is closed.
    pub result: Option<ChoiceResult>,
}

/// What a seat prefers, and who put it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoicePaper {
    /// The numbers of the options that it names; in order of preference where they are ranked.
    pub named: Vec<u32>,
    /// The points of each option, where points are given.
    pub points: Vec<u32>,
    /// The department that cast it, when that is another one.
    pub cast_by: Option<Code>,
    /// Whether a clerk of the docket put it down.
    pub put_down_by_clerk: bool,
}

/// The result of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceResult {
    /// The numbers of the options that came out first: one, or several that are equal; none without a quorum, or when
    /// nobody preferred any.
    pub first: Vec<u32>,
    /// The figures of the options, a row for each round or, in pairs, for each option.
    pub figures: Vec<Figures>,
    /// Seats that chose.
    pub cast: u32,
    /// Seats that had to.
    pub quorum: u32,
    /// The number of the body's version whose rule was applied.
    pub body_version: u32,
    /// How the body's rule decided between several that came out first, if it did.
    pub tie_broken: Option<TieBroken>,
}

/// What decided between options that came out equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TieBroken {
    /// The number of the option that is chosen.
    pub option: u32,
    /// By what.
    pub by: OptionTie,
    /// What the lot was drawn from, where it was.
    pub lot: Option<Uuid>,
}

/// A row of figures, one for each option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The figures.
    pub of_options: Vec<u32>,
}

impl OptionChoice {
    /// Whether seats may still choose.
    pub fn is_open(&self) -> bool {
        self.result.is_none()
    }

    /// Who chose, as the rules of votes see it.
    fn votes(&self) -> Votes {
        let vote = |paper: &ChoicePaper| Vote {
            choice: Choice::Abstain,
            split: vec![],
            reason: None,
            cast_by: paper.cast_by.clone(),
            put_down_by_clerk: paper.put_down_by_clerk,
        };
        self.papers.iter().map(|(code, paper)| (code.clone(), vote(paper))).collect()
    }

    fn count(&self, roll: &Roll) -> ChoiceResult {
        let preference = |seat: &Seat| {
            let paper = self.papers.get(&seat.department)?;
            let named = paper.named.iter().filter_map(|&number| usize::try_from(number).ok()?.checked_sub(1));
            Some(Preference { weight: seat.weight, named: named.collect(), points: paper.points.clone() })
        };
        let preferences: Vec<Preference> = roll.voters().filter_map(preference).collect();
        let cast = u32::try_from(preferences.len()).unwrap_or(u32::MAX);
        let chosen = choose(self.method, self.options.len(), &preferences);
        let number = |&option: &usize| u32::try_from(option + 1).unwrap_or(u32::MAX);
        let first = if cast >= roll.quorum { chosen.first.iter().map(number).collect() } else { vec![] };
        let figures = chosen.figures.into_iter().map(|of_options| Figures { of_options }).collect();
        let (quorum, body_version) = (roll.quorum, roll.body_version);
        ChoiceResult { first, figures, cast, quorum, body_version, tie_broken: None }
    }

    /// What the seat in the chair prefers among these options.
    fn preferred_by(&self, chair: &Code, among: &[u32]) -> Option<u32> {
        let paper = self.papers.get(chair)?;
        let at = |&number: &u32| usize::try_from(number).ok();
        let (named, points) = (paper.named.iter().filter_map(at).collect(), paper.points.clone());
        // Points are those of the options from the first on, and options are numbered from 1.
        let points = std::iter::once(0).chain(points).collect();
        let among: Vec<usize> = among.iter().filter_map(at).collect();
        let preference = Preference { weight: 1, named, points };
        u32::try_from(preferred(self.method, &among, &preference)?).ok()
    }

    /// What a lot is drawn from: the docket, the choice, what every seat said, and the moment of the count, which nobody
    /// knows before.
    fn lot(&self, session: Uuid, topic: u32, at: Timestamp) -> Uuid {
        let papers = self.papers.iter().map(|(code, paper)| {
            let numbers = |of: &[u32]| of.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            format!("{code}:{}:{}", numbers(&paper.named), numbers(&paper.points))
        });
        let choice = [topic, self.number].map(|number| number.to_string());
        let words = ["lot".to_owned()].into_iter().chain(choice).chain([at.as_microsecond().to_string()]);
        let words: Vec<String> = words.chain(papers).collect();
        derived_id(session, &words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

pub(super) fn open(
    proceedings: &Proceedings,
    number: u32,
    question: Line,
    options: Vec<Line>,
    method: ChoiceMethod,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if let Some(open) = topic.open_choice() {
        let same = open.question == question && open.options == options && open.method == method;
        return if same { Ok(vec![]) } else { Err(Rejection::ChoiceStillOpen { topic_number: number }) };
    }
    if proceedings.is_meeting() && topic.stage == TopicStage::Waiting {
        return Err(Rejection::TopicNotOpened { topic_number: number });
    }
    no_open_ballot(topic)?;
    if proceedings.agenda.constitution.rule.voting.secret_ballots {
        return Err(Rejection::ChoiceNotSecret { topic_number: number });
    }
    still_signing(proceedings, issued)?;
    let distinct: BTreeSet<&Line> = options.iter().collect();
    if distinct.len() != options.len() || !(2..=OPTIONS_MAX).contains(&options.len()) {
        return Err(Rejection::OptionsOutOfRange { options: options.len(), max: OPTIONS_MAX });
    }
    if proceedings.topics.iter().map(|topic| topic.choices.len()).sum::<usize>() >= CHOICES_MAX {
        return Err(Rejection::ChoicesExhausted { max: CHOICES_MAX });
    }
    let choice = u32::try_from(topic.choices.len() + 1).unwrap_or(u32::MAX);
    Ok(vec![Event::ChoiceOpened { topic: number, choice, question, options, method }])
}

pub(super) fn cast(
    proceedings: &Proceedings,
    number: u32,
    department: Code,
    named: Vec<u32>,
    points: Vec<u32>,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    let open = open_choice(topic)?;
    may_vote_on(proceedings, topic, &department)?;
    let by_clerk = is_clerk_of_the_docket(proceedings, issued);
    let Caster { cast_by, put_down_by_clerk } =
        caster(proceedings, topic, &open.votes(), &department, by_clerk, issued)?;
    still_signing(proceedings, issued)?;
    check_paper(open, &named, &points)?;
    let paper = ChoicePaper { named, points, cast_by, put_down_by_clerk };
    if open.papers.get(&department) == Some(&paper) {
        return Ok(vec![]);
    }
    Ok(vec![Event::ChoiceCast { topic: number, choice: open.number, department, paper }])
}

/// Refuses what the method of the choice cannot count.
fn check_paper(open: &OptionChoice, named: &[u32], points: &[u32]) -> Result<(), Rejection> {
    let distinct: BTreeSet<&u32> = named.iter().collect();
    let known =
        |&number: &u32| usize::try_from(number).is_ok_and(|at| (1..=open.options.len()).contains(&at));
    let fits = distinct.len() == named.len()
        && named.iter().all(known)
        && match open.method {
            ChoiceMethod::Single => named.len() == 1 && points.is_empty(),
            ChoiceMethod::Approval | ChoiceMethod::InstantRunoff | ChoiceMethod::Schulze => points.is_empty(),
            ChoiceMethod::Score => {
                named.is_empty()
                    && points.len() == open.options.len()
                    && points.iter().all(|&given| given <= POINTS_MAX)
            }
        };
    if fits { Ok(()) } else { Err(Rejection::PreferenceDoesNotFit { method: open.method.as_str() }) }
}

pub(super) fn close(
    proceedings: &Proceedings,
    number: u32,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if topic.open_choice().is_none() && !topic.choices.is_empty() {
        return Ok(vec![]);
    }
    let open = open_choice(topic)?;
    let roll = proceedings.roll(topic, &open.votes());
    let mut result = open.count(&roll);
    result.tie_broken = break_tie(proceedings, topic, open, &result.first, issued);
    Ok(vec![Event::ChoiceClosed { topic: number, choice: open.number, result, roll: roll.seats }])
}

/// Decides between options that came out equal, as the body's rule says. A chair that is not there, has recused itself or
/// whose paper does not tell them apart decides nothing.
fn break_tie(
    proceedings: &Proceedings,
    topic: &Topic,
    open: &OptionChoice,
    first: &[u32],
    issued: &Issued,
) -> Option<TieBroken> {
    if first.len() < 2 {
        return None;
    }
    let by = proceedings.agenda.constitution.rule.voting.option_tie;
    match by {
        OptionTie::NoDecision => None,
        OptionTie::ChairPrefers => {
            let option = open.preferred_by(proceedings.able_chair(Some(topic))?, first)?;
            Some(TieBroken { option, by, lot: None })
        }
        OptionTie::Lot => {
            let lot = open.lot(proceedings.agenda.session, topic.number, issued.at);
            let at = lot.as_u128() % first.len() as u128;
            let option = *first.get(usize::try_from(at).ok()?)?;
            Some(TieBroken { option, by, lot: Some(lot) })
        }
    }
}

fn open_choice(topic: &Topic) -> Result<&OptionChoice, Rejection> {
    topic.open_choice().ok_or(Rejection::NoChoiceOpen { topic_number: topic.number })
}
