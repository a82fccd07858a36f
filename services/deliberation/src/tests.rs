//! The service on a journal of its own, called as the server calls it, with sessions written to the journal
//! as scheduling does it.

use crate::Service;
use domain::calendar::WorkingCalendar;
use domain::constitution::Constitution;
use domain::decision_rule::{Abstention, DecisionRule, MatterClass, Method, Quorum, QuorumBase};
use domain::directory::calendar::{self, Calendar};
use domain::scheduling::body::MeetingRules;
use domain::scheduling::session::{
    Attendee, Command, Declaration, Kind, Outline, RoleOnTopic, Session, Topic, TopicRole,
};
use domain::testing::{self, at, code, line, text};
use domain::{Role, Uuid};
use harness::until;
use proto::Wire as _;
use proto::deliberation::v1 as pb;
use proto::deliberation::v1::deliberation_service_server::DeliberationService as _;
use service_kit::CommandContext;
use tonic::{Code as Grpc, Request, Status};
use workbench::{Workbench, by, faulty_fields, id, refusal};

mod commands;
mod countersign;
mod largest;
mod lists;
mod meeting;
mod rows;
mod scope;

/// A service with its process manager and timer, on a workbench.
struct Deployment {
    service: Service,
    bench: Workbench,
}

impl Deployment {
    /// A deployment on Monday, 1 March 2027, nine in the morning in Shanghai; Wednesday is a holiday.
    async fn new() -> Deployment {
        let bench = Workbench::default();
        let service = crate::service(&bench.kit, "Asia/Shanghai", None).unwrap();
        let weekend = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap().weekend().to_vec();
        let holidays = ["2027-03-03".parse().unwrap()];
        let calendar = WorkingCalendar::new("Asia/Shanghai", weekend, holidays, []).unwrap();
        let define = calendar::Command::Define(calendar);
        bench.kit.execute::<Calendar>(&context("calendar"), Calendar::realm_id(), define).await.unwrap();
        Deployment { service, bench }
    }

    /// Admits an emergency session, and then issues this last command of scheduling on it. Returns the
    /// session's id and the position of the last record.
    async fn session(&self, nth: u128, last: Command) -> (String, u64) {
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        let request = Command::Request { outline: outline(), chair: code("MWR") };
        let screen = Command::Screen {
            rules: MeetingRules::default(),
            calendar,
            sessions_this_quarter: 0,
            deciders_min: 2,
        };
        let id = Uuid::from_u128(nth);
        let mut position = 0;
        for (step, command) in [request, screen, Command::Admit, last].into_iter().enumerate() {
            let context = context(&format!("step {step} of session {nth}"));
            position = self.bench.kit.execute::<Session>(&context, id, command).await.unwrap().position;
        }
        (id.to_string(), position)
    }

    /// The docket, once the service has reached a position.
    async fn docket_at(
        &self,
        docket_id: &str,
        at_least_position: u64,
    ) -> Result<pb::GetDocketResponse, Status> {
        let request = pb::GetDocketRequest { at_least_position, docket_id: docket_id.into() };
        Ok(self.service.get_docket(clerk(request)).await?.into_inner())
    }

    async fn docket(&self, docket_id: &str) -> Result<pb::Docket, Status> {
        Ok(self.docket_at(docket_id, 0).await?.docket.unwrap())
    }

    /// The docket, once it meets a condition. A timer takes a moment.
    async fn docket_when(&self, docket_id: &str, condition: impl Fn(&pb::Docket) -> bool) -> pb::Docket {
        until("the docket's change", async || self.docket(docket_id).await.ok().filter(&condition)).await
    }

    async fn arrive(&self, docket_id: &str, department: &str) -> pb::RecordArrivalResponse {
        let request = pb::RecordArrivalRequest {
            command_id: id(&format!("arrival of {department}")),
            docket_id: docket_id.into(),
            department_code: department.into(),
            delegate: format!("{department}代表"),
            ..Default::default()
        };
        self.service.record_arrival(clerk(request)).await.unwrap().into_inner()
    }

    async fn open(&self, docket_id: &str, word: &str) -> Result<pb::OpenDocketResponse, Status> {
        let request =
            pb::OpenDocketRequest { command_id: id(word), docket_id: docket_id.into(), ..Default::default() };
        Ok(self.service.open_docket(clerk(request)).await?.into_inner())
    }

    async fn submit_proposal(&self, docket_id: &str, text: &str) -> u64 {
        let request = pb::SubmitProposalRequest {
            command_id: id(text),
            docket_id: docket_id.into(),
            topic_number: 1,
            text: text.into(),
            ..Default::default()
        };
        self.service.submit_proposal(clerk(request)).await.unwrap().into_inner().position
    }

    async fn open_ballot(&self, docket_id: &str, version: u32) {
        let request = pb::OpenBallotRequest {
            command_id: id("open ballot"),
            docket_id: docket_id.into(),
            topic_number: 1,
            version,
            ..Default::default()
        };
        self.service.open_ballot(clerk(request)).await.unwrap();
    }

    async fn vote(&self, docket_id: &str, department: &str, choice: pb::VoteChoice) -> Result<u64, Status> {
        let request = pb::CastVoteRequest {
            command_id: id(&format!("vote of {department}")),
            docket_id: docket_id.into(),
            topic_number: 1,
            department_code: department.into(),
            choice: choice.into(),
            ..Default::default()
        };
        let voted = self.service.cast_vote(by(request, department, Role::Delegate)).await?;
        Ok(voted.into_inner().position)
    }
}

/// The two that decide have to be there, and decide by this method.
fn constitution(method: Method) -> Constitution {
    let constitution = testing::constitution(&["MWR", "MEM"]);
    let quorum = Quorum { base: QuorumBase::AllSeats, numerator: 1, denominator: 1 };
    let abstention = Abstention::CountsAsCast;
    Constitution { rule: DecisionRule { method, quorum, abstention, ..constitution.rule }, ..constitution }
}

fn convene() -> Command {
    Command::Convene { constitution: constitution(Method::SimpleMajority) }
}

/// Two departments decide and one advises on one topic.
fn outline() -> Outline {
    let attendee = |department, role| Attendee {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role }],
        companions: 0,
    };
    Outline {
        title: line("防汛会商"),
        purpose: text("定下泄洪方案"),
        body: code("FLOOD"),
        kind: Kind::Emergency,
        class: MatterClass::Emergency,
        emergency: Some(Declaration { reason: line("河水上涨"), authority: line("防汛预案") }),
        topics: vec![Topic {
            number: 1,
            title: line("泄洪"),
            timebox_minutes: 30,
            papers_required: false,
            label: Default::default(),
            matter: None,
            section: None,
            parent: None,
        }],
        attendees: vec![
            attendee("MWR", RoleOnTopic::Decides),
            attendee("MEM", RoleOnTopic::Decides),
            attendee("CMA", RoleOnTopic::Advises),
        ],
        duration_minutes: 30,
        earliest_start_at: at("2027-03-01T01:00:00Z"),
        case_reference: None,
        decide_by: None,
        carries_out: None,
        equipment: vec![],
    }
}

fn context(word: &str) -> CommandContext {
    workbench::context(word, "MWR", Role::Clerk)
}

fn clerk<M>(message: M) -> Request<M> {
    by(message, "MWR", Role::Clerk)
}
