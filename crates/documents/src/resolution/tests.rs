use super::*;
use crate::html;
use domain::deliberation::ballot::{Abstention, MajorityBase, Method, Tie};
use domain::resolution::resolution::Votes;
use domain::testing::{at, code, line, text};
use domain::{Date, Label, Uuid};

fn result() -> BallotResult {
    BallotResult {
        ballot: 1,
        version: 2,
        method: Method::SimpleMajority,
        abstention: Abstention::DoesNotCount,
        tie: Tie::Rejects,
        majority_of: MajorityBase::Votes,
        eligible: 3,
        recused: 0,
        quorum: 2,
        cast: 3,
        yes: 2,
        no: 1,
        abstain: 0,
        base: 3,
        needed: 2,
        tied: false,
        casting_vote: None,
        vetoed: false,
        passed: true,
        body_version: 1,
        secret: false,
    }
}

fn votes() -> Votes {
    Votes {
        method: line("simple majority"),
        eligible: 3,
        recused: 0,
        quorum: 2,
        cast: 3,
        yes: 2,
        no: 1,
        abstain: 0,
        base: 3,
        needed: 2,
        sentence: text(&result().sentence()),
        body_version: 3,
    }
}

fn day(day: &str) -> Date {
    day.parse().unwrap()
}

fn assignment(due_at: &str) -> Assignment {
    Assignment {
        resolution: Uuid::nil(),
        number: line("FLOOD-2027-0003/1"),
        title: line("更换管网"),
        deliverable: text("管径六百毫米的管网"),
        criterion: text("两场雨后无积水"),
        lead: code("WATER"),
        co_responsible: vec![code("ROADS")],
        due_on: day("2027-06-30"),
        due_at: at(due_at),
        acknowledge_by: at("2027-03-11T15:59:59Z"),
    }
}

fn record() -> Record {
    let origin =
        Origin::Session { session: Uuid::nil(), topic: 1, votes: votes(), dissenting: vec![code("PARKS")] };
    Record {
        registration: Registration {
            number: line("FLOOD-2027-0003"),
            origin,
            body: code("FLOOD"),
            title: line("柳树巷 <排水>"),
            text: text("一期更换管网。\n二期改造泵站。"),
            declaratory: false,
            decided_on: day("2027-03-08"),
            items: vec![Uuid::nil()],
            changes: vec![],
            label: Label::Internal,
        },
        result: Some(result()),
        items: vec![assignment("2027-06-30T15:59:59.999999Z")],
        items_withheld: 0,
        changes: vec![Change {
            effect: ChangeEffect::Rescinds,
            number: line("FLOOD-2026-0009"),
            title: line("柳树巷"),
        }],
        changed_by: vec![],
        position: 57,
    }
}

fn names() -> Names {
    let departments = [("WATER", "水务局"), ("ROADS", "城管局"), ("PARKS", "园林局")];
    Names {
        departments: departments.map(|(known, name)| (code(known), name.to_owned())).into(),
        bodies: [(code("FLOOD"), "防汛联席会议".to_owned())].into(),
    }
}

fn written(record: &Record, language: Language) -> Paper {
    paper(record, &names(), language, &Zone::named("Asia/Shanghai").unwrap())
}

#[test]
fn a_resolution_is_a_paper_with_its_number_its_text_its_items_and_its_votes() {
    let text = |text: &str| Block::Paragraph(text.to_owned());
    let paper = written(&record(), Language::Chinese);
    assert_eq!(
        paper.blocks,
        [
            Block::Mark("防汛联席会议文件".to_owned()),
            Block::Number("FLOOD〔2027〕3号".to_owned()),
            Block::Rule,
            Block::Title("关于柳树巷 <排水>的决议".to_owned()),
            text("防汛联席会议2027年3月8日作出决议如下："),
            text("一期更换管网。"),
            text("二期改造泵站。"),
            Block::Heading("一、任务分工".to_owned()),
            Block::Subheading("（一）更换管网".to_owned()),
            text("牵头部门：水务局；配合部门：城管局；完成期限：2027年6月30日。"),
            text("成果：管径六百毫米的管网。"),
            text("验收标准：两场雨后无积水。"),
            text("编号：FLOOD-2027-0003/1"),
            Block::Heading("二、表决情况".to_owned()),
            text("简单多数：赞成2，反对1，弃权0，计票3，需赞成2；应投3（回避0），实投3，法定人数2。通过。"),
            text("反对：园林局。"),
            Block::Heading("三、与此前决议的关系".to_owned()),
            text("废止 FLOOD-2026-0009 柳树巷。"),
            Block::Gap,
            Block::Signed { by: "防汛联席会议".to_owned(), day: "2027年3月8日".to_owned() },
            text("（登记号FLOOD-2027-0003，台账第57号记录）"),
        ]
    );
    assert_eq!((paper.dated, paper.name.as_str()), (day("2027-03-08"), "关于柳树巷 <排水>的决议"));
    assert_eq!(written(&record(), Language::Chinese), paper, "the same record is the same paper");
}

#[test]
fn what_is_no_longer_in_force_says_so_before_anything_else() {
    let by = text("FLOOD-2028-0001 柳树巷（二）");
    let record = Record { changed_by: vec![(ChangeEffect::Supersedes, by)], ..record() };
    let said = |language| match &written(&record, language).blocks[4] {
        Block::Paragraph(text) => text.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(said(Language::Chinese), "本决议已失效，取代的决议：FLOOD-2028-0001 柳树巷（二）。");
    assert_eq!(said(Language::English), "No longer in force, superseded by: FLOOD-2028-0001 柳树巷（二）.");
}

#[test]
fn in_english_it_says_the_same() {
    let mut record = record();
    record.items = vec![assignment("2027-06-30T06:30:00Z")];
    record.items_withheld = 2;
    let page = html(&written(&record, Language::English));
    for said in [
        "<html lang=\"en\">",
        "<p class=\"number\">No. FLOOD-2027-0003</p>",
        "<h1>Resolution: 柳树巷 &lt;排水&gt;</h1>",
        "<p>On 2027-03-08, 防汛联席会议 resolved:</p>",
        "Lead: 水务局; Supporting: 城管局; Due: 2027-06-30, 14:30.",
        "<p>2 more are not shown here.</p>",
        "<p>Passed by simple majority: 2 yes, 1 no, 0 abstained",
        "<p>Rescinds FLOOD-2026-0009 柳树巷.</p>",
        "<p>(Registered as FLOOD-2027-0003, record 57 of the log)</p>",
    ] {
        assert!(page.to_lowercase().contains(&said.to_lowercase()), "{said} is not in {page}");
    }
}

#[test]
fn what_was_adopted_elsewhere_says_where_it_can_be_read_and_claims_no_votes() {
    let mut record = record();
    record.registration.origin = Origin::Elsewhere { source: line("市政府〔2026〕12号") };
    record.registration.title = line("关于设立联席会议的决定");
    record.registration.declaratory = true;
    let paper = written(&record, Language::Chinese);
    let page = html(&paper);
    assert!(page.contains("（登记号FLOOD-2027-0003，台账第57号记录；原件：市政府〔2026〕12号）"), "{page}");
    assert!(!page.contains("表决情况") && page.contains("宣示性决议"), "{page}");
    assert_eq!(paper.name, "关于设立联席会议的决定", "a title that is one already is kept");
}

#[test]
fn a_number_that_is_written_otherwise_is_kept() {
    let chinese = Words::of(Language::Chinese);
    assert_eq!(number(chinese, "CITY-JOINT-2027-0012"), "CITY-JOINT〔2027〕12号");
    assert_eq!(number(chinese, "第三号"), "第三号");
}
