//! A matter with markers in all of its texts, and a small one of somebody else.

use super::asked::Ids;
use super::{polled, said};
use anyhow::Context as _;
use domain::Role;
use proto::deliberation::v1 as deliberation;
use proto::directory::v1 as directory;
use proto::followup::v1::GetBoardRequest;
use proto::resolution::v1 as resolution;
use proto::scheduling::v1 as scheduling;
use tests::{Client, Sandbox, command, outline};

/// In every text of the matter.
pub const MATTER: &str = "SEEDLING";
/// In its papers, and in what departments said on its topic.
pub const SAID: &str = "WHISPER";

/// In every text of the secret topic.
pub const HIDDEN: &str = "BURROW";

/// Has the chair, decides and leads.
pub const OWN: &str = "OWN";
/// Decides with it: nobody passes anything alone. With it alone it decides on the secret topic.
pub const NEIGHBOUR: &str = "NEIGHBOUR";
/// Advises.
pub const INVITED: &str = "INVITED";
/// Would decide, and recused itself.
pub const RECUSED: &str = "RECUSED";
/// Takes no part, and is in the secretariat: its clerks act for the body.
pub const SECRETARIAT: &str = "SECRETARIAT";
/// Takes no part.
pub const STRANGER: &str = "STRANGER";

/// Registers the departments and a member with a marked address, and puts a decision on record under which the
/// stranger owes something.
pub async fn plant_the_strangers(sandbox: &Sandbox) -> anyhow::Result<Ids> {
    let clerk = sandbox.client(Role::Clerk, Some(OWN)).await?;
    for department in [OWN, NEIGHBOUR, INVITED, RECUSED, SECRETARIAT, STRANGER] {
        clerk.register_department(department).await?;
    }
    let member = directory::Member {
        code: "li".into(),
        name: "Li".into(),
        department_code: OWN.into(),
        email: Some(format!("{MATTER}@own.example")),
        roles: vec![],
    };
    clerk.call(directory::RegisterMemberRequest { member: Some(member), ..command() }).await?;
    clerk.register_room("HALL").await?;
    define_the_body(&sandbox.client(Role::Operator, None).await?).await?;
    let item = resolution::ItemToRecord {
        title: "Count the trees".into(),
        deliverable: "A list".into(),
        criterion: "Nothing is missing".into(),
        lead_code: STRANGER.into(),
        due: Some(resolution::DueRule { rule: Some(resolution::due_rule::Rule::AfterWorkingDays(5)) }),
        ..Default::default()
    };
    let record = resolution::RecordResolutionRequest {
        body_code: "TREES".into(),
        title: "Trees".into(),
        text: "The trees are counted.".into(),
        decided_on: "2027-03-01".into(),
        source: "Bulletin 1".into(),
        items: vec![item],
        ..command()
    };
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let position = supervisor.call(record).await?.position;
    ids_after(&supervisor, position, "TREES", STRANGER).await
}

/// Defines the body of the matter: OWN leads, and decides with two others.
async fn define_the_body(operator: &Client) -> anyhow::Result<()> {
    let seat = |code: &str| scheduling::Seat { department_code: code.into(), ..Default::default() };
    let charter = scheduling::BodyCharter {
        name: "Marks".into(),
        chair_code: OWN.into(),
        seats: [OWN, NEIGHBOUR, RECUSED].map(seat).to_vec(),
        secretariat_codes: vec![OWN.into(), SECRETARIAT.into()],
        ..Default::default()
    };
    let define =
        scheduling::DefineBodyRequest { body_code: "MARKS".into(), charter: Some(charter), ..command() };
    operator.call(define).await?;
    Ok(())
}

/// Takes a matter of OWN from its request to a report on its item.
pub async fn plant(sandbox: &Sandbox) -> anyhow::Result<Ids> {
    let clerk = sandbox.client(Role::Clerk, Some(OWN)).await?;
    let session_id = convened(sandbox, &clerk).await?;
    let position = debated_and_decided(sandbox, &session_id).await?;
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let get = scheduling::GetSessionRequest { at_least_position: 0, session_id: session_id.clone() };
    let outline = clerk.call(get).await?.session.and_then(|session| session.outline);
    let topic = outline.and_then(|outline| outline.topics.into_iter().next()).context("a topic")?;
    let matter = topic.matter_id.context("a matter")?;
    let ids = Ids { session: session_id, matter, ..ids_after(&supervisor, position, "MARKS", OWN).await? };
    let lead = sandbox.client(Role::DepartmentLead, Some(OWN)).await?;
    let item_id = ids.item.clone();
    lead.call(resolution::AcknowledgeItemRequest { item_id: item_id.clone(), ..command() }).await?;
    let evidence =
        resolution::Evidence { title: MATTER.into(), sha256: "0a".repeat(32), uri: format!("urn:{MATTER}") };
    let report = resolution::ReportProgressRequest {
        item_id: item_id.clone(),
        percent: 50,
        note: MATTER.into(),
        evidence: vec![evidence],
        ..command()
    };
    lead.call(report).await?;
    let text = MATTER.into();
    let instruct = resolution::InstructItemRequest { item_id: item_id.clone(), text, ..command() };
    sandbox.client(Role::Leader, Some(OWN)).await?.call(instruct).await?;
    let block = resolution::ReportBlockageRequest {
        item_id,
        reason: MATTER.into(),
        help_from_code: INVITED.into(),
        ..command()
    };
    let at_least_position = lead.call(block).await?.position;
    supervisor.call(GetBoardRequest { at_least_position, ..Default::default() }).await?;
    Ok(ids)
}

/// Requests the session, files its paper, and takes it to its docket; returns its id.
async fn convened(sandbox: &Sandbox, clerk: &Client) -> anyhow::Result<String> {
    let role =
        |role: scheduling::RoleOnTopic| vec![scheduling::TopicRole { topic_number: 1, role: role.into() }];
    let attendee = |code: &str, role_on_topic| scheduling::SessionAttendee {
        department_code: code.into(),
        roles: role(role_on_topic),
        companions: 0,
    };
    let of_both = |code: &str| {
        let mut attendee = attendee(code, scheduling::RoleOnTopic::Decides);
        let role = scheduling::RoleOnTopic::Decides.into();
        attendee.roles.push(scheduling::TopicRole { topic_number: 2, role });
        attendee
    };
    let mut outline = scheduling::SessionOutline {
        purpose: MATTER.into(),
        body_code: "MARKS".into(),
        kind: scheduling::SessionKind::Emergency.into(),
        attendees: vec![
            of_both(OWN),
            of_both(NEIGHBOUR),
            attendee(RECUSED, scheduling::RoleOnTopic::Decides),
            attendee(INVITED, scheduling::RoleOnTopic::Advises),
        ],
        matter_class: scheduling::MatterClass::Emergency.into(),
        emergency: Some(scheduling::EmergencyDeclaration { reason: MATTER.into(), authority: MATTER.into() }),
        case_reference: Some(MATTER.into()),
        earliest_start_at: Some(Client::moment("2027-03-01T01:00:00Z")),
        ..outline(MATTER, OWN)
    };
    outline.topics[0].title = MATTER.into();
    let label = Some(scheduling::Label::Secret.into());
    let secret = scheduling::SessionTopic { title: HIDDEN.into(), label, ..outline.topics[0].clone() };
    outline.topics.push(scheduling::SessionTopic { number: 2, timebox_minutes: 20, ..secret });
    let request = scheduling::RequestSessionRequest { outline: Some(outline), ..command() };
    let session_id = clerk.call(request).await?.session.context("a session")?.session_id;
    for (topic_number, marker) in [(1, SAID), (2, HIDDEN)] {
        let paper = scheduling::Paper {
            title: marker.into(),
            sha256: "0a".repeat(32),
            uri: format!("https://files.example/{marker}"),
            ..Default::default()
        };
        let submit = scheduling::SubmitPaperRequest {
            session_id: session_id.clone(),
            topic_number,
            paper: Some(paper),
            ..command()
        };
        clerk.call(submit).await?;
    }
    clerk.call(scheduling::ScreenSessionRequest { session_id: session_id.clone(), ..command() }).await?;
    clerk.call(scheduling::AdmitSessionRequest { session_id: session_id.clone(), ..command() }).await?;
    polled::which_times_suit(sandbox, &session_id, MATTER).await?;
    let convene = scheduling::ConveneSessionRequest { session_id: session_id.clone(), ..command() };
    let at_least_position = clerk.call(convene).await?.position;
    clerk.call(deliberation::GetDocketRequest { at_least_position, docket_id: session_id.clone() }).await?;
    Ok(session_id)
}

/// Takes the docket to its end; returns the position.
async fn debated_and_decided(sandbox: &Sandbox, docket_id: &str) -> anyhow::Result<u64> {
    let chair = sandbox.client(Role::Chair, Some(OWN)).await?;
    let delegate = sandbox.client(Role::Delegate, Some(OWN)).await?;
    let recused = sandbox.client(Role::Delegate, Some(RECUSED)).await?;
    let (docket_id, topic_number) = (docket_id.to_owned(), 1);
    macro_rules! step {
        ($client:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {
            $client.call(deliberation::$request { docket_id: docket_id.clone(), $($field: $value,)* ..command() }).await?
        };
    }
    for department in [OWN, NEIGHBOUR, RECUSED, INVITED] {
        step!(chair, RecordArrivalRequest { department_code: department.into(), delegate: MATTER.into() });
    }
    step!(chair, OpenDocketRequest {});
    step!(chair, OpenTopicRequest { topic_number: topic_number });
    step!(
        delegate,
        RecordStatementRequest {
            topic_number: topic_number,
            department_code: OWN.into(),
            stance: deliberation::Stance::Support.into(),
            reasons: SAID.into(),
        }
    );
    step!(chair, SubmitProposalRequest { topic_number: topic_number, text: MATTER.into() });
    step!(
        delegate,
        SubmitAmendmentRequest { topic_number: topic_number, department_code: OWN.into(), text: SAID.into() }
    );
    step!(chair, ResolveAmendmentRequest { topic_number: topic_number, amendment_number: 1, adopt: false });
    said::on_the_floor(sandbox, &docket_id, topic_number, SAID).await?;
    said::in_a_choice(sandbox, &docket_id, topic_number, MATTER).await?;
    said::in_calendars(sandbox, MATTER).await?;
    // A digression takes time.
    let clock_at = Some(tests::Client::moment("2027-03-01T01:02:00Z"));
    let move_clock = proto::ledger::v1::MoveClockRequest { clock_at, ..command() };
    sandbox.client(Role::Operator, None).await?.call(move_clock).await?;
    step!(
        chair,
        RecordDigressionRequest { topic_number: topic_number, minutes: 1, note: Some(MATTER.into()) }
    );
    let item = deliberation::ItemDraft {
        title: MATTER.into(),
        deliverable: MATTER.into(),
        criterion: Some(MATTER.into()),
        lead_code: Some(OWN.into()),
        co_responsible_codes: vec![RECUSED.into()],
        due: Some(deliberation::DueRule { rule: Some(deliberation::due_rule::Rule::AfterWorkingDays(5)) }),
    };
    step!(chair, DraftItemsRequest { topic_number: topic_number, items: vec![item.clone(), item] });
    step!(chair, DropItemRequest { item_number: 2, reason: SAID.into() });
    step!(chair, CloseDebateRequest { topic_number: topic_number });
    step!(
        recused,
        RecordRecusalRequest {
            topic_number: topic_number,
            department_code: RECUSED.into(),
            reason: MATTER.into(),
        }
    );
    step!(recused, AcceptItemRequest { item_number: 1, department_code: RECUSED.into() });
    step!(chair, OpenBallotRequest { topic_number: topic_number, version: 1 });
    for department in [OWN, NEIGHBOUR] {
        voted_yes(sandbox, &docket_id, topic_number, department, SAID).await?;
    }
    step!(chair, CloseBallotRequest { topic_number: topic_number });
    step!(chair, AdoptDecisionRequest { topic_number: topic_number });
    let adopted = decided_in_secret(sandbox, &docket_id).await?;
    step!(chair, CloseDocketRequest {});
    Ok(adopted)
}

async fn voted_yes(
    sandbox: &Sandbox,
    docket_id: &str,
    topic_number: u32,
    department: &str,
    reason: &str,
) -> anyhow::Result<()> {
    let vote = deliberation::CastVoteRequest {
        docket_id: docket_id.to_owned(),
        topic_number,
        department_code: department.into(),
        choice: deliberation::VoteChoice::Yes.into(),
        reason: Some(reason.into()),
        ..command()
    };
    sandbox.client(Role::Delegate, Some(department)).await?.call(vote).await.map(drop).map_err(Into::into)
}

/// Takes the secret topic to its decision; returns the position.
async fn decided_in_secret(sandbox: &Sandbox, docket_id: &str) -> anyhow::Result<u64> {
    let chair = sandbox.client(Role::Chair, Some(OWN)).await?;
    let (docket_id, topic_number) = (docket_id.to_owned(), 2);
    macro_rules! step {
        ($client:expr, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {
            $client
                .call(deliberation::$request {
                    docket_id: docket_id.clone(),
                    topic_number,
                    $($field: $value,)*
                    ..command()
                })
                .await?
        };
    }
    step!(chair, OpenTopicRequest {});
    let neighbour = sandbox.client(Role::Delegate, Some(NEIGHBOUR)).await?;
    let stance = deliberation::Stance::Support.into();
    let reasons = HIDDEN.to_owned();
    step!(
        neighbour,
        RecordStatementRequest { department_code: NEIGHBOUR.into(), stance: stance, reasons: reasons }
    );
    step!(chair, SubmitProposalRequest { text: HIDDEN.into() });
    said::on_the_floor(sandbox, &docket_id, topic_number, HIDDEN).await?;
    said::in_a_choice(sandbox, &docket_id, topic_number, HIDDEN).await?;
    let item = deliberation::ItemDraft {
        title: HIDDEN.into(),
        deliverable: HIDDEN.into(),
        criterion: Some(HIDDEN.into()),
        lead_code: Some(NEIGHBOUR.into()),
        due: Some(deliberation::DueRule { rule: Some(deliberation::due_rule::Rule::AfterWorkingDays(5)) }),
        ..Default::default()
    };
    step!(chair, DraftItemsRequest { items: vec![item] });
    step!(chair, CloseDebateRequest {});
    step!(chair, OpenBallotRequest { version: 1 });
    for department in [OWN, NEIGHBOUR] {
        voted_yes(sandbox, &docket_id, topic_number, department, HIDDEN).await?;
    }
    step!(chair, CloseBallotRequest {});
    Ok(step!(chair, AdoptDecisionRequest {}).position)
}

/// The ids of what the secret topic led to, of the same session.
pub async fn secret_of(sandbox: &Sandbox, planted: &Ids) -> anyhow::Result<Ids> {
    let supervisor = sandbox.client(Role::Supervisor, None).await?;
    let list = resolution::ListResolutionsRequest { body_code: Some("MARKS".into()), ..Default::default() };
    let found = supervisor.call(list).await?.resolutions.into_iter().nth(1).context("a second resolution")?;
    let items = resolution::ListItemsRequest {
        resolution_id: Some(found.resolution_id.clone()),
        ..Default::default()
    };
    let item = supervisor.call(items).await?.items.into_iter().next().context("an item")?;
    let get = scheduling::GetSessionRequest { at_least_position: 0, session_id: planted.session.clone() };
    let outline = supervisor.call(get).await?.session.and_then(|session| session.outline);
    let topic = outline.and_then(|outline| outline.topics.into_iter().nth(1)).context("a second topic")?;
    Ok(Ids {
        session: planted.session.clone(),
        matter: topic.matter_id.context("a matter")?,
        resolution: found.resolution_id,
        resolution_number: found.number,
        item: item.item_id,
        item_number: item.number,
        lead: NEIGHBOUR.into(),
    })
}

/// The ids of a body's only resolution and its item, once everything that follows from a position has been done.
async fn ids_after(supervisor: &Client, position: u64, body: &str, lead: &str) -> anyhow::Result<Ids> {
    let list = resolution::ListResolutionsRequest {
        at_least_position: position,
        body_code: Some(body.into()),
        ..Default::default()
    };
    let listed = supervisor.call(list).await?;
    let found = listed.resolutions.into_iter().next().context("a resolution")?;
    let items = resolution::ListItemsRequest {
        at_least_position: listed.position,
        resolution_id: Some(found.resolution_id.clone()),
        ..Default::default()
    };
    let listed = supervisor.call(items).await?;
    let item = listed.items.into_iter().next().context("an item")?;
    supervisor.call(GetBoardRequest { at_least_position: listed.position, ..Default::default() }).await?;
    Ok(Ids {
        session: Ids::absent().session,
        matter: Ids::absent().matter,
        resolution: found.resolution_id,
        resolution_number: found.number,
        item: item.item_id,
        item_number: item.number,
        lead: lead.into(),
    })
}
