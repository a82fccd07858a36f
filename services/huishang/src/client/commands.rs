//! Which command stands for which rpc.

/// What commands are about.
pub struct Noun {
    /// The word on the command line.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// The request field that says which one; it needs no flag.
    pub id: &'static str,
    /// The rpc that finds one by its number, where they have numbers; else empty.
    pub by_number: &'static str,
}

const fn noun(name: &'static str, id: &'static str, about: &'static str) -> Noun {
    Noun { name, about, id, by_number: "" }
}

const fn numbered(
    name: &'static str,
    id: &'static str,
    by_number: &'static str,
    about: &'static str,
) -> Noun {
    Noun { name, about, id, by_number }
}

/// The nouns, in the order of the help.
pub const NOUNS: &[Noun] = &[
    noun("department", "code", "Departments in the directory (部门)"),
    noun("member", "code", "Members: people who work for departments (成员)"),
    noun("room", "code", "Rooms in the directory (会议室)"),
    noun("calendar", "", "The calendar that working days are counted by (工作日历)"),
    noun("rules", "body", "Meeting rules of a convening body (会议规则)"),
    noun("session", "session_id", "Sessions, from request to convening (会商)"),
    noun("docket", "docket_id", "Dockets: debate, ballots and outcomes of a session (议程)"),
    numbered(
        "resolution",
        "resolution_id",
        "resolution.v1.ResolutionService/GetResolution",
        "Resolutions, by id or number (决议)",
    ),
    numbered(
        "item",
        "item_id",
        "resolution.v1.ResolutionService/GetItem",
        "Action items and what becomes of them, by id or number (任务)",
    ),
    noun("board", "", "The supervisors' board: what is due, late and stuck (督办看板)"),
    noun("indicators", "", "The indicators beside their baselines (指标)"),
    noun("followup", "", "Follow-ups, reminders and escalations (督办)"),
    noun("log", "position", "The append-only log: its head, records, verification (台账)"),
    noun("clock", "", "The clock of a rehearsal (时钟)"),
    noun("set-aside", "", "Records that a process could not take in, and which streams stand still (搁置)"),
];

/// One command: `huishang <noun> <verb>`, or `huishang <noun>` when the verb is empty.
#[derive(Debug)]
pub struct Entry {
    /// The rpc, such as `scheduling.v1.SchedulingService/GetSession`.
    pub rpc: &'static str,
    /// What it is about.
    pub noun: &'static str,
    /// What is done.
    pub verb: &'static str,
}

const fn entry(rpc: &'static str, noun: &'static str, verb: &'static str) -> Entry {
    Entry { rpc, noun, verb }
}

/// Every rpc there is; a test compares the table with the protos.
pub const TABLE: &[Entry] = &[
    entry("scheduling.v1.SchedulingService/RegisterDepartment", "department", "register"),
    entry("scheduling.v1.SchedulingService/ListDepartments", "department", "list"),
    entry("scheduling.v1.SchedulingService/RegisterMember", "member", "register"),
    entry("scheduling.v1.SchedulingService/ListMembers", "member", "list"),
    entry("scheduling.v1.SchedulingService/RegisterRoom", "room", "register"),
    entry("scheduling.v1.SchedulingService/ListRooms", "room", "list"),
    entry("scheduling.v1.SchedulingService/DefineCalendar", "calendar", "define"),
    entry("scheduling.v1.SchedulingService/GetCalendar", "calendar", "show"),
    entry("scheduling.v1.SchedulingService/DefineRules", "rules", "define"),
    entry("scheduling.v1.SchedulingService/GetRules", "rules", "show"),
    entry("scheduling.v1.SchedulingService/RequestSession", "session", "request"),
    entry("scheduling.v1.SchedulingService/SubmitPapers", "session", "submit-papers"),
    entry("scheduling.v1.SchedulingService/ScreenSession", "session", "screen"),
    entry("scheduling.v1.SchedulingService/OverrideFinding", "session", "override"),
    entry("scheduling.v1.SchedulingService/AdmitSession", "session", "admit"),
    entry("scheduling.v1.SchedulingService/ReturnSession", "session", "return"),
    entry("scheduling.v1.SchedulingService/ReviseSession", "session", "revise"),
    entry("scheduling.v1.SchedulingService/TurnIntoCountersign", "session", "countersign"),
    entry("scheduling.v1.SchedulingService/MergeSession", "session", "merge"),
    entry("scheduling.v1.SchedulingService/ScheduleSession", "session", "schedule"),
    entry("scheduling.v1.SchedulingService/PostponeSession", "session", "postpone"),
    entry("scheduling.v1.SchedulingService/CancelSession", "session", "cancel"),
    entry("scheduling.v1.SchedulingService/AnswerInvitation", "session", "answer"),
    entry("scheduling.v1.SchedulingService/NameDelegate", "session", "name-delegate"),
    entry("scheduling.v1.SchedulingService/ConveneSession", "session", "convene"),
    entry("scheduling.v1.SchedulingService/GetSession", "session", "show"),
    entry("scheduling.v1.SchedulingService/ListSessions", "session", "list"),
    entry("deliberation.v1.DeliberationService/RecordArrival", "docket", "record-arrival"),
    entry("deliberation.v1.DeliberationService/RecordLeaving", "docket", "record-leaving"),
    entry("deliberation.v1.DeliberationService/OpenDocket", "docket", "open"),
    entry("deliberation.v1.DeliberationService/OpenTopic", "docket", "open-topic"),
    entry("deliberation.v1.DeliberationService/PauseTopic", "docket", "pause-topic"),
    entry("deliberation.v1.DeliberationService/MarkDigression", "docket", "mark-digression"),
    entry("deliberation.v1.DeliberationService/CloseDebate", "docket", "close-debate"),
    entry("deliberation.v1.DeliberationService/StatePosition", "docket", "state-position"),
    entry("deliberation.v1.DeliberationService/Propose", "docket", "propose"),
    entry("deliberation.v1.DeliberationService/ProposeAmendment", "docket", "propose-amendment"),
    entry("deliberation.v1.DeliberationService/ResolveAmendment", "docket", "resolve-amendment"),
    entry("deliberation.v1.DeliberationService/DraftItems", "docket", "draft-items"),
    entry("deliberation.v1.DeliberationService/ReviseItem", "docket", "revise-item"),
    entry("deliberation.v1.DeliberationService/DropItem", "docket", "drop-item"),
    entry("deliberation.v1.DeliberationService/OpenBallot", "docket", "open-ballot"),
    entry("deliberation.v1.DeliberationService/CastVote", "docket", "cast-vote"),
    entry("deliberation.v1.DeliberationService/Recuse", "docket", "recuse"),
    entry("deliberation.v1.DeliberationService/CloseBallot", "docket", "close-ballot"),
    entry("deliberation.v1.DeliberationService/AdoptDecision", "docket", "adopt"),
    entry("deliberation.v1.DeliberationService/RejectTopic", "docket", "reject-topic"),
    entry("deliberation.v1.DeliberationService/DeferTopic", "docket", "defer-topic"),
    entry("deliberation.v1.DeliberationService/ReferTopic", "docket", "refer-topic"),
    entry("deliberation.v1.DeliberationService/WithdrawTopic", "docket", "withdraw-topic"),
    entry("deliberation.v1.DeliberationService/CloseDocket", "docket", "close"),
    entry("deliberation.v1.DeliberationService/GetDocket", "docket", "show"),
    entry("deliberation.v1.DeliberationService/ListDockets", "docket", "list"),
    entry("resolution.v1.ResolutionService/RescindResolution", "resolution", "rescind"),
    entry("resolution.v1.ResolutionService/SupersedeResolution", "resolution", "supersede"),
    entry("resolution.v1.ResolutionService/GetResolution", "resolution", "show"),
    entry("resolution.v1.ResolutionService/ListResolutions", "resolution", "list"),
    entry("resolution.v1.ResolutionService/AcknowledgeItem", "item", "acknowledge"),
    entry("resolution.v1.ResolutionService/ContestItem", "item", "contest"),
    entry("resolution.v1.ResolutionService/ResolveContest", "item", "resolve-contest"),
    entry("resolution.v1.ResolutionService/ReportProgress", "item", "report-progress"),
    entry("resolution.v1.ResolutionService/ReportBlocked", "item", "report-blocked"),
    entry("resolution.v1.ResolutionService/UnblockItem", "item", "unblock"),
    entry("resolution.v1.ResolutionService/RequestExtension", "item", "request-extension"),
    entry("resolution.v1.ResolutionService/GrantExtension", "item", "grant-extension"),
    entry("resolution.v1.ResolutionService/RefuseExtension", "item", "refuse-extension"),
    entry("resolution.v1.ResolutionService/ClaimCompletion", "item", "claim-completion"),
    entry("resolution.v1.ResolutionService/AcceptWork", "item", "accept"),
    entry("resolution.v1.ResolutionService/ReturnWork", "item", "return"),
    entry("resolution.v1.ResolutionService/ReopenItem", "item", "reopen"),
    entry("resolution.v1.ResolutionService/LookBack", "item", "look-back"),
    entry("resolution.v1.ResolutionService/GetItem", "item", "show"),
    entry("resolution.v1.ResolutionService/ListItems", "item", "list"),
    entry("followup.v1.FollowupService/GetBoard", "board", ""),
    entry("followup.v1.FollowupService/GetIndicators", "indicators", ""),
    entry("followup.v1.FollowupService/ListFollowUps", "followup", "list"),
    entry("followup.v1.FollowupService/ListNotices", "followup", "notices"),
    entry("ledger.v1.LedgerService/GetHead", "log", "head"),
    entry("ledger.v1.LedgerService/GetRecord", "log", "show"),
    entry("ledger.v1.LedgerService/ReadRecords", "log", "tail"),
    entry("ledger.v1.LedgerService/VerifyLog", "log", "verify"),
    entry("ledger.v1.LedgerService/GetSignedHead", "log", "signed-head"),
    entry("ledger.v1.LedgerService/GetReceipt", "log", "receipt"),
    entry("ledger.v1.LedgerService/GetConsistencyProof", "log", "consistency"),
    entry("ledger.v1.LedgerService/BackupRecords", "log", "backup"),
    entry("views.v1.ViewsService/VerifyViews", "log", "verify-views"),
    entry("ledger.v1.LedgerService/MoveClock", "clock", "move"),
    entry("operations.v1.OperationsService/ListSetAside", "set-aside", ""),
];

/// The commands of a noun.
pub fn of(noun: &str) -> impl Iterator<Item = &'static Entry> {
    TABLE.iter().filter(move |entry| entry.noun == noun)
}

/// The noun of that name.
pub fn find(name: &str) -> Option<&'static Noun> {
    NOUNS.iter().find(|noun| noun.name == name)
}
