//! Scheduling's values and events.

use crate::scheduling::events::v1 as scheduling;
use crate::scheduling::v1 as api;
use crate::{Invalid, Wire, read_fields, wire_enum, wire_events, wire_required, wire_struct};
use domain::Date;
use domain::calendar::{CalendarError, WorkingCalendar};
use domain::scheduling::{calendar, department, member, room, rules, session};
use jiff::civil::Weekday;

wire_enum!(department::Kind => scheduling::DepartmentKind { Agency, Enterprise, NonProfit });
wire_enum!(department::Level => scheduling::DepartmentLevel { National, Provincial, Municipal, County });
wire_struct!(department::Profile => scheduling::DepartmentProfile { code, name, parent, level, region, kind });

wire_events!(department::Department, department::Event => scheduling {
    Registered => DepartmentRegistered { profile },
});

wire_struct!(member::Profile => scheduling::MemberProfile { code, name, department, email, roles });

wire_events!(member::Member, member::Event => scheduling {
    Registered => MemberRegistered { profile },
});

wire_struct!(room::Profile => scheduling::RoomProfile { code, name, seats, equipment });

wire_events!(room::Room, room::Event => scheduling {
    Registered => RoomRegistered { profile },
    Booked => RoomBooked { session, from, until },
    Released => RoomReleased { session },
});

wire_enum!(Weekday => scheduling::Weekday {
    Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday,
});

/// A calendar's fields before they are known to agree.
struct CalendarFields {
    time_zone: String,
    weekend: Vec<Weekday>,
    holidays: Vec<Date>,
    make_up_days: Vec<Date>,
}

impl Wire<scheduling::WorkingCalendar> for WorkingCalendar {
    fn to_wire(&self) -> scheduling::WorkingCalendar {
        scheduling::WorkingCalendar {
            time_zone: self.zone_name().to_owned(),
            weekend: self.weekend().iter().map(Wire::to_wire).collect(),
            holidays: self.holidays().map(|date| date.to_wire()).collect(),
            make_up_days: self.make_up_days().map(|date| date.to_wire()).collect(),
        }
    }

    fn from_wire(wire: scheduling::WorkingCalendar) -> Result<Self, Invalid> {
        let read: Result<CalendarFields, Invalid> =
            read_fields!(wire => CalendarFields { time_zone, weekend, holidays, make_up_days });
        let CalendarFields { time_zone, weekend, holidays, make_up_days } = read?;
        WorkingCalendar::new(&time_zone, weekend, holidays, make_up_days).map_err(|fault| {
            let field = match fault {
                CalendarError::UnknownZone { .. } => "time_zone",
                CalendarError::Contradiction { .. } => "make_up_days",
                CalendarError::NoWorkingDay => "weekend",
            };
            Invalid::field(field, fault.to_string())
        })
    }
}
wire_required!(WorkingCalendar => scheduling::WorkingCalendar);

wire_events!(calendar::Calendar, calendar::Event => scheduling {
    Defined => CalendarDefined { calendar },
});

wire_struct!(rules::Rules => scheduling::MeetingRules {
    topics_max, minutes_max, notice_days_min, papers_days_min, sessions_per_quarter_max,
});

wire_events!(rules::MeetingRules, rules::Event => scheduling {
    Defined => RulesDefined { body, rules },
});

wire_enum!(session::Kind => scheduling::SessionKind { Standing, Case, Emergency });
wire_enum!(session::RoleOnTopic => scheduling::RoleOnTopic { Decides, Advises, Informed });
wire_enum!(session::Answer => scheduling::Answer { Accept, Decline });
wire_enum!(session::Rule => scheduling::ScreeningRule {
    TopicsPerSession, SessionLength, Notice, RoleForEveryAttendee, DeciderForEveryTopic, Papers,
    SessionsPerQuarter,
});
wire_enum!(session::Stage => api::SessionState {
    Requested, Screened, Returned, Admitted, Scheduled, Convened, Countersigning, Concluded, Merged, Cancelled,
});
wire_struct!(session::Topic => scheduling::SessionTopic { no, title, timebox_minutes, papers_required });
wire_struct!(session::TopicRole => scheduling::TopicRole { topic, role });
wire_struct!(session::Attendee => scheduling::SessionAttendee { department, roles });
wire_struct!(session::Outline => scheduling::SessionOutline {
    title, purpose, body, kind, chair, topics, attendees, minutes, earliest_start, case_reference, decide_by,
    quorum_percent,
});
wire_struct!(session::Paper => scheduling::Paper { title, sha256, uri });
wire_struct!(session::Finding => scheduling::Finding { rule, measure, limit, overridable });
wire_struct!(session::FiledPaper => api::SessionPaper { topic, paper, submitted_at });
wire_struct!(session::Slot => api::SessionSlot { room, from, until });
wire_struct!(session::Invitation => api::Invitation { department, answer, reason });
wire_struct!(session::Delegate => api::Delegate { department, delegate, in_place_of });

wire_events!(session::Session, session::Event => scheduling {
    Requested => SessionRequested { outline, requester },
    PapersSubmitted => SessionPapersSubmitted { topic, paper, submitted_at },
    Screened => SessionScreened { rules, findings },
    FindingOverridden => SessionFindingOverridden { rule, reason },
    Admitted => SessionAdmitted {},
    Returned => SessionReturned { reason },
    Revised => SessionRevised { topics, attendees, minutes, earliest_start },
    TurnedIntoCountersign => SessionTurnedIntoCountersign { deadline, reason },
    Merged => SessionMerged { into, reason },
    Scheduled => SessionScheduled { room, from, until, invited },
    Postponed => SessionPostponed { reason },
    Cancelled => SessionCancelled { reason },
    InvitationAnswered => SessionInvitationAnswered { department, answer, reason },
    DelegateNamed => SessionDelegateNamed { department, delegate, in_place_of },
    Convened => SessionConvened { room },
    Concluded => SessionConcluded {},
});

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
