//! Today (今日): what needs its reader now, and what became late since they last looked.

mod answers;
mod calls;

use super::answer::{Failure, html};
use super::board::{Board, COLUMNS, Cell, href, light_of, light_word};
use super::cookies;
use super::frame::{Frame, Nav, Stamp};
use super::items::late_request;
use super::limits::ROWS_PER_PAGE;
use super::markup::{Light, Markup};
use super::moment::{self, Calendar};
use super::past::{Past, Since};
use super::reader::{Reader, Surroundings};
use super::words::Words;
use super::{Asked, Desk};
use askama::Template;
use futures::future::try_join_all;
use http::Response;
use http::header::SET_COOKIE;
use prost_types::Timestamp;
use proto::followup::v1::{
    BoardColumn, FollowUp, ListFollowUpsRequest, ListNoticesRequest, Notice, NoticeKind,
};
use proto::resolution::v1::{Item, ItemStage, ListItemsRequest};
use tonic::Status;
use tonic::body::Body;

const VISIT: &str = "looked";
/// Since when it is asked what became late, in place of the last visit.
const SINCE: &str = "since";
/// Seconds of quiet that end a visit.
const VISIT_SECONDS: i64 = 30 * 60;

/// Something that waits for the reader.
struct Task {
    /// The page of what it is about.
    href: String,
    /// Empty where it has none.
    number: String,
    due_on: String,
    lead: String,
    light: Light,
    light_word: String,
    title: String,
    sentence: Markup,
    /// What to do about it: its name as an act, and the word for it.
    act: &'static str,
    act_word: &'static str,
}

struct Figure {
    count: usize,
    name: &'static str,
    href: String,
}

struct Late {
    href: String,
    number: String,
    title: String,
    lead: String,
    due: Markup,
}

struct DepartmentLights {
    code: String,
    name: String,
    light: Markup,
    cells: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "today.html")]
struct TodayPage {
    frame: Frame,
    lede: Vec<Markup>,
    figures: Vec<Figure>,
    tasks: Vec<Task>,
    late: Vec<Late>,
    since: Markup,
    /// Where it is shown what else changed since.
    changed: String,
    columns: Vec<&'static str>,
    lights: Vec<DepartmentLights>,
    totals: Vec<Cell>,
    summary: String,
}

/// The columns beside the lights.
const LIGHT_COLUMNS: [usize; 4] = [2, 1, 3, 0];

/// The page.
pub(super) async fn page(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    let words = reader.words;
    let (around, board) = futures::future::try_join(reader.surroundings(desk), async {
        Ok(Board::read(reader, &Past::default()).await?)
    })
    .await?;
    let now = board.evaluated_at.unwrap_or_default();
    let visit = Visit::read(asked, &around.calendar, now.seconds);
    let (tasks, became_late) =
        futures::future::try_join(tasks(reader, &around), became_late(reader, visit.previous)).await?;
    let since = around.calendar.short(words, &Timestamp { seconds: visit.previous, nanos: 0 });
    let mut frame = Frame::new(reader, &around, asked, Nav::Today, words.t("Today"));
    frame.stamp = Some(
        Stamp::new(reader, &around.calendar, board.evaluated_at, board.position, "/v1/follow-ups").await,
    );
    let looked = jiff::Timestamp::from_second(visit.previous).unwrap_or_default();
    frame.made_with = Some((SINCE, looked.to_string()));
    let page = TodayPage {
        lede: lede(words, &tasks, became_late.len(), &since),
        figures: figures(words, &board, tasks.len(), became_late.len()),
        late: became_late.iter().map(|notice| late(words, &around, notice)).collect(),
        columns: LIGHT_COLUMNS.map(|at| words.t(COLUMNS[at].title)).to_vec(),
        lights: lights(words, &around, &board),
        totals: cells(&board.totals, None),
        summary: words.say("{n} departments", &[("n", &board.rows.len())]),
        tasks,
        since: Markup::fill(words.t("You last looked on {moment}."), &[("moment", since)]),
        changed: Since::of_moment(looked).link("/board"),
        frame,
    };
    let mut response = html(&page);
    // Whoever follows the address on a printed page has not looked at what is new to them.
    if asked.query().get(SINCE).is_none() {
        response.headers_mut().append(SET_COOKIE, cookies::prefer(VISIT, &visit.noted(), desk.https));
    }
    Ok(response)
}

/// When the reader last looked here, in seconds since 1970, before the visit that goes on; none if that is not known.
pub(super) fn looked(asked: &Asked) -> Option<i64> {
    let noted = cookies::sent(&asked.head.headers, VISIT)?;
    noted.split_once('.')?.0.parse().ok()
}

/// When the reader looked: now, and the last time before this visit. It is the clock of the log, which may be that of a
/// rehearsal.
struct Visit {
    now: i64,
    previous: i64,
}

impl Visit {
    fn read(asked: &Asked, calendar: &Calendar, now: i64) -> Visit {
        let query = asked.query();
        let moment = |text: &str| text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
        let since =
            query.get(SINCE).and_then(|text| moment(text).or_else(|| Some(calendar.read(text)?.seconds)));
        if let Some(previous) = since.filter(|since| *since <= now) {
            return Visit { now, previous };
        }
        let noted = cookies::sent(&asked.head.headers, VISIT).and_then(|noted| {
            let (previous, last) = noted.split_once('.')?;
            Some((previous.parse::<i64>().ok()?, last.parse::<i64>().ok()?))
        });
        let day_before = now - 24 * 60 * 60;
        match noted {
            Some((_, last)) if last <= now && now - last >= VISIT_SECONDS => Visit { now, previous: last },
            Some((previous, last)) if last <= now => Visit { now, previous },
            _ => Visit { now, previous: day_before },
        }
    }

    fn noted(&self) -> String {
        format!("{}.{}", self.previous, self.now)
    }
}

async fn became_late(reader: &Reader, since: i64) -> Result<Vec<Notice>, Failure> {
    let request = ListNoticesRequest {
        page_size: ROWS_PER_PAGE,
        order_by: "occurred_at desc".into(),
        kinds: vec![NoticeKind::Overdue.into()],
        starts_at: Some(Timestamp { seconds: since, nanos: 0 }),
        ..Default::default()
    };
    Ok(reader.ask(request).await?.notices)
}

/// What waits for the reader, by what their token says that they are; the worst first.
async fn tasks(reader: &Reader, around: &Surroundings) -> Result<Vec<Task>, Failure> {
    let mut tasks = Vec::new();
    let holder = &reader.holder;
    if holder.is("supervisor") {
        tasks.extend(for_supervisors(reader, around).await?);
    }
    if let Some(department) = holder.department.as_deref().filter(|_| holder.is("leader")) {
        tasks.extend(for_leader(reader, around, department).await?);
    }
    if let Some(department) = holder.department.as_deref().filter(|_| holder.is("department-lead")) {
        tasks.extend(for_lead(reader, around, department).await?);
    }
    let (calls, awaited) =
        futures::future::try_join(calls::waiting(reader, around), answers::awaited(reader, around)).await?;
    tasks.extend(calls.into_iter().chain(awaited));
    let mut seen = std::collections::BTreeSet::new();
    tasks.retain(|task| seen.insert((task.href.clone(), task.number.is_empty().then_some(task.act))));
    // The worst first: of what is equally bad, what is due first.
    tasks.sort_by(|one, other| (one.light, &one.due_on).cmp(&(other.light, &other.due_on)));
    Ok(tasks)
}

async fn for_supervisors(reader: &Reader, around: &Surroundings) -> Result<Vec<Task>, Status> {
    let words = reader.words;
    let list = async |request: ListItemsRequest| {
        Ok::<_, Status>(reader.ask(ListItemsRequest { page_size: ROWS_PER_PAGE, ..request }).await?.items)
    };
    let stage = |stage: ItemStage| ListItemsRequest { stage: Some(stage.into()), ..Default::default() };
    let extension = ListItemsRequest { extension_requested: Some(true), ..Default::default() };
    let lists =
        try_join_all([stage(ItemStage::Claimed), stage(ItemStage::Contested), extension].map(list)).await?;
    let late = reader.ask(late_request(None, &[BoardColumn::Late, BoardColumn::Escalated])).await?;
    let [claimed, contested, extended]: [Vec<Item>; 3] = lists.try_into().unwrap_or_default();
    let judged_here = claimed.iter().filter(|item| item.acceptor_code.is_none());
    let claimed = judged_here.map(|item| {
        let sentence = Markup::text(words.t("It is claimed to be done, and waits for your judgement."));
        task(
            around,
            item,
            Light::Amber,
            words.t("Yellow, to be judged"),
            sentence,
            "AcceptWork",
            words.t("Judge…"),
        )
    });
    let contested = contested.iter().map(|item| {
        let sentence = Markup::text(words.t("Its lead contests it; you rule."));
        task(
            around,
            item,
            Light::Amber,
            words.t("Yellow, contested"),
            sentence,
            "ResolveContest",
            words.t("Rule…"),
        )
    });
    let extended = extended.iter().map(|item| {
        let due = moment::day(words, item.extension_due_on.as_deref().unwrap_or_default());
        let sentence = Markup::fill(words.t("Its lead asks for time until {date}."), &[("date", due)]);
        let light = if item.late { Light::Red } else { Light::Amber };
        let word = if item.late { words.t("Red, late") } else { words.t("Yellow, extension requested") };
        task(around, item, light, word, sentence, "GrantExtension", words.t("Decide…"))
    });
    let late = late.follow_ups.iter().map(|row| late_task(words, around, row, "UrgeItem", words.t("Urge…")));
    Ok(extended.chain(late).chain(claimed).chain(contested).collect())
}

/// What was escalated to the leadership, and waits for its word.
async fn for_leader(reader: &Reader, around: &Surroundings, department: &str) -> Result<Vec<Task>, Status> {
    let words = reader.words;
    let escalated = ListFollowUpsRequest {
        leader_code: Some(department.to_owned()),
        ..late_request(None, &[BoardColumn::Late])
    };
    let rows = reader.ask(escalated).await?.follow_ups;
    Ok(rows.iter().map(|row| late_task(words, around, row, "InstructItem", words.t("Instruct…"))).collect())
}

async fn for_lead(reader: &Reader, around: &Surroundings, department: &str) -> Result<Vec<Task>, Status> {
    let words = reader.words;
    let list = async |request: ListItemsRequest| {
        Ok::<_, Status>(reader.ask(ListItemsRequest { page_size: ROWS_PER_PAGE, ..request }).await?.items)
    };
    let assigned = ListItemsRequest {
        lead_code: Some(department.to_owned()),
        stage: Some(ItemStage::Assigned.into()),
        ..Default::default()
    };
    let called_upon =
        ListItemsRequest { called_upon_code: Some(department.to_owned()), ..Default::default() };
    let lists = try_join_all([assigned, called_upon].map(list)).await?;
    let late = reader.ask(late_request(Some(department.to_owned()), &[BoardColumn::Late])).await?;
    let [assigned, called_upon]: [Vec<Item>; 2] = lists.try_into().unwrap_or_default();
    let assigned = assigned.iter().map(|item| {
        let sentence = Markup::fill(
            words.t("It is assigned to you; acknowledge it by {moment}."),
            &[("moment", around.calendar.short(words, &item.acknowledge_by.unwrap_or_default()))],
        );
        let word = words.t("Yellow, unacknowledged");
        task(around, item, Light::Amber, word, sentence, "AcknowledgeItem", words.t("Acknowledge…"))
    });
    let called_upon = called_upon.iter().map(|item| {
        let sentence = Markup::text(words.t("It waits for your department, to help or to judge."));
        task(around, item, Light::Amber, words.t("Yellow, waits for you"), sentence, "next", words.t("Open…"))
    });
    let late = late.follow_ups.iter().map(|row| late_task(words, around, row, "next", words.t("Open…")));
    Ok(late.chain(assigned).chain(called_upon).collect())
}

fn task(
    around: &Surroundings,
    item: &Item,
    light: Light,
    light_word: &str,
    sentence: Markup,
    act: &'static str,
    act_word: &'static str,
) -> Task {
    Task {
        href: format!("/items/{}", item.item_id),
        number: item.number.clone(),
        due_on: item.due_on.clone(),
        lead: around.directory.name(&item.lead_code),
        light,
        light_word: light_word.to_owned(),
        title: item.title.clone(),
        sentence,
        act,
        act_word,
    }
}

fn late_task(
    words: Words,
    around: &Surroundings,
    row: &FollowUp,
    act: &'static str,
    act_word: &'static str,
) -> Task {
    let subject = row.subject.clone().unwrap_or_default();
    let days =
        words.say("It was due on {date}, {n} days ago.", &[("date", &"{date}"), ("n", &row.days_late)]);
    let next = row.next_notice_at.map(|next| {
        Markup::fill(
            words.t("The next notice goes out on {moment}."),
            &[("moment", around.calendar.short(words, &next))],
        )
    });
    let due = Markup::fill(&days, &[("date", moment::day(words, &subject.due_on))]);
    Task {
        href: format!("/items/{}", row.item_id),
        number: subject.number,
        due_on: subject.due_on,
        lead: around.directory.name(&subject.lead_code),
        light: Light::Red,
        light_word: words.t("Red, late").to_owned(),
        title: subject.title,
        sentence: Markup::join([Some(due), next].into_iter().flatten(), " "),
        act,
        act_word,
    }
}

fn lede(words: Words, tasks: &[Task], became_late: usize, since: &Markup) -> Vec<Markup> {
    let first = match tasks.first() {
        None => Markup::text(words.t("Nothing waits for you.")),
        Some(first) => Markup::fill(
            words.t("{tasks} for you; begin with {first} of {lead}."),
            &[
                ("tasks", Markup::link("#mine", &waiting(words, tasks.len()))),
                ("first", Markup::link(&first.href, &first.title)),
                ("lead", Markup::text(&first.lead)),
            ],
        ),
    };
    let late = match became_late {
        0 => Markup::fill(words.t("Nothing became late since {moment}."), &[("moment", since.clone())]),
        n => Markup::fill(
            words.t("{late} late since {moment}."),
            &[
                ("late", Markup::link("#new", &words.say("{n} became", &[("n", &n)]))),
                ("moment", since.clone()),
            ],
        ),
    };
    vec![first, late]
}

fn waiting(words: Words, tasks: usize) -> String {
    match tasks {
        1 => words.t("1 item waits").to_owned(),
        n => words.say("{n} items wait", &[("n", &n)]),
    }
}

fn figures(words: Words, board: &Board, tasks: usize, became_late: usize) -> Vec<Figure> {
    let of_column = |at: usize| {
        let column = &COLUMNS[at];
        let count = column.count(&board.totals) as usize;
        Figure { count, name: words.t(column.title), href: href(None, column.name) }
    };
    let here = |count, name, href: &str| Figure { count, name, href: href.to_owned() };
    vec![
        here(tasks, words.t("Wait for me"), "#mine"),
        here(became_late, words.t("Became late"), "#new"),
        of_column(2),
        of_column(1),
        of_column(3),
    ]
}

fn late(words: Words, around: &Surroundings, notice: &Notice) -> Late {
    Late {
        href: format!("/items/{}", notice.item_id),
        number: notice.number.clone(),
        title: notice.title.clone(),
        lead: around.directory.name(&notice.lead_code),
        due: around.calendar.short(words, &notice.deadline_at.unwrap_or_default()),
    }
}

fn cells(counts: &proto::followup::v1::BoardCounts, lead: Option<&str>) -> Vec<Cell> {
    let cell = |at: usize| {
        let column = &COLUMNS[at];
        let count = column.count(counts);
        Cell {
            count,
            href: (count > 0).then(|| href(lead, column.name)),
            class: if count == 0 { "nil" } else { "" },
            ..Cell::default()
        }
    };
    LIGHT_COLUMNS.map(cell).to_vec()
}

/// Departments that have something open, the worst first.
fn lights(words: Words, around: &Surroundings, board: &Board) -> Vec<DepartmentLights> {
    let mut lit: Vec<(Light, DepartmentLights)> = board
        .rows
        .iter()
        .filter_map(|row| {
            let counts = row.counts.unwrap_or_default();
            let light = light_of(&counts)?;
            let lights = DepartmentLights {
                code: row.department_code.clone(),
                name: around.directory.name(&row.department_code),
                light: Markup::light(light, light_word(words, light)),
                cells: cells(&counts, Some(&row.department_code)),
            };
            Some((light, lights))
        })
        .collect();
    lit.sort_by_key(|(light, _)| *light);
    lit.into_iter().map(|(_, lights)| lights).collect()
}
