//! Scheduling's values and events.

mod holder;

use crate::scheduling::events::v1 as scheduling;
use crate::scheduling::v1 as api;
use crate::{wire_enum, wire_events, wire_struct};
use domain::scheduling::{
    availability, body, cost, diary, emergency, matter, poll, quota, room, series, session, slots, stewards,
    timetable, travel,
};

wire_struct!(room::Profile => scheduling::RoomProfile, api::Room {
    code, name, seats, equipment, site_code: site,
});

wire_events!(room::Room, room::Event => scheduling {
    Registered => RoomRegistered { profile, department_code: department },
    Booked => RoomBooked { session_id: session, starts_at, ends_at },
    Released => RoomReleased { session_id: session },
});

wire_enum!(body::Standing => scheduling::SeatStanding, api::SeatStanding { Decides, Advises, Observes });
wire_struct!(body::Seat => scheduling::Seat, api::Seat {
    department_code: department, standing, weight, vetoes, since_on, until_on, substitute_codes: substitutes,
});
wire_struct!(cost::HourlyRate => scheduling::HourlyRate, api::HourlyRate { currency_code: currency, minor_units });
wire_struct!(body::MeetingRules => scheduling::MeetingRules, api::MeetingRules {
    topics_max, duration_minutes_max, notice_days_min, papers_days_min, sessions_per_quarter_max, deferrals_max,
    second_call_quorum, counts_working_days, hourly_rate, added_topic_days_min, answer_working_days,
});
wire_struct!(body::PlanSubstitutes => scheduling::PlanSubstitutes, api::PlanSubstitutes {
    department_code: department, substitute_codes: substitutes,
});
wire_struct!(body::EmergencyPlan => scheduling::EmergencyPlan, api::EmergencyPlan {
    code, name, department_codes: departments, acknowledge_minutes, decide_minutes, substitutes,
});
wire_struct!(body::Charter => scheduling::BodyCharter, api::BodyCharter {
    name, chair_code: chair, seats, deputy_codes: deputies, convenor_codes: convenors,
    secretariat_codes: secretariat, meeting_rules, decision_rules, emergency_plans,
});
wire_enum!(body::Function => scheduling::BodyFunction, api::BodyFunction { Chair, Deputy, Convenor, Substitute });
wire_struct!(body::Office => scheduling::BodyOffice, api::BodyOffice { department_code: department, function });
wire_struct!(body::Version => api::Body {
    code: body, version: number, charter, pending_codes: pending, pending_offices,
});

wire_events!(body::Body, body::Event => scheduling {
    Defined => BodyDefined { body_code: body, charter, pending_codes: pending, pending_offices },
    Changed => BodyChanged { version, charter, reason, pending_codes: pending, pending_offices },
    SeatAccepted => BodySeatAccepted { version, department_code: department },
});

wire_events!(domain::scheduling::Spelling, domain::spelling::Event => scheduling {
    Taken => SpellingTaken { code },
});

wire_events!(stewards::Stewards, stewards::Event => scheduling {
    Named => StewardsNamed { body_code: body, department_codes: stewards },
});

wire_enum!(matter::Verdict => scheduling::MatterVerdict, api::MatterVerdict { Adopted, Rejected });
wire_enum!(matter::Stage => api::MatterStage {
    Backlog, OnAgenda, Deferred, Referred, Split, Merged, Decided, Withdrawn,
});
wire_struct!(matter::Intake => scheduling::MatterIntake {
    title, summary, body_code: body, case_reference, split_from_matter_id: split_from, deferrals,
    concerned_codes: concerned, label, matter_class: class,
});

wire_events!(matter::Matter, matter::Event => scheduling {
    TakenIn => MatterTakenIn { intake, raised_by_code: raised_by },
    PutOnAgenda => MatterPutOnAgenda { session_id: session, topic_number: topic, concerned_codes: concerned, label },
    TakenOffAgenda => MatterTakenOffAgenda { session_id: session, reason },
    Deferred => MatterDeferred { session_id: session, resume_on, resume_at, deferrals, reason },
    Resumed => MatterResumed { resume_at },
    Referred => MatterReferred { session_id: session, referred_to_code: to, chair_code: chair, reason },
    ReferralAccepted => MatterReferralAccepted { body_code: body },
    ReferralReturned => MatterReferralReturned { from_code: from, reason },
    Split => MatterSplit { into_matter_ids: into, reason },
    Merged => MatterMerged { into_matter_id: into, reason },
    Absorbed => MatterAbsorbed {
        from_matter_id: from, deferrals, concerned_codes: concerned, label, matter_class: class,
    },
    Classified => MatterClassified { session_id: session, matter_class: class, reason },
    Relabelled => MatterRelabelled { label, concerned_codes: concerned, reason },
    Decided => MatterDecided { session_id: session, verdict },
    Withdrawn => MatterWithdrawn { session_id: session, reason },
});

wire_enum!(emergency::EndCause => scheduling::EmergencyEndCause, api::EmergencyEndCause { Decided, Closed, Cancelled });
wire_struct!(body::PlannedCall => scheduling::PlannedCall {
    department_code: department, substitute_codes: substitutes,
});
wire_struct!(emergency::Alarm => scheduling::EmergencyAlarm {
    body_code: body, plan_code: plan, title, chair_code: chair, secretariat_codes: secretariat, calls,
    acknowledge_minutes, decide_by,
});

wire_events!(emergency::Emergency, emergency::Event => scheduling {
    Raised => EmergencyRaised { alarm, raised_by_code: raised_by, raised_at, acknowledge_by, halfway_at },
    Acknowledged => EmergencyAcknowledged {
        seat_code: seat, department_code: department, acknowledged_at, on_behalf_by_code: on_behalf_by, late,
    },
    SubstituteCalled => EmergencySubstituteCalled {
        seat_code: seat, passed_over_code: passed_over, substitute_code: substitute, called_at, acknowledge_by, number,
    },
    Unreached => EmergencyUnreached { seat_code: seat, department_code: department, acknowledge_by },
    DecisionHalfway => EmergencyDecisionHalfway { decide_by },
    DecisionOverdue => EmergencyDecisionOverdue { decide_by },
    Ended => EmergencyEnded { cause, ended_at },
});

wire_enum!(availability::HolderKind => scheduling::DiaryHolderKind, api::DiaryHolderKind { Department, Room, Member });
wire_struct!(availability::Holder => api::DiaryHolder { kind, code });
wire_struct!(slots::Busy => scheduling::BusyTime { starts_at, ends_at });
wire_enum!(availability::Failure => scheduling::CalendarFailure, api::CalendarFailure {
    NotAllowed, Unreachable, TimedOut, Status, TooLarge, TooManyRedirects, NotUnderstood,
});
wire_events!(availability::Availability, availability::Event => scheduling {
    AbsenceRecorded => AbsenceRecorded { holder, absence_id: absence, starts_at, ends_at },
    AbsenceWithdrawn => AbsenceWithdrawn { absence_id: absence },
    BusyTimesImported => BusyTimesImported { holder, calendar, times, read_at },
    BusyTimesForgotten => BusyTimesForgotten { calendar },
    CalendarSubscribed => CalendarSubscribed {
        holder, calendar, subscription_id: subscription, url, subscribed_at,
    },
    BusyTimesRead => BusyTimesRead { subscription_id: subscription, times, read_at },
    BusyTimesConfirmed => BusyTimesConfirmed { subscription_id: subscription, read_at },
    CalendarFailed => CalendarFailed { subscription_id: subscription, failure, http_status, failed_at },
});

wire_events!(diary::Diary, diary::Event => scheduling {
    Entered => DiaryEntered { session_id: session, starts_at, ends_at, site_code: site },
    Left => DiaryLeft { session_id: session },
});

wire_events!(travel::Travel, travel::Event => scheduling {
    Defined => TravelTimeDefined {
        from_site_code: from, to_site_code: to, minutes, one_way, department_code: department,
    },
});

wire_events!(quota::Quota, quota::Event => scheduling {
    Entered => QuotaEntered { session_id: session, quarter_on },
    Left => QuotaLeft { session_id: session },
});

wire_enum!(session::Kind => scheduling::SessionKind, api::SessionKind { Standing, Case, Emergency });
wire_enum!(session::RoleOnTopic => scheduling::RoleOnTopic, api::RoleOnTopic { Decides, Advises, Informed });
wire_enum!(session::Answer => scheduling::InvitationAnswer, api::InvitationAnswer { Accept, Decline, Tentative });
wire_enum!(session::Rule => scheduling::ScreeningRule, api::ScreeningRule {
    TopicsPerSession, SessionDuration, Notice, RoleForEveryAttendee, DeciderForEveryTopic, Papers,
    SessionsPerQuarter, WorkingTime, OneSessionAtATime, AddedTopics,
});
wire_enum!(session::Stage => api::SessionStage {
    Requested, Screened, Returned, Admitted, Scheduled, Convened, Countersigning, Concluded, Merged, Cancelled,
});
wire_struct!(session::Topic => scheduling::SessionTopic, api::SessionTopic {
    number, title, timebox_minutes, papers_required, matter_id: matter, label, section, parent_number: parent,
});
wire_struct!(session::DepartmentRole => scheduling::DepartmentRole, api::DepartmentRole {
    department_code: department, role,
});
wire_struct!(session::AddedTopic => api::AddedTopic { topic_number: topic, from_floor, reason });
wire_struct!(session::TopicRole => scheduling::TopicRole, api::TopicRole { topic_number: topic, role });
wire_struct!(session::Attendee => scheduling::SessionAttendee, api::SessionAttendee {
    department_code: department, roles, companions,
});
wire_struct!(session::Declaration => scheduling::EmergencyDeclaration, api::EmergencyDeclaration { reason, authority });
wire_struct!(session::Outline => scheduling::SessionOutline, api::SessionOutline {
    title, purpose, body_code: body, kind, matter_class: class, topics, attendees, duration_minutes,
    earliest_start_at, case_reference, decide_by, emergency, carries_out_item_id: carries_out,
    equipment,
});
wire_struct!(session::Paper => scheduling::Paper, api::Paper { title, sha256, uri, label });
wire_struct!(session::Finding => scheduling::Finding, api::Finding { rule, measure, limit, overridable });
wire_struct!(session::FiledPaper => api::SessionPaper { topic_number: topic, paper, submitted_at });
wire_struct!(session::Slot => scheduling::TimetableSlot, api::SessionSlot { room_code: room, starts_at, ends_at });
wire_enum!(slots::Reason => scheduling::SlotPenaltyReason, api::SlotPenaltyReason {
    DeciderMissing, Substituted, AdviserMissing, InformedMissing, Late, RoomLarge, Moved, Unplaced, Undecidable,
    Unsuitable, IfNeeded, Held,
});
wire_enum!(slots::Cause => scheduling::BusyCause, api::BusyCause {
    Session, Decision, Absence, Calendar, StaleCalendar, Held, MembersAway, MembersAwayByStaleCalendar,
});
wire_enum!(slots::ObstacleKind => scheduling::SlotObstacleKind, api::SlotObstacleKind {
    RoomTaken, RoomTooSmall, DepartmentBusy, Notice, QuarterFull, RoomLacksEquipment,
    TravelTime,
});
wire_struct!(slots::ObstacleRecord => scheduling::TimetableObstacle, api::SlotObstacle {
    kind, room_code: room, department_code: department, starts_at, ends_at, cause, quarter_on, equipment,
    from_site_code: from_site, to_site_code: to_site, travel_minutes, read_at,
});
wire_struct!(slots::Penalty => api::SlotPenalty {
    reason, department_code: department, substitute_code: substitute, cause, read_at, price,
});
wire_enum!(poll::Suitability => scheduling::Suitability, api::Suitability { Yes, IfNeeded, No });
wire_enum!(poll::EndCause => scheduling::PollEndCause, api::PollEndCause {
    Withdrawn, Declined, Placed, SessionChanged,
});
wire_enum!(poll::Stage => api::PollStage { Open, Closed, Adopted, Ended });
wire_struct!(poll::TimeAnswer => scheduling::PollAnswer, api::PollAnswer { time_number: number, suitability });
wire_struct!(poll::Start => api::PollSlot { room_code: room, starts_at });
wire_struct!(poll::Asked => scheduling::PollAsked {
    body_code: body, department_codes: departments, deciding_codes: deciding, concerned_codes: concerned,
});
wire_events!(poll::Poll, poll::Event => scheduling {
    Opened => PollOpened { asked, slots, close_by, remind_at },
    Reminded => PollReminded { department_code: department, close_by, reminded_at },
    Answered => PollAnswered {
        department_code: department, answers, comment, answered_at, on_behalf_by_code: on_behalf_by,
    },
    TimeProposed => PollTimeProposed {
        time_number: number, slot, department_code: department, reason, proposed_at, on_behalf_by_code: on_behalf_by,
    },
    TimeDeclined => PollTimeDeclined { time_number: number, reason },
    TimeAdopted => PollTimeAdopted { time_number: number },
    Closed => PollClosed { close_by },
    Ended => PollEnded { cause, reason },
});
wire_enum!(timetable::Stage => api::TimetableStage { Proposed, PartlyAdopted, Adopted, Withdrawn });
wire_struct!(timetable::Share => scheduling::TimetableShare, api::TimetableShare { reason, price });
wire_struct!(timetable::Wish => scheduling::TimetableWish, api::TimetableWish {
    session_id: session, reason, department_code: department, price,
});
wire_struct!(timetable::Left => scheduling::TimetableRefusal, api::TimetableRefusal { session_id: session, reason, message });
wire_struct!(timetable::Row => scheduling::TimetableRow {
    session_id: session, announced, slot, pinned: is_pinned, before, after, obstacles,
});
wire_struct!(timetable::Proposal => scheduling::TimetableProposal {
    title, body_codes: bodies, from_at, until_at, seed, steps, rows, costliest,
});
wire_events!(timetable::Timetable, timetable::Event => scheduling {
    Proposed => TimetableProposed { proposal, proposer_code: proposer },
    Adopted => TimetableAdopted { session_ids: sessions, refused: left },
    Withdrawn => TimetableWithdrawn { reason },
});
wire_enum!(series::Pattern => api::SeriesPattern {
    Daily, Weekly, MonthlyByDay, MonthlyByWeekday, LastWorkingDay,
});
wire_enum!(series::OffDay => api::SeriesOffDay { Skip, Before, After });
wire_struct!(series::Recurrence => api::SeriesRecurrence {
    pattern, interval, weekdays, day_of_month, nth, first_on, until_on, except_on, off_day,
});
wire_struct!(session::Invitation => api::Invitation {
    department_code: department, answer, reason, answered_at, late, reminded_at, put_down_by_clerk,
});
wire_struct!(session::Delegate => api::Delegate {
    department_code: department, delegate, in_place_of, put_down_by_clerk,
});

wire_events!(session::Session, session::Event => scheduling {
    Requested => SessionRequested { outline, requester_code: requester, chair_code: chair },
    PaperSubmitted => SessionPaperSubmitted { topic_number: topic, paper, submitted_at },
    Screened => SessionScreened { rules, findings },
    FindingOverridden => SessionFindingOverridden { rule, reason },
    Admitted => SessionAdmitted {},
    Returned => SessionReturned { reason },
    Revised => SessionRevised {
        title, purpose, topics, attendees, duration_minutes, earliest_start_at, equipment,
    },
    ConvertedToCountersign => SessionConvertedToCountersign { sign_by, reason, constitution },
    TopicRelabelled => SessionTopicRelabelled { topic_number: topic, label, reason },
    PaperRelabelled => SessionPaperRelabelled { topic_number: topic, sha256, label, reason },
    TopicsAbsorbed => SessionTopicsAbsorbed {
        from_session_id: from, topics, attendees, duration_minutes, equipment,
    },
    Merged => SessionMerged { into_session_id: into, reason },
    Scheduled => SessionScheduled { room_code: room, starts_at, ends_at, invited_codes: invited, answer_by },
    TopicAdded => SessionTopicAdded { topic, roles, reason },
    Postponed => SessionPostponed { reason },
    Cancelled => SessionCancelled { reason },
    InvitationAnswered => SessionInvitationAnswered {
        department_code: department, answer, reason, answered_at, late, put_down_by_clerk,
    },
    InvitationReminded => SessionInvitationReminded { department_code: department, answer_by, reminded_at },
    DelegateNamed => SessionDelegateNamed {
        department_code: department, delegate, in_place_of, put_down_by_clerk,
    },
    Convened => SessionConvened { room_code: room, constitution },
    Adjourned => SessionAdjourned { reason, adjournments, second_call_at },
    SigningExtended => SessionSigningExtended { sign_by, reason },
    MeetingCalled => SessionMeetingCalled { reason },
    Concluded => SessionConcluded {},
});

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
