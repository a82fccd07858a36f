//! What is known of a session.

use super::{Answer, DepartmentRole, Event, Finding, Kind, Outline, Paper, Rejection, Rule, Topic};
use crate::constitution::Constitution;
use crate::scheduling::body::MeetingRules;
use crate::scheduling::cost::Money;
use crate::{Code, Line, Text, Timestamp, Uuid};
use std::collections::BTreeMap;
use std::fmt;

/// Stage of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stage {
    /// Waits for screening.
    Requested,
    /// Was compared with the rules, and waits for admission.
    Screened,
    /// Was returned to its requester.
    Returned,
    /// May be scheduled.
    Admitted,
    /// Has a room and a time.
    Scheduled,
    /// Takes place.
    Convened,
    /// Is decided by countersign.
    Countersigning,
    /// Every topic has an outcome.
    Concluded,
    /// Is dealt with in another session.
    Merged,
    /// Does not take place.
    Cancelled,
}

impl Stage {
    /// Every stage, in the order of a session's life.
    pub const ALL: [Stage; 10] = [
        Stage::Requested,
        Stage::Screened,
        Stage::Returned,
        Stage::Admitted,
        Stage::Scheduled,
        Stage::Convened,
        Stage::Countersigning,
        Stage::Concluded,
        Stage::Merged,
        Stage::Cancelled,
    ];

    /// The stage's name in lists and refusals.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Requested => "requested",
            Stage::Screened => "screened",
            Stage::Returned => "returned",
            Stage::Admitted => "admitted",
            Stage::Scheduled => "scheduled",
            Stage::Convened => "convened",
            Stage::Countersigning => "countersigning",
            Stage::Concluded => "concluded",
            Stage::Merged => "merged",
            Stage::Cancelled => "cancelled",
        }
    }

    /// The stage of that name, if there is one.
    pub fn parse(name: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == name)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A room for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The room.
    pub room: Code,
    /// When the session starts.
    pub starts_at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// A paper and the topic it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledPaper {
    /// The topic's number.
    pub topic: u32,
    /// The paper.
    pub paper: Paper,
    /// When it was submitted.
    pub submitted_at: Timestamp,
}

/// A department's invitation to the session at its current room and time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The department.
    pub department: Code,
    /// Its answer.
    pub answer: Option<Answer>,
    /// Why.
    pub reason: Option<Text>,
    /// When it answered last; none when it has not, or when that was not recorded.
    pub answered_at: Option<Timestamp>,
    /// Whether that was after the moment until which it was asked to.
    pub late: bool,
    /// When it was reminded that it had not answered.
    pub reminded_at: Option<Timestamp>,
    /// Whether a clerk of the secretariat put the answer down.
    pub put_down_by_clerk: bool,
}

/// A department's delegate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegate {
    /// The department.
    pub department: Code,
    /// The delegate's name.
    pub delegate: Line,
    /// The person whom they replace.
    pub in_place_of: Option<Line>,
    /// Whether a clerk of the secretariat put it down.
    pub put_down_by_clerk: bool,
}

/// A topic that was added after all were invited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedTopic {
    /// The topic's number.
    pub topic: u32,
    /// Whether it was taken on the agenda from the floor of the sitting.
    pub from_floor: bool,
    /// Why it came late; none from the floor.
    pub reason: Option<Text>,
}

/// What is known of one session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// Never requested.
    #[default]
    Absent,
    /// On file.
    Filed(Box<Filed>),
}

/// A session on file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// What was requested, as last revised.
    pub outline: Outline,
    /// The requesting department.
    pub requester: Option<Code>,
    /// The department in the chair: that of its body, and once it is convened that of its constitution.
    pub chair: Code,
    /// Its papers, in the order in which they were submitted.
    pub papers: Vec<FiledPaper>,
    /// The last screening; none before the first.
    pub screening: Option<Screening>,
    /// The departments' delegates.
    pub delegates: Vec<Delegate>,
    /// How many times it was adjourned because its meeting had no quorum.
    pub adjournments: u32,
    /// Whether it is the call after one that had no quorum, with the same topics and the same people.
    pub is_next_call: bool,
    /// Moment from which the quorum of a second call is enough for it; none where it is no second call.
    pub second_call_at: Option<Timestamp>,
    /// The sessions that were merged into it.
    pub absorbed: Vec<Uuid>,
    /// The topics that were added after all were invited to it.
    pub added: Vec<AddedTopic>,
    /// Why it was last returned, postponed, adjourned, merged, cancelled, or converted to a countersign; none once it was revised
    /// or scheduled.
    pub reason: Option<Text>,
    /// The body as it was when the session was convened, or converted to a countersign; none before.
    pub constitution: Option<Constitution>,
    /// How far it has come.
    pub progress: Progress,
}

/// A screening, and what became of its findings. It is known as long as the session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screening {
    /// The rules as they were then.
    pub rules: MeetingRules,
    /// The rules that the request breaks; none once it was revised.
    pub findings: Vec<Finding>,
    /// Those of them that were overridden, and why.
    pub overrides: BTreeMap<Rule, Text>,
}

/// How far a session has come, with what is so only then. Its [`Stage`] is the same in one word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Waits for screening.
    Requested,
    /// Was compared with the rules, and waits for admission.
    Screened,
    /// Was returned to its requester.
    Returned,
    /// May be scheduled.
    Admitted,
    /// Has a room and a time.
    Scheduled(Appointment),
    /// Its topics are being decided.
    Deciding(Forum),
    /// Every topic has an outcome.
    Concluded(Forum),
    /// Is dealt with in another session.
    Merged {
        /// The other session.
        into: Uuid,
    },
    /// Does not take place.
    Cancelled,
}

/// Where the topics of a session are decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Forum {
    /// In a meeting; without an appointment only in an emergency.
    Meeting(Option<Appointment>),
    /// By countersign.
    Countersign {
        /// The moment until which the departments may sign.
        sign_by: Timestamp,
    },
}

/// A room and a time, and who is invited to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appointment {
    /// The room and the time.
    pub slot: Slot,
    /// The invitations.
    pub invitations: Vec<Invitation>,
    /// The moment until which they are to be answered; none where there is none.
    pub answer_by: Option<Timestamp>,
}

impl Progress {
    /// The stage in one word.
    pub fn stage(&self) -> Stage {
        match self {
            Progress::Requested => Stage::Requested,
            Progress::Screened => Stage::Screened,
            Progress::Returned => Stage::Returned,
            Progress::Admitted => Stage::Admitted,
            Progress::Scheduled(_) => Stage::Scheduled,
            Progress::Deciding(Forum::Meeting(_)) => Stage::Convened,
            Progress::Deciding(Forum::Countersign { .. }) => Stage::Countersigning,
            Progress::Concluded(_) => Stage::Concluded,
            Progress::Merged { .. } => Stage::Merged,
            Progress::Cancelled => Stage::Cancelled,
        }
    }
}

impl Filed {
    fn new(outline: &Outline, requester: Option<&Code>, chair: &Code) -> Filed {
        Filed {
            outline: outline.clone(),
            requester: requester.cloned(),
            chair: chair.clone(),
            papers: Vec::new(),
            screening: None,
            delegates: Vec::new(),
            adjournments: 0,
            is_next_call: false,
            second_call_at: None,
            absorbed: Vec::new(),
            added: Vec::new(),
            reason: None,
            constitution: None,
            progress: Progress::Requested,
        }
    }

    /// The departments that take part: those that attend, the one in the chair, and the one that requested it. Once it takes
    /// place as a meeting, or in an emergency, these are also the substitutes of those that decide: they may have to come.
    pub fn concerned(&self) -> impl Iterator<Item = &Code> {
        let attending = self.outline.attendees.iter().map(|attendee| &attendee.department);
        attending.chain([&self.chair]).chain(&self.requester).chain(self.substitutes())
    }

    pub(super) fn substitutes(&self) -> impl Iterator<Item = &Code> {
        let is_held = match &self.progress {
            Progress::Deciding(forum) | Progress::Concluded(forum) => {
                matches!(forum, Forum::Meeting(_)) || self.outline.kind == Kind::Emergency
            }
            _ => false,
        };
        let constitution = self.constitution.as_ref().filter(|_| is_held);
        let voters = constitution.into_iter().flat_map(|constitution| &constitution.voters);
        let attending = voters.filter(|voter| self.outline.is_attended_by(&voter.department));
        attending.flat_map(|voter| &voter.substitutes)
    }

    /// Its stage.
    pub fn stage(&self) -> Stage {
        self.progress.stage()
    }

    /// What it costs in money, by the rules that it was screened against; none before that, or when its body had no rate.
    pub fn cost(&self) -> Option<Money> {
        let rate = self.screening.as_ref()?.rules.hourly_rate?;
        Some(rate.of(self.outline.person_minutes()))
    }

    /// The rules that it breaks, according to the last screening.
    pub fn findings(&self) -> &[Finding] {
        self.screening.as_ref().map_or(&[], |screening| &screening.findings)
    }

    /// Why a rule that it breaks was overridden, if it was.
    pub fn override_of(&self, rule: Rule) -> Option<&Text> {
        self.screening.as_ref()?.overrides.get(&rule)
    }

    /// The rules that were overridden for it as it is now, and why.
    pub fn overrides(&self) -> impl Iterator<Item = (Rule, &Text)> {
        let overrides = self.screening.iter().flat_map(|screening| &screening.overrides);
        overrides.map(|(rule, reason)| (*rule, reason))
    }

    /// The findings that are not overridden.
    pub fn open_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings().iter().filter(|finding| self.override_of(finding.rule).is_none())
    }

    /// Its room and time, and the invitations; none before it is scheduled or after it is postponed.
    pub fn appointment(&self) -> Option<&Appointment> {
        match &self.progress {
            Progress::Scheduled(appointment) => Some(appointment),
            Progress::Deciding(Forum::Meeting(appointment))
            | Progress::Concluded(Forum::Meeting(appointment)) => appointment.as_ref(),
            _ => None,
        }
    }

    /// The moment until which the departments may sign, when it is a countersign.
    pub fn sign_by(&self) -> Option<Timestamp> {
        match self.progress {
            Progress::Deciding(Forum::Countersign { sign_by })
            | Progress::Concluded(Forum::Countersign { sign_by }) => Some(sign_by),
            _ => None,
        }
    }

    /// The session in which it is dealt with, when it was merged.
    pub fn merged_into(&self) -> Option<Uuid> {
        match self.progress {
            Progress::Merged { into } => Some(into),
            _ => None,
        }
    }

    /// When it ends if it starts at this moment.
    pub fn ends_at(&self, starts_at: Timestamp) -> Timestamp {
        self.outline.ends_at(starts_at)
    }

    pub(super) fn must_be(
        &self,
        stages: &[Stage],
        action: &'static str,
        needed: &'static str,
    ) -> Result<(), Rejection> {
        if stages.contains(&self.stage()) {
            return Ok(());
        }
        Err(self.wrong_stage(action, needed))
    }

    pub(super) fn wrong_stage(&self, action: &'static str, needed: &'static str) -> Rejection {
        Rejection::WrongStage { action, needed, stage: self.stage() }
    }

    /// The rule on added topics is overridden for one of them.
    fn add_topic(&mut self, topic: &Topic, roles: &[DepartmentRole], reason: Option<&Text>) {
        if let Ok(outline) = self.outline.with_topic(topic, roles) {
            self.outline = outline;
        }
        if let Some(screening) = &mut self.screening {
            screening.overrides.remove(&Rule::AddedTopics);
        }
        let (topic, from_floor) = (topic.number, reason.is_none());
        self.added.push(AddedTopic { topic, from_floor, reason: reason.cloned() });
    }

    /// A paper stays with its topic; it is dropped when its topic is dropped or becomes another one. Those that were added are
    /// on the agenda to which all are invited again.
    fn replace_topics(&mut self, topics: &[Topic]) {
        self.added.clear();
        let before = std::mem::replace(&mut self.outline.topics, topics.to_vec());
        let title = |topics: &[Topic], number| {
            topics.iter().find(|topic| topic.number == number).map(|t| t.title.clone())
        };
        self.papers.retain(|paper| title(&before, paper.topic) == title(topics, paper.topic));
    }

    /// An override stays as long as its rule is broken by the same figure.
    fn screened(&mut self, rules: MeetingRules, findings: &[Finding]) {
        let mut overrides = BTreeMap::new();
        if let Some(before) = self.screening.take() {
            overrides = before.overrides;
            overrides.retain(|rule, _| {
                findings.iter().any(|now| now.rule == *rule && before.findings.contains(now))
            });
        }
        self.screening = Some(Screening { rules, findings: findings.to_vec(), overrides });
        self.progress = Progress::Screened;
    }

    /// What was called without a quorum says nothing of other topics, or other people: they are invited for the first time.
    fn begin_anew(&mut self) {
        (self.is_next_call, self.second_call_at) = (false, None);
    }

    /// What was found in a request says nothing of another one.
    fn forget_findings(&mut self) {
        if let Some(screening) = &mut self.screening {
            screening.findings.clear();
            screening.overrides.clear();
        }
    }

    fn apply(&mut self, event: &Event) {
        self.note_reason(event);
        match event {
            Event::Requested { .. } => {}
            Event::PaperSubmitted { topic, paper, submitted_at } => self.papers.push(FiledPaper {
                topic: *topic,
                paper: paper.clone(),
                submitted_at: *submitted_at,
            }),
            Event::Screened { rules, findings } => self.screened(*rules, findings),
            Event::FindingOverridden { rule, reason } => {
                if let Some(screening) = &mut self.screening {
                    screening.overrides.insert(*rule, reason.clone());
                }
            }
            Event::Admitted => self.progress = Progress::Admitted,
            Event::Returned { .. } => self.progress = Progress::Returned,
            Event::Revised { .. } => self.revised(event),
            Event::TopicsAbsorbed { from, topics, attendees, duration_minutes, equipment } => {
                self.begin_anew();
                self.absorbed.push(*from);
                self.replace_topics(topics);
                self.outline.attendees.clone_from(attendees);
                self.outline.duration_minutes = *duration_minutes;
                self.outline.equipment.clone_from(equipment);
                self.forget_findings();
                self.progress = Progress::Requested;
            }
            Event::ConvertedToCountersign { sign_by, constitution, .. } => {
                self.constituted(constitution);
                self.progress = Progress::Deciding(Forum::Countersign { sign_by: *sign_by });
            }
            Event::TopicRelabelled { .. } | Event::PaperRelabelled { .. } => self.relabelled(event),
            Event::Merged { into, .. } => self.progress = Progress::Merged { into: *into },
            Event::Scheduled { room, starts_at, ends_at, invited, answer_by } => {
                let slot = Slot { room: room.clone(), starts_at: *starts_at, ends_at: *ends_at };
                let invitations = invited.iter().map(Invitation::unanswered).collect();
                self.progress = Progress::Scheduled(Appointment { slot, invitations, answer_by: *answer_by });
            }
            Event::TopicAdded { topic, roles, reason } => self.add_topic(topic, roles, reason.as_ref()),
            Event::Postponed { .. } => self.progress = Progress::Admitted,
            Event::Cancelled { .. } => self.progress = Progress::Cancelled,
            Event::InvitationAnswered { .. } | Event::InvitationReminded { .. } => self.heard(event),
            Event::DelegateNamed { department, delegate, in_place_of, put_down_by_clerk } => {
                self.delegates.retain(|known| known.department != *department);
                self.delegates.push(Delegate {
                    department: department.clone(),
                    delegate: delegate.clone(),
                    in_place_of: in_place_of.clone(),
                    put_down_by_clerk: *put_down_by_clerk,
                });
            }
            Event::Convened { constitution, .. } => {
                self.constituted(constitution);
                self.progress = Progress::Deciding(Forum::Meeting(self.appointment().cloned()));
            }
            Event::Adjourned { adjournments, second_call_at, .. } => {
                self.adjournments = *adjournments;
                self.is_next_call = true;
                self.second_call_at = *second_call_at;
                self.progress = Progress::Admitted;
            }
            Event::SigningExtended { sign_by, .. } => {
                self.progress = Progress::Deciding(Forum::Countersign { sign_by: *sign_by });
            }
            Event::MeetingCalled { .. } => {
                self.begin_anew();
                self.forget_findings();
                self.progress = Progress::Requested;
            }
            Event::Concluded => {
                if let Progress::Deciding(forum) = &self.progress {
                    self.progress = Progress::Concluded(forum.clone());
                }
            }
        }
    }

    /// The papers of a topic with this content.
    pub(super) fn papers_with<'a>(
        &'a self,
        topic: u32,
        sha256: &'a Line,
    ) -> impl Iterator<Item = &'a FiledPaper> {
        self.papers.iter().filter(move |filed| filed.topic == topic && filed.paper.sha256 == *sha256)
    }

    fn revised(&mut self, event: &Event) {
        let Event::Revised {
            title,
            purpose,
            topics,
            attendees,
            duration_minutes,
            earliest_start_at,
            equipment,
        } = event
        else {
            return;
        };
        if *topics != self.outline.topics || *attendees != self.outline.attendees {
            self.begin_anew();
        }
        self.outline.title = title.as_ref().unwrap_or(&self.outline.title).clone();
        self.outline.purpose = purpose.as_ref().unwrap_or(&self.outline.purpose).clone();
        self.replace_topics(topics);
        self.outline.attendees.clone_from(attendees);
        self.outline.duration_minutes = *duration_minutes;
        self.outline.earliest_start_at = *earliest_start_at;
        self.outline.equipment.clone_from(equipment);
        self.forget_findings();
        self.progress = Progress::Requested;
    }

    fn relabelled(&mut self, event: &Event) {
        match event {
            Event::TopicRelabelled { topic, label, .. } => {
                let topics = self.outline.topics.iter_mut().filter(|known| known.number == *topic);
                topics.for_each(|topic| topic.label = *label);
            }
            Event::PaperRelabelled { topic, sha256, label, .. } => {
                let papers = self.papers.iter_mut().filter(|filed| filed.topic == *topic);
                let papers = papers.filter(|filed| filed.paper.sha256 == *sha256);
                papers.for_each(|filed| filed.paper.label = *label);
            }
            _ => {}
        }
    }

    fn note_reason(&mut self, event: &Event) {
        match event {
            Event::Returned { reason }
            | Event::Postponed { reason }
            | Event::Cancelled { reason }
            | Event::Adjourned { reason, .. }
            | Event::Merged { reason, .. }
            | Event::SigningExtended { reason, .. }
            | Event::MeetingCalled { reason }
            | Event::ConvertedToCountersign { reason, .. } => self.reason = Some(reason.clone()),
            Event::Revised { .. } | Event::Scheduled { .. } => self.reason = None,
            _ => {}
        }
    }

    fn constituted(&mut self, constitution: &Constitution) {
        self.chair.clone_from(&constitution.chair);
        self.constitution = Some(constitution.clone());
    }

    /// What becomes of an invitation.
    fn heard(&mut self, event: &Event) {
        let (Event::InvitationAnswered { department, .. } | Event::InvitationReminded { department, .. }) =
            event
        else {
            return;
        };
        let Progress::Scheduled(appointment) = &mut self.progress else { return };
        let known = appointment.invitations.iter_mut().find(|known| known.department == *department);
        let Some(invitation) = known else { return };
        match event {
            Event::InvitationAnswered { answer, reason, answered_at, late, put_down_by_clerk, .. } => {
                invitation.answer = Some(*answer);
                invitation.reason.clone_from(reason);
                (invitation.answered_at, invitation.late) = (*answered_at, *late);
                invitation.put_down_by_clerk = *put_down_by_clerk;
            }
            Event::InvitationReminded { reminded_at, .. } => invitation.reminded_at = Some(*reminded_at),
            _ => {}
        }
    }
}

impl Invitation {
    fn unanswered(department: &Code) -> Invitation {
        Invitation {
            department: department.clone(),
            answer: None,
            reason: None,
            answered_at: None,
            late: false,
            reminded_at: None,
            put_down_by_clerk: false,
        }
    }
}

impl State {
    /// The session, once it has been requested.
    pub fn filed(&self) -> Option<&Filed> {
        match self {
            State::Absent => None,
            State::Filed(filed) => Some(filed),
        }
    }

    pub(super) fn after(mut self, event: &Event) -> State {
        match (&mut self, event) {
            (State::Absent, Event::Requested { outline, requester, chair }) => {
                return State::Filed(Box::new(Filed::new(outline, requester.as_ref(), chair)));
            }
            (State::Absent, _) => {}
            (State::Filed(filed), event) => filed.apply(event),
        }
        self
    }
}
