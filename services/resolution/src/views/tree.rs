//! The cascade around an item: what it is a part of, and everything below it.

use super::{Named, history, item};
use crate::render;
use domain::calendar::Zone;
use domain::resolution::action_item::{Stage, State};
use domain::resolution::roll_up::{Node, RollUp, roll_up};
use domain::{Timestamp, Uuid};
use proto::Wire as _;
use proto::resolution::v1 as pb;
use rusqlite::Row;
use rusqlite::types::Type;
use service_kit::spans::{AsOf, Past};
use service_kit::{Rows, ScopedTables};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Items that are shown of a tree, at most.
const NODES_MAX: usize = 1_000;

/// What an item is a part of, up to the first tier, and itself.
const UPWARDS: &str = "id IN (
    WITH RECURSIVE upwards (item) AS (
        SELECT ?
        UNION SELECT items.parent FROM items JOIN upwards ON items.id = upwards.item WHERE items.parent IS NOT NULL
    )
    SELECT item FROM upwards)";
/// What is below an item, on every tier, and itself.
const DOWNWARDS: &str = "id IN (
    WITH RECURSIVE downwards (item) AS (
        SELECT ?
        UNION SELECT items.id FROM items JOIN downwards ON items.parent = downwards.item
    )
    SELECT item FROM downwards)";

/// What is rolled up to an item belongs to it: whoever sees the item is told how far all of it has come, and how much there
/// is, but not what it is.
const COUNTED: Rows = Rows::of_everybody(
    "SELECT id, parent, stage, reported_percent, (stage <= 3 AND paused_since IS NULL AND due_at < ?) AS late FROM items",
);

/// An item of the tree, as far as the caller sees it.
struct Seen {
    shown: pb::Item,
    sort_key: String,
    tier: u32,
    sessions: Vec<String>,
    parent: Option<Uuid>,
}

fn unreadable(fault: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, Type::Text, Box::new(fault))
}

fn uuid(text: &str) -> rusqlite::Result<Uuid> {
    Uuid::try_parse(text).map_err(unreadable)
}

fn parent(row: &Row<'_>) -> rusqlite::Result<Option<Uuid>> {
    row.get::<_, Option<String>>("parent")?.as_deref().map(uuid).transpose()
}

/// What a tree is looked at by.
struct Look<'l> {
    tables: ScopedTables<'l>,
    /// The past state that is asked for, if it is not the present.
    past: Option<Past>,
    at: Timestamp,
    zone: &'l Zone,
    /// What of the past state was folded already, by item: most of it is looked at more than once.
    then: RefCell<BTreeMap<String, Rc<State>>>,
}

impl Look<'_> {
    /// An item as it was then.
    fn then(&self, id: &str, past: Past) -> rusqlite::Result<Rc<State>> {
        if let Some(state) = self.then.borrow().get(id) {
            return Ok(Rc::clone(state));
        }
        let state = Rc::new(history::of_seen(self.tables, id, past.position)?);
        self.then.borrow_mut().insert(id.to_owned(), Rc::clone(&state));
        Ok(state)
    }

    /// The item of a row; none where it was not assigned yet.
    fn read(&self, row: &Row<'_>) -> rusqlite::Result<Option<(Uuid, Seen)>> {
        let Some(past) = self.past else { return Seen::read(row, self.at, self.zone).map(Some) };
        let id: String = row.get("id")?;
        let (state, id) = (self.then(&id, past)?, uuid(&id)?);
        let Some(then) = state.item() else { return Ok(None) };
        let seen = Seen {
            sort_key: row.get("number")?,
            tier: then.tier(),
            sessions: then.sessions.iter().map(Uuid::to_string).collect(),
            parent: then.place.as_ref().map(|place| place.parent),
            shown: render::item(id, then, self.at, self.zone),
        };
        Ok(Some((id, seen)))
    }

    /// What of an item counts for those above it; none where it was not assigned yet.
    fn node(&self, row: &Row<'_>) -> rusqlite::Result<Option<(Uuid, Node)>> {
        let id: String = row.get("id")?;
        let Some(past) = self.past else {
            let node = Node {
                parent: parent(row)?,
                stage: Stage::from_wire(row.get("stage")?).map_err(unreadable)?,
                reported_percent: row.get("reported_percent")?,
                late: row.get("late")?,
            };
            return Ok(Some((uuid(&id)?, node)));
        };
        let state = self.then(&id, past)?;
        let Some(then) = state.item() else { return Ok(None) };
        let node = Node {
            parent: then.place.as_ref().map(|place| place.parent),
            stage: then.stage,
            reported_percent: then.reported_percent,
            late: then.days_late(self.at, self.zone).is_some(),
        };
        Ok(Some((uuid(&id)?, node)))
    }

    /// What is rolled up to each item from a top downwards.
    fn rolled_up(&self, top: Uuid) -> rusqlite::Result<BTreeMap<Uuid, RollUp>> {
        let mut nodes = BTreeMap::new();
        let values = [self.at.as_microsecond().into(), top.to_string().into()];
        self.tables.each(&COUNTED, DOWNWARDS, "rowid", values, |row| {
            nodes.extend(self.node(row)?);
            Ok(true)
        })?;
        Ok(roll_up(&nodes))
    }

    fn reached(&self, condition: &str, from: Uuid) -> rusqlite::Result<Items> {
        let mut items = Items::new();
        self.tables.each(&item::ROWS, condition, "rowid", [from.to_string().into()], |row| {
            items.extend(self.read(row)?);
            Ok(true)
        })?;
        Ok(items)
    }
}

impl Seen {
    fn read(row: &Row<'_>, now: Timestamp, zone: &Zone) -> rusqlite::Result<(Uuid, Seen)> {
        let shown = item::summary(row, now, zone)?;
        let sessions: String = row.get("sessions")?;
        let seen = Seen {
            sort_key: row.get("number")?,
            tier: row.get("tier")?,
            sessions: sessions.split_whitespace().map(str::to_owned).collect(),
            parent: parent(row)?,
            shown,
        };
        Ok((uuid(&seen.shown.item_id)?, seen))
    }
}

/// The items of a tree by id.
type Items = BTreeMap<Uuid, Seen>;

/// The query for the tree around an item; the answer lacks the view's position.
pub(crate) fn tree(
    named: Named,
    as_of: AsOf,
    now: Timestamp,
    zone: &Zone,
) -> impl FnOnce(ScopedTables<'_>) -> rusqlite::Result<Option<pb::GetTreeResponse>> + Send + 'static + use<> {
    let zone = zone.clone();
    move |tables| {
        let past = as_of.past(tables)?;
        let look = Look { tables, past, at: Past::moment(past, now), zone: &zone, then: RefCell::default() };
        let asked = tables.first(&item::ROWS, named.condition, [named.value.into()], |row| look.read(row))?;
        let Some((asked, _)) = asked.flatten() else { return Ok(None) };
        let upwards = path(&look.reached(UPWARDS, asked)?, asked);
        let top = upwards.first().copied().unwrap_or(asked);
        let items = look.reached(DOWNWARDS, top)?;
        Ok(Some(answer(&items, &look.rolled_up(top)?, &upwards, asked)))
    }
}

/// From the highest item that the caller sees without a gap down to the one above this.
fn path(items: &Items, id: Uuid) -> Vec<Uuid> {
    let parent = |id: &Uuid| items.get(id)?.parent.filter(|parent| items.contains_key(parent));
    let mut upwards: Vec<Uuid> = std::iter::successors(parent(&id), parent).collect();
    upwards.reverse();
    upwards
}

fn answer(
    items: &Items,
    rolled: &BTreeMap<Uuid, RollUp>,
    upwards: &[Uuid],
    asked: Uuid,
) -> pb::GetTreeResponse {
    let below = subtree(items, asked);
    let (shown, left_out) = below.split_at(below.len().min(NODES_MAX));
    let listed: Vec<Uuid> = upwards.iter().chain(shown).copied().collect();
    let sessions = listed.iter().flat_map(|id| sessions(&items[id]));
    pb::GetTreeResponse {
        asked_number: items[&asked].shown.number.clone(),
        nodes: listed
            .iter()
            .map(|id| node(&items[id], rolled.get(id).copied().unwrap_or_default()))
            .collect(),
        left_out_count: u32::try_from(left_out.len()).unwrap_or(u32::MAX),
        sessions: sessions.collect(),
        position: 0,
    }
}

/// An item and everything below it: below each one what is right below it, by number.
fn subtree(items: &Items, top: Uuid) -> Vec<Uuid> {
    let mut below: BTreeMap<Uuid, Vec<(&str, Uuid)>> = BTreeMap::new();
    for (id, seen) in items {
        if let Some(parent) = seen.parent {
            below.entry(parent).or_default().push((&seen.sort_key, *id));
        }
    }
    below.values_mut().for_each(|parts| parts.sort_unstable());
    let (mut listed, mut next) = (Vec::new(), vec![top]);
    while let Some(id) = next.pop() {
        listed.push(id);
        next.extend(below.get(&id).into_iter().flatten().rev().map(|(_, part)| *part));
    }
    listed
}

fn node(seen: &Seen, rolled: RollUp) -> pb::TreeNode {
    let item = &seen.shown;
    pb::TreeNode {
        tier: seen.tier,
        item_id: item.item_id.clone(),
        number: item.number.clone(),
        title: item.title.clone(),
        lead_code: item.lead_code.clone(),
        stage: item.stage,
        percent: rolled.percent,
        due_on: item.due_on.clone(),
        late: item.late,
        below_count: rolled.below,
        open_count: rolled.open,
        late_count: rolled.late,
    }
}

fn sessions(seen: &Seen) -> impl Iterator<Item = pb::TreeSession> + '_ {
    let number = &seen.shown.number;
    seen.sessions.iter().map(|id| pb::TreeSession { number: number.clone(), session_id: id.clone() })
}
