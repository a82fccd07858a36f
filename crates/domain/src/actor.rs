//! Who issues a command, in which role, and when.

use crate::text::Code;
use jiff::Timestamp;

/// A caller's role; decides which commands and queries are open to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// 文书: prepares sessions and keeps the record.
    Clerk,
    /// 主持人: leads a docket.
    Chair,
    /// 代表: speaks and votes for a department.
    Delegate,
    /// 部门负责人: answers for what the department owes.
    DepartmentLead,
    /// 督查: follows what was decided and accepts results.
    Supervisor,
    /// 审计: reads everything, changes nothing.
    Auditor,
    /// 运维: runs the deployment.
    Operator,
    /// 安全: decides who is let in, and watches that.
    Security,
    /// 数据保护: has personal data erased.
    DataProtection,
    /// 领导: is told of what was escalated to the leadership, and gives instructions on it.
    Leader,
}

impl Role {
    /// Every role, in the order of their numbers.
    pub const ALL: [Role; 10] = [
        Role::Clerk,
        Role::Chair,
        Role::Delegate,
        Role::DepartmentLead,
        Role::Supervisor,
        Role::Auditor,
        Role::Operator,
        Role::Security,
        Role::DataProtection,
        Role::Leader,
    ];

    /// The three administrators (三员), who are separate people: of the system, of security, and of the audit.
    pub const ADMINISTRATORS: [Role; 3] = [Role::Operator, Role::Security, Role::Auditor];

    /// The word used in tokens, flags and the record.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Clerk => "clerk",
            Role::Chair => "chair",
            Role::Delegate => "delegate",
            Role::DepartmentLead => "department-lead",
            Role::Supervisor => "supervisor",
            Role::Auditor => "auditor",
            Role::Operator => "operator",
            Role::Security => "security",
            Role::DataProtection => "data-protection",
            Role::Leader => "leader",
        }
    }

    /// The role with this name, if there is one.
    pub fn parse(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == name)
    }
}

/// The identity behind a command: a person, or one of our own process managers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Stable name of the person or process, as in the token's `sub`.
    pub subject: String,
    /// The department spoken for; none for operators, auditors and process managers.
    pub department: Option<Code>,
    /// The roles held.
    pub roles: Vec<Role>,
}

/// What the subjects of our own process managers and timers begin with; no token's does.
pub const PROCESS_PREFIX: &str = "process:";

/// What stands in the place of a subject whose key was destroyed begins with this; no token's does.
pub const ERASED_PREFIX: &str = "erased-";

impl Actor {
    /// The actor that a process manager or a timer writes into the record.
    pub fn process(name: &str) -> Actor {
        Actor { subject: format!("{PROCESS_PREFIX}{name}"), department: None, roles: Vec::new() }
    }

    /// Whether this is a process manager or a timer.
    pub fn is_process(&self) -> bool {
        self.subject.starts_with(PROCESS_PREFIX)
    }

    /// Whether the actor holds this role.
    pub fn is(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Which administrators the actor would be at once, if more than one: that is not allowed.
    pub fn combined_administrators(&self) -> Option<Vec<Role>> {
        let held: Vec<Role> = Role::ADMINISTRATORS.into_iter().filter(|role| self.is(*role)).collect();
        (held.len() > 1).then_some(held)
    }

    /// The department spoken for, as refusals name it; "no department", which is not a code, when there is
    /// none.
    pub fn spoken_for(&self) -> String {
        self.department.as_ref().map_or_else(|| "no department".to_owned(), Code::to_string)
    }

    /// Whether the actor speaks for this department.
    pub fn speaks_for(&self, department: &Code) -> bool {
        self.department.as_ref() == Some(department)
    }
}

/// The circumstances of a command: who issued it and when. The service sets them; rules only read them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issued {
    /// The moment at which the command is decided.
    pub at: Timestamp,
    /// Who issued it.
    pub by: Actor,
}
