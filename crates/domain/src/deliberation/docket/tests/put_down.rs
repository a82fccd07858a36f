//! What a clerk of the docket puts down for departments, and what they alone say and take back.

use super::*;

/// WATER is in the chair; OFFICE is the secretariat, and takes no part.
fn clerk() -> Actor {
    actor("wang", "OFFICE", Role::Clerk)
}
fn by(history: &[Event], who: Actor, command: Command) -> Result<Vec<Event>, &'static str> {
    given::<Docket>(history).by(who).when(command).map_err(|refused| refused.reason())
}
fn done(history: Vec<Event>, who: Actor, command: Command) -> Vec<Event> {
    let events = by(&history, who, command.clone()).unwrap_or_else(|why| panic!("{command:?}: {why}"));
    followed_by(history, events)
}
fn say(stance: Stance) -> Command {
    Command::RecordStatement { topic: 1, department: code("HEALTH"), stance, reasons: text("So it is") }
}
fn recuse() -> Command {
    let (department, reason) = (code("HEALTH"), text("Own land"));
    Command::RecordRecusal { topic: 1, department, reason, current_version_only: false }
}
fn take_part_again() -> Command {
    Command::WithdrawRecusal { topic: 1, department: code("HEALTH"), reason: text("It was sold") }
}
fn vote(choice: Choice) -> Command {
    Command::CastVote { topic: 1, department: code("HEALTH"), choice, split: vec![], reason: None }
}
fn vote_of(department: &str, choice: Choice) -> Command {
    Command::CastVote { topic: 1, department: code(department), choice, split: vec![], reason: None }
}
fn in_ballot() -> Vec<Event> {
    followed_by(in_session(), [proposed(1), ballot_opened(1, 1, Tie::Rejects)])
}

#[test]
fn what_a_department_says_itself_no_clerk_replaces() {
    let history = done(in_session(), clerk(), say(Stance::Support));
    assert!(matches!(history.last(), Some(Event::StatementRecorded { put_down_by_clerk: true, .. })));
    let history = done(history, clerk(), say(Stance::SupportWithConditions));
    let history = done(history, of("HEALTH"), say(Stance::Oppose));
    assert!(matches!(history.last(), Some(Event::StatementRecorded { put_down_by_clerk: false, .. })));
    assert_eq!(by(&history, clerk(), say(Stance::Support)), Err("SAID_ITSELF"));
    assert_eq!(by(&history, clerk(), say(Stance::Oppose)), Ok(vec![]), "it says so already");
    // What a clerk has put down becomes its own once it says the same.
    let history = done(done(in_session(), clerk(), say(Stance::Oppose)), of("HEALTH"), say(Stance::Oppose));
    assert_eq!(by(&history, clerk(), say(Stance::Support)), Err("SAID_ITSELF"));
}

#[test]
fn no_recusal_that_a_clerk_puts_down_takes_a_vote_away() {
    let voted = done(in_ballot(), of("HEALTH"), vote(Choice::No));
    assert_eq!(by(&voted, clerk(), recuse()), Err("SAID_ITSELF"));
    assert!(by(&voted, of("HEALTH"), recuse()).is_ok(), "it recuses itself whenever it sees why");
    // While it is asked for its vote, it recuses itself or not at all.
    assert_eq!(by(&in_ballot(), clerk(), recuse()), Err("BALLOT_STILL_OPEN"));
    let recused = done(in_session(), clerk(), recuse());
    assert!(matches!(recused.last(), Some(Event::RecusalRecorded { put_down_by_clerk: true, .. })));
    assert!(by(&recused, clerk(), take_part_again()).is_ok());
    // The department makes it its own, or takes part again.
    assert!(by(&recused, of("HEALTH"), take_part_again()).is_ok());
    let own = done(recused, of("HEALTH"), recuse());
    assert_eq!(by(&own, clerk(), take_part_again()), Err("SAID_ITSELF"));
    // Once it takes part again by its own word, or has spoken, nobody recuses it.
    let again = done(own, of("HEALTH"), take_part_again());
    assert_eq!(by(&again, clerk(), recuse()), Err("SAID_ITSELF"));
    let spoke = done(in_session(), of("HEALTH"), say(Stance::Oppose));
    assert_eq!(by(&spoke, clerk(), recuse()), Err("SAID_ITSELF"), "its objection stays");
    let left = followed_by(in_session(), [Event::DepartureRecorded { department: code("HEALTH") }]);
    assert_eq!(by(&left, clerk(), recuse()), Err("NOT_PRESENT"));
}

#[test]
fn nobody_is_put_out_of_the_room_while_it_is_asked_for_its_vote() {
    let depart = || Command::RecordDeparture { department: code("HEALTH") };
    assert_eq!(by(&in_ballot(), clerk(), depart()), Err("BALLOT_STILL_OPEN"));
    assert!(by(&in_session(), clerk(), depart()).is_ok());
    let counted = done(in_ballot(), of("WATER"), close_ballot(None));
    assert!(by(&counted, clerk(), depart()).is_ok());
}

#[test]
fn an_objection_is_not_outvoted_by_a_clerk() {
    let opposed = done(in_session(), of("HEALTH"), say(Stance::Oppose));
    let opened = Event::BallotOpened {
        topic: 1,
        ballot: 1,
        version: 1,
        method: Method::Silence,
        abstention: Abstention::DoesNotCount,
        tie: Tie::Rejects,
        majority_of: MajorityBase::Votes,
        secret: false,
        motion: None,
        amendment: None,
        remind_at: None,
    };
    let asked = followed_by(opposed, [proposed(1), opened]);
    assert_eq!(by(&asked, clerk(), vote(Choice::Yes)), Err("SAID_ITSELF"));
    assert!(by(&asked, of("HEALTH"), vote(Choice::Yes)).is_ok());
    // Whoever voted no objects to the next text as well, until it says otherwise.
    let failed =
        done(done(in_ballot(), of("HEALTH"), vote(Choice::No)), of("WATER"), vote_of("WATER", Choice::No));
    let failed = done(failed, of("ROADS"), vote_of("ROADS", Choice::Yes));
    let failed = followed_by(done(failed, of("WATER"), close_ballot(None)), [topic_opened(1), proposed(2)]);
    let consent = || Command::RecordGeneralConsent { topic: 1, version: 2, calendar: calendar() };
    assert_eq!(by(&failed, of("WATER"), consent()), Err("OBJECTED"));
    let agreed = done(failed, of("HEALTH"), say(Stance::Support));
    assert_eq!(by(&agreed, of("WATER"), consent()), Err("OBJECTED"), "WATER has said nothing since");
    let water = Command::RecordStatement {
        topic: 1,
        department: code("WATER"),
        stance: Stance::Support,
        reasons: text("So it is"),
    };
    assert!(by(&done(agreed, of("WATER"), water), of("WATER"), consent()).is_ok());
}

#[test]
fn nobody_has_a_department_reconsider_but_itself() {
    let voted = done(in_ballot(), of("HEALTH"), vote(Choice::No));
    let voted = done(voted, of("WATER"), vote_of("WATER", Choice::No));
    let failed = done(voted, of("WATER"), close_ballot(None));
    let reconsider = Command::MoveMotion {
        topic: 1,
        department: code("HEALTH"),
        kind: MotionKind::Reconsider,
        reason: text("New figures"),
        calendar: calendar(),
    };
    assert_eq!(by(&failed, clerk(), reconsider.clone()), Err("NOT_YOUR_DEPARTMENT"));
    assert!(by(&failed, of("HEALTH"), reconsider).is_ok());
}

#[test]
fn no_motion_and_no_amendment_is_withdrawn_by_a_clerk_but_those_put_down_by_one() {
    let (department, kind) = (code("HEALTH"), MotionKind::CloseDebate);
    let moved =
        Command::MoveMotion { topic: 1, department, kind, reason: text("Enough"), calendar: calendar() };
    let department = code("HEALTH");
    let (version, amends) = (None, None);
    let amended = Command::SubmitAmendment { topic: 1, department, version, amends, text: text("Better") };
    let history = followed_by(in_session(), [proposed(1)]);
    for (command, withdraw) in [
        (moved, Command::WithdrawMotion { topic: 1, motion: 1 }),
        (amended, Command::WithdrawAmendment { topic: 1, amendment: 1 }),
    ] {
        let own = done(history.clone(), of("HEALTH"), command.clone());
        assert_eq!(by(&own, clerk(), withdraw.clone()), Err("SAID_ITSELF"), "{command:?}");
        let put_down = done(history.clone(), clerk(), command);
        assert!(by(&put_down, clerk(), withdraw.clone()).is_ok());
        assert!(by(&put_down, of("HEALTH"), withdraw).is_ok());
    }
}

#[test]
fn whoever_is_recused_puts_nothing_down_for_others_as_a_clerk_either() {
    let secretary = || actor("wang", "WATER", Role::Clerk);
    let mut agenda = agenda(Mode::Meeting);
    agenda.constitution.secretariat = vec![code("WATER")];
    let mut history = in_ballot();
    history[0] = Event::Prepared { agenda };
    let call = Command::RecordRollCall {
        topic: 1,
        votes: vec![RollCallVote { department: code("HEALTH"), choice: Choice::Yes }],
    };
    let acts = || [say(Stance::Support), vote(Choice::Yes), call.clone()];
    for command in acts() {
        assert!(by(&history, secretary(), command).is_ok());
    }
    let history = followed_by(history, [recused("WATER")]);
    for command in acts().into_iter().chain([recuse()]) {
        assert_eq!(by(&history, secretary(), command.clone()), Err("DEPARTMENT_RECUSED"), "{command:?}");
    }
}
