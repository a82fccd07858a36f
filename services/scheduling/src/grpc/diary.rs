//! Diaries: absences that people record, busy times of calendars that are kept elsewhere, and when all of them are.

use super::{Reply, Service};
use crate::{facts, views};
use domain::directory::department::Department;
use domain::directory::member::Member;
use domain::scheduling::availability::{
    Availability, Command, Holder, HolderKind, Imported, Keepers, Outcome, State,
};
use domain::scheduling::room::Room;
use domain::scheduling::slots::{Busy, WINDOW_DAYS_MAX};
use domain::{Code, Line, Text, Timestamp, Uuid};
use jiff::SignedDuration;
use proto::scheduling::v1 as pb;
use proto::{Invalid, Wire as _};
use service_kit::handle::Executed;
use service_kit::outbound::{Target, Validators};
use service_kit::serve::{check_window, read};
use service_kit::{CommandContext, CommandError, Scope, ScopedTables, UnitOfWork};
use tonic::{Request, Response};

/// Days that are shown when no end is given.
const SHOWN_DAYS_DEFAULT: i64 = 7;

/// Refuses a holder that does not exist, and says who keeps it.
async fn keepers(unit: &mut UnitOfWork, holder: &Holder) -> Result<Keepers, CommandError> {
    let unknown = || CommandError::rejected::<Availability>(holder.unknown());
    let department = match holder.kind {
        HolderKind::Department => {
            let state = unit.load::<Department>(Department::id(&holder.code)).await?;
            state.profile().ok_or_else(unknown)?;
            Some(holder.code.clone())
        }
        HolderKind::Room => {
            let state = unit.load::<Room>(Room::id(&holder.code)).await?;
            state.profile().ok_or_else(unknown)?;
            state.department().cloned()
        }
        HolderKind::Member => {
            let state = unit.load::<Member>(Member::id(&holder.code)).await?;
            Some(state.known_as(&holder.code).ok_or_else(unknown)?.department.clone())
        }
    };
    Ok(Keepers { department, answered_for: facts::answered_for(unit).await? })
}

impl Service {
    /// Carries out a command on what keeps a holder busy, which is made with those who keep it.
    async fn keep_diary(
        &self,
        context: &CommandContext,
        holder: &Holder,
        command: impl Fn(Keepers) -> Command + Clone + Send + Sync + 'static,
    ) -> Result<Executed<Availability>, CommandError> {
        let id = Availability::id(holder);
        let decided = self.kit.commit::<Availability, _>(context, id, |unit| {
            let (command, holder) = (command.clone(), holder.clone());
            Box::pin(async move {
                let command = command(keepers(unit, &holder).await?);
                unit.decide::<Availability>(id, command).await
            })
        });
        decided.await
    }
}

impl Service {
    /// What keeps a holder busy, as it is now.
    fn availability(&self, holder: &Holder, state: &State) -> pb::Availability {
        let mut absences: Vec<_> = state.absences.iter().collect();
        absences.sort_by_key(|(_, time)| **time);
        let absence = |(id, time): (&Uuid, &Busy)| pb::Absence {
            absence_id: id.to_string(),
            starts_at: time.starts_at.to_wire(),
            ends_at: time.ends_at.to_wire(),
        };
        let calendars = state.calendars.iter();
        pb::Availability {
            holder: Some(holder.to_wire()),
            absences: absences.into_iter().map(absence).collect(),
            calendars: calendars.map(|(name, known)| self.calendar(name, known)).collect(),
        }
    }

    /// A calendar that is kept elsewhere. Of where it is, its server is shown, as the rest may be a secret.
    fn calendar(&self, name: &Line, known: &Imported) -> pb::ImportedCalendar {
        let subscribed = known.subscribed.as_ref();
        let failing = subscribed.and_then(|subscribed| subscribed.failing);
        let origin = |url: &Text| {
            let target = Target::parse(url.as_str(), self.calendars.connector.policy());
            target.map(|target| target.origin()).unwrap_or_default()
        };
        pb::ImportedCalendar {
            name: name.to_wire(),
            read_at: known.read_at.to_wire(),
            time_count: u32::try_from(known.times.len()).unwrap_or(u32::MAX),
            origin: subscribed.map(|subscribed| origin(&subscribed.url)),
            stale_since_at: known.stale_since(self.kit.clock().now()).to_wire(),
            failure: failing.map(|failing| failing.failure.to_wire()),
            http_status: failing.and_then(|failing| failing.http_status),
        }
    }

    /// The department of a member; none when nobody has this code.
    async fn department_of(&self, member: &Code) -> Result<Option<Code>, CommandError> {
        let state = self.kit.load::<Member>(Member::id(member)).await?;
        Ok(state.known_as(member).map(|profile| profile.department.clone()))
    }

    /// Refuses members of departments for which somebody neither answers nor oversees, as if nobody had their codes.
    async fn must_see(&self, scope: &Scope, members: &[Holder]) -> Result<(), CommandError> {
        for member in members {
            let department = self.department_of(&member.code).await?;
            if department.is_none() || !is_for(scope, department.as_ref()) {
                return Err(CommandError::rejected::<Availability>(member.unknown()));
            }
        }
        Ok(())
    }

    /// The calendars of these holders, as far as somebody answers for them or oversees.
    async fn calendars_of(
        &self,
        scope: &Scope,
        holders: Vec<Holder>,
    ) -> Result<Vec<pb::DiaryCalendar>, CommandError> {
        let mut found = Vec::new();
        for holder in holders {
            let keeper = match holder.kind {
                HolderKind::Department => Some(holder.code.clone()),
                HolderKind::Room => {
                    self.kit.load::<Room>(Room::id(&holder.code)).await?.department().cloned()
                }
                HolderKind::Member => self.department_of(&holder.code).await?,
            };
            if !is_for(scope, keeper.as_ref()) {
                continue;
            }
            let state = self.kit.load::<Availability>(Availability::id(&holder)).await?;
            found.extend(state.calendars.iter().map(|(name, known)| pb::DiaryCalendar {
                holder: Some(holder.to_wire()),
                calendar: Some(self.calendar(name, known)),
            }));
        }
        Ok(found)
    }
}

/// Whether what is this department's own business, or nobody's, is for somebody: they answer for it, or oversee.
fn is_for(scope: &Scope, department: Option<&Code>) -> bool {
    scope.is_whole() || department.is_some_and(|code| scope.covers_department(code))
}

pub(super) async fn record_absence(
    service: &Service,
    request: Request<pb::RecordAbsenceRequest>,
) -> Reply<pb::RecordAbsenceResponse> {
    let (context, request) = service.kit.receive(request)?;
    let holder: Holder = read("holder", request.holder)?;
    let starts_at: Timestamp = read("starts_at", request.starts_at)?;
    let ends_at: Timestamp = read("ends_at", request.ends_at)?;
    let absence = context.new_id("absence");
    let of = holder.clone();
    let command =
        move |keepers| Command::RecordAbsence { holder: of.clone(), absence, starts_at, ends_at, keepers };
    let done = service.keep_diary(&context, &holder, command).await?;
    Ok(Response::new(pb::RecordAbsenceResponse {
        position: done.position,
        availability: Some(service.availability(&holder, done.state())),
        absence_id: absence.to_string(),
    }))
}

pub(super) async fn withdraw_absence(
    service: &Service,
    request: Request<pb::WithdrawAbsenceRequest>,
) -> Reply<pb::WithdrawAbsenceResponse> {
    let (context, request) = service.kit.receive(request)?;
    let holder: Holder = read("holder", request.holder)?;
    let absence: Uuid = read("absence_id", request.absence_id)?;
    let command = move |keepers| Command::WithdrawAbsence { absence, keepers };
    let done = service.keep_diary(&context, &holder, command).await?;
    let availability = Some(service.availability(&holder, done.state()));
    Ok(Response::new(pb::WithdrawAbsenceResponse { position: done.position, availability }))
}

pub(super) async fn import(
    service: &Service,
    request: Request<pb::ImportBusyTimesRequest>,
) -> Reply<pb::ImportBusyTimesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let holder: Holder = read("holder", request.holder)?;
    let calendar: Line = read("calendar", request.calendar)?;
    let times = service.calendars.busy_times(request.content).await?;
    let times = times.map_err(|fault| Invalid::field("content", fault.to_string()))?;
    let time_count = u32::try_from(times.len()).unwrap_or(u32::MAX);
    let of = holder.clone();
    let command = move |keepers| Command::Import {
        holder: of.clone(),
        calendar: calendar.clone(),
        times: times.clone(),
        keepers,
    };
    let done = service.keep_diary(&context, &holder, command).await?;
    let availability = Some(service.availability(&holder, done.state()));
    Ok(Response::new(pb::ImportBusyTimesResponse { position: done.position, availability, time_count }))
}

pub(super) async fn subscribe(
    service: &Service,
    request: Request<pb::SubscribeBusyTimesRequest>,
) -> Reply<pb::SubscribeBusyTimesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let holder: Holder = read("holder", request.holder)?;
    let calendar: Line = read("calendar", request.calendar)?;
    let url: Text = read("url", request.url)?;
    Target::parse(url.as_str(), service.calendars.connector.policy())
        .map_err(|fault| Invalid::field("url", fault.to_string()))?;
    let (of, subscription) = (holder.clone(), context.new_id("subscription"));
    let command = move |keepers| Command::Subscribe {
        holder: of.clone(),
        calendar: calendar.clone(),
        subscription,
        url: url.clone(),
        keepers,
    };
    let done = service.keep_diary(&context, &holder, command).await?;
    let availability = Some(service.availability(&holder, done.state()));
    Ok(Response::new(pb::SubscribeBusyTimesResponse { position: done.position, availability }))
}

pub(super) async fn refresh(
    service: &Service,
    request: Request<pb::RefreshBusyTimesRequest>,
) -> Reply<pb::RefreshBusyTimesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let holder: Holder = read("holder", request.holder)?;
    let calendar: Line = read("calendar", request.calendar)?;
    let refresh = |outcome: Outcome| {
        let calendar = calendar.clone();
        move |keepers| Command::Refresh { calendar: calendar.clone(), outcome: outcome.clone(), keepers }
    };
    // Nothing is read for whoever may not have it read.
    let asking = CommandContext { validate_only: true, ..context.clone() };
    let asked = service.keep_diary(&asking, &holder, refresh(Outcome::Unchanged)).await?;
    let subscribed = asked.state().subscribed(&calendar).filter(|_| !context.validate_only);
    let (done, attempt) = match subscribed {
        None => (asked, pb::CalendarAttempt::Unspecified),
        Some((_, subscribed)) => {
            let url = subscribed.url.as_str();
            let (outcome, _) = service.calendars.attempt(url, &Validators::default()).await?;
            let attempt = match outcome {
                Outcome::Failed { .. } => pb::CalendarAttempt::Failed,
                Outcome::Unchanged | Outcome::Read(_) => pb::CalendarAttempt::Read,
            };
            (service.keep_diary(&context, &holder, refresh(outcome)).await?, attempt)
        }
    };
    Ok(Response::new(pb::RefreshBusyTimesResponse {
        position: done.position,
        availability: Some(service.availability(&holder, done.state())),
        attempt: attempt.into(),
    }))
}

pub(super) async fn forget(
    service: &Service,
    request: Request<pb::ForgetBusyTimesRequest>,
) -> Reply<pb::ForgetBusyTimesResponse> {
    let (context, request) = service.kit.receive(request)?;
    let holder: Holder = read("holder", request.holder)?;
    let calendar: Line = read("calendar", request.calendar)?;
    let command = move |keepers| Command::Forget { calendar: calendar.clone(), keepers };
    let done = service.keep_diary(&context, &holder, command).await?;
    let availability = Some(service.availability(&holder, done.state()));
    Ok(Response::new(pb::ForgetBusyTimesResponse { position: done.position, availability }))
}

pub(super) async fn get(
    service: &Service,
    request: Request<pb::GetDiaryRequest>,
) -> Reply<pb::GetDiaryResponse> {
    let scope = service.kit.scope(&request).await?;
    let request = request.into_inner();
    let now = service.kit.clock().now();
    let from_at: Option<Timestamp> = read("from_at", request.from_at)?;
    let until_at: Option<Timestamp> = read("until_at", request.until_at)?;
    let from_at = from_at.unwrap_or(now);
    let week = SignedDuration::from_hours(24 * SHOWN_DAYS_DEFAULT);
    let until_at = until_at.unwrap_or_else(|| from_at.checked_add(week).unwrap_or(Timestamp::MAX));
    check_window("until_at", from_at, until_at, WINDOW_DAYS_MAX)?;
    let departments: Vec<Code> = read("department_codes", request.department_codes)?;
    let rooms: Vec<Code> = read("room_codes", request.room_codes)?;
    let members: Vec<Code> = read("member_codes", request.member_codes)?;
    let of_kind = |kind, codes: Vec<Code>| codes.into_iter().map(move |code| Holder { kind, code });
    let members: Vec<Holder> = of_kind(HolderKind::Member, members).collect();
    service.must_see(&scope, &members).await?;
    let departments = of_kind(HolderKind::Department, departments);
    let named: Vec<Holder> = departments.chain(of_kind(HolderKind::Room, rooms)).chain(members).collect();
    let of_these = views::calendar_holders(named.clone());
    let entries = views::entries(named, (from_at, until_at), now);
    let query = move |tables: ScopedTables<'_>| Ok((entries(tables)?, of_these(tables)?));
    let ((entries, holders), position) =
        service.view.query(scope.clone(), request.at_least_position, query).await?;
    let entry = |entry: views::Entry| pb::DiaryEntry {
        holder: Some(entry.holder.to_wire()),
        starts_at: entry.engagement.time.starts_at.to_wire(),
        ends_at: entry.engagement.time.ends_at.to_wire(),
        cause: entry.engagement.cause.to_wire(),
        absence_id: entry.absence,
        read_at: entry.engagement.read_at.to_wire(),
    };
    let calendars = service.calendars_of(&scope, holders).await?;
    let entries = entries.into_iter().map(entry).collect();
    Ok(Response::new(pb::GetDiaryResponse { entries, position, calendars }))
}
