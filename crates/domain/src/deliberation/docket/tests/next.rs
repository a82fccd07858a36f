//! What can happen next is what the rules say, and nothing else.

use super::*;
use crate::deliberation::docket::next::{Step, steps};

fn next(history: &[Event]) -> Vec<Step> {
    let state = Docket::fold(State::Absent, history);
    steps(&state, &[].into(), at("2027-03-01T01:10:00Z"), &calendar())
}
fn step<'s>(steps: &'s [Step], rpc: &str) -> &'s Step {
    let found = steps.iter().find(|step| step.rpc == rpc && step.topic.is_none_or(|topic| topic == 1));
    found.unwrap_or_else(|| panic!("no {rpc} in {steps:#?}"))
}
fn departments(step: &Step) -> Vec<&str> {
    step.by.iter().filter_map(|who| who.department.as_ref()).map(Code::as_str).collect()
}

#[test]
fn a_prepared_docket_waits_for_its_quorum() {
    let history = vec![Event::Prepared { agenda: agenda(Mode::Meeting) }, arrived("WATER")];
    let steps = next(&history);
    let open = step(&steps, "OpenDocket");
    assert_eq!(open.refused, Some(Rejection::NoQuorum { present: 1, needed: 2, departments: 3 }));
    assert!(open.by.is_empty());
    assert_eq!(next(&[]), []);
}

#[test]
fn each_step_says_who_may_do_it_or_what_refuses_it() {
    let history = in_session();
    let steps = next(&history);
    assert_eq!(
        step(&steps, "OpenBallot").refused,
        Some(Rejection::NoProposal { topic_number: 1 }),
        "not for who somebody is"
    );
    let history = followed_by(history, [proposed(1), recused("HEALTH")]);
    let steps = next(&history);
    assert_eq!(departments(step(&steps, "OpenBallot")), ["WATER", "WATER", "OFFICE"]);
    assert_eq!(departments(step(&steps, "RecordGeneralConsent")), ["WATER", "WATER", "OFFICE"]);
    assert_eq!(departments(step(&steps, "RecordStatement")), ["WATER", "ROADS"]);
    assert_eq!(step(&steps, "CastVote").refused, Some(Rejection::NoBallotOpen { topic_number: 1 }));

    let history = followed_by(history, [ballot_opened(1, 1, Tie::Rejects), voted("WATER", Choice::Yes)]);
    let steps = next(&history);
    assert_eq!(departments(step(&steps, "CastVote")), ["ROADS"], "WATER has, and HEALTH may not");
    assert!(matches!(step(&steps, "AdoptDecision").refused, Some(Rejection::BallotStillOpen { .. })));
}
