//! Who may call what: the one table. A test compares it with every rpc there is.
//!
//! Which department somebody may act for is not decided here but by the rules of the domain.

use domain::Role::{self, Auditor, Chair, Clerk, Delegate, DepartmentLead, Operator, Supervisor};
use service_kit::identity::Access;

/// Everybody who may see a realm's matters.
const READERS: &[Role] = &[Clerk, Chair, Delegate, DepartmentLead, Supervisor, Auditor, Operator];
/// Those who prepare sessions.
const CLERKS: &[Role] = &[Clerk];
/// Those who lead a docket, and their clerks.
const CHAIRS: &[Role] = &[Chair, Clerk];
/// Those who speak for a department in a session, and the clerk who writes for them.
const DELEGATES: &[Role] = &[Delegate, DepartmentLead, Clerk];
/// Those who answer for what a department owes.
const LEADS: &[Role] = &[DepartmentLead];
/// Those who follow what was decided.
const SUPERVISORS: &[Role] = &[Supervisor];
/// Those who say whether work is done; never the department that did it, which is a rule of the domain.
const ACCEPTORS: &[Role] = &[Supervisor, DepartmentLead];
/// Those who run the installation.
const OPERATORS: &[Role] = &[Operator];

/// Every rpc, with the roles that may call it.
pub const TABLE: Access = Access(&[
    // Scheduling: the directory and the rules
    ("huishang.scheduling.v1.SchedulingService/RegisterDepartment", &[Clerk, Operator]),
    ("huishang.scheduling.v1.SchedulingService/RegisterMember", &[Clerk, Operator]),
    ("huishang.scheduling.v1.SchedulingService/RegisterRoom", &[Clerk, Operator]),
    ("huishang.scheduling.v1.SchedulingService/DefineCalendar", &[Clerk, Operator]),
    ("huishang.scheduling.v1.SchedulingService/DefineRules", &[Clerk, Operator]),
    // Scheduling: sessions
    ("huishang.scheduling.v1.SchedulingService/RequestSession", &[Clerk, DepartmentLead]),
    ("huishang.scheduling.v1.SchedulingService/SubmitPapers", &[Clerk, DepartmentLead]),
    ("huishang.scheduling.v1.SchedulingService/ScreenSession", CLERKS),
    ("huishang.scheduling.v1.SchedulingService/OverrideFinding", SUPERVISORS),
    ("huishang.scheduling.v1.SchedulingService/AdmitSession", CLERKS),
    ("huishang.scheduling.v1.SchedulingService/ReturnSession", CLERKS),
    ("huishang.scheduling.v1.SchedulingService/ReviseSession", &[Clerk, DepartmentLead]),
    ("huishang.scheduling.v1.SchedulingService/TurnIntoCountersign", CLERKS),
    ("huishang.scheduling.v1.SchedulingService/MergeSession", CLERKS),
    ("huishang.scheduling.v1.SchedulingService/ScheduleSession", CLERKS),
    ("huishang.scheduling.v1.SchedulingService/PostponeSession", CHAIRS),
    ("huishang.scheduling.v1.SchedulingService/CancelSession", CHAIRS),
    ("huishang.scheduling.v1.SchedulingService/AnswerInvitation", DELEGATES),
    ("huishang.scheduling.v1.SchedulingService/NameDelegate", DELEGATES),
    ("huishang.scheduling.v1.SchedulingService/ConveneSession", CHAIRS),
    ("huishang.scheduling.v1.SchedulingService/ListDepartments", READERS),
    ("huishang.scheduling.v1.SchedulingService/ListMembers", READERS),
    ("huishang.scheduling.v1.SchedulingService/ListRooms", READERS),
    ("huishang.scheduling.v1.SchedulingService/GetRules", READERS),
    ("huishang.scheduling.v1.SchedulingService/GetCalendar", READERS),
    ("huishang.scheduling.v1.SchedulingService/GetSession", READERS),
    ("huishang.scheduling.v1.SchedulingService/ListSessions", READERS),
    // Deliberation
    ("huishang.deliberation.v1.DeliberationService/RecordArrival", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/RecordLeaving", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/OpenDocket", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/OpenTopic", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/PauseTopic", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/MarkDigression", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/CloseDebate", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/StatePosition", DELEGATES),
    ("huishang.deliberation.v1.DeliberationService/Propose", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/ProposeAmendment", DELEGATES),
    ("huishang.deliberation.v1.DeliberationService/ResolveAmendment", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/DraftItems", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/ReviseItem", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/DropItem", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/OpenBallot", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/CastVote", DELEGATES),
    ("huishang.deliberation.v1.DeliberationService/Recuse", DELEGATES),
    ("huishang.deliberation.v1.DeliberationService/CloseBallot", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/AdoptDecision", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/RejectTopic", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/DeferTopic", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/ReferTopic", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/WithdrawTopic", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/CloseDocket", CHAIRS),
    ("huishang.deliberation.v1.DeliberationService/GetDocket", READERS),
    ("huishang.deliberation.v1.DeliberationService/ListDockets", READERS),
    // Resolution
    ("huishang.resolution.v1.ResolutionService/RescindResolution", SUPERVISORS),
    ("huishang.resolution.v1.ResolutionService/SupersedeResolution", SUPERVISORS),
    ("huishang.resolution.v1.ResolutionService/AcknowledgeItem", LEADS),
    ("huishang.resolution.v1.ResolutionService/ContestItem", LEADS),
    ("huishang.resolution.v1.ResolutionService/ResolveContest", SUPERVISORS),
    ("huishang.resolution.v1.ResolutionService/ReportProgress", LEADS),
    ("huishang.resolution.v1.ResolutionService/ReportBlocked", LEADS),
    ("huishang.resolution.v1.ResolutionService/UnblockItem", LEADS),
    ("huishang.resolution.v1.ResolutionService/RequestExtension", LEADS),
    ("huishang.resolution.v1.ResolutionService/GrantExtension", SUPERVISORS),
    ("huishang.resolution.v1.ResolutionService/RefuseExtension", SUPERVISORS),
    ("huishang.resolution.v1.ResolutionService/ClaimCompletion", LEADS),
    ("huishang.resolution.v1.ResolutionService/AcceptWork", ACCEPTORS),
    ("huishang.resolution.v1.ResolutionService/ReturnWork", ACCEPTORS),
    ("huishang.resolution.v1.ResolutionService/ReopenItem", SUPERVISORS),
    ("huishang.resolution.v1.ResolutionService/LookBack", SUPERVISORS),
    ("huishang.resolution.v1.ResolutionService/GetResolution", READERS),
    ("huishang.resolution.v1.ResolutionService/ListResolutions", READERS),
    ("huishang.resolution.v1.ResolutionService/GetItem", READERS),
    ("huishang.resolution.v1.ResolutionService/ListItems", READERS),
    // Followup
    ("huishang.followup.v1.FollowupService/GetBoard", READERS),
    ("huishang.followup.v1.FollowupService/ListFollowUps", READERS),
    ("huishang.followup.v1.FollowupService/ListNotices", READERS),
    ("huishang.followup.v1.FollowupService/GetIndicators", READERS),
    // Ledger
    ("huishang.ledger.v1.LedgerService/MoveClock", OPERATORS),
    ("huishang.ledger.v1.LedgerService/GetHead", READERS),
    ("huishang.ledger.v1.LedgerService/GetRecord", READERS),
    ("huishang.ledger.v1.LedgerService/ReadRecords", READERS),
    ("huishang.ledger.v1.LedgerService/VerifyLog", READERS),
    ("huishang.ledger.v1.LedgerService/GetSignedHead", READERS),
    ("huishang.ledger.v1.LedgerService/GetReceipt", READERS),
    ("huishang.ledger.v1.LedgerService/GetConsistencyProof", READERS),
    ("huishang.ledger.v1.LedgerService/BackupRecords", OPERATORS),
    // Every process
    ("huishang.views.v1.ViewsService/VerifyViews", READERS),
    ("huishang.operations.v1.OperationsService/ListSetAside", READERS),
]);

#[cfg(test)]
mod tests {
    use super::*;
    use prost_reflect::DescriptorPool;

    #[test]
    fn the_table_names_every_rpc_and_nothing_else() {
        let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
        let mut rpcs: Vec<String> = pool
            .services()
            .filter(|service| service.full_name().starts_with("huishang."))
            .flat_map(|service| service.methods().collect::<Vec<_>>())
            .map(|method| format!("{}/{}", method.parent_service().full_name(), method.name()))
            .collect();
        let mut listed: Vec<String> = TABLE.0.iter().map(|(rpc, _)| (*rpc).to_owned()).collect();
        rpcs.sort();
        listed.sort();
        assert_eq!(listed, rpcs);
    }

    #[test]
    fn an_auditor_changes_nothing() {
        for (rpc, roles) in TABLE.0 {
            let method = rpc.rsplit('/').next().unwrap_or_default();
            let reads = ["Get", "List", "Read", "Verify"].iter().any(|verb| method.starts_with(verb));
            assert_eq!(reads, roles.contains(&Auditor), "{rpc}");
        }
    }
}
