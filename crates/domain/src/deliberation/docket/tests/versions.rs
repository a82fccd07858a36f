//! The versions of a text: one on which votes were counted does not come back as another one.

use super::*;

fn submit(text_of_it: &str) -> Command {
    Command::SubmitProposal { topic: 1, text: text(text_of_it) }
}
fn tried(history: &[Event], command: Command) -> Result<Vec<Event>, Rejection> {
    given::<Docket>(history).by(of("WATER")).when(command)
}
fn done(history: Vec<Event>, command: Command) -> Vec<Event> {
    let events = tried(&history, command).expect("it is allowed");
    followed_by(history, events)
}

/// Version 1, "Text 1", failed by one vote to two.
fn failed() -> Vec<Event> {
    let votes = [voted("WATER", Choice::Yes), voted("ROADS", Choice::No), voted("HEALTH", Choice::No)];
    let history = followed_by(in_session(), [proposed(1), ballot_opened(1, 1, Tie::Rejects)]);
    done(followed_by(history, votes), close_ballot(None))
}

#[test]
fn a_text_that_was_voted_on_comes_back_as_no_other_version() {
    let settled = Err(Rejection::VersionVotedOn { version: 1, topic_number: 1, ballot_number: 1 });
    let history = done(failed(), submit("Something else"));
    let alike = ["Text 1", " Text\n\n1 ", "TEXT 1", "Ｔｅｘｔ　１", "Te\u{200b}xt 1", "Te\u{ad}xt\u{2060} 1"];
    for again in alike {
        assert_eq!(tried(&history, submit(again)), settled, "{again:?}");
    }
    // Nor does it as an amendment,
    let department = code("ROADS");
    let amend =
        Command::SubmitAmendment { topic: 1, department, version: None, amends: None, text: text("Text  1") };
    let amended = given::<Docket>(&history).by(of("ROADS")).when(amend).unwrap();
    let amended = followed_by(history.clone(), amended);
    let resolve = Command::ResolveAmendment { topic: 1, amendment: 1, adopt: true };
    assert_eq!(tried(&amended, resolve), settled);
    // while what nobody voted on does,
    let history = done(history, submit("A third one"));
    let history = done(history, submit("Something else"));
    assert!(tried(&history, open_ballot(4)).is_ok());
    // and so does what is reconsidered.
    let reconsidered = followed_by(history, [Event::TopicReconsidered { topic: 1, motion: 1 }]);
    assert!(tried(&reconsidered, submit("Text 1")).is_ok());
}

#[test]
fn nothing_is_voted_on_that_could_not_be_adopted_on_the_same_day() {
    let due = |day| ItemDraft { due: Some(DueRule::On(date(2027, 3, day))), ..draft() };
    let history = |day| followed_by(in_session(), [proposed(1), drafted(due(day))]);
    // It is 1 March in the realm, and not yet at Greenwich.
    let at = "2027-02-28T17:00:00Z";
    let tried = |day, command| given::<Docket>(&history(day)).by(of("WATER")).at(at).when(command);
    assert!(tried(1, open_ballot(1)).is_ok());
    let consent = Command::RecordGeneralConsent { topic: 1, version: 1, calendar: calendar() };
    assert!(tried(1, consent.clone()).is_ok());
    let long_ago = followed_by(
        in_session(),
        [proposed(1), drafted(ItemDraft { due: Some(DueRule::On(date(2027, 2, 28))), ..draft() })],
    );
    for command in [open_ballot(1), consent] {
        let refused = given::<Docket>(&long_ago).by(of("WATER")).at(at).when(command).unwrap_err();
        let (due_on, decided_on) = (date(2027, 2, 28), date(2027, 3, 1));
        assert_eq!(
            refused,
            Rejection::DueBeforeDecision { item_number: 1, topic_number: 1, due_on, decided_on }
        );
    }
}
