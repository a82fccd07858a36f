//! Tests of the catalogue: that it is complete, and that nothing in it has lost what it is for.

mod english;

use super::catalogue::{CATALOGUE, Words};
use super::{Language, fill, template};
use prost_reflect::{EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, MethodDescriptor};
use proto::contract::{self, value_name};
use std::collections::{BTreeMap, BTreeSet};

/// A package's messages and enums without those that only describe protos or are never shown.
fn shown(package: &str) -> bool {
    package.starts_with("huishang.") && !["huishang.api.v1", "huishang.log.v1"].contains(&package)
}

fn messages() -> impl Iterator<Item = MessageDescriptor> {
    contract::descriptors().all_messages().filter(|message| shown(message.package_name()))
}

fn fields() -> impl Iterator<Item = FieldDescriptor> {
    messages().flat_map(|message| message.fields().collect::<Vec<_>>())
}

/// The fields of requests and answers; those of events are shown with their names alone.
fn documented_fields() -> impl Iterator<Item = FieldDescriptor> {
    fields().filter(|field| !field.parent_message().package_name().contains(".events."))
}

/// Whether an enum has the reasons of refusals.
fn is_of_reasons(choice: &EnumDescriptor) -> bool {
    choice.name() == "Reason" && choice.parent_message().is_none()
}

fn enums() -> impl Iterator<Item = EnumDescriptor> {
    let ours = |choice: &EnumDescriptor| choice.package_name().starts_with("huishang.");
    contract::descriptors().all_enums().filter(move |choice| ours(choice) && !is_of_reasons(choice))
}

fn methods() -> impl Iterator<Item = MethodDescriptor> {
    let ours = |service: &prost_reflect::ServiceDescriptor| service.full_name().starts_with("huishang.");
    let services = contract::descriptors().services().filter(ours);
    services.flat_map(|service| service.methods().collect::<Vec<_>>())
}

/// The details of every reason, by package and name.
fn reasons() -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut reasons = BTreeMap::new();
    for choice in contract::descriptors().all_enums().filter(is_of_reasons) {
        for value in choice.values().filter(|value| value.number() != 0) {
            let options = contract::extension(&value.options(), "huishang.api.v1.reason");
            let details =
                options.and_then(|options| Some(options.get_field_by_name("details")?.into_owned()));
            let details = details.as_ref().and_then(|details| details.as_list()).unwrap_or_default();
            let names = details.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect();
            let name = value.name().trim_start_matches("REASON_").to_owned();
            reasons.insert((choice.package_name().to_owned(), name), names);
        }
    }
    reasons
}

/// A comment with the lines of each paragraph joined.
fn comment(field: &FieldDescriptor) -> String {
    contract::joined_comment(&field.parent_message().parent_file(), field.path())
}

fn all_files() -> impl Iterator<Item = (&'static str, &'static Words)> {
    let contexts = CATALOGUE.contexts.iter().map(|(name, words)| (*name, words));
    contexts.chain([
        ("console", CATALOGUE.console()),
        ("demo", CATALOGUE.demo()),
        ("platform", CATALOGUE.platform()),
    ])
}

#[test]
fn every_rpc_field_value_and_reason_has_its_chinese() {
    let mut missing = BTreeSet::new();
    let mut expect = |there: bool, what: String| {
        if !there {
            missing.insert(what);
        }
    };
    let zh = Language::Chinese;
    for method in methods() {
        expect(zh.command_help(&method).is_some(), format!("[command.{}] zh", method.name()));
        let reads = contract::rpc(&format!("{}/{}", method.parent_service().full_name(), method.name()))
            .is_none_or(|rpc| rpc.reads);
        for (language, key) in [(Language::English, "done"), (zh, "done_zh")] {
            expect(reads != language.done(&method).is_some(), format!("[command.{}] {key}", method.name()));
        }
    }
    for field in fields() {
        expect(zh.label(&field).is_some(), format!("[label] {}", field.full_name()));
    }
    for field in documented_fields() {
        let comment = comment(&field);
        expect(zh.help(&comment).is_some(), format!("[help] {comment:?} of {}", field.full_name()));
    }
    for value in enums().flat_map(|choice| choice.values().collect::<Vec<_>>()) {
        expect(value.number() == 0 || zh.value(&value).is_some(), format!("[value] {}", value.full_name()));
    }
    for (package, reason) in reasons().keys() {
        let sentence = zh.reason(package, reason, &BTreeMap::new());
        expect(sentence.is_some(), format!("[reason] {reason} of {package}"));
    }
    assert!(missing.is_empty(), "without Chinese:\n{}", missing.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn nothing_in_the_catalogue_names_what_is_gone() {
    let mut gone = Vec::new();
    let mut expect = |there: bool, file: &str, what: String| {
        if !there {
            gone.push(format!("{file}: {what}"));
        }
    };
    let comments: BTreeSet<String> = documented_fields().map(|field| comment(&field)).collect();
    let reasons = reasons();
    for (file, words) in all_files() {
        let is_here = |package: &str| {
            let words_there: *const Words = CATALOGUE.of_package(package);
            file == "platform" || std::ptr::eq(words_there, words)
        };
        for name in words.command.keys() {
            let found =
                methods().any(|method| method.name() == name && is_here(method.parent_file().package_name()));
            expect(found, file, format!("[command.{name}]"));
        }
        for key in words.label.keys() {
            let found = fields().any(|field| {
                let message = field.parent_message();
                let own = format!("{}.{}", message.name(), field.name());
                is_here(message.package_name()) && [own.as_str(), field.name()].contains(&key.as_str())
            });
            expect(found, file, format!("[label] {key}"));
        }
        for (name, values) in &words.value {
            let known: BTreeSet<String> = enums()
                .filter(|choice| choice.name() == name && is_here(choice.package_name()))
                .flat_map(|choice| choice.values().map(|value| value_name(&value)).collect::<Vec<_>>())
                .collect();
            values.keys().for_each(|key| expect(known.contains(key), file, format!("[value.{name}] {key}")));
        }
        for key in words.said.keys() {
            let found = fields().any(|field| {
                let message = field.parent_message();
                let own = format!("{}.{}", message.name(), field.name());
                own == *key && field.kind() == Kind::String && is_here(message.package_name())
            });
            expect(found, file, format!("[said] {key}"));
        }
        for key in words.help.keys() {
            expect(comments.contains(key), file, format!("[help] {key:?}"));
        }
        let of_file: Vec<_> = reasons
            .iter()
            .filter(|((package, _), _)| std::ptr::eq(CATALOGUE.of_package(package), words))
            .collect();
        for key in words.reason.keys() {
            expect(of_file.iter().any(|((_, name), _)| name == key), file, format!("[reason] {key}"));
        }
        for key in words.detail.keys() {
            let found = of_file.iter().any(|(_, details)| details.contains(key));
            expect(found, file, format!("[detail.{key}]"));
        }
        let only_platform = words.fault.is_empty();
        expect(file == "platform" || only_platform, file, "[fault] belongs to platform.toml".into());
    }
    assert!(gone.is_empty(), "left over:\n{}", gone.join("\n"));
}

#[test]
fn what_is_said_in_one_place_is_said_in_one_place() {
    let mut files: BTreeMap<&str, &str> = BTreeMap::new();
    for (file, words) in all_files() {
        for comment in words.help.keys() {
            let other = files.insert(comment, file);
            assert_eq!(other, None, "{file}: {comment:?}");
        }
    }
}

#[test]
fn every_name_in_braces_has_a_value() {
    let mut unknown = Vec::new();
    for ((package, reason), details) in reasons() {
        let Some(sentence) = CATALOGUE.of_package(&package).reason.get(&reason) else { continue };
        let named = template::names(sentence);
        unknown.extend(
            named.iter().filter(|name| !details.contains(**name)).map(|name| format!("{reason}: {name}")),
        );
    }
    for method in methods() {
        for language in [Language::English, Language::Chinese] {
            for path in language.done(&method).map(template::names).unwrap_or_default() {
                let (message, fields) = match path.strip_prefix("request.") {
                    Some(fields) => (method.input(), fields),
                    None => (method.output(), path),
                };
                if !names_a_value(&message, fields) {
                    unknown.push(format!("{}: {path}", method.name()));
                }
            }
        }
    }
    for (_, words) in all_files() {
        let tables = words.detail.values().chain(words.said.values()).chain([&words.fault, &words.text]);
        for (english, chinese) in tables.flatten() {
            if template::names(english) != template::names(chinese) {
                unknown.push(chinese.clone());
            }
        }
    }
    assert!(unknown.is_empty(), "names without a value:\n{}", unknown.join("\n"));
}

/// Whether a path of fields leads to one value that fits into a sentence.
fn names_a_value(message: &MessageDescriptor, path: &str) -> bool {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(field) = message.get_field_by_name(name).filter(|field| !field.is_list()) else { return false };
    match field.kind() {
        Kind::Message(inner) if inner.package_name().starts_with("huishang.") => names_a_value(&inner, rest),
        _ => rest.is_empty(),
    }
}

#[test]
fn what_is_chinese_is_in_chinese() {
    let is_ideograph = |letter: char| ('\u{4e00}'..='\u{9fff}').contains(&letter);
    // What only puts names in order has no letters of its own.
    let is_chinese = |text: &str| {
        let own = fill(text, |_| None);
        own.chars().any(is_ideograph) || !own.contains(|letter: char| letter.is_ascii_alphabetic())
    };
    for (file, words) in all_files() {
        let tables = [&words.reason, &words.label, &words.help, &words.fault, &words.text];
        let tables = tables
            .into_iter()
            .chain(words.value.values())
            .chain(words.detail.values())
            .chain(words.said.values());
        let commands = words.command.values().flat_map(|words| [Some(&words.zh), words.done_zh.as_ref()]);
        for text in tables.flat_map(BTreeMap::values).chain(commands.flatten()) {
            assert!(is_chinese(text), "{file}: {text:?}");
            let letters: Vec<char> = text.chars().collect();
            let halved =
                letters.windows(2).any(|pair| is_ideograph(pair[0]) && [',', ';'].contains(&pair[1]));
            assert!(!halved, "{file} has the punctuation of English: {text:?}");
        }
    }
}

#[test]
fn the_first_variable_of_the_locale_that_is_set_decides() {
    let of = |set: &[(&str, &str)]| {
        let variable =
            |name: &str| set.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).into());
        Language::of_locale(variable)
    };
    for zh in ["zh", "zh_CN.UTF-8", "zh_TW", "zh-Hans", "ZH_CN@stroke"] {
        assert_eq!(of(&[("LANG", zh)]), Language::Chinese, "{zh}");
    }
    for en in ["", "C", "C.UTF-8", "en_GB.UTF-8", "zha_CN", "de_DE"] {
        assert_eq!(of(&[("LANG", en)]), Language::English, "{en}");
    }
    assert_eq!(of(&[]), Language::English);
    assert_eq!(of(&[("LC_ALL", "en_US"), ("LANG", "zh_CN")]), Language::English);
    assert_eq!(of(&[("LC_ALL", ""), ("LC_MESSAGES", "zh_CN"), ("LANG", "en_US")]), Language::Chinese);
}

#[test]
fn every_stored_event_has_a_word_and_no_other_name_has() {
    let files = contract::descriptors().files().filter(|file| file.package_name().ends_with(".events.v1"));
    let messages: Vec<_> = files.flat_map(|file| file.messages().collect::<Vec<_>>()).collect();
    let parts: BTreeSet<String> = messages
        .iter()
        .flat_map(|message| message.fields().collect::<Vec<_>>())
        .filter_map(|field| field.kind().as_message().map(|part| part.full_name().to_owned()))
        .collect();
    let events = messages.iter().filter(|message| !parts.contains(message.full_name()));
    let events: BTreeSet<&str> = events.map(|message| message.name()).collect();
    let known: BTreeSet<&str> = CATALOGUE.platform().event.keys().map(String::as_str).collect();
    assert_eq!(known, events);
    let since = [("expected_position", "5"), ("position", "8"), ("events", "ItemRevised,VoteCast,Unheard")];
    let told = Language::Chinese.reason("huishang.api.v1", "CHANGED_SINCE", &since.into()).unwrap();
    assert!(told.contains("任务修改、投票、Unheard"), "{told}");
}

#[test]
fn a_refusal_is_told_with_its_details() {
    let reason = |package, reason, details: &[(&'static str, &'static str)]| {
        Language::Chinese.reason(package, reason, &details.iter().copied().collect()).expect("a sentence")
    };
    assert_eq!(
        reason(
            "huishang.deliberation.v1",
            "NO_QUORUM",
            &[("present", "2"), ("needed", "3"), ("departments", "5")]
        ),
        "法定人数不足：5 个表决部门中到会 2 个，需要 3 个；请等待更多部门到会"
    );
    let stage = [("action", "admitted"), ("needed", "screened"), ("stage", "requested")];
    assert_eq!(
        reason("huishang.scheduling.v1", "WRONG_STAGE", &stage),
        "现处于“待审核”阶段，不能受理；须为“已审核”"
    );
    assert_eq!(
        reason("huishang.deliberation.v1", "NOT_FOUND", &[("what", "amendment 2 to topic 1")]),
        "议题 1 的修正案 2 不存在；可能尚未产生，请核对标识"
    );
    assert_eq!(
        reason(
            "huishang.directory.v1",
            "TOO_MANY_DAYS",
            &[("field", "holidays"), ("given", "1001"), ("max", "1000")]
        ),
        "节假日有 1001 天，最多 1000 天；请去掉过去的年份"
    );
    assert_eq!(Language::Chinese.reason("huishang.scheduling.v1", "OF_LATER", &BTreeMap::new()), None);
    assert_eq!(Language::English.reason("huishang.directory.v1", "OWN_PARENT", &BTreeMap::new()), None);
}

#[test]
fn what_a_service_says_is_told_in_its_parts() {
    let said = |message: &str, field: &str, sentence: &str| {
        let message = contract::descriptors().get_message_by_name(message).expect("a message");
        let field = message.get_field_by_name(field).expect("a field");
        Language::Chinese.said(&field, sentence.to_owned())
    };
    let ballot = |sentence| said("huishang.deliberation.v1.Ballot", "sentence", sentence);
    assert_eq!(
        ballot(
            "passed by simple majority: 2 yes, 0 no, 1 abstained; 2 yes of 2 counted were needed; 3 cast of 4 \
             eligible (1 recused), quorum 2"
        ),
        "按简单多数表决，通过：赞成 2，反对 0，弃权 1；计入 2 票，需赞成 2 票；4 个部门有表决权（1 个回避），投票 3，最低投票数 2"
    );
    let tied = ballot(
        "failed by majority of 2/3: 1 yes, 1 no, 0 abstained; 2 yes of 2 counted were needed; a tie; 2 cast of 2 \
         eligible (0 recused), quorum 2",
    );
    assert!(tied.starts_with("按特定多数（2/3）表决，不通过"), "{tied}");
    assert!(tied.contains("；票数相等；"), "{tied}");
    assert_eq!(said("huishang.followup.v1.Indicator", "unit", "hours a year"), "小时/年");
    assert_eq!(said("huishang.followup.v1.Indicator", "unit", "%"), "%");
    assert_eq!(said("huishang.directory.v1.Department", "name", "days"), "days");
}

#[test]
fn a_fault_is_told_by_the_template_that_says_most() {
    let fault = |description| Language::Chinese.fault(description).into_owned();
    assert_eq!(fault("is missing"), "未填");
    assert_eq!(fault("is 201 characters long; at most 200 are taken"), "长 201 个字符，最多 200 个字符");
    assert_eq!(
        fault("must be one of code, name, with ' desc' after it or not"),
        "须为下列之一：code, name，其后可加“ desc”"
    );
    assert_eq!(fault("was never heard of"), "was never heard of");
    assert_eq!(fault("is not a date: there is no 30 February 2027"), "不是日期：2027 年 2 月没有 30 日");
    assert_eq!(
        fault("receipt.txt: it does not prove that the record is in the log"),
        "receipt.txt：不能证明该记录在台账中"
    );
    assert_eq!(Language::English.fault("is missing"), "is missing");
    assert_eq!(fill("{a} and {b}{c", |name| (name == "a").then(|| "1".into())), "1 and {c");
}

#[test]
fn no_space_stands_between_chinese_characters_where_a_value_is_a_word() {
    let fill = |value: &str| {
        super::template::fill_in_chinese("{what} 须在将来，见 {what}", |_| Some(value.to_owned()))
    };
    assert_eq!(fill("会签截止"), "会签截止须在将来，见会签截止");
    assert_eq!(fill("sign_by"), "sign_by 须在将来，见 sign_by");
}

#[test]
fn the_moments_of_a_refusal_are_told_as_its_reader_writes_them() {
    let details = ["2026-10-08T15:59:59.999999Z", "2026-10-08", "3"];
    let sentence = format!("until {}, for 3", details[0]);
    let told = crate::with_moments(sentence, details, |moment| moment.as_second().to_string());
    assert_eq!(told, "until 1791475199, for 3");
}
