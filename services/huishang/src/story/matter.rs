//! The steps that every matter takes, as a client calls them: from the request to the closed docket.

use crate::language::{say, text};
use crate::story::deployment::Deployment;
use anyhow::Context as _;
use client::Client;
use client::command_id;
use domain::{Role, Timestamp};
use proto::Wire as _;
use proto::deliberation::v1 as deliberation;
use proto::directory::v1 as directory;
use proto::scheduling::v1 as scheduling;
use tonic::Status;

use deliberation::{Ballot, Docket, ItemDraft, VoteChoice};
use directory::Department;
use scheduling::{
    BodyCharter, InvitationAnswer, Paper, RoleOnTopic, Room, Seat, Session, SessionAttendee, SessionOutline,
    SessionTopic, TopicRole,
};

/// Items drafted with one command, at most: more, with long texts, would not fit into a record.
const DRAFTS_PER_COMMAND: usize = 25;

/// Registers departments.
pub async fn register_departments(clerk: &Client, departments: &[Department]) -> anyhow::Result<()> {
    for department in departments {
        let request = directory::RegisterDepartmentRequest {
            command_id: command_id(),
            department: Some(department.clone()),
            ..Default::default()
        };
        clerk.call(request).await.with_context(|| say("department {code}", &[("code", &department.code)]))?;
    }
    Ok(())
}

/// Registers a room.
pub async fn register_room(clerk: &Client, code: &str, name: &str, seats: u32) -> Result<(), Status> {
    let room = Room { code: code.into(), name: name.into(), seats, equipment: vec![], site_code: None };
    let request =
        scheduling::RegisterRoomRequest { command_id: command_id(), room: Some(room), ..Default::default() };
    clerk.call(request).await.map(drop)
}

/// Defines a body.
pub async fn define_body(operator: &Client, code: &str, charter: BodyCharter) -> anyhow::Result<()> {
    let request = scheduling::DefineBodyRequest {
        command_id: command_id(),
        body_code: code.into(),
        charter: Some(charter),
        ..Default::default()
    };
    operator.call(request).await.with_context(|| say("body {code}", &[("code", &code)]))?;
    Ok(())
}

/// The seat of a department that decides, with one vote.
pub fn seat(department: &str) -> Seat {
    Seat { department_code: department.into(), ..Default::default() }
}

/// A topic with its timebox, which needs papers.
pub fn topic(number: u32, title: &str, timebox_minutes: u32) -> SessionTopic {
    SessionTopic { number, title: title.into(), timebox_minutes, papers_required: true, ..Default::default() }
}

/// An attendee who decides on some topics and advises on others.
pub fn attendee(department: &str, decides: &[u32], advises: &[u32]) -> SessionAttendee {
    let role = |role: RoleOnTopic| move |&topic_number: &u32| TopicRole { topic_number, role: role.into() };
    let decides = decides.iter().map(role(RoleOnTopic::Decides));
    let advises = advises.iter().map(role(RoleOnTopic::Advises));
    SessionAttendee {
        department_code: department.into(),
        roles: decides.chain(advises).collect(),
        companions: 0,
    }
}

/// Takes one matter from its request to its closed docket.
pub struct MatterDriver {
    deployment: Deployment,
    clerk: Client,
    chair: Client,
    /// The id of the session, which is also its docket's.
    pub id: String,
    /// What was requested.
    pub outline: SessionOutline,
}

impl MatterDriver {
    /// Requests a session on behalf of the department that chairs its body, whose clerk and chair take the next steps.
    pub async fn request(
        deployment: &Deployment,
        chair_code: &str,
        outline: SessionOutline,
    ) -> anyhow::Result<MatterDriver> {
        MatterDriver::requested_by(deployment, chair_code, chair_code, outline).await
    }

    /// Requests a session on behalf of a department; the clerk and the chair of another one, which chairs its body, take
    /// the next steps.
    pub async fn requested_by(
        deployment: &Deployment,
        requester_code: &str,
        chair_code: &str,
        outline: SessionOutline,
    ) -> anyhow::Result<MatterDriver> {
        let clerk = deployment.client(Role::Clerk, Some(chair_code))?;
        let chair = deployment.client(Role::Chair, Some(chair_code))?;
        let requester = deployment.client(Role::Clerk, Some(requester_code))?;
        let request = scheduling::RequestSessionRequest {
            command_id: command_id(),
            outline: Some(outline.clone()),
            ..Default::default()
        };
        let answer = requester.call(request).await.context(text("the request"))?;
        let id = session(answer.session)?.session_id;
        Ok(MatterDriver { deployment: deployment.clone(), clerk, chair, id, outline })
    }

    /// Raises an emergency on behalf of the department that chairs its body, whose clerk and chair take the next steps; on
    /// return its docket is prepared.
    pub async fn raise_emergency(
        deployment: &Deployment,
        chair_code: &str,
        alarm: scheduling::RaiseEmergencyRequest,
    ) -> anyhow::Result<MatterDriver> {
        let clerk = deployment.client(Role::Clerk, Some(chair_code))?;
        let chair = deployment.client(Role::Chair, Some(chair_code))?;
        let answer = chair.call(alarm).await.context(text("the alarm"))?;
        let Session { session_id: id, outline, .. } = session(answer.session)?;
        let outline = outline.unwrap_or_default();
        let matter = MatterDriver { deployment: deployment.clone(), clerk, chair, id, outline };
        matter.docket(answer.position).await?;
        Ok(matter)
    }

    /// Has a department acknowledge that it was called.
    pub async fn acknowledge_call(&self, department: &str) -> anyhow::Result<()> {
        let request = scheduling::AcknowledgeEmergencyRequest {
            command_id: command_id(),
            session_id: self.id.clone(),
            department_code: department.into(),
            ..Default::default()
        };
        self.delegate(department)?.call(request).await?;
        Ok(())
    }

    /// The clerk of the session.
    pub fn clerk(&self) -> &Client {
        &self.clerk
    }

    /// Who leads the docket.
    pub fn chair(&self) -> &Client {
        &self.chair
    }

    /// The delegate of a department.
    pub fn delegate(&self, department: &str) -> anyhow::Result<Client> {
        self.deployment.client(Role::Delegate, Some(department))
    }

    /// Files a paper for every topic that needs one, with the SHA-256 that `digest` returns for its number.
    pub async fn submit_papers(&self, digest: impl Fn(u32) -> String) -> Result<(), Status> {
        for topic in self.outline.topics.iter().filter(|topic| topic.papers_required) {
            let paper = Paper {
                title: topic.title.clone(),
                sha256: digest(topic.number),
                uri: format!("urn:paper:{}:{}", self.id, topic.number),
                ..Default::default()
            };
            let request = scheduling::SubmitPaperRequest {
                command_id: command_id(),
                session_id: self.id.clone(),
                topic_number: topic.number,
                paper: Some(paper),
                ..Default::default()
            };
            self.clerk().call(request).await?;
        }
        Ok(())
    }

    /// Compares the request with the meeting rules; the session has the findings.
    pub async fn screen(&self) -> Result<Session, Status> {
        let request = scheduling::ScreenSessionRequest {
            command_id: command_id(),
            session_id: self.id.clone(),
            ..Default::default()
        };
        session(self.clerk().call(request).await?.session)
    }

    /// Admits the request.
    pub async fn admit(&self) -> Result<(), Status> {
        let request = scheduling::AdmitSessionRequest {
            command_id: command_id(),
            session_id: self.id.clone(),
            ..Default::default()
        };
        self.clerk().call(request).await.map(drop)
    }

    /// Assigns a room and a time to the session.
    pub async fn schedule(&self, room: &str, starts_at: Timestamp) -> Result<(), Status> {
        let request = scheduling::ScheduleSessionRequest {
            command_id: command_id(),
            session_id: self.id.clone(),
            room_code: room.into(),
            starts_at: starts_at.to_wire(),
            ..Default::default()
        };
        self.clerk().call(request).await.map(drop)
    }

    /// Has every invited department accept.
    pub async fn accept_invitations(&self) -> anyhow::Result<()> {
        for attendee in &self.outline.attendees {
            let request = scheduling::AnswerInvitationRequest {
                command_id: command_id(),
                session_id: self.id.clone(),
                department_code: attendee.department_code.clone(),
                answer: InvitationAnswer::Accept.into(),
                ..Default::default()
            };
            self.delegate(&attendee.department_code)?.call(request).await?;
        }
        Ok(())
    }

    /// Convenes the session; on return its docket is prepared.
    pub async fn convene(&self) -> Result<(), Status> {
        let request = scheduling::ConveneSessionRequest {
            command_id: command_id(),
            session_id: self.id.clone(),
            ..Default::default()
        };
        let position = self.clerk().call(request).await?.position;
        self.docket(position).await.map(drop)
    }

    /// Has the departments sign until a deadline instead of meeting; on return the docket is prepared.
    pub async fn convert_to_countersign(&self, sign_by: Timestamp, reason: &str) -> Result<(), Status> {
        let request = scheduling::ConvertToCountersignRequest {
            command_id: command_id(),
            session_id: self.id.clone(),
            sign_by: sign_by.to_wire(),
            reason: reason.into(),
            ..Default::default()
        };
        let position = self.clerk().call(request).await?.position;
        self.docket(position).await.map(drop)
    }

    /// Reads the docket, once deliberation has done what follows from the log up to this position.
    async fn docket(&self, at_least_position: u64) -> Result<Docket, Status> {
        let request = deliberation::GetDocketRequest { at_least_position, docket_id: self.id.clone() };
        docket(self.clerk().call(request).await?.docket)
    }

    /// Records that a department has arrived.
    pub async fn arrive(&self, department: &str) -> Result<(), Status> {
        let request = deliberation::RecordArrivalRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            department_code: department.into(),
            delegate: say("Delegate of {department}", &[("department", &department)]),
            ..Default::default()
        };
        self.clerk().call(request).await.map(drop)
    }

    /// Opens the docket.
    pub async fn open(&self) -> Result<(), Status> {
        let request = deliberation::OpenDocketRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            ..Default::default()
        };
        self.chair().call(request).await.map(drop)
    }

    /// Records that everybody has arrived, and opens the docket.
    pub async fn open_with_everybody(&self) -> Result<(), Status> {
        for attendee in &self.outline.attendees {
            self.arrive(&attendee.department_code).await?;
        }
        self.open().await
    }

    /// Opens the debate on a topic.
    pub async fn open_topic(&self, topic_number: u32) -> Result<(), Status> {
        let request = deliberation::OpenTopicRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            topic_number,
            ..Default::default()
        };
        self.chair().call(request).await.map(drop)
    }

    /// Submits the text to be decided on.
    pub async fn submit_proposal(&self, topic_number: u32, text: &str) -> Result<(), Status> {
        let request = deliberation::SubmitProposalRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            topic_number,
            text: text.into(),
            ..Default::default()
        };
        self.chair().call(request).await.map(drop)
    }

    /// Drafts what has to be done once the proposal is adopted.
    pub async fn draft_items(&self, topic_number: u32, items: &[ItemDraft]) -> Result<(), Status> {
        for items in items.chunks(DRAFTS_PER_COMMAND) {
            let request = deliberation::DraftItemsRequest {
                command_id: command_id(),
                docket_id: self.id.clone(),
                topic_number,
                items: items.to_vec(),
                ..Default::default()
            };
            self.chair().call(request).await?;
        }
        Ok(())
    }

    /// Ends the debate on a topic.
    pub async fn close_debate(&self, topic_number: u32) -> Result<(), Status> {
        let request = deliberation::CloseDebateRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            topic_number,
            ..Default::default()
        };
        self.chair().call(request).await.map(drop)
    }

    /// Opens a ballot on a version of the proposal.
    pub async fn open_ballot(&self, topic_number: u32, version: u32) -> Result<(), Status> {
        let request = deliberation::OpenBallotRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            topic_number,
            version,
            ..Default::default()
        };
        self.chair().call(request).await.map(drop)
    }

    /// Casts a department's vote.
    pub async fn vote(
        &self,
        topic_number: u32,
        department: &str,
        choice: VoteChoice,
        reason: &str,
    ) -> anyhow::Result<()> {
        let request = deliberation::CastVoteRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            topic_number,
            department_code: department.into(),
            choice: choice.into(),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            ..Default::default()
        };
        self.delegate(department)?.call(request).await?;
        Ok(())
    }

    /// Casts the vote of a department as the one that takes its place.
    pub async fn vote_as(
        &self,
        substitute: &str,
        topic_number: u32,
        department: &str,
        choice: VoteChoice,
    ) -> anyhow::Result<()> {
        let request = deliberation::CastVoteRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            topic_number,
            department_code: department.into(),
            choice: choice.into(),
            ..Default::default()
        };
        self.delegate(substitute)?.call(request).await?;
        Ok(())
    }

    /// Has every department that decides on the topic vote yes, except those whose vote is given.
    pub async fn vote_all(
        &self,
        topic_number: u32,
        others: &[(&str, VoteChoice, &str)],
    ) -> anyhow::Result<()> {
        for department in self.deciders(topic_number) {
            let (choice, reason) = others
                .iter()
                .find(|(other, ..)| *other == department)
                .map_or((VoteChoice::Yes, ""), |(_, choice, reason)| (*choice, *reason));
            self.vote(topic_number, department, choice, reason).await?;
        }
        Ok(())
    }

    /// The departments that decide on a topic.
    pub fn deciders(&self, topic_number: u32) -> Vec<&str> {
        let decides =
            |role: &TopicRole| role.topic_number == topic_number && role.role() == RoleOnTopic::Decides;
        let attendees = self.outline.attendees.iter().filter(|attendee| attendee.roles.iter().any(decides));
        attendees.map(|attendee| attendee.department_code.as_str()).collect()
    }

    /// Closes the ballot of a topic; returns it with its result.
    pub async fn close_ballot(&self, topic_number: u32) -> Result<Ballot, Status> {
        let request = deliberation::CloseBallotRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            topic_number,
            ..Default::default()
        };
        let docket = docket(self.chair().call(request).await?.docket)?;
        let topic = docket.topics.into_iter().find(|topic| topic.number == topic_number);
        topic
            .and_then(|topic| topic.ballots.into_iter().next_back())
            .ok_or_else(|| Status::internal("the answer has no ballot"))
    }

    /// Adopts what the ballot has passed.
    pub async fn adopt(&self, topic_number: u32, declaratory: bool) -> Result<(), Status> {
        let request = deliberation::AdoptDecisionRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            topic_number,
            declaratory,
            ..Default::default()
        };
        self.chair().call(request).await.map(drop)
    }

    /// Closes the docket; returns the position. A query with that position sees what follows from all decisions.
    pub async fn close(&self) -> Result<u64, Status> {
        let request = deliberation::CloseDocketRequest {
            command_id: command_id(),
            docket_id: self.id.clone(),
            ..Default::default()
        };
        Ok(self.chair().call(request).await?.position)
    }
}

fn session(session: Option<Session>) -> Result<Session, Status> {
    session.ok_or_else(|| Status::internal("the answer has no session"))
}

fn docket(docket: Option<Docket>) -> Result<Docket, Status> {
    docket.ok_or_else(|| Status::internal("the answer has no docket"))
}
