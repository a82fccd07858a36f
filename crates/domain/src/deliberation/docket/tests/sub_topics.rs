//! Topics that are decided in their sub-topics.

use super::*;
use crate::deliberation::docket::next::steps;
use crate::{Audience, Label};

/// Topic 1 stands alone, and topic 2 is decided in 3 and 4.
fn divided() -> Agenda {
    let mut agenda = agenda(Mode::Meeting);
    let entry = |number, parent| AgendaTopic {
        number,
        title: line(&format!("Part {number}")),
        parent,
        ..agenda.topics[0].clone()
    };
    let parts = [entry(3, Some(2)), entry(4, Some(2))];
    agenda.topics.extend(parts);
    for participant in &mut agenda.participants {
        let on_first = participant.roles.iter().find(|role| role.topic == 1).map(|role| role.role);
        participant.roles.retain(|role| role.topic == 1);
        participant
            .roles
            .extend(on_first.into_iter().flat_map(|role| [3, 4].map(|topic| TopicRole { topic, role })));
    }
    agenda
}

fn begun(agenda: Agenda) -> Vec<Event> {
    let attendance = ["WATER", "ROADS", "HEALTH"].map(arrived);
    followed_by(vec![Event::Prepared { agenda }], attendance.into_iter().chain([opened()]))
}

#[test]
fn a_topic_with_sub_topics_is_decided_in_them_and_nothing_is_lost() {
    let mut history = begun(divided());
    let decided_below = Rejection::DecidedInSubTopics { topic_number: 2 };
    let withdraw = |topic| Command::WithdrawTopic { topic, reason: text("Settled") };
    let statement = Command::RecordStatement {
        topic: 2,
        department: code("WATER"),
        stance: Stance::Support,
        reasons: text("Yes"),
    };
    for command in [Command::OpenTopic { topic: 2 }, withdraw(2), statement] {
        assert_eq!(given::<Docket>(&history).by(of("WATER")).when(command), Err(decided_below.clone()));
    }
    for topic in [1, 3] {
        let withdrawn = given::<Docket>(&history).by(of("WATER")).when(withdraw(topic)).unwrap();
        history.extend(withdrawn);
    }
    let undecided = Rejection::TopicUndecided { topic_number: 4, title: line("Part 4") };
    assert_eq!(given::<Docket>(&history).by(of("WATER")).when(Command::Close), Err(undecided));
    let withdrawn = given::<Docket>(&history).by(of("WATER")).when(withdraw(4)).unwrap();
    history.extend(withdrawn);
    let closed = given::<Docket>(&history).by(of("WATER")).when(Command::Close).unwrap();
    assert!(matches!(closed[..], [Event::Closed { withdrawn: 3, .. }]), "{closed:?}");
}

#[test]
fn nothing_can_happen_next_on_a_topic_with_sub_topics() {
    let state = Docket::fold(State::Absent, &begun(divided()));
    let steps = steps(&state, &[].into(), at("2027-03-01T01:10:00Z"), &calendar());
    let topics: BTreeSet<u32> = steps.iter().filter_map(|step| step.topic).collect();
    assert_eq!(topics, BTreeSet::from([1, 3, 4]));
}

#[test]
fn whoever_sees_a_secret_sub_topic_sees_its_topic_and_others_see_neither() {
    let mut agenda = divided();
    for nth in 1..4 {
        agenda.topics[nth].label = Label::Secret;
    }
    agenda.topics[1].section = Some(line("Land"));
    agenda.participants[2].roles.retain(|role| role.topic != 3);
    agenda.participants[3].roles.retain(|role| role.topic == 1);
    let (part, stranger) = (code("HEALTH"), code("PRESS"));
    let state = Docket::fold(State::Absent, &[Event::Prepared { agenda }]);
    let seen_by = |department: &Code| {
        let seen = state.proceedings().unwrap().seen_by(|audience| match audience {
            Audience::Everybody => true,
            Audience::Concerned { departments, .. } => departments.contains(&department),
        });
        let topics =
            seen.agenda.topics.iter().map(|topic| (topic.section.is_some(), topic.title.to_string()));
        topics.skip(1).collect::<Vec<_>>()
    };
    let whole = state.proceedings().unwrap().agenda.topics[1].title.to_string();
    let hidden = || (false, "…".to_owned());
    assert_eq!(seen_by(&part), [(true, whole), hidden(), (false, "Part 4".to_owned())]);
    assert_eq!(seen_by(&stranger), [hidden(), hidden(), hidden()]);
}
