use super::*;
use http_body_util::BodyExt as _;

const BASE: &str = "https://city.example/oparl";

/// A folder with so many papers, a day apart; the last is deleted.
fn folder(papers: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["list", "paper", "system"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    for number in 1..=papers {
        let at = format!("2027-03-{number:02}T09:00:00+08:00");
        let mut paper = json!({"id": format!("{BASE}/paper/{number:02}.json"), "created": at, "modified": at, "location": []});
        if number == papers {
            paper["deleted"] = true.into();
        }
        save(folder.path(), &format!("paper/{number:02}.json"), &paper);
    }
    let first = format!("{BASE}/list/paper.json");
    save(folder.path(), "list/paper.json", &json!({"data": [], "links": {"first": first, "self": first}}));
    save(folder.path(), "system/system.json", &json!({"id": format!("{BASE}/system/system.json")}));
    std::fs::write(folder.path().join(".lock"), "").unwrap();
    folder
}

fn save(folder: &Path, file: &str, value: &Value) {
    std::fs::write(folder.join(file), value.to_string()).unwrap();
}

async fn ask(published: &Arc<Published>, method: &str, path: &str) -> (StatusCode, Value) {
    let (method, uri): (Method, Uri) = (method.parse().unwrap(), path.parse().unwrap());
    assert!(is_of_published(uri.path()), "{path}");
    let response = answer(published.clone(), &method, &uri).await;
    assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    let status = response.status();
    let content = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&content).unwrap_or_default())
}

fn numbers(list: &Value) -> Vec<String> {
    let ids = list["data"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned());
    ids.map(|id| id.trim_start_matches(&format!("{BASE}/paper/")).trim_end_matches(".json").to_owned())
        .collect()
}

#[tokio::test]
async fn whoever_asks_what_has_changed_hears_of_what_was_deleted_and_nobody_else_does() {
    let folder = folder(4);
    let published = Arc::new(Published::new(folder.path().to_owned()));
    let since = "modified_since=2027-03-03T00%3A00%3A00%2B08%3A00";
    let (status, changed) = ask(&published, "GET", &format!("/oparl/list/paper.json?{since}")).await;
    assert_eq!((status, numbers(&changed)), (StatusCode::OK, vec!["03".to_owned(), "04".to_owned()]));
    assert_eq!(changed["links"]["self"], format!("{BASE}/list/paper.json?{since}"));
    let (_, all) = ask(&published, "GET", "/oparl/list/paper.json?omit_internal=true").await;
    assert_eq!(numbers(&all), ["01", "02", "03"]);
    assert_eq!(all["data"][0].get("location"), None);
    let (_, until) =
        ask(&published, "GET", "/oparl/list/paper.json?created_until=2027-03-01T01:00:00Z").await;
    assert_eq!(numbers(&until), ["01"]);

    // What is written meanwhile is there with the next question.
    let later = "2027-03-20T09:00:00+08:00";
    let paper = json!({"id": format!("{BASE}/paper/20.json"), "created": later, "modified": later});
    save(folder.path(), "paper/20.json", &paper);
    let (_, changed) = ask(&published, "GET", &format!("/oparl/list/paper.json?{since}")).await;
    assert_eq!(numbers(&changed), ["03", "04", "20"]);
}

#[tokio::test]
async fn pages_of_a_choice_lead_from_one_to_the_next_and_keep_it() {
    let folder = folder(6);
    let published = Arc::new(Published::new(folder.path().to_owned()));
    let mut next = Some("/oparl/list/paper.json?limit=2&created_since=2027-03-01T00:00:00Z".to_owned());
    let mut read = Vec::new();
    while let Some(path) = next {
        let (_, page) = ask(&published, "GET", &path).await;
        assert_eq!(page["pagination"]["totalElements"], 5);
        read.extend(numbers(&page));
        let link = page["links"]["next"].as_str().map(str::to_owned);
        next = link.map(|link| link.replace("https://city.example", ""));
    }
    assert_eq!(read, ["01", "02", "03", "04", "05"]);
    let (_, beyond) = ask(&published, "GET", "/oparl/list/paper.json?limit=2&page=99").await;
    assert!(numbers(&beyond).is_empty() && beyond["links"]["prev"].as_str().unwrap().ends_with("page=3"));
}

#[tokio::test]
async fn what_is_wrong_or_not_there_is_said_as_oparl_says_it() {
    let folder = folder(2);
    let published = Arc::new(Published::new(folder.path().join("paper").join("..")));
    for (path, wanted) in [
        ("/oparl/list/paper.json?modified_since=yesterday", StatusCode::BAD_REQUEST),
        ("/oparl/list/paper.json?page=0", StatusCode::BAD_REQUEST),
        ("/oparl/list/file.json?limit=1", StatusCode::NOT_FOUND),
        ("/oparl/paper/99.json", StatusCode::NOT_FOUND),
        ("/oparl/paper", StatusCode::NOT_FOUND),
        ("/oparl/.lock", StatusCode::NOT_FOUND),
        ("/oparl/paper/.lock", StatusCode::NOT_FOUND),
        ("/oparl/paper/..%2F.lock", StatusCode::NOT_FOUND),
        ("/oparl/paper/../../system/system.json", StatusCode::NOT_FOUND),
        ("/oparl/../paper/01.json", StatusCode::NOT_FOUND),
        ("/oparl/paper/%00.json", StatusCode::NOT_FOUND),
    ] {
        let (status, error) = ask(&published, "GET", path).await;
        assert_eq!(
            (status, &error["type"]),
            (wanted, &json!("https://schema.oparl.org/1.1/Error")),
            "{path}"
        );
    }
    assert_eq!(ask(&published, "POST", "/oparl/paper/01.json").await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask(&published, "GET", "/oparl").await.0, StatusCode::MOVED_PERMANENTLY);
    assert_eq!(ask(&published, "HEAD", "/oparl/paper/01.json").await, (StatusCode::OK, Value::Null));
    assert!(!is_of_published("/oparlament") && !is_of_published("/v1/oparl"));
}
