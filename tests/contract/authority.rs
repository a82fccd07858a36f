//! Who may do what: every command, for every role, from every kind of department. `tests/golden/authority.txt` holds it.
//! Commands whose rules look into several aggregates are named in `elsewhere`, with what holds them; there is no third kind.

use crate::elsewhere::ELSEWHERE;
use crate::{item, others};
use domain::calendar::WorkingCalendar;
use domain::constitution::Constitution;
use domain::decision_rule::MatterClass;
use domain::deliberation::ballot::{Choice, Hands};
use domain::deliberation::docket::{self, Docket};
use domain::due::DueRule;
use domain::scheduling::authority;
use domain::scheduling::body::{self, Body, Charter, MeetingRules, PlannedCall};
use domain::scheduling::emergency::{self, Emergency};
use domain::scheduling::session::{self, Session};
use domain::testing::{at, charter, code, constitution, line, text};
use domain::{Actor, Aggregate as _, Code, Issued, Refusal as _, Role, Uuid};
use proto::contract::rpcs;
use std::collections::BTreeSet;
use std::path::Path;

/// What each department is to the body and the session. RECUSED has a seat, and has recused itself from the topic.
const DEPARTMENTS: [(&str, Option<&str>); 9] = [
    ("secretariat", Some("OFFICE")),
    ("chair", Some("CHAIR")),
    ("deputy", Some("DEPUTY")),
    ("seat", Some("SEAT")),
    ("recused", Some("RECUSED")),
    ("guest", Some("GUEST")),
    ("requester", Some("REQUESTER")),
    ("another", Some("ANOTHER")),
    ("none", None),
];

const SEATS: [&str; 4] = ["CHAIR", "DEPUTY", "SEAT", "RECUSED"];

/// What refuses somebody for who they are, and not for what the session or docket has come to.
const REASONS: [&str; 21] = [
    "OWN_CASE",
    "OWN_WORK",
    "NOT_ACCEPTOR",
    "NOT_SUPERVISOR",
    "NOT_THE_SECRETARIAT",
    "NOT_IN_CHARGE",
    "NOT_OF_THE_SESSION",
    "NOT_A_CONVENOR",
    "NOT_YOUR_DEPARTMENT",
    "DEPARTMENT_RECUSED",
    "NOT_ENTITLED_TO_SPEAK",
    "NOT_ENTITLED_TO_VOTE",
    "NOT_A_PARTICIPANT",
    "NOT_PRESENT",
    "SEAT_REQUIRED",
    "NOT_INVITED",
    "NOT_NAMED_IN_ITEM",
    "DEPARTMENT_REQUIRED",
    "NOT_CALLED",
    "HAS_OWN_USERS",
    "NOTHING_PUT_DOWN",
];

fn frozen() -> Constitution {
    let mut constitution = constitution(&SEATS);
    constitution.rule.voting.mandates_max = 1;
    Constitution { deputies: vec![code("DEPUTY")], secretariat: vec![code("OFFICE")], ..constitution }
}

fn body() -> body::State {
    let charter =
        Charter { deputies: vec![code("DEPUTY")], secretariat: vec![code("OFFICE")], ..charter(&SEATS) };
    Body::evolve(
        body::State::default(),
        &body::Event::Defined { body: code("BODY"), charter, pending: vec![], pending_offices: vec![] },
    )
}

fn outline(kind: session::Kind) -> session::Outline {
    use session::{Attendee, Declaration, Kind, RoleOnTopic, TopicRole};
    let attendee = |department: &str, role| Attendee {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role }],
        companions: 0,
    };
    let seats = SEATS.iter().map(|department| attendee(department, RoleOnTopic::Decides));
    let emergency = kind == Kind::Emergency;
    session::Outline {
        title: line("A matter"),
        purpose: text("To be decided"),
        body: code("BODY"),
        kind,
        class: if emergency { MatterClass::Emergency } else { MatterClass::Ordinary },
        emergency: emergency.then(|| Declaration { reason: line("A flood"), authority: line("Plan 3") }),
        topics: vec![session::Topic {
            number: 1,
            title: line("The topic"),
            timebox_minutes: 20,
            papers_required: false,
            label: Default::default(),
            matter: None,
            section: None,
            parent: None,
        }],
        attendees: seats.chain([attendee("GUEST", RoleOnTopic::Advises)]).collect(),
        duration_minutes: 30,
        earliest_start_at: at("2027-03-08T01:00:00Z"),
        case_reference: None,
        decide_by: None,
        carries_out: None,
        equipment: vec![],
    }
}

/// One more topic, on which a seat decides.
fn another_topic() -> session::Command {
    let first = outline(session::Kind::Standing).topics.remove(0);
    let topic = session::Topic { number: 2, title: line("The other topic"), timebox_minutes: 5, ..first };
    let role = session::RoleOnTopic::Decides;
    session::Command::AddTopic {
        topic,
        roles: vec![session::DepartmentRole { department: code("SEAT"), role }],
        reason: text("So be it"),
        calendar: calendar(),
        deciders_min: 1,
    }
}

/// What the command of an rpc on a session is, for somebody of this department.
fn on_session(command: &str, own: &Code) -> Option<session::Command> {
    use session::{Command, Kind, Paper, Rule};
    let reason = || text("So be it");
    let (topics, attendees) = (outline(Kind::Standing).topics, outline(Kind::Standing).attendees);
    let later = at("2027-03-09T01:00:00Z");
    Some(match command {
        "session request" => Command::Request { outline: outline(Kind::Standing), chair: code("CHAIR") },
        "session request --kind emergency" => {
            Command::Request { outline: outline(Kind::Emergency), chair: code("CHAIR") }
        }
        "session submit-paper" => {
            let paper = Paper {
                title: line("A plan"),
                sha256: line(&"a".repeat(64)),
                uri: line("urn:1"),
                label: Default::default(),
            };
            Command::SubmitPaper { topic: 1, paper }
        }
        "session relabel-topic" => {
            Command::RelabelTopic { topic: 1, label: domain::Label::Secret, reason: reason() }
        }
        "session relabel-paper" => Command::RelabelPaper {
            topic: 1,
            sha256: line(&"a".repeat(64)),
            label: domain::Label::Secret,
            reason: reason(),
        },
        "session screen" => Command::Screen {
            rules: MeetingRules::default(),
            calendar: calendar(),
            sessions_this_quarter: 0,
            deciders_min: 1,
        },
        "session override" => Command::Override { rule: Rule::Notice, reason: reason() },
        "session admit" => Command::Admit,
        "session return" => Command::Return { reason: reason() },
        "session revise" => Command::Revise {
            title: None,
            purpose: None,
            topics,
            attendees,
            duration_minutes: 30,
            earliest_start_at: later,
            equipment: vec![],
        },
        "session countersign" => {
            Command::ConvertToCountersign { sign_by: later, reason: reason(), constitution: frozen() }
        }
        "session merge" => {
            Command::Merge { session: Uuid::nil(), into: Uuid::from_u128(2), reason: reason() }
        }
        "session schedule" => Command::Schedule { room: code("ROOM"), starts_at: later, answer_by: None },
        "session move" => {
            Command::Move { room: code("ROOM"), starts_at: later, reason: reason(), answer_by: None }
        }
        "session add-topic" => another_topic(),
        "session postpone" => Command::Postpone { reason: reason() },
        "session cancel" => Command::Cancel { reason: reason() },
        "session answer" => accepts(own),
        "session answer --department-code SEAT" => accepts(&code("SEAT")),
        "session name-delegate" => {
            Command::NameDelegate { department: own.clone(), delegate: line("Li"), in_place_of: None }
        }
        "session name-delegate --department-code SEAT" => {
            Command::NameDelegate { department: code("SEAT"), delegate: line("Li"), in_place_of: None }
        }
        "session convene" => Command::Convene { constitution: frozen() },
        "emergency raise" => Command::Alarm {
            outline: outline(Kind::Emergency),
            chair: code("CHAIR"),
            rules: MeetingRules::default(),
            constitution: frozen(),
        },
        _ => return None,
    })
}

/// A department accepts its invitation.
fn accepts(department: &Code) -> session::Command {
    let (department, answer) = (department.clone(), session::Answer::Accept);
    session::Command::AnswerInvitation { department, answer, reason: None, substitute: None }
}

/// Which call the command of an rpc on an emergency acknowledges.
fn on_emergency(command: &str, own: &Code) -> Option<emergency::Command> {
    let department = match command {
        "emergency acknowledge" => own.clone(),
        "emergency acknowledge --department-code SEAT" => code("SEAT"),
        _ => return None,
    };
    Some(emergency::Command::Acknowledge { department })
}

/// An emergency to which every seat is called.
fn raised() -> emergency::State {
    let call = |department: &&str| PlannedCall { department: code(department), substitutes: vec![] };
    let alarm = emergency::Alarm {
        body: code("BODY"),
        plan: Some(code("PLAN")),
        title: line("A flood"),
        chair: code("CHAIR"),
        secretariat: vec![code("OFFICE")],
        calls: SEATS.iter().map(call).collect(),
        acknowledge_minutes: 10,
        decide_by: at("2027-03-08T03:00:00Z"),
    };
    let (raised_at, halfway_at) = (at("2027-03-08T01:00:00Z"), at("2027-03-08T02:00:00Z"));
    let acknowledge_by = at("2027-03-08T01:10:00Z");
    let event = emergency::Event::Raised { alarm, raised_by: None, raised_at, acknowledge_by, halfway_at };
    Emergency::evolve(emergency::State::default(), &event)
}

/// What the command of an rpc on a docket is, for somebody of this department.
fn on_docket(command: &str, own: &Code) -> Option<docket::Command> {
    use docket::{Command, Stance};
    let (topic, reason) = (1, || text("So be it"));
    let seat = || code("SEAT");
    let say = |department| Command::RecordStatement {
        topic,
        department,
        stance: Stance::Support,
        reasons: text("It is right"),
    };
    let vote = |department| Command::CastVote {
        topic,
        department,
        choice: Choice::Yes,
        split: vec![],
        reason: None,
    };
    Some(match command {
        "docket record-arrival" => Command::RecordArrival { department: seat(), delegate: line("Wang") },
        "docket record-departure" => Command::RecordDeparture { department: seat() },
        "docket open" => Command::Open,
        "docket adjourn" => Command::Adjourn { reason: reason() },
        "docket extend-signing" => {
            let (sign_by, calendar) = (at("2027-03-19T01:00:00Z"), calendar());
            Command::ExtendSigning { sign_by, reason: reason(), calendar }
        }
        "docket remind-seats" => Command::RemindSeats { text: None, calendar: calendar() },
        "docket call-meeting" => Command::CallMeeting { reason: reason() },
        "docket open-topic" => Command::OpenTopic { topic },
        "docket pause-topic" => Command::PauseTopic { topic },
        "docket record-digression" => Command::RecordDigression { topic, minutes: 3, note: None },
        "docket close-debate" => Command::CloseDebate { topic },
        "docket record-statement" => say(own.clone()),
        "docket record-statement --department-code SEAT" => say(seat()),
        "docket submit-proposal" => Command::SubmitProposal { topic, text: reason() },
        "docket submit-amendment" => {
            let (version, amends) = (None, None);
            Command::SubmitAmendment { topic, department: own.clone(), version, amends, text: reason() }
        }
        "docket resolve-amendment" => Command::ResolveAmendment { topic, amendment: 1, adopt: false },
        "docket draft-items" => Command::DraftItems { topic, items: vec![] },
        "docket drop-item" => Command::DropItem { item: 1, reason: reason() },
        "docket open-ballot" => Command::OpenBallot { topic, version: 1, calendar: calendar() },
        "docket cast-vote" => vote(own.clone()),
        "docket cast-vote --department-code SEAT" => vote(seat()),
        "docket record-recusal" => Command::RecordRecusal {
            topic,
            department: own.clone(),
            reason: reason(),
            current_version_only: false,
        },
        "docket accept-item" => Command::AcceptItem { item: 1, department: own.clone() },
        "docket withdraw-recusal" => {
            Command::WithdrawRecusal { topic, department: own.clone(), reason: reason() }
        }
        "docket record-roll-call" => Command::RecordRollCall { topic, votes: vec![] },
        "docket record-hand-count" => Command::RecordHandCount { topic, hands: Hands::default() },
        "docket record-general-consent" => {
            Command::RecordGeneralConsent { topic, version: 1, calendar: calendar() }
        }
        "docket give-mandate" => Command::GiveMandate {
            topic: Some(topic),
            department: own.clone(),
            holders: vec![code("DEPUTY")],
        },
        "docket revoke-mandate" => Command::RevokeMandate { topic: Some(topic), department: own.clone() },
        "docket declare-changes" => Command::DeclareChanges { topic, changes: vec![] },
        "docket cast-secret-vote" => {
            Command::CastSecretVote { topic, ballot: 1, department: own.clone(), sealed: vec![] }
        }
        "docket void-ballot" => Command::VoidBallot { topic, reason: reason() },
        "docket close-ballot" => Command::CloseBallot { topic, casting_vote: None },
        "docket adopt" => Command::AdoptDecision { topic, declaratory: true, calendar: calendar() },
        "docket reject-topic" => Command::RejectTopic { topic, reason: reason() },
        "docket refer-topic" => Command::ReferTopic { topic, referred_to: code("CITY"), reason: reason() },
        "docket withdraw-topic" => Command::WithdrawTopic { topic, reason: reason() },
        "docket close" => Command::Close,
        _ => return on_a_choice(command, own),
    })
}

/// The same, of a choice among options.
fn on_a_choice(command: &str, own: &Code) -> Option<docket::Command> {
    use docket::Command;
    let (topic, reason) = (1, || text("A reason"));
    Some(match command {
        "docket open-choice" => Command::OpenChoice {
            topic,
            question: line("Which?"),
            options: vec![line("One"), line("Another")],
            method: domain::deliberation::ballot::options::ChoiceMethod::Single,
            lot: None,
        },
        "docket cast-choice" => {
            Command::CastChoice { topic, department: own.clone(), named: vec![1], points: vec![] }
        }
        "docket cast-secret-choice" => {
            Command::CastSecretChoice { topic, choice: 1, department: own.clone(), sealed: vec![] }
        }
        "docket void-choice" => Command::VoidChoice { topic, reason: reason() },
        "docket close-choice" => Command::CloseChoice { topic, opened: vec![], lot: None },
        _ => return on_the_floor(command, own),
    })
}

/// The same, of who speaks.
fn on_the_floor(command: &str, own: &Code) -> Option<docket::Command> {
    use docket::Command;
    let (topic, department) = (1, own.clone());
    Some(match command {
        "docket request-floor" => Command::RequestFloor { topic, department },
        "docket withdraw-floor-request" => Command::WithdrawFloorRequest { topic, department },
        "docket give-floor" => Command::GiveFloor { topic, department: code("SEAT"), reason: None },
        "docket yield-floor" => Command::YieldFloor { topic, department },
        "docket limit-debate" => {
            Command::LimitDebate { topic, speaking_minutes: Some(5), list_closed: false }
        }
        "docket raise-point-of-order" => {
            Command::RaisePointOfOrder { topic, department, text: text("It is late") }
        }
        "docket rule-point-of-order" => {
            Command::RulePointOfOrder { topic, point: 1, sustained: true, reason: text("It is") }
        }
        "docket move-motion" => Command::MoveMotion {
            topic,
            department,
            kind: docket::MotionKind::CloseDebate,
            reason: text("All is said"),
            calendar: calendar(),
        },
        "docket second-motion" => Command::SecondMotion { topic, motion: 1, department },
        "docket withdraw-motion" => Command::WithdrawMotion { topic, motion: 1 },
        "docket put-motion" => Command::PutMotion { topic, motion: 1, calendar: calendar() },
        "docket second-amendment" => Command::SecondAmendment { topic, amendment: 1, department },
        "docket withdraw-amendment" => Command::WithdrawAmendment { topic, amendment: 1 },
        "docket put-amendment" => Command::PutAmendment { topic, amendment: 1 },
        _ => return None,
    })
}

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").unwrap()
}

/// A session that REQUESTER requested; its attendees are invited.
fn session() -> session::State {
    let outline = outline(session::Kind::Standing);
    let invited = outline.departments().cloned().collect();
    let (starts_at, ends_at) = (at("2027-03-08T01:00:00Z"), at("2027-03-08T01:30:00Z"));
    let requested =
        session::Event::Requested { outline, requester: Some(code("REQUESTER")), chair: code("CHAIR") };
    let scheduled =
        session::Event::Scheduled { room: code("ROOM"), starts_at, ends_at, invited, answer_by: None };
    Session::fold(session::State::default(), &[requested, scheduled])
}

/// A docket on whose topic a ballot is open, or the choice or motion that the command is about; all seats and the guest are there,
/// RECUSED has recused itself, and an item is drafted that SEAT leads and GUEST supports.
fn docket(command: &str) -> docket::State {
    use docket::{Agenda, AgendaTopic, Command, Mode, Participant, RoleOnTopic, TopicRole};
    let participant = |department: &str, role| Participant {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role }],
    };
    let seats = SEATS.iter().map(|department| participant(department, RoleOnTopic::Decides));
    let mut constitution = frozen();
    constitution.rule.voting.secret_ballots =
        ["docket cast-secret-vote", "docket void-ballot", "docket cast-secret-choice", "docket void-choice"]
            .contains(&command);
    constitution.rule.voting.hand_counts = command == "docket record-hand-count";
    let agenda = Agenda {
        session: Uuid::nil(),
        title: line("A matter"),
        body: code("BODY"),
        constitution,
        requester: None,
        mode: Mode::Meeting,
        decide_by: None,
        remind_at: None,
        topics: vec![AgendaTopic {
            number: 1,
            title: line("The topic"),
            timebox_minutes: 20,
            label: Default::default(),
            carried: None,
            section: None,
            parent: None,
        }],
        participants: seats.chain([participant("GUEST", RoleOnTopic::Advises)]).collect(),
    };
    let arrive =
        |department: &str| Command::RecordArrival { department: code(department), delegate: line("Li") };
    let recuse = Command::RecordRecusal {
        topic: 1,
        department: code("RECUSED"),
        reason: text("Its own land"),
        current_version_only: false,
    };
    let begin = [Command::Prepare { agenda }].into_iter();
    let arrivals = SEATS.iter().chain(&["GUEST"]).map(|department| arrive(department));
    let proposal = Command::SubmitProposal { topic: 1, text: text("Version 1") };
    let item = docket::ItemDraft {
        title: line("A drain"),
        deliverable: text("A drain that is dry"),
        criterion: Some(text("Dry after two rains")),
        lead: Some(code("SEAT")),
        co_responsible: vec![code("GUEST")],
        due: Some(DueRule::AfterDays(5)),
    };
    let items = Command::DraftItems { topic: 1, items: vec![item] };
    let debate = [Command::Open, Command::OpenTopic { topic: 1 }, recuse, proposal, items];
    let of_a_choice =
        ["docket cast-choice", "docket close-choice", "docket cast-secret-choice", "docket void-choice"]
            .contains(&command);
    let vote = match on_docket("docket open-choice", &code("CHAIR")) {
        Some(choice) if of_a_choice => choice,
        _ => Command::OpenBallot { topic: 1, version: 1, calendar: calendar() },
    };
    let issued = |by| Issued { at: at("2027-03-08T01:00:00Z"), by };
    let clerk =
        || Actor { subject: "wen".into(), department: Some(code("OFFICE")), roles: vec![Role::Clerk] };
    let of_a_motion = command.ends_with("-motion");
    let of_an_amendment = ["docket second-amendment", "docket withdraw-amendment", "docket put-amendment"];
    let of_an_amendment = of_an_amendment.contains(&command);
    let vote = (!of_a_motion && !of_an_amendment).then_some(vote);
    let commands = begin.chain(arrivals).chain(debate).chain(vote);
    let state = commands.fold(docket::State::default(), |state, command| {
        let events = Docket::decide(&state, command, &issued(clerk())).unwrap();
        Docket::fold(state, &events)
    });
    let moved = of_a_motion.then(|| moved(1, true)).or(of_an_amendment.then(amendment));
    Docket::fold(state, moved.as_slice())
}

/// The outcome for somebody: allowed, or the reason for which they are refused.
fn outcome(command: &str, role: Role, department: Option<&str>) -> &'static str {
    let rpc = rpcs()
        .iter()
        .find(|rpc| command == rpc.command || command.starts_with(&format!("{} --", rpc.command)));
    if !rpc.expect("an rpc").roles.contains(&role) {
        return "ROLE_REQUIRED";
    }
    let department = department.map(code);
    let own = department.clone().unwrap_or_else(|| code("NOBODY"));
    let by = Actor { subject: "li".into(), department, roles: vec![role] };
    let issued = Issued { at: at("2027-03-08T01:00:00Z"), by };
    if let Some(acknowledge) = on_emergency(command, &own) {
        let refused = Emergency::decide(&raised(), acknowledge, &issued).err().map(|why| why.reason());
        return refused.filter(|reason| REASONS.contains(reason)).unwrap_or("allowed");
    }
    let of_others = item::refusal(command, &issued).or_else(|| others::refusal(command, &own, &issued));
    if let Some(refused) = of_others {
        return refused.filter(|reason| REASONS.contains(reason)).unwrap_or("allowed");
    }
    let refused = match (on_session(command, &own), on_docket(command, &own)) {
        (Some(command), _) => {
            let state = match command {
                session::Command::Request { .. } | session::Command::Alarm { .. } => {
                    session::State::default()
                }
                _ => session(),
            };
            let allowed = authority::check(&state, &body(), &command, &issued);
            allowed.and_then(|()| Session::decide(&state, command, &issued)).err().map(|why| why.reason())
        }
        (None, Some(decided)) => {
            Docket::decide(&docket(command), decided, &issued).err().map(|why| why.reason())
        }
        (None, None) => panic!("{command} is not in the table"),
    };
    refused.filter(|reason| REASONS.contains(reason)).unwrap_or("allowed")
}

/// Every command that can be asked here, some of them once more on behalf of another department.
fn commands() -> Vec<String> {
    let own = rpcs().iter().filter(|rpc| !rpc.reads).map(|rpc| rpc.command.clone());
    // Their rules are those of `draft-items`, `reject-topic` and `request`.
    let alike = ["docket revise-item", "docket defer-topic", "session request-series", "session clone"];
    let own = own.filter(|command| !alike.contains(&command.as_str()));
    let own = own.filter(|command| ELSEWHERE.iter().all(|(elsewhere, _)| elsewhere != command));
    let for_another = [
        "session request --kind emergency",
        "session answer --department-code SEAT",
        "session name-delegate --department-code SEAT",
        "emergency acknowledge --department-code SEAT",
        "docket record-statement --department-code SEAT",
        "docket cast-vote --department-code SEAT",
    ];
    let for_another = for_another.into_iter().chain(item::FOR_ANOTHER).chain(others::FOR_ANOTHER);
    own.chain(for_another.map(str::to_owned)).collect()
}

#[test]
fn who_may_do_what() {
    let mut table = String::new();
    for command in commands() {
        let mut rows: Vec<(Vec<&str>, String)> = Vec::new();
        for role in Role::ALL {
            let mut outcomes: Vec<(&str, Vec<&str>)> = Vec::new();
            for (name, department) in DEPARTMENTS {
                let outcome = outcome(&command, role, department);
                match outcomes.iter_mut().find(|(known, _)| *known == outcome) {
                    Some((_, names)) => names.push(name),
                    None => outcomes.push((outcome, vec![name])),
                }
            }
            let told = |(outcome, names): &(&str, Vec<&str>)| match names.len() {
                all if all == DEPARTMENTS.len() => format!("everybody: {outcome}"),
                _ => format!("{}: {outcome}", names.join(", ")),
            };
            let told = outcomes.iter().map(told).collect::<Vec<_>>().join(" | ");
            match rows.iter_mut().find(|(_, known)| *known == told) {
                Some((roles, _)) => roles.push(role.as_str()),
                None => rows.push((vec![role.as_str()], told)),
            }
        }
        for (roles, told) in rows {
            table += &format!("{command} | {} | {told}\n", roles.join(", "));
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/authority.txt");
    if std::env::var_os("HUISHANG_WRITE_GOLDEN").is_some() {
        std::fs::write(&file, &table).expect("the table can be written");
    }
    let golden = std::fs::read_to_string(&file).expect("tests/golden/authority.txt is there");
    let changed: Vec<&str> =
        table.lines().filter(|line| !golden.lines().any(|known| known == *line)).collect();
    assert!(table == golden, "changed, or in another order:\n{}", changed.join("\n"));
}

/// What SEAT moved.
fn moved(motion: u32, needs_seconder: bool) -> docket::Event {
    docket::Event::MotionMoved {
        topic: 1,
        motion,
        department: code("SEAT"),
        kind: docket::MotionKind::CloseDebate,
        reason: text("All is said"),
        needs_seconder,
        put_down_by_clerk: false,
        person: None,
    }
}

/// What SEAT would have changed.
fn amendment() -> docket::Event {
    docket::Event::AmendmentSubmitted {
        topic: 1,
        amendment: 1,
        department: code("SEAT"),
        version: 1,
        text: text("Version 2"),
        amends: None,
        needs_seconder: false,
        put_down_by_clerk: false,
        person: None,
    }
}

/// CHAIR speaks, SEAT waits and has interrupted it.
fn speaking() -> [docket::Event; 3] {
    let (topic, turn, given_at) = (1, 1, at("2027-03-08T01:00:00Z"));
    let department = || code("SEAT");
    let (ends_at, reason) = (None, None);
    let to = code("CHAIR");
    [
        docket::Event::FloorRequested { topic, department: department() },
        docket::Event::FloorGiven { topic, turn, department: to, given_at, ends_at, reason },
        docket::Event::PointOfOrderRaised {
            topic,
            point: 1,
            department: department(),
            text: text("It is late"),
            turn: Some(turn),
            spoken_seconds: 0,
        },
    ]
}

#[test]
fn what_can_happen_next_on_a_docket_names_every_command() {
    let pending = amendment();
    let (department, holders) = (code("SEAT"), vec![code("CHAIR")]);
    let mandate = docket::Event::MandateGiven { topic: None, department, holders, put_down_by_clerk: false };
    let speaking = speaking();
    let steps =
        |state| docket::next::steps(&state, &BTreeSet::new(), at("2027-03-08T01:00:00Z"), &calendar());
    let meeting = docket("docket close").proceedings().unwrap().clone();
    let mut awaited = meeting.clone();
    awaited.present.clear();
    let mut paused = meeting.clone();
    for topic in &mut paused.topics {
        topic.stage = docket::TopicStage::Paused;
        topic.ballots.clear();
    }
    let mut signed = meeting.clone();
    signed.agenda.mode = docket::Mode::Countersign { sign_by: at("2027-03-09T01:00:00Z") };
    let prepared = [meeting, awaited].map(docket::State::Prepared);
    let others = prepared.into_iter().chain([paused, signed].map(docket::State::Open));
    let others: BTreeSet<&str> =
        others.flat_map(|state| steps(state).into_iter().map(|step| step.rpc)).collect();
    let named = |command: &str| -> BTreeSet<&str> {
        let motions = [moved(1, true), moved(2, false)];
        let state = Docket::fold(docket(command), &[pending.clone(), mandate.clone()]);
        let state = Docket::fold(state, &motions);
        let state = Docket::fold(state, &speaking);
        steps(state).iter().map(|step| step.rpc).chain(others.iter().copied()).collect()
    };
    let ours = rpcs().iter().filter(|rpc| !rpc.reads && rpc.command.starts_with("docket "));
    let missing: Vec<&str> = ours
        .filter(|rpc| !named(&rpc.command).contains(rpc.path.rsplit('/').next().unwrap_or_default()))
        .map(|rpc| rpc.command.as_str())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn what_can_happen_next_to_a_session_names_every_command() {
    let (requested, at) = (session::State::default(), at("2027-03-08T01:00:00Z"));
    let outline = outline(session::Kind::Standing);
    let paper = session::Paper {
        title: line("A plan"),
        sha256: line(&"a".repeat(64)),
        uri: line("urn:1"),
        label: Default::default(),
    };
    let finding = session::Finding { rule: session::Rule::Notice, measure: 1, limit: 3, overridable: true };
    let events = [
        session::Event::Requested { outline, requester: Some(code("REQUESTER")), chair: code("CHAIR") },
        session::Event::PaperSubmitted { topic: 1, paper, submitted_at: at },
        session::Event::Screened { rules: MeetingRules::default(), findings: vec![finding] },
    ];
    let state = Session::fold(requested, &events);
    let screening = on_session("session screen", &code("OFFICE")).expect("a command");
    let look = session::next::Look { state: &state, body: &body(), screening, constitution: frozen(), at };
    let steps = session::next::steps(&look);
    for step in &steps {
        let distinct = step.by.iter().enumerate().all(|(at, who)| !step.by[..at].contains(who));
        assert!(distinct, "{} names somebody twice", step.rpc);
    }
    let named: BTreeSet<&str> = steps.iter().map(|step| step.rpc).collect();
    // What begins another session is nothing that happens to this one.
    let begins = ["session request", "session request-series", "session clone"];
    let ours = rpcs().iter().filter(|rpc| !rpc.reads && rpc.command.starts_with("session "));
    let missing: Vec<&str> = ours
        .filter(|rpc| !begins.contains(&rpc.command.as_str()))
        .filter(|rpc| !named.contains(rpc.path.rsplit('/').next().unwrap_or_default()))
        .map(|rpc| rpc.command.as_str())
        .collect();
    assert_eq!(missing, Vec::<&str>::new());
}
