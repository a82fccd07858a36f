//! What is public goes out as OParl and Popolo, and nothing else does.

use crate::calendars::schedule;
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::deliberation::v1::{
    AdoptDecisionRequest, CastVoteRequest, CloseBallotRequest, CloseDebateRequest, CloseDocketRequest,
    GetDocketRequest, OpenBallotRequest, OpenDocketRequest, OpenTopicRequest, RecordArrivalRequest,
    SubmitProposalRequest, VoteChoice,
};
use proto::directory::v1::{
    Department, DepartmentKind, DepartmentLevel, Member, RegisterDepartmentRequest, RegisterMemberRequest,
};
use proto::resolution::v1::ListResolutionsRequest;
use proto::scheduling::v1::{
    BodyCharter, CancelSessionRequest, ConveneSessionRequest, DefineBodyRequest, EmergencyDeclaration, Label,
    MatterClass, RelabelTopicRequest, RoleOnTopic, Seat, SessionAttendee, SessionKind, SessionOutline,
    SessionTopic, TopicRole,
};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tests::{Client, Mode, Sandbox, SandboxConfig, command, outline};

const URL: &str = "https://city.example/oparl";
/// Who decides, with what their votes weigh.
const SEATS: [(&str, u32); 3] = [("WATER", 2), ("ROADS", 1), ("FIRE", 1)];
/// What is in nothing that is public.
const HIDDEN: [&str; 4] = ["HIDDEN-TITLE", "HIDDEN-TOPIC", "HIDDEN-SECRET", "HIDDEN-TEXT"];

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn topic(number: u32, title: &str, label: Option<Label>) -> SessionTopic {
    let label = label.map(Into::into);
    SessionTopic { number, title: title.into(), timebox_minutes: 20, label, ..Default::default() }
}

/// All departments, which decide on these topics.
fn attendees(topics: &[u32]) -> Vec<SessionAttendee> {
    let role =
        |topic_number: &u32| TopicRole { topic_number: *topic_number, role: RoleOnTopic::Decides.into() };
    let attendee = |(code, _): (&str, u32)| SessionAttendee {
        department_code: code.into(),
        roles: topics.iter().map(role).collect(),
        companions: 0,
    };
    SEATS.map(attendee).to_vec()
}

/// An emergency session with a topic of each label.
fn emergency() -> SessionOutline {
    let mut outline = outline("HIDDEN-TITLE", "WATER");
    outline.body_code = "FLOOD".into();
    outline.kind = SessionKind::Emergency.into();
    outline.matter_class = MatterClass::Emergency.into();
    outline.emergency = Some(EmergencyDeclaration { reason: "A flood".into(), authority: "Plan 3".into() });
    outline.topics = vec![
        topic(1, "HIDDEN-TOPIC", None),
        topic(2, "清淤 & <the drain>", Some(Label::Public)),
        topic(3, "HIDDEN-SECRET", Some(Label::Secret)),
    ];
    outline.attendees = attendees(&[1, 2, 3]);
    outline
}

/// Three departments, and their body.
async fn founded(sandbox: &Sandbox) -> anyhow::Result<Client> {
    let clerk = sandbox.client(Role::Clerk, Some("WATER")).await?;
    for (code, _) in SEATS {
        clerk.register_department(code).await?;
    }
    clerk.register_room("ROOM").await?;
    let seat =
        |(code, weight): (&str, u32)| Seat { department_code: code.into(), weight, ..Default::default() };
    let charter = BodyCharter {
        name: "防汛会商".into(),
        chair_code: "WATER".into(),
        seats: SEATS.map(seat).to_vec(),
        convenor_codes: vec!["WATER".into()],
        secretariat_codes: vec!["WATER".into()],
        ..Default::default()
    };
    let define = DefineBodyRequest { body_code: "FLOOD".into(), charter: Some(charter), ..command() };
    clerk.call(define).await?;
    for (code, _) in SEATS.into_iter().skip(1) {
        let accept = proto::scheduling::v1::AcceptSeatRequest {
            body_code: "FLOOD".into(),
            department_code: code.into(),
            ..command()
        };
        sandbox.client(Role::Clerk, Some(code)).await?.call(accept).await?;
    }
    Ok(clerk)
}

/// A session of which everything was decided against one vote; returns its id.
async fn decided(sandbox: &Sandbox, clerk: &Client) -> anyhow::Result<String> {
    let docket_id = clerk.admitted_session(emergency()).await?;
    let id = || docket_id.clone();
    let at_least_position =
        clerk.call(ConveneSessionRequest { session_id: id(), ..command() }).await?.position;
    clerk.call(GetDocketRequest { at_least_position, docket_id: id() }).await?;
    for (code, _) in SEATS {
        let arrival = RecordArrivalRequest {
            docket_id: id(),
            department_code: code.into(),
            delegate: "Li Wei".into(),
            ..command()
        };
        clerk.call(arrival).await?;
    }
    let chair = sandbox.client(Role::Chair, Some("WATER")).await?;
    chair.call(OpenDocketRequest { docket_id: id(), ..command() }).await?;
    for topic_number in 1..=3 {
        chair.call(OpenTopicRequest { docket_id: id(), topic_number, ..command() }).await?;
        let words = if topic_number == 2 { "The drain is widened." } else { "HIDDEN-TEXT" };
        let proposal =
            SubmitProposalRequest { docket_id: id(), topic_number, text: words.into(), ..command() };
        chair.call(proposal).await?;
        chair.call(CloseDebateRequest { docket_id: id(), topic_number, ..command() }).await?;
        chair.call(OpenBallotRequest { docket_id: id(), topic_number, version: 1, ..command() }).await?;
        for (code, _) in SEATS {
            let choice = if code == "FIRE" { VoteChoice::No } else { VoteChoice::Yes };
            let vote = CastVoteRequest {
                docket_id: id(),
                topic_number,
                department_code: code.into(),
                choice: choice.into(),
                reason: (code == "FIRE").then(|| "HIDDEN-TEXT".to_owned()),
                ..command()
            };
            sandbox.client(Role::Delegate, Some(code)).await?.call(vote).await?;
        }
        chair.call(CloseBallotRequest { docket_id: id(), topic_number, ..command() }).await?;
        chair
            .call(AdoptDecisionRequest { docket_id: id(), topic_number, declaratory: true, ..command() })
            .await?;
    }
    let at_least_position = chair.call(CloseDocketRequest { docket_id: id(), ..command() }).await?.position;
    let session = proto::scheduling::v1::GetSessionRequest { at_least_position, session_id: id() };
    clerk.call(session).await?;
    clerk.call(ListResolutionsRequest { at_least_position, ..Default::default() }).await?;
    Ok(docket_id)
}

fn export(sandbox: &Sandbox, folder: &Path, flags: &[&str]) -> anyhow::Result<Output> {
    let folder = folder.display().to_string();
    let command = ["export", "oparl", "--to", &folder, "--url", URL, "--name", "市政府"];
    sandbox.run("auditor", &[&command, flags].concat())
}

/// Exports, has the folder checked against OParl, and returns what was new, changed and deleted.
fn exported(sandbox: &Sandbox, folder: &Path, flags: &[&str]) -> anyhow::Result<[u64; 3]> {
    let output = export(sandbox, folder, &[flags, &["--json"]].concat())?;
    ensure!(output.status.success(), "{}", text(&output));
    let checked = Command::new(root().join("tests/exchange/oparl")).arg(folder).arg(URL).output()?;
    ensure!(checked.status.success(), "{}", text(&checked));
    for (path, content) in files(folder)? {
        let hidden = HIDDEN.iter().find(|marker| content.contains(**marker));
        ensure!(hidden.is_none(), "{} has {hidden:?}", path.display());
    }
    let said: Value = serde_json::from_slice(&output.stdout)?;
    Ok(["new", "changed", "deleted"].map(|count| said[count].as_u64().unwrap_or(u64::MAX)))
}

fn files(folder: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(self::files(&path)?),
            false => files.push((path.clone(), std::fs::read_to_string(&path)?)),
        }
    }
    files.sort();
    Ok(files)
}

fn list(folder: &Path, kind: &str) -> anyhow::Result<Vec<Value>> {
    let page: Value = serde_json::from_slice(&std::fs::read(folder.join(format!("list/{kind}.json")))?)?;
    Ok(page["data"].as_array().context("a list")?.clone())
}

async fn what_is_public_is_published_and_nothing_else(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = founded(&sandbox).await?;
    let session = decided(&sandbox, &clerk).await?;
    let folder = sandbox.folder().join("oparl");
    exported(&sandbox, &folder, &[])?;

    let [item] = list(&folder, "agenda-item")?.try_into().map_err(|items| anyhow::anyhow!("{items:?}"))?;
    ensure!(item["name"] == "清淤 & <the drain>" && item["number"] == "2" && item["order"] == 0, "{item}");
    ensure!(item["result"] == "adopted" && item["resolutionText"] == "The drain is widened.", "{item}");
    let [meeting] = list(&folder, "meeting")?.try_into().map_err(|all| anyhow::anyhow!("{all:?}"))?;
    ensure!(meeting["meetingState"] == "durchgeführt" && meeting["cancelled"] == false, "{meeting}");
    ensure!(meeting["name"].as_str().is_some_and(|name| name.starts_with("防汛会商, 2027-")), "{meeting}");
    let [paper] = list(&folder, "paper")?.try_into().map_err(|papers| anyhow::anyhow!("{papers:?}"))?;
    ensure!(paper["reference"].as_str().is_some_and(|number| number.starts_with("FLOOD-2027-")), "{paper}");
    ensure!(paper["mainFile"]["text"] == "The drain is widened." && list(&folder, "person")?.is_empty());

    // Again, nothing has changed; in Chinese, what is called otherwise has.
    let before = files(&folder)?;
    ensure!(exported(&sandbox, &folder, &[])? == [0, 0, 0] && files(&folder)? == before);
    ensure!(exported(&sandbox, &folder, &["--lang", "zh"])?[1] > 0);
    ensure!(list(&folder, "agenda-item")?[0]["result"] == "通过");

    // Whoever takes no part sees no session, and publishes none.
    let strangers = sandbox.folder().join("strangers");
    let words =
        ["export", "oparl", "--to", strangers.to_str().context("a path")?, "--url", URL, "--name", "X"];
    let stranger = sandbox.run("delegate@ELSEWHERE", &words)?;
    ensure!(stranger.status.success() && list(&strangers, "meeting")?.is_empty(), "{}", text(&stranger));

    // What is not public any more is gone, and said to be.
    let relabel = RelabelTopicRequest {
        session_id: session,
        topic_number: 2,
        label: Label::Internal.into(),
        reason: "Not yet".into(),
        ..command()
    };
    let at_least_position = clerk.call(relabel).await?.position;
    clerk.call(ListResolutionsRequest { at_least_position, ..Default::default() }).await?;
    let [new, _, deleted] = exported(&sandbox, &folder, &[])?;
    ensure!(new == 0 && deleted == 5, "{new} are new, {deleted} were deleted");
    let left = files(&folder)?.into_iter().find(|(_, content)| content.contains("drain"));
    ensure!(left.is_none(), "{left:?}");
    Ok(())
}
in_both_modes!(what_is_public_is_published_and_nothing_else);

async fn what_is_to_come_is_published_where_it_is_wanted(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = founded(&sandbox).await?;
    let mut planned = outline("HIDDEN-TITLE", "WATER");
    planned.body_code = "FLOOD".into();
    planned.topics = vec![topic(1, "The weir", Some(Label::Public))];
    planned.attendees = attendees(&[1]);
    let session_id = clerk.admitted_session(planned).await?;
    let member = Member {
        code: "li.wei".into(),
        name: "李".into(),
        department_code: "WATER".into(),
        email: Some("HIDDEN-TEXT@water.example".into()),
        roles: vec!["chair".into(), "delegate".into()],
    };
    let operator = sandbox.client(Role::Operator, None).await?;
    operator.call(RegisterMemberRequest { member: Some(member), ..command() }).await?;
    let folder = sandbox.folder().join("oparl");
    exported(&sandbox, &folder, &["--agendas", "--persons"])?;
    ensure!(list(&folder, "meeting")?.is_empty(), "it has no time yet");
    let person = list(&folder, "person")?.pop().context("the person")?;
    ensure!(person["name"] == "李" && person["membership"][1]["role"] == "delegate", "{person}");
    // Taken back, nothing says who it was.
    ensure!(exported(&sandbox, &folder, &[])? == [0, 0, 3] && list(&folder, "person")?.is_empty());
    let said = files(&folder)?.into_iter().find(|(path, content)| {
        path.to_string_lossy().contains("li.wei") || content.contains("li.wei") || content.contains("李")
    });
    ensure!(said.is_none(), "{said:?}");

    schedule(&clerk, &session_id, "2027-03-09T01:00:00Z").await?;
    ensure!(exported(&sandbox, &folder, &[])? == [0, 0, 0], "agendas are wanted only where it is said");
    exported(&sandbox, &folder, &["--agendas"])?;
    let meeting = list(&folder, "meeting")?.pop().context("the meeting")?;
    ensure!(
        meeting["agendaItem"][0]["name"] == "The weir" && meeting["location"]["room"] == "ROOM",
        "{meeting}"
    );
    ensure!(meeting["start"].as_str().is_some_and(|start| start.starts_with("2027-03-09T")), "{meeting}");

    let cancel = CancelSessionRequest { session_id, reason: "HIDDEN-TEXT".into(), ..command() };
    clerk.call(cancel).await?;
    exported(&sandbox, &folder, &["--agendas"])?;
    let cancelled = list(&folder, "meeting")?.pop().context("the meeting")?;
    ensure!(cancelled["cancelled"] == true && cancelled["start"] == meeting["start"], "{cancelled}");
    Ok(())
}
in_both_modes!(what_is_to_come_is_published_where_it_is_wanted);

async fn who_there_is_comes_back_from_what_was_published(mode: Mode) -> anyhow::Result<()> {
    // Given a city that publishes its departments, one below another, and who works for them
    let (from, to) = (Sandbox::start(mode)?, Sandbox::start(mode)?);
    founded(&from).await?;
    let operator = from.client(Role::Operator, None).await?;
    let drains = Department {
        code: "DRAINS".into(),
        name: "排水管理处".into(),
        parent_code: Some("WATER".into()),
        level: DepartmentLevel::County.into(),
        region: Some("郑州".into()),
        kind: DepartmentKind::Enterprise.into(),
        ..Default::default()
    };
    operator.call(RegisterDepartmentRequest { department: Some(drains), ..command() }).await?;
    let li = Member {
        code: "li.wei".into(),
        name: "李".into(),
        department_code: "DRAINS".into(),
        email: Some("li@drains.example".into()),
        roles: vec!["delegate".into()],
    };
    operator.call(RegisterMemberRequest { member: Some(li), ..command() }).await?;
    let folder = from.folder().join("oparl");
    exported(&from, &folder, &["--persons"])?;
    let path = folder.to_str().context("a path")?;

    // When another installation takes the folder in
    let taken = to.run("operator", &["import", "directory", path])?;
    ensure!(
        taken.status.success() && text(&taken).contains("+ department DRAINS 排水管理处"),
        "{}",
        text(&taken)
    );
    ensure!(text(&taken).contains("1 bodies, parties and persons"), "{}", text(&taken));

    // Then it publishes the same departments; in the first nothing changes, an address that was not published included.
    let again = to.folder().join("oparl");
    exported(&to, &again, &[])?;
    let departments = |folder: &Path| -> anyhow::Result<Vec<Value>> {
        let mut all = list(folder, "organization")?;
        all.retain(|one| one["organizationType"] != "Gremium");
        for one in &mut all {
            one["created"] = Value::Null;
            one["modified"] = Value::Null;
        }
        Ok(all)
    };
    ensure!(departments(&folder)? == departments(&again)?, "{:?}", departments(&again)?);
    ensure!(departments(&again)?.len() == 4);
    let unchanged = from.run("operator", &["import", "directory", path])?;
    ensure!(text(&unchanged).contains("5 are as the file has them"), "{}", text(&unchanged));
    Ok(())
}
in_both_modes!(who_there_is_comes_back_from_what_was_published);

async fn what_was_exported_is_served_to_everybody(mode: Mode) -> anyhow::Result<()> {
    let served = tempfile::tempdir()?;
    let folder = served.path().join("oparl");
    let settings = vec![("HUISHANG_CONSOLE__OPARL_FOLDER", folder.display().to_string())];
    let mut sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    let anybody = sandbox.http_with_token(None)?;
    ensure!(anybody.get("/oparl/system/system.json").await?.status == 404, "nothing is published yet");
    let clerk = founded(&sandbox).await?;
    let session_id = decided(&sandbox, &clerk).await?;
    exported(&sandbox, &folder, &[])?;

    // From the beginning to a paper, as a reader of OParl goes.
    let path = |url: &Value| url.as_str().unwrap_or_default().replace("https://city.example", "");
    let system = anybody.get("/oparl/system/system.json").await?.json();
    let bodies = anybody.get(&path(&system["body"])).await?.json();
    let papers = anybody.get(&path(&bodies["data"][0]["paper"])).await?.json();
    let file = anybody.get(&path(&papers["data"][0]["mainFile"]["downloadUrl"])).await?;
    ensure!(file.text().contains("The drain is widened."), "{file:?}");
    let modified = papers["data"][0]["modified"].as_str().context("a moment")?.replace('+', "%2B");
    let since = format!("/oparl/list/paper.json?modified_since={modified}&omit_internal=true");
    ensure!(anybody.get(&since).await?.json()["data"] == papers["data"], "it was modified then");

    // What is taken back is told to those who ask what has changed.
    let relabel = RelabelTopicRequest {
        session_id,
        topic_number: 2,
        label: Label::Secret.into(),
        reason: "Not yet".into(),
        ..command()
    };
    let at_least_position = clerk.call(relabel).await?.position;
    clerk.call(ListResolutionsRequest { at_least_position, ..Default::default() }).await?;
    exported(&sandbox, &folder, &[])?;
    let changed = anybody.get(&since).await?.json();
    ensure!(changed["data"][0]["deleted"] == true && changed["data"][0].get("name").is_none(), "{changed}");
    ensure!(
        anybody.get("/oparl/list/paper.json?omit_internal=true").await?.json()["data"]
            == serde_json::json!([])
    );
    ensure!(anybody.get(&path(&papers["data"][0]["mainFile"]["downloadUrl"])).await?.status == 404);
    Ok(())
}
in_both_modes!(what_was_exported_is_served_to_everybody);

async fn what_nobody_could_serve_is_refused(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let folder = sandbox.folder().join("oparl");
    let path = folder.to_str().context("a path")?;
    for (url, name, said) in [
        ("ftp://city.example/", "City", "--url"),
        ("https://city.example/?a=b", "City", "--url"),
        ("here", "City", "--url"),
        (URL, " ", "--name"),
    ] {
        let command = ["export", "oparl", "--to", path, "--url", url, "--name", name];
        let refused = sandbox.run("auditor", &command)?;
        ensure!(refused.status.code() == Some(2) && text(&refused).contains(said), "{}", text(&refused));
        ensure!(!folder.exists(), "nothing is written");
    }
    std::fs::create_dir(&folder)?;
    std::fs::write(folder.join("notes.txt"), "mine")?;
    let refused = export(&sandbox, &folder, &[])?;
    ensure!(
        refused.status.code() == Some(2) && text(&refused).contains("something else"),
        "{}",
        text(&refused)
    );
    ensure!(files(&folder)?.len() == 1, "{:?}", files(&folder)?);
    Ok(())
}
in_both_modes!(what_nobody_could_serve_is_refused);

async fn ballots_go_out_as_popolo_and_the_directory_in_again(mode: Mode) -> anyhow::Result<()> {
    let sandbox = Sandbox::start(mode)?;
    let clerk = founded(&sandbox).await?;
    decided(&sandbox, &clerk).await?;
    let popolo = |role: &str| -> anyhow::Result<String> {
        let output = sandbox.run(role, &["export", "popolo"])?;
        ensure!(output.status.success(), "{}", text(&output));
        let path = sandbox.folder().join("popolo.json");
        std::fs::write(&path, &output.stdout)?;
        let validated = Command::new(root().join("tests/exchange/validate")).arg(&path).output()?;
        ensure!(validated.status.success(), "{}", text(&validated));
        Ok(String::from_utf8(output.stdout)?)
    };
    let whole: Value = serde_json::from_str(&popolo("auditor")?)?;
    let motions = whole["motions"].as_array().context("motions")?;
    ensure!(motions.len() == 3 && motions[1]["text"] == "The drain is widened.", "{motions:?}");
    let votes = &whole["vote_events"][1];
    ensure!(votes["result"] == "pass" && votes["counts"][0]["value"] == 3, "{votes}");
    let against =
        votes["votes"].as_array().and_then(|votes| votes.iter().find(|vote| vote["option"] == "no"));
    ensure!(against.is_some_and(|vote| vote["voter_id"] == "FIRE" && vote["weight"] == 1), "{votes}");
    let stranger: Value = serde_json::from_str(&popolo("delegate@ELSEWHERE")?)?;
    ensure!(stranger["motions"] == serde_json::json!([]), "{stranger}");

    let (file, directory) = (popolo("operator")?, sandbox.run("operator", &["export", "directory"])?.stdout);
    let to = Sandbox::start(mode)?;
    let path = to.folder().join("popolo.json");
    std::fs::write(&path, file)?;
    let imported = to.run("operator", &["import", "directory", path.to_str().context("a path")?])?;
    ensure!(imported.status.success(), "{}", text(&imported));
    ensure!(to.run("operator", &["export", "directory"])?.stdout == directory);
    Ok(())
}
in_both_modes!(ballots_go_out_as_popolo_and_the_directory_in_again);
