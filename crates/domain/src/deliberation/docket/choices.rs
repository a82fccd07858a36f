//! The rules of choices: one of several options, before it becomes a proposal. A choice binds nobody; what it chose is
//! proposed and voted on like any other text.

use super::floor::is_clerk_of_the_docket;
use super::motions::no_motion_pending;
use super::outcomes::nothing_passed;
use super::proceedings::count;
use super::proposals::no_open_ballot;
use super::reminders::for_another;
use super::secret::may_be_secret;
use super::secret_choices::to_open;
use super::votes::{Caster, caster, may_vote_on};
use super::voting::still_signing;
use super::{Event, Proceedings, Rejection, Topic, TopicStage};
use crate::aggregate::derived_id;
use crate::decision_rule::OptionTie;
use crate::deliberation::ballot::options::{
    ChoiceMethod, OPTIONS_MAX, POINTS_MAX, Preference, choose, preferred,
};
use crate::deliberation::ballot::secret::SealedVotes;
use crate::deliberation::ballot::{Choice, Roll, Seat, Vote, Votes};
use crate::{Code, Issued, Line, Text, Uuid};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

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
    /// Whether it is secret.
    pub secret: bool,
    /// The lot that decides between equal options, where the body's rule has one.
    pub lot: Option<SealedLot>,
    /// What each seat prefers; empty when it is secret.
    pub papers: BTreeMap<Code, ChoicePaper>,
    /// Who has said what it prefers in a secret choice.
    pub sealed: SealedVotes,
    /// What was preferred in a secret choice, as it is published after the count, sorted by the codes.
    pub opened: Vec<OpenedPaper>,
    /// Why a secret choice was ended without a count.
    pub voided: Option<Text>,
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

/// What somebody prefers in a secret choice as it is published after the count, without who that is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OpenedPaper {
    /// The code that only its voter got.
    pub tracking_code: Line,
    /// The numbers of the options that it names; in order of preference where they are ranked.
    pub named: Vec<u32>,
    /// The points of each option, where points are given.
    pub points: Vec<u32>,
}

/// A lot as it is when the choice is opened: it is drawn already, and nobody knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedLot {
    /// What its secret is held to: nobody can open it and find another one.
    pub commitment: Line,
    /// The secret, sealed with the key of the choice.
    pub sealed: Vec<u8>,
}

/// A lot that was opened for the count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenedLot {
    /// Its secret.
    pub secret: Uuid,
    /// What follows from the secret, to be compared with what was published before.
    pub commitment: Line,
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
    /// The number that was drawn, where one was.
    pub lot: Option<Uuid>,
    /// The secret that was sealed when the choice was opened, and from which the number follows.
    pub lot_secret: Option<Uuid>,
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
        self.result.is_none() && self.voided.is_none()
    }

    /// What came out, and what decided, in one sentence; none before the count.
    pub fn sentence(&self) -> Option<String> {
        let ChoiceResult { first, cast, quorum, tie_broken, .. } = self.result.as_ref()?;
        if cast < quorum {
            return Some(format!("nothing was chosen without a quorum: {cast} cast, quorum {quorum}"));
        }
        let method = self.method.as_str();
        let equal = first.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
        let chosen = tie_broken.as_ref().map(|broken| (broken.option, broken.by));
        Some(match (first.as_slice(), chosen) {
            ([], _) => format!(
                "nothing was chosen by {method}, as nobody preferred any; {cast} cast, quorum {quorum}"
            ),
            ([option], _) => format!("option {option} was chosen by {method}; {cast} cast, quorum {quorum}"),
            (_, None) => format!(
                "options {equal} came out equal by {method}, and nothing was decided; {cast} cast, quorum {quorum}"
            ),
            (_, Some((option, OptionTie::Lot))) => format!(
                "option {option} was chosen by lot of {equal}, which came out equal by {method}; {cast} cast, \
                 quorum {quorum}"
            ),
            (_, Some((option, _))) => format!(
                "option {option} was chosen by the chair of {equal}, which came out equal by {method}; {cast} cast, \
                 quorum {quorum}"
            ),
        })
    }

    /// Whether something of it is sealed with a key of its own.
    pub fn is_sealed(&self) -> bool {
        self.secret || self.lot.is_some()
    }

    /// Who chose, as the rules of votes see it.
    pub(super) fn votes(&self) -> Votes {
        let vote = |cast_by: &Option<Code>, put_down_by_clerk| Vote {
            choice: Choice::Abstain,
            split: vec![],
            reason: None,
            cast_by: cast_by.clone(),
            put_down_by_clerk,
        };
        let open =
            self.papers.iter().map(|(code, paper)| (code, vote(&paper.cast_by, paper.put_down_by_clerk)));
        let sealed = self.sealed.iter().map(|(code, sealed)| (code, vote(&sealed.cast_by, false)));
        open.chain(sealed).map(|(code, vote)| (code.clone(), vote)).collect()
    }

    /// Refuses what its method cannot count.
    pub fn check(&self, named: &[u32], points: &[u32]) -> Result<(), Rejection> {
        let distinct: BTreeSet<&u32> = named.iter().collect();
        let known =
            |&number: &u32| usize::try_from(number).is_ok_and(|at| (1..=self.options.len()).contains(&at));
        let fits = distinct.len() == named.len()
            && named.iter().all(known)
            && match self.method {
                ChoiceMethod::Single => named.len() == 1 && points.is_empty(),
                ChoiceMethod::Approval | ChoiceMethod::InstantRunoff | ChoiceMethod::Schulze => {
                    points.is_empty()
                }
                ChoiceMethod::Score => {
                    named.is_empty()
                        && points.len() == self.options.len()
                        && points.iter().all(|&given| given <= POINTS_MAX)
                }
            };
        if fits { Ok(()) } else { Err(Rejection::PreferenceDoesNotFit { method: self.method.as_str() }) }
    }

    /// Counts what the seats prefer; in a secret choice, what was opened of it, which nobody can assign to a seat.
    fn count(&self, roll: &Roll, opened: &[OpenedPaper]) -> ChoiceResult {
        let preference = |weight, named: &[u32], points: &[u32]| {
            let named = named.iter().filter_map(|&number| usize::try_from(number).ok()?.checked_sub(1));
            Preference { weight, named: named.collect(), points: points.to_vec() }
        };
        let of_seat = |seat: &Seat| {
            let paper = self.papers.get(&seat.department)?;
            Some(preference(seat.weight, &paper.named, &paper.points))
        };
        // All seats of a body with secret ballots have one weight.
        let weight = roll.voters().map(|seat| seat.weight).max().unwrap_or(1);
        let in_secret = opened.iter().map(|paper| preference(weight, &paper.named, &paper.points));
        let preferences: Vec<Preference> = roll.voters().filter_map(of_seat).chain(in_secret).collect();
        let cast = count(roll.voters().filter(|seat| seat.voted));
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

    /// The number that is drawn: it follows from the docket, the choice, what every seat said, and a secret that was sealed
    /// before any of them said it. So whoever sealed it did not know what it would be, and nobody who speaks after that does.
    fn number_drawn(&self, session: Uuid, topic: u32, secret: Uuid, opened: &[OpenedPaper]) -> Uuid {
        let word = |who: &dyn Display, named: &[u32], points: &[u32]| {
            let numbers = |of: &[u32]| of.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
            format!("{who}:{}:{}", numbers(named), numbers(points))
        };
        let papers = self.papers.iter().map(|(code, paper)| word(code, &paper.named, &paper.points));
        let opened = opened.iter().map(|paper| word(&paper.tracking_code, &paper.named, &paper.points));
        let choice = [topic, self.number].map(|number| number.to_string());
        let words = ["lot".to_owned()].into_iter().chain(choice).chain([secret.to_string()]);
        let words: Vec<String> = words.chain(papers).chain(opened).collect();
        derived_id(session, &words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// What a choice is about.
pub(super) struct Asked {
    pub(super) question: Line,
    pub(super) options: Vec<Line>,
    pub(super) method: ChoiceMethod,
    pub(super) lot: Option<SealedLot>,
}

pub(super) fn open(
    proceedings: &Proceedings,
    number: u32,
    asked: Asked,
    issued: &Issued,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    let Asked { question, options, method, lot } = asked;
    if let Some(open) = topic.open_choice() {
        let same = open.question == question && open.options == options && open.method == method;
        return if same { Ok(vec![]) } else { Err(Rejection::ChoiceStillOpen { topic_number: number }) };
    }
    if proceedings.is_meeting() && topic.stage == TopicStage::Waiting {
        return Err(Rejection::TopicNotOpened { topic_number: number });
    }
    no_open_ballot(topic)?;
    no_motion_pending(topic)?;
    nothing_passed(topic)?;
    let secret = proceedings.agenda.constitution.rule.voting.secret_ballots;
    if secret {
        may_be_secret(proceedings, topic)?;
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
    let remind_at = for_another(proceedings, issued.at);
    Ok(vec![Event::ChoiceOpened { topic: number, choice, question, options, method, secret, lot, remind_at }])
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
    if open.secret {
        return Err(Rejection::ChoiceIsSecret { topic_number: number });
    }
    may_vote_on(proceedings, topic, &department)?;
    let by_clerk = is_clerk_of_the_docket(proceedings, issued);
    let Caster { cast_by, put_down_by_clerk } =
        caster(proceedings, topic, &open.votes(), &department, by_clerk, issued)?;
    still_signing(proceedings, issued)?;
    open.check(&named, &points)?;
    let paper = ChoicePaper { named, points, cast_by, put_down_by_clerk };
    if open.papers.get(&department) == Some(&paper) {
        return Ok(vec![]);
    }
    Ok(vec![Event::ChoiceCast { topic: number, choice: open.number, department, paper }])
}

pub(super) fn close(
    proceedings: &Proceedings,
    number: u32,
    mut opened: Vec<OpenedPaper>,
    lot: Option<&OpenedLot>,
) -> Result<Vec<Event>, Rejection> {
    let topic = proceedings.undecided(number)?;
    if topic.open_choice().is_none() && topic.choices.last().is_some_and(|last| last.result.is_some()) {
        return Ok(vec![]);
    }
    let open = open_choice(topic)?;
    let roll = proceedings.roll_of_choice(topic, open);
    let (votes, readable) = (to_open(&roll, open).len(), opened.len());
    if votes != readable {
        return Err(Rejection::VotesUnreadable { topic_number: number, votes, readable });
    }
    opened.sort();
    let mut result = open.count(&roll, &opened);
    result.tie_broken = break_tie(proceedings, topic, open, &result.first, (opened.as_slice(), lot));
    let choice = open.number;
    let published =
        (!opened.is_empty()).then_some(Event::SecretChoiceOpened { topic: number, choice, papers: opened });
    let closed =
        Event::ChoiceClosed { topic: number, choice, result, roll: roll.seats, sealed: open.is_sealed() };
    Ok(published.into_iter().chain([closed]).collect())
}

/// Decides between options that came out equal, as the body's rule says. A chair that is not there, has recused itself or
/// whose paper does not tell them apart decides nothing, and neither does a lot that cannot be opened any more.
fn break_tie(
    proceedings: &Proceedings,
    topic: &Topic,
    open: &OptionChoice,
    first: &[u32],
    (opened, lot): (&[OpenedPaper], Option<&OpenedLot>),
) -> Option<TieBroken> {
    if first.len() < 2 {
        return None;
    }
    let by = proceedings.agenda.constitution.rule.voting.option_tie;
    match by {
        OptionTie::NoDecision => None,
        OptionTie::ChairPrefers => {
            let option = open.preferred_by(proceedings.able_chair(Some(topic))?, first)?;
            Some(TieBroken { option, by, lot: None, lot_secret: None })
        }
        OptionTie::Lot => {
            let committed = &open.lot.as_ref()?.commitment;
            let secret = lot.filter(|lot| lot.commitment == *committed)?.secret;
            let number = open.number_drawn(proceedings.agenda.session, topic.number, secret, opened);
            let at = number.as_u128() % first.len() as u128;
            let option = *first.get(usize::try_from(at).ok()?)?;
            Some(TieBroken { option, by, lot: Some(number), lot_secret: Some(secret) })
        }
    }
}

/// Refuses while a choice among options is open.
pub(super) fn no_open_choice(topic: &Topic) -> Result<(), Rejection> {
    match topic.open_choice() {
        Some(_) => Err(Rejection::ChoiceStillOpen { topic_number: topic.number }),
        None => Ok(()),
    }
}

pub(super) fn open_choice(topic: &Topic) -> Result<&OptionChoice, Rejection> {
    topic.open_choice().ok_or(Rejection::NoChoiceOpen { topic_number: topic.number })
}
