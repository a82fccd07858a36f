//! Who sees what of a session whose topics and papers have labels.

use super::*;
use crate::Label;

/// MIIT decides on topic 1 and advises on the secret topic 2, MOF is informed of topic 1, and MEE decides on topic 2. NDRC
/// requested it and is in the chair.
fn labelled() -> Filed {
    let mut topics = topics(2);
    topics[1].label = Label::Secret;
    topics[1].matter = Some(Uuid::from_u128(2));
    let attendees = vec![
        attendee("MIIT", &[(1, RoleOnTopic::Decides), (2, RoleOnTopic::Advises)]),
        attendee("MOF", &[(1, RoleOnTopic::Informed)]),
        attendee("MEE", &[(2, RoleOnTopic::Decides)]),
    ];
    let outline = Outline { topics, attendees, ..outline(2) };
    let paper = |(topic, title, label)| Event::PaperSubmitted {
        topic,
        paper: Paper { title: line(title), sha256: line(&"a".repeat(64)), uri: line("file:///1"), label },
        submitted_at: at(NOW),
    };
    let papers = [
        (1, "1 internal", Label::Internal),
        (1, "1 secret", Label::Secret),
        (2, "2 internal", Label::Internal),
        (2, "2 public", Label::Public),
    ];
    let events: Vec<Event> = [requested(outline)].into_iter().chain(papers.map(paper)).collect();
    let State::Filed(filed) = Session::fold(State::default(), &events) else { panic!("on file") };
    *filed
}

fn seen_by(department: &str) -> Filed {
    labelled().seen_by(|audience| match audience {
        Audience::Everybody => true,
        Audience::Concerned { departments, .. } => departments.contains(&&code(department)),
    })
}

fn papers(filed: &Filed) -> Vec<&str> {
    filed.papers.iter().map(|filed| filed.paper.title.as_str()).collect()
}

#[test]
fn a_secret_topic_is_for_those_who_have_a_role_on_it_and_whoever_leads_and_requested() {
    for department in ["MIIT", "MEE", "NDRC"] {
        assert_eq!(seen_by(department).outline, labelled().outline, "{department}");
    }
    let seen = seen_by("MOF");
    let hidden = Topic { title: line("…"), matter: None, ..labelled().outline.topics[1].clone() };
    assert_eq!(seen.outline.topics, [labelled().outline.topics[0].clone(), hidden]);
    let attending = seen.outline.attendees.iter().map(|it| (it.department.to_string(), it.roles.len()));
    let attending: Vec<_> = attending.collect();
    assert_eq!(attending, [("MIIT".into(), 1), ("MOF".into(), 1)], "nor who takes part in it alone");
}

#[test]
fn nobody_learns_who_is_invited_to_a_secret_topic_alone() {
    let events = [
        Event::Scheduled {
            room: code("R-302"),
            starts_at: at("2027-03-08T01:00:00Z"),
            ends_at: at("2027-03-08T03:00:00Z"),
            invited: ["MIIT", "MOF", "MEE"].map(code).to_vec(),
            answer_by: None,
        },
        Event::DelegateNamed {
            department: code("MEE"),
            delegate: line("赵六"),
            in_place_of: None,
            put_down_by_clerk: false,
        },
    ];
    let session = events.iter().fold(State::Filed(Box::new(labelled())), Session::evolve);
    let filed = session.filed().unwrap();
    let seen_by = |department: &str| {
        let seen = filed.seen_by(|audience| match audience {
            Audience::Everybody => true,
            Audience::Concerned { departments, .. } => departments.contains(&&code(department)),
        });
        let Progress::Scheduled(appointment) = &seen.progress else { panic!("scheduled") };
        let counts = (appointment.invitations.len(), seen.delegates.len());
        (counts, seen.attendance().unwrap().waiting)
    };
    assert_eq!(seen_by("MOF"), ((2, 0), 1), "of those that decide, only MIIT is asked");
    assert_eq!(seen_by("MIIT"), ((3, 1), 2), "it advises on the topic");
    assert_eq!(seen_by("MEE"), ((3, 1), 2));
}

#[test]
fn a_paper_is_for_those_that_its_label_says() {
    assert_eq!(papers(&seen_by("MIIT")), ["1 internal", "1 secret", "2 internal", "2 public"]);
    assert_eq!(papers(&seen_by("MOF")), ["1 internal", "2 public"], "it is informed, and not of topic 2");
    assert_eq!(papers(&seen_by("MEE")), ["1 internal", "2 internal", "2 public"]);
    assert_eq!(papers(&seen_by("NDRC")), ["1 internal", "1 secret", "2 internal", "2 public"]);
}

#[test]
fn the_matter_of_a_secret_topic_concerns_those_who_see_the_topic() {
    let mut outline = labelled().outline;
    outline.topics[0].matter = Some(Uuid::from_u128(1));
    let request = Command::Request { outline, chair: code("NDRC") };
    let requester = code("MOT");
    let commands = crate::scheduling::agenda::matter_commands(
        Uuid::from_u128(7),
        &State::Absent,
        &request,
        Uuid::from_u128(9),
        Some(&requester),
    );
    let concerned: Vec<Vec<String>> = commands
        .into_iter()
        .map(|(_, command)| match command {
            crate::scheduling::matter::Command::PutOnAgenda { concerned, .. } => {
                concerned.iter().map(Code::to_string).collect()
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(concerned, [vec!["MIIT", "MOF", "MEE", "NDRC", "MOT"], vec!["MIIT", "MEE", "NDRC", "MOT"]]);
}

fn relabel(label: Label) -> Command {
    Command::RelabelTopic { topic: 1, label, reason: text("涉及商业秘密") }
}

#[test]
fn a_topic_and_a_paper_are_labelled_otherwise_at_any_time_and_once() {
    let history = [requested(outline(2)), Event::Cancelled { reason: text("不再需要") }];
    let secret =
        Event::TopicRelabelled { topic: 1, label: Label::Secret, reason: text("涉及商业秘密") };
    assert_eq!(given::<Session>(&history).when(relabel(Label::Secret)), Ok(vec![secret.clone()]));
    let relabelled = [history.to_vec(), vec![secret]].concat();
    assert_eq!(given::<Session>(&relabelled).when(relabel(Label::Secret)), Ok(vec![]));
    let none = Command::RelabelTopic { topic: 9, label: Label::Secret, reason: text("理由") };
    assert_eq!(given::<Session>(&history).when(none), Err(Rejection::UnknownTopic { topic_number: 9 }));

    let sha256 = line(&"a".repeat(64));
    let paper = |sha256: Line| Command::RelabelPaper {
        topic: 1,
        sha256,
        label: Label::Public,
        reason: text("可以公开"),
    };
    let filed = labelled();
    let events = crate::scheduling::session::labels::relabel_paper(
        &filed,
        1,
        sha256.clone(),
        Label::Public,
        text("可以公开"),
    )
    .unwrap();
    let after = State::Filed(Box::new(filed)).after(&events[0]);
    let papers = &after.filed().unwrap().papers;
    let of_topic = papers.iter().filter(|filed| filed.topic == 1).map(|filed| filed.paper.label);
    assert_eq!(of_topic.collect::<Vec<_>>(), [Label::Public; 2], "all that have this content");
    assert!(papers.iter().any(|filed| filed.topic == 2 && filed.paper.label == Label::Internal));
    let unknown = Rejection::UnknownPaper { topic_number: 1, sha256: sha256.clone() };
    assert_eq!(given::<Session>(&history).when(paper(sha256)), Err(unknown));
}

#[test]
fn the_matter_of_a_topic_is_labelled_with_it() {
    let state = State::Filed(Box::new(labelled()));
    let command = Command::RelabelTopic { topic: 2, label: Label::Internal, reason: text("保密期已满") };
    let session = Uuid::from_u128(7);
    let commands = crate::scheduling::agenda::matter_commands(session, &state, &command, session, None);
    let [(matter, crate::scheduling::matter::Command::Relabel { session: its, label, concerned, .. })] =
        commands.as_slice()
    else {
        panic!("{commands:?}")
    };
    assert_eq!((*matter, *its, *label), (Uuid::from_u128(2), Some(session), Label::Internal));
    assert!(concerned.contains(&code("MOF")), "it attends, and sees the topic from now on");
}
