//! What can happen next is what the rules of the session and its body say.

use super::life::admitted;
use super::*;
use crate::next_step::Who;
use crate::scheduling::body::{self, Body, Charter};
use crate::scheduling::session::next::{Look, Step, steps};
use crate::testing::charter;

/// MIIT chairs, and the clerks of OFFICE act.
fn next(history: &[Event]) -> Vec<Step> {
    let charter = Charter { secretariat: vec![code("OFFICE")], ..charter(&["MIIT", "MOF"]) };
    let defined =
        body::Event::Defined { body: code("JC-AI"), charter, pending: vec![], pending_offices: vec![] };
    let body = Body::evolve(body::State::default(), &defined);
    let state = Session::fold(State::default(), history);
    let screening = Command::Screen {
        rules: MeetingRules::default(),
        calendar: china(),
        sessions_this_quarter: 0,
        deciders_min: 1,
    };
    let frozen = Constitution { secretariat: vec![code("OFFICE")], ..constitution(&["MIIT", "MOF"]) };
    steps(&Look { state: &state, body: &body, screening, constitution: frozen, at: at(NOW) })
}

fn step<'s>(steps: &'s [Step], rpc: &str) -> &'s Step {
    steps.iter().find(|step| step.rpc == rpc).unwrap_or_else(|| panic!("no {rpc} in {steps:#?}"))
}

fn who(role: Role, department: &str) -> Who {
    Who { role, department: Some(code(department)) }
}

#[test]
fn each_step_says_who_may_do_it_or_what_refuses_it() {
    assert_eq!(next(&[]), []);
    let requested = next(&[requested(outline(1))]);
    assert_eq!(step(&requested, "ScreenSession").by, [who(Role::Clerk, "OFFICE")]);
    let cancel = step(&requested, "CancelSession");
    let in_charge = [who(Role::Clerk, "OFFICE"), who(Role::Chair, "MIIT")];
    assert_eq!(cancel.by, [&[who(Role::DepartmentLead, "NDRC")][..], &in_charge].concat());
    for refused in ["AdmitSession", "ScheduleSession", "ConveneSession"] {
        let step = step(&requested, refused);
        let reason = step.refused.as_ref().map(|refused| refused.reason());
        assert_eq!((&step.by[..], reason), (&[][..], Some("WRONG_STAGE")), "{refused}");
    }

    let admitted = next(&admitted());
    assert_eq!(step(&admitted, "ScheduleSession").by, [who(Role::Clerk, "OFFICE")]);
    assert_eq!(step(&admitted, "ConveneSession").refused.as_ref().map(|it| it.reason()), Some("WRONG_STAGE"));
}
