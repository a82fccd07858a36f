//! Scheduling (会商排期): bodies, rooms, matters, and sessions from the request to the convening.
//!
//! [`grpc`] carries commands to the journal and answers queries, lists from [`views`]; [`facts`] looks up what
//! one aggregate must know of another. When a docket is closed, process managers conclude its session, and
//! pass on to its matters what became of them; what somebody answers by mail is answered to the session; the diaries of members
//! who are taken out of the directory end; timers bring back those that were deferred, close
//! polls, remind those that have not answered their invitations, and let the clocks of emergencies strike. Calendars that are subscribed to
//! are read as time goes by ([`following`]).

mod facts;
mod following;
mod grpc;
mod views;

pub use following::Following;
pub use grpc::Service;

use anyhow::Context as _;
use domain::calendar::WorkingCalendar;
use domain::deliberation::docket::{self, Docket};
use domain::delivery::subscription::{self, Subscription};
use domain::directory::calendar::Calendar;
use domain::directory::member::{self, Member};
use domain::process::{answer_invitation, conclude_session, end_diary, end_emergency, follow_matters};
use domain::scheduling::availability::Availability;
use domain::scheduling::body::Body;
use domain::scheduling::emergency::{self, Emergency};
use domain::scheduling::matter::{self, Matter};
use domain::scheduling::poll::{self, Poll};
use domain::scheduling::session::{self, Session};
use following::{CalendarReader, Follower};
use proto::scheduling::v1::scheduling_service_server::SchedulingServiceServer;
use service_kit::limits::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use service_kit::places::Places;
use service_kit::process::Processes;
use service_kit::{Kit, Position, ViewStore, timer};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

/// The service's full name on the wire.
pub const NAME: &str = <SchedulingServiceServer<Service> as tonic::server::NamedService>::NAME;

/// The name of the timer in the record that brings deferred matters back.
const RESUMING: &str = "resume_matters";
/// The name of the one that lets the clocks of emergencies strike.
const STRIKING: &str = "strike_emergency_clocks";

/// The name of the one that closes polls.
const CLOSING: &str = "close_polls";
/// The name of the one that reminds those that have not answered their invitations.
const REMINDING: &str = "remind_invited";

/// Timetables that are planned at once, at most.
const TIMETABLES_AT_ONCE_MAX: usize = 2;
/// Percent of them that one caller may have planned.
const TIMETABLES_SHARE_PERCENT: u32 = 50;

/// Starts the service's view, starts its process managers and its timer, and returns its server. Until a calendar is
/// defined, days begin in `time_zone` and Saturdays and Sundays are off. Must be called inside a tokio
/// runtime.
pub fn build(
    kit: &Kit,
    time_zone: &str,
    following: Following,
) -> anyhow::Result<SchedulingServiceServer<Service>> {
    Ok(SchedulingServiceServer::new(service(kit, time_zone, following)?)
        .max_decoding_message_size(REQUEST_BYTES_MAX)
        .max_encoding_message_size(RESPONSE_BYTES_MAX))
}

fn service(kit: &Kit, time_zone: &str, following: Following) -> anyhow::Result<Service> {
    let default_calendar = WorkingCalendar::weekends_only(time_zone).context("the configured time_zone")?;
    let default_calendar = Arc::new(default_calendar);
    let mut processes = Processes::new(kit);
    let reactions = vec![
        conclude_sessions(&mut processes, default_calendar.clone()),
        follow_matters(&mut processes, default_calendar.clone()),
        end_emergencies(&mut processes),
        answer_invitations(&mut processes),
        end_diaries(&mut processes),
    ];
    let (concluded, followed, ended) = (reactions[0].clone(), reactions[1].clone(), reactions[2].clone());
    let answered = reactions[3].clone();
    let view = ViewStore::spawn::<views::SchedulingView>(kit, reactions).context("the view of scheduling")?;
    let check = || matter::Command::CheckDeadlines;
    timer::run::<Matter>(kit, &view, followed, RESUMING, views::next_returns, check);
    let check = || emergency::Command::CheckDeadlines;
    timer::run::<Emergency>(kit, &view, ended, STRIKING, views::next_strikes, check);
    let check = || poll::Command::CheckDeadlines;
    timer::run::<Poll>(kit, &view, concluded, CLOSING, views::next_closings, check);
    let check = || session::Command::CheckDeadlines;
    timer::run::<Session>(kit, &view, answered, REMINDING, views::next_answers, check);
    let planning = Places::new("timetables", TIMETABLES_AT_ONCE_MAX, TIMETABLES_SHARE_PERCENT);
    let Following { connector, refresh } = following;
    let calendars =
        CalendarReader { kit: kit.clone(), connector, default_calendar: default_calendar.clone() };
    kit.tasks().spawn(Follower::new(calendars.clone(), view.clone(), refresh).run());
    Ok(Service { kit: kit.clone(), view, default_calendar, planning, calendars })
}

/// Passes on to matters what dockets made of them.
fn follow_matters(
    processes: &mut Processes,
    default_calendar: Arc<WorkingCalendar>,
) -> watch::Receiver<Position> {
    let of_matters = |event: &docket::Event| {
        matches!(event, docket::Event::Closed { .. } | docket::Event::TopicAdded { .. })
    };
    processes.run::<Docket, _>(follow_matters::NAME, of_matters, move |kit, context| {
        let default_calendar = default_calendar.clone();
        Box::pin(async move {
            let defined = kit.load::<Calendar>(Calendar::realm_id()).await?;
            let calendar = defined.in_force(&default_calendar);
            let mut chairs = BTreeMap::new();
            for code in follow_matters::referred_to(context.state) {
                if let Some(version) = kit.load::<Body>(Body::id(code)).await?.version() {
                    chairs.insert(code.clone(), version.in_effect().chair);
                }
            }
            let (id, state, event) = (context.id, context.state, context.event);
            let commands = follow_matters::react(id, state, event, calendar, &chairs);
            context.issue::<Matter>(kit, 0, commands).await
        })
    })
}

/// Stops the clocks of emergencies that are decided, or whose dockets are closed.
fn end_emergencies(processes: &mut Processes) -> watch::Receiver<Position> {
    let ends = |event: &docket::Event| {
        matches!(event, docket::Event::DecisionAdopted { .. } | docket::Event::Closed { .. })
    };
    processes.run::<Docket, _>(end_emergency::NAME, ends, |kit, context| {
        Box::pin(async move {
            if kit.load::<Emergency>(context.id).await?.raised().is_none() {
                return Ok(());
            }
            let commands = end_emergency::react(context.id, context.event);
            context.issue::<Emergency>(kit, 0, commands).await
        })
    })
}

/// Ends the diaries of members who were taken out of the directory.
fn end_diaries(processes: &mut Processes) -> watch::Receiver<Position> {
    let removed = |event: &member::Event| matches!(event, member::Event::Removed { .. });
    processes.run::<Member, _>(end_diary::NAME, removed, |kit, context| {
        let commands = end_diary::react(context.event);
        Box::pin(async move { context.issue::<Availability>(kit, 0, commands).await })
    })
}

/// Has answers by mail be those of departments.
fn answer_invitations(processes: &mut Processes) -> watch::Receiver<Position> {
    let answered =
        |event: &subscription::Event| matches!(event, subscription::Event::InvitationAnswered { .. });
    processes.run::<Subscription, _>(answer_invitation::NAME, answered, |kit, context| {
        Box::pin(async move {
            let subscription::Event::InvitationAnswered { session, .. } = context.event else {
                return Ok(());
            };
            let subscriber = context.state.known().map(|known| &known.subscriber);
            let Some(department) = subscriber.and_then(|subscriber| subscriber.department.as_ref()) else {
                return Ok(());
            };
            let session = kit.load::<Session>(*session).await?;
            let commands = answer_invitation::react(department, context.event, &session);
            context.issue::<Session>(kit, 0, commands).await
        })
    })
}

/// Ends sessions whose dockets are closed, has those called again whose dockets were adjourned, or are to be meetings, and puts on
/// their agendas what was taken on it from the floor.
fn conclude_sessions(
    processes: &mut Processes,
    default_calendar: Arc<WorkingCalendar>,
) -> watch::Receiver<Position> {
    processes.run::<Docket, _>(
        conclude_session::NAME,
        |event| {
            use docket::Event;
            matches!(
                event,
                Event::Closed { .. }
                    | Event::Adjourned { .. }
                    | Event::SigningExtended { .. }
                    | Event::MeetingCalled { .. }
                    | Event::TopicAdded { .. }
            )
        },
        move |kit, context| {
            let default_calendar = default_calendar.clone();
            Box::pin(async move {
                let commands = conclude_session::react(context.id, context.state, context.event);
                for (nth, (id, command)) in commands.into_iter().enumerate() {
                    // Its room is free in the same commit.
                    let reaction = context.command(nth);
                    let ended = kit.commit::<Session, _>(&reaction, id, |unit| {
                        let (command, default_calendar) = (command.clone(), default_calendar.clone());
                        Box::pin(async move {
                            facts::decide_session(unit, id, &command, id, &default_calendar).await
                        })
                    });
                    ended.await?;
                }
                Ok(())
            })
        },
    )
}

#[cfg(test)]
mod tests;
