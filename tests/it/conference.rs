//! A clerk takes a conference of 28 departments through at the terminal, from its request to sealed minutes and the
//! resolution on paper, without a dead end.

use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::directory::v1::Department;
use tests::{Mode, Sandbox, SandboxConfig, command};

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
