//! The service on a journal of its own, called as the server calls it, with items put into the journal as
//! resolution does it.

use crate::{Service, views};
use domain::calendar::WorkingCalendar;
use domain::followup::follow_up::FollowUp;
use domain::resolution::action_item::{ActionItem, Assignment, Command};
use domain::resolution::evidence::Evidence;
use domain::testing::{at, code, line, text};
use domain::{Role, Uuid};
use harness::until;
use proto::followup::v1 as pb;
use proto::followup::v1::NoticeKind as Kind;
use proto::followup::v1::followup_service_server::FollowupService as _;
use service_kit::{CommandContext, Position, Scope};
use tonic::Request;
use workbench::{Workbench, by, faulty_fields};

mod board;
mod counts;
mod ending;
mod indicators;
mod ladder;
mod scope;

/// One copy of the service, with its process manager and its timer, on a workbench.
struct Copy {
    service: Service,
    bench: Workbench,
}

/// A place with one copy of the service.
struct Place {
    copy: Copy,
}

impl Place {
    /// An empty place on Monday, 1 March 2027, nine in the morning in Shanghai.
    fn new() -> Place {
        Place { copy: Copy::on(Workbench::default()) }
    }

    /// Another copy of the service, with nothing but the journal.
    fn another_copy(&self) -> Copy {
        Copy::on(self.copy.bench.another())
    }

    fn move_clock(&self, to: &str) {
        self.copy.bench.move_clock(to);
    }

    /// Assigns an item to a department, due on the last of March and to be acknowledged by the fourth.
    async fn assign(&self, item: u32, lead: &str) -> Uuid {
        let calendar = WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
        let due_on = "2027-03-31".parse().unwrap();
        let assignment = Assignment {
            resolution: Uuid::from_u128(1),
            number: line(&format!("FLOOD-2027-0001/{item}")),
            title: line("泵站改造"),
            deliverable: text("泵站改造完成"),
            criterion: text("满负荷试运行两小时"),
            lead: code(lead),
            co_responsible: vec![code("ROADS")],
            due_on,
            due_at: calendar.end_of(due_on),
            acknowledge_by: at("2027-03-04T15:59:59.999999Z"),
        };
        let id = Uuid::from_u128(item.into());
        self.decide(id, lead, Command::Assign { assignment }).await;
        id
    }

    /// Carries out a command on an item, for a department. Its follow-up has not learned of it yet.
    async fn decide(&self, item: Uuid, department: &str, command: Command) -> Position {
        let context = context(&format!("{item} {command:?}"), department);
        self.copy.service.kit.execute::<ActionItem>(&context, item, command).await.unwrap().position
    }

    /// The notices on an item, oldest first, once there are that many.
    async fn notices(&self, item: Uuid, count: usize) -> Vec<pb::Notice> {
        self.copy.notices(item, count).await
    }

    async fn follow_ups(&self, columns: &[pb::BoardColumn]) -> Vec<pb::FollowUp> {
        let request = pb::ListFollowUpsRequest {
            at_least_position: self.end(),
            columns: columns.iter().map(|&column| column.into()).collect(),
            order_by: "number".into(),
            ..Default::default()
        };
        self.copy.service.list_follow_ups(supervisor(request)).await.unwrap().into_inner().follow_ups
    }

    /// The follow-up of an item.
    async fn follow_up(&self, item: Uuid) -> pb::FollowUp {
        let listed = self.follow_ups(&[]).await;
        listed.into_iter().find(|found| found.item_id == item.to_string()).unwrap()
    }

    /// The follow-up of an item, once it is so. What a timer does takes moments.
    async fn follow_up_when(&self, item: Uuid, so: impl Fn(&pb::FollowUp) -> bool) -> pb::FollowUp {
        until("the follow-up's change", async || Some(self.follow_up(item).await).filter(&so)).await
    }

    /// Checks that the tables and the rules agree on what comes next.
    async fn assert_agreed_on_what_comes_next(&self, items: &[Uuid]) {
        let view = &self.copy.service.view;
        let next = view.query(Scope::whole(), self.end(), |tables| views::next_deadlines(tables, 100));
        let (next, _) = next.await.unwrap();
        for &item in items {
            let shown = next.iter().find(|deadline| deadline.id == item).map(|deadline| deadline.at);
            let state = self.copy.service.kit.load::<FollowUp>(item).await.unwrap();
            assert_eq!(shown, state.next_deadline(), "of {item}");
        }
    }

    /// The last position of the log.
    fn end(&self) -> u64 {
        self.copy.bench.end()
    }
}

impl Copy {
    fn on(bench: Workbench) -> Copy {
        Copy { service: crate::start(&bench.kit, "Asia/Shanghai").unwrap(), bench }
    }

    async fn notices(&self, item: Uuid, count: usize) -> Vec<pb::Notice> {
        until("as many notices", async || {
            let request = pb::ListNoticesRequest { item_id: Some(item.to_string()), ..Default::default() };
            let listed = self.service.list_notices(supervisor(request)).await.unwrap().into_inner();
            Some(listed.notices).filter(|notices| notices.len() >= count)
        })
        .await
    }
}

fn claim() -> Command {
    let evidence =
        Evidence { title: line("报告"), sha256: line(&"0a".repeat(32)), uri: line("urn:report") };
    Command::ClaimCompletion { summary: text("已完成"), evidence: vec![evidence] }
}

fn kinds(notices: &[pb::Notice]) -> Vec<Kind> {
    notices.iter().map(pb::Notice::kind).collect()
}

/// The lead of a department; of AUDIT, the supervisor.
fn context(word: &str, department: &str) -> CommandContext {
    let role = if department == "AUDIT" { Role::Supervisor } else { Role::DepartmentLead };
    workbench::context(word, department, role)
}

fn supervisor<M>(message: M) -> Request<M> {
    by(message, "AUDIT", Role::Supervisor)
}
