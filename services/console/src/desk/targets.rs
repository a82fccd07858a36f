//! Targets by phase (分阶段目标): what each department is to have done by when, and how far it has come.

mod burn_up;
mod set;

use super::act::{self, Act, Field, Input, Moves};
use super::answer::{Failure, html};
use super::export;
use super::frame::{Frame, Nav, Stamp};
use super::limits::{ROWS_AT_ONCE, ROWS_PER_PAGE};
use super::markup::{Light, Markup};
use super::moment;
use super::pager::Pager;
use super::past::Past;
use super::reader::{Reader, Surroundings};
use super::words::{Words, said};
use super::{Asked, Desk, Query};
use askama::Template;
use burn_up::BurnUp;
use http::Response;
use proto::ledger::v1::GetHeadRequest;
use proto::resolution::v1::{
    GetTargetRequest, ListTargetsRequest, Target, TargetMeasure, TargetPhase, TargetStage, TargetTerms,
};
use set::SetForm;
use tonic::body::Body;

const REASON: Field = Field { path: "reason", label: said("Why"), input: Input::Text };

/// What can be done with a target.
pub(super) const ACTS: &[Act] = &[
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ChangeTarget",
        label: said("Change the target"),
        fields: &[
            Field { path: "goal", label: said("What is to be reached"), input: Input::Number },
            Field { path: "endsOn", label: said("Last day"), input: Input::Date },
            REASON,
        ],
        sample: r#"{"goal": 1, "endsOn": "9999-12-31", "reason": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/WithdrawTarget",
        label: said("Withdraw the target"),
        fields: &[REASON],
        sample: r#"{"reason": "-"}"#,
    },
];

#[cfg(test)]
pub(super) use set::ACTS as SETTING;

/// A target in the list.
struct Row {
    href: String,
    title: String,
    department: String,
    phase: String,
    goal: String,
    value: String,
    until: Markup,
    light: Markup,
    /// What was first set, where that is something else.
    first: String,
}

#[derive(Template)]
#[template(path = "targets.html")]
struct TargetsPage {
    frame: Frame,
    lede: String,
    department: String,
    phase: String,
    departments: Vec<(String, String)>,
    phases: Vec<(&'static str, String)>,
    missed: bool,
    rows: Vec<Row>,
    pager: Pager,
    /// For those who may set one.
    set: Option<SetForm>,
}

/// The phases, by their names in addresses.
const PHASES: [(&str, TargetPhase); 3] =
    [("now", TargetPhase::Now), ("next_year", TargetPhase::NextYear), ("long_term", TargetPhase::LongTerm)];

/// The list.
pub(super) async fn list(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    listed(desk, reader, asked, None).await
}

/// Sets a target, and shows it.
pub(super) async fn set(desk: &Desk, reader: &Reader, asked: &Asked) -> Result<Response<Body>, Failure> {
    match set::carried_out(reader, &Query::of(&asked.body)).await? {
        Ok(done) => Ok(done),
        Err(refused) => {
            let page = listed(desk, reader, asked, Some((&refused.form, &refused.status))).await?;
            Ok(refused.on(page))
        }
    }
}

async fn listed(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    refused: Option<(&Query, &tonic::Status)>,
) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let around = reader.surroundings(desk).await?;
    let past = Past::read(reader, &query, &around.calendar).await?;
    let named = query.get("phase");
    let phase = named.and_then(|name| PHASES.into_iter().find(|(known, _)| *known == name));
    let request = ListTargetsRequest {
        page_size: ROWS_PER_PAGE,
        page_token: Pager::token(&query),
        department_code: query.get("department").map(str::to_owned),
        phase: phase.map(|(_, phase)| phase.into()),
        missed: query.get("missed").map(|_| true),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    };
    if let Some(form) = export::wanted(&query) {
        return export::list(desk, reader, asked, request, form).await;
    }
    let answer = reader.ask(request).await?;
    let mut frame = Frame::new(reader, &around, asked, Nav::Targets, words.t("Targets"));
    frame.offer_files(&query, "/targets");
    frame.stamp =
        Some(Stamp::new(reader, &around.calendar, answer.evaluated_at, answer.position, "/v1/targets").await);
    past.show(words, &query, &mut frame);
    if let Some((form, status)) = refused {
        frame.notice = Some(act::not_done(reader, ACTS, form, status));
    }
    let pager = Pager::new(&query, "/targets", &answer.next_page_token);
    let departments = around.directory.departments().iter();
    let page = TargetsPage {
        lede: lede(words, &answer.targets, pager.is_whole()),
        set: set::form(reader, past.is_asked(), refused.map(|(form, _)| form)),
        department: query.get("department").unwrap_or_default().to_owned(),
        phase: named.unwrap_or_default().to_owned(),
        departments: departments.map(|known| (known.code.clone(), known.name.clone())).collect(),
        phases: PHASES.map(|(name, phase)| (name, phase_word(words, phase.into()))).into(),
        missed: query.get("missed").is_some(),
        rows: answer.targets.iter().map(|target| row(words, &around, &past, target)).collect(),
        pager,
        frame,
    };
    Ok(html(&page))
}

fn phase_word(words: Words, phase: i32) -> String {
    words.value("huishang.resolution.v1.TargetPhase", phase)
}

fn lede(words: Words, targets: &[Target], is_whole: bool) -> String {
    let count = |stage| targets.iter().filter(|target| target.stage() == stage).count();
    let [reached, missed, open] = [TargetStage::Reached, TargetStage::Missed, TargetStage::Open].map(count);
    let sentence = match is_whole {
        true => said("{reached} targets are reached, {missed} missed, {open} open."),
        false => said("On this page {reached} targets are reached, {missed} missed, {open} open."),
    };
    words.say(sentence, &[("reached", &reached), ("missed", &missed), ("open", &open)])
}

fn row(words: Words, around: &Surroundings, past: &Past, target: &Target) -> Row {
    let terms = target.terms.clone().unwrap_or_default();
    let is_changed = (target.first_goal, &target.first_ends_on) != (terms.goal, &terms.ends_on);
    let first =
        TargetTerms { goal: target.first_goal, ends_on: target.first_ends_on.clone(), ..terms.clone() };
    let first = words.say(
        "{goal} by {date}",
        &[("goal", &goal(words, &first)), ("date", &moment::day_text(words, &first.ends_on))],
    );
    Row {
        href: past.link(&format!("/targets/{}", target.target_id)),
        title: terms.title.clone(),
        department: around.directory.name(&terms.department_code),
        phase: phase_word(words, terms.phase),
        goal: goal(words, &terms),
        value: value(terms.measure(), target.value),
        until: moment::full_day(words, &terms.ends_on),
        light: light(words, target),
        first: if is_changed { first } else { String::new() },
    }
}

/// What is to be reached, such as `办结率 80 %`.
fn goal(words: Words, terms: &TargetTerms) -> String {
    let measure = words.value("huishang.resolution.v1.TargetMeasure", terms.measure);
    format!("{measure} {}", value(terms.measure(), Some(terms.goal)))
}

fn value(measure: TargetMeasure, value: Option<u32>) -> String {
    match (value, measure) {
        (None, _) => "–".to_owned(),
        (Some(value), TargetMeasure::ShareDone | TargetMeasure::ShareKept) => format!("{value} %"),
        (Some(value), _) => value.to_string(),
    }
}

fn light(words: Words, target: &Target) -> Markup {
    let stage = words.value("huishang.resolution.v1.TargetStage", target.stage);
    match target.stage() {
        TargetStage::Reached => Markup::light(Light::Green, &stage),
        TargetStage::Missed => Markup::light(Light::Red, &stage),
        TargetStage::Open => Markup::light(Light::Amber, &stage),
        _ => Markup::text(&stage),
    }
}

#[derive(Template)]
#[template(path = "target.html")]
struct TargetPage {
    frame: Frame,
    row: Row,
    from: Markup,
    scope: u32,
    done: u32,
    first_missed: bool,
    body: Option<String>,
    withdrawn: Option<String>,
    burn_up: BurnUp,
    is_past: bool,
    moves: Moves,
    expected_position: u64,
}

/// The page of one.
pub(super) async fn page(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    show(desk, reader, asked, id, None).await
}

/// Carries out an act on a target, and shows what came of it.
pub(super) async fn act(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
) -> Result<Response<Body>, Failure> {
    let page = async |form: &Query, status: &tonic::Status| {
        show(desk, reader, asked, id, Some((form, status))).await
    };
    act::carried_out(reader, asked, ACTS, (|_| "targetId", id), "/targets", page).await
}

async fn show(
    desk: &Desk,
    reader: &Reader,
    asked: &Asked,
    id: &str,
    refused: Option<(&Query, &tonic::Status)>,
) -> Result<Response<Body>, Failure> {
    let (words, query) = (reader.words, asked.query());
    let seen = act::changed_at(refused.map(|(_, status)| status));
    let around = reader.surroundings(desk).await?;
    let past = Past::read(reader, &query, &around.calendar).await?;
    let request = GetTargetRequest {
        at_least_position: query.number("at").unwrap_or_default().max(seen),
        target_id: id.to_owned(),
        as_of_at: past.at,
        as_of_position: past.position,
    };
    let (answer, head) =
        futures::future::try_join(async { Ok::<_, Failure>(reader.ask(request).await?) }, async {
            Ok(reader.ask(GetHeadRequest::default()).await?)
        })
        .await?;
    let target = answer.target.ok_or(Failure::NotFound)?;
    let terms = target.terms.clone().unwrap_or_default();
    let moves = match past.is_asked() {
        true => Moves::default(),
        false => {
            let of = [("targetId", target.target_id.as_str())];
            act::moves(reader, ACTS, &of, refused.map(|(form, _)| form)).await?
        }
    };
    let mut frame = Frame::new(reader, &around, asked, Nav::Targets, &terms.title);
    let (at, position) = (past.at.or(head.clock_at), past.position.unwrap_or(answer.position));
    let api = format!("/v1/targets/{}", target.target_id);
    frame.stamp = Some(Stamp::new(reader, &around.calendar, at, position, &api).await);
    frame.typed = act::typed(words, ACTS, refused);
    frame.notice = match refused {
        Some((form, status)) => Some(act::not_done(reader, ACTS, form, status)),
        None => act::done(words, ACTS, asked).or_else(|| act::done(words, set::ACTS, asked)),
    };
    past.show(words, &query, &mut frame);
    let page = TargetPage {
        row: row(words, &around, &past, &target),
        from: moment::full_day(words, &terms.starts_on),
        scope: target.scope,
        done: target.done,
        first_missed: target.first_missed,
        body: terms.body_code.clone(),
        withdrawn: target.withdrawn_reason.clone(),
        burn_up: burn_up::of(words, &around.calendar, &terms, &answer.points),
        is_past: past.is_asked(),
        moves,
        expected_position: answer.position,
        frame,
    };
    Ok(html(&page))
}

/// The targets that are missed, from all pages.
pub(super) async fn missed(reader: &Reader, past: &Past) -> Result<Vec<Target>, tonic::Status> {
    let page_after = |page_token| ListTargetsRequest {
        page_size: ROWS_AT_ONCE,
        page_token,
        missed: Some(true),
        as_of_at: past.at,
        as_of_position: past.position,
        ..Default::default()
    };
    reader.all(page_after, |page| (page.targets, page.next_page_token)).await
}
