//! What somebody may do with an item that SEAT leads and GUEST supports; rows of the table of authority.

use domain::calendar::WorkingCalendar;
use domain::due::DueRule;
use domain::resolution::action_item::put_down::Kind;
use domain::resolution::action_item::{ActionItem, Assignment, Command, Grounds, Means, Said, Saying, State};
use domain::resolution::evidence::Evidence;
use domain::testing::{actor, at, code, line, text};
use domain::{Actor, Aggregate as _, Issued, Refusal as _, Role, Uuid};

/// Rows on behalf of another department: for a lead without users, and for a supporting department that has some.
pub const FOR_ANOTHER: [&str; 2] = ["item put-down --for-code SEAT", "item put-down --for-code GUEST"];

/// Why a command is refused to somebody, if it is one of these.
pub fn refusal(command: &str, issued: &Issued) -> Option<Option<&'static str>> {
    let (before, asked) =
        on_work(command).or_else(|| on_judgement(command)).or_else(|| on_sayings(command))?;
    let state = before.into_iter().fold(assigned(), |state, (by, command)| played(state, command, by));
    Some(ActionItem::decide(&state, asked, issued).err().map(|why| why.reason()))
}

/// What came before, and by whom, and what is asked.
type Asked = (Vec<(Actor, Command)>, Command);

fn lead() -> Actor {
    actor("li", "SEAT", Role::DepartmentLead)
}

fn supervisor() -> Actor {
    Actor { subject: "du".into(), department: None, roles: vec![Role::Supervisor] }
}

fn evidence() -> Vec<Evidence> {
    vec![Evidence { title: line("A photo"), sha256: line(&"0a".repeat(32)), uri: line("urn:1") }]
}

fn blockage() -> Command {
    Command::ReportBlockage { reason: text("No pipe"), help_from: code("ANOTHER") }
}

/// What the departments of the item do, and whoever they ask for help.
fn on_work(command: &str) -> Option<Asked> {
    let words = || text("So be it");
    let underway = vec![(lead(), Command::Acknowledge)];
    let blocked = || vec![(lead(), Command::Acknowledge), (lead(), blockage())];
    Some(match command {
        "item acknowledge" => (vec![], Command::Acknowledge),
        "item contest" => (vec![], Command::Contest { reason: words() }),
        "item report-progress" => {
            (underway, Command::ReportProgress { percent: 50, note: words(), evidence: vec![] })
        }
        "item report-blockage" => (underway, blockage()),
        "item clear-blockage" => (blocked(), Command::ClearBlockage { blocked: None, note: words() }),
        "item acknowledge-help" => (blocked(), Command::AcknowledgeHelp { blocked: code("SEAT") }),
        "item give-help" => (blocked(), Command::GiveHelp { blocked: code("SEAT"), note: words() }),
        "item request-extension" => (underway, extension()),
        "item claim-completion" => {
            (underway, Command::ClaimCompletion { summary: words(), evidence: evidence() })
        }
        _ => return None,
    })
}

fn extension() -> Command {
    let due = DueRule::On("2027-04-30".parse().expect("a date"));
    Command::RequestExtension { due, reason: text("It rains"), calendar: calendar() }
}

/// What those do who judge the work, or see to it.
fn on_judgement(command: &str) -> Option<Asked> {
    let (words, calendar) = (|| text("So be it"), calendar());
    let underway = vec![(lead(), Command::Acknowledge)];
    let asked_for_more = || vec![(lead(), Command::Acknowledge), (lead(), extension())];
    let claim = Command::ClaimCompletion { summary: words(), evidence: evidence() };
    let claimed = || vec![(lead(), Command::Acknowledge), (lead(), claim.clone())];
    let accept = || Command::Accept { part: None, note: None };
    let accepted = || [claimed(), vec![(supervisor(), accept())]].concat();
    let due = DueRule::On("2027-04-30".parse().expect("a date"));
    let suspend = || Command::Suspend { reason: words(), authority: line("Order 1") };
    Some(match command {
        "item resolve-contest" => {
            let contested = vec![(lead(), Command::Contest { reason: words() })];
            (contested, Command::ResolveContest { reassign_to: None, due: None, reason: words(), calendar })
        }
        "item grant-extension" => (asked_for_more(), Command::GrantExtension { calendar }),
        "item refuse-extension" => (asked_for_more(), Command::RefuseExtension { reason: words() }),
        "item accept" => (claimed(), accept()),
        "item return" => (claimed(), Command::ReturnWork { part: None, reason: words(), calendar }),
        "item reopen" => (accepted(), Command::Reopen { reason: words(), due: Some(due), calendar }),
        "item record-look-back" => {
            (accepted(), Command::RecordLookBack { observation: words(), holds: true })
        }
        "item name-acceptor" => {
            (underway, Command::NameAcceptor { acceptor: Some(code("ANOTHER")), reason: words() })
        }
        "item suspend" => (underway, suspend()),
        "item resume" => ([underway, vec![(supervisor(), suspend())]].concat(), resume()),
        "item add-dependency" => {
            (underway, Command::AwaitItem { on: Uuid::from_u128(2), on_number: line("BODY-2027-0001/2") })
        }
        "item instruct" => {
            let leaders = ["SEAT", "OFFICE", "CHAIR", "DEPUTY"].map(code).to_vec();
            (underway, Command::Instruct { text: words(), leaders })
        }
        "item urge" => (underway, Command::Urge { text: words(), calendar }),
        _ => return None,
    })
}

fn resume() -> Command {
    Command::Resume { note: text("It goes on"), calendar: calendar() }
}

/// What a clerk puts down for a department without users.
fn on_sayings(command: &str) -> Option<Asked> {
    let put_down = |department: &str| Command::PutDown {
        saying: Saying {
            department: code(department),
            said_by: line("Wang"),
            means: Means::Telephone,
            said_on: "2027-03-08".parse().expect("a date"),
        },
        said: Said::Acknowledgement,
        grounds: Grounds {
            decided_on: None,
            stewards: ["OFFICE", "CHAIR", "DEPUTY"].map(code).to_vec(),
            without_users: vec![code("SEAT")],
            leaders: vec![],
        },
        calendar: calendar(),
    };
    let clerk = actor("wen", "OFFICE", Role::Clerk);
    Some(match command {
        "item put-down" | "item put-down --for-code SEAT" => (vec![], put_down("SEAT")),
        "item put-down --for-code GUEST" => (vec![], put_down("GUEST")),
        "item contest-put-down" => {
            let (kind, reason) = (Kind::Acknowledgement, text("Nobody said so"));
            let contest = Command::ContestPutDown { kind, reason, calendar: calendar() };
            (vec![(clerk, put_down("SEAT"))], contest)
        }
        _ => return None,
    })
}

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").expect("a zone")
}

/// What has become of the item.
fn played(state: State, command: Command, by: Actor) -> State {
    let issued = Issued { at: at("2027-03-08T01:00:00Z"), by };
    let events = ActionItem::decide(&state, command, &issued).expect("it can happen");
    ActionItem::fold(state, &events)
}

/// SEAT leads, GUEST supports.
fn assigned() -> State {
    let due_on = "2027-03-31".parse().expect("a date");
    let assignment = Assignment {
        resolution: Uuid::from_u128(1),
        number: line("BODY-2027-0001/1"),
        title: line("The item"),
        deliverable: text("The item"),
        criterion: text("Done"),
        lead: code("SEAT"),
        co_responsible: vec![code("GUEST")],
        due_on,
        due_at: calendar().end_of(due_on),
        acknowledge_by: at("2027-03-10T15:59:59Z"),
    };
    played(State::default(), Command::Assign { assignment }, actor("wen", "OFFICE", Role::Clerk))
}
