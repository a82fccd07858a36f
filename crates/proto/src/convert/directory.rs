//! The directory's values and events.

use crate::directory::events::v1 as directory;
use crate::directory::v1 as api;
use crate::{Invalid, Wire, read_fields, wire_enum, wire_events, wire_required, wire_struct};
use domain::Date;
use domain::calendar::{CalendarError, WorkingCalendar};
use domain::directory::{calendar, department, hierarchy, member, sign_out};
use domain::spelling;
use jiff::civil::Weekday;

wire_enum!(department::Kind => directory::DepartmentKind, api::DepartmentKind { Agency, Enterprise, NonProfit });
wire_enum!(department::Level => directory::DepartmentLevel, api::DepartmentLevel {
    National, Provincial, Municipal, County,
});
wire_struct!(department::Profile => directory::DepartmentProfile, api::Department {
    code, name, parent_code: parent, level, region, kind, without_users,
});

wire_events!(department::Department, department::Event => directory {
    Registered => DepartmentRegistered { profile },
});

wire_events!(hierarchy::Hierarchy, hierarchy::Event => directory {
    Placed => DepartmentPlaced { department_code: department, parent_code: parent },
});

wire_struct!(member::Profile => directory::MemberProfile, api::Member {
    code, name, department_code: department, email, roles,
});

wire_events!(member::Member, member::Event => directory {
    Registered => MemberRegistered { profile },
    Removed => MemberRemoved { code, department_code: department },
});

wire_events!(sign_out::SignOut, sign_out::Event => directory {
    SignedOut => SignedOut { ended_at },
});

wire_events!(domain::directory::Spelling, spelling::Event => directory {
    Taken => SpellingTaken { code },
});

wire_enum!(Weekday => directory::Weekday, api::Weekday {
    Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday,
});

/// A calendar's fields before they are checked against each other.
struct CalendarFields {
    time_zone: String,
    weekend: Vec<Weekday>,
    holidays: Vec<Date>,
    make_up_days: Vec<Date>,
}

impl CalendarFields {
    fn calendar(self) -> Result<WorkingCalendar, Invalid> {
        let CalendarFields { time_zone, weekend, holidays, make_up_days } = self;
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

macro_rules! wire_calendar {
    ($($package:ident),+) => { $(
        impl Wire<$package::WorkingCalendar> for WorkingCalendar {
            fn to_wire(&self) -> $package::WorkingCalendar {
                $package::WorkingCalendar {
                    time_zone: self.zone_name().to_owned(),
                    weekend: self.weekend().iter().map(Wire::to_wire).collect(),
                    holidays: self.holidays().map(|date| date.to_wire()).collect(),
                    make_up_days: self.make_up_days().map(|date| date.to_wire()).collect(),
                }
            }

            fn from_wire(wire: $package::WorkingCalendar) -> Result<Self, Invalid> {
                read_fields!(wire => CalendarFields { time_zone, weekend, holidays, make_up_days })
                    .and_then(CalendarFields::calendar)
            }
        }
        wire_required!(WorkingCalendar => $package::WorkingCalendar);
    )+ };
}
wire_calendar!(directory, api);

wire_events!(calendar::Calendar, calendar::Event => directory {
    Defined => CalendarDefined { calendar },
});

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;
