//! The command of every rpc, from the options in the protos: one word for the noun and one for the verb.

use proto::contract::{self, RpcContract};
use std::sync::LazyLock;

/// What a command is about.
pub struct Noun {
    /// The word on the command line.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The request field that identifies one; it is the positional argument.
    pub id: &'static str,
}

const fn noun(name: &'static str, id: &'static str, about: &'static str) -> Noun {
    Noun { name, about, id }
}

/// The nouns, in the order of the help.
pub const NOUNS: &[Noun] = &[
    noun("department", "code", "Departments in the directory (部门)"),
    noun("member", "member_code", "Members: people who work for departments (成员)"),
    noun("whoami", "", "Who the caller is, for which department, in which roles (身份)"),
    noun("sign-out", "", "Sign-outs at providers, as these tell of them (登出)"),
    noun("calendar", "", "The calendar that working days are counted by (工作日历)"),
    noun("body", "body_code", "Bodies: who decides, by which rules (会商机制)"),
    noun("room", "code", "Rooms and their bookings (会议室)"),
    noun("travel", "", "Travel times between the sites of rooms (路程)"),
    noun("diary", "absence_id", "Diaries: when departments, rooms and members are busy (日程)"),
    noun("matter", "matter_id", "Matters, from when they are taken in to their outcome (事项)"),
    noun("session", "session_id", "Sessions, from request to convening (会商)"),
    noun("poll", "session_id", "Polls: which times suit those who attend a session (时间征询)"),
    noun("timetable", "timetable_id", "Timetables: many sessions planned at once (排期方案)"),
    noun("emergency", "session_id", "Emergencies: the alarm, and who comes (应急)"),
    noun("docket", "docket_id", "Dockets: debate, ballots and outcomes of a session (议程)"),
    noun("minutes", "docket_id", "Minutes of a docket: corrected, confirmed, sealed (会议纪要)"),
    noun("resolution", "resolution_id", "Resolutions, by id or number (决议)"),
    noun("item", "item_id", "Action items and their follow-through, by id or number (督办事项)"),
    noun("target", "target_id", "Targets by phase: what departments are to have done by when (分阶段目标)"),
    noun("forecast", "", "How good forecasts of completion were (预测)"),
    noun("scorecard", "", "How departments kept what they promised (记分卡)"),
    noun("board", "", "The supervisors' board: what is due, late and blocked (督办看板)"),
    noun("indicators", "", "The indicators and their baselines (指标)"),
    noun("followup", "", "Follow-ups, reminders and escalations (督办)"),
    noun("ladder", "body_code", "Ladders: who is notified when, by body (催办阶梯)"),
    noun("subscription", "subscription_id", "Subscriptions: which events are sent where (订阅)"),
    noun(
        "calendar-feed",
        "calendar_feed_id",
        "Calendars at secret addresses, for calendar programs (日历订阅)",
    ),
    noun("log", "position", "The append-only log: head, records, copies, verification (台账)"),
    noun("erasure", "erasure_id", "Erasures of personal data (个人数据清除)"),
    noun("clock", "", "The clock of a rehearsal (时钟)"),
    noun("set-aside", "", "Records that a process failed on, and the streams that it has halted (搁置)"),
];

/// One command: `huishang <noun> <verb>`, or `huishang <noun>` when the verb is empty.
#[derive(Debug)]
pub struct Entry {
    /// The rpc, such as `scheduling.v1.SchedulingService/GetSession`.
    pub rpc: &'static str,
    /// What it is about.
    pub noun: &'static str,
    /// What is done; empty if the noun is enough.
    pub verb: &'static str,
    /// The rest of its options.
    pub contract: &'static RpcContract,
}

/// Every command, one for each rpc.
pub fn table() -> &'static [Entry] {
    static TABLE: LazyLock<Vec<Entry>> = LazyLock::new(|| contract::rpcs().iter().map(entry).collect());
    &TABLE
}

impl Entry {
    /// The words of the command.
    pub fn words(&self) -> String {
        format!("huishang {} {}", self.noun, self.verb).trim_end().to_owned()
    }
}

fn entry(contract: &'static RpcContract) -> Entry {
    let (noun, verb) = contract.command.split_once(' ').unwrap_or((&contract.command, ""));
    let rpc = contract.path.strip_prefix("huishang.").unwrap_or(&contract.path);
    Entry { rpc, noun, verb, contract }
}

/// The commands of a noun.
pub fn of(noun: &str) -> impl Iterator<Item = &'static Entry> {
    table().iter().filter(move |entry| entry.noun == noun)
}

/// The noun of that name.
pub fn find(name: &str) -> Option<&'static Noun> {
    NOUNS.iter().find(|noun| noun.name == name)
}
