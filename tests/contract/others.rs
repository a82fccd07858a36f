//! What somebody may do with a body, a matter and minutes; rows of the table of authority.

use domain::deliberation::minutes::{self, Minutes};
use domain::scheduling::body::{self, Body};
use domain::scheduling::matter::{self, Matter};
use domain::testing::{at, charter, code, line, text};
use domain::{Aggregate as _, Code, Issued, Label, Refusal as _, Uuid};
use std::collections::BTreeSet;

/// Rows on behalf of another department.
pub const FOR_ANOTHER: [&str; 3] = [
    "body accept-seat --department-code SEAT",
    "minutes confirm --department-code SEAT",
    "minutes object --department-code SEAT",
];

/// Why a command is refused to somebody, if it is one of these.
pub fn refusal(command: &str, own: &Code, issued: &Issued) -> Option<Option<&'static str>> {
    on_body(command, own, issued)
        .or_else(|| on_matter(command, issued))
        .or_else(|| on_minutes(command, own, issued))
}

/// OFFICE is its secretariat, CHAIR and DEPUTY lead it, and no seat is accepted yet.
fn the_charter() -> body::Charter {
    let seats = charter(&["CHAIR", "DEPUTY", "SEAT", "RECUSED"]);
    body::Charter { deputies: vec![code("DEPUTY")], secretariat: vec![code("OFFICE")], ..seats }
}

fn defined() -> body::State {
    let (charter, pending) = (the_charter(), ["CHAIR", "DEPUTY", "SEAT", "RECUSED"].map(code).to_vec());
    let event = body::Event::Defined { body: code("BODY"), charter, pending, pending_offices: vec![] };
    Body::evolve(body::State::default(), &event)
}

fn on_body(command: &str, own: &Code, issued: &Issued) -> Option<Option<&'static str>> {
    use body::Command;
    let answered_for = BTreeSet::new();
    let (state, asked) = match command {
        "body define" => {
            let (body, charter) = (code("BODY"), the_charter());
            (body::State::default(), Command::Define { body, charter, answered_for })
        }
        "body change" => {
            let charter = body::Charter { name: line("Another name"), ..the_charter() };
            (defined(), Command::Change { charter, reason: text("So be it"), answered_for })
        }
        "body accept-seat" => (defined(), Command::AcceptSeat { department: own.clone() }),
        "body accept-seat --department-code SEAT" => {
            (defined(), Command::AcceptSeat { department: code("SEAT") })
        }
        _ => return None,
    };
    Some(Body::decide(&state, asked, issued).err().map(|why| why.reason()))
}

/// REQUESTER raised it.
fn on_matter(command: &str, issued: &Issued) -> Option<Option<&'static str>> {
    use matter::Command;
    let intake = matter::Intake {
        title: line("A matter"),
        summary: None,
        body: code("BODY"),
        case_reference: None,
        split_from: None,
        deferrals: 0,
        concerned: vec![],
        label: Label::Internal,
        class: None,
    };
    let raised = Matter::evolve(
        matter::State::default(),
        &matter::Event::TakenIn { intake: intake.clone(), raised_by: Some(code("REQUESTER")) },
    );
    let (reason, session) = (|| text("So be it"), None);
    let (state, asked) = match command {
        "matter take-in" => (matter::State::default(), Command::TakeIn { intake }),
        "matter defer" => {
            let (resume_on, resume_at) = ("2027-03-20".parse().expect("a date"), at("2027-03-19T16:00:00Z"));
            (raised, Command::Defer { resume_on, resume_at, reason: reason(), deferrals_max: 2 })
        }
        "matter refer" => {
            let (to, chair) = (code("CITY"), code("MAYOR"));
            (raised, Command::Refer { session, to, chair, reason: Some(reason()) })
        }
        "matter accept-referral" => (raised, Command::AcceptReferral),
        "matter return-referral" => (raised, Command::ReturnReferral { reason: reason() }),
        "matter split" => (raised, Command::Split { into: vec![], reason: reason() }),
        "matter merge" => {
            let (matter, into) = (Uuid::from_u128(1), Uuid::from_u128(2));
            (raised, Command::Merge { matter, into, reason: reason() })
        }
        "matter reclassify" => {
            let class = domain::decision_rule::MatterClass::Ordinary;
            (raised, Command::Classify { session, class, reason: Some(reason()) })
        }
        "matter relabel" => {
            let (label, concerned) = (Label::Secret, vec![]);
            (raised, Command::Relabel { session, label, concerned, reason: reason() })
        }
        "matter withdraw" => (raised, Command::Withdraw { session, reason: Some(reason()) }),
        _ => return None,
    };
    let allowed = matter::check(&state, &defined(), &asked, issued);
    Some(allowed.and_then(|()| Matter::decide(&state, asked, issued)).err().map(|why| why.reason()))
}

/// All seats and GUEST took part.
fn on_minutes(command: &str, own: &Code, issued: &Issued) -> Option<Option<&'static str>> {
    use minutes::Command;
    let took_part = ["CHAIR", "DEPUTY", "SEAT", "RECUSED", "GUEST"].map(code).to_vec();
    let drafted = minutes::Event::Drafted {
        participants: took_part.clone(),
        secretariat: vec![code("OFFICE")],
        concerned: took_part,
        body: Some(code("BODY")),
        confirm_by: at("2027-03-15T16:00:00Z"),
    };
    let reason = || text("That was not said");
    let seat = || code("SEAT");
    let asked = match command {
        "minutes correct" => Command::Correct { text: reason() },
        "minutes confirm" => Command::Confirm { department: own.clone() },
        "minutes confirm --department-code SEAT" => Command::Confirm { department: seat() },
        "minutes object" => Command::Object { department: own.clone(), reason: reason() },
        "minutes object --department-code SEAT" => Command::Object { department: seat(), reason: reason() },
        _ => return None,
    };
    let state = Minutes::evolve(minutes::State::default(), &drafted);
    Some(Minutes::decide(&state, asked, issued).err().map(|why| why.reason()))
}
