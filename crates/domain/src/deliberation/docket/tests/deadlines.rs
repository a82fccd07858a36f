//! What has to happen by a moment, and when that is over.

use super::*;

#[test]
fn an_emergency_decided_after_its_clock_ran_out_is_recorded_as_late() {
    let decide_by = Some(at("2027-03-01T01:10:00Z"));
    let prepared = Event::Prepared { agenda: Agenda { decide_by, ..agenda(Mode::Meeting) } };
    let history: Vec<Event> = [prepared].into_iter().chain(in_session().into_iter().skip(1)).collect();
    let decide = |moment| given::<Docket>(&passed(history.clone())).at(moment).when(adopt(true)).unwrap();

    let late = decide("2027-03-01T01:12:01Z");
    let decide_by = at("2027-03-01T01:10:00Z");
    assert_eq!(late.last(), Some(&Event::DecidedLate { topic: 1, decide_by, late_minutes: 3 }));
    assert!(!decide("2027-03-01T01:10:00Z").iter().any(|event| matches!(event, Event::DecidedLate { .. })));
}

#[test]
fn a_countersign_opens_by_itself_and_ends_at_its_deadline() {
    let sign_by = at("2027-03-05T09:00:00Z");
    let prepare = Command::Prepare { agenda: agenda(Mode::Countersign { sign_by }) };
    let history = given::<Docket>(&[]).at("2027-03-01T01:00:00Z").when(prepare).unwrap();
    assert!(matches!(history.as_slice(), [Event::Prepared { .. }, Event::Opened { present: 3, .. }]));
    let (method, abstention) = (Method::UnanimousCountersign, Abstention::DoesNotCount);
    let (tie, majority_of) = (Tie::Rejects, MajorityBase::Votes);
    let ballot = Event::BallotOpened {
        topic: 1,
        ballot: 1,
        version: 1,
        method,
        abstention,
        tie,
        majority_of,
        secret: false,
        motion: None,
        amendment: None,
        remind_at: None,
    };
    let history = followed_by(history, [proposed(1), ballot, voted("WATER", Choice::Yes)]);
    let before = "2027-03-05T08:59:59Z";
    let after = "2027-03-05T09:00:00Z";

    let clerk = actor("wen", "OFFICE", Role::Clerk);
    let signed_by = |by, moment| given::<Docket>(&history).by(by).at(moment).when(vote("ROADS"));
    assert_eq!(signed_by(of("ROADS"), before), Ok(vec![voted("ROADS", Choice::Yes)]));
    assert!(
        matches!(signed_by(clerk, before), Err(Rejection::NotYourDepartment { .. })),
        "a department signs for itself"
    );
    assert_eq!(signed_by(of("ROADS"), after), Err(Rejection::CountersignOver { sign_by }));

    let close = |moment| given::<Docket>(&history).at(moment).when(close_ballot(None));
    assert_eq!(close(before), Err(Rejection::MissingVotes { missing: 2, sign_by }));
    let closed = close(after).unwrap();
    assert!(matches!(closed.as_slice(), [Event::BallotClosed { result, .. }] if !result.passed));
    // The deadline alone closes it as well, and only once.
    assert_eq!(Docket::fold(State::Absent, &history).next_deadline(), Some(sign_by));
    let check = |history: &[Event], moment| given::<Docket>(history).at(moment).when(Command::CheckDeadlines);
    assert_eq!(check(&history, before), Ok(vec![]));
    assert_eq!(check(&history, after).as_ref(), Ok(&closed));
    assert_eq!(check(&followed_by(history, closed), after), Ok(vec![]));
}

#[test]
fn a_due_date_is_bound_to_ten_years_like_a_number_of_days() {
    // It is 1 March 2027; ten years later is 26 February 2037, and a day more may be meant further east.
    let draft_due = |due| {
        let items = vec![ItemDraft { due: Some(due), ..draft() }];
        given::<Docket>(&in_session())
            .at("2027-03-01T01:10:00Z")
            .when(Command::DraftItems { topic: 1, items })
    };
    let on = |text: &str| DueRule::On(text.parse().unwrap());
    assert!(draft_due(on("2037-02-27")).is_ok());
    assert_eq!(draft_due(on("2037-02-28")), Err(Rejection::DueOutOfRange { days: 3_651, max: 3_650 }));
    assert_eq!(
        draft_due(on("9999-12-31")).map_err(|refused| refused.to_string().contains("at most 3650")),
        Err(true)
    );
    assert_eq!(
        draft_due(DueRule::AfterDays(3_651)),
        Err(Rejection::DueOutOfRange { days: 3_651, max: 3_650 })
    );

    let adopt_due = |due| {
        let drafted = followed_by(in_session(), [drafted(ItemDraft { due: Some(due), ..draft() })]);
        given::<Docket>(&passed(drafted)).at("2027-03-01T01:20:00Z").when(adopt(false))
    };
    assert!(adopt_due(on("2037-02-26")).is_ok());
    assert_eq!(adopt_due(on("2037-02-27")), Err(Rejection::DueOutOfRange { days: 3_651, max: 3_650 }));
}

#[test]
fn what_is_due_in_hours_is_due_at_a_moment_and_is_soon_acknowledged() {
    let drafted = |number, due| {
        let draft = ItemDraft { due: Some(due), ..draft() };
        Event::ItemDrafted { item: DraftedItem { number, topic: 1, draft } }
    };
    let items = [drafted(1, DueRule::AfterHours(6)), drafted(2, DueRule::AfterWorkingDays(1))];
    let history = followed_by(passed(in_session()), items);
    let adopted = given::<Docket>(&history).at("2027-03-05T22:00:00Z").when(adopt(false)).unwrap();
    let decided = adopted.iter().find_map(|event| match event {
        Event::DecisionAdopted { due_dates, acknowledge_by, .. } => Some((due_dates, *acknowledge_by)),
        _ => None,
    });
    let (due_dates, acknowledge_by) = decided.unwrap();
    let due: Vec<_> = due_dates.iter().map(|due| (due.due_on.to_string(), due.due_at)).collect();
    // In Shanghai it is Saturday morning, and the next working day a Monday.
    let end_of_monday = at("2027-03-08T15:59:59.999999Z");
    let at_noon = at("2027-03-06T04:00:00Z");
    let expected = [("2027-03-06".to_owned(), at_noon), ("2027-03-08".to_owned(), end_of_monday)];
    assert_eq!(due, expected);
    assert_eq!(acknowledge_by, at("2027-03-06T01:00:00Z"), "half of the shortest time");
}
