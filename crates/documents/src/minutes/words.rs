//! What minutes say, in English and in Chinese.

use crate::Language;
use domain::deliberation::ballot::{BallotResult, Method};
use domain::deliberation::docket::{Outcome, Stance};
use domain::{Code, Date};

/// The words of one language.
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) colon: &'static str,
    pub(super) comma: &'static str,
    pub(super) semicolon: &'static str,
    pub(super) through: &'static str,
    pub(super) until: &'static str,
    pub(super) time: &'static str,
    pub(super) body: &'static str,
    pub(super) chair: &'static str,
    pub(super) quorum: &'static str,
    pub(super) attendance: &'static str,
    pub(super) attendance_columns: [&'static str; 4],
    /// Who came with a vote, who of those did not come, and who else came.
    pub(super) attendance_labels: [&'static str; 3],
    pub(super) recused: &'static str,
    pub(super) ballot: &'static str,
    pub(super) outcome: &'static str,
    pub(super) reason: &'static str,
    pub(super) decision: &'static str,
    pub(super) item_columns: [&'static str; 5],
    pub(super) notes: &'static str,
}

const ENGLISH: Words = Words {
    code: "en",
    colon: ": ",
    comma: ", ",
    semicolon: "; ",
    through: " to ",
    until: " to ",
    time: "Time",
    body: "Body",
    chair: "Chair",
    quorum: "Quorum",
    attendance: "Present",
    attendance_columns: ["Department", "Delegate", "Arrived", "Left"],
    attendance_labels: ["Present", "Absent", "Attending"],
    recused: "Recused",
    ballot: "Ballot",
    outcome: "Outcome",
    reason: "Reason",
    decision: "Decision",
    item_columns: ["No.", "Action item", "Lead", "Supporting", "Due"],
    notes: "Corrections and objections",
};

const CHINESE: Words = Words {
    code: "zh-CN",
    colon: "：",
    comma: "、",
    semicolon: "；",
    through: "至",
    until: " 至 ",
    time: "时间",
    body: "会商机制",
    chair: "主持部门",
    quorum: "法定人数",
    attendance: "出席情况",
    attendance_columns: ["部门", "代表", "到会", "离会"],
    attendance_labels: ["出席", "请假", "列席"],
    recused: "回避",
    ballot: "表决",
    outcome: "结果",
    reason: "理由",
    decision: "议定事项",
    item_columns: ["序号", "任务", "牵头部门", "配合部门", "完成期限"],
    notes: "更正与异议",
};

impl Words {
    pub(super) fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }

    fn is_chinese(&self) -> bool {
        self.code == CHINESE.code
    }

    fn pick(&self, english: &'static str, chinese: &'static str) -> &'static str {
        if self.is_chinese() { chinese } else { english }
    }

    pub(super) fn title(&self, session: &str) -> String {
        if self.is_chinese() { format!("{session}会议纪要") } else { format!("Minutes: {session}") }
    }

    /// The red heading of a body's minutes.
    pub(super) fn mark(&self, body: &str) -> String {
        match self.is_chinese() {
            true => self.title(body.strip_suffix("会议").unwrap_or(body)),
            false => self.title(body),
        }
    }

    /// A day, as papers write it.
    pub(super) fn day(&self, day: Date) -> String {
        match self.is_chinese() {
            true => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
            false => day.to_string(),
        }
    }

    /// A day and a time of it.
    pub(super) fn moment(&self, day: Date, clock: &str) -> String {
        if self.is_chinese() { format!("{}{clock}", self.day(day)) } else { format!("{day}, {clock}") }
    }

    /// A time of day.
    pub(super) fn clock(&self, hours: i64, minutes: i64) -> String {
        match (self.is_chinese(), minutes) {
            (true, 0) => format!("{hours}时"),
            (true, _) => format!("{hours}时{minutes}分"),
            (false, _) => format!("{hours:02}:{minutes:02}"),
        }
    }

    /// A heading of the first level with its number.
    pub(super) fn first_level(&self, nth: usize, heading: &str) -> String {
        if self.is_chinese() { format!("{}、{heading}", numeral(nth)) } else { format!("{nth}. {heading}") }
    }

    /// A heading of the second level with its number.
    pub(super) fn second_level(&self, nth: usize, heading: &str) -> String {
        if self.is_chinese() {
            format!("（{}）{heading}", numeral(nth))
        } else {
            format!("({nth}) {heading}")
        }
    }

    /// Who takes which stance.
    pub(super) fn says(&self, who: &str, stance: Stance) -> String {
        let stance = self.stance(stance);
        if self.is_chinese() { format!("{who}{stance}") } else { format!("{who} {stance}") }
    }

    /// One of these words' own sentences, with a full stop, and in Chinese without the spaces around its numbers.
    pub(super) fn set(&self, sentence: &str) -> String {
        self.sentence(&if self.is_chinese() { sentence.replace(' ', "") } else { sentence.to_owned() })
    }

    /// A text with a full stop, unless it has an end of its own.
    pub(super) fn sentence(&self, text: &str) -> String {
        let has_end = text.ends_with(['。', '！', '？', '；', '.', '!', '?', ';']) || text.is_empty();
        format!("{text}{}", if has_end { "" } else { self.pick(".", "。") })
    }

    pub(super) fn came(&self, clock: &str) -> String {
        if self.is_chinese() { format!("{clock}到会") } else { format!("came at {clock}") }
    }

    pub(super) fn left(&self, clock: &str) -> String {
        if self.is_chinese() { format!("{clock}离会") } else { format!("left at {clock}") }
    }

    pub(super) fn in_brackets(&self, text: &str) -> String {
        if self.is_chinese() { format!("（{text}）") } else { format!(" ({text})") }
    }

    pub(super) fn present_of(&self, present: u32, needed: u32, seats: u32) -> String {
        match self.is_chinese() {
            true => format!("表决部门应到 {seats} 个，实到 {present} 个，法定人数 {needed} 个"),
            false => format!("{present} of {seats} deciding departments were present; {needed} were needed"),
        }
    }

    pub(super) fn stance(&self, stance: Stance) -> &'static str {
        match stance {
            Stance::Support => self.pick("supports", "同意"),
            Stance::SupportWithConditions => self.pick("supports with conditions", "有条件同意"),
            Stance::Oppose => self.pick("opposes", "不同意"),
            Stance::Abstain => self.pick("abstains", "弃权"),
        }
    }

    /// What became of a topic; `name` and `day` say how a body and a day are written.
    pub(super) fn outcome(
        &self,
        outcome: &Outcome,
        name: impl Fn(&Code) -> String,
        day: impl Fn(Date) -> String,
    ) -> String {
        let word = match outcome {
            Outcome::Adopted { .. } => self.pick("adopted", "通过"),
            Outcome::Rejected => self.pick("rejected", "不通过"),
            Outcome::Deferred { .. } => self.pick("deferred until", "缓议至"),
            Outcome::Referred { .. } => self.pick("referred to", "移交"),
            Outcome::Withdrawn => self.pick("withdrawn", "撤回"),
        };
        match outcome {
            Outcome::Deferred { resume_on } => format!("{word} {}", day(*resume_on)),
            Outcome::Referred { referred_to } => format!("{word} {}", name(referred_to)),
            _ => word.to_owned(),
        }
    }

    pub(super) fn count(&self, result: &BallotResult) -> String {
        if !self.is_chinese() {
            return result.sentence();
        }
        let BallotResult { eligible, recused, quorum, cast, yes, no, abstain, base, needed, .. } = result;
        let method = match result.method {
            Method::Consensus => "协商一致",
            Method::SimpleMajority => "简单多数",
            Method::QualifiedMajority { .. } => "特定多数",
            Method::UnanimousCountersign => "全体会签",
            Method::ChairDecides => "主持人决定",
            Method::GeneralConsent => "无异议通过",
            Method::Silence => "默示同意",
        };
        let verdict = match (result.is_quorate(), result.passed) {
            (false, _) => "未达法定人数，表决无效",
            (true, true) => "通过",
            (true, false) => "不通过",
        };
        let method = if result.secret { format!("无记名，{method}") } else { method.to_owned() };
        let more = if result.vetoed { "，有否决" } else { "" };
        format!(
            "{method}：赞成 {yes}，反对 {no}，弃权 {abstain}，计票 {base}，需赞成 {needed}{more}；\
             应投 {eligible}（回避 {recused}），实投 {cast}，法定人数 {quorum}。{verdict}"
        )
    }
}

/// A number up to 99 as it is said.
fn numeral(number: usize) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |digit: usize| DIGITS.get(digit).copied().unwrap_or_default();
    match (number / 10, number % 10) {
        (0, ones) => digit(ones).to_owned(),
        (1, ones) => format!("十{}", digit(ones)),
        (tens @ 2..=9, ones) => format!("{}十{}", digit(tens), digit(ones)),
        _ => number.to_string(),
    }
}
