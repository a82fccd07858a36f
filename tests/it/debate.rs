//! A debate: who asks to speak, who is called, whose time is over, and what is out of order.

use crate::ballots::{convened, ensure_refused};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::deliberation::v1::{
    CastVoteRequest, CloseBallotRequest, CloseDebateRequest, CloseDocketRequest, DocketTopic,
    DocumentLanguage, GetDocketRequest, GetMinutesRequest, GiveFloorRequest, LimitDebateRequest,
    OpenDocketRequest, OpenTopicRequest, RaisePointOfOrderRequest, RecordArrivalRequest, RejectTopicRequest,
    RequestFloorRequest, RulePointOfOrderRequest, VoteChoice, YieldFloorRequest,
};
use proto::ledger::v1::{MoveClockRequest, ReadEventsRequest};
use proto::scheduling::v1::{BodyCharter, DecisionRule, DefineBodyRequest, Seat};
use tests::{Client, Mode, Sandbox, command, until};

/// Each department speaks for five minutes on a topic.
pub(crate) fn charter() -> BodyCharter {
    let seat = |department: &str| Seat { department_code: department.into(), ..Default::default() };
    BodyCharter {
        name: "Joint sessions".into(),
        chair_code: "WATER".into(),
        seats: ["WATER", "ROADS", "HEALTH"].map(seat).to_vec(),
        decision_rules: vec![DecisionRule { speaking_minutes: 5, ..Default::default() }],
        ..Default::default()
    }
}

/// The same with the rule that what is moved needs a second.
pub(crate) fn with_seconds() -> BodyCharter {
    let mut charter = charter();
    charter.decision_rules.iter_mut().for_each(|rule| rule.needs_seconder = true);
    charter
}

pub(crate) struct Debate {
    pub(crate) docket_id: String,
    pub(crate) clerk: Client,
    operator: Client,
}

impl Debate {
    pub(crate) fn id(&self) -> String {
        self.docket_id.clone()
    }

    fn request(&self, department: &str) -> RequestFloorRequest {
        let department_code = department.into();
        RequestFloorRequest { docket_id: self.id(), topic_number: 1, department_code, ..command() }
    }

    fn give(&self, department: &str, reason: Option<&str>) -> GiveFloorRequest {
        GiveFloorRequest {
            docket_id: self.id(),
            topic_number: 1,
            department_code: department.into(),
            reason: reason.map(Into::into),
            ..command()
        }
    }

    pub(crate) async fn topic(&self) -> anyhow::Result<DocketTopic> {
        let get = GetDocketRequest { docket_id: self.id(), at_least_position: 0 };
        let docket = self.clerk.call(get).await?.docket.context("a docket")?;
        docket.topics.into_iter().next().context("a topic")
    }

    /// The three vote, and the chair has it counted.
    pub(crate) async fn voted(&self, people: [(&Client, &str, VoteChoice); 3]) -> anyhow::Result<u64> {
        for (client, department, choice) in people {
            let vote = CastVoteRequest {
                docket_id: self.id(),
                topic_number: 1,
                department_code: department.into(),
                choice: choice.into(),
                ..command()
            };
            client.call(vote).await?;
        }
        let close = CloseBallotRequest { docket_id: self.id(), topic_number: 1, ..command() };
        Ok(self.clerk.call(close).await?.position)
    }

    /// Moves the clock to so many minutes after the topic was opened, and waits until this is so.
    async fn after(&self, minutes: i64, so: fn(&DocketTopic) -> bool) -> anyhow::Result<()> {
        let mut clock_at = self.topic().await?.opened_at.context("it is open")?;
        clock_at.seconds += minutes * 60;
        self.operator.call(MoveClockRequest { clock_at: Some(clock_at), ..command() }).await?;
        until("the clock has struck", async || self.topic().await.ok().filter(so)).await;
        Ok(())
    }
}

/// A debate that a body holds under its usual rule.
pub(crate) async fn begun(sandbox: &Sandbox, charter: BodyCharter) -> anyhow::Result<Debate> {
    begun_with(sandbox, charter, 1).await
}

/// The same with so many topics, of which the first is open.
pub(crate) async fn begun_with(
    sandbox: &Sandbox,
    charter: BodyCharter,
    topics: u32,
) -> anyhow::Result<Debate> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    let operator = sandbox.client(Role::Operator, None).await?;
    for department in ["WATER", "ROADS", "HEALTH"] {
        clerk.register_department(department).await?;
    }
    let define = DefineBodyRequest { body_code: "JOINT".into(), charter: Some(charter), ..command() };
    operator.call(define).await?;
    let docket_id = convened(&clerk, topics).await?;
    for department in ["WATER", "ROADS", "HEALTH"] {
        let (department_code, delegate) = (department.into(), "Li Wei".into());
        let docket_id = docket_id.clone();
        clerk.call(RecordArrivalRequest { docket_id, department_code, delegate, ..command() }).await?;
    }
    clerk.call(OpenDocketRequest { docket_id: docket_id.clone(), ..command() }).await?;
    clerk.call(OpenTopicRequest { docket_id: docket_id.clone(), topic_number: 1, ..command() }).await?;
    Ok(Debate { docket_id, clerk, operator })
}

/// HEALTH interrupts ROADS, whose time is over.
async fn out_of_order(debate: &Debate, health: &Client) -> anyhow::Result<()> {
    let raise = RaisePointOfOrderRequest {
        docket_id: debate.id(),
        topic_number: 1,
        department_code: "HEALTH".into(),
        text: "发言超时".into(),
        ..command()
    };
    health.call(raise).await?;
    let close = CloseDebateRequest { docket_id: debate.id(), topic_number: 1, ..command() };
    ensure_refused(debate.clerk.call(close).await, "POINT_OF_ORDER_PENDING")?;
    let rule = RulePointOfOrderRequest {
        docket_id: debate.id(),
        topic_number: 1,
        point_number: 1,
        sustained: true,
        reason: "时间已到".into(),
        ..command()
    };
    debate.clerk.call(rule).await?;
    Ok(())
}

async fn one_speaks_at_a_time_until_its_time_is_over(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let debate = begun(&sandbox, charter()).await?;
    let clerk = &debate.clerk;
    let roads = sandbox.client(Role::Delegate, Some("ROADS")).await?;
    let health = sandbox.client(Role::Delegate, Some("HEALTH")).await?;
    ensure_refused(roads.call(debate.request("HEALTH")).await, "NOT_YOUR_DEPARTMENT")?;
    roads.call(debate.request("ROADS")).await?;
    health.call(debate.request("HEALTH")).await?;
    ensure_refused(clerk.call(debate.give("HEALTH", None)).await, "CALLED_OUT_OF_ORDER")?;
    clerk.call(debate.give("ROADS", None)).await?;
    ensure_refused(clerk.call(debate.give("HEALTH", None)).await, "FLOOR_TAKEN")?;

    let speaker_is_over = |topic: &DocketTopic| {
        let speaker = topic.floor.as_ref().and_then(|floor| floor.speaker.as_ref());
        speaker.is_some_and(|speaker| speaker.time_ended)
    };
    debate.after(6, speaker_is_over).await?;
    out_of_order(&debate, &health).await?;
    let department_code = "ROADS".into();
    let yields = YieldFloorRequest { docket_id: debate.id(), topic_number: 1, department_code, ..command() };
    roads.call(yields).await?;
    ensure_refused(clerk.call(debate.give("ROADS", Some("It asks again"))).await, "SPEAKING_TIME_USED")?;
    clerk.call(debate.give("HEALTH", None)).await?;
    let limit = LimitDebateRequest {
        docket_id: debate.id(),
        topic_number: 1,
        speaking_minutes: Some(9),
        list_closed: true,
        ..command()
    };
    clerk.call(limit).await?;
    ensure_refused(roads.call(debate.request("ROADS")).await, "SPEAKERS_LIST_CLOSED")?;
    debate.after(21, |topic| topic.time_ended).await?;
    debate.after(22, speaker_is_over).await?;

    let topic_number = 1;
    clerk.call(CloseDebateRequest { docket_id: debate.id(), topic_number, ..command() }).await?;
    let floor = debate.topic().await?.floor.context("a floor")?;
    let spoken: Vec<_> = floor.spoken.iter().map(|it| it.department_code.as_str()).collect();
    ensure!(floor.speaker.is_none() && spoken == ["HEALTH", "ROADS"], "{floor:?}");
    let reject =
        RejectTopicRequest {
            docket_id: debate.id(), topic_number, reason: "未达成一致".into(), ..command()
        };
    clerk.call(reject).await?;
    let closed = clerk.call(CloseDocketRequest { docket_id: debate.id(), ..command() }).await?;
    said_and_struck_once(&debate, &sandbox, closed.position).await
}
in_both_modes!(one_speaks_at_a_time_until_its_time_is_over);

/// The minutes say it, and each clock has struck once.
async fn said_and_struck_once(debate: &Debate, sandbox: &Sandbox, position: u64) -> anyhow::Result<()> {
    let get = GetMinutesRequest {
        docket_id: debate.id(),
        language: DocumentLanguage::Chinese.into(),
        at_least_position: position,
    };
    let html = debate.clerk.call(get).await?.html;
    for said in ["发言用时", "秩序问题：HEALTH：发言超时；成立：时间已到"] {
        ensure!(html.contains(said), "{said} is not in {html}");
    }
    let auditor = sandbox.client(Role::Auditor, None).await?;
    let of = |name: &str| format!("huishang.deliberation.events.v1.{name}");
    let types = ["SpeakingTimeEnded", "TopicTimeEnded"].map(of).to_vec();
    let events = auditor.call(ReadEventsRequest { types, ..Default::default() }).await?.events;
    let struck = |name: &str| events.iter().filter(|event| event.r#type == of(name)).count();
    ensure!((struck("SpeakingTimeEnded"), struck("TopicTimeEnded")) == (2, 1), "{events:?}");
    Ok(())
}
