//! Who may call what.

use domain::Role;

/// The table of who may call what: each rpc's path, and the roles that may call it. What is not in
/// the table may be called by nobody.
#[derive(Debug, Clone, Copy)]
pub struct Access(pub &'static [(&'static str, &'static [Role])]);

impl Access {
    /// The roles that may call the rpc at this path, such as `huishang.ledger.v1.LedgerService/GetHead`.
    pub fn roles(&self, path: &str) -> Option<&'static [Role]> {
        self.0.iter().find(|(rpc, _)| *rpc == path).map(|(_, roles)| *roles)
    }
}
