//! The service on a journal of its own, called as the server calls it, with decisions written to the journal
//! as deliberation does it.

use crate::Service;
use domain::aggregate::derived_id;
use domain::calendar::WorkingCalendar;
use domain::deliberation::ballot::Choice;
use domain::deliberation::docket::{
    Agenda, AgendaTopic, Command, Docket, ITEMS_PER_COMMAND_MAX, ItemDraft, Mode, Participant, RoleOnTopic,
    TopicRole,
};
use domain::directory::department::{self, Department};
use domain::due::DueRule;
use domain::resolution::action_item::ActionItem;
use domain::resolution::resolution::{self, Resolution};
use domain::resolution_change::ChangeEffect;
use domain::testing::{self, at, code, line, text};
use domain::{Actor, Role, Uuid};
use journal::Journal;
use proto::resolution::v1 as pb;
use proto::resolution::v1::resolution_service_server::ResolutionService as _;
use service_kit::{CommandContext, CommandError, Position};
use std::sync::Arc;
use tonic::{Code as Grpc, Request, Status};
use workbench::{Workbench, by, faulty_fields, id, refusal};

mod answer;
mod cascade;
mod dissent;
mod ending;
mod forecast;
mod lists;
mod overtaking;
mod recording;
mod registration;
mod rows;
mod scope;
mod scorecard;
mod standing_still;
mod target;
mod waiting;
mod work;

fn default_calendar() -> Arc<WorkingCalendar> {
    Arc::new(WorkingCalendar::weekends_only("Asia/Shanghai").unwrap())
}

/// A service with its process managers, on a workbench.
struct Place {
    service: Service,
    bench: Workbench,
}

impl Place {
    /// A place with four departments on Monday, 1 March 2027, nine in the morning in Shanghai.
    async fn new() -> Place {
        Place::with_journal(|journal| journal).await
    }

    /// The same, with what is made of its journal.
    async fn with_journal(made: impl FnOnce(Arc<dyn Journal>) -> Arc<dyn Journal>) -> Place {
        let bench = Workbench::on(made);
        let service = crate::service(&bench.kit, "Asia/Shanghai", None).unwrap();
        for department in ["WATER", "ROADS", "HEALTH", "AUDIT"] {
            let profile = department::Profile {
                code: code(department),
                name: line(department),
                parent: None,
                level: department::Level::Municipal,
                region: None,
                without_users: false,
                kind: department::Kind::Agency,
            };
            let register = department::Command::Register(profile);
            let id = Department::id(&code(department));
            bench.kit.execute::<Department>(&context(department), id, register).await.unwrap();
        }
        Place { service, bench }
    }

    /// Has a countersign adopt a decision with this many items led by WATER, each due in five working days.
    /// Returns the position of the decision, which is not registered yet.
    async fn decide(&self, docket: Uuid, items: u32) -> Position {
        self.decide_on(agenda(docket), items).await
    }

    async fn decide_on(&self, agenda: Agenda, items: u32) -> Position {
        let docket = agenda.session;
        let health_decides = agenda.deciding_on(1).any(|department| *department == code("HEALTH"));
        let draft = |nth: u32| ItemDraft {
            title: line(&format!("泵站 {nth}")),
            deliverable: text("泵站改造完成"),
            criterion: Some(text("满负荷试运行两小时")),
            lead: Some(code("WATER")),
            co_responsible: vec![code("ROADS"), code("WATER")],
            due: Some(DueRule::AfterWorkingDays(5)),
        };
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        let vote = |department, choice| {
            let vote = Command::CastVote {
                topic: 1,
                department: code(department),
                choice,
                split: vec![],
                reason: None,
            };
            (department, vote)
        };
        let drafts: Vec<ItemDraft> = (1..=items).map(draft).collect();
        let drafts = drafts.chunks(ITEMS_PER_COMMAND_MAX);
        let mut steps = vec![
            ("WATER", Command::Prepare { agenda }),
            ("WATER", Command::SubmitProposal { topic: 1, text: text("汛期前改造泵站。") }),
        ];
        steps.extend(drafts.map(|items| ("WATER", Command::DraftItems { topic: 1, items: items.into() })));
        steps.extend([
            ("WATER", Command::OpenBallot { topic: 1, version: 1, calendar: calendar.clone() }),
            vote("WATER", Choice::Yes),
            vote("ROADS", Choice::Yes),
        ]);
        steps.extend(health_decides.then(|| vote("HEALTH", Choice::No)));
        steps.extend([
            ("WATER", Command::CloseBallot { topic: 1, casting_vote: None }),
            ("WATER", Command::AdoptDecision { topic: 1, declaratory: items == 0, calendar }),
        ]);
        self.carry_out(docket, steps).await
    }

    /// Carries commands on a docket out, each by the chair of a department; returns the last position.
    async fn carry_out(&self, docket: Uuid, steps: Vec<(&str, Command)>) -> Position {
        let mut position = 0;
        for (nth, (department, command)) in steps.into_iter().enumerate() {
            let mut context = context(&format!("{docket} {nth}"));
            context.actor.department = Some(code(department));
            let step = format!("{command:?}");
            let decided = self.bench.kit.execute::<Docket>(&context, docket, command).await;
            position = decided.unwrap_or_else(|error| panic!("{step}: {error}")).position;
        }
        position
    }

    /// Changes the resolution of a docket, as a later decision of the body does; returns the position.
    async fn change(
        &self,
        docket: Uuid,
        effect: ChangeEffect,
        carried_over: Vec<Uuid>,
    ) -> Result<Position, CommandError> {
        let (by, reason) = (Resolution::id(Uuid::from_u128(99), 1), text("FLOOD-2027-0099 规划已变"));
        let command = resolution::Command::Change { by, effect, carried_over, reason };
        let id = Resolution::id(docket, 1);
        let context = CommandContext { actor: Actor::process("change_resolutions"), ..context("change") };
        Ok(self.bench.kit.execute::<Resolution>(&context, id, command).await?.position)
    }

    async fn item(&self, item_id: &str) -> Result<pb::GetItemResponse, Status> {
        let request = pb::GetItemRequest {
            at_least_position: self.end(),
            item_id: item_id.into(),
            ..Default::default()
        };
        Ok(self.service.get_item(supervisor(request)).await?.into_inner())
    }

    async fn shown(&self, item_id: &str) -> pb::Item {
        self.item(item_id).await.unwrap().item.unwrap()
    }

    async fn items(&self, request: pb::ListItemsRequest) -> Vec<pb::Item> {
        let request = pb::ListItemsRequest { at_least_position: self.end(), ..request };
        self.service.list_items(supervisor(request)).await.unwrap().into_inner().items
    }

    async fn resolution(&self, number: &str) -> pb::GetResolutionResponse {
        let request = pb::GetResolutionRequest {
            at_least_position: self.end(),
            resolution_id: String::new(),
            number: number.into(),
        };
        self.service.get_resolution(supervisor(request)).await.unwrap().into_inner()
    }

    /// The last position of the log.
    fn end(&self) -> u64 {
        self.bench.end()
    }
}

/// A countersign of three departments on one topic.
fn agenda(docket: Uuid) -> Agenda {
    let deciding = |department| Participant {
        department: code(department),
        roles: vec![TopicRole { topic: 1, role: RoleOnTopic::Decides }],
    };
    Agenda {
        session: docket,
        title: line("防汛会商"),
        body: code("FLOOD"),
        constitution: testing::constitution(&["WATER", "ROADS", "HEALTH"]),
        requester: None,
        mode: Mode::Countersign { sign_by: at("2027-03-08T10:00:00Z") },
        decide_by: None,
        remind_at: None,
        topics: vec![AgendaTopic {
            number: 1,
            title: line("泵站改造"),
            timebox_minutes: 20,
            label: Default::default(),
            carried: None,
            section: None,
            parent: None,
        }],
        participants: ["WATER", "ROADS", "HEALTH"].map(deciding).into(),
    }
}

fn evidence() -> pb::Evidence {
    pb::Evidence {
        title: "验收报告".into(),
        sha256: "0a".repeat(32),
        uri: "https://files.example.cn/report.pdf".into(),
    }
}

fn acknowledge(item_id: &str) -> pb::AcknowledgeItemRequest {
    pb::AcknowledgeItemRequest {
        command_id: id("acknowledge"),
        item_id: item_id.into(),
        ..Default::default()
    }
}

fn claim(item_id: &str) -> pb::ClaimCompletionRequest {
    pb::ClaimCompletionRequest {
        command_id: id("claim"),
        item_id: item_id.into(),
        summary: "已完成".into(),
        evidence: vec![evidence()],
        ..Default::default()
    }
}

fn item_id(docket: Uuid, number: u32) -> String {
    ActionItem::id(docket, number).to_string()
}

fn context(word: &str) -> CommandContext {
    workbench::context(word, "WATER", Role::Clerk)
}

fn water<M>(message: M) -> Request<M> {
    by(message, "WATER", Role::DepartmentLead)
}

fn supervisor<M>(message: M) -> Request<M> {
    by(message, "AUDIT", Role::Supervisor)
}
