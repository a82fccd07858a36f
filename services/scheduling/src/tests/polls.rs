//! Departments are asked which times suit, and one is adopted by the rules of scheduling and moving.

use super::*;
use jiff::SignedDuration;
use pb::SlotPenaltyReason::{Held, IfNeeded, Unsuitable};

const CLOSES: &str = "2027-03-05T01:00:00Z";
/// Monday, 8 March, at nine in Shanghai, and the day after.
const MONDAY: &str = "2027-03-08T01:00:00Z";
const TUESDAY: &str = "2027-03-09T01:00:00Z";
const WEDNESDAY: &str = "2027-03-10T01:00:00Z";

fn open(word: &str, session_id: &str, starts: &[&str]) -> pb::OpenPollRequest {
    let time = |start: &&str| pb::PollSlot { room_code: "R-301".into(), starts_at: at(start).to_wire() };
    pb::OpenPollRequest {
        command_id: id(word),
        session_id: session_id.into(),
        times: starts.iter().map(time).collect(),
        close_by: at(CLOSES).to_wire(),
        ..Default::default()
    }
}

fn answer(word: &str, session_id: &str, answers: &[(u32, pb::Suitability)]) -> pb::AnswerPollRequest {
    let answer = |&(time_number, suits): &(u32, pb::Suitability)| pb::PollAnswer {
        time_number,
        suitability: suits.into(),
    };
    pb::AnswerPollRequest {
        command_id: id(word),
        session_id: session_id.into(),
        department_code: "MOF".into(),
        answers: answers.iter().map(answer).collect(),
        ..Default::default()
    }
}

fn propose(word: &str, session_id: &str, starts_at: &str) -> pb::ProposeTimeRequest {
    pb::ProposeTimeRequest {
        command_id: id(word),
        session_id: session_id.into(),
        department_code: "MOF".into(),
        starts_at: at(starts_at).to_wire(),
        reason: "当日在外地".into(),
        ..Default::default()
    }
}

fn adopt(word: &str, session_id: &str, time_number: u32) -> pb::AdoptTimeRequest {
    pb::AdoptTimeRequest {
        command_id: id(word),
        session_id: session_id.into(),
        time_number,
        ..Default::default()
    }
}

fn mof<M>(message: M) -> Request<M> {
    by(message, "MOF", Role::DepartmentLead)
}

impl Fixture {
    async fn ask(&self, word: &str, session_id: &str, starts: &[&str]) -> Result<pb::Poll, Status> {
        let opened = self.service.open_poll(clerk(open(word, session_id, starts))).await?;
        Ok(opened.into_inner().poll.unwrap())
    }

    async fn poll(&self, session_id: &str) -> pb::Poll {
        let get = pb::GetPollRequest { at_least_position: self.bench.end(), session_id: session_id.into() };
        self.service.get_poll(clerk(get)).await.unwrap().into_inner().poll.unwrap()
    }

    /// What speaks against a start of a session.
    async fn reasons(&self, session_id: &str, starts_at: &str) -> Vec<(pb::SlotPenaltyReason, u32)> {
        let find = pb::FindSlotsRequest {
            at_least_position: self.bench.end(),
            session_id: session_id.into(),
            earliest_start_at: at(starts_at).to_wire(),
            latest_start_at: (at(starts_at) + SignedDuration::from_secs(1)).to_wire(),
            ..Default::default()
        };
        let found = self.service.find_slots(clerk(find)).await.unwrap().into_inner();
        let starts = |one: &&pb::SuggestedSlot| {
            Timestamp::from_wire(one.slot.as_ref().unwrap().starts_at).unwrap() == at(starts_at)
        };
        let penalties = &found.slots.iter().find(starts).unwrap().penalties;
        let about = |one: &&pb::SlotPenalty| matches!(one.reason(), Held | IfNeeded | Unsuitable);
        penalties.iter().filter(about).map(|one| (one.reason(), one.price)).collect()
    }
}

fn reason(refused: Result<pb::Poll, Status>) -> String {
    refusal(&refused.unwrap_err(), "").0
}

#[tokio::test]
async fn departments_are_asked_about_what_can_be_booked_only() {
    let fixture = Fixture::furnished().await;
    let (one, other) = (fixture.admitted("one").await, fixture.admitted("other").await);
    fixture.schedule("schedule", &other, MONDAY).await.unwrap();
    assert_eq!(reason(fixture.ask("taken", &one, &[TUESDAY, MONDAY]).await), "ROOM_TAKEN");
    assert_eq!(reason(fixture.ask("sunday", &one, &["2027-03-14T01:00:00Z"]).await), "RULE_BROKEN");
    assert_eq!(reason(fixture.ask("early", &one, &["2027-03-05T02:00:00Z"]).await), "BEFORE_EARLIEST_START");
    let none = fixture.service.open_poll(clerk(open("none", &one, &[]))).await.unwrap_err();
    assert_eq!(faulty_fields(&none), ["times"]);
    let by_another = fixture.service.open_poll(by(open("mof", &one, &[TUESDAY]), "MOF", Role::Clerk)).await;
    assert_eq!(refusal(&by_another.unwrap_err(), "").0, "NOT_THE_SECRETARIAT");
    let unseen = fixture.service.open_poll(by(open("miit", &one, &[TUESDAY]), "MIIT", Role::Clerk)).await;
    assert_eq!(unseen.unwrap_err().code(), Grpc::NotFound);
    let requested = fixture.service.request_session(clerk(request("new"))).await.unwrap().into_inner();
    let new = requested.session.unwrap().session_id;
    assert_eq!(reason(fixture.ask("new poll", &new, &[TUESDAY]).await), "WRONG_STAGE");
    assert!(fixture.ask("good", &one, &[TUESDAY]).await.is_ok());
}

#[tokio::test]
async fn answers_and_holds_are_prices_and_adopting_a_time_books_it() {
    use pb::Suitability::{No, Yes};
    let fixture = Fixture::furnished().await;
    let (one, other) = (fixture.admitted("one").await, fixture.admitted("other").await);
    let poll = fixture.ask("poll", &one, &[MONDAY, TUESDAY]).await.unwrap();
    assert_eq!((poll.waiting_codes, poll.quorum), (vec!["NDRC".to_owned(), "MOF".to_owned()], 1));
    // The room is held, and NDRC, which decides, is asked; its own holds cost it nothing.
    assert_eq!(fixture.reasons(&other, MONDAY).await, [(Held, 10), (Held, 20)]);
    assert_eq!(fixture.reasons(&one, MONDAY).await, []);
    let said = answer("said", &one, &[(1, No), (2, Yes)]);
    let answered = fixture.service.answer_poll(mof(said)).await.unwrap().into_inner().poll.unwrap();
    assert_eq!((answered.times[0].no_count, answered.times[1].yes_count), (1, 1));
    assert_eq!(answered.replies[0].on_behalf_by_code, None);
    assert_eq!(fixture.reasons(&one, MONDAY).await, [(Unsuitable, 30)]);
    let for_another =
        fixture.service.answer_poll(by(answer("no", &one, &[(1, Yes)]), "MIIT", Role::DepartmentLead));
    assert_eq!(for_another.await.unwrap_err().code(), Grpc::NotFound, "it does not see the session");

    let adopted = fixture.service.adopt_time(clerk(adopt("adopt", &one, 2))).await.unwrap().into_inner();
    let session = adopted.session.unwrap();
    assert_eq!(session.stage(), pb::SessionStage::Scheduled);
    assert_eq!(session.slot.unwrap().starts_at, at(TUESDAY).to_wire());
    assert_eq!(adopted.poll.unwrap().stage(), pb::PollStage::Adopted);
    assert_eq!(fixture.reasons(&other, MONDAY).await, [], "nothing is held any more");
    let again = fixture.service.adopt_time(clerk(adopt("again", &one, 1))).await.unwrap_err();
    assert_eq!(refusal(&again, "stage"), ("WRONG_STAGE".into(), "adopted".into()));
}

/// The departments that are known to be busy at a time of a poll, by what, and the place of the time.
type KnownTime = (Vec<(String, pb::BusyCause)>, Option<u32>);

fn known(poll: &pb::Poll) -> Vec<KnownTime> {
    let busy = |one: &'_ pb::SlotPenalty| (one.department_code().to_owned(), one.cause());
    let time = |time: &pb::PollTime| (time.penalties.iter().map(busy).collect(), time.rank);
    poll.times.iter().map(time).collect()
}

#[tokio::test]
async fn each_time_says_who_is_known_to_be_busy_then_and_answers_come_first() {
    use pb::BusyCause::Absence;
    use pb::Suitability::{IfNeeded, No, Yes};
    let fixture = Fixture::furnished().await;
    let one = fixture.admitted("one").await;
    let away = |word: &str, department: &str, starts_at: &str| pb::RecordAbsenceRequest {
        command_id: id(word),
        holder: Some(pb::DiaryHolder {
            kind: pb::DiaryHolderKind::Department.into(),
            code: department.into(),
        }),
        starts_at: at(starts_at).to_wire(),
        ends_at: (at(starts_at) + SignedDuration::from_hours(2)).to_wire(),
        ..Default::default()
    };
    // NDRC, which decides, is away on Monday, and MOF, which is heard, on Tuesday
    fixture.service.record_absence(clerk(away("ndrc", "NDRC", MONDAY))).await.unwrap();
    let mofs = by(away("mof", "MOF", TUESDAY), "MOF", Role::Clerk);
    fixture.service.record_absence(mofs).await.unwrap();
    let seen = pb::GetDiaryRequest { at_least_position: fixture.bench.end(), ..Default::default() };
    fixture.service.get_diary(clerk(seen)).await.unwrap();
    let asked = fixture.ask("poll", &one, &[MONDAY, TUESDAY, WEDNESDAY]).await.unwrap();
    let (monday, tuesday) = (vec![("NDRC".to_owned(), Absence)], vec![("MOF".to_owned(), Absence)]);
    let expected = |ranks: [u32; 3]| {
        let [first, second, third] = ranks.map(Some);
        [(monday.clone(), first), (tuesday.clone(), second), (vec![], third)]
    };
    assert_eq!(known(&asked), expected([3, 2, 1]), "nobody has answered: by the diaries");
    // A delegate is shown their own department only.
    let get = pb::GetPollRequest { at_least_position: fixture.bench.end(), session_id: one.clone() };
    let seen = fixture.service.get_poll(by(get, "MOF", Role::Delegate)).await.unwrap().into_inner();
    assert_eq!(
        known(&seen.poll.unwrap()),
        [(vec![], Some(3)), (tuesday.clone(), Some(2)), (vec![], Some(1))]
    );
    // What departments answer counts first, also where a diary says otherwise.
    let ndrc = |word, answers: &[(u32, pb::Suitability)]| {
        clerk(pb::AnswerPollRequest { department_code: "NDRC".into(), ..answer(word, &one, answers) })
    };
    fixture.service.answer_poll(ndrc("ndrc says", &[(1, Yes), (2, IfNeeded), (3, No)])).await.unwrap();
    assert_eq!(known(&fixture.poll(&one).await), expected([1, 2, 3]));
    fixture.service.answer_poll(mof(answer("mof says", &one, &[(1, No), (2, Yes)]))).await.unwrap();
    assert_eq!(known(&fixture.poll(&one).await), expected([2, 1, 3]));
    // A time that was declined has no place, and a poll that is over says nothing of diaries.
    let decline = pb::DeclineTimeRequest {
        command_id: id("decline"),
        session_id: one.clone(),
        time_number: 2,
        reason: "会议室检修".into(),
        ..Default::default()
    };
    fixture.service.decline_time(clerk(decline)).await.unwrap();
    assert_eq!(known(&fixture.poll(&one).await), [(monday, Some(1)), (vec![], None), (vec![], Some(2))]);
    fixture.service.adopt_time(clerk(adopt("adopt", &one, 1))).await.unwrap();
    assert_eq!(known(&fixture.poll(&one).await), [(vec![], None), (vec![], None), (vec![], None)]);
}

#[tokio::test]
async fn a_hold_gives_way_and_the_poll_runs_on() {
    let fixture = Fixture::furnished().await;
    let (one, other) = (fixture.admitted("one").await, fixture.admitted("other").await);
    fixture.ask("poll", &one, &[MONDAY, TUESDAY]).await.unwrap();
    fixture.schedule("book other", &other, MONDAY).await.unwrap();
    let refused = fixture.service.adopt_time(clerk(adopt("adopt", &one, 1))).await.unwrap_err();
    assert_eq!(refusal(&refused, "session_id"), ("ROOM_TAKEN".into(), other));
    assert_eq!(fixture.poll(&one).await.stage(), pb::PollStage::Open);
    assert_eq!(fixture.session(&one).await.stage(), pb::SessionStage::Admitted);
    fixture.schedule("book one", &one, WEDNESDAY).await.unwrap();
    let poll = fixture.poll(&one).await;
    assert_eq!((poll.stage(), poll.end_cause()), (pb::PollStage::Ended, pb::PollEndCause::Placed));
}

#[tokio::test]
async fn a_department_proposes_another_time_for_a_scheduled_session_and_it_is_moved_there_or_not() {
    let fixture = Fixture::furnished().await;
    let one = fixture.admitted("one").await;
    let nothing_yet = fixture.service.propose_time(mof(propose("early", &one, TUESDAY))).await.unwrap_err();
    assert_eq!(nothing_yet.code(), Grpc::NotFound, "nobody was asked, and it has no time");
    fixture.schedule("schedule", &one, MONDAY).await.unwrap();
    let same = fixture.service.propose_time(mof(propose("same", &one, MONDAY))).await.unwrap_err();
    assert_eq!(refusal(&same, "").0, "SAME_TIME");
    let proposed = fixture.service.propose_time(mof(propose("propose", &one, TUESDAY))).await.unwrap();
    let poll = proposed.into_inner().poll.unwrap();
    assert_eq!(poll.times[0].slot.as_ref().unwrap().room_code, "R-301", "the room that it has");
    assert_eq!((poll.close_by, poll.waiting_codes), (at(MONDAY).to_wire(), vec!["NDRC".to_owned()]));
    let decline = pb::DeclineTimeRequest {
        command_id: id("decline"),
        session_id: one.clone(),
        time_number: 1,
        reason: "会议室检修".into(),
        ..Default::default()
    };
    let by_proposer = fixture.service.decline_time(mof(decline.clone())).await.unwrap_err();
    assert_eq!(refusal(&by_proposer, "").0, "NOT_YOUR_DEPARTMENT");
    let declined = fixture.service.decline_time(clerk(decline)).await.unwrap().into_inner().poll.unwrap();
    assert_eq!(declined.end_cause(), pb::PollEndCause::Declined);
    fixture.service.propose_time(mof(propose("propose again", &one, WEDNESDAY))).await.unwrap();
    let moved = fixture.service.adopt_time(clerk(adopt("adopt", &one, 1))).await.unwrap().into_inner();
    let slot = moved.session.unwrap().slot.unwrap();
    assert_eq!(slot.starts_at, at(WEDNESDAY).to_wire());
}

#[tokio::test]
async fn a_list_has_the_polls_that_a_department_has_still_to_answer() {
    use pb::Suitability::Yes;
    let fixture = Fixture::furnished().await;
    let (one, other) = (fixture.admitted("one").await, fixture.admitted("other").await);
    fixture.ask("ask one", &one, &[MONDAY]).await.unwrap();
    fixture.ask("ask other", &other, &[TUESDAY, WEDNESDAY]).await.unwrap();
    fixture.service.answer_poll(mof(answer("say one", &one, &[(1, Yes)]))).await.unwrap();
    fixture.service.answer_poll(mof(answer("say other", &other, &[(1, Yes)]))).await.unwrap();
    let list = pb::ListPollsRequest {
        at_least_position: fixture.bench.end(),
        waiting_for_code: Some("MOF".into()),
        ..Default::default()
    };
    let polls = fixture.service.list_polls(mof(list.clone())).await.unwrap().into_inner().polls;
    let [poll] = &polls[..] else { panic!("{polls:?}") };
    assert_eq!(
        (&poll.session_id, poll.time_count, poll.department_count, poll.waiting_count),
        (&other, 2, 2, 2)
    );
    let all = pb::ListPollsRequest { waiting_for_code: None, ..list };
    assert_eq!(fixture.service.list_polls(mof(all.clone())).await.unwrap().into_inner().polls.len(), 2);
    let unseen = fixture.service.list_polls(by(all.clone(), "MIIT", Role::DepartmentLead)).await.unwrap();
    assert_eq!(unseen.into_inner().polls, []);
    let cancel = pb::CancelSessionRequest {
        command_id: id("cancel"),
        session_id: other,
        reason: "已解决".into(),
        ..Default::default()
    };
    fixture.service.cancel_session(clerk(cancel)).await.unwrap();
    let open = pb::ListPollsRequest {
        at_least_position: fixture.bench.end(),
        stage: Some(pb::PollStage::Open.into()),
        ..all
    };
    let polls = fixture.service.list_polls(mof(open)).await.unwrap().into_inner().polls;
    assert_eq!(polls.iter().map(|poll| &poll.session_id).collect::<Vec<_>>(), [&one]);
}

#[test]
fn no_list_of_polls_reads_every_row() {
    let tables = rusqlite::Connection::open_in_memory().unwrap();
    tables.execute_batch(<crate::views::SchedulingView as service_kit::View>::SCHEMA).unwrap();
    for filters in 0..4_i32 {
        for order_by in ["close_by", "close_by desc"] {
            let request = pb::ListPollsRequest {
                order_by: order_by.into(),
                stage: (filters & 1 != 0).then_some(1),
                waiting_for_code: (filters & 2 != 0).then(|| "MOF".into()),
                ..Default::default()
            };
            let list = crate::views::list_of_polls(&request).unwrap();
            assert_eq!(list.slow_plan(&tables, &["polls_of_department"]).unwrap(), None);
        }
    }
}
