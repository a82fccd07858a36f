//! What the options say of each rpc is complete, and consistent with its messages.

use super::{assert_none, methods, path};
use domain::Role;
use prost_reflect::{Kind, MessageDescriptor, MethodDescriptor};
use proto::contract::{RpcContract, rpc, rpcs};
use std::collections::BTreeMap;

fn each(fault: impl Fn(&MethodDescriptor, &RpcContract) -> Option<String>) -> Vec<String> {
    let methods = methods();
    let faults = methods.iter().filter_map(|method| {
        let contract = rpc(&path(method)).expect("every rpc is in the table");
        fault(method, contract).map(|fault| format!("{}: {fault}", path(method)))
    });
    faults.collect()
}

fn is_command(method: &MethodDescriptor) -> bool {
    method.input().get_field_by_name("command_id").is_some()
}

#[test]
fn every_rpc_says_who_may_call_it_by_which_words_and_by_which_route() {
    let faults = each(|_, contract| {
        let missing = [
            (contract.roles.is_empty(), "no roles"),
            (contract.command.is_empty(), "no words for the command line"),
            (contract.route.is_none(), "no HTTP route"),
        ];
        missing.iter().find(|(fault, _)| *fault).map(|(_, what)| (*what).to_owned())
    });
    assert_none("rpcs with gaps", faults);
}

#[test]
fn a_command_is_posted_and_a_query_is_read() {
    let faults = each(|method, contract| {
        let route = contract.route.as_ref()?;
        let command = is_command(method);
        let right = contract.reads != command
            && route.method == if command { "POST" } else { "GET" }
            && route.has_body == command;
        (!right).then(|| format!("{route:?}, reads: {}, is a command: {command}", contract.reads))
    });
    assert_none("rpcs with the wrong method", faults);
}

#[test]
fn every_command_carries_the_same_first_fields_and_answers_with_position_and_resource() {
    let faults = each(|method, _| {
        if !is_command(method) {
            return None;
        }
        let field = |message: &MessageDescriptor, number| {
            message.get_field(number).map(|field| (field.name().to_owned(), field.kind()))
        };
        let (request, answer) = (method.input(), method.output());
        let asked = field(&request, 1) == Some(("command_id".into(), Kind::String))
            && field(&request, 2) == Some(("expected_position".into(), Kind::Uint64))
            && request.get_field(2).is_some_and(|field| field.supports_presence())
            && field(&request, 3) == Some(("validate_only".into(), Kind::Bool));
        let answered = field(&answer, 1) == Some(("position".into(), Kind::Uint64))
            && answer.fields().any(|field| field.kind().as_message().is_some());
        (!asked || !answered).then(|| format!("asked: {asked}, answered: {answered}"))
    });
    assert_none("commands that differ", faults);
}

#[test]
fn a_query_of_a_view_says_first_how_new_its_answer_must_be() {
    let faults = each(|method, _| {
        let waits = method.input().get_field_by_name("at_least_position")?;
        (waits.number() != 1).then(|| format!("at_least_position is field {}", waits.number()))
    });
    assert_none("queries that differ", faults);
}

#[test]
fn a_filter_that_is_unset_keeps_everything() {
    // What is listed since a position is listed since 0, which is everything, when that is unset.
    let paging = ["at_least_position", "page_size", "page_token", "order_by", "since_position"];
    let faults = each(|method, _| {
        if !method.name().starts_with("List") {
            return None;
        }
        let plain = method.input().fields().find(|field| {
            !paging.contains(&field.name()) && !field.is_list() && !field.supports_presence()
        })?;
        Some(format!("the filter {} is not optional", plain.name()))
    });
    assert_none("lists with filters that cannot be unset", faults);
}

#[test]
fn no_two_routes_collide_and_their_variables_are_fields() {
    let mut shapes: BTreeMap<(String, String), String> = BTreeMap::new();
    for method in methods() {
        let contract = rpc(&path(&method)).expect("every rpc is in the table");
        let route = contract.route.clone().expect("every rpc has a route");
        assert!(route.path.starts_with("/v1/"), "{}: {}", contract.path, route.path);
        let (shape, variables) = shape_of(&route.path);
        for variable in variables {
            let field = method.input().get_field_by_name(&variable);
            let field = field.unwrap_or_else(|| panic!("{}: {variable} is no field", contract.path));
            assert!(
                !field.is_list() && field.kind().as_message().is_none(),
                "{}: {variable} does not fit into a path",
                contract.path
            );
        }
        if let Some(other) = shapes.insert((route.method.to_owned(), shape.clone()), contract.path.clone()) {
            panic!("{other} and {} have the same route {shape}", contract.path);
        }
    }
    // A fixed segment where another route has a variable would be taken for its value.
    for (method, shape) in shapes.keys() {
        let fixed: Vec<&str> = shape.split('/').collect();
        for (_, other) in
            shapes.keys().filter(|(other_method, other)| other_method == method && other != shape)
        {
            let other: Vec<&str> = other.split('/').collect();
            let hides =
                fixed.len() == other.len() && fixed.iter().zip(&other).all(|(a, b)| a == b || *b == "*");
            assert!(!hides, "{} is hidden by {}", fixed.join("/"), other.join("/"));
        }
    }
}

/// A path template with `*` in the place of each variable, and the variables. A verb after a colon belongs to the
/// last segment.
fn shape_of(template: &str) -> (String, Vec<String>) {
    let (mut shape, mut variables) = (String::new(), Vec::new());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (variable, after) = after.split_once('}').expect("a variable is closed");
        shape.push_str(before);
        shape.push('*');
        variables.push(variable.to_owned());
        rest = after;
    }
    shape.push_str(rest);
    (shape, variables)
}

#[test]
fn an_auditor_changes_nothing_and_reads_everything_but_backups() {
    for contract in rpcs() {
        let backup = contract.path.ends_with("/BackupRecords");
        // Whoever signs out changes nothing but that.
        let signs_out = contract.path.ends_with("/RecordSignOut");
        assert_eq!(
            contract.roles.contains(&Role::Auditor),
            contract.reads && !backup || signs_out,
            "{} for the auditor",
            contract.path
        );
    }
}

#[test]
fn whoever_reads_papers_or_raw_records_is_on_record() {
    const HANDED_OUT: [&str; 2] = ["huishang.ledger.v1.Record", "huishang.scheduling.v1.Paper"];
    let faults = each(|method, contract| {
        let hands_out = holds(&method.output(), &HANDED_OUT);
        (hands_out && contract.accesses.is_empty()).then(|| "its calls are not in the access log".to_owned())
    });
    assert_none("rpcs that hand out papers or records", faults);
    let faults = each(|method, contract| {
        let missing =
            contract.accesses.iter().find(|name| method.input().get_field_by_name(name).is_none())?;
        Some(format!("its request has no {missing}"))
    });
    assert_none("rpcs that say what is accessed by fields which they do not have", faults);
}

/// Whether a message, or one within it, is one of these. No message of the API holds itself.
fn holds(message: &MessageDescriptor, names: &[&str]) -> bool {
    names.contains(&message.full_name())
        || message.fields().any(|field| field.kind().as_message().is_some_and(|inner| holds(inner, names)))
}
