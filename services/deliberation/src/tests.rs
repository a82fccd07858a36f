//! The service on a journal of its own, called as the server calls it, with sessions put into the journal
//! as scheduling does it.

use crate::Service;
use domain::aggregate::derived_id;
use domain::calendar::WorkingCalendar;
use domain::scheduling::calendar::{self, Calendar};
use domain::scheduling::rules::Rules;
use domain::scheduling::session::{Attendee, Command, Kind, Outline, RoleOnTopic, Session, Topic, TopicRole};
use domain::{Actor, Code, Line, Role, Text, Timestamp, Uuid};
use event_log::{EventLog, Options};
use journal::embedded::EmbeddedJournal;
use proto::deliberation::events::v1 as values;
use proto::deliberation::v1 as pb;
use proto::deliberation::v1::deliberation_service_server::DeliberationService as _;
use service_kit::clock::Clock;
use service_kit::identity::Caller;
use service_kit::{Kit, Order};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::{Code as Grpc, Request, Status};
use tonic_types::StatusExt as _;

mod countersign;
mod meeting;

/// A service with its process manager and timer, its clock, and the folder that it lives in.
struct Place {
    kit: Kit,
    service: Service,
    clock: watch::Sender<Timestamp>,
    _folder: TempDir,
}

impl Place {
    /// A place on Monday, 1 March 2027, nine in the morning in Shanghai; Wednesday is a holiday.
    async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = EventLog::open(Options::new(folder.path().join("log"))).unwrap();
        let (clock, shown) = watch::channel(at("2027-03-01T01:00:00Z"));
        let journal = Arc::new(EmbeddedJournal::new(log));
        let kit = Kit::new(journal, Clock::Movable(shown), folder.path(), CancellationToken::new());
        let service = crate::service(&kit, "Asia/Shanghai").unwrap();
        crate::open_dockets(&kit);
        crate::count_countersigns(&kit, &service.view);
        let weekend = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap().weekend().to_vec();
        let holidays = ["2027-03-03".parse().unwrap()];
        let calendar = WorkingCalendar::new("Asia/Shanghai", weekend, holidays, []).unwrap();
        let define = calendar::Command::Define(calendar);
        kit.execute::<Calendar>(&order("calendar"), Calendar::realm_id(), define).await.unwrap();
        Place { kit, service, clock, _folder: folder }
    }

    /// Admits an emergency session and ends its way through scheduling with this command.
    async fn session(&self, last: Command) -> String {
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        let screen = Command::Screen { rules: Rules::default(), calendar, sessions_this_quarter: 0 };
        let id = Uuid::from_u128(7);
        let steps = [Command::Request(outline()), screen, Command::Admit, last];
        for (nth, command) in steps.into_iter().enumerate() {
            self.kit.execute::<Session>(&order(&nth.to_string()), id, command).await.unwrap();
        }
        id.to_string()
    }

    async fn docket(&self, docket_id: &str) -> Result<pb::Docket, Status> {
        let request = pb::GetDocketRequest { docket_id: docket_id.into(), at_least_position: 0 };
        Ok(self.service.get_docket(clerk(request)).await?.into_inner().docket.unwrap())
    }

    /// The docket, once it is there and so. What happens by itself takes moments.
    async fn docket_when(&self, docket_id: &str, so: impl Fn(&pb::Docket) -> bool) -> pb::Docket {
        for _ in 0..500 {
            match self.docket(docket_id).await {
                Ok(docket) if so(&docket) => return docket,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        panic!("docket {docket_id} did not get there: {:?}", self.docket(docket_id).await);
    }

    async fn propose(&self, docket_id: &str, text: &str) -> u64 {
        let request = pb::ProposeRequest {
            command_id: id(text),
            docket_id: docket_id.into(),
            topic: 1,
            text: text.into(),
        };
        self.service.propose(clerk(request)).await.unwrap().into_inner().position
    }

    async fn open_ballot(&self, docket_id: &str, version: u32, method: values::ballot_method::Method) {
        let request = pb::OpenBallotRequest {
            command_id: id("open ballot"),
            docket_id: docket_id.into(),
            topic: 1,
            version,
            method: Some(values::BallotMethod { method: Some(method) }),
            abstention: values::AbstentionRule::CountsAsCast.into(),
            tie: values::TieRule::Rejects.into(),
        };
        self.service.open_ballot(clerk(request)).await.unwrap();
    }

    async fn vote(
        &self,
        docket_id: &str,
        department: &str,
        choice: values::VoteChoice,
    ) -> Result<u64, Status> {
        let request = pb::CastVoteRequest {
            command_id: id(&format!("vote of {department}")),
            docket_id: docket_id.into(),
            topic: 1,
            department: department.into(),
            choice: choice.into(),
            reason: None,
        };
        let voted = self.service.cast_vote(by(request, department, Role::Delegate)).await?;
        Ok(voted.into_inner().position)
    }
}

/// Two departments decide and one advises on one topic.
fn outline() -> Outline {
    let attendee = |department, role| Attendee {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role }],
    };
    Outline {
        title: line("防汛会商"),
        purpose: Text::parse("定下泄洪方案").unwrap(),
        body: code("FLOOD"),
        kind: Kind::Emergency,
        chair: code("MWR"),
        topics: vec![Topic { no: 1, title: line("泄洪"), timebox_minutes: 30, papers_required: false }],
        attendees: vec![
            attendee("MWR", RoleOnTopic::Decides),
            attendee("MEM", RoleOnTopic::Decides),
            attendee("CMA", RoleOnTopic::Advises),
        ],
        minutes: 30,
        earliest_start: at("2027-03-01T01:00:00Z"),
        case_reference: None,
        decide_by: None,
        quorum_percent: 100,
    }
}

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

/// A command id that follows from a word.
fn id(word: &str) -> String {
    derived_id(Uuid::nil(), &[word]).to_string()
}

fn order(word: &str) -> Order {
    let command_id = derived_id(Uuid::nil(), &["order", word]);
    Order {
        command_id,
        digest: [0; 32],
        actor: Actor { subject: "chen".into(), department: Some(code("MWR")), roles: vec![Role::Clerk] },
        causation_id: None,
        correlation_id: command_id,
        traceparent: None,
    }
}

fn by<M>(message: M, department: &str, role: Role) -> Request<M> {
    let mut request = Request::new(message);
    let actor = Actor { subject: "chen".into(), department: Some(code(department)), roles: vec![role] };
    request.extensions_mut().insert(Caller(actor));
    request
}

fn clerk<M>(message: M) -> Request<M> {
    by(message, "MWR", Role::Clerk)
}

/// The reason of a refusal, and one of its figures.
fn refusal(status: &Status, figure: &str) -> (String, String) {
    assert_eq!(status.code(), Grpc::FailedPrecondition, "{status}");
    let info = status.get_details_error_info().unwrap();
    (info.reason, info.metadata.get(figure).cloned().unwrap_or_default())
}
