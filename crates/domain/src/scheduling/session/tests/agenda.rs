//! Agendas with sections and sub-topics.

use super::*;
use crate::Label;

fn below(parent: u32, topic: Topic) -> Topic {
    Topic { parent: Some(parent), ..topic }
}

/// I. Roads: 1, 2 with the sub-topics 3 and 4; II. Schools: 5. The first department decides on all that is decided.
fn divided() -> Outline {
    let mut outline = outline(5);
    let topics = &mut outline.topics;
    (topics[0].section, topics[4].section) = (Some(line("一、道路")), Some(line("二、学校")));
    topics[1].timebox_minutes = 0;
    (topics[2].parent, topics[3].parent) = (Some(2), Some(2));
    let decides = [1, 3, 4, 5].map(|topic| (topic, RoleOnTopic::Decides));
    outline.attendees = vec![attendee("MIIT", &decides), attendee("MOF", &[(4, RoleOnTopic::Advises)])];
    outline
}

fn refused(change: impl Fn(&mut Outline)) -> Rejection {
    let mut outline = divided();
    change(&mut outline);
    given::<Session>(&[]).at(NOW).when(request(outline)).unwrap_err()
}

#[test]
fn an_agenda_has_sections_and_sub_topics_that_are_numbered_on_paper() {
    let outline = divided();
    assert!(given::<Session>(&[]).at(NOW).when(request(outline.clone())).is_ok());
    assert_eq!(outline.printed_numbers(), ["1", "2", "2.1", "2.2", "3"]);
    let to_decide: Vec<u32> = outline.topics_to_decide().map(|topic| topic.number).collect();
    assert_eq!(to_decide, [1, 3, 4, 5], "what has sub-topics is decided in them");
    // Nobody has to decide on it, and it does not count.
    let mut five = divided();
    five.topics.push(Topic { number: 6, title: line("其他"), ..five.topics[4].clone() });
    five.topics[5].section = None;
    five.attendees[0].roles.push(TopicRole { topic: 6, role: RoleOnTopic::Decides });
    assert_eq!(findings(five), []);
}

#[test]
fn a_sub_topic_follows_its_topic_and_has_none_itself() {
    let out_of_place =
        |topic_number, parent_number| Rejection::SubTopicOutOfPlace { topic_number, parent_number };
    assert_eq!(refused(|outline| outline.topics[0].parent = Some(1)), out_of_place(1, 1), "itself");
    assert_eq!(
        refused(|outline| outline.topics[2].parent = Some(9)),
        out_of_place(3, 9),
        "one that there is not"
    );
    assert_eq!(refused(|outline| outline.topics[2].parent = Some(5)), out_of_place(3, 5), "a later one");
    assert_eq!(refused(|outline| outline.topics[4].parent = Some(1)), out_of_place(5, 1), "an earlier one");
    assert_eq!(refused(|outline| outline.topics[3].parent = Some(3)), out_of_place(4, 3), "a sub-topic");
    let section = refused(|outline| outline.topics[3].section = Some(line("三、其他")));
    assert_eq!(section, Rejection::SectionInSubTopics { topic_number: 4, parent_number: 2 });
}

#[test]
fn what_is_decided_in_its_sub_topics_has_no_time_no_matter_and_no_roles() {
    let decided_below = Rejection::DecidedInSubTopics { topic_number: 2 };
    assert_eq!(refused(|outline| outline.topics[1].timebox_minutes = 5), decided_below);
    assert_eq!(refused(|outline| outline.topics[1].matter = Some(Uuid::from_u128(9))), decided_below);
    let informed = TopicRole { topic: 2, role: RoleOnTopic::Informed };
    assert_eq!(refused(|outline| outline.attendees[1].roles.push(informed)), decided_below);
    assert_eq!(
        refused(|outline| outline.topics[2].timebox_minutes = 0),
        Rejection::TimeboxRequired { topic_number: 3 }
    );
}

#[test]
fn a_sub_topic_is_as_confidential_as_its_topic_whatever_is_labelled_otherwise() {
    let too_weak = |topic_number| Rejection::LabelBelowParent { topic_number, parent_number: 2 };
    assert_eq!(refused(|outline| outline.topics[1].label = Label::Secret), too_weak(3));
    assert_eq!(refused(|outline| outline.topics[3].label = Label::Public), too_weak(4));

    let relabel = |topic, label| Command::RelabelTopic { topic, label, reason: text("涉密") };
    let mut history = vec![requested(divided())];
    let labelled = |history: &[Event], topic, label| given::<Session>(history).when(relabel(topic, label));
    assert_eq!(labelled(&history, 2, Label::Secret), Err(too_weak(3)));
    for topic in [3, 4, 2] {
        let relabelled = labelled(&history, topic, Label::Secret).unwrap();
        history.extend(relabelled);
    }
    assert_eq!(labelled(&history, 3, Label::Internal), Err(too_weak(3)), "and back in the other order");
    for topic in [2, 3, 4] {
        let relabelled = labelled(&history, topic, Label::Internal).unwrap();
        history.extend(relabelled);
    }
}

#[test]
fn whoever_sees_a_secret_sub_topic_sees_its_topic_and_others_see_neither() {
    let mut outline = divided();
    for topic in 1..4 {
        outline.topics[topic].label = Label::Secret;
    }
    // The section begins with what is secret.
    outline.topics[1].section = Some(line("二、征地"));
    outline.attendees.push(attendee("MEE", &[(1, RoleOnTopic::Informed)]));
    let State::Filed(filed) = Session::fold(State::default(), &[requested(outline)]) else {
        panic!("on file")
    };
    let seen_by = |department: &str| {
        let seen = filed.seen_by(|audience| match audience {
            Audience::Everybody => true,
            Audience::Concerned { departments, .. } => departments.contains(&&code(department)),
        });
        let topics = seen.outline.topics.into_iter();
        topics
            .map(|topic| (topic.section.map(|s| s.to_string()), topic.title.to_string()))
            .collect::<Vec<_>>()
    };
    let own = |section: Option<&str>, title: &str| (section.map(str::to_owned), title.to_owned());
    assert_eq!(
        seen_by("MOF"),
        [
            own(Some("一、道路"), "议题1"),
            own(Some("二、征地"), "议题2"),
            own(None, "…"),
            own(None, "议题4"),
            own(Some("二、学校"), "议题5")
        ]
    );
    assert_eq!(
        seen_by("MEE"),
        [
            own(Some("一、道路"), "议题1"),
            own(None, "…"),
            own(None, "…"),
            own(None, "…"),
            own(Some("二、学校"), "议题5")
        ]
    );
}

#[test]
fn a_merged_session_keeps_its_sub_topics_and_has_a_section_of_its_own() {
    let mut other = divided();
    other.title = line("另一次会商");
    other.topics[0].section = None;
    let into = Outline { duration_minutes: 200, ..divided() };
    let absorb = Command::Absorb { from: Uuid::from_u128(9), outline: other };
    let absorbed = given::<Session>(&[requested(into)]).at(NOW).when(absorb).unwrap();
    let [Event::TopicsAbsorbed { topics, .. }] = &absorbed[..] else { panic!("{absorbed:?}") };
    let parents: Vec<_> = topics.iter().map(|topic| topic.parent).collect();
    assert_eq!(parents, [None, None, Some(2), Some(2), None, None, None, Some(7), Some(7), None]);
    assert_eq!(topics[5].section, Some(line("另一次会商")), "it does not fall into the last section");
}

#[test]
fn what_is_merged_keeps_the_class_by_whose_rule_it_is_decided() {
    let classes = [MatterClass::Ordinary, MatterClass::Important, MatterClass::Personnel];
    for (matter_class, other_class) in classes.iter().flat_map(|one| classes.map(|other| (*one, other))) {
        let other = Outline { class: matter_class, ..divided() };
        let into = Outline { class: other_class, duration_minutes: 200, ..divided() };
        let absorb = Command::Absorb { from: Uuid::from_u128(9), outline: other };
        let merged = given::<Session>(&[requested(into)]).at(NOW).when(absorb);
        match matter_class == other_class {
            true => assert!(merged.is_ok()),
            false => assert_eq!(merged, Err(Rejection::ClassesDiffer { matter_class, other_class })),
        }
    }
}

#[test]
fn a_copy_has_only_what_is_kept_and_no_topic_without_the_sub_topics_it_is_decided_in() {
    let kept = divided().with_only(|topic| ![3, 4].contains(&topic.number));
    let titles: Vec<_> = kept.topics.iter().map(|topic| topic.title.as_str()).collect();
    assert_eq!(titles, ["议题1", "议题5"]);
    assert_eq!(kept.attendees[0].roles.iter().map(|role| role.topic).collect::<Vec<_>>(), [1, 2]);
    let kept = divided().with_only(|topic| ![1, 3].contains(&topic.number));
    assert_eq!(kept.topics.iter().map(|topic| topic.parent).collect::<Vec<_>>(), [None, Some(1), None]);
    assert!(kept.check().is_ok());
}

#[test]
fn a_long_agenda_of_a_council_fits_and_a_longer_one_does_not() {
    let council = |topics: u32, letter: &str| {
        let mut outline = outline(topics);
        for (nth, topic) in outline.topics.iter_mut().enumerate() {
            topic.title = line(&format!("{nth:03}{}", letter.repeat(197)));
            topic.section = (nth % 10 == 0).then(|| line(&format!("第{nth}部分")));
        }
        outline.topics[1].timebox_minutes = 0;
        outline.topics[2] = below(2, outline.topics[2].clone());
        outline.attendees[0].roles.retain(|role| role.topic != 2);
        let decides = outline.attendees[0].clone();
        let department = |nth| Attendee { department: code(&format!("D{nth:02}")), ..decides.clone() };
        outline.attendees = (1..=28).map(department).collect();
        Outline { duration_minutes: 1_000, ..outline }
    };
    assert_eq!(council(70, "a").check(), Ok(()), "seventy titles of 200 characters, and 28 departments");
    assert!(matches!(council(70, "议").check(), Err(Rejection::AgendaTooLong { max: AGENDA_BYTES_MAX, .. })));
}
