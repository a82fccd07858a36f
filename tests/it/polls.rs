//! Departments say which of several times suit, propose another one, and the clock closes the poll; one time is adopted in
//! one act, whoever presses at once.

use crate::in_both_modes;
use crate::pages::{Browser, fields_before};
use anyhow::{Context as _, ensure};
use domain::Role;
use proto::ledger::v1::MoveClockRequest;
use proto::scheduling::v1::{
    AdoptTimeRequest, AnswerPollRequest, BodyCharter, BusyCause, DefineBodyRequest, FindSlotsRequest,
    GetDiaryRequest, GetPollRequest, GetSessionRequest, ListPollsRequest, OpenPollRequest, Poll, PollAnswer,
    PollSlot, PollStage, ProposeTimeRequest, RoleOnTopic, Seat, SessionAttendee, SessionOutline,
    SlotPenaltyReason, Suitability, TopicRole,
};
use tests::{Client, Mode, Sandbox, command, outline};

const MONDAY: &str = "2027-03-08T01:00:00Z";
const TUESDAY: &str = "2027-03-09T01:00:00Z";
const CLOSES: &str = "2027-03-03T10:00:00Z";
const WEDNESDAY: &str = "2027-03-10T01:00:00Z";

fn charter() -> BodyCharter {
    let seat = |department: &str| Seat { department_code: department.into(), ..Default::default() };
    BodyCharter {
        name: "Flood control".into(),
        chair_code: "WATER".into(),
        secretariat_codes: vec!["OFFICE".into()],
        seats: vec![seat("WATER"), seat("ROADS"), seat("POWER")],
        ..Default::default()
    }
}

/// WATER and ROADS decide, POWER is heard.
fn session() -> SessionOutline {
    let attendee = |department: &str, role: RoleOnTopic| SessionAttendee {
        department_code: department.into(),
        roles: vec![TopicRole { topic_number: 1, role: role.into() }],
        companions: 0,
    };
    SessionOutline {
        attendees: vec![
            attendee("WATER", RoleOnTopic::Decides),
            attendee("ROADS", RoleOnTopic::Decides),
            attendee("POWER", RoleOnTopic::Advises),
        ],
        ..outline("Willow Lane", "WATER")
    }
}

fn answers(given: &[(u32, Suitability)]) -> Vec<PollAnswer> {
    let answer =
        |&(time_number, suits): &(u32, Suitability)| PollAnswer { time_number, suitability: suits.into() };
    given.iter().map(answer).collect()
}

fn refused<T: std::fmt::Debug>(answer: Result<T, tonic::Status>, reason: &str) -> anyhow::Result<()> {
    let status = answer.err().with_context(|| format!("nobody refused it for {reason}"))?;
    ensure!(Client::reason(&status).as_deref() == Some(reason), "{status}");
    Ok(())
}

/// The people of a poll about a session, beside which another one waits for a time.
struct Asked {
    clerk: Client,
    operator: Client,
    water: Client,
    roads: Client,
    session_id: String,
    other: String,
}

impl Asked {
    /// OFFICE asks about Monday and Tuesday, until Wednesday before.
    async fn about_two_times(sandbox: &Sandbox) -> anyhow::Result<Asked> {
        let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
        for department in ["OFFICE", "WATER", "ROADS", "POWER", "PRESS"] {
            clerk.register_department(department).await?;
        }
        clerk.register_room("HALL").await?;
        let operator = sandbox.client(Role::Operator, None).await?;
        let define = DefineBodyRequest { body_code: "BODY".into(), charter: Some(charter()), ..command() };
        operator.call(define).await?;
        let session_id = clerk.admitted_session(session()).await?;
        let other = clerk.admitted_session(session()).await?;
        let time = |start| PollSlot { room_code: "HALL".into(), starts_at: Some(Client::moment(start)) };
        let open = OpenPollRequest {
            session_id: session_id.clone(),
            times: vec![time(MONDAY), time(TUESDAY)],
            close_by: Some(Client::moment(CLOSES)),
            ..command()
        };
        let opened = clerk.call(open.clone()).await?;
        ensure!(clerk.call(open).await?.position == opened.position, "a repeat asks nobody again");
        let water = sandbox.client(Role::DepartmentLead, Some("WATER")).await?;
        let roads = sandbox.client(Role::DepartmentLead, Some("ROADS")).await?;
        Ok(Asked { clerk, operator, water, roads, session_id, other })
    }

    fn say(&self, department: &str, given: &[(u32, Suitability)]) -> AnswerPollRequest {
        AnswerPollRequest {
            session_id: self.session_id.clone(),
            department_code: department.into(),
            answers: answers(given),
            ..command()
        }
    }

    /// Whether ROADS has still to answer.
    async fn waits_for_roads(&self, at_least_position: u64) -> anyhow::Result<bool> {
        let waiting_for_code = Some("ROADS".into());
        let list = ListPollsRequest { at_least_position, waiting_for_code, ..Default::default() };
        Ok(!self.roads.call(list).await?.polls.is_empty())
    }

    /// The poll, once the clock has closed it.
    async fn closed(&self) -> anyhow::Result<Poll> {
        let clock_at = Some(Client::moment(CLOSES));
        self.operator.call(MoveClockRequest { clock_at, ..command() }).await?;
        let look = async || {
            let get = GetPollRequest { at_least_position: 0, session_id: self.session_id.clone() };
            self.clerk.call(get).await.ok()?.poll.filter(|poll| poll.stage() == PollStage::Closed)
        };
        Ok(tests::until("the poll to close", look).await)
    }
}

async fn departments_say_which_times_suit_and_one_is_adopted(mode: Mode) -> anyhow::Result<()> {
    use Suitability::{IfNeeded, No, Yes};
    let sandbox = Sandbox::start(mode)?;
    let asked = Asked::about_two_times(&sandbox).await?;
    let Asked { clerk, water, roads, session_id, other, .. } = &asked;
    let power = sandbox.client(Role::Delegate, Some("POWER")).await?;
    let press = sandbox.client(Role::DepartmentLead, Some("PRESS")).await?;
    water.call(asked.say("WATER", &[(1, No), (2, Yes)])).await?;
    roads.call(asked.say("ROADS", &[(1, Yes), (2, IfNeeded)])).await?;
    refused(roads.call(asked.say("WATER", &[(1, Yes)])).await, "NOT_YOUR_DEPARTMENT")?;
    refused(press.call(asked.say("PRESS", &[(1, Yes)])).await, "NOT_FOUND")?;
    refused(clerk.call(asked.say("PRESS", &[(1, Yes)])).await, "NOT_INVITED")?;
    clerk.call(asked.say("POWER", &[(1, No), (2, No)])).await?;
    let propose = ProposeTimeRequest {
        session_id: session_id.clone(),
        department_code: "POWER".into(),
        starts_at: Some(Client::moment(WEDNESDAY)),
        reason: "We are at the dam before".into(),
        ..command()
    };
    let proposed = power.call(propose).await?;
    ensure!(asked.waits_for_roads(proposed.position).await?, "ROADS has not answered to the third");
    let answered = roads.call(asked.say("ROADS", &[(3, Yes)])).await?;
    ensure!(!asked.waits_for_roads(answered.position).await?, "ROADS has answered");
    what_was_said_is_a_price(clerk, session_id, other, answered.position).await?;

    // Whoever is late is refused, and a time can still be adopted.
    let poll = asked.closed().await?;
    ensure!(poll.waiting_codes == ["WATER"] && poll.quorum == 2, "{poll:?}");
    ensure!(poll.times[1].deciding_count == 2 && poll.times[0].deciding_count == 1, "{poll:?}");
    refused(water.call(asked.say("WATER", &[(3, Yes)])).await, "POLL_CLOSED")?;
    let adopt = |time_number| AdoptTimeRequest { session_id: session_id.clone(), time_number, ..command() };
    refused(roads.call(adopt(2)).await, "ROLE_REQUIRED")?;
    let (one, two) = tokio::join!(clerk.call(adopt(2)), clerk.call(adopt(3)));
    ensure!(one.is_ok() != two.is_ok(), "of two at once one wins: {one:?} {two:?}");
    let adopted = one.or(two)?;
    let get = GetSessionRequest { session_id: session_id.clone(), at_least_position: adopted.position };
    let session = clerk.call(get).await?.session.context("no session")?;
    ensure!(session.slot == adopted.session.and_then(|session| session.slot), "{session:?}");
    ensure!(session.invitations.len() == 3, "all are invited: {session:?}");
    Ok(())
}
in_both_modes!(departments_say_which_times_suit_and_one_is_adopted);

/// What was said counts for the session, and what is held for it counts for another one; diaries say so too.
async fn what_was_said_is_a_price(
    clerk: &Client,
    session_id: &str,
    other: &str,
    at_least_position: u64,
) -> anyhow::Result<()> {
    let reasons = async |session_id: &str| -> anyhow::Result<Vec<(SlotPenaltyReason, Option<String>)>> {
        let find = FindSlotsRequest {
            at_least_position,
            session_id: session_id.into(),
            earliest_start_at: Some(Client::moment(MONDAY)),
            latest_start_at: Some(Client::moment("2027-03-08T01:01:00Z")),
            ..Default::default()
        };
        let found = clerk.call(find).await?;
        let on_monday = |slot: &&proto::scheduling::v1::SuggestedSlot| {
            slot.slot.as_ref().is_some_and(|slot| slot.starts_at == Some(Client::moment(MONDAY)))
        };
        let slot = found.slots.iter().find(on_monday).context("no slot on Monday")?;
        Ok(slot.penalties.iter().map(|one| (one.reason(), one.department_code.clone())).collect())
    };
    let own = reasons(session_id).await?;
    ensure!(own.contains(&(SlotPenaltyReason::Unsuitable, Some("WATER".into()))), "{own:?}");
    let of_other = reasons(other).await?;
    ensure!(of_other.contains(&(SlotPenaltyReason::Held, None)), "{of_other:?}");
    let diary = GetDiaryRequest {
        at_least_position,
        from_at: Some(Client::moment("2027-03-08T00:00:00Z")),
        room_codes: vec!["HALL".into()],
        ..Default::default()
    };
    let entries = clerk.call(diary).await?.entries;
    let held = entries.iter().filter(|entry| entry.cause() == BusyCause::Held).count();
    ensure!(held == 3, "three times are held: {entries:?}");
    Ok(())
}

async fn a_poll_is_opened_answered_and_adopted_by_forms(mode: Mode) -> anyhow::Result<()> {
    let mut sandbox = Sandbox::start(mode)?;
    let clerk = sandbox.client(Role::Clerk, Some("OFFICE")).await?;
    clerk.register_department("OFFICE").await?;
    clerk.define_body("BODY", "OFFICE", "OFFICE").await?;
    clerk.register_room("ROOM").await?;
    let session_id = clerk.admitted_session(outline("First", "OFFICE")).await?;
    let browser = Browser::sign_in(&mut sandbox, Role::Clerk, Some("OFFICE")).await?;
    let address = format!("/sessions/{session_id}");

    let page = browser.page(&address).await?;
    let form = fields_before(&page, "<button class=\"btn\" name=\"action\" value=\"OpenPoll\">")?;
    let opened = browser.post(&address, &format!("{form}&action=OpenPoll")).await?;
    ensure!(opened.status == 303, "{}", opened.text());
    let page = browser.page(opened.header("location")).await?;
    ensure!(page.contains("Which times suit") && page.contains("Recorded: Ask the departments"), "{page}");
    let yes = "<button name=\"answers[0].suitability\" value=\"SUITABILITY_YES\"";
    let form = fields_before(&page, yes)?;
    let said = format!("{form}&answers%5B0%5D.suitability=SUITABILITY_IF_NEEDED");
    let answered = browser.post(&address, &said).await?;
    ensure!(answered.status == 303, "{}", answered.text());
    let page = browser.page(answered.header("location")).await?;
    ensure!(page.contains("0 yes, 1 if needed, 0 no"), "{page}");

    // A moment is typed as people there write it, and a time that cannot be is refused with the reason of the rules.
    let propose = "<p><label for=\"propose-starts\">";
    let form = fields_before(&page, propose)?;
    let sunday = format!("{form}&startsAt=2027-03-14T09:00&reason=Sunday&action=ProposeTime");
    let refused = browser.post(&address, &sunday).await?;
    ensure!(refused.status >= 400 && refused.text().contains("RULE_BROKEN"), "{}", refused.text());
    let kept = ["value=\"2027-03-14T09:00\"", "rows=\"2\" required>Sunday</textarea>"];
    ensure!(kept.iter().all(|typed| refused.text().contains(typed)), "{}", refused.text());
    let monday = format!("{form}&startsAt=2027-03-15T14:00&reason=A+Monday&action=ProposeTime");
    let proposed = browser.post(&address, &monday).await?;
    ensure!(proposed.status == 303, "{}", proposed.text());
    let page = browser.page(proposed.header("location")).await?;
    ensure!(page.contains("Proposed by") && page.contains("A Monday"), "{page}");
    let form = fields_before(&page, "<button class=\"btn\" name=\"action\" value=\"AdoptTime\">")?;
    let adopted = browser.post(&address, &format!("{form}&action=AdoptTime")).await?;
    ensure!(adopted.status == 303, "{}", adopted.text());
    let page = browser.page(adopted.header("location")).await?;
    ensure!(page.contains("Time 1 was adopted."), "{page}");
    Ok(())
}
in_both_modes!(a_poll_is_opened_answered_and_adopted_by_forms);
