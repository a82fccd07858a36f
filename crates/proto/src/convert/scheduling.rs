//! Scheduling's values and events.

use crate::scheduling::events::v1 as scheduling;
use crate::{wire_enum, wire_events, wire_struct};
use domain::scheduling::department;

wire_enum!(department::Kind => scheduling::DepartmentKind { Agency, Enterprise, NonProfit });
wire_enum!(department::Level => scheduling::DepartmentLevel { National, Provincial, Municipal, County });
wire_struct!(department::Profile => scheduling::DepartmentProfile { code, name, parent, level, region, kind });

wire_events!(department::Department, department::Event => scheduling {
    Registered => DepartmentRegistered { profile },
});
