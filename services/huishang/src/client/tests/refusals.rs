//! Tests of what is printed when a command fails, and of its exit code.

use super::{parse_part, shanghai};
use crate::client::error::{Error, Refused, exit_code};
use crate::language::tests::in_chinese;
use std::collections::HashMap;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

#[test]
fn statuses_have_exit_codes() {
    let codes = [
        (Code::InvalidArgument, 2),
        (Code::OutOfRange, 2),
        (Code::NotFound, 3),
        (Code::FailedPrecondition, 4),
        (Code::Unauthenticated, 5),
        (Code::PermissionDenied, 5),
        (Code::AlreadyExists, 6),
        (Code::Aborted, 6),
        (Code::Unavailable, 7),
        (Code::DeadlineExceeded, 7),
        (Code::Internal, 1),
        (Code::Unimplemented, 1),
    ];
    for (code, exit) in codes {
        assert_eq!(exit_code(code), exit, "{code:?}");
    }
    assert_eq!(Error::NoToken.exit_code(), 5);
    assert_eq!(Error::Interrupted.exit_code(), 130);
    assert_eq!(Error::Unreachable { server: String::new(), why: String::new() }.exit_code(), 7);
    assert_eq!(Error::Usage(String::new()).exit_code(), 2);
}

fn printed_error(status: Status, line: &[&str]) -> String {
    let flags = parse_part(line).flags;
    let mut out = Vec::new();
    Error::Refused(Box::new(Refused { status, flags, command_id: Some("7".into()), zone: None }))
        .print(&mut out)
        .expect("printed");
    String::from_utf8(out).expect("text")
}

#[test]
fn faults_are_printed_by_flag_and_refusals_with_their_details() {
    let line = ["session", "request", "--title", "x"];
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("outline.topics[2].title", "is empty");
    details.add_bad_request_violation("outline.body_code", "is missing");
    let text = printed_error(Status::with_error_details(Code::InvalidArgument, "both", details), &line);
    assert_eq!(
        text,
        "error: the request is not valid\n  --topics [2].title is empty\n  --body-code is missing\n"
    );

    let mut details = ErrorDetails::new();
    details.add_bad_request_violation("session_id", "must be a UUID");
    details.add_bad_request_violation("rule", "must be one of SCREENING_RULE_NOTICE, SCREENING_RULE_PAPERS");
    let override_it = ["session", "override", "x"];
    let text =
        printed_error(Status::with_error_details(Code::InvalidArgument, "both", details), &override_it);
    assert!(
        text.ends_with("  <SESSION_ID> must be a UUID\n  --rule must be one of notice, papers\n"),
        "{text}"
    );

    let details = [("measure".to_owned(), "9".to_owned()), ("limit".to_owned(), "5".to_owned())];
    let details = ErrorDetails::with_error_info("RULE_BROKEN", "huishang", details);
    let text = printed_error(
        Status::with_error_details(Code::FailedPrecondition, "too many topics", details),
        &line,
    );
    assert_eq!(text, "error: too many topics\n  reason: RULE_BROKEN  limit=5  measure=9\n");

    for (reason, hint) in [("CONCURRENT_CHANGES", "repeat the command"), ("CHANGED_SINCE", "read it again")] {
        let details = ErrorDetails::with_error_info(reason, "huishang.api.v1", []);
        let status = Status::with_error_details(Code::Aborted, "it was changed", details);
        let text = printed_error(status, &line);
        assert!(text.contains(hint), "{text}");
    }

    let text = printed_error(Status::unavailable("no ledger confirms"), &line);
    assert!(text.contains("--command-id 7"), "{text}");
}

#[test]
fn refusals_and_faults_are_told_in_chinese() {
    let line = ["session", "override", "x"];
    let status = |reason, domain, details: &[(&str, &str)]| {
        let details: HashMap<String, String> =
            details.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        Status::with_error_details(
            Code::FailedPrecondition,
            "the service's sentence",
            ErrorDetails::with_error_info(reason, domain, details),
        )
    };
    let told = |status| in_chinese(|| printed_error(status, &line));
    let details = [("present", "2"), ("needed", "3"), ("departments", "5")];
    assert_eq!(
        told(status("NO_QUORUM", "huishang.deliberation.v1", &details)),
        "错误：法定人数不足：5 个表决部门中到会 2 个，需要 3 个；请等待更多部门到会\n  \
         原因：NO_QUORUM  departments=5  needed=3  present=2\n"
    );
    assert!(
        told(status("OF_LATER", "huishang.deliberation.v1", &[]))
            .starts_with("错误：the service's sentence\n")
    );
    let text = told(status("TOKEN_INVALID", "huishang.api.v1", &[]));
    assert!(text.starts_with("错误：令牌无效（服务原文：the service's sentence）\n"), "{text}");

    let mut details = ErrorDetails::new();
    details.add_bad_request_violation(
        "session_id",
        "must be a UUID such as 018f3c1e-7a3b-7c11-9d42-5b1f0c6a2e90",
    );
    details.add_bad_request_violation("rule", "must be one of SCREENING_RULE_NOTICE, SCREENING_RULE_PAPERS");
    assert_eq!(
        told(Status::with_error_details(Code::InvalidArgument, "both", details)),
        "错误：请求无效\n  <SESSION_ID> 须为 UUID，如 018f3c1e-7a3b-7c11-9d42-5b1f0c6a2e90\n  --rule 须为下列之一：notice, papers\n"
    );
    let text = told(Status::unavailable("no ledger confirms"));
    assert!(text.contains("提示：结果未知；请加 --command-id 7 重新提交"), "{text}");
}

#[test]
fn a_refusal_tells_its_moments_in_the_time_zone_of_the_realm() {
    let refused = || {
        let details = [
            ("starts_at".to_owned(), "2027-03-15T06:00:00Z".to_owned()),
            ("opens_at".to_owned(), "2027-03-15T05:00:00Z".to_owned()),
        ];
        let details = ErrorDetails::with_error_info("TOO_EARLY", "huishang.scheduling.v1", details);
        let sentence =
            "the session starts at 2027-03-15T06:00:00Z; it can be convened from 2027-03-15T05:00:00Z on";
        Error::from_status(Status::with_error_details(Code::FailedPrecondition, sentence, details))
            .in_zone(shanghai())
    };
    assert!(
        refused().has_moments()
            && !Error::from_status(Status::not_found("2027-03-15T06:00:00Z")).has_moments()
    );
    assert_eq!(
        refused().sentence(),
        "the session starts at 2027-03-15 14:00; it can be convened from 2027-03-15 13:00 on"
    );
    in_chinese(|| {
        assert_eq!(refused().sentence(), "会商于 2027-03-15 14:00 开始，最早 2027-03-15 13:00 可以召开");
        let mut out = Vec::new();
        refused().print(&mut out).expect("printed");
        let printed = String::from_utf8(out).expect("text");
        assert!(printed.ends_with("  时刻的时区为 Asia/Shanghai\n"), "{printed}");
    });
}
