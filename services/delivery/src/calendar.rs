//! What a calendar feed has: the sessions and deadlines that its owner may see now. Nothing is kept of what was shown before;
//! a program that reads the feed again compares.

mod event;
mod page;

use crate::Delivering;
use crate::entry::{Only, What, look};
use crate::letter::Invitation;
use crate::limits::{CALENDAR_DAYS_BACK, CALENDAR_ENTRIES_MAX, CALENDAR_LOADS_AT_ONCE};
use crate::views::calendar::{Entry, entries_since, entry_of, feed_with};
use domain::delivery::calendar_feed::{CalendarFeed, Known, State, Terms};
use domain::delivery::subscription::MailLanguage;
use domain::directory::calendar::Calendar;
use domain::directory::department::Department;
use domain::directory::member::Member;
use domain::scheduling::room::Room;
use domain::scheduling::session::Session;
use domain::{Actor, Aggregate as _, Code, ERASED_PREFIX, Line};
use futures::{StreamExt as _, TryStreamExt as _};
use jiff::SignedDuration;
use page::Page;
use proto::record::changes_nothing;
use service_kit::scope::Scope;
use service_kit::{CommandError, Kit, Record, ViewStore};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry::Vacant;
use tonic::Status;

/// What stands in the calendar, with what is known of it now.
struct Shown {
    entry: Entry,
    what: What,
}

/// The names that are shown in place of codes.
#[derive(Default)]
struct Names {
    departments: BTreeMap<Code, String>,
    rooms: BTreeMap<Code, String>,
}

impl Names {
    fn department(&self, code: &Code) -> String {
        self.departments.get(code).cloned().unwrap_or_else(|| code.to_string())
    }

    fn room(&self, code: &Code) -> String {
        self.rooms.get(code).map_or_else(|| code.to_string(), |name| format!("{name} ({code})"))
    }
}

/// How a reader wants the calendar.
pub(crate) struct Wanted {
    /// Items are tasks, and not events.
    pub(crate) tasks: bool,
    /// Where the pages are; empty if that is not known.
    pub(crate) console_url: String,
}

/// The feed whose secret has this digest, if it can be read still. What the view has is compared with the feed's own history,
/// so that a revocation holds at once. It is looked for among all: the secret says who may read it.
pub(crate) async fn by_secret(
    delivering: &Delivering,
    view: &ViewStore,
    secret_sha256: String,
) -> Result<Option<Box<Known>>, Status> {
    let kit = &delivering.kit;
    let (found, _) = view.query(Scope::whole(), 0, feed_with(secret_sha256.clone())).await?;
    let Some(id) = found else { return Ok(None) };
    let State::Created(known) = kit.load::<CalendarFeed>(id).await? else { return Ok(None) };
    let is_the_one = known.secret_sha256.as_str() == secret_sha256;
    Ok((is_the_one && has_standing(kit, &known.owner).await?).then_some(known))
}

/// Whether the owner of a feed, or a subscriber, still is who they were when it was created: they were not erased, and have not left their
/// department, by the directory.
pub(crate) async fn has_standing(kit: &Kit, owner: &Actor) -> Result<bool, CommandError> {
    // What stands in the place of an erased name.
    if owner.subject.starts_with(ERASED_PREFIX) {
        return Ok(false);
    }
    let (Ok(code), Some(department)) = (Code::parse(&owner.subject), &owner.department) else {
        return Ok(true);
    };
    let member = kit.load::<Member>(Member::id(&code)).await?;
    Ok(!member.has_left(department))
}

/// The address in the directory of somebody who acts for a department: it has them there. Of somebody who acts for none, only
/// those put it down who do not either: what one department's clerks write of a person leads nobody else's letters to them.
pub(crate) async fn address_of(kit: &Kit, owner: &Actor) -> Result<Option<Line>, CommandError> {
    let Ok(code) = Code::parse(&owner.subject) else { return Ok(None) };
    let id = Member::id(&code);
    let member = kit.load::<Member>(id).await?;
    let Some(profile) = member.profile() else { return Ok(None) };
    let is_theirs = match &owner.department {
        Some(department) => profile.department == *department,
        None => {
            let records = kit.journal().read(&Member::stream(id), 0).await?;
            let mut writers = records.iter().filter(|record| !record.events.iter().all(changes_nothing));
            writers.next_back().is_some_and(|record| record.envelope.actor.department.is_none())
        }
    };
    Ok(profile.email.clone().filter(|_| is_theirs))
}

/// The calendar of a feed.
pub(crate) async fn read(
    delivering: &Delivering,
    view: &ViewStore,
    known: &Known,
    wanted: Wanted,
) -> Result<String, Status> {
    let kit = &delivering.kit;
    let scope = kit.scope_of(&known.owner).await?;
    let since = kit.clock().now() - SignedDuration::from_hours(24 * CALENDAR_DAYS_BACK);
    // How often an entry has changed is to be known with what it is.
    let committed = *kit.journal().committed().borrow();
    let entries = entries_since(since, CALENDAR_ENTRIES_MAX);
    let (entries, _) = view.query(scope.clone(), committed, entries).await?;
    let shown: Vec<Option<Shown>> = futures::stream::iter(entries)
        .map(|entry| show(kit, &scope, known, entry))
        .buffered(CALENDAR_LOADS_AT_ONCE)
        .try_collect()
        .await?;
    let shown: Vec<Shown> = shown.into_iter().flatten().collect();
    let names = names(kit, &shown).await?;
    let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?;
    let calendar = calendar.in_force(&delivering.default_calendar);
    Ok(Page { terms: &known.terms, calendar, names: &names, wanted: &wanted, invited: None }.write(&shown))
}

/// Who is invited to a session by mail.
#[derive(Clone, Copy)]
pub(crate) struct Invited<'a> {
    pub(crate) subscriber: &'a Actor,
    /// Their address.
    pub(crate) address: &'a str,
    /// The address that the invitation comes from, and answers go to.
    pub(crate) organizer: &'a str,
    /// Whether answers are read.
    pub(crate) is_answerable: bool,
    pub(crate) language: MailLanguage,
}

/// What calendars are to make of a record of a session, as the session is now; none for somebody whose department does not
/// attend it, or when it never had a time.
pub(crate) async fn invitation(
    delivering: &Delivering,
    view: &ViewStore,
    record: &Record,
    invited: Invited<'_>,
) -> Result<Option<Invitation>, Status> {
    let (kit, id) = (&delivering.kit, record.stream.id);
    let (entry, _) = view.query(Scope::whole(), record.position, entry_of(id)).await?;
    let state = kit.load::<Session>(id).await?;
    let (Some(entry), Some(filed)) = (entry, state.filed()) else { return Ok(None) };
    let attends = |own: &Code| filed.outline.is_attended_by(own);
    if !invited.subscriber.department.as_ref().is_some_and(attends) {
        return Ok(None);
    }
    let takes_place = filed.appointment().is_some();
    let method = if takes_place { "REQUEST" } else { "CANCEL" };
    let invited = Invited { is_answerable: invited.is_answerable && takes_place, ..invited };
    let scope = kit.scope_of(invited.subscriber).await?;
    let filed = filed.seen_by(|audience| scope.covers(audience));
    let shown = [Shown { entry, what: What::Session(Box::new(filed.clone())) }];
    let names = names(kit, &shown).await?;
    let terms =
        Terms { name: filed.outline.title.clone(), department: None, body: None, language: invited.language };
    let wanted = Wanted { tasks: false, console_url: String::new() };
    let calendar = kit.load::<Calendar>(Calendar::realm_id()).await?;
    let calendar = calendar.in_force(&delivering.default_calendar);
    let page =
        Page { terms: &terms, calendar, names: &names, wanted: &wanted, invited: Some((method, invited)) };
    Ok(Some(Invitation { method, icalendar: page.write(&shown) }))
}

/// An entry as it is now, if it is for this feed and its owner may see it.
async fn show(kit: &Kit, scope: &Scope, known: &Known, entry: Entry) -> Result<Option<Shown>, CommandError> {
    let only = Only { department: known.terms.department.as_ref(), body: known.terms.body.as_ref() };
    let what = look(kit, scope, only, &entry).await?;
    Ok(what.map(|what| Shown { entry, what }))
}

async fn names(kit: &Kit, shown: &[Shown]) -> Result<Names, CommandError> {
    let mut names = Names::default();
    for one in shown {
        let departments: Vec<Code> = match &one.what {
            What::Session(filed) => filed.concerned().cloned().collect(),
            What::Item(item) => item.concerned().cloned().collect(),
        };
        for code in departments {
            if let Vacant(unnamed) = names.departments.entry(code) {
                let state = kit.load::<Department>(Department::id(unnamed.key())).await?;
                let name = state.profile().map(|known| known.name.to_string());
                let name = name.unwrap_or_else(|| unnamed.key().to_string());
                unnamed.insert(name);
            }
        }
        if let Some(code) = one.entry.room.clone().filter(|code| !names.rooms.contains_key(code)) {
            let state = kit.load::<Room>(Room::id(&code)).await?;
            if let Some(profile) = state.profile() {
                names.rooms.insert(code, profile.name.to_string());
            }
        }
    }
    Ok(names)
}
