//! When a session could take place: the slots that cost least, each with its reasons, or what stands in the way of one.

use crate::desk::markup::Markup;
use crate::desk::reader::{Reader, Surroundings};
use crate::desk::words::Words;
use proto::scheduling::v1::{
    BusyCause, FindSlotsRequest, Session, SessionSlot, SessionStage, SlotObstacle, SlotObstacleKind,
    SlotPenalty, SuggestedSlot,
};

/// Slots that a page shows.
const SLOTS_SHOWN: usize = 8;
/// Slots that are looked at for the best of several days.
const SLOTS_LOOKED_AT: u32 = 100;
/// Days of which the best slots are named.
const DAYS_NAMED: usize = 3;

/// The slots as a page shows them.
pub(super) struct Slots {
    /// Number of starts that are possible.
    pub(super) count: u32,
    pub(super) rows: Vec<Row>,
    /// The best slots of different days.
    pub(super) of_days: Vec<Row>,
    /// The slot that opens with the fewest changes, and what stands in its way.
    pub(super) opening: Option<(Markup, Vec<Markup>)>,
    /// Whether the session has a slot already, and is moved.
    pub(super) moves: bool,
}

/// A slot as a page shows it.
pub(super) struct Row {
    pub(super) starts: Markup,
    pub(super) room: String,
    pub(super) at: prost_types::Timestamp,
    /// The moment as the form sends it.
    pub(super) starts_at: String,
    pub(super) price: u32,
    pub(super) reasons: Vec<String>,
    pub(super) command_id: String,
}

/// The slots of a session that a clerk may give one; none for others, and once it was convened.
pub(super) async fn of(
    reader: &Reader,
    around: &Surroundings,
    session: &Session,
    at_least_position: u64,
) -> Option<Slots> {
    let moves = session.stage() == SessionStage::Scheduled;
    if !reader.holder.is("clerk") || !(moves || session.stage() == SessionStage::Admitted) {
        return None;
    }
    let request = FindSlotsRequest {
        at_least_position,
        session_id: session.session_id.clone(),
        slots_max: SLOTS_LOOKED_AT,
        ..Default::default()
    };
    // Whoever sees no slots still sees the session.
    let found = reader.ask(request).await.ok()?;
    let words = reader.words;
    Some(Slots {
        count: found.start_count,
        rows: found.slots.iter().take(SLOTS_SHOWN).filter_map(|slot| row(words, around, slot)).collect(),
        of_days: of_days(words, around, &found.slots),
        opening: found.opening.map(|opening| {
            let obstacles = opening.obstacles.iter().map(|one| obstacle(words, around, one)).collect();
            (when(words, around, &opening.slot.unwrap_or_default()), obstacles)
        }),
        moves,
    })
}

/// The slot of each day that costs least, those of the cheapest days, in the order of the days.
fn of_days(words: Words, around: &Surroundings, slots: &[SuggestedSlot]) -> Vec<Row> {
    let mut best: Vec<Row> = Vec::new();
    for found in slots.iter().filter_map(|slot| row(words, around, slot)) {
        let is_on_that_day = |known: &Row| around.calendar.date(&known.at) == around.calendar.date(&found.at);
        if best.len() < DAYS_NAMED && !best.iter().any(is_on_that_day) {
            best.push(found);
        }
    }
    best.sort_by_key(|row| row.at.seconds);
    best
}

/// A room and a time.
pub(in crate::desk) fn when(words: Words, around: &Surroundings, slot: &SessionSlot) -> Markup {
    let pieces = [
        ("moment", around.calendar.full(words, &slot.starts_at.unwrap_or_default())),
        ("room", Markup::text(&slot.room_code)),
    ];
    Markup::fill(words.t("{moment}, {room}"), &pieces)
}

fn row(words: Words, around: &Surroundings, suggested: &SuggestedSlot) -> Option<Row> {
    let slot = suggested.slot.as_ref()?;
    let starts_at = slot.starts_at?;
    Some(Row {
        starts: around.calendar.full(words, &starts_at),
        room: slot.room_code.clone(),
        at: starts_at,
        starts_at: starts_at.to_string(),
        price: suggested.price,
        reasons: suggested.penalties.iter().map(|penalty| reason(words, around, penalty)).collect(),
        command_id: client::command_id(),
    })
}

/// What speaks against a slot, in words.
pub(super) fn reason(words: Words, around: &Surroundings, penalty: &SlotPenalty) -> String {
    let why = why(words, around, penalty);
    match because(words, around, (penalty.cause(), penalty.read_at)) {
        Some(as_of) => words.say("{said}, {as_of}", &[("said", &why), ("as_of", &as_of)]),
        None => why,
    }
}

/// That all members are away, and of when a calendar is that says so, when it is stale.
fn because(
    words: Words,
    around: &Surroundings,
    (cause, read_at): (BusyCause, Option<prost_types::Timestamp>),
) -> Option<String> {
    let moment = read_at.map(|read_at| around.calendar.field(&read_at).replace('T', " ")).unwrap_or_default();
    let values: [(&str, &dyn ToString); 1] = [("moment", &moment)];
    Some(match cause {
        BusyCause::StaleCalendar => words.say("by its calendar as of {moment}, not refreshed since", &values),
        BusyCause::MembersAway => words.t("as all its members are away").to_owned(),
        BusyCause::MembersAwayByStaleCalendar => words
            .say("as all its members are away, by a calendar as of {moment}, not refreshed since", &values),
        _ => return None,
    })
}

fn why(words: Words, around: &Surroundings, penalty: &SlotPenalty) -> String {
    let why = words.value("huishang.scheduling.v1.SlotPenaltyReason", penalty.reason);
    let name = |code: &Option<String>| code.as_deref().map(|code| around.directory.name(code));
    let department = name(&penalty.department_code).unwrap_or_default();
    let substitute = name(&penalty.substitute_code).unwrap_or_default();
    let values: [(&str, &dyn ToString); 4] =
        [("why", &why), ("department", &department), ("substitute", &substitute), ("price", &penalty.price)];
    match (&penalty.department_code, &penalty.substitute_code) {
        (None, _) => words.say("{why} ({price})", &values),
        (Some(_), None) => words.say("{why}: {department} ({price})", &values),
        (Some(_), Some(_)) => words.say("{why}: {department}, by {substitute} ({price})", &values),
    }
}

/// What stands in the way, in words.
pub(in crate::desk) fn obstacle(words: Words, around: &Surroundings, obstacle: &SlotObstacle) -> Markup {
    let what = words.value("huishang.scheduling.v1.SlotObstacleKind", obstacle.kind);
    let of = match obstacle.kind() {
        SlotObstacleKind::QuarterFull => obstacle.quarter_on.clone().unwrap_or_default(),
        SlotObstacleKind::RoomLacksEquipment => {
            let (room, piece) = (obstacle.room_code.as_deref(), obstacle.equipment.as_deref());
            format!("{} ({})", room.unwrap_or_default(), piece.unwrap_or_default())
        }
        _ => match (&obstacle.department_code, &obstacle.room_code) {
            (Some(department), _) => around.directory.name(department),
            (None, Some(room)) => room.clone(),
            (None, None) => String::new(),
        },
    };
    let moment = |at: &Option<prost_types::Timestamp>| around.calendar.short(words, &at.unwrap_or_default());
    let site = |code: &Option<String>| Markup::text(code.as_deref().unwrap_or_default());
    let pieces = [
        ("what", Markup::text(&what)),
        ("of", Markup::text(&of)),
        ("from", moment(&obstacle.starts_at)),
        ("until", moment(&obstacle.ends_at)),
        ("minutes", Markup::text(&obstacle.travel_minutes.unwrap_or_default().to_string())),
        ("here", site(&obstacle.from_site_code)),
        ("there", site(&obstacle.to_site_code)),
    ];
    if obstacle.kind() == SlotObstacleKind::TravelTime {
        let sentence = words
            .t("{of} needs {minutes} minutes from {here} to {there}, and decides from {from} to {until}");
        return Markup::fill(sentence, &pieces);
    }
    let sentence = match (obstacle.starts_at.is_some(), obstacle.ends_at.is_some()) {
        (true, _) => words.t("{what}: {of}, from {from} to {until}"),
        (false, true) => words.t("{what}: until {until}"),
        (false, false) => words.t("{what}: {of}"),
    };
    let said = Markup::fill(sentence, &pieces);
    match because(words, around, (obstacle.cause(), obstacle.read_at)) {
        Some(as_of) => {
            let pieces = [("said", said), ("as_of", Markup::text(&as_of))];
            Markup::fill(words.t("{said}, {as_of}"), &pieces)
        }
        None => said,
    }
}
