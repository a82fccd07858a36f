use super::*;
use crate::calendar::WorkingCalendar;
use crate::due::DueRule;
use crate::followup::follow_up::{FollowUp, Stage};
use crate::resolution::action_item::put_down::{Grounds, Kind, Means, Said, Saying};
use crate::resolution::action_item::{ActionItem, Command};
use crate::resolution::evidence::Evidence;
use crate::testing::{actor, text};
use crate::{Actor, Aggregate, Code, Issued, Line, Role, Timestamp};

const ITEM: Uuid = Uuid::from_u128(9);

/// An item and its follow-up, which learns of every step.
#[derive(Default)]
struct Pair {
    item: action_item::State,
    followed: follow_up::State,
}

impl Pair {
    fn then(mut self, at: &str, by: &str, command: Command) -> Pair {
        let at: Timestamp = at.parse().unwrap();
        let around = Surroundings {
            calendar: WorkingCalendar::weekends_only("Asia/Shanghai").unwrap(),
            body: None,
            ladder: Ladder::default(),
            at,
        };
        let role = if by == "OFFICE" { Role::Supervisor } else { Role::DepartmentLead };
        let issued = Issued { at, by: actor(by, by, role) };
        let learned = Issued { at, by: Actor::process(NAME) };
        for event in ActionItem::decide(&self.item, command, &issued).unwrap() {
            self.item = ActionItem::evolve(self.item, &event);
            for (id, command) in react(ITEM, &around, &self.item, &event) {
                assert_eq!(id, ITEM, "a follow-up has its item's id");
                let events = FollowUp::decide(&self.followed, command, &learned).unwrap();
                self.followed = FollowUp::fold(self.followed, &events);
            }
        }
        self
    }

    fn stage(&self) -> Stage {
        self.followed.followed_item().unwrap().stage
    }
}

fn assigned() -> Pair {
    let code = |text| Code::parse(text).unwrap();
    let assignment = Assignment {
        resolution: Uuid::from_u128(1),
        number: Line::parse("FLOOD-2027-0001/1").unwrap(),
        title: Line::parse("Rebuild").unwrap(),
        deliverable: text("Twelve stations"),
        criterion: text("Two hours under load"),
        lead: code("WATER"),
        co_responsible: vec![code("ROADS")],
        due_on: "2027-03-31".parse().unwrap(),
        due_at: "2027-03-31T15:59:59.999999Z".parse().unwrap(),
        acknowledge_by: "2027-03-04T15:59:59.999999Z".parse().unwrap(),
    };
    Pair::default().then("2027-03-01T02:00:00Z", "OFFICE", Command::Assign { assignment })
}

#[test]
fn a_follow_up_keeps_up_with_its_item_to_the_end() {
    let evidence = Evidence {
        title: Line::parse("Report").unwrap(),
        sha256: Line::parse(&"0a".repeat(32)).unwrap(),
        uri: Line::parse("https://files.example.cn/1").unwrap(),
    };
    let claim = || Command::ClaimCompletion { summary: text("done"), evidence: vec![evidence.clone()] };
    let calendar = || WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let back = || Command::ReturnWork { part: None, reason: text("two are missing"), calendar: calendar() };
    let pair = assigned().then("2027-03-02T02:00:00Z", "WATER", Command::Acknowledge);
    let first = pair.followed.next_deadline().unwrap();
    assert_eq!(first.to_string(), "2027-03-22T01:00:00Z", "the reminder, as it is acknowledged");

    let extend =
        Command::RequestExtension { due: DueRule::AfterDays(10), reason: text("rain"), calendar: calendar() };
    let pair = pair.then("2027-03-03T02:00:00Z", "WATER", extend).then(
        "2027-03-03T03:00:00Z",
        "OFFICE",
        Command::GrantExtension { calendar: calendar() },
    );
    assert_eq!(pair.followed.followed_item().unwrap().subject.due_on.to_string(), "2027-04-10");

    let pair = pair.then("2027-04-01T02:00:00Z", "WATER", claim());
    assert_eq!(pair.stage(), Stage::Claimed);
    assert_eq!(pair.followed.next_deadline().unwrap().to_string(), "2027-04-02T01:00:00Z", "for the judge");
    let pair = pair
        .then("2027-04-02T02:00:00Z", "OFFICE", back())
        .then("2027-04-03T02:00:00Z", "WATER", claim())
        .then("2027-04-04T02:00:00Z", "OFFICE", Command::Accept { part: None, note: None });
    assert_eq!(pair.stage(), Stage::Satisfied);
    let reopen =
        Command::Reopen { reason: text("look-back"), due: Some(DueRule::AfterDays(5)), calendar: calendar() };
    let pair = pair.then("2027-06-01T02:00:00Z", "OFFICE", reopen);
    assert_eq!((pair.stage(), pair.followed.followed_item().unwrap().extensions), (Stage::Open, 1));
    let pair = pair.then("2027-06-02T02:00:00Z", "OFFICE", Command::Rescind { reason: text("over") });
    assert_eq!(pair.stage(), Stage::Cancelled);
}

#[test]
fn a_new_lead_has_its_own_time_to_acknowledge() {
    let ruling = Command::ResolveContest {
        reassign_to: Some(Code::parse("ROADS").unwrap()),
        due: Some(DueRule::AfterWorkingDays(20)),
        reason: text("it is theirs"),
        calendar: WorkingCalendar::weekends_only("Asia/Shanghai").unwrap(),
    };
    let pair = assigned().then("2027-03-02T02:00:00Z", "WATER", Command::Contest { reason: text("no") });
    assert_eq!(pair.followed.next_deadline().unwrap().to_string(), "2027-03-03T01:00:00Z", "for the ruling");
    let pair = pair.then("2027-03-03T02:00:00Z", "OFFICE", ruling);
    let followed = pair.followed.followed_item().unwrap();
    assert_eq!(followed.subject.lead.as_str(), "ROADS");
    assert_eq!(followed.subject.due_on, "2027-03-31".parse().unwrap());
    assert_eq!(
        pair.followed.next_deadline().unwrap().to_string(),
        "2027-03-09T01:00:00Z",
        "the working day after the last one to acknowledge"
    );
}

#[test]
fn what_is_contested_after_the_work_was_accepted_is_told() {
    let calendar = || WorkingCalendar::weekends_only("Asia/Shanghai").unwrap();
    let code = |text| Code::parse(text).unwrap();
    let put_down = |said| Command::PutDown {
        saying: Saying {
            department: code("WATER"),
            said_by: Line::parse("Wang").unwrap(),
            means: Means::Telephone,
            said_on: "2027-03-01".parse().unwrap(),
        },
        said,
        grounds: Grounds {
            decided_on: None,
            stewards: vec![code("PRESS")],
            without_users: vec![code("WATER")],
            leaders: vec![],
        },
        calendar: calendar(),
    };
    let line = |text| Line::parse(text).unwrap();
    let evidence =
        vec![Evidence { title: line("Photo"), sha256: line(&"0a".repeat(32)), uri: line("urn:photo:1") }];
    let contest = |kind| Command::ContestPutDown { kind, reason: text("Not us"), calendar: calendar() };
    let claimed = || {
        let acknowledged = assigned().then("2027-03-02T02:00:00Z", "PRESS", put_down(Said::Acknowledgement));
        let claimed = Said::Completion { summary: text("Dry"), evidence: evidence.clone() };
        acknowledged.then("2027-03-03T02:00:00Z", "PRESS", put_down(claimed))
    };
    let told = |pair: &Pair, command: Command| {
        let issued = Issued {
            at: "2027-03-05T02:00:00Z".parse().unwrap(),
            by: actor("w", "WATER", Role::DepartmentLead),
        };
        let [event] = &ActionItem::decide(&pair.item, command, &issued).unwrap()[..] else { panic!("one") };
        let item = ActionItem::evolve(pair.item.clone(), event);
        let at = issued.at;
        let around = Surroundings { calendar: calendar(), body: None, ladder: Ladder::default(), at };
        let commands = react(ITEM, &around, &item, event).into_iter();
        let events =
            commands.flat_map(|(_, command)| FollowUp::decide(&pair.followed, command, &issued).unwrap());
        events.filter(follow_up::Event::is_notice).collect::<Vec<_>>()
    };
    assert_eq!(told(&claimed(), contest(Kind::Completion)), [], "it is claimed no longer");
    let accept = Command::Accept { part: None, note: None };
    let accepted = claimed().then("2027-03-04T02:00:00Z", "OFFICE", accept);
    let told = told(&accepted, contest(Kind::Completion));
    assert!(
        matches!(&told[..], [follow_up::Event::Disputed { department, .. }] if *department == code("WATER"))
    );
}
