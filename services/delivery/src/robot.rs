//! Robots of group chats: 企业微信 (WeCom), 钉钉 (DingTalk) and 飞书 (Feishu). Each takes a message in a shape of its own, at an
//! address that has a secret, and says in an answer of status 200 whether it was accepted.
//!
//! Messages are plain text: what people have written into a title neither mentions anybody in the group nor becomes a link.

use crate::letter::Letter;
use crate::limits::{FEISHU_SPACING, ROBOT_BUSY_SECONDS, ROBOT_SPACING, ROBOT_TEXT_BYTES_MAX};
use crate::sender::{Answer, Message, Refusal, Sender};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::Timestamp;
use domain::delivery::subscription::{Robot, RobotKind};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::Duration;
use url::Url;

/// Has a robot say what a letter says.
pub(crate) async fn post(sender: &Sender, robot: &Robot, letter: &Letter, now: Timestamp) -> Answer {
    let headers = HeaderMap::from_iter([
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        (header::USER_AGENT, HeaderValue::from_static("huishang")),
    ]);
    let body = body(robot, letter, now).to_string().into_bytes().into();
    let answer = sender.post(&url(robot, now), Message { headers, body }, now).await;
    judged(robot.kind, answer)
}

/// Time between two messages, at least.
pub(crate) fn spacing(kind: RobotKind) -> Duration {
    match kind {
        RobotKind::Wecom | RobotKind::Dingtalk => ROBOT_SPACING,
        RobotKind::Feishu => FEISHU_SPACING,
    }
}

/// Where a message goes: DingTalk finds its signature there.
fn url(robot: &Robot, now: Timestamp) -> String {
    let (RobotKind::Dingtalk, Some(secret)) = (robot.kind, &robot.secret) else {
        return robot.url.to_string();
    };
    let Ok(mut url) = Url::parse(robot.url.as_str()) else { return robot.url.to_string() };
    let timestamp = now.as_millisecond().to_string();
    let sign = sign(secret.as_str(), &format!("{timestamp}\n{secret}"));
    url.query_pairs_mut().append_pair("timestamp", &timestamp).append_pair("sign", &sign);
    url.into()
}

/// A message, in the shape of its messenger.
fn body(robot: &Robot, letter: &Letter, now: Timestamp) -> Value {
    let text = cut(&letter.with_reference(), ROBOT_TEXT_BYTES_MAX);
    match robot.kind {
        RobotKind::Wecom | RobotKind::Dingtalk => json!({"msgtype": "text", "text": {"content": text}}),
        RobotKind::Feishu => {
            let plain = |text: &str| json!({"tag": "plain_text", "content": text});
            let mut message = json!({
                "msg_type": "interactive",
                "card": {
                    "config": {"wide_screen_mode": true},
                    "header": {"title": plain(&letter.subject)},
                    "elements": [{"tag": "div", "text": plain(&text)}],
                },
            });
            if let (Some(secret), Some(fields)) = (&robot.secret, message.as_object_mut()) {
                let timestamp = now.as_second().to_string();
                fields.insert("sign".into(), json!(sign(&format!("{timestamp}\n{secret}"), "")));
                fields.insert("timestamp".into(), json!(timestamp));
            }
            message
        }
    }
}

/// HMAC-SHA-256 in base64.
fn sign(key: &str, message: &str) -> String {
    // A key of any length is accepted.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return String::new() };
    mac.update(message.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// A text of so many bytes at most.
fn cut(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max - '…'.len_utf8());
    format!("{}…", &text[..end])
}

/// An answer with what its content says. A messenger may say that it had too much with another status than 200; whoever says
/// nothing that is understood is judged by the status alone.
fn judged(kind: RobotKind, answer: Answer) -> Answer {
    let said: Option<Value> = serde_json::from_str(&answer.text).ok();
    let (code, message) = match kind {
        RobotKind::Wecom | RobotKind::Dingtalk => ("errcode", "errmsg"),
        RobotKind::Feishu => ("code", "msg"),
    };
    let code = said.as_ref().and_then(|said| said.get(code)?.as_i64());
    let message = said.as_ref().and_then(|said| said.get(message)?.as_str()).unwrap_or_default();
    match code.map(|code| refusal(kind, code, message)) {
        Some(Some(Refusal::TooMany)) => Answer {
            refusal: Some(Refusal::TooMany),
            retry_after_seconds: answer.retry_after_seconds.or(Some(ROBOT_BUSY_SECONDS)),
            ..answer
        },
        Some(Some(Refusal::Gone)) => Answer { refusal: Some(Refusal::Gone), ..answer },
        Some(None) => answer,
        _ if answer.is_acceptance() => Answer { refusal: Some(Refusal::Other), ..answer },
        _ => answer,
    }
}

/// What a code of a messenger means. A signature that does not match is no end: whoever subscribed may still set the secret
/// right.
fn refusal(kind: RobotKind, code: i64, message: &str) -> Option<Refusal> {
    match (kind, code) {
        (_, 0) => None,
        (RobotKind::Wecom, 45_009)
        | (RobotKind::Dingtalk, 130_101 | 410_100 | 90_030)
        | (RobotKind::Feishu, 11_232 | 11_233) => Some(Refusal::TooMany),
        // The same code says that a message cannot be read.
        (RobotKind::Feishu, 9_499) if message.to_lowercase().contains("too many") => Some(Refusal::TooMany),
        // No robot has this key, it was switched off, or its group is no more.
        (RobotKind::Wecom, 93_000)
        | (RobotKind::Dingtalk, 300_005 | 300_001 | 400_013 | 400_101 | 400_102 | 400_106)
        | (RobotKind::Feishu, 19_001) => Some(Refusal::Gone),
        _ => Some(Refusal::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::Text;
    use domain::delivery::subscription::{EventId, MailLanguage};

    fn robot(kind: RobotKind, secret: Option<&str>) -> Robot {
        let url = Text::parse("https://robot.example/send?access_token=1f").unwrap();
        let secret = secret.map(|secret| Text::parse(secret).unwrap());
        Robot { kind, url, secret, language: MailLanguage::Chinese }
    }

    fn letter(text: &str) -> Letter {
        Letter {
            subject: "FLOOD-2027-0001/1《清淤》将于 2027-03-08 到期".into(),
            text: text.to_owned(),
            event: EventId { position: 42, number: 1 },
            language: MailLanguage::Chinese,
            invitation: None,
        }
    }

    /// Counted with Python's `hmac`, as the messengers describe it.
    #[test]
    fn a_message_is_signed_as_its_messenger_checks_it() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let url = url(&robot(RobotKind::Dingtalk, Some("SEC1")), now);
        let sign = "WAlK0cIfZiBYnMaV9AiypMIzMGkdXVWPHYyCj%2BInCk0%3D";
        assert!(url.starts_with("https://robot.example/send?access_token=1f&timestamp=1800000000000&sign="));
        let body = body(&robot(RobotKind::Feishu, Some("2f")), &letter("文"), now);
        assert_eq!(body["timestamp"], "1800000000");
        assert_eq!(
            (url.split("sign=").nth(1), body["sign"].as_str()),
            (Some(sign), Some("dQFsu7KXYYN81Gmrl4Yy8iC5HsxZUv4+ecnzJJxInkQ="))
        );
    }

    #[test]
    fn whoever_does_not_sign_sends_to_the_url_as_it_is() {
        for kind in [RobotKind::Wecom, RobotKind::Dingtalk, RobotKind::Feishu] {
            let robot = robot(kind, None);
            assert_eq!(url(&robot, Timestamp::UNIX_EPOCH), robot.url.to_string());
            assert!(body(&robot, &letter("文"), Timestamp::UNIX_EPOCH).get("sign").is_none());
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let body = body(&robot(RobotKind::Wecom, None), &letter(&"会".repeat(1000)), Timestamp::UNIX_EPOCH);
        let content = body["text"]["content"].as_str().unwrap();
        assert!(content.ends_with("会…") && (2040..=2048).contains(&content.len()), "{}", content.len());
    }

    fn judge(kind: RobotKind, status: u16, text: &str) -> Answer {
        judged(kind, Answer { status: Some(status), text: text.into(), ..Answer::default() })
    }

    #[test]
    fn an_answer_of_status_200_may_be_a_refusal() {
        assert!(judge(RobotKind::Wecom, 200, r#"{"errcode":0,"errmsg":"ok"}"#).is_acceptance());
        assert!(judge(RobotKind::Feishu, 200, r#"{"code":0,"msg":"success","data":{}}"#).is_acceptance());
        for (kind, text) in [
            (RobotKind::Dingtalk, r#"{"errcode":310000,"errmsg":"sign not match"}"#),
            (RobotKind::Feishu, r#"{"code":19021,"msg":"sign match fail"}"#),
            (RobotKind::Feishu, r#"{"code":9499,"msg":"Bad Request","data":{}}"#),
            (RobotKind::Wecom, "a page"),
            (RobotKind::Wecom, "{}"),
        ] {
            let answer = judge(kind, 200, text);
            assert!(!answer.is_acceptance() && !answer.is_busy() && !answer.is_gone(), "{text}");
        }
    }

    #[test]
    fn a_robot_that_had_too_much_is_asked_again_later() {
        for (kind, status, text) in [
            (RobotKind::Wecom, 200, r#"{"errcode":45009,"errmsg":"api freq out of limit"}"#),
            (RobotKind::Dingtalk, 200, r#"{"errcode":130101,"errmsg":"send too fast"}"#),
            (RobotKind::Dingtalk, 200, r#"{"errcode":410100,"errmsg":"send too fast"}"#),
            (RobotKind::Feishu, 200, r#"{"code":11232,"msg":"frequency limited"}"#),
            (RobotKind::Feishu, 400, r#"{"code":9499,"msg":"Too Many Requests","data":{}}"#),
        ] {
            let answer = judge(kind, status, text);
            assert!(answer.is_busy() && !answer.is_acceptance(), "{text}");
            assert_eq!(answer.retry_after_seconds, Some(ROBOT_BUSY_SECONDS));
        }
        let away = judge(RobotKind::Wecom, 502, "");
        assert!(away.is_busy() && away.refusal.is_none());
    }

    #[test]
    fn a_key_that_no_robot_has_is_the_end() {
        for (kind, text) in [
            (RobotKind::Wecom, r#"{"errcode":93000,"errmsg":"invalid webhook url"}"#),
            (RobotKind::Dingtalk, r#"{"errcode":300005,"errmsg":"token is not exist"}"#),
            (RobotKind::Dingtalk, r#"{"errcode":400102,"errmsg":"robot is disabled"}"#),
            (RobotKind::Feishu, r#"{"code":19001,"msg":"incoming webhook access token invalid"}"#),
        ] {
            assert!(judge(kind, 200, text).is_gone() && !judge(kind, 200, text).is_busy(), "{text}");
        }
    }
}
