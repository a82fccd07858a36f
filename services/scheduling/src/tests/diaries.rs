//! What keeps departments and rooms busy apart from sessions, and what that means to slots.

use super::*;

fn holder(kind: pb::DiaryHolderKind, code: &str) -> Option<pb::DiaryHolder> {
    Some(pb::DiaryHolder { kind: kind.into(), code: code.into() })
}

fn absence(word: &str, holder: Option<pb::DiaryHolder>, day: &str) -> pb::RecordAbsenceRequest {
    pb::RecordAbsenceRequest {
        command_id: id(word),
        holder,
        starts_at: at(&format!("{day}T00:00:00Z")).to_wire(),
        ends_at: at(&format!("{day}T14:00:00Z")).to_wire(),
        ..Default::default()
    }
}

impl Fixture {
    async fn first_slot(&self, session_id: &str) -> pb::SuggestedSlot {
        let find = pb::FindSlotsRequest {
            at_least_position: self.bench.end(),
            session_id: session_id.into(),
            ..Default::default()
        };
        let found = self.service.find_slots(clerk(find)).await.unwrap().into_inner();
        found.slots.into_iter().next().unwrap()
    }
}

#[tokio::test]
async fn an_absence_is_recorded_by_the_departments_people_and_counts() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let department = |code| holder(pb::DiaryHolderKind::Department, code);
    let theirs = absence("theirs", department("NDRC"), "2027-03-08");
    let refused = fixture.service.record_absence(by(theirs, "MOF", Role::DepartmentLead)).await.unwrap_err();
    assert_eq!(refusal(&refused, "needed_codes"), ("NOT_YOUR_DEPARTMENT".into(), "NDRC".into()));
    let nobodys = absence("nobodys", department("NOBODY"), "2027-03-08");
    let refused = fixture.service.record_absence(operator(nobodys)).await.unwrap_err();
    assert_eq!(refused.code(), Grpc::NotFound);
    // NDRC decides alone, so nothing can be decided without it.
    let own = absence("own", department("NDRC"), "2027-03-08");
    let own = || by(own.clone(), "NDRC", Role::DepartmentLead);
    let recorded = fixture.service.record_absence(own()).await.unwrap().into_inner();
    assert_eq!(fixture.service.record_absence(own()).await.unwrap().into_inner(), recorded, "a repeat");
    let starts_at = fixture.first_slot(&session_id).await.slot.unwrap().starts_at;
    assert_eq!(Timestamp::from_wire(starts_at), Ok(at("2027-03-09T01:00:00Z")));
    // MOF advises: without it, a slot costs more, and says why.
    let advisers = absence("advisers", department("MOF"), "2027-03-09");
    fixture.service.record_absence(by(advisers, "MOF", Role::Clerk)).await.unwrap();
    let diary = pb::GetDiaryRequest {
        at_least_position: fixture.bench.end(),
        from_at: at("2027-03-08T00:00:00Z").to_wire(),
        ..Default::default()
    };
    let entries = fixture.service.get_diary(clerk(diary)).await.unwrap().into_inner().entries;
    assert_eq!(entries.len(), 2);
    assert!(
        entries.iter().all(|entry| entry.cause() == pb::BusyCause::Absence && entry.absence_id.is_some())
    );
    let withdraw = pb::WithdrawAbsenceRequest {
        command_id: id("back"),
        holder: department("NDRC"),
        absence_id: recorded.absence_id,
        ..Default::default()
    };
    fixture.service.withdraw_absence(by(withdraw, "NDRC", Role::Clerk)).await.unwrap();
    let starts_at = fixture.first_slot(&session_id).await.slot.unwrap().starts_at;
    assert_eq!(Timestamp::from_wire(starts_at), Ok(at("2027-03-08T01:00:00Z")));
}

#[tokio::test]
async fn a_calendar_keeps_only_when_somebody_is_busy_and_replaces_what_it_said_before() {
    let fixture = Fixture::furnished().await;
    let session_id = fixture.admitted("one").await;
    let import = |word: &str, event: &str| pb::ImportBusyTimesRequest {
        command_id: id(word),
        holder: holder(pb::DiaryHolderKind::Room, "R-301"),
        calendar: "会议室日历".into(),
        content: format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:机密\r\n{event}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        ),
        ..Default::default()
    };
    let daily = import("daily", "DTSTART:20270308T090000\r\nDURATION:PT3H\r\nRRULE:FREQ=DAILY;COUNT=2");
    // The room belongs to the department that registered it.
    let refused = fixture.service.import_busy_times(by(daily.clone(), "MOF", Role::Clerk)).await.unwrap_err();
    assert_eq!(refusal(&refused, "").0, "NOT_YOUR_DEPARTMENT");
    let imported = fixture.service.import_busy_times(clerk(daily)).await.unwrap().into_inner();
    assert_eq!(imported.time_count, 2);
    let slot = fixture.first_slot(&session_id).await.slot.unwrap();
    assert_eq!(Timestamp::from_wire(slot.starts_at), Ok(at("2027-03-08T04:00:00Z")));
    let unclear = import("unclear", "DTSTART:20270308T090000\r\nRRULE:FREQ=HOURLY");
    let refused = fixture.service.import_busy_times(clerk(unclear)).await.unwrap_err();
    assert_eq!(faulty_fields(&refused), ["content"]);
    let later = import("later", "DTSTART:20270309T090000\r\nDURATION:PT1H");
    fixture.service.import_busy_times(clerk(later)).await.unwrap();
    let slot = fixture.first_slot(&session_id).await.slot.unwrap();
    assert_eq!(
        Timestamp::from_wire(slot.starts_at),
        Ok(at("2027-03-08T01:00:00Z")),
        "what it said is replaced"
    );
    let forget = pb::ForgetBusyTimesRequest {
        command_id: id("forget"),
        holder: holder(pb::DiaryHolderKind::Room, "R-301"),
        calendar: "会议室日历".into(),
        ..Default::default()
    };
    fixture.service.forget_busy_times(clerk(forget)).await.unwrap();
    let diary = pb::GetDiaryRequest {
        at_least_position: fixture.bench.end(),
        from_at: at("2027-03-08T00:00:00Z").to_wire(),
        room_codes: vec!["R-301".into()],
        ..Default::default()
    };
    assert_eq!(fixture.service.get_diary(clerk(diary)).await.unwrap().into_inner().entries, []);
}
