use super::*;
use crate::{Block, Names};
use domain::calendar::WorkingCalendar;
use domain::deliberation::ballot::Choice;
use domain::deliberation::docket::{
    Agenda, AgendaTopic, Amendment, AmendmentStage, Command, Docket, Event, Mode, Motion, MotionKind,
    MotionStage, Participant, PointOfOrder, RoleOnTopic, Ruling, State, TopicRole,
};
use domain::testing::{actor, at, code, constitution, line, text};
use domain::{Aggregate as _, Date, Issued, Role, Uuid};

fn agenda() -> Agenda {
    let decides = |topic| TopicRole { topic, role: RoleOnTopic::Decides };
    let participant =
        |department: &str| Participant { department: code(department), roles: vec![decides(1), decides(2)] };
    let topic = |number, title| AgendaTopic {
        number,
        title: line(title),
        timebox_minutes: 20,
        label: Default::default(),
        carried: None,
        section: None,
        parent: None,
    };
    Agenda {
        session: Uuid::nil(),
        title: line("防汛会商"),
        body: code("FLOOD"),
        constitution: constitution(&["WATER", "ROADS"]),
        requester: None,
        mode: Mode::Meeting,
        decide_by: None,
        remind_at: None,
        topics: vec![topic(1, "柳树巷 <排水>"), topic(2, "河堤")],
        participants: ["WATER", "ROADS"].map(participant).to_vec(),
    }
}

fn arrive(department: &str, delegate: &str) -> Command {
    Command::RecordArrival { department: code(department), delegate: line(delegate) }
}

/// The events of a meeting in which a topic is rejected, and one withdrawn.
fn events() -> Vec<(Timestamp, Event)> {
    played(vec![
        Command::Prepare { agenda: agenda() },
        arrive("WATER", "李伟"),
        arrive("ROADS", "王芳"),
        Command::Open,
        Command::RejectTopic { topic: 1, reason: text("已另行解决") },
        Command::RecordDeparture { department: code("ROADS") },
        Command::WithdrawTopic { topic: 2, reason: text("资料不全") },
        Command::Close,
    ])
}

/// The events of these commands, each five minutes after the one before.
fn played(commands: Vec<Command>) -> Vec<(Timestamp, Event)> {
    let (mut state, mut events) = (State::default(), Vec::new());
    for (nth, command) in (0..).zip(commands) {
        let now = at("2027-03-08T01:00:00Z") + std::time::Duration::from_secs(300 * nth);
        let issued = Issued { at: now, by: actor("wen", "WATER", Role::Clerk) };
        let decided = Docket::decide(&state, command, &issued).unwrap();
        state = Docket::fold(state, &decided);
        events.extend(decided.into_iter().map(|event| (now, event)));
    }
    events
}

fn record() -> Record {
    let events = events();
    Record::of(events.iter().map(|(at, event)| (*at, event))).unwrap()
}

fn zone() -> Zone {
    Zone::named("Asia/Shanghai").unwrap()
}

fn written(language: Language) -> String {
    html(&record(), language, &zone())
}

#[test]
fn the_same_log_gives_the_same_bytes() {
    assert_eq!(written(Language::Chinese), written(Language::Chinese));
}

#[test]
fn minutes_say_who_was_there_and_what_became_of_each_topic() {
    let chinese = written(Language::Chinese);
    for said in [
        "<h1>防汛会商会议纪要</h1>",
        "<p>时间：2027-03-08 09:15 至 2027-03-08 09:35</p>",
        "<td>ROADS</td><td>王芳</td><td>2027-03-08 09:10</td><td>2027-03-08 09:25</td>",
        "<h2>1. 柳树巷 &lt;排水&gt;</h2>",
        "<p>结果：不通过。</p>\n<p>理由：已另行解决</p>",
        "<p>结果：撤回。</p>\n<p>理由：资料不全</p>",
    ] {
        assert!(chinese.contains(said), "{said} is not in {chinese}");
    }
    let english = written(Language::English);
    for said in ["<h1>Minutes: 防汛会商</h1>", "<p>Outcome: withdrawn.</p>", "<html lang=\"en\">"] {
        assert!(english.contains(said), "{said} is not in {english}");
    }
}

#[test]
fn as_a_paper_minutes_say_it_by_names_and_who_was_away_at_the_end() {
    let mut record = record();
    record.attendance.retain(|one| one.department != code("WATER"));
    let departments =
        [("WATER", "水务局"), ("ROADS", "城管局")].map(|(known, name)| (code(known), name.to_owned()));
    let bodies = [(code("FLOOD"), "防汛联席会议".to_owned())];
    let names = Names { departments: departments.into(), bodies: bodies.into() };
    let paper = paper(&record, &names, Language::Chinese, &zone());
    let text = |text: &str| Block::Paragraph(text.to_owned());
    let labelled =
        |label: &str, text: &str| Block::Labelled { label: label.to_owned(), text: text.to_owned() };
    assert_eq!(
        paper.blocks,
        [
            Block::Mark("防汛联席会议纪要".to_owned()),
            Block::Rule,
            Block::Title("防汛会商".to_owned()),
            text("时间：2027年3月8日9时15分至9时35分"),
            text("主持部门：水务局"),
            text("法定人数：表决部门应到2个，实到2个，法定人数1个。"),
            Block::Heading("一、柳树巷 <排水>".to_owned()),
            text("结果：不通过。"),
            text("理由：已另行解决"),
            Block::Heading("二、河堤".to_owned()),
            text("结果：撤回。"),
            text("理由：资料不全"),
            Block::Gap,
            labelled("出席：", "城管局 王芳（9时25分离会）"),
            labelled("请假：", "水务局"),
        ]
    );
    assert_eq!(paper.dated.to_string(), "2027-03-08");
}

#[test]
fn minutes_say_what_was_moved_and_what_became_of_it() {
    let mut record = record();
    let motion = |number, department: &str, kind, seconded_by: Option<&str>, stage| Motion {
        number,
        department: code(department),
        kind,
        reason: text("材料未齐"),
        put_down_by_clerk: number == 1,
        person: None,
        seconded_by: seconded_by.map(code),
        second_put_down_by_clerk: false,
        stage,
        debated_since: false,
    };
    let defer = MotionKind::Defer { resume_on: Date::constant(2027, 3, 31) };
    record.proceedings.topics[0].motions = vec![
        motion(1, "ROADS", defer, Some("WATER"), MotionStage::Lost),
        motion(2, "WATER", MotionKind::CloseDebate, None, MotionStage::Lapsed),
    ];
    let chinese = html(&record, Language::Chinese, &zone());
    for said in [
        "动议：ROADS（文书登记）提出缓议至2027年3月31日（第1号）；WATER附议；理由：材料未齐；未通过。",
        "动议：WATER提出结束讨论（第2号）；理由：材料未齐；未表决，失效。",
    ] {
        assert!(chinese.contains(said), "{said} is not in {chinese}");
    }
    let english = html(&record, Language::English, &zone());
    assert!(english.contains("ROADS (put down by a clerk) moved to defer the topic until"), "{english}");
}

#[test]
fn minutes_say_who_spoke_and_what_was_out_of_order() {
    let mut record = record();
    let floor = &mut record.proceedings.topics[0].floor;
    floor.spoken = [(code("ROADS"), 300), (code("WATER"), 61)].into();
    floor.points = vec![PointOfOrder {
        number: 1,
        department: code("WATER"),
        text: text("离题了"),
        ruling: Some(Ruling { sustained: false, reason: text("与排水有关"), reversed_by: None }),
    }];
    let chinese = html(&record, Language::Chinese, &zone());
    let spoken = "<p>发言用时：ROADS5分钟、WATER2分钟。</p>";
    let point = "<p>秩序问题：WATER：离题了；不成立：与排水有关。</p>";
    assert!(chinese.contains(spoken) && chinese.contains(point), "{chinese}");
    let english = html(&record, Language::English, &zone());
    assert!(english.contains("Speeches: ROADS 5 min, WATER 2 min."), "{english}");
}

#[test]
fn amendments_say_what_they_amend_who_seconded_and_why_one_fell() {
    let mut record = record();
    let amendment = |number, amends, seconded_by: Option<&str>, stage, fell_with| Amendment {
        number,
        department: code("ROADS"),
        version: 1,
        amends,
        text: text("第一条"),
        put_down_by_clerk: number == 2,
        person: None,
        seconded_by: seconded_by.map(code),
        second_put_down_by_clerk: number == 2,
        stage,
        fell_with,
    };
    record.proceedings.topics[0].amendments = vec![
        amendment(1, None, None, AmendmentStage::Adopted, None),
        amendment(2, Some(1), Some("WATER"), AmendmentStage::Rejected, None),
        amendment(3, Some(2), None, AmendmentStage::Fallen, Some(2)),
        amendment(4, None, None, AmendmentStage::Fallen, Some(1)),
    ];
    let chinese = html(&record, Language::Chinese, &zone());
    for said in [
        "修正案：第1号（ROADS提出）：采纳。",
        "修正案：第2号（ROADS（文书登记）提出；针对修正案第1号；WATER附议（文书登记））：不采纳。",
        "修正案：第3号（ROADS提出；针对修正案第2号）：随第2号失效。",
        "修正案：第4号（ROADS提出）：第1号已改动同一处，失效。",
    ] {
        assert!(chinese.contains(said), "{said} is not in {chinese}");
    }
    let english = html(&record, Language::English, &zone());
    let second = "2, by ROADS (put down by a clerk), to amendment 1, seconded by WATER (put down by a clerk): rejected";
    let fell = "4, by ROADS: fell, as amendment 1 changed its passage";
    assert!(english.contains(second) && english.contains(fell), "{english}");
}

#[test]
fn minutes_say_who_voted_in_the_place_of_whom() {
    let mut agenda = agenda();
    agenda.constitution.voters[1].substitutes = vec![code("METRO")];
    let vote = |department: &str, choice| Command::CastVote {
        topic: 1,
        department: code(department),
        choice,
        split: vec![],
        reason: None,
    };
    let events = played(vec![
        Command::Prepare { agenda },
        arrive("WATER", "李伟"),
        arrive("METRO", "马林"),
        Command::Open,
        Command::OpenTopic { topic: 1 },
        Command::SubmitProposal { topic: 1, text: text("疏浚") },
        Command::CloseDebate { topic: 1 },
        Command::OpenBallot {
            topic: 1,
            version: 1,
            calendar: WorkingCalendar::weekends_only("Asia/Shanghai").unwrap(),
        },
        vote("WATER", Choice::Yes),
        vote("ROADS", Choice::No),
        Command::CloseBallot { topic: 1, casting_vote: None },
        Command::RejectTopic { topic: 1, reason: text("已另行解决") },
        Command::WithdrawTopic { topic: 2, reason: text("资料不全") },
        Command::Close,
    ]);
    let record = Record::of(events.iter().map(|(at, event)| (*at, event))).unwrap();
    let chinese = html(&record, Language::Chinese, &zone());
    assert!(chinese.contains("代为表决：METRO代ROADS。"), "{chinese}");
    let english = html(&record, Language::English, &zone());
    assert!(english.contains("oted in the place of others: METRO for ROADS."), "{english}");
    assert!(record.departments().contains(&code("METRO")), "so that it is called by its name");
}
