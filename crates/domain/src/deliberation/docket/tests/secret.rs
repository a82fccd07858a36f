//! Secret ballots: who has voted is known, and how is not.

use super::*;
use crate::deliberation::ballot::OpenedVote;
use crate::deliberation::docket::OpenedPaper;

const SEATS: [&str; 4] = ["WATER", "ROADS", "HEALTH", "LAND"];

/// A meeting of a body with secret ballots that all four seats attend, with version 1 proposed on topic 1.
fn meeting(change: impl FnOnce(&mut Agenda)) -> Vec<Event> {
    let mut agenda = agenda(Mode::Meeting);
    let rule = DecisionRule { tie: Tie::Rejects, ..agenda.constitution.rule };
    agenda.constitution.voters = testing::constitution(&SEATS).voters;
    agenda.constitution.rule = rule;
    agenda.constitution.rule.voting.secret_ballots = true;
    let roles = vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }];
    agenda.participants.push(Participant { department: code("LAND"), roles });
    change(&mut agenda);
    let history = followed_by(vec![Event::Prepared { agenda }], SEATS.map(arrived));
    followed_by(history, [opened(), topic_opened(1), proposed(1)])
}

fn when(history: &[Event], by: &str, command: Command) -> Result<Vec<Event>, Rejection> {
    given::<Docket>(history).by(of(by)).when(command)
}

fn open() -> Vec<Event> {
    let history = meeting(|_| ());
    let opened = when(&history, "WATER", open_ballot(1)).unwrap();
    followed_by(history, opened)
}

fn seal(department: &str, ballot: u32) -> Command {
    let sealed = department.as_bytes().to_vec();
    Command::CastSecretVote { topic: 1, ballot, department: code(department), sealed }
}

fn cast(history: Vec<Event>, departments: &[&str]) -> Vec<Event> {
    departments.iter().fold(history, |history, department| {
        let cast = when(&history, department, seal(department, 1)).unwrap();
        followed_by(history, cast)
    })
}

fn vote(tracking_code: &str, choice: Choice) -> OpenedVote {
    OpenedVote { tracking_code: line(tracking_code), choice }
}

fn count(opened: Vec<OpenedVote>) -> Command {
    Command::CountSecretBallot { topic: 1, opened }
}

fn reason(decided: Result<Vec<Event>, Rejection>) -> &'static str {
    decided.map_err(|refused| refused.reason()).expect_err("it is refused")
}

#[test]
fn votes_are_published_in_the_order_of_their_codes_and_name_nobody() {
    let history = cast(open(), &["WATER", "ROADS", "HEALTH", "LAND"]);
    let votes =
        [vote("D", Choice::No), vote("A", Choice::Yes), vote("C", Choice::Yes), vote("B", Choice::Yes)];
    let counted = when(&history, "WATER", count(votes.to_vec())).unwrap();
    let [Event::SecretVotesOpened { votes: published, .. }, Event::BallotClosed { result, roll, .. }] =
        counted.as_slice()
    else {
        panic!("{counted:?}")
    };
    let codes: Vec<&str> = published.iter().map(|vote| vote.tracking_code.as_str()).collect();
    assert_eq!(codes, ["A", "B", "C", "D"]);
    assert!(roll.iter().all(|seat| seat.voted), "who has voted is known");
    let expected = "passed by simple majority in a secret ballot: 3 yes, 1 no, 0 abstained; 3 yes of 4 counted were \
                    needed; 4 cast of 4 eligible (0 recused), quorum 3";
    assert_eq!(result.sentence(), expected);
    let passed = followed_by(history, counted);
    assert!(when(&passed, "WATER", adopt(true)).is_ok(), "it is adopted like any other");
    let state = Docket::fold(State::Absent, &passed);
    let ballot = &state.proceedings().unwrap().topic(1).unwrap().ballots[0];
    assert!(
        ballot.sealed.is_empty() && ballot.votes.is_empty(),
        "nothing is left by which to tell whose it was"
    );
}

#[test]
fn without_a_quorum_no_vote_is_opened_and_the_version_may_be_voted_on_again() {
    let history = cast(open(), &["WATER", "ROADS"]);
    assert!(Docket::fold(State::Absent, &history).votes_to_open(1).is_empty());
    let two = vec![vote("A", Choice::Yes), vote("B", Choice::Yes)];
    assert_eq!(reason(when(&history, "WATER", count(two))), "VOTES_UNREADABLE");
    let failed = when(&history, "WATER", count(vec![])).unwrap();
    let [Event::BallotClosed { result, .. }] = failed.as_slice() else { panic!("{failed:?}") };
    assert_eq!((result.cast, result.yes, result.quorum, result.passed), (2, 0, 3, false), "three at least");
    assert!(result.sentence().contains("were not opened"), "{}", result.sentence());
    assert!(when(&followed_by(history, failed), "WATER", open_ballot(1)).is_ok());
}

#[test]
fn a_vote_is_its_voters_own_and_the_last_one_counts() {
    let history = open();
    let clerk = given::<Docket>(&history).by(actor("wen", "OFFICE", Role::Clerk)).when(seal("ROADS", 1));
    assert_eq!(reason(clerk), "NOT_YOUR_DEPARTMENT", "no clerk puts it down");
    assert_eq!(reason(when(&history, "ROADS", super::vote("ROADS"))), "BALLOT_IS_SECRET");
    let call = Command::RecordRollCall { topic: 1, votes: vec![] };
    let call = given::<Docket>(&history).by(actor("wen", "OFFICE", Role::Clerk)).when(call);
    assert_eq!(reason(call), "BALLOT_IS_SECRET");
    assert_eq!(reason(when(&history, "WATER", close_ballot(None))), "BALLOT_IS_SECRET");
    assert_eq!(reason(when(&history, "ROADS", seal("ROADS", 2))), "NO_BALLOT_OPEN");

    let history = cast(history, &["ROADS", "ROADS", "HEALTH", "LAND"]);
    assert_eq!(Docket::fold(State::Absent, &history).votes_to_open(1).len(), 3, "each seat has one vote");
    let recused = when(&history, "LAND", recuse("LAND")).unwrap();
    let state = Docket::fold(State::Absent, &followed_by(history, recused));
    assert!(state.votes_to_open(1).is_empty(), "a recusal voids the vote, and the quorum is missed");
}

#[test]
fn who_votes_for_another_seat_does_so_in_secret_too() {
    let history = meeting(|agenda| agenda.constitution.rule.voting.mandates_max = 1);
    let left = Event::DepartureRecorded { department: code("LAND") };
    let mandate = Event::MandateGiven {
        topic: None,
        department: code("LAND"),
        holders: vec![code("ROADS")],
        put_down_by_clerk: false,
    };
    let history = followed_by(history, [left, mandate]);
    let opened = when(&history, "WATER", open_ballot(1)).unwrap();
    let history = followed_by(history, opened);
    let for_land = when(&history, "ROADS", seal("LAND", 1)).unwrap();
    assert!(matches!(&for_land[..], [Event::VoteSealed { cast_by: Some(by), .. }] if *by == code("ROADS")));
    assert_eq!(reason(when(&history, "WATER", seal("LAND", 1))), "NOT_YOUR_DEPARTMENT");
}

#[test]
fn what_would_show_how_somebody_votes_is_refused() {
    let few = meeting(|agenda| agenda.participants.retain(|it| it.department.as_str() != "LAND"));
    let few = followed_by(few, [recused("ROADS")]);
    assert_eq!(reason(when(&few, "WATER", open_ballot(1))), "TOO_FEW_FOR_SECRECY");
    assert_eq!(reason(when(&few, "WATER", open_choice())), "TOO_FEW_FOR_SECRECY");
    let consent = Command::RecordGeneralConsent { topic: 1, version: 1, calendar: calendar() };
    assert_eq!(reason(when(&meeting(|_| ()), "WATER", consent)), "GENERAL_CONSENT_EXCLUDED");
}

#[test]
fn a_ballot_that_cannot_be_counted_is_voided_and_leaves_nothing() {
    let history = cast(open(), &["WATER", "ROADS", "HEALTH"]);
    assert_eq!(reason(when(&history, "WATER", count(vec![vote("A", Choice::Yes)]))), "VOTES_UNREADABLE");
    let void = || Command::VoidBallot { topic: 1, reason: text("The key is lost") };
    assert_eq!(reason(when(&history, "LAND", void())), "NOT_YOUR_DEPARTMENT");
    let voided = when(&history, "WATER", void()).unwrap();
    let history = followed_by(history, voided);
    assert_eq!(when(&history, "WATER", void()), Ok(vec![]), "once");
    assert_eq!(reason(when(&history, "WATER", close_ballot(None))), "NO_BALLOT_OPEN");
    assert!(when(&history, "WATER", open_ballot(1)).is_ok());
    let public = followed_by(in_session(), [proposed(1), ballot_opened(1, 1, Tie::Rejects)]);
    assert_eq!(
        reason(when(&public, "WATER", void())),
        "BALLOT_NOT_SECRET",
        "nobody voids what they would lose"
    );
}

#[test]
fn what_can_happen_next_is_what_a_secret_ballot_takes() {
    let history = cast(open(), &["WATER", "ROADS", "HEALTH"]);
    let state = Docket::fold(State::Absent, &history);
    let steps =
        crate::deliberation::docket::next::steps(&state, &[].into(), at("2027-03-01T01:10:00Z"), &calendar());
    let by = |rpc: &str| {
        let step = steps.iter().find(|step| step.rpc == rpc && step.topic == Some(1))?;
        Some(
            step.by.iter().filter_map(|who| who.department.as_ref()).map(Code::to_string).collect::<Vec<_>>(),
        )
    };
    assert_eq!(by("CastVote"), None, "nobody votes openly");
    assert_eq!(by("CastSecretVote").unwrap(), SEATS);
    assert!(!by("CloseBallot").unwrap().is_empty() && !by("VoidBallot").unwrap().is_empty());
}

fn open_choice() -> Command {
    let options = ["Li", "Wang", "Zhao"].map(line).to_vec();
    Command::OpenChoice {
        topic: 1,
        question: line("Who?"),
        options,
        method: ChoiceMethod::Schulze,
        lot: None,
    }
}

fn prefer(department: &str) -> Command {
    let sealed = department.as_bytes().to_vec();
    Command::CastSecretChoice { topic: 1, choice: 1, department: code(department), sealed }
}

/// A secret choice in which these have said what they prefer.
fn chosen_by(departments: &[&str]) -> Vec<Event> {
    let history = meeting(|_| ());
    let opened = when(&history, "WATER", open_choice()).unwrap();
    departments.iter().fold(followed_by(history, opened), |history, department| {
        let cast = when(&history, department, prefer(department)).unwrap();
        followed_by(history, cast)
    })
}

fn close_choice(papers: &[(&str, &[u32])]) -> Command {
    let paper = |(tracking_code, named): &(&str, &[u32])| OpenedPaper {
        tracking_code: line(tracking_code),
        named: named.to_vec(),
        points: vec![],
    };
    Command::CloseChoice { topic: 1, opened: papers.iter().map(paper).collect(), lot: None }
}

#[test]
fn what_is_preferred_in_secret_is_published_by_its_codes_and_counted_like_any_other() {
    let history = chosen_by(&["WATER", "ROADS", "HEALTH"]);
    let state = Docket::fold(State::Absent, &history);
    assert_eq!(state.papers_to_open(1).len(), 3);
    let papers: [(&str, &[u32]); 3] = [("C", &[2, 1]), ("A", &[1, 3]), ("B", &[2, 3])];
    let counted = when(&history, "WATER", close_choice(&papers)).unwrap();
    let [Event::SecretChoiceOpened { papers, .. }, Event::ChoiceClosed { result, roll, sealed: true, .. }] =
        counted.as_slice()
    else {
        panic!("{counted:?}")
    };
    let codes: Vec<&str> = papers.iter().map(|paper| paper.tracking_code.as_str()).collect();
    assert_eq!((codes, &result.first[..], result.cast), (vec!["A", "B", "C"], &[2][..], 3));
    assert_eq!(roll.iter().filter(|seat| seat.voted).count(), 3, "who has said something is known");
    let state = Docket::fold(State::Absent, &followed_by(history, counted));
    let choice = &state.proceedings().unwrap().topic(1).unwrap().choices[0];
    assert!(choice.sealed.is_empty() && choice.papers.is_empty(), "and not who said what");
}

#[test]
fn a_secret_choice_is_counted_whole_or_not_at_all() {
    let two = chosen_by(&["WATER", "ROADS"]);
    assert_eq!(Docket::fold(State::Absent, &two).papers_to_open(1), Vec::<&[u8]>::new());
    let failed = when(&two, "WATER", close_choice(&[])).unwrap();
    let [Event::ChoiceClosed { result, .. }] = failed.as_slice() else { panic!("{failed:?}") };
    assert_eq!(
        (&result.first[..], result.cast, result.quorum),
        (&[][..], 2, 3),
        "nobody knows how the two chose"
    );

    let three = chosen_by(&["WATER", "ROADS", "HEALTH"]);
    assert_eq!(reason(when(&three, "WATER", close_choice(&[("A", &[1])]))), "VOTES_UNREADABLE");
    let void = || Command::VoidChoice { topic: 1, reason: text("The key is lost") };
    assert_eq!(reason(when(&three, "LAND", void())), "NOT_YOUR_DEPARTMENT");
    let voided = followed_by(three.clone(), when(&three, "WATER", void()).unwrap());
    assert_eq!(when(&voided, "WATER", void()), Ok(vec![]));
    assert_eq!(reason(when(&voided, "ROADS", prefer("ROADS"))), "NO_CHOICE_OPEN");
    assert!(when(&voided, "WATER", open_choice()).is_ok(), "another one may be held");
    let left = followed_by(three, [recused("ROADS")]);
    assert_eq!(Docket::fold(State::Absent, &left).open_choice(1).unwrap().sealed.len(), 2);
}

#[test]
fn nobody_prefers_openly_what_is_secret_or_in_secret_what_is_open() {
    let history = chosen_by(&[]);
    let openly =
        || Command::CastChoice { topic: 1, department: code("ROADS"), named: vec![1], points: vec![] };
    assert_eq!(reason(when(&history, "ROADS", openly())), "CHOICE_IS_SECRET");
    let by_clerk = given::<Docket>(&history).by(actor("zhao", "OFFICE", Role::Clerk)).when(prefer("ROADS"));
    assert_eq!(reason(by_clerk), "NOT_YOUR_DEPARTMENT");
    let open = meeting(|agenda| agenda.constitution.rule.voting.secret_ballots = false);
    let opened = when(&open, "WATER", open_choice()).unwrap();
    assert_eq!(reason(when(&followed_by(open, opened), "ROADS", prefer("ROADS"))), "CHOICE_NOT_SECRET");
}
