use super::environment::{foreign, name_of};
use super::load::Settings;
use super::*;
use serde_json::json;
use std::ffi::OsString;
use std::io::Write as _;

fn variables(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// What some variables make of the defaults.
fn from_environment(pairs: &[(&str, &str)]) -> Result<Config, String> {
    Config::load_from(None, variables(pairs), json!({})).map_err(|error| error.to_string())
}

/// What a file makes of the defaults.
fn from_file(text: &str) -> Result<Config, String> {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    Config::load_from(Some(file.path()), [], json!({})).map_err(|error| error.to_string())
}

fn refusal(pair: (&str, &str)) -> String {
    from_environment(&[pair]).expect_err(&format!("{pair:?} is refused"))
}

#[test]
fn a_later_source_overrides_an_earlier_one() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "realm = 'file'\ndata = 'file'\nclock = 'system'\n[identity]\nissuer = 'file'\n").unwrap();
    let environment = variables(&[("HUISHANG_REALM", "environment"), ("HUISHANG_DATA", "environment")]);
    let config = Config::load_from(Some(file.path()), environment, json!({"realm": "flag"})).unwrap();
    assert_eq!(config.realm, "flag");
    assert_eq!(config.data, PathBuf::from("environment"));
    assert_eq!(config.identity.issuer, "file");
    assert_eq!(config.limits, Limits::default());
}

#[test]
fn a_text_stays_one_whatever_it_looks_like() {
    for text in [
        "407408718192",
        "007",
        "1e3",
        "-0",
        "true",
        "false",
        "null",
        "[a]",
        "{a=1}",
        "'quoted'",
        "\"q\"",
        " x ",
    ] {
        let config = from_environment(&[("HUISHANG_IDENTITY__AUDIENCE", text)]).unwrap();
        assert_eq!(config.identity.audience.as_deref(), Some(text));
        let config = from_environment(&[("HUISHANG_IDENTITY__ISSUER", text)]).unwrap();
        assert_eq!(config.identity.issuer, text);
        let config =
            from_environment(&[("HUISHANG_IDENTITY__JWKS", text), ("HUISHANG_LEDGER__KEY", text)]).unwrap();
        assert_eq!(config.identity.jwks, Some(text.into()));
        assert_eq!(config.ledger.key, Some(text.into()));
    }
    for realm in ["007", "407408718192", "true"] {
        assert_eq!(from_environment(&[("HUISHANG_REALM", realm)]).unwrap().realm, realm);
        assert_eq!(from_environment(&[("HUISHANG_DATA", realm)]).unwrap().data, PathBuf::from(realm));
    }
}

/// A setting that is not set by default, and with it those that it cannot do without.
fn with_what_it_needs(name: &str, text: &str) -> Config {
    let mut pairs = vec![(name, text)];
    if name.contains("_TLS__") {
        let needed = ["HUISHANG_TLS__CERTIFICATE_FILE", "HUISHANG_TLS__KEY_FILE"];
        pairs.extend(needed.into_iter().filter(|needed| *needed != name).map(|needed| (needed, "x.pem")));
    }
    if name.contains("_MAIL__SERVER") {
        pairs.push(("HUISHANG_MAIL__SENDER", "huishang@example.cn"));
    }
    from_environment(&pairs).unwrap()
}

#[test]
fn settings_that_need_or_exclude_each_other_are_refused_with_the_one_to_change() {
    for (pairs, start) in [
        (vec![("HUISHANG_TLS__CERTIFICATE_FILE", "c")], "tls.key_file is not set"),
        (vec![("HUISHANG_TLS__KEY_FILE", "k")], "tls.certificate_file is not set"),
        (vec![("HUISHANG_TLS__CLIENT_CA_FILE", "a")], "tls.certificate_file is not set"),
        (vec![("HUISHANG_MAIL__SERVER", "smtps://mail.example.cn")], "mail.sender is not set"),
        (
            vec![("HUISHANG_IDENTITY__ISSUERS_FILE", "i"), ("HUISHANG_IDENTITY__JWKS", "j")],
            "identity.jwks is set, and so is identity.issuers_file",
        ),
    ] {
        let refused = from_environment(&pairs).unwrap_err();
        assert!(refused.starts_with(start), "{refused}");
    }
}

#[test]
fn every_setting_can_be_given_in_the_environment() {
    let settings = Settings::known();
    for key in settings.keys() {
        let name = name_of(key);
        let default = serde_json::to_value(Config::default().effective()).unwrap();
        let value = key.split('.').fold(&default, |value, name| &value[name]);
        let text = match key {
            "metrics.listen" => "127.0.0.1:9400".to_owned(),
            "access_log.syslog" => "unix:/dev/log".to_owned(),
            "traces.endpoint" => "http://127.0.0.1:4317".to_owned(),
            "backup.url" => "s3://bucket/main".to_owned(),
            "console.public_url" => "https://huishang.example:8443".to_owned(),
            "delivery.private_networks" => "10.1.0.0/16 fd00::/8".to_owned(),
            "mail.server" => "smtps://mail.example.cn".to_owned(),
            "mail.sender" => "huishang@example.cn".to_owned(),
            "mail.answers_address" => "answers@example.cn".to_owned(),
            _ => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
        };
        if value.is_null() {
            let shown = serde_json::to_value(with_what_it_needs(&name, &text)).unwrap();
            let set = key.split('.').fold(&shown, |value, name| &value[name]);
            assert_eq!(set.as_str(), Some(text.as_str()), "{name}");
            continue;
        }
        let config = from_environment(&[(&name, &text)]).unwrap();
        // Everything that follows from other settings stays what it is.
        assert_eq!(config.effective(), Config::default().effective(), "{name}");
    }
    let config = from_environment(&[
        ("HUISHANG_COMMIT__LEDGERS", "2"),
        ("HUISHANG_IDENTITY__ALLOW_DEVELOPMENT_KEYS", "true"),
        ("HUISHANG_LIMITS__LOG_RESERVE_MIB", "18446744073709551615"),
    ])
    .unwrap();
    assert_eq!((config.commit.ledgers, config.limits.log_reserve_mib), (2, u64::MAX));
    assert!(config.identity.allow_development_keys);
}

#[test]
fn what_kubernetes_makes_is_passed_over() {
    // Given the variables of pods beside Services called huishang, huishang-ledger and huishang-data
    let made = [
        ("HUISHANG_PORT", "tcp://10.0.0.11:7400"),
        ("HUISHANG_SERVICE_HOST", "10.0.0.11"),
        ("HUISHANG_SERVICE_PORT", "7400"),
        ("HUISHANG_SERVICE_PORT_GRPC", "7400"),
        ("HUISHANG_PORT_7400_TCP", "tcp://10.0.0.11:7400"),
        ("HUISHANG_PORT_7400_TCP_PROTO", "tcp"),
        ("HUISHANG_PORT_7400_TCP_PORT", "7400"),
        ("HUISHANG_PORT_7400_TCP_ADDR", "10.0.0.11"),
        ("HUISHANG_LEDGER_PORT", "tcp://10.0.0.12:7401"),
        ("HUISHANG_LEDGER_SERVICE_HOST", "10.0.0.12"),
        ("HUISHANG_LEDGER_PORT_7401_TCP_ADDR", "10.0.0.12"),
        ("HUISHANG_DATA_PORT", "udp://10.0.0.13:53"),
        ("HUISHANG_DATA_PORT_53_UDP_PORT", "53"),
    ];
    // Then they are no settings, and nothing is said of them.
    assert_eq!(from_environment(&made), Ok(Config::default()));
    assert_eq!(foreign(variables(&made), &Settings::known()), Vec::<String>::new());
    // No setting of ours looks like one of these.
    let settings = Settings::known();
    for key in settings.keys() {
        assert!(
            from_environment(&[(&name_of(key), "tcp://10.0.0.11:7400")]) != Ok(Config::default()),
            "{key}"
        );
    }
}

#[test]
fn what_is_not_ours_is_passed_over_and_can_be_told() {
    let pairs = [
        ("HUISHANG_CONFIG", "x"),
        ("HUISHANG_SERVER", "x"),
        ("HUISHANG_TOKEN", "x"),
        ("HUISHANG_IMAGE", "x"),
        ("HUISHANG_TOKEN_COMMAND", "x"),
        ("HUISHANG_FOO__BAR", "x"),
        ("HUISHANGXI", "x"),
        ("PATH", "x"),
    ];
    assert_eq!(from_environment(&pairs), Ok(Config::default()));
    assert_eq!(
        foreign(variables(&pairs), &Settings::known()),
        ["HUISHANG_IMAGE", "HUISHANG_TOKEN_COMMAND", "HUISHANG_FOO__BAR"]
    );
}

#[test]
fn a_near_miss_is_refused_with_the_name_that_was_meant() {
    for (name, nearest) in [
        ("HUISHANG_REALMS", "HUISHANG_REALM"),
        ("HUISHANG_LISTN", "HUISHANG_LISTEN"),
        ("HUISHANG_JOURNALS", "HUISHANG_JOURNAL"),
        ("HUISHANG_TIMEZONE", "HUISHANG_TIME_ZONE"),
        ("HUISHANG_realm", "HUISHANG_REALM"),
        ("HUISHANG_TOKENS", "HUISHANG_TOKEN"),
        ("HUISHANG_IDENTITY_AUDIENCE", "HUISHANG_IDENTITY__AUDIENCE"),
        ("HUISHANG_IDENTITI__JWKS", "HUISHANG_IDENTITY__JWKS"),
        ("HUISHANG_LIMITS_CONNECTION_MAX", "HUISHANG_LIMITS__CONNECTIONS_MAX"),
        // With a section of ours, however far it is.
        ("HUISHANG_IDENTITY__JWKS_FILE", "HUISHANG_IDENTITY__JWKS"),
        ("HUISHANG_LOG__LEVEL", "HUISHANG_LOG__FILTER"),
    ] {
        let refused = refusal((name, "x"));
        assert!(refused.contains(name), "{refused}");
        assert!(refused.ends_with(&format!("the nearest is {nearest}")), "{refused}");
    }
    let refused = from_file("[identity]\naudiense = 'x'").unwrap_err();
    assert!(
        refused.starts_with("identity.audiense is no setting; the nearest is identity.audience"),
        "{refused}"
    );
    assert!(refused.contains(".toml"), "{refused}");
    let refused = from_file("relm = 'x'").unwrap_err();
    assert!(refused.starts_with("relm is no setting; the nearest is realm"), "{refused}");
}

#[test]
fn an_error_names_the_setting_and_where_it_comes_from() {
    assert_eq!(
        refusal(("HUISHANG_LIMITS__CONNECTIONS_MAX", "many")),
        "limits.connections_max must be a whole number, and is \"many\" (HUISHANG_LIMITS__CONNECTIONS_MAX in the \
         environment)"
    );
    let refused = refusal(("HUISHANG_IDENTITY__ALLOW_DEVELOPMENT_KEYS", "yes"));
    assert!(refused.starts_with("identity.allow_development_keys must be true or false"), "{refused}");
    let refused = from_file("[identity]\naudience = 407408718192").unwrap_err();
    assert!(refused.starts_with("identity.audience is a text and must be in quotes"), "{refused}");
    assert!(refused.contains(".toml"), "{refused}");
    let refused = from_file("listen = 'here'").unwrap_err();
    assert!(refused.starts_with("listen has a value that does not fit"), "{refused}");
    let refused = from_file("[limits]\nconnections_max = 0").unwrap_err();
    assert!(refused.starts_with("limits.connections_max is 0") && refused.contains(".toml"), "{refused}");
    let refused = from_file("realm = ").unwrap_err();
    assert!(refused.contains(".toml"), "{refused}");
    let missing = Config::load_from(Some("/nowhere/huishang.toml".as_ref()), [], json!({})).unwrap_err();
    assert!(missing.to_string().contains("/nowhere/huishang.toml"), "{missing}");
    // The command line passes on what it finds in the environment.
    let environment = variables(&[("HUISHANG_REALM", "A")]);
    let refused = Config::load_from(None, environment, json!({"realm": "A"})).unwrap_err().to_string();
    assert!(refused.ends_with("(HUISHANG_REALM in the environment)"), "{refused}");
    let refused = Config::load_from(None, [], json!({"realm": "A"})).unwrap_err().to_string();
    assert!(refused.ends_with("(the command line)"), "{refused}");
}

/// Settings with values that make no sense.
const NONSENSE: &[(&str, &str)] = &[
    ("realm", ""),
    ("realm", "Main"),
    ("realm", "a.b"),
    ("realm", "a b"),
    ("data", ""),
    ("listen", "localhost"),
    ("journal", "http://host"),
    ("journal", ""),
    ("clock", "sundial"),
    ("clock", "movable:tomorrow"),
    ("time_zone", "Asia/Linjiang"),
    ("identity.jwks", ""),
    ("identity.issuers_file", ""),
    ("identity.step_up_acr", " "),
    ("tls.certificate_file", ""),
    ("identity.issuer", " "),
    ("identity.audience", ""),
    ("identity.token_lifetime_hours_max", "-1"),
    ("identity.token_lifetime_hours_max", "1.5"),
    ("log.format", "xml"),
    ("log.filter", "info,=,"),
    ("nats.replicas", "0"),
    ("nats.replicas", "2"),
    ("nats.credentials", ""),
    ("nats.nkey_file", ""),
    ("nats.ca_file", ""),
    ("nats.inbox_prefix", ""),
    ("nats.inbox_prefix", "_INBOX.ledger"),
    ("commit.ledgers", "0"),
    ("backup.url", "/mnt/backup"),
    ("backup.url", "s3://key:secret@bucket/main"),
    ("backup.url", "s3://bucket/main?token=secret"),
    ("backup.credentials", ""),
    ("backup.interval_minutes", "0"),
    ("backup.interval_minutes", "10081"),
    ("backup.retention_days", "36501"),
    ("mail.server", "mail.example.cn"),
    ("mail.server", "smtps://user:secret@mail.example.cn"),
    ("mail.sender", "huishang"),
    ("mail.answers_address", "answers+1@example.cn"),
    ("mail.answers_address", "an-address-that-is-too-long@example.cn"),
    ("mail.answers_address", "answers"),
    ("mail.credentials", ""),
    ("mail.ca_file", ""),
    ("delivery.key", ""),
    ("delivery.ca_file", ""),
    ("delivery.private_networks", " "),
    ("delivery.private_networks", "10.0.0.0/8 intranet"),
    ("delivery.allow_http", "true"),
    ("diaries.refresh_minutes", "0"),
    ("diaries.refresh_minutes", "1441"),
    ("metrics.listen", "9400"),
    ("access_log.folder", ""),
    ("access_log.retention_days", "0"),
    ("access_log.syslog", "/dev/log"),
    ("access_log.syslog", "udp:collector"),
    ("metrics.listen", "127.0.0.1:7400"),
    ("traces.endpoint", "127.0.0.1:4317"),
    ("traces.endpoint", "http://user:secret@collector:4317"),
    ("traces.ca_file", ""),
    ("traces.sampled_percent", "101"),
    ("ledger.key", ""),
    ("ledger.signed_head", ""),
    ("console.session_key", ""),
    ("console.public_url", "huishang.example"),
    ("console.public_url", "http://huishang.example"),
    ("console.public_url", "https://huishang.example/console"),
    ("console.oparl_folder", ""),
    ("documents.fonts_folder", ""),
    ("ledger.sm2_key", ""),
    ("ledger.witnesses_file", ""),
    ("ledger.witness_interval_seconds", "0"),
    ("limits.connections_max", "0"),
    ("limits.requests_at_once_max", "0"),
    ("limits.requests_at_once_max", "18446744073709551615"),
    ("limits.caller_requests_per_second_max", "4294967296"),
    ("limits.address_connections_max", "0"),
    ("limits.unknown_connections_max", "0"),
    ("limits.unknown_connection_seconds_max", "0"),
    ("limits.connection_requests_at_once_max", "0"),
    ("limits.caller_share_percent", "0"),
    ("limits.caller_share_percent", "101"),
    ("limits.supervision_share_percent", "0"),
    ("limits.supervision_share_percent", "100"),
    ("limits.caller_memory_mib_max", "4"),
    ("limits.request_body_seconds_max", "0"),
    ("limits.answer_stall_seconds_max", "86401"),
    ("limits.department_write_kib_per_second_max", "2097153"),
    ("limits.department_write_burst_mib", "0"),
    ("limits.department_write_burst_mib", "4096"),
    ("limits.log_readers_max", "0"),
    ("limits.verifications_max", "0"),
];

#[test]
fn nonsense_is_refused_with_the_name_of_the_setting() {
    for &(key, value) in NONSENSE {
        let refused = refusal((&name_of(key), value));
        assert!(refused.starts_with(&format!("{key} ")), "{key} = {value:?}: {refused}");
        assert!(refused.contains(&name_of(key)), "{key} = {value:?}: {refused}");
        assert!(!refused.contains("secret"), "{key}: {refused}");
    }
    // 0 means no limit where the manual says so.
    for key in [
        "identity.token_lifetime_hours_max",
        "limits.caller_requests_per_second_max",
        "limits.department_write_kib_per_second_max",
        "limits.log_reserve_mib",
        "backup.retention_days",
    ] {
        assert!(from_environment(&[(&name_of(key), "0")]).is_ok(), "{key}");
    }
}

#[test]
fn nobody_is_without_a_limit_until_an_operator_says_so() {
    let config = from_environment(&[]).unwrap();
    assert!(config.identity.token_lifetime_hours_max > 0);
    assert!(config.limits.caller_requests_per_second_max > 0);
    assert!(config.limits.department_write_kib_per_second_max > 0);
    assert!(config.limits.log_reserve_mib > 0);
}

#[test]
fn what_follows_from_other_settings_is_shown() {
    let config = from_environment(&[("HUISHANG_DATA", "/srv"), ("HUISHANG_REALM", "linjiang")]).unwrap();
    let effective = serde_json::to_value(config.effective()).unwrap();
    for (pointer, value) in [
        ("/identity/jwks", "/srv/keys/jwks.json"),
        ("/identity/audience", "huishang/linjiang"),
        ("/ledger/key", "/srv/keys/ledger-key.pem"),
        ("/ledger/signed_head", "/srv/signed-head"),
    ] {
        assert_eq!(effective.pointer(pointer), Some(&json!(value)));
    }
    assert_eq!(config.effective().effective(), config.effective());
}

#[test]
fn no_secret_is_printed() {
    let config = from_environment(&[("HUISHANG_JOURNAL", "nats://user:sesame@host:4222")]).unwrap();
    assert_eq!(config.without_secrets().journal, "nats://***@host:4222");
    assert!(!format!("{config:?}").contains("sesame"), "{config:?}");
    for journal in ["http://user:sesame@host", "user:sesame@host", "nats:/user:sesame@host"] {
        let refused = refusal(("HUISHANG_JOURNAL", journal));
        assert!(!refused.contains("sesame"), "{refused}");
    }
    for file in ["journal = nats://user:sesame@host", "realm = \"a\"\njournal = \"nats://user:sesame@host"] {
        let refused = from_file(file).unwrap_err().to_string();
        assert!(!refused.contains("sesame"), "{refused}");
        assert!(refused.contains(&format!("line {}", file.lines().count())), "{refused}");
    }
}

#[test]
fn only_a_loopback_address_is_out_of_reach() {
    for (listen, expected) in [
        ("127.0.0.1:0", true),
        ("127.9.9.9:7400", true),
        ("[::1]:7400", true),
        ("[::ffff:127.0.0.1]:7400", true),
        ("0.0.0.0:7400", false),
        ("[::]:7400", false),
        ("10.0.0.1:7400", false),
    ] {
        let config = from_environment(&[("HUISHANG_LISTEN", listen)]).unwrap();
        assert_eq!(config.is_loopback(), expected, "{listen}");
    }
}
