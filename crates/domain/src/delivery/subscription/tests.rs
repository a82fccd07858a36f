use super::*;
use crate::testing::{actor, at, code, given, line, text};

fn terms() -> Terms {
    Terms {
        name: line("Registry"),
        contexts: vec![line("scheduling")],
        types: vec![],
        department: None,
        body: Some(code("FLOOD")),
        receiver: Receiver::Webhook { url: text("https://receiver.example/hook") },
    }
}

fn chen() -> Actor {
    actor("chen", "WATER", Role::Delegate)
}

fn define() -> Command {
    Command::Define { terms: terms(), after_position: 7, others: 0 }
}

fn defined() -> Event {
    Event::Defined { subscriber: chen(), terms: terms(), after_position: 7 }
}

fn known(history: &[Event]) -> Known {
    Subscription::fold(State::default(), history).known().expect("it is defined").clone()
}

#[test]
fn it_is_for_whoever_defines_it() {
    assert_eq!(given::<Subscription>(&[]).by(chen()).when(define()), Ok(vec![defined()]));
    let nobody = Actor { department: None, ..chen() };
    assert_eq!(
        given::<Subscription>(&[]).by(nobody).when(define()),
        Err(Rejection::DepartmentRequired { subject: "chen".into() })
    );
}

#[test]
fn for_others_it_does_not_exist() {
    let others = [
        actor("li", "WATER", Role::Delegate),
        actor("chen", "ROADS", Role::Delegate),
        actor("chen", "WATER", Role::DepartmentLead),
        actor("sun", "", Role::Supervisor),
        actor("zhou", "", Role::Operator),
    ];
    let own = [
        Command::Change(Terms {
            receiver: Receiver::Mail { language: MailLanguage::English, digest_hour: None },
            ..terms()
        }),
        Command::SwitchOn,
        Command::RotateSecret,
        Command::Replay { after_position: 0 },
        Command::Resend(EventId { position: 3, number: 1 }),
    ];
    for other in others {
        for command in own.clone() {
            let decided = given::<Subscription>(&[defined()]).by(other.clone()).when(command.clone());
            assert_eq!(decided, Err(NOT_FOUND), "{command:?} by {other:?}");
        }
    }
    for command in own {
        assert_ne!(given::<Subscription>(&[defined()]).by(chen()).when(command), Err(NOT_FOUND));
    }
}

#[test]
fn an_operator_ends_what_nobody_else_can() {
    let operator = || actor("zhou", "", Role::Operator);
    let off = Event::SwitchedOff { cause: OffCause::Request };
    let switch_off = Command::SwitchOff { cause: OffCause::Request };
    assert_eq!(given::<Subscription>(&[defined()]).by(operator()).when(switch_off), Ok(vec![off]));
    let withdrawn = given::<Subscription>(&[defined()]).by(operator()).when(Command::Withdraw);
    assert_eq!(withdrawn, Ok(vec![Event::Withdrawn]));
    let ended = given::<Subscription>(&[defined(), Event::Withdrawn]);
    assert_eq!(ended.by(chen()).when(Command::SwitchOn), Err(NOT_FOUND));
}

#[test]
fn only_delivery_itself_says_what_was_delivered() {
    let progress = Command::NoteProgress { position: 9, replays: 0 };
    let by_process = given::<Subscription>(&[defined()]).when(progress.clone());
    assert_eq!(by_process, Ok(vec![Event::Progressed { position: 9 }]));
    assert_eq!(given::<Subscription>(&[defined()]).by(chen()).when(progress), Err(NOT_FOUND));
    let gone = Command::SwitchOff { cause: OffCause::ReceiverGone };
    assert_eq!(given::<Subscription>(&[defined()]).by(chen()).when(gone), Err(NOT_FOUND));
}

#[test]
fn what_was_delivered_before_a_replay_counts_for_nothing_after_it() {
    let history = [defined(), Event::Progressed { position: 9 }, Event::Replayed { after_position: 2 }];
    assert_eq!((known(&history).position, known(&history).replays), (2, 1));
    let late = Command::NoteProgress { position: 10, replays: 0 };
    assert_eq!(given::<Subscription>(&history).when(late), Ok(vec![]));
    let news = Command::NoteProgress { position: 3, replays: 1 };
    assert_eq!(given::<Subscription>(&history).when(news), Ok(vec![Event::Progressed { position: 3 }]));
}

#[test]
fn the_secret_before_a_new_one_signs_for_a_day() {
    let rotate = given::<Subscription>(&[defined()]).by(chen()).at("2027-03-01T01:00:00Z");
    let rotated = Event::SecretRotated { secret_number: 2, overlaps_by: at("2027-03-02T01:00:00Z") };
    assert_eq!(rotate.when(Command::RotateSecret), Ok(vec![rotated]));
}

#[test]
fn there_are_limits_to_subscriptions_and_their_filters() {
    let many = Command::Define { terms: terms(), after_position: 0, others: SUBSCRIPTIONS_MAX };
    assert_eq!(
        given::<Subscription>(&[]).by(chen()).when(many),
        Err(Rejection::TooManySubscriptions { max: SUBSCRIPTIONS_MAX })
    );
    let types = vec![line("a.b.C"); FILTERS_MAX + 1];
    let wide = Command::Define { terms: Terms { types, ..terms() }, after_position: 0, others: 0 };
    assert_eq!(
        given::<Subscription>(&[]).by(chen()).when(wide),
        Err(Rejection::TooManyFilters { field: "types", given: FILTERS_MAX + 1, max: FILTERS_MAX })
    );
}

#[test]
fn a_digest_is_sent_once_a_day_and_only_where_it_is_wanted() {
    let day = |day: i8| crate::Date::constant(2027, 3, day);
    let receiver = Receiver::Mail { language: MailLanguage::English, digest_hour: Some(8) };
    let daily = Event::Changed { terms: Terms { receiver, ..terms() } };
    let begun = |on: i8, previous_on| Event::DigestBegun { digest_on: day(on), previous_on };
    let begin = |on: i8| Command::BeginDigest { digest_on: day(on) };
    let process = || Actor::process("digest");
    let by_process = |history: &[Event], on: i8| given::<Subscription>(history).by(process()).when(begin(on));
    let first = [defined(), daily.clone(), begun(8, None)];
    assert_eq!(by_process(&[defined(), daily.clone()], 8), Ok(vec![begun(8, None)]));
    assert_eq!(by_process(&first, 8), Ok(vec![]), "twice");
    assert_eq!(by_process(&first, 5), Ok(vec![]), "too late");
    assert_eq!(by_process(&first, 9), Ok(vec![begun(9, Some(day(8)))]));
    assert_eq!(by_process(&[defined()], 8), Ok(vec![]), "each event is sent");
    let off = Event::SwitchedOff { cause: OffCause::Request };
    assert_eq!(by_process(&[defined(), daily.clone(), off], 8), Ok(vec![]));
    let by_chen = given::<Subscription>(&[defined(), daily]).by(chen()).when(begin(8));
    assert_eq!(by_chen, Err(NOT_FOUND), "nobody asks for it");
}

#[test]
fn the_secret_of_a_robot_stays_until_another_is_given() {
    let to_robot = |url: &str, secret: Option<&str>| {
        let robot = Robot {
            kind: RobotKind::Dingtalk,
            url: text(url),
            secret: secret.map(text),
            language: MailLanguage::Chinese,
        };
        Terms { receiver: Receiver::Robot { robot, digest_hour: None }, ..terms() }
    };
    let signed = to_robot("https://robot.example/send?access_token=1", Some("SEC1"));
    let history = [defined(), Event::Changed { terms: signed.clone() }];
    let change = |terms| given::<Subscription>(&history).by(chen()).when(Command::Change(terms));
    // Whoever changes something else has not read it.
    assert_eq!(change(to_robot("https://robot.example/send?access_token=1", None)), Ok(vec![]));
    let renewed = to_robot("https://robot.example/send?access_token=1", Some("SEC2"));
    assert_eq!(change(renewed.clone()), Ok(vec![Event::Changed { terms: renewed }]));
    let another = to_robot("https://robot.example/send?access_token=2", None);
    assert_eq!(
        change(another.clone()),
        Ok(vec![Event::Changed { terms: another }]),
        "it is not sent elsewhere"
    );
}

#[test]
fn an_invitation_that_is_over_is_not_answered() {
    let answer = |is_open| {
        let answer = MailAnswer::Decline;
        Command::AnswerInvitation { session: Uuid::from_u128(7), answer, comment: None, is_open }
    };
    let answered = given::<Subscription>(&[defined()]).by(chen()).when(answer(true));
    let event =
        Event::InvitationAnswered { session: Uuid::from_u128(7), answer: MailAnswer::Decline, comment: None };
    assert_eq!(answered, Ok(vec![event]));
    let late = given::<Subscription>(&[defined()]).by(chen()).when(answer(false));
    assert_eq!(late, Err(Rejection::NotFound { what: "invitation" }));
    let other =
        given::<Subscription>(&[defined()]).by(actor("li", "WATER", Role::Delegate)).when(answer(true));
    assert_eq!(other, Err(NOT_FOUND));
}
