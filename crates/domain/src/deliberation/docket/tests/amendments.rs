//! Amendments, and amendments to them: who moves and seconds, which comes first, and what becomes of the others.

use super::*;

const DRAFT: &str = "第一条 每日值守。第二条 每周报送。第三条 经费自筹。";
const REPORTING: &str = "第一条 每日值守。第二条 每日报送。第三条 经费自筹。";
const FUNDING: &str = "第一条 每日值守。第二条 每周报送。第三条 市级承担。";

fn draft_of(text_of: &str) -> Event {
    Event::ProposalSubmitted { topic: 1, version: 1, text: text(text_of) }
}
fn to_amendment(amends: u32, department: &str, to: &str) -> Command {
    let (department, text) = (code(department), text(to));
    Command::SubmitAmendment { topic: 1, department, version: Some(1), amends: Some(amends), text }
}
fn second(amendment: u32, department: &str) -> Command {
    Command::SecondAmendment { topic: 1, amendment, department: code(department) }
}
fn put(amendment: u32) -> Command {
    Command::PutAmendment { topic: 1, amendment }
}
fn resolve(amendment: u32, adopt: bool) -> Command {
    Command::ResolveAmendment { topic: 1, amendment, adopt }
}
fn tried(history: &[Event], by: &str, command: Command) -> Result<Vec<Event>, &'static str> {
    given::<Docket>(history).by(of(by)).when(command).map_err(|refused| refused.reason())
}
fn done(history: Vec<Event>, by: &str, command: Command) -> Vec<Event> {
    let events = tried(&history, by, command.clone()).unwrap_or_else(|why| panic!("{command:?}: {why}"));
    followed_by(history, events)
}

/// A debate on the draft, by a rule that needs a second or does not.
fn debated(needs_seconder: bool) -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.rule.needs_seconder = needs_seconder;
    agenda.constitution.voters.iter_mut().for_each(|voter| voter.veto = true);
    let attendance = ["WATER", "ROADS", "HEALTH"].map(arrived);
    let begun = attendance.into_iter().chain([opened(), topic_opened(1), draft_of(DRAFT)]);
    followed_by(vec![Event::Prepared { agenda }], begun)
}

/// What the count makes of an amendment for which these vote.
fn voted_on(history: Vec<Event>, amendment: u32, votes: &[(&str, Choice)]) -> Vec<Event> {
    let mut history = done(history, "WATER", put(amendment));
    let Some(Event::BallotOpened { ballot, version: 0, motion: None, amendment: on, .. }) = history.last()
    else {
        panic!("{:?}", history.last())
    };
    assert_eq!(*on, Some(amendment));
    let ballot = *ballot;
    history.extend(votes.iter().map(|(department, choice)| voted_in(ballot, department, *choice)));
    done(history, "WATER", close_ballot(None))
}
fn carried(history: Vec<Event>, amendment: u32) -> Vec<Event> {
    voted_on(history, amendment, &[("WATER", Choice::Yes), ("ROADS", Choice::Yes), ("HEALTH", Choice::No)])
}
fn topic_of(history: &[Event]) -> Topic {
    Docket::fold(State::Absent, history).proceedings().unwrap().topic(1).unwrap().clone()
}
fn stages(history: &[Event]) -> Vec<AmendmentStage> {
    topic_of(history).amendments.iter().map(|amendment| amendment.stage).collect()
}

#[test]
fn an_amendment_names_its_version_and_is_seconded_by_another_seat_and_person() {
    let history = debated(true);
    let named = |version| {
        let (department, text) = (code("ROADS"), text(REPORTING));
        Command::SubmitAmendment { topic: 1, department, version, amends: None, text }
    };
    assert_eq!(tried(&history, "ROADS", named(Some(2))), Err("VERSION_NOT_CURRENT"));
    assert_eq!(tried(&history, "HEALTH", named(Some(1))), Err("NOT_YOUR_DEPARTMENT"));
    assert_eq!(tried(&history, "ROADS", amend("ROADS", DRAFT)), Err("AMENDMENT_CHANGES_NOTHING"));

    let waiting = done(history, "ROADS", named(Some(1)));
    assert_eq!(tried(&waiting, "ROADS", named(None)), Ok(vec![]), "a repeat");
    assert_eq!(stages(&waiting), [AmendmentStage::AwaitsSecond]);
    assert!(tried(&waiting, "WATER", open_ballot(1)).is_ok(), "it holds nobody up");
    assert_eq!(tried(&waiting, "WATER", put(1)), Err("AMENDMENT_NOT_SECONDED"));
    assert_eq!(tried(&waiting, "WATER", resolve(1, true)), Err("AMENDMENT_NOT_SECONDED"));
    assert_eq!(tried(&waiting, "ROADS", second(1, "ROADS")), Err("OWN_AMENDMENT"));
    assert_eq!(tried(&waiting, "ROADS", second(1, "HEALTH")), Err("NOT_YOUR_DEPARTMENT"));
    assert_eq!(tried(&waiting, "PRESS", second(1, "PRESS")), Err("NOT_ENTITLED_TO_VOTE"));

    let seconded = done(waiting, "HEALTH", second(1, "HEALTH"));
    assert_eq!(tried(&seconded, "HEALTH", second(1, "HEALTH")), Ok(vec![]));
    assert_eq!(tried(&seconded, "WATER", second(1, "WATER")), Err("AMENDMENT_SECONDED"));
    assert_eq!(tried(&seconded, "WATER", open_ballot(1)), Err("AMENDMENT_PENDING"));
    assert_eq!(tried(&seconded, "WATER", resolve(1, false)), Err("AMENDMENT_SECONDED"));
    assert_eq!(tried(&seconded, "HEALTH", put(1)), Err("NOT_YOUR_DEPARTMENT"));
}

#[test]
fn clerks_do_not_put_down_both_the_mover_and_the_seconder() {
    let clerk = |name: &str| actor(name, "OFFICE", Role::Clerk);
    let by = |history: &[Event], who: &str, command| given::<Docket>(history).by(clerk(who)).when(command);
    let history = debated(true);
    let moved = by(&history, "wen", amend("ROADS", REPORTING)).unwrap();
    assert!(matches!(&moved[..], [Event::AmendmentSubmitted { put_down_by_clerk: true, .. }]));
    let moved = followed_by(history, moved);
    for who in ["wen", "liu"] {
        let refused = by(&moved, who, second(1, "HEALTH")).unwrap_err();
        assert_eq!(refused, Rejection::SamePerson { topic_number: 1 }, "{who}");
    }
    assert!(tried(&moved, "HEALTH", second(1, "HEALTH")).is_ok());
    // What one of the two has done itself, a clerk may complete.
    let history = done(debated(true), "ROADS", amend("ROADS", REPORTING));
    let seconded = by(&history, "liu", second(1, "HEALTH")).unwrap();
    assert!(matches!(&seconded[..], [Event::AmendmentSeconded { put_down_by_clerk: true, .. }]));
}

#[test]
fn there_are_two_degrees_and_the_second_keeps_to_its_passage_and_comes_first() {
    let history = done(debated(false), "ROADS", amend("ROADS", REPORTING));
    let twice = "第一条 每日值守。第二条 每日两次报送。第三条 经费自筹。";
    assert_eq!(
        tried(&history, "HEALTH", to_amendment(1, "HEALTH", FUNDING)),
        Err("AMENDMENT_BEYOND_PASSAGE")
    );
    assert_eq!(
        tried(&history, "HEALTH", to_amendment(1, "HEALTH", REPORTING)),
        Err("AMENDMENT_CHANGES_NOTHING")
    );
    assert_eq!(tried(&history, "HEALTH", to_amendment(1, "HEALTH", DRAFT)), Err("AMENDMENT_CHANGES_NOTHING"));
    assert_eq!(tried(&history, "HEALTH", to_amendment(7, "HEALTH", twice)), Err("NOT_FOUND"));
    let history = done(history, "HEALTH", to_amendment(1, "HEALTH", twice));
    let thrice = "第一条 每日值守。第二条 每日三次报送。第三条 经费自筹。";
    assert_eq!(tried(&history, "WATER", to_amendment(2, "WATER", thrice)), Err("AMENDMENT_TOO_DEEP"));
    assert_eq!(tried(&history, "WATER", put(1)), Err("AMENDMENT_PENDING"));
    assert_eq!(tried(&history, "WATER", resolve(1, true)), Err("AMENDMENT_PENDING"));

    let history = done(history, "WATER", to_amendment(1, "WATER", thrice));
    let history = carried(history, 2);
    let topic = topic_of(&history);
    assert_eq!(topic.amendments[0].text, text(twice), "it has the text of the one that was adopted");
    assert_eq!(topic.current_version(), 1, "the draft is the same until the first degree is adopted");
    assert_eq!(stages(&history)[2], AmendmentStage::Fallen, "it changed the same passage");
    assert_eq!(tried(&history, "WATER", put(2)), Err("AMENDMENT_RESOLVED"));
    let history = carried(history, 1);
    assert_eq!(topic_of(&history).versions, [text(DRAFT), text(twice)]);
}

#[test]
fn when_one_passes_those_to_other_passages_are_carried_over_and_the_rest_falls() {
    let history = done(debated(false), "ROADS", amend("ROADS", REPORTING));
    let history = done(history, "HEALTH", amend("HEALTH", FUNDING));
    let half = "第一条 每日值守。第二条 每周报送。第三条 市级承担一半。";
    let history = done(history, "WATER", to_amendment(2, "WATER", half));
    let monthly = "第一条 每日值守。第二条 每月报送。第三条 经费自筹。";
    let history = done(history, "WATER", amend("WATER", monthly));

    let history = carried(history, 1);
    let topic = topic_of(&history);
    let both = "第一条 每日值守。第二条 每日报送。第三条 市级承担。";
    assert_eq!(topic.versions, [text(DRAFT), text(REPORTING)]);
    assert_eq!((&topic.amendments[1].text, topic.amendments[1].version), (&text(both), 2));
    let both_by_half = "第一条 每日值守。第二条 每日报送。第三条 市级承担一半。";
    assert_eq!((&topic.amendments[2].text, topic.amendments[2].version), (&text(both_by_half), 2));
    assert_eq!((stages(&history)[3], topic.amendments[3].fell_with), (AmendmentStage::Fallen, Some(1)));
    let again = "第一条 每日值守。第二条 每月报送。第三条 经费自筹。";
    assert!(tried(&history, "WATER", amend("WATER", again)).is_ok(), "it may be moved anew");

    let history = carried(carried(history, 3), 2);
    assert_eq!(topic_of(&history).versions.last(), Some(&text(both_by_half)));
    assert!(tried(&history, "WATER", open_ballot(3)).is_ok());
}

#[test]
fn what_is_lost_or_withdrawn_takes_those_to_it_along() {
    let twice = "第一条 每日值守。第二条 每日两次报送。第三条 经费自筹。";
    let history = done(debated(false), "ROADS", amend("ROADS", REPORTING));
    let history = done(history, "HEALTH", to_amendment(1, "HEALTH", twice));
    let withdraw = |amendment| Command::WithdrawAmendment { topic: 1, amendment };
    assert_eq!(tried(&history, "HEALTH", withdraw(1)), Err("NOT_YOUR_DEPARTMENT"));
    let withdrawn = done(history.clone(), "ROADS", withdraw(1));
    assert_eq!(stages(&withdrawn), [AmendmentStage::Withdrawn, AmendmentStage::Fallen]);
    assert_eq!(tried(&withdrawn, "ROADS", withdraw(1)), Ok(vec![]));

    let (yes, no) = (Choice::Yes, Choice::No);
    let lost = voted_on(history, 2, &[("WATER", no), ("ROADS", no), ("HEALTH", yes)]);
    assert_eq!(stages(&lost), [AmendmentStage::Pending, AmendmentStage::Rejected]);
    let in_ballot = done(lost.clone(), "WATER", put(1));
    assert_eq!(tried(&in_ballot, "ROADS", withdraw(1)), Err("BALLOT_STILL_OPEN"));
    assert_eq!(tried(&in_ballot, "WATER", resolve(1, true)), Err("BALLOT_STILL_OPEN"));
    let inquorate = voted_on(lost, 1, &[("ROADS", yes)]);
    assert_eq!(
        stages(&inquorate),
        [AmendmentStage::Pending, AmendmentStage::Rejected],
        "nothing was decided"
    );
    let passed = carried(inquorate, 1);
    assert_eq!(topic_of(&passed).current_version(), 2, "a veto is on the text, and not on an amendment");
}

#[test]
fn what_nobody_seconds_lapses_with_the_debate_and_with_its_mover() {
    let waiting = done(debated(true), "ROADS", amend("ROADS", REPORTING));
    let lapsed = Event::AmendmentLapsed { topic: 1, amendment: 1 };
    let closed = tried(&waiting, "WATER", Command::CloseDebate { topic: 1 }).unwrap();
    assert_eq!(closed[0], lapsed);
    let left = tried(&waiting, "WATER", Command::RecordDeparture { department: code("ROADS") }).unwrap();
    assert_eq!(left[0], lapsed);
    let ended = tried(&waiting, "WATER", Command::WithdrawTopic { topic: 1, reason: text("Moot") }).unwrap();
    assert!(ended.contains(&lapsed));
    let other = "第一条 每日值守。第二条 每周报送。第三条 经费自筹。第四条 自下月起施行。";
    let anew = done(waiting, "WATER", Command::SubmitProposal { topic: 1, text: text(other) });
    let topic = topic_of(&anew);
    assert_eq!(topic.amendments[0].version, 2, "it is carried over to what the chair proposes");
    assert!(topic.amendments[0].text.as_str().contains("第二条 每日报送。第三条 经费自筹。第四条"));
}

#[test]
fn a_motion_comes_before_an_amendment_and_a_secret_rule_keeps_its_ballot_secret() {
    let history = done(debated(false), "ROADS", amend("ROADS", REPORTING));
    let kind = MotionKind::CloseDebate;
    let (department, reason) = (code("HEALTH"), text("It is time"));
    let close = Command::MoveMotion { topic: 1, department, kind, reason, calendar: calendar() };
    let moved = done(history.clone(), "HEALTH", close);
    assert_eq!(tried(&moved, "WATER", put(1)), Err("MOTION_PENDING"));

    let mut secret = history;
    if let Some(Event::Prepared { agenda }) = secret.first_mut() {
        agenda.constitution.rule.voting.secret_ballots = true;
    }
    let opened = tried(&secret, "WATER", put(1)).unwrap();
    assert!(matches!(&opened[..], [Event::BallotOpened { secret: true, amendment: Some(1), .. }]));
    let opened = followed_by(secret, opened);
    let sealed = |department: &str| Event::VoteSealed {
        topic: 1,
        ballot: 1,
        department: code(department),
        sealed: vec![1],
        cast_by: None,
    };
    let cast = followed_by(opened, ["WATER", "ROADS", "HEALTH"].map(sealed));
    let vote = |tracking_code: &str, choice| OpenedVote { tracking_code: line(tracking_code), choice };
    let votes = vec![vote("A", Choice::Yes), vote("B", Choice::No), vote("C", Choice::Yes)];
    let counted = done(cast, "WATER", Command::CountSecretBallot { topic: 1, opened: votes });
    assert_eq!(topic_of(&counted).versions.last(), Some(&text(REPORTING)));
}

#[test]
fn a_countersign_has_no_ballots_on_amendments() {
    let sign_by = at("2027-03-05T09:00:00Z");
    let prepare = Command::Prepare { agenda: agenda(Mode::Countersign { sign_by }) };
    let history = given::<Docket>(&[]).when(prepare).unwrap();
    let history = followed_by(history, [draft_of(DRAFT)]);
    let history = done(history, "ROADS", amend("ROADS", REPORTING));
    assert_eq!(tried(&history, "WATER", put(1)), Err("NOT_A_MEETING"));
    assert_eq!(tried(&history, "HEALTH", second(1, "HEALTH")), Err("NOT_A_MEETING"));
    assert!(tried(&history, "WATER", resolve(1, true)).is_ok());
}
