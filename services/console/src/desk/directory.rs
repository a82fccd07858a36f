//! The names of departments.

use super::limits::{DEPARTMENTS_MAX, ROWS_AT_ONCE};
use super::reader::Reader;
use proto::directory::v1::{Department, ListDepartmentsRequest};
use tonic::Status;

/// The departments, by code.
pub(super) struct Directory(Vec<Department>);

impl Directory {
    pub(super) async fn read(reader: &Reader) -> Result<Directory, Status> {
        let mut departments = Vec::new();
        let mut page_token = String::new();
        loop {
            let request =
                ListDepartmentsRequest { page_size: ROWS_AT_ONCE, page_token, ..Default::default() };
            let page = reader.ask(request).await?;
            departments.extend(page.departments);
            page_token = page.next_page_token;
            if page_token.is_empty() || departments.len() >= DEPARTMENTS_MAX {
                return Ok(Directory(departments));
            }
        }
    }

    /// The name of a department; its code if it has none here.
    pub(super) fn name(&self, code: &str) -> String {
        let found = self.0.binary_search_by(|department| department.code.as_str().cmp(code));
        found.map_or_else(|_| code.to_owned(), |at| self.0[at].name.clone())
    }

    /// All of them, by code.
    pub(super) fn departments(&self) -> &[Department] {
        &self.0
    }
}
