//! Compares every refusal that a client receives with the contract.

use proto::contract::{descriptors, extension, rpc};
use std::collections::BTreeSet;
use tonic::Status;
use tonic_types::{ErrorInfo, StatusExt as _};

/// The domain of the reasons that belong to no context.
const PLATFORM: &str = "huishang.api.v1";

/// Returns the status that an rpc answered with. Panics when it carries a reason that the protos do not list for
/// that rpc, or other details than they name for that reason.
pub(crate) fn checked(path: &str, status: Status) -> Status {
    if let Some(info) = status.get_error_details().error_info() {
        let path = path.trim_start_matches('/');
        if let Err(fault) = compare(path, info) {
            panic!("{path} refuses with {} of {}: {fault}\n{status}", info.reason, info.domain);
        }
    }
    status
}

fn compare(path: &str, info: &ErrorInfo) -> Result<(), String> {
    let service = path.split('/').next().unwrap_or_default();
    let context = service.rsplit_once('.').map_or("", |(package, _)| package);
    let contract = rpc(path).ok_or("there is no such rpc")?;
    let is_listed = match info.domain.as_str() {
        PLATFORM => true,
        domain if domain == context => contract.refuses.contains(&info.reason),
        domain => return Err(format!("the domain {domain} is neither {context} nor {PLATFORM}")),
    };
    if !is_listed {
        return Err(format!("the rpc lists {:?}", contract.refuses));
    }
    let (given, named) = (info.metadata.keys().cloned().collect(), details(info)?);
    if named == given { Ok(()) } else { Err(format!("its details are {given:?}, not {named:?}")) }
}

/// The details that the protos name for a reason.
fn details(info: &ErrorInfo) -> Result<BTreeSet<String>, String> {
    let reasons = descriptors().get_enum_by_name(&format!("{}.Reason", info.domain));
    let name = format!("REASON_{}", info.reason);
    let reason = reasons.and_then(|reasons| reasons.get_value_by_name(&name));
    let options = extension(&reason.ok_or("no such reason is declared")?.options(), "huishang.api.v1.reason");
    let keys = options.and_then(|options| Some(options.get_field_by_name("details")?.into_owned()));
    let keys = keys.as_ref().and_then(|keys| keys.as_list()).unwrap_or_default();
    Ok(keys.iter().filter_map(|key| key.as_str().map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    const REGISTER: &str = "huishang.directory.v1.DirectoryService/RegisterDepartment";

    fn verdict(reason: &str, domain: &str, details: &[&str]) -> Result<(), String> {
        let metadata: HashMap<_, _> = details.iter().map(|key| ((*key).to_owned(), String::new())).collect();
        compare(REGISTER, &ErrorInfo::new(reason, domain, metadata))
    }

    #[test]
    fn what_the_contract_lists_passes() {
        assert_eq!(verdict("OWN_PARENT", "huishang.directory.v1", &["department_code"]), Ok(()));
        assert_eq!(verdict("TOKEN_MISSING", PLATFORM, &[]), Ok(()));
    }

    #[test]
    fn what_the_contract_does_not_list_is_a_fault() {
        assert!(
            verdict("DUPLICATE_ROLE", "huishang.directory.v1", &["role"]).is_err(),
            "another rpc's reason"
        );
        assert!(verdict("OWN_PARENT", "huishang.scheduling.v1", &["department_code"]).is_err());
        assert!(verdict("OWN_PARENT", "huishang.directory.v1", &[]).is_err(), "a detail is missing");
        assert!(verdict("OUT_OF_LUCK", PLATFORM, &[]).is_err(), "nobody declared it");
    }
}
