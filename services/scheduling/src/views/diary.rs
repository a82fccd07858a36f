//! Diaries: when rooms, departments and members are taken, and by what.

use super::member::{self, Listed};
use domain::scheduling::availability::{Holder, HolderKind, STALE_AFTER};
use domain::scheduling::room::Profile;
use domain::scheduling::session::Stage;
use domain::scheduling::slots::{Busy, Cause, Diaries, Engagement, Holds, RoomDiary, Timeline};
use domain::scheduling::travel::Distances;
use domain::{Code, Timestamp, Uuid};
use proto::Wire as _;
use proto::scheduling::v1 as pb;
use rusqlite::Row;
use rusqlite::types::Value;
use service_kit::row::message;
use service_kit::{Rows, ScopedTables};
use std::collections::{BTreeMap, BTreeSet};

/// Rooms that are looked at, at most.
const ROOMS_MAX: u32 = 500;
/// Bookings of rooms, sessions of departments, and what else keeps them busy, that are looked at, at most of each.
const ENTRIES_MAX: u32 = 100_000;
/// Entries that are shown, at most.
const SHOWN_MAX: usize = 5_000;

/// Everybody may look for a room.
const ROOMS: Rows = Rows::of_everybody("SELECT code, message FROM rooms");

/// Whoever looks for a slot learns when a room is taken, and not for what.
const TAKEN: Rows = Rows::of_everybody(
    "SELECT 2 AS kind, code, session_id, NULL AS absence_id, NULL AS read_at, starts_at, ends_at, 0 AS decides,
         0 AS held, NULL AS site_code
     FROM bookings JOIN rooms USING (room_id)",
);

/// Whoever looks for a slot learns when a department is busy, and not with what.
const BUSY: Rows = Rows::of_everybody(
    "SELECT 1 AS kind, department_code AS code, session_id, NULL AS absence_id, NULL AS read_at, stage, attends, starts_at,
         ends_at, decides, 0 AS held, site_code
     FROM sessions JOIN concerned USING (session_id)",
);

/// What keeps a department, a room or a member busy besides: when, and not with what. Whose a member's is, is asked before.
const BESIDES: Rows = Rows::of_everybody(
    "SELECT busy_times.kind AS kind, busy_times.code AS code, '' AS session_id, absence_id, read_at, failing_since, starts_at,
         ends_at, 0 AS decides, 0 AS held, NULL AS site_code
     FROM busy_times LEFT JOIN calendars USING (availability_id, calendar)",
);

/// The departments and rooms whose calendars are kept elsewhere; which they are is asked of what is known of their holders.
const CALENDARS: Rows = Rows::of_everybody("SELECT DISTINCT kind, code FROM calendars");

/// The members who have such a calendar, for those who answer for their departments, and those who oversee.
const CALENDARS_OF_MEMBERS: Rows = Rows::of_those_concerned(
    "SELECT DISTINCT 3 AS kind, code FROM calendars JOIN members USING (code)",
    "department_code IN (SELECT value FROM json_each(?, '$.departments'))",
);

/// What is held while departments are asked about it: when, and not for what.
const HELD: Rows = Rows::of_everybody(
    "SELECT * FROM (
     SELECT 2 AS kind, room_code AS code, session_id, NULL AS absence_id, NULL AS read_at, starts_at, ends_at, 0 AS decides,
         1 AS held, NULL AS site_code
     FROM poll_times JOIN polls USING (session_id) WHERE NOT declined AND stage IN (1, 2)
     UNION ALL
     SELECT 1 AS kind, department_code AS code, session_id, NULL AS absence_id, NULL AS read_at, starts_at, ends_at,
         0 AS decides, 1 AS held, NULL AS site_code
     FROM poll_times JOIN polls USING (session_id) JOIN poll_departments USING (session_id)
     WHERE NOT declined AND stage IN (1, 2))",
);

/// What takes time in a diary.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Whose.
    pub(crate) holder: Holder,
    /// When, and by what.
    pub(crate) engagement: Engagement,
    /// The id of the absence, when it is one.
    pub(crate) absence: Option<String>,
}

/// The query for who is busy in a time, or so near to it that they would be on their way, apart from these sessions; calendars that were
/// read long before now are stale. Whether all who can come are away is looked at for these departments.
pub(crate) fn diaries(
    other_than: Vec<Uuid>,
    departments: BTreeSet<Code>,
    (starts_at, ends_at): (Timestamp, Timestamp),
    now: Timestamp,
    travel: Distances,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Diaries> + Send + 'static {
    move |tables: ScopedTables<'_>| {
        let Busy { starts_at, ends_at } = travel.around(Busy { starts_at, ends_at });
        let members = member::of_departments(tables, Some(&departments))?;
        let whose = Whose { members, named: vec![] };
        let all = all(tables, &other_than, &whose, (starts_at, ends_at), now, &travel)?;
        let (held, taken): (Vec<Entry>, Vec<Entry>) =
            all.into_iter().partition(|entry| entry.engagement.cause == Cause::Held);
        let (mut rooms, departments) = by_holder(taken);
        let (rooms_held, departments_held) = by_holder(held);
        let listed = tables.all(&ROOMS, "1", "code", [], ROOMS_MAX, |row| message(row, "message"))?;
        let diary = |room: pb::Room| {
            let Profile { code, seats, equipment, site, .. } = Profile::from_wire(room).ok()?;
            let busy = rooms.remove(&code).unwrap_or_default();
            let site = site.and_then(|site| travel.site(&site));
            Some(RoomDiary { busy, code, seats, equipment: equipment.iter().collect(), site })
        };
        Ok(Diaries {
            rooms: listed.into_iter().filter_map(diary).collect(),
            departments,
            holds: Holds { rooms: rooms_held, departments: departments_held },
            travel,
        })
    }
}

/// What takes time of rooms, and of departments; what takes that of members is in the latter.
fn by_holder(entries: Vec<Entry>) -> (BTreeMap<Code, Timeline>, BTreeMap<Code, Timeline>) {
    let (mut rooms, mut departments) = (BTreeMap::new(), BTreeMap::new());
    for entry in entries {
        let of_kind: &mut BTreeMap<Code, Vec<Engagement>> = match entry.holder.kind {
            HolderKind::Department => &mut departments,
            HolderKind::Room => &mut rooms,
            HolderKind::Member => continue,
        };
        of_kind.entry(entry.holder.code).or_default().push(entry.engagement);
    }
    let timelines = |of_kind: BTreeMap<Code, Vec<Engagement>>| {
        of_kind.into_iter().map(|(code, engagements)| (code, engagements.into_iter().collect())).collect()
    };
    (timelines(rooms), timelines(departments))
}

/// The query for the diaries of these, or of all departments and rooms when none is named, in the order of the time.
pub(crate) fn entries(
    named: Vec<Holder>,
    window: (Timestamp, Timestamp),
    now: Timestamp,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Entry>> + Send + 'static {
    move |tables: ScopedTables<'_>| {
        let named: BTreeSet<(HolderKind, Code)> =
            named.into_iter().map(|holder| (holder.kind, holder.code)).collect();
        let of_kind = |kind| named.iter().filter(move |(of, _)| *of == kind).map(|(_, code)| code.clone());
        let departments = (!named.is_empty()).then(|| of_kind(HolderKind::Department).collect());
        let members = member::of_departments(tables, departments.as_ref())?;
        let whose = Whose { members, named: of_kind(HolderKind::Member).collect() };
        let mut found = all(tables, &[], &whose, window, now, &Distances::default())?;
        found.retain(|entry| match named.is_empty() {
            true => entry.holder.kind != HolderKind::Member,
            false => named.contains(&(entry.holder.kind, entry.holder.code.clone())),
        });
        found.sort_by(|one, other| {
            let key = |entry: &Entry| (entry.engagement.time, entry.holder.kind, entry.holder.code.clone());
            key(one).cmp(&key(other))
        });
        found.truncate(SHOWN_MAX);
        Ok(found)
    }
}

/// The query for those of these holders, or of all when none is named, that have calendars which are kept elsewhere. Of members,
/// somebody finds those for whose departments they answer, or which they oversee.
pub(crate) fn calendar_holders(
    named: Vec<Holder>,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Vec<Holder>> + Send + 'static {
    move |tables: ScopedTables<'_>| {
        let read = |row: &Row<'_>| {
            let (kind, code): (i32, String) = (row.get("kind")?, row.get("code")?);
            Ok(HolderKind::from_wire(kind).ok().zip(Code::parse(&code).ok()))
        };
        let found = tables.all(&CALENDARS, "kind IN (1, 2)", "kind, code", [], ENTRIES_MAX, read)?;
        let of_members = tables.all(&CALENDARS_OF_MEMBERS, "kind = 3", "code", [], ENTRIES_MAX, read)?;
        let found = found.into_iter().chain(of_members).flatten().map(|(kind, code)| Holder { kind, code });
        Ok(found.filter(|holder| named.is_empty() || named.contains(holder)).collect())
    }
}

/// The members who are looked at.
struct Whose {
    /// Those who decide whether their department can come.
    members: Vec<Listed>,
    /// Those who were asked for.
    named: Vec<Code>,
}

impl Whose {
    /// Their codes, as JSON.
    fn codes(&self) -> String {
        let codes: BTreeSet<&Code> = self.members.iter().map(|one| &one.code).chain(&self.named).collect();
        let quoted: Vec<String> = codes.into_iter().map(|code| format!("\"{code}\"")).collect();
        format!("[{}]", quoted.join(","))
    }
}

/// All that takes time in a window, apart from these sessions: of departments also that all who can come for them are away.
fn all(
    tables: ScopedTables<'_>,
    other_than: &[Uuid],
    whose: &Whose,
    (from_at, until_at): (Timestamp, Timestamp),
    now: Timestamp,
    travel: &Distances,
) -> rusqlite::Result<Vec<Entry>> {
    let own: Vec<String> = other_than.iter().map(|id| format!("\"{id}\"")).collect();
    let own = format!("[{}]", own.join(","));
    let stale_at = now.checked_sub(STALE_AFTER).unwrap_or(Timestamp::MIN);
    let in_window = |rows: &Rows, condition: &str, first: Vec<Value>| {
        let condition = format!(
            "{condition} starts_at < ? AND ends_at > ? AND session_id NOT IN (SELECT value FROM json_each(?))"
        );
        let then = [
            Value::from(until_at.as_microsecond()),
            Value::from(from_at.as_microsecond()),
            Value::from(own.clone()),
        ];
        let values: Vec<Value> = first.into_iter().chain(then).collect();
        tables.all(rows, &condition, "starts_at", values, ENTRIES_MAX, |row| entry(row, stale_at, travel))
    };
    let stages = vec![Value::from(Stage::Scheduled.to_wire()), Value::from(Stage::Convened.to_wire())];
    let taken = in_window(&TAKEN, "", vec![])?;
    let busy = in_window(&BUSY, "attends AND stage IN (?, ?) AND", stages)?;
    let besides = in_window(&BESIDES, "busy_times.kind IN (1, 2) AND", vec![])?;
    let held = in_window(&HELD, "", vec![])?;
    let of_these = "busy_times.kind = 3 AND busy_times.code IN (SELECT value FROM json_each(?)) AND";
    let of_members = in_window(&BESIDES, of_these, vec![Value::from(whose.codes())])?;
    let of_members: Vec<Entry> = of_members.into_iter().flatten().collect();
    let away = member::away(&whose.members, &of_members, Busy { starts_at: from_at, ends_at: until_at });
    let found = taken.into_iter().chain(busy).chain(besides).chain(held).flatten();
    Ok(found.chain(of_members).chain(away).collect())
}

/// A row of a diary; none when it cannot be read.
fn entry(row: &Row<'_>, stale_at: Timestamp, travel: &Distances) -> rusqlite::Result<Option<Entry>> {
    let moment = |column| Ok::<_, rusqlite::Error>(Timestamp::from_microsecond(row.get(column)?).ok());
    let (code, kind): (String, i32) = (row.get("code")?, row.get("kind")?);
    let absence: Option<String> = row.get("absence_id")?;
    let read_at: Option<i64> = row.get("read_at")?;
    let cause = match (&absence, read_at) {
        (Some(_), _) => Cause::Absence,
        (None, Some(_)) if row.get::<_, Option<i64>>("failing_since")?.is_some() => Cause::StaleCalendar,
        (None, Some(read_at)) if read_at < stale_at.as_microsecond() => Cause::StaleCalendar,
        (None, Some(_)) => Cause::Calendar,
        (None, None) if row.get("held")? => Cause::Held,
        (None, None) if row.get("decides")? => Cause::Decision,
        (None, None) => Cause::Session,
    };
    let site: Option<String> = row.get("site_code")?;
    let site = site.and_then(|site| travel.site(&Code::parse(&site).ok()?));
    let time = moment("starts_at")?.zip(moment("ends_at")?);
    let holder = Code::parse(&code).ok().zip(HolderKind::from_wire(kind).ok());
    Ok(holder.zip(time).map(|((code, kind), (starts_at, ends_at))| Entry {
        holder: Holder { kind, code },
        engagement: Engagement {
            time: Busy { starts_at, ends_at },
            cause,
            site,
            read_at: read_at.and_then(|read_at| Timestamp::from_microsecond(read_at).ok()),
        },
        absence,
    }))
}
