//! A docket keeps to its body: who leads it, what its quorum is, how often a version is voted on.

use super::*;
use crate::decision_rule::{Quorum, QuorumBase};

/// A meeting under another rule.
fn prepared_under(change: impl FnOnce(&mut DecisionRule)) -> Event {
    let mut agenda = agenda(Mode::Meeting);
    change(&mut agenda.constitution.rule);
    Event::Prepared { agenda }
}

#[test]
fn the_deputy_takes_the_chair_when_the_chair_is_not_there_or_has_recused_itself() {
    let attempt = |history: &[Event], department| {
        given::<Docket>(history).by(of(department)).when(Command::CloseDebate { topic: 1 })
    };
    let refused = |department: &str, needed: &str| {
        let (department_code, needed_codes) = (department.to_owned(), needed.to_owned());
        Err(Rejection::NotYourDepartment { department_code, needed_codes })
    };
    let there = in_session();
    assert!(attempt(&there, "WATER").is_ok());
    assert_eq!(attempt(&there, "ROADS"), refused("ROADS", "WATER"));
    let gone = followed_by(there.clone(), [Event::DepartureRecorded { department: code("WATER") }]);
    assert!(attempt(&gone, "ROADS").is_ok());
    assert_eq!(attempt(&gone, "WATER"), refused("WATER", "ROADS"));
    let recused_water = followed_by(there, [recused("WATER")]);
    assert!(attempt(&recused_water, "ROADS").is_ok());
    let clerk = given::<Docket>(&recused_water).by(actor("wen", "WATER", Role::Clerk));
    assert_eq!(
        clerk.when(Command::CloseDebate { topic: 1 }),
        Err(Rejection::DepartmentRecused { department_code: code("WATER"), topic_number: 1 }),
        "nor do the clerks of a recused department"
    );
    let both = followed_by(recused_water, [recused("ROADS")]);
    let clerk = given::<Docket>(&both).by(actor("wen", "WATER", Role::Clerk));
    assert!(clerk.when(Command::CloseDebate { topic: 1 }).is_ok(), "somebody has to end the topic");
}

#[test]
fn a_clerk_leads_a_docket_for_the_secretariat_and_not_for_the_chair() {
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.secretariat = vec![code("OFFICE")];
    let history = [vec![Event::Prepared { agenda }], in_session().split_off(1)].concat();
    let close = |by| given::<Docket>(&history).by(by).when(Command::CloseDebate { topic: 1 }).map(|_| ());
    assert_eq!(close(actor("wen", "OFFICE", Role::Clerk)), Ok(()));
    assert_eq!(close(actor("li", "WATER", Role::Chair)), Ok(()));
    let (department_code, needed_codes) = ("WATER".into(), "OFFICE".into());
    assert_eq!(
        close(actor("wen", "WATER", Role::Clerk)),
        Err(Rejection::NotYourDepartment { department_code, needed_codes })
    );
}

#[test]
fn a_quorum_is_of_all_seats_or_of_those_present() {
    let opening = |quorum: Quorum, present: &[&str]| {
        let prepared = prepared_under(|rule| rule.quorum = quorum);
        let history = followed_by(vec![prepared], present.iter().map(|department| arrived(department)));
        given::<Docket>(&history).when(Command::Open).map(|_| ())
    };
    let all = Quorum { base: QuorumBase::AllSeats, numerator: 1, denominator: 1 };
    let no_quorum = |present| Err(Rejection::NoQuorum { present, needed: 3, departments: 3 });
    assert_eq!(opening(all, &["WATER", "ROADS", "PRESS"]), no_quorum(2), "PRESS has no vote");
    assert_eq!(opening(all, &["WATER", "ROADS", "HEALTH"]), Ok(()));
    let present = Quorum { base: QuorumBase::Present, ..all };
    assert_eq!(opening(present, &["WATER"]), Ok(()));
    assert_eq!(
        opening(present, &["PRESS"]),
        Err(Rejection::NoQuorum { present: 0, needed: 1, departments: 3 }),
        "somebody has to be there"
    );
}

#[test]
fn seats_that_are_not_invited_count_for_the_quorum_of_a_ballot() {
    let mut alone = agenda(Mode::Meeting);
    alone.participants.truncate(1);
    let history = vec![Event::Prepared { agenda: alone }, arrived("WATER"), opened(), topic_opened(1)];
    let votes = [proposed(1), ballot_opened(1, 1, Tie::Rejects), voted("WATER", Choice::Yes)];
    let closed =
        given::<Docket>(&followed_by(history, votes)).by(of("WATER")).when(close_ballot(None)).unwrap();
    let [Event::BallotClosed { result, .. }] = &closed[..] else { panic!("{closed:?}") };
    assert_eq!((result.eligible, result.cast, result.quorum, result.passed), (1, 1, 2, false));
    assert_eq!(result.body_version, 1);
}

#[test]
fn a_version_has_as_many_ballots_as_the_bodys_rule_says() {
    let twice = prepared_under(|rule| rule.ballots_per_version = 2);
    let attendance = ["WATER", "ROADS", "HEALTH"].map(arrived);
    let history =
        followed_by(vec![twice], attendance.into_iter().chain([opened(), topic_opened(1), proposed(1)]));
    let failed = |history: Vec<Event>, ballot| {
        let no = |department| voted_in(ballot, department, Choice::No);
        let history =
            followed_by(history, [ballot_opened(ballot, 1, Tie::Rejects), no("ROADS"), no("HEALTH")]);
        let closed = given::<Docket>(&history).by(of("WATER")).when(close_ballot(None)).unwrap();
        followed_by(history, closed)
    };
    let open = |history: &[Event]| given::<Docket>(history).by(of("WATER")).when(open_ballot(1));
    let once = failed(history, 1);
    assert_eq!(open(&once), Ok(vec![ballot_opened(2, 1, Tie::Rejects)]));
    assert_eq!(
        open(&failed(once, 2)),
        Err(Rejection::VersionVotedOn { version: 1, topic_number: 1, ballot_number: 2 })
    );
}
