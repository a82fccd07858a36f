use super::*;
use domain::{Code, Role};
use std::os::unix::net::UnixDatagram;

fn settings() -> config::AccessLog {
    config::Config::default().access_log
}

fn auditor() -> Actor {
    Actor { subject: "王审计".into(), department: Code::parse("AUDIT").ok(), roles: vec![Role::Auditor] }
}

#[tokio::test]
async fn a_line_says_who_accessed_what_and_nothing_that_is_not_known() {
    let folder = tempfile::tempdir().unwrap();
    let log =
        AccessLog::start(&config::AccessLog { folder: Some(folder.path().into()), ..settings() }).unwrap();
    let (actor, position) = (auditor(), Map::from_iter([("position".to_owned(), Value::from("7"))]));
    log.note(&Entry {
        accessed: Some(&position),
        ..Entry::new(Event::Accessed, "GetRecord", "OK").by(Some(&actor))
    });
    log.note(&Entry {
        reason: Some("TOKEN_MISSING"),
        ..Entry::new(Event::TokenRefused, "GetRecord", "UNAUTHENTICATED")
    });
    log.flush().await;
    let file = folder.path().read_dir().unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert_eq!((&lines[0]["event"], &lines[0]["accessed"]["position"]), (&"accessed".into(), &"7".into()));
    assert_eq!((&lines[0]["subject"], &lines[0]["roles"][0]), (&"王审计".into(), &"auditor".into()));
    let known: Vec<&String> = lines[1].as_object().unwrap().keys().collect();
    assert_eq!(known, ["at", "code", "event", "reason", "rpc"]);
}

#[tokio::test]
async fn syslog_gets_the_same_as_rfc_5424_and_a_collector_may_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let collector = UnixDatagram::bind(&path).unwrap();
    let syslog = Some(format!("unix:{}", path.display()));
    let log = AccessLog::start(&config::AccessLog { syslog, ..settings() }).unwrap();
    let receive = |collector: &UnixDatagram| {
        let mut bytes = [0; 2048];
        let length = collector.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    log.note(&Entry::new(Event::TokenRefused, "GetHead", "UNAUTHENTICATED"));
    let message = receive(&collector);
    let fields: Vec<&str> = message.splitn(8, ' ').collect();
    assert_eq!(
        (fields[0], fields[3], fields[5], fields[6]),
        ("<85>1", "huishang", "access", "-"),
        "{message}"
    );
    assert!(fields[1].parse::<Timestamp>().is_ok() && fields[1].len() == "2027-03-01T01:00:00.000000Z".len());
    assert_eq!(serde_json::from_str::<Value>(fields[7]).unwrap()["rpc"], "GetHead");
    drop(collector);
    std::fs::remove_file(&path).unwrap();
    let collector = UnixDatagram::bind(&path).unwrap();
    log.note(&Entry::new(Event::Accessed, "GetHead", "OK"));
    assert!(receive(&collector).starts_with("<86>1 "));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = config::AccessLog { folder: Some(file.path().into()), ..settings() };
    let refused = AccessLog::start(&settings).err().expect("it is no folder").to_string();
    assert!(
        refused.starts_with("access_log.folder: ") && refused.contains(file.path().to_str().unwrap()),
        "{refused}"
    );
}
