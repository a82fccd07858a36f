//! Which rpc an HTTP request addresses.

use crate::template::Template;
use prost_reflect::MethodDescriptor;
use proto::contract::{self, RpcContract, descriptors};
use std::collections::HashMap;
use std::sync::LazyLock;

/// An rpc with all that is known of it.
#[derive(Debug)]
pub(crate) struct Rpc {
    pub(crate) contract: &'static RpcContract,
    pub(crate) method: MethodDescriptor,
    template: Template,
    http_method: &'static str,
}

impl Rpc {
    /// The fields of its request that are in its path.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.template.variables()
    }
}

/// What a path means to those who call by `google.api.http`.
#[derive(Debug)]
pub(crate) enum Found {
    /// The rpc, and the fields of its request that are in the path.
    Rpc(&'static Rpc, Vec<(&'static str, String)>),
    /// There are rpcs on this path, but for these methods only.
    OtherMethods(Vec<&'static str>),
    /// Nothing.
    Nothing,
}

/// Every rpc of Huishang, those with a verb in their path first.
pub(crate) fn rpcs() -> &'static [Rpc] {
    static RPCS: LazyLock<Vec<Rpc>> = LazyLock::new(|| {
        let mut rpcs: Vec<Rpc> = contract::rpcs().iter().filter_map(read).collect();
        rpcs.sort_by_key(|rpc| !rpc.template.has_verb());
        rpcs
    });
    &RPCS
}

fn read(contract: &'static RpcContract) -> Option<Rpc> {
    let (service, name) = contract.path.split_once('/')?;
    let method =
        descriptors().get_service_by_name(service)?.methods().find(|method| method.name() == name)?;
    let route = contract.route.as_ref()?;
    Some(Rpc { contract, method, template: Template::parse(&route.path), http_method: route.method })
}

/// The rpc at a path such as `/huishang.ledger.v1.LedgerService/GetHead`.
pub(crate) fn by_name(path: &str) -> Option<&'static Rpc> {
    static BY_NAME: LazyLock<HashMap<&str, &Rpc>> =
        LazyLock::new(|| rpcs().iter().map(|rpc| (rpc.contract.path.as_str(), rpc)).collect());
    BY_NAME.get(path.strip_prefix('/')?).copied()
}

/// What is at a path such as `/v1/log/head`.
pub(crate) fn by_route(method: &str, path: &str) -> Found {
    let mut fitting = rpcs().iter().filter_map(|rpc| Some((rpc, rpc.template.read(path)?))).peekable();
    if fitting.peek().is_none() {
        return Found::Nothing;
    }
    let mut others = Vec::new();
    for (rpc, variables) in fitting {
        if rpc.http_method == method {
            return Found::Rpc(rpc, variables);
        }
        others.push(rpc.http_method);
    }
    others.sort_unstable();
    others.dedup();
    Found::OtherMethods(others)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rpc_is_found_by_its_name_and_by_its_route() {
        assert_eq!(rpcs().len(), contract::rpcs().len());
        for rpc in rpcs() {
            let route = rpc.contract.route.as_ref().expect("every rpc has a route");
            assert_eq!(by_name(&format!("/{}", rpc.contract.path)).unwrap().contract.path, rpc.contract.path);
            let path = rpc
                .variables()
                .fold(route.path.clone(), |path, name| path.replace(&format!("{{{name}}}"), "7f"));
            let Found::Rpc(found, variables) = by_route(route.method, &path) else { panic!("{path}") };
            assert_eq!(found.contract.path, rpc.contract.path, "{path}");
            assert!(variables.iter().all(|(_, value)| value == "7f"), "{variables:?}");
        }
    }

    #[test]
    fn what_is_asked_with_another_method_is_told_which() {
        let Found::OtherMethods(methods) = by_route("DELETE", "/v1/sessions") else { panic!("it exists") };
        assert_eq!(methods, ["GET", "POST"]);
        assert!(matches!(by_route("GET", "/v1/nothing"), Found::Nothing));
    }
}
