//! Every reason of refusal is in the protos, with its details; `tests/golden/reasons.txt` holds them.

use super::assert_none;
use client::SERVICES;
use domain::Refusal;
use domain::rejection::CatalogEntry;
use prost_reflect::Value;
use proto::contract::{descriptors, extension, rpcs};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Reason → the keys of its details.
type Reasons = BTreeMap<String, BTreeSet<String>>;

/// The contexts whose protos declare reasons, and `api` for those of no context.
fn contexts() -> impl Iterator<Item = &'static str> {
    std::iter::once("api").chain(SERVICES)
}

/// The reasons that a context's protos declare.
fn declared(context: &str) -> Reasons {
    let Some(reasons) = descriptors().get_enum_by_name(&format!("huishang.{context}.v1.Reason")) else {
        return Reasons::new();
    };
    let values = reasons.values().filter(|value| value.number() != 0);
    values
        .map(|value| {
            let options = extension(&value.options(), "huishang.api.v1.reason");
            let details =
                options.and_then(|options| Some(options.get_field_by_name("details")?.into_owned()));
            let details: BTreeSet<String> = details
                .as_ref()
                .and_then(Value::as_list)
                .unwrap_or_default()
                .iter()
                .filter_map(|key| key.as_str().map(str::to_owned))
                .collect();
            (value.name().strip_prefix("REASON_").unwrap_or_default().to_owned(), details)
        })
        .collect()
}

fn catalog<R: Refusal>() -> Vec<CatalogEntry> {
    R::CATALOG.to_vec()
}

/// The reasons that the rules of a context give.
fn given(context: &str) -> Vec<CatalogEntry> {
    use domain::{deliberation, delivery, directory, followup, ledger, resolution, scheduling};
    match context {
        "directory" => [
            catalog::<directory::department::Rejection>(),
            catalog::<directory::hierarchy::Rejection>(),
            catalog::<directory::member::Rejection>(),
            catalog::<directory::calendar::Rejection>(),
            catalog::<domain::spelling::Rejection>(),
        ]
        .concat(),
        "scheduling" => [
            catalog::<scheduling::room::Rejection>(),
            catalog::<scheduling::body::Rejection>(),
            catalog::<scheduling::session::Rejection>(),
            catalog::<scheduling::matter::Rejection>(),
            catalog::<scheduling::quota::Rejection>(),
            catalog::<scheduling::emergency::Rejection>(),
            catalog::<scheduling::diary::Rejection>(),
            catalog::<scheduling::travel::Rejection>(),
            catalog::<scheduling::timetable::Rejection>(),
            catalog::<scheduling::availability::Rejection>(),
            catalog::<scheduling::poll::Rejection>(),
            catalog::<domain::spelling::Rejection>(),
        ]
        .concat(),
        "deliberation" => {
            [catalog::<deliberation::docket::Rejection>(), catalog::<deliberation::minutes::Rejection>()]
                .concat()
        }
        "resolution" => [
            catalog::<resolution::action_item::Rejection>(),
            catalog::<resolution::dependencies::Rejection>(),
            catalog::<resolution::resolution::Rejection>(),
            catalog::<resolution::register::Rejection>(),
            catalog::<resolution::target::Rejection>(),
        ]
        .concat(),
        "delivery" => {
            [catalog::<delivery::subscription::Rejection>(), catalog::<delivery::calendar_feed::Rejection>()]
                .concat()
        }
        "followup" => {
            [catalog::<followup::follow_up::Rejection>(), catalog::<followup::ladder_policy::Rejection>()]
                .concat()
        }
        "ledger" => [
            catalog::<ledger::custody::Rejection>(),
            catalog::<ledger::rehearsal_clock::Rejection>(),
            catalog::<ledger::erasure::Rejection>(),
        ]
        .concat(),
        _ => vec![],
    }
}

#[test]
fn the_protos_declare_every_reason_of_the_rules_with_its_details() {
    let mut faults = Vec::new();
    for context in contexts() {
        let declared = declared(context);
        for (reason, details) in given(context) {
            let details: BTreeSet<String> = details.iter().map(|&key| key.to_owned()).collect();
            match declared.get(reason) {
                None => faults.push(format!("{context} does not declare {reason}")),
                Some(known) if *known != details => {
                    faults.push(format!("{context}: {reason} has {details:?}, declared are {known:?}"));
                }
                Some(_) => {}
            }
        }
    }
    assert_none("reasons", faults);
}

#[test]
fn every_declared_reason_is_given_by_a_rule_or_an_rpc() {
    let mut faults = Vec::new();
    for context in SERVICES {
        let given: BTreeSet<&str> = given(context).into_iter().map(|(reason, _)| reason).collect();
        let package = format!("huishang.{context}.v1.");
        let listed: BTreeSet<&String> =
            rpcs().iter().filter(|rpc| rpc.path.starts_with(&package)).flat_map(|rpc| &rpc.refuses).collect();
        let unused = declared(context)
            .into_keys()
            .filter(|reason| !given.contains(reason.as_str()) && !listed.contains(reason));
        faults.extend(unused.map(|reason| format!("{context}: {reason}")));
    }
    assert_none("reasons that nothing gives", faults);
}

#[test]
fn an_rpc_lists_only_reasons_of_its_context_and_each_once() {
    let mut faults = Vec::new();
    for rpc in rpcs() {
        let context = rpc.path.split('.').nth(1).unwrap_or_default();
        let declared = declared(context);
        let distinct: BTreeSet<&String> = rpc.refuses.iter().collect();
        if distinct.len() != rpc.refuses.len() {
            faults.push(format!("{} lists a reason twice", rpc.path));
        }
        let unknown = rpc.refuses.iter().filter(|reason| !declared.contains_key(*reason));
        faults.extend(unknown.map(|reason| format!("{}: {reason}", rpc.path)));
    }
    assert_none("rpcs", faults);
}

#[test]
fn the_reasons_are_those_that_clients_know() {
    let mut lines = String::new();
    for context in contexts() {
        for (reason, details) in declared(context) {
            let details: Vec<String> = details.into_iter().collect();
            lines.push_str(format!("{context} {reason} {}", details.join(" ")).trim_end());
            lines.push('\n');
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/reasons.txt");
    if std::env::var_os("HUISHANG_WRITE_GOLDEN").is_some() {
        std::fs::write(&file, &lines).expect("the golden reasons can be written");
    }
    let golden = std::fs::read_to_string(&file).expect("tests/golden/reasons.txt is there");
    let (now, known): (BTreeSet<&str>, BTreeSet<&str>) = (lines.lines().collect(), golden.lines().collect());
    let gone = known.difference(&now).map(|line| format!("gone: {line}"));
    let new = now.difference(&known).map(|line| format!("new: {line}"));
    assert_none(
        "reasons that clients know; see CONTRIBUTING.md, \"Golden samples\"",
        gone.chain(new).collect(),
    );
}
