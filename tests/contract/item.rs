//! What somebody may do with an item where a clerk puts down what a department said; rows of the table of authority.

use domain::calendar::WorkingCalendar;
use domain::resolution::action_item::put_down::Kind;
use domain::resolution::action_item::{ActionItem, Assignment, Command, Grounds, Means, Said, Saying, State};
use domain::testing::{actor, at, code, line, text};
use domain::{Aggregate as _, Issued, Refusal as _, Role, Uuid};

/// The rows: for a lead without users, and for a supporting department that has some.
pub const ROWS: [&str; 3] =
    ["item put-down --for-code SEAT", "item put-down --for-code GUEST", "item contest-put-down"];

/// Why a command is refused to somebody, if it is one of these.
pub fn refusal(command: &str, issued: &Issued) -> Option<Option<&'static str>> {
    let put_down = |department: &str| Command::PutDown {
        saying: Saying {
            department: code(department),
            said_by: line("Wang"),
            means: Means::Telephone,
            said_on: "2027-03-08".parse().expect("a date"),
        },
        said: Said::Acknowledgement,
        grounds: Grounds {
            stewards: ["OFFICE", "CHAIR", "DEPUTY"].map(code).to_vec(),
            without_users: vec![code("SEAT")],
        },
        calendar: calendar(),
    };
    let (state, asked) = match command {
        "item put-down --for-code SEAT" => (assigned(), put_down("SEAT")),
        "item put-down --for-code GUEST" => (assigned(), put_down("GUEST")),
        "item contest-put-down" => {
            let by = actor("wen", "OFFICE", Role::Clerk);
            let clerk = Issued { at: issued.at, by };
            let events = ActionItem::decide(&assigned(), put_down("SEAT"), &clerk).expect("it is put down");
            let contest = Command::ContestPutDown {
                kind: Kind::Acknowledgement,
                reason: text("Nobody said so"),
                calendar: calendar(),
            };
            (ActionItem::fold(assigned(), &events), contest)
        }
        _ => return None,
    };
    Some(ActionItem::decide(&state, asked, issued).err().map(|why| why.reason()))
}

fn calendar() -> WorkingCalendar {
    WorkingCalendar::weekends_only("Asia/Shanghai").expect("a zone")
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
    let by = actor("wen", "OFFICE", Role::Clerk);
    let issued = Issued { at: at("2027-03-08T01:00:00Z"), by };
    let events = ActionItem::decide(&State::default(), Command::Assign { assignment }, &issued);
    ActionItem::fold(State::default(), &events.expect("it is assigned"))
}
