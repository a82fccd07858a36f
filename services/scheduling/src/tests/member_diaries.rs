//! Diaries of members: who keeps and sees them, and that a department is busy while all who can come for it are away.

use super::*;
use domain::directory::member::{self, Member};

fn holder(code: &str) -> Option<pb::DiaryHolder> {
    Some(pb::DiaryHolder { kind: pb::DiaryHolderKind::Member.into(), code: code.into() })
}

/// An absence on all of 8 March, when the session could be first.
fn absence(word: &str, code: &str) -> pb::RecordAbsenceRequest {
    pb::RecordAbsenceRequest {
        command_id: id(word),
        holder: holder(code),
        starts_at: at("2027-03-08T00:00:00Z").to_wire(),
        ends_at: at("2027-03-08T14:00:00Z").to_wire(),
        ..Default::default()
    }
}

fn import(word: &str, code: &str) -> pb::ImportBusyTimesRequest {
    pb::ImportBusyTimesRequest {
        command_id: id(word),
        holder: holder(code),
        calendar: "日历".into(),
        content: "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20270308T080000\r\nDURATION:PT12H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n".into(),
        ..Default::default()
    }
}

fn forget(word: &str, code: &str) -> pb::ForgetBusyTimesRequest {
    let (command_id, holder, calendar) = (id(word), holder(code), "日历".into());
    pb::ForgetBusyTimesRequest { command_id, holder, calendar, ..Default::default() }
}

fn withdraw(word: &str, code: &str, absence_id: &str) -> pb::WithdrawAbsenceRequest {
    let (command_id, holder, absence_id) = (id(word), holder(code), absence_id.into());
    pb::WithdrawAbsenceRequest { command_id, holder, absence_id, ..Default::default() }
}

impl Fixture {
    /// NDRC, which decides alone, has the delegates Li and Wang.
    async fn with_two_delegates() -> Fixture {
        let fixture = Fixture::furnished().await;
        for code in ["li", "wang"] {
            fixture.register_member(code, "NDRC", &[Role::Delegate]).await;
        }
        fixture
    }

    /// Registers a member as the directory does it, or replaces their profile.
    async fn register_member(&self, code: &str, department: &str, roles: &[Role]) {
        let profile = member::Profile {
            code: testing::code(code),
            name: line("成员"),
            department: testing::code(department),
            email: None,
            roles: roles.to_vec(),
        };
        let words = ["member", code, department, &format!("{roles:?}")];
        let context = CommandContext::of_process("directory", derived_id(Uuid::nil(), &words));
        let (member, register) = (Member::id(&profile.code), member::Command::Register(profile));
        self.service.kit.execute::<Member>(&context, member, register).await.unwrap();
    }

    /// Takes a member out of the directory as the directory does it.
    async fn remove_member(&self, code: &str) {
        let code = testing::code(code);
        let context =
            CommandContext::of_process("directory", derived_id(Uuid::nil(), &["remove", code.as_str()]));
        let (member, remove) = (Member::id(&code), member::Command::Remove { code });
        self.service.kit.execute::<Member>(&context, member, remove).await.unwrap();
    }

    async fn away(&self, word: &str, code: &str) -> String {
        let recorded = self.service.record_absence(clerk(absence(word, code))).await.unwrap();
        recorded.into_inner().absence_id
    }

    /// What is in the way of the session on 8 March; nothing when it could be then.
    async fn in_the_way(&self, session_id: &str) -> Vec<pb::SlotObstacle> {
        let find = pb::FindSlotsRequest {
            at_least_position: self.bench.end(),
            session_id: session_id.into(),
            earliest_start_at: at("2027-03-08T01:00:00Z").to_wire(),
            latest_start_at: at("2027-03-08T09:00:00Z").to_wire(),
            ..Default::default()
        };
        let found = self.service.find_slots(clerk(find)).await.unwrap().into_inner();
        assert_eq!(found.slots.is_empty(), found.opening.is_some());
        found.opening.map(|opening| opening.obstacles).unwrap_or_default()
    }

    async fn diary(&self, request: Request<pb::GetDiaryRequest>) -> Result<pb::GetDiaryResponse, Status> {
        self.service.get_diary(request).await.map(|answer| answer.into_inner())
    }

    /// The question for the diary of that day, of these members.
    fn asking(&self, members: &[&str]) -> pb::GetDiaryRequest {
        pb::GetDiaryRequest {
            at_least_position: self.bench.end(),
            from_at: at("2027-03-08T00:00:00Z").to_wire(),
            member_codes: members.iter().map(|code| (*code).to_owned()).collect(),
            ..Default::default()
        }
    }
}

#[tokio::test]
async fn a_members_diary_is_kept_by_the_people_of_their_department() {
    let fixture = Fixture::with_two_delegates().await;
    // Whoever may keep the department's diary may keep its members', and nobody else.
    let allowed = [("NDRC", Role::Clerk), ("NDRC", Role::DepartmentLead), ("", Role::Operator)];
    for (nth, (department, role)) in allowed.into_iter().enumerate() {
        let own = absence(&format!("absence {nth}"), "li");
        let recorded = fixture.service.record_absence(by(own, department, role)).await.unwrap().into_inner();
        let back = withdraw(&format!("back {nth}"), "li", &recorded.absence_id);
        fixture.service.withdraw_absence(by(back, department, role)).await.unwrap();
        let taken = import(&format!("import {nth}"), "li");
        fixture.service.import_busy_times(by(taken, department, role)).await.unwrap();
        let gone = forget(&format!("forget {nth}"), "li");
        fixture.service.forget_busy_times(by(gone, department, role)).await.unwrap();
    }
    let absence_id = fixture.away("away", "li").await;
    let mof = |nth: u32| (format!("not theirs {nth}"), "MOF", Role::Clerk);
    let subscribe = pb::SubscribeBusyTimesRequest {
        command_id: id("subscribe"),
        holder: holder("li"),
        calendar: "日历".into(),
        url: "https://calendar.example/li.ics".into(),
        ..Default::default()
    };
    let refresh = pb::RefreshBusyTimesRequest {
        command_id: id("refresh"),
        holder: holder("li"),
        calendar: "日历".into(),
        ..Default::default()
    };
    macro_rules! refused {
        ($rpc:ident, $request:expr) => {{
            let (_, department, role) = mof(0);
            let refused = fixture.service.$rpc(by($request, department, role)).await.unwrap_err();
            let expected = ("NOT_YOUR_DEPARTMENT".to_owned(), "NDRC".to_owned());
            assert_eq!(refusal(&refused, "needed_codes"), expected, stringify!($rpc));
        }};
    }
    refused!(record_absence, absence(&mof(1).0, "li"));
    refused!(withdraw_absence, withdraw(&mof(2).0, "li", &absence_id));
    refused!(import_busy_times, import(&mof(3).0, "li"));
    refused!(forget_busy_times, forget(&mof(4).0, "li"));
    refused!(subscribe_busy_times, subscribe);
    refused!(refresh_busy_times, refresh);
    let nobody = fixture.service.record_absence(clerk(absence("nobody", "nobody"))).await.unwrap_err();
    assert_eq!(nobody.code(), Grpc::NotFound);
    assert_eq!(refusal(&nobody, "what"), ("NOT_FOUND".into(), "member nobody".into()));
    // Who moves is of the other department from then on.
    fixture.register_member("li", "MOF", &[Role::Delegate]).await;
    refused_to_ndrc(&fixture, &absence_id).await;
    let back = withdraw("by the other", "li", &absence_id);
    fixture.service.withdraw_absence(by(back, "MOF", Role::Clerk)).await.unwrap();
}

async fn refused_to_ndrc(fixture: &Fixture, absence_id: &str) {
    let back = withdraw("no longer theirs", "li", absence_id);
    let refused = fixture.service.withdraw_absence(clerk(back)).await.unwrap_err();
    assert_eq!(refusal(&refused, "needed_codes"), ("NOT_YOUR_DEPARTMENT".into(), "MOF".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_twice_out_of_order_or_at_once_is_as_for_departments() {
    let fixture = Fixture::with_two_delegates().await;
    let unknown =
        fixture.service.withdraw_absence(clerk(withdraw("early", "li", &id("x")))).await.unwrap_err();
    assert_eq!(refusal(&unknown, "what"), ("NOT_FOUND".into(), "absence".into()));
    let unknown = fixture.service.forget_busy_times(clerk(forget("early too", "li"))).await.unwrap_err();
    assert_eq!(refusal(&unknown, "what"), ("NOT_FOUND".into(), "calendar".into()));
    let record = |word| fixture.service.record_absence(clerk(absence(word, "li")));
    let (one, other) = tokio::join!(record("one"), record("other"));
    let (one, other) = (one.unwrap().into_inner(), other.unwrap().into_inner());
    let repeat = record("one").await.unwrap().into_inner();
    assert_eq!((repeat.position, &repeat.absence_id), (one.position, &one.absence_id), "a repeat");
    let withdrawing = |word, done: &pb::RecordAbsenceResponse| withdraw(word, "li", &done.absence_id);
    let back = || clerk(withdrawing("back", &one));
    let withdrawn = fixture.service.withdraw_absence(back()).await.unwrap().into_inner();
    assert_eq!(fixture.service.withdraw_absence(back()).await.unwrap().into_inner(), withdrawn, "a repeat");
    let left: Vec<String> =
        withdrawn.availability.unwrap().absences.into_iter().map(|it| it.absence_id).collect();
    assert_eq!(left, [other.absence_id]);
    let again = fixture.service.withdraw_absence(clerk(withdrawing("again", &one))).await.unwrap_err();
    assert_eq!(refusal(&again, "what"), ("NOT_FOUND".into(), "absence".into()));
}

#[tokio::test]
async fn a_department_counts_as_busy_while_all_who_can_come_are_away() {
    let fixture = Fixture::with_two_delegates().await;
    let session_id = fixture.admitted("one").await;
    // Somebody of the office is there, and does not come to sessions.
    fixture.register_member("zhao", "NDRC", &[Role::Clerk]).await;
    fixture.away("li is away", "li").await;
    assert_eq!(fixture.in_the_way(&session_id).await, [], "Wang can come");
    let wangs = fixture.away("wang is away", "wang").await;
    let obstacles = fixture.in_the_way(&session_id).await;
    let named: Vec<_> =
        obstacles.iter().map(|one| (one.kind(), one.department_code(), one.cause())).collect();
    assert_eq!(named, [(pb::SlotObstacleKind::DepartmentBusy, "NDRC", pb::BusyCause::MembersAway)]);
    let session = fixture.schedule("all the same", &session_id, "2027-03-08T01:00:00Z").await.unwrap();
    assert!(session.session.is_some(), "as with an absence of the department: a substitute may come");
    fixture.service.withdraw_absence(clerk(withdraw("back", "wang", &wangs))).await.unwrap();
    assert_eq!(fixture.in_the_way(&session_id).await, [], "Wang can come again");
    // Who loses the role, or moves, does not count for it any more; who gets it does.
    fixture.register_member("wang", "NDRC", &[]).await;
    assert_eq!(fixture.in_the_way(&session_id).await.len(), 1, "only Li is a delegate");
    fixture.register_member("zhao", "NDRC", &[Role::Clerk, Role::Delegate]).await;
    assert_eq!(fixture.in_the_way(&session_id).await, [], "Zhao is one, too");
    fixture.register_member("zhao", "MOF", &[Role::Delegate]).await;
    assert_eq!(fixture.in_the_way(&session_id).await.len(), 1, "and is MOF's now");
    fixture.register_member("li", "NDRC", &[]).await;
    assert_eq!(fixture.in_the_way(&session_id).await, [], "nobody is a delegate: Wang can come");
    fixture.away("wang is away again", "wang").await;
    assert_eq!(fixture.in_the_way(&session_id).await.len(), 1, "nobody can");
}

#[tokio::test]
async fn the_diary_of_a_member_who_was_taken_out_ends_and_counts_no_more() {
    let fixture = Fixture::with_two_delegates().await;
    let session_id = fixture.admitted("one").await;
    let absence_id = fixture.away("li is away", "li").await;
    fixture.service.import_busy_times(clerk(import("lis", "li"))).await.unwrap();
    fixture.away("wang is away", "wang").await;
    assert_eq!(fixture.in_the_way(&session_id).await.len(), 1, "nobody can come");
    fixture.register_member("zhao", "NDRC", &[Role::Delegate]).await;
    assert_eq!(fixture.in_the_way(&session_id).await, [], "Zhao can");
    fixture.remove_member("zhao").await;
    assert_eq!(fixture.in_the_way(&session_id).await.len(), 1, "and is gone");
    fixture.remove_member("li").await;
    // For nobody there is such a member any more, whoever would keep their diary or look at it.
    let unknown = || ("NOT_FOUND".to_owned(), "member li".to_owned());
    let back =
        fixture.service.withdraw_absence(clerk(withdraw("too late", "li", &absence_id))).await.unwrap_err();
    assert_eq!(refusal(&back, "what"), unknown());
    let shown = fixture.diary(clerk(fixture.asking(&["li"]))).await.unwrap_err();
    assert_eq!(refusal(&shown, "what"), unknown());
    // Whoever has the code next begins with an empty diary.
    fixture.register_member("li", "MOF", &[Role::Delegate]).await;
    let shown = fixture.diary(by(fixture.asking(&["li"]), "MOF", Role::Clerk)).await.unwrap();
    assert_eq!((shown.entries, shown.calendars), (vec![], vec![]));
}

#[tokio::test]
async fn a_diary_names_members_only_to_those_who_answer_for_their_department() {
    let fixture = Fixture::with_two_delegates().await;
    fixture.away("li is away", "li").await;
    fixture.service.import_busy_times(clerk(import("wangs", "wang"))).await.unwrap();
    // Everybody learns that NDRC is busy, and of when the calendar is; nobody learns whose.
    let all = fixture.diary(by(fixture.asking(&[]), "MOF", Role::Clerk)).await.unwrap();
    let [entry] = &all.entries[..] else { panic!("{all:?}") };
    assert_eq!(entry.holder.clone().unwrap().code, "NDRC");
    assert_eq!((entry.cause(), entry.absence_id.as_ref()), (pb::BusyCause::MembersAway, None));
    assert_eq!(Timestamp::from_wire(entry.starts_at), Ok(at("2027-03-08T00:00:00Z")));
    assert_eq!(Timestamp::from_wire(entry.ends_at), Ok(at("2027-03-08T12:00:00Z")));
    assert!(entry.read_at.is_some() && all.calendars.is_empty(), "{all:?}");
    // Their own people, and those who oversee, ask for a member.
    for (department, role) in [("NDRC", Role::DepartmentLead), ("", Role::Auditor)] {
        let own = fixture.diary(by(fixture.asking(&["li"]), department, role)).await.unwrap();
        let [entry] = &own.entries[..] else { panic!("{own:?}") };
        assert_eq!((entry.holder.clone(), entry.cause()), (holder("li"), pb::BusyCause::Absence));
        let calendars = fixture.diary(by(fixture.asking(&[]), department, role)).await.unwrap().calendars;
        let holders: Vec<_> = calendars.into_iter().map(|one| one.holder).collect();
        assert_eq!(holders, [holder("wang")], "{role:?}");
    }
    for code in ["li", "nobody"] {
        let others = fixture.diary(by(fixture.asking(&[code]), "MOF", Role::Clerk)).await.unwrap_err();
        assert_eq!(refusal(&others, "what"), ("NOT_FOUND".into(), format!("member {code}")));
    }
}
