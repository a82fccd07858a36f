//! A clerk takes a conference of 28 departments through at the terminal, from its request to sealed minutes and the
//! resolution on paper, without a dead end.

use crate::ballots::ensure_refused;
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::deliberation::v1 as deliberation;
use proto::deliberation::v1::{DocumentFormat, DocumentLanguage, RollCallVote, VoteChoice};
use proto::directory::v1::Department;
use proto::scheduling::v1 as scheduling;
use tests::{Client, Mode, Sandbox, SandboxConfig, command, outline};

/// The departments of the conference.
const DEPARTMENTS: usize = 28;
/// Whoever keeps the conference: its secretariat, which also leads it.
const CLERK: &str = "clerk,chair@D01";
const HASH: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// Somebody at a terminal.
struct Terminal {
    sandbox: Sandbox,
}

fn code(number: usize) -> String {
    format!("D{number:02}")
}

/// A flag for each department.
fn each(flag: &str, value: impl Fn(usize) -> String) -> Vec<String> {
    (1..=DEPARTMENTS).flat_map(|number| [flag.to_owned(), value(number)]).collect()
}

fn papers(arguments: &[&str]) -> anyhow::Result<String> {
    let ran = std::process::Command::new(root().join("tests/papers/run")).args(arguments).output()?;
    ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Ok(String::from_utf8(ran.stdout)?.trim().to_owned())
}

impl Terminal {
    /// What a command prints; whatever is refused ends the story.
    fn says(&self, role: &str, words: &str, more: &[String]) -> anyhow::Result<String> {
        let arguments: Vec<&str> =
            words.split_whitespace().chain(more.iter().map(String::as_str)).chain(["--lang", "zh"]).collect();
        let ran = self.sandbox.run(role, &arguments)?;
        let error = String::from_utf8_lossy(&ran.stderr);
        ensure!(ran.status.success(), "{words} {more:?}: {error}");
        Ok(String::from_utf8(ran.stdout)?)
    }

    fn clerk(&self, words: &str, more: &[&str]) -> anyhow::Result<String> {
        let more: Vec<String> = more.iter().map(|&one| one.to_owned()).collect();
        self.says(CLERK, words, &more)
    }

    /// Every department does something itself.
    fn all(&self, role: &str, words: &str) -> anyhow::Result<()> {
        for number in 1..=DEPARTMENTS {
            let more = ["--department-code".to_owned(), code(number)];
            self.says(&format!("{role}@{}", code(number)), words, &more)?;
        }
        Ok(())
    }

    /// The departments, the room, the body and its seats.
    async fn founded(mode: Mode) -> anyhow::Result<Terminal> {
        let settings = vec![("HUISHANG_DOCUMENTS__FONTS_FOLDER", papers(&["fonts"])?)];
        let sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
        for number in 1..=DEPARTMENTS {
            let clerk = sandbox.client(Role::Clerk, Some(&code(number))).await?;
            let department = Department {
                code: code(number),
                name: format!("第{number}部"),
                level: proto::directory::v1::DepartmentLevel::National.into(),
                kind: proto::directory::v1::DepartmentKind::Agency.into(),
                ..Default::default()
            };
            let register =
                proto::directory::v1::RegisterDepartmentRequest { department: Some(department), ..command() };
            clerk.call(register).await?;
        }
        let terminal = Terminal { sandbox };
        terminal.clerk("room register --code HALL --name 大厅 --seats 60", &[])?;
        let seats = each("--seats", |number| format!("department-code={}", code(number)));
        let define = "body define CONF --name 城中村改造部际联席会议 --chair-code D01 --decision-rules quorum=all-seats:1:2";
        terminal.says(CLERK, define, &seats)?;
        for number in 2..=DEPARTMENTS {
            let words = format!("body accept-seat CONF --department-code {}", code(number));
            terminal.says(&format!("clerk@{}", code(number)), &words, &[])?;
        }
        Ok(terminal)
    }

    /// From the request to the opened docket; returns the id of both.
    fn convened(&self) -> anyhow::Result<String> {
        let attendees =
            each("--attendees", |number| format!("{}:1:decides+2:decides+3:decides", code(number)));
        let request = "session request --title 城中村改造部际联席会议第一次全体会议 --purpose 议定三项 --body-code CONF \
             --kind standing --duration-minutes 120 --topics 1:安全底线:40:yes --topics 2:资金安排:40:yes \
             --topics 3:信息平台:30:no --earliest-start-at 2027-03-08T09:00:00+08:00";
        let requested = self.says(CLERK, request, &attendees)?;
        let is_id = |word: &&str| word.len() == 36 && word.bytes().filter(|&byte| byte == b'-').count() == 4;
        let session = requested.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-');
        let session = session.into_iter().find(is_id).context(requested.clone())?.to_owned();
        for topic in ["1", "2"] {
            let paper =
                format!("session submit-paper {session} --title 材料 --uri urn:paper --sha256 {HASH}");
            self.clerk(&paper, &["--topic-number", topic])?;
        }
        self.clerk(&format!("session screen {session}"), &[])?;
        self.clerk(&format!("session admit {session}"), &[])?;
        let schedule = format!("session schedule {session} --room-code HALL");
        self.clerk(&schedule, &["--starts-at", "2027-03-08 09:00"])?;
        self.all("delegate", &format!("session answer {session} --answer accept"))?;
        // What comes up afterwards is added, and nobody has to answer again.
        let add = format!("session add-topic {session} --title 汛期排险 --timebox-minutes 10");
        self.clerk(&add, &["--reason", "连日大雨"])?;
        let shown = self.clerk(&format!("session show {session}"), &[])?;
        ensure!(shown.contains("汛期排险") && shown.contains("连日大雨"), "{shown}");
        self.says("operator", "clock move --clock-at 2027-03-08T09:00:00+08:00", &[])?;
        self.clerk(&format!("session convene {session}"), &[])?;
        for number in 1..=DEPARTMENTS {
            let arrival = format!("docket record-arrival {session} --department-code {}", code(number));
            self.clerk(&arrival, &["--delegate", &format!("代表{number}")])?;
            if number == 20 {
                self.clerk(&format!("docket open {session}"), &[])?;
            }
        }
        self.clerk(&format!("docket record-departure {session} --department-code D28"), &[])?;
        Ok(session)
    }

    /// The first topic is adopted as amended, with a roll call.
    fn adopts(&self, session: &str) -> anyhow::Result<()> {
        let on = |step: &str| format!("docket {step} {session} --topic-number 1");
        self.clerk(&on("open-topic"), &[])?;
        let statement = on("record-statement") + " --department-code D05 --stance support-with-conditions";
        self.clerk(&statement, &["--reasons", "资金到位"])?;
        self.clerk(&on("submit-proposal"), &["--text", "逐楼排查安全隐患，年底前销号。"])?;
        let amendment =
            on("submit-amendment") + " --department-code D07 --text 逐楼排查安全隐患，9月底前销号。";
        self.says("delegate@D07", &amendment, &[])?;
        self.clerk(&(on("resolve-amendment") + " --amendment-number 1 --adopt true"), &[])?;
        let item = "title=逐楼排查,deliverable=排查清单,criterion=抽查无遗漏,lead-code=D02,co-responsible-codes=D03+D04,\
                    due=after-working-days:60";
        self.clerk(&on("draft-items"), &["--items", item])?;
        self.clerk(&on("close-debate"), &[])?;
        self.clerk(&(on("open-ballot") + " --version 2"), &[])?;
        let votes = each("--votes", |number| {
            let choice = match number {
                9 => "no",
                10 => "abstain",
                _ => "yes",
            };
            format!("{}:{choice}", code(number))
        });
        // The last one has left.
        self.says(CLERK, &on("record-roll-call"), &votes[..votes.len() - 2])?;
        self.clerk(&on("close-ballot"), &[])?;
        self.clerk(&on("adopt"), &[]).map(drop)
    }

    /// On the second topic there is a choice among options, before it is deferred; the third is rejected.
    fn settles_the_others(&self, session: &str) -> anyhow::Result<()> {
        let on = |step: &str| format!("docket {step} {session} --topic-number 2");
        self.clerk(&on("open-topic"), &[])?;
        let choice = on("open-choice") + " --options 专项债 --options 财政拨款 --options 社会资本";
        self.clerk(&choice, &["--question", "资金渠道", "--method", "instant-runoff"])?;
        for number in 1..DEPARTMENTS {
            let named = if number <= 15 {
                ["--named", "1", "--named", "2"]
            } else {
                ["--named", "2", "--named", "1"]
            };
            self.clerk(&format!("{} --department-code {}", on("cast-choice"), code(number)), &named)?;
        }
        self.clerk(&on("close-choice"), &[])?;
        let defer = on("defer-topic") + " --resume-on 2027-03-22 --moved-by-code D11";
        self.clerk(&defer, &["--reason", "待财政测算"])?;
        let third = |step: &str| format!("docket {step} {session} --topic-number 3");
        self.clerk(&third("open-topic"), &[])?;
        self.clerk(&third("reject-topic"), &["--reason", "已有平台"])?;
        let added = format!("docket withdraw-topic {session} --topic-number 4");
        self.clerk(&added, &["--reason", "另有预案"])?;
        self.clerk(&format!("docket close {session}"), &[]).map(drop)
    }

    /// What a program that has nothing of ours finds in a file that a command wrote.
    fn exported(&self, noun: &str, named: &str, format: &str) -> anyhow::Result<String> {
        let file = self.sandbox.folder().join(format!("{noun}.{format}"));
        let path = file.to_str().context("a path")?;
        let export = format!("{noun} export {named} --language chinese --format {format}");
        self.says("delegate@D03", &export, &["--output".to_owned(), path.to_owned()])?;
        let read = papers(&["read", path])?;
        std::fs::remove_file(file)?;
        Ok(read)
    }
}

async fn a_clerk_takes_a_conference_of_28_departments_to_its_papers(mode: Mode) -> anyhow::Result<()> {
    let terminal = Terminal::founded(mode).await?;
    let session = terminal.convened()?;
    terminal.adopts(&session)?;
    terminal.settles_the_others(&session)?;
    terminal.all("delegate", &format!("minutes confirm {session}"))?;

    let minutes = terminal.clerk(&format!("minutes show {session} --language chinese"), &[])?;
    ensure!(minutes.contains("已封存"), "all have confirmed: {minutes}");
    let minutes = terminal.exported("minutes", &session, "docx")?;
    for said in [
        "城中村改造部际联席会议第一次全体会议",
        "资金渠道（排序淘汰）1. 专项债；2. 财政拨款；3. 社会资本。第1轮：专项债 15、财政拨款 12、社会资本 0。",
        "选出：专项债。",
        "第1号（第7部提出）：采纳。",
        "反对：第9部。弃权：第10部。",
        "动议部门：第11部。",
        "四、汛期排险",
        "第28部 代表28",
    ] {
        ensure!(minutes.contains(said), "{said} is not in {minutes}");
    }
    // Deferred, the second matter is not lost; the first is a resolution with its paper.
    let matters = terminal.clerk("matter list --settled=false", &[])?;
    ensure!(matters.contains("资金安排") && !matters.contains("信息平台"), "{matters}");
    for format in ["docx", "pdf"] {
        let read = terminal.exported("resolution", "CONF-2027-0001", format)?;
        ensure!(
            read == terminal.exported("resolution", "CONF-2027-0001", format)?,
            "the same log, the same {format}"
        );
        for said in [
            "城中村改造部际联席会议文件",
            "CONF〔2027〕1号",
            "牵头部门：第2部",
            "反对：第9部",
            "2027年3月8日",
        ] {
            ensure!(read.contains(said), "{said} is not in {read}");
        }
    }
    let stranger = terminal.sandbox.run(
        "delegate@D99",
        &[
            "resolution",
            "export",
            "CONF-2027-0001",
            "--language",
            "english",
            "--format",
            "html",
            "--output",
            "-",
        ],
    )?;
    ensure!(!stranger.status.success(), "who takes part in nothing sees nothing");
    terminal.sandbox.client(Role::Auditor, None).await?.verify_log().await.map(drop)
}
in_both_modes!(a_clerk_takes_a_conference_of_28_departments_to_its_papers);

/// As many topics, ballots and comings and goings as a council of a large city has in one evening. There are ten in a section, of
/// which the second is decided in two sub-topics.
const COUNCIL_TOPICS: u32 = 70;
const COUNCIL_BALLOTS: u32 = 30;
const COUNCIL_ARRIVALS: u32 = 200;

/// Whether a topic is decided in its sub-topics.
fn is_divided(number: u32) -> bool {
    number % 10 == 2
}

/// The topics that are decided themselves.
fn decided() -> impl Iterator<Item = u32> {
    (1..=COUNCIL_TOPICS).filter(|number| !is_divided(*number))
}

/// An outline of so many topics, with titles as long as a council's may be.
fn evening() -> scheduling::SessionOutline {
    let topic = |number| {
        let title = format!("关于第{number}号议案的审议：城市更新单元规划调整、配套设施建设及资金安排 ");
        let rest = 200 - title.chars().count();
        scheduling::SessionTopic {
            number,
            title: title + &"x".repeat(rest),
            timebox_minutes: if is_divided(number) { 0 } else { 10 },
            section: (number % 10 == 1).then(|| format!("第{}部分", number / 10 + 1)),
            parent_number: (1..=2)
                .filter_map(|back| number.checked_sub(back))
                .find(|&above| is_divided(above)),
            ..Default::default()
        }
    };
    let mut outline = outline("市议会全体会议", "WATER");
    outline.body_code = "COUNCIL".into();
    outline.kind = scheduling::SessionKind::Emergency.into();
    outline.matter_class = scheduling::MatterClass::Emergency.into();
    outline.emergency = Some(scheduling::EmergencyDeclaration {
        reason: "年度预算到期".into(),
        authority: "议事规则".into(),
    });
    outline.duration_minutes = 10 * COUNCIL_TOPICS;
    outline.topics = (1..=COUNCIL_TOPICS).map(topic).collect();
    let role =
        |topic_number| scheduling::TopicRole { topic_number, role: scheduling::RoleOnTopic::Decides.into() };
    outline.attendees = vec![scheduling::SessionAttendee {
        department_code: "WATER".into(),
        roles: decided().map(role).collect(),
        companions: 0,
    }];
    outline
}

/// A topic is adopted after a ballot, or rejected without one.
async fn settle(clerk: &Client, id: &str, topic_number: u32) -> anyhow::Result<()> {
    let docket_id = || id.to_owned();
    if topic_number > COUNCIL_BALLOTS {
        let reason = "另行审议".into();
        let reject =
            deliberation::RejectTopicRequest { docket_id: docket_id(), topic_number, reason, ..command() };
        clerk.call(reject).await?;
        return Ok(());
    }
    clerk.call(deliberation::OpenTopicRequest { docket_id: docket_id(), topic_number, ..command() }).await?;
    let text = "同意。".repeat(300);
    let propose =
        deliberation::SubmitProposalRequest { docket_id: docket_id(), topic_number, text, ..command() };
    clerk.call(propose).await?;
    clerk
        .call(deliberation::CloseDebateRequest { docket_id: docket_id(), topic_number, ..command() })
        .await?;
    let open =
        deliberation::OpenBallotRequest { docket_id: docket_id(), topic_number, version: 1, ..command() };
    clerk.call(open).await?;
    let votes = vec![RollCallVote { department_code: "WATER".into(), choice: VoteChoice::Yes.into() }];
    let roll =
        deliberation::RecordRollCallRequest { docket_id: docket_id(), topic_number, votes, ..command() };
    clerk.call(roll).await?;
    clerk
        .call(deliberation::CloseBallotRequest { docket_id: docket_id(), topic_number, ..command() })
        .await?;
    let (docket_id, declaratory) = (docket_id(), true);
    clerk
        .call(deliberation::AdoptDecisionRequest { docket_id, topic_number, declaratory, ..command() })
        .await?;
    Ok(())
}

async fn a_council_has_seventy_topics_in_one_evening(mode: Mode) -> anyhow::Result<()> {
    let settings = vec![("HUISHANG_DOCUMENTS__FONTS_FOLDER", papers(&["fonts"])?)];
    let sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    clerk.register_department("WATER").await?;
    let rules = scheduling::MeetingRules {
        topics_max: COUNCIL_TOPICS,
        duration_minutes_max: 10 * COUNCIL_TOPICS,
        ..Default::default()
    };
    let charter = scheduling::BodyCharter {
        name: "市议会".into(),
        chair_code: "WATER".into(),
        seats: vec![scheduling::Seat { department_code: "WATER".into(), ..Default::default() }],
        meeting_rules: Some(rules),
        ..Default::default()
    };
    let define =
        scheduling::DefineBodyRequest { body_code: "COUNCIL".into(), charter: Some(charter), ..command() };
    clerk.call(define).await?;
    let id = clerk.admitted_session(evening()).await?;
    let convene = scheduling::ConveneSessionRequest { session_id: id.clone(), ..command() };
    let at_least_position = clerk.call(convene).await?.position;
    clerk.call(deliberation::GetDocketRequest { at_least_position, docket_id: id.clone() }).await?;
    for number in 1..=COUNCIL_ARRIVALS {
        let (docket_id, department_code) = (id.clone(), "WATER".to_owned());
        if number > 1 {
            let leave = deliberation::RecordDepartureRequest {
                docket_id: docket_id.clone(),
                department_code: department_code.clone(),
                ..command()
            };
            clerk.call(leave).await?;
        }
        let delegate = format!("议员{number}");
        let arrive = deliberation::RecordArrivalRequest { docket_id, department_code, delegate, ..command() };
        clerk.call(arrive).await?;
    }
    clerk.call(deliberation::OpenDocketRequest { docket_id: id.clone(), ..command() }).await?;
    let open = deliberation::OpenTopicRequest { docket_id: id.clone(), topic_number: 2, ..command() };
    ensure_refused(clerk.call(open).await, "DECIDED_IN_SUB_TOPICS")?;
    for topic_number in decided() {
        settle(&clerk, &id, topic_number).await?;
    }
    let closed = clerk.call(deliberation::CloseDocketRequest { docket_id: id.clone(), ..command() }).await?;
    for format in [DocumentFormat::Pdf, DocumentFormat::Docx, DocumentFormat::Html] {
        let export = deliberation::ExportMinutesRequest {
            at_least_position: closed.position,
            docket_id: id.clone(),
            language: DocumentLanguage::Chinese.into(),
            format: format.into(),
            ..Default::default()
        };
        let file = clerk.call(export).await?;
        ensure!(file.content.len() > 10_000, "{} bytes of {format:?}", file.content.len());
        let html = String::from_utf8_lossy(&file.content);
        for said in ["<h2>第2部分</h2>", "<h2>9. 关于第11号", "<h2>10. 关于第12号", "<h3>10.2. 关于第14号"]
        {
            ensure!(format != DocumentFormat::Html || html.contains(said), "{said} is not in the minutes");
        }
    }
    is_sealed(&sandbox, &id).await?;
    let list = scheduling::ListMattersRequest {
        at_least_position: closed.position,
        settled: Some(true),
        page_size: 100,
        ..Default::default()
    };
    let settled = clerk.call(list).await?.matters.len();
    ensure!(settled == decided().count(), "{settled} matters are settled");
    Ok(())
}

/// All confirm the minutes, which are sealed then.
async fn is_sealed(sandbox: &Sandbox, id: &str) -> anyhow::Result<()> {
    let delegate = sandbox.client(Role::Delegate, Some("WATER")).await?;
    let (docket_id, department_code) = (id.to_owned(), "WATER".to_owned());
    let confirm = deliberation::ConfirmMinutesRequest { docket_id, department_code, ..command() };
    let at_least_position = delegate.call(confirm).await?.position;
    let get = deliberation::GetMinutesRequest {
        docket_id: id.to_owned(),
        language: DocumentLanguage::Chinese.into(),
        at_least_position,
    };
    let minutes = delegate.call(get).await?.minutes.context("minutes")?;
    ensure!(minutes.stage() == deliberation::MinutesStage::Sealed, "{minutes:?}");
    Ok(())
}
in_both_modes!(a_council_has_seventy_topics_in_one_evening);
