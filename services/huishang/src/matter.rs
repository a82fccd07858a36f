//! The steps that every matter takes, as a client calls them: from the request to the closed docket.

use crate::installation::{Desk, Ids, Installation, command_id};
use anyhow::Context as _;
use domain::{Role, Timestamp};
use proto::Wire as _;
use proto::deliberation::events::v1 as deliberation_events;
use proto::deliberation::v1 as deliberation;
use proto::scheduling::events::v1 as scheduling_events;
use proto::scheduling::v1 as scheduling;
use tonic::Status;

use deliberation_events::{BallotMethod, ItemDraft, VoteChoice, ballot_method::Method};
use scheduling_events::{
    Answer, DepartmentProfile, Paper, RoleOnTopic, RoomProfile, SessionAttendee, SessionOutline,
    SessionTopic, TopicRole,
};

/// Items drafted with one command, at most: with long texts, more would not fit into a record.
const DRAFTS_PER_COMMAND: usize = 25;

/// Enters departments.
pub async fn register_departments(clerk: &Desk, profiles: &[DepartmentProfile]) -> anyhow::Result<()> {
    for profile in profiles {
        clerk
            .call(scheduling::RegisterDepartmentRequest {
                command_id: command_id(),
                profile: Some(profile.clone()),
            })
            .await
            .with_context(|| format!("department {}", profile.code))?;
    }
    Ok(())
}

/// Enters a room.
pub async fn register_room(clerk: &Desk, code: &str, name: &str, seats: u32) -> Result<(), Status> {
    let profile = RoomProfile { code: code.into(), name: name.into(), seats, equipment: vec![] };
    clerk
        .call(scheduling::RegisterRoomRequest { command_id: command_id(), profile: Some(profile) })
        .await
        .map(drop)
}

/// A topic with its timebox, whose papers are needed before.
pub fn topic(no: u32, title: &str, timebox_minutes: u32) -> SessionTopic {
    SessionTopic { no, title: title.into(), timebox_minutes, papers_required: true }
}

/// An attendee who decides on some topics and advises on others.
pub fn attendee(department: &str, decides: &[u32], advises: &[u32]) -> SessionAttendee {
    let role = |role: RoleOnTopic| move |&topic: &u32| TopicRole { topic, role: role.into() };
    let decides = decides.iter().map(role(RoleOnTopic::Decides));
    let advises = advises.iter().map(role(RoleOnTopic::Advises));
    SessionAttendee { department: department.into(), roles: decides.chain(advises).collect() }
}

/// Who takes the steps of a matter.
#[derive(Clone)]
pub struct People {
    /// Prepares the session and keeps the record.
    pub clerk: Desk,
    /// Leads the docket.
    pub chair: Desk,
    /// Signs for the departments' own delegates; without it the clerk writes down what they say.
    pub delegates: Option<Installation>,
}

impl People {
    /// Everybody at their own desk, the clerk and chair at that of one department.
    pub fn at_own_desks(installation: &Installation, chair: &str) -> anyhow::Result<People> {
        Ok(People {
            clerk: installation.desk(Role::Clerk, Some(chair))?,
            chair: installation.desk(Role::Chair, Some(chair))?,
            delegates: Some(installation.clone()),
        })
    }

    /// One clerk who writes everything down.
    pub fn one_clerk(clerk: Desk) -> People {
        People { chair: clerk.clone(), clerk, delegates: None }
    }
}

/// A session on its way, from its request to its docket.
pub struct Matter {
    /// The clerk of the session.
    pub clerk: Desk,
    /// Whoever leads its docket.
    pub chair: Desk,
    /// The id of the session, and of its docket.
    pub id: String,
    /// What was asked for.
    pub outline: SessionOutline,
    delegates: Option<Installation>,
    ids: Ids,
}

impl Matter {
    /// Asks for a session in the name of its chair's department.
    pub async fn request(installation: &Installation, outline: SessionOutline) -> anyhow::Result<Matter> {
        let people = People::at_own_desks(installation, &outline.chair)?;
        Matter::request_by(people, outline, Ids::new()).await
    }

    /// Asks for a session; the ids of its commands come from `ids`.
    pub async fn request_by(people: People, outline: SessionOutline, ids: Ids) -> anyhow::Result<Matter> {
        let request =
            scheduling::RequestSessionRequest { command_id: ids.next(), outline: Some(outline.clone()) };
        let People { clerk, chair, delegates } = people;
        let id = clerk.call(request).await.context("the request")?.session_id;
        Ok(Matter { clerk, chair, id, outline, delegates, ids })
    }

    /// Files a paper for every topic that needs one. `digest` is what the department's file system
    /// says of the paper's content.
    pub async fn file_papers(&self, digest: impl Fn(u32) -> String) -> Result<(), Status> {
        for topic in self.outline.topics.iter().filter(|topic| topic.papers_required) {
            let paper = Paper {
                title: topic.title.clone(),
                sha256: digest(topic.no),
                uri: format!("urn:paper:{}:{}", self.id, topic.no),
            };
            let request = scheduling::SubmitPapersRequest {
                command_id: self.ids.next(),
                session_id: self.id.clone(),
                topic: topic.no,
                paper: Some(paper),
            };
            self.clerk.call(request).await?;
        }
        Ok(())
    }

    /// Compares the request with the meeting rules.
    pub async fn screen(&self) -> Result<scheduling::Session, Status> {
        let request =
            scheduling::ScreenSessionRequest { command_id: self.ids.next(), session_id: self.id.clone() };
        let position = self.clerk.call(request).await?.position;
        self.session(position).await
    }

    /// Reads the session.
    pub async fn session(&self, at_least_position: u64) -> Result<scheduling::Session, Status> {
        let request = scheduling::GetSessionRequest { session_id: self.id.clone(), at_least_position };
        self.clerk
            .call(request)
            .await?
            .session
            .ok_or_else(|| Status::internal("an answer without its session"))
    }

    /// Lets the request pass although it breaks a rule, if it does.
    pub async fn override_finding(
        &self,
        rule: scheduling_events::ScreeningRule,
        reason: &str,
    ) -> Result<(), Status> {
        let broken = self.session(0).await?.findings.into_iter().filter_map(|finding| finding.finding);
        // The step takes its id whether it is needed or not, so that the steps behind it keep theirs.
        let command_id = self.ids.next();
        if !broken.into_iter().any(|finding| finding.rule() == rule) {
            return Ok(());
        }
        let request = scheduling::OverrideFindingRequest {
            command_id,
            session_id: self.id.clone(),
            rule: rule.into(),
            reason: reason.into(),
        };
        self.clerk.call(request).await.map(drop)
    }

    /// Admits the request.
    pub async fn admit(&self) -> Result<(), Status> {
        let request =
            scheduling::AdmitSessionRequest { command_id: self.ids.next(), session_id: self.id.clone() };
        self.clerk.call(request).await.map(drop)
    }

    /// Gives the session a room and a time.
    pub async fn schedule(&self, room: &str, from: Timestamp) -> Result<(), Status> {
        let request = scheduling::ScheduleSessionRequest {
            command_id: self.ids.next(),
            session_id: self.id.clone(),
            room: room.into(),
            from: from.to_wire(),
        };
        self.clerk.call(request).await.map(drop)
    }

    /// Has every invited department accept.
    pub async fn accept_invitations(&self) -> anyhow::Result<()> {
        for attendee in &self.outline.attendees {
            let request = scheduling::AnswerInvitationRequest {
                command_id: self.ids.next(),
                session_id: self.id.clone(),
                department: attendee.department.clone(),
                answer: Answer::Accept.into(),
                reason: None,
            };
            self.delegate(&attendee.department)?.call(request).await?;
        }
        Ok(())
    }

    /// Convenes the session and waits for its docket.
    pub async fn convene(&self) -> anyhow::Result<()> {
        let request =
            scheduling::ConveneSessionRequest { command_id: self.ids.next(), session_id: self.id.clone() };
        let position = self.clerk.call(request).await?.position;
        self.wait_for_docket(position).await
    }

    /// Waits until the docket of the session is prepared.
    pub async fn wait_for_docket(&self, after: u64) -> anyhow::Result<()> {
        self.clerk.wait_for_record(&format!("deliberation.docket.{}", self.id), after).await.map(drop)
    }

    /// A desk for the delegate of a department.
    pub fn delegate(&self, department: &str) -> anyhow::Result<Desk> {
        match &self.delegates {
            Some(installation) => installation.desk(Role::Delegate, Some(department)),
            None => Ok(self.clerk.clone()),
        }
    }

    /// Records that a department is there.
    pub async fn arrive(&self, department: &str) -> Result<(), Status> {
        let request = deliberation::RecordArrivalRequest {
            command_id: self.ids.next(),
            docket_id: self.id.clone(),
            department: department.into(),
            delegate: format!("Delegate of {department}"),
        };
        self.clerk.call(request).await.map(drop)
    }

    /// Opens the docket.
    pub async fn open(&self) -> Result<(), Status> {
        let request =
            deliberation::OpenDocketRequest { command_id: self.ids.next(), docket_id: self.id.clone() };
        self.chair.call(request).await.map(drop)
    }

    /// Records that everybody is there, and opens the docket.
    pub async fn open_with_everybody(&self) -> Result<(), Status> {
        for attendee in &self.outline.attendees {
            self.arrive(&attendee.department).await?;
        }
        self.open().await
    }

    /// Opens the debate of a topic.
    pub async fn open_topic(&self, topic: u32) -> Result<(), Status> {
        let request =
            deliberation::OpenTopicRequest { command_id: self.ids.next(), docket_id: self.id.clone(), topic };
        self.chair.call(request).await.map(drop)
    }

    /// Puts a text before the session.
    pub async fn propose(&self, topic: u32, text: &str) -> Result<(), Status> {
        let request = deliberation::ProposeRequest {
            command_id: self.ids.next(),
            docket_id: self.id.clone(),
            topic,
            text: text.into(),
        };
        self.chair.call(request).await.map(drop)
    }

    /// Drafts what shall be done when the proposal is adopted.
    pub async fn draft_items(&self, topic: u32, items: &[ItemDraft]) -> Result<(), Status> {
        for items in items.chunks(DRAFTS_PER_COMMAND) {
            let request = deliberation::DraftItemsRequest {
                command_id: self.ids.next(),
                docket_id: self.id.clone(),
                topic,
                items: items.to_vec(),
            };
            self.chair.call(request).await?;
        }
        Ok(())
    }

    /// Ends the debate of a topic.
    pub async fn close_debate(&self, topic: u32) -> Result<(), Status> {
        let request = deliberation::CloseDebateRequest {
            command_id: self.ids.next(),
            docket_id: self.id.clone(),
            topic,
        };
        self.chair.call(request).await.map(drop)
    }

    /// Opens a ballot on a version of the proposal.
    pub async fn open_ballot(&self, topic: u32, version: u32, method: Method) -> Result<(), Status> {
        let request = deliberation::OpenBallotRequest {
            command_id: self.ids.next(),
            docket_id: self.id.clone(),
            topic,
            version,
            method: Some(BallotMethod { method: Some(method) }),
            abstention: deliberation_events::AbstentionRule::DoesNotCount.into(),
            tie: deliberation_events::TieRule::Rejects.into(),
        };
        self.chair.call(request).await.map(drop)
    }

    /// Casts a department's vote.
    pub async fn vote(
        &self,
        topic: u32,
        department: &str,
        choice: VoteChoice,
        reason: &str,
    ) -> anyhow::Result<()> {
        let request = deliberation::CastVoteRequest {
            command_id: self.ids.next(),
            docket_id: self.id.clone(),
            topic,
            department: department.into(),
            choice: choice.into(),
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
        };
        self.delegate(department)?.call(request).await?;
        Ok(())
    }

    /// Has every department that decides on the topic vote yes, but for those whose vote is given.
    pub async fn vote_all(&self, topic: u32, others: &[(&str, VoteChoice, &str)]) -> anyhow::Result<()> {
        for department in self.deciders(topic) {
            let (choice, reason) = others
                .iter()
                .find(|(other, ..)| *other == department)
                .map_or((VoteChoice::Yes, ""), |(_, choice, reason)| (*choice, *reason));
            self.vote(topic, department, choice, reason).await?;
        }
        Ok(())
    }

    /// The departments that decide on a topic.
    pub fn deciders(&self, topic: u32) -> Vec<&str> {
        let decides = |role: &TopicRole| role.topic == topic && role.role() == RoleOnTopic::Decides;
        let attendees = self.outline.attendees.iter().filter(|attendee| attendee.roles.iter().any(decides));
        attendees.map(|attendee| attendee.department.as_str()).collect()
    }

    /// Closes the ballot and reads its arithmetic.
    pub async fn close_ballot(&self, topic: u32) -> Result<deliberation::Ballot, Status> {
        let request = deliberation::CloseBallotRequest {
            command_id: self.ids.next(),
            docket_id: self.id.clone(),
            topic,
            casting_vote: None,
        };
        let position = self.chair.call(request).await?.position;
        let docket = self.docket(position).await?;
        let found = docket.topics.into_iter().find(|found| found.no == topic);
        found
            .and_then(|topic| topic.ballots.into_iter().next_back())
            .ok_or_else(|| Status::internal("no ballot"))
    }

    /// Reads the docket.
    pub async fn docket(&self, at_least_position: u64) -> Result<deliberation::Docket, Status> {
        let request = deliberation::GetDocketRequest { docket_id: self.id.clone(), at_least_position };
        self.clerk.call(request).await?.docket.ok_or_else(|| Status::internal("an answer without its docket"))
    }

    /// Adopts what the ballot passed; answers with the decision's position.
    pub async fn adopt(&self, topic: u32, declaratory: bool) -> Result<u64, Status> {
        let request = deliberation::AdoptDecisionRequest {
            command_id: self.ids.next(),
            docket_id: self.id.clone(),
            topic,
            declaratory,
        };
        Ok(self.chair.call(request).await?.position)
    }

    /// Closes the docket.
    pub async fn close(&self) -> Result<u64, Status> {
        let request =
            deliberation::CloseDocketRequest { command_id: self.ids.next(), docket_id: self.id.clone() };
        Ok(self.chair.call(request).await?.position)
    }
}
