//! What is planted in one department's matter leaves by no other door either: not by webhooks, robots, calendars and tables.

use super::planted::{MATTER, OWN, SAID, STRANGER, plant, plant_the_strangers};
use crate::in_both_modes;
use anyhow::{Context as _, ensure};
use domain::Role;
use harness::root;
use proto::contract;
use proto::delivery::v1 as pb;
use std::process::Command;
use tests::{HttpClient, Mode, Receiver, Sandbox, SandboxConfig, command, until};

/// What a robot is told of: an event with words of its own, and one that everybody hears of.
const TOLD: [&str; 2] =
    ["huishang.scheduling.events.v1.SessionConvened", "huishang.directory.events.v1.DepartmentRegistered"];
/// The kind of a workbook.
const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Everything by which a department learns of what happens.
struct Doors {
    webhook: Receiver,
    robot: Receiver,
    calendar: String,
    http: HttpClient,
    open: HttpClient,
}

impl Doors {
    async fn of(sandbox: &mut Sandbox, department: &str) -> anyhow::Result<Doors> {
        let (webhook, robot) = (Receiver::start()?, Receiver::robots()?);
        let client = sandbox.client(Role::Delegate, Some(department)).await?;
        let to_webhook = pb::SubscriptionTerms {
            name: "Everything".into(),
            webhook_url: Some(webhook.url()),
            ..Default::default()
        };
        let to_robot = pb::SubscriptionTerms {
            name: "The group".into(),
            types: TOLD.map(str::to_owned).to_vec(),
            robot: Some(pb::RobotKind::Feishu.into()),
            robot_url: Some(robot.url_of("/open-apis/bot/v2/hook/1f")),
            robot_language: Some(pb::MailLanguage::English.into()),
            ..Default::default()
        };
        let define = |terms| pb::DefineSubscriptionRequest { terms: Some(terms), ..command() };
        webhook.set_secret(&client.call(define(to_webhook)).await?.secret)?;
        client.call(define(to_robot)).await?;
        let terms = pb::CalendarFeedTerms {
            name: "Own".into(),
            language: pb::MailLanguage::English.into(),
            ..Default::default()
        };
        let created = client.call(pb::CreateCalendarFeedRequest { terms: Some(terms), ..command() }).await?;
        let http = sandbox.http(Role::Delegate, Some(department))?;
        Ok(Doors { webhook, robot, calendar: created.path, http, open: sandbox.http_with_token(None)? })
    }

    /// Waits until what happened last has come by all of them.
    async fn have_heard_the_last(&self) {
        until("the last event", async || {
            let is_last = |text: String| text.contains("DepartmentRegistered");
            let webhook =
                self.webhook.received().ok()?.iter().any(|one| is_last(one["event"]["type"].to_string()));
            let robot = self.robot.received().ok()?.iter().any(|one| is_last(one["text"].to_string()));
            (webhook && robot).then_some(())
        })
        .await;
    }

    /// All that has come, and all tables and calendars.
    async fn texts(&self, sandbox: &Sandbox) -> anyhow::Result<Vec<(String, String)>> {
        let mut texts = Vec::new();
        texts.push(("webhook".into(), format!("{:?}", self.webhook.received()?)));
        texts.push(("robot".into(), format!("{:?}", self.robot.received()?)));
        for query in ["", "?tasks=1"] {
            let read = self.open.get(&format!("{}{query}", self.calendar)).await?;
            ensure!(read.status == 200, "{}", read.text());
            texts.push((format!("calendar{query}"), read.text().replace("\r\n ", "")));
        }
        let lists =
            contract::rpcs().iter().filter(|rpc| rpc.reads && !rpc.streams && rpc.path.contains("/List"));
        let paths = lists.filter_map(|rpc| rpc.route.as_ref()).map(|route| route.path.as_str());
        for path in paths.filter(|path| !path.contains('{')) {
            let table = self.http.send("GET", path, &[("accept", "text/csv")], "").await?;
            texts.push((format!("{path} as CSV"), table.text()));
            let book = self.http.send("GET", path, &[("accept", WORKBOOK)], "").await?;
            if book.status == 200 {
                texts.push((format!("{path} as a workbook"), rows(sandbox, &book.body)?));
            }
        }
        Ok(texts)
    }
}

/// What is in a workbook.
fn rows(sandbox: &Sandbox, workbook: &[u8]) -> anyhow::Result<String> {
    let file = sandbox.folder().join("table.xlsx");
    std::fs::write(&file, workbook)?;
    let read = Command::new(root().join("tests/calendars/run")).arg("table").arg(&file).output()?;
    ensure!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    Ok(String::from_utf8(read.stdout)?)
}

async fn nothing_of_a_matter_leaves_by_another_door(mode: Mode) -> anyhow::Result<()> {
    let settings = vec![
        ("HUISHANG_DELIVERY__PRIVATE_NETWORKS", "127.0.0.0/8".to_owned()),
        ("HUISHANG_DELIVERY__ALLOW_HTTP", "true".to_owned()),
    ];
    let mut sandbox = Sandbox::start_with(mode, SandboxConfig { settings, ..SandboxConfig::default() })?;
    plant_the_strangers(&sandbox).await?;
    let of_own = Doors::of(&mut sandbox, OWN).await?;
    let of_stranger = Doors::of(&mut sandbox, STRANGER).await?;
    let planted = plant(&sandbox).await?;
    sandbox.client(Role::Clerk, Some(OWN)).await?.register_department("LAST").await?;
    of_own.have_heard_the_last().await;
    of_stranger.have_heard_the_last().await;

    // By each kind of door it reaches whoever takes part: otherwise the rest would prove nothing.
    let own = of_own.texts(&sandbox).await?;
    for door in ["robot", "calendar", "/v1/sessions as CSV", "/v1/sessions as a workbook", "/v1/items as CSV"]
    {
        let (_, text) = own.iter().find(|(name, _)| name == door).context(door)?;
        ensure!(text.contains(MATTER), "{door}: {text}");
    }
    ensure!(own[0].1.contains(&planted.session), "{}", own[0].1);
    for (door, text) in of_stranger.texts(&sandbox).await? {
        for hidden in [MATTER, SAID, &planted.session, &planted.item, &planted.resolution] {
            ensure!(!text.contains(hidden), "{hidden} by {door}: {text}");
        }
    }
    Ok(())
}
in_both_modes!(nothing_of_a_matter_leaves_by_another_door);
