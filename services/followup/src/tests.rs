//! The service on a journal of its own, called as the server calls it, with items put into the journal as
//! resolution does it.

use crate::{Service, views};
use domain::aggregate::derived_id;
use domain::calendar::WorkingCalendar;
use domain::followup::follow_up::FollowUp;
use domain::resolution::action_item::{ActionItem, Assignment, Command};
use domain::resolution::evidence::Evidence;
use domain::{Actor, Code, Line, Role, Text, Timestamp, Uuid};
use event_log::{EventLog, Options};
use journal::Journal;
use journal::embedded::EmbeddedJournal;
use proto::followup::v1 as pb;
use proto::followup::v1::NoticeKind as Kind;
use proto::followup::v1::followup_service_server::FollowupService as _;
use service_kit::clock::Clock;
use service_kit::identity::Caller;
use service_kit::{CommandContext, Kit, Position};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::Request;
use tonic_types::StatusExt as _;

mod board;
mod counts;
mod ending;
mod indicators;
mod ladder;

/// One copy of the service, with its process manager and its timer, in a folder of its own.
struct Copy {
    service: Service,
    stop: CancellationToken,
    _folder: TempDir,
}

/// A journal and a clock, and one copy of the service.
struct Place {
    journal: Arc<dyn Journal>,
    clock: watch::Sender<Timestamp>,
    copy: Copy,
    _folder: TempDir,
}

impl Place {
    /// An empty place on Monday, 1 March 2027, nine in the morning in Shanghai.
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let (log, _) = EventLog::open(Options::new(folder.path().join("log"))).unwrap();
        let (clock, shown) = watch::channel(at("2027-03-01T01:00:00Z"));
        let journal: Arc<dyn Journal> =
            Arc::new(EmbeddedJournal::new(log, journal::personal::Keys::in_memory()));
        let copy = Copy::new(&journal, shown);
        Place { journal, clock, copy, _folder: folder }
    }

    /// Another copy of the service, with nothing but the journal.
    fn another_copy(&self) -> Copy {
        Copy::new(&self.journal, self.clock.subscribe())
    }

    fn move_clock(&self, to: &str) {
        self.clock.send_replace(at(to));
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
        for _ in 0..500 {
            match self.follow_up(item).await {
                found if so(&found) => return found,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
        panic!("follow-up {item} did not get there: {:?}", self.follow_ups(&[]).await);
    }

    /// Checks that the tables and the rules agree on what comes next.
    async fn assert_agreed_on_what_comes_next(&self, items: &[Uuid]) {
        let view = &self.copy.service.view;
        let next = view.query(self.end(), |tables| views::next_deadlines(tables, 100));
        let (next, _) = next.await.unwrap();
        for &item in items {
            let shown = next.iter().find(|deadline| deadline.id == item).map(|deadline| deadline.at);
            let state = self.copy.service.kit.load::<FollowUp>(item).await.unwrap();
            assert_eq!(shown, state.next_deadline(), "of {item}");
        }
    }

    /// The last position of the log.
    fn end(&self) -> u64 {
        *self.journal.committed().borrow()
    }
}

impl Copy {
    fn new(journal: &Arc<dyn Journal>, clock: watch::Receiver<Timestamp>) -> Copy {
        let folder = tempfile::tempdir().unwrap();
        let stop = CancellationToken::new();
        let kit = Kit::new(journal.clone(), Clock::Movable(clock), folder.path(), stop.clone());
        Copy { service: crate::start(&kit, "Asia/Shanghai").unwrap(), stop, _folder: folder }
    }

    async fn notices(&self, item: Uuid, count: usize) -> Vec<pb::Notice> {
        for _ in 0..500 {
            let request = pb::ListNoticesRequest { item_id: Some(item.to_string()), ..Default::default() };
            let listed = self.service.list_notices(supervisor(request)).await.unwrap().into_inner();
            if listed.notices.len() >= count {
                return listed.notices;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("{item} has fewer than {count} notices");
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

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn code(text: &str) -> Code {
    Code::parse(text).unwrap()
}

fn line(text: &str) -> Line {
    Line::parse(text).unwrap()
}

fn text(words: &str) -> Text {
    Text::parse(words).unwrap()
}

fn context(word: &str, department: &str) -> CommandContext {
    let command_id = derived_id(Uuid::nil(), &["context", word]);
    let roles = vec![Role::DepartmentLead];
    let actor = Actor { subject: "chen".into(), department: Some(code(department)), roles };
    CommandContext::new(command_id, [0; 32], actor)
}

fn supervisor<M>(message: M) -> Request<M> {
    let mut request = Request::new(message);
    let actor =
        Actor { subject: "wang".into(), department: Some(code("AUDIT")), roles: vec![Role::Supervisor] };
    request.extensions_mut().insert(Caller(actor));
    request
}
