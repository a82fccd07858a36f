//! What documents say, in English and in Chinese.

use crate::Language;
use domain::deliberation::ballot::{BallotResult, Choice, MajorityBase, Method};
use domain::deliberation::docket::{Outcome, Stance};
use domain::resolution_change::ChangeEffect;
use domain::{Code, Date};

/// The words of one language.
pub(crate) struct Words {
    pub(crate) code: &'static str,
    pub(crate) colon: &'static str,
    pub(crate) comma: &'static str,
    pub(crate) semicolon: &'static str,
    /// Between two sentences.
    pub(crate) space: &'static str,
    pub(crate) through: &'static str,
    pub(crate) until: &'static str,
    pub(crate) time: &'static str,
    pub(crate) body: &'static str,
    pub(crate) chair: &'static str,
    pub(crate) quorum: &'static str,
    pub(crate) attendance: &'static str,
    pub(crate) attendance_columns: [&'static str; 4],
    /// Who came with a vote, who of those did not come, and who else came.
    pub(crate) attendance_labels: [&'static str; 3],
    pub(crate) recused: &'static str,
    pub(crate) ballot: &'static str,
    pub(crate) outcome: &'static str,
    pub(crate) reason: &'static str,
    pub(crate) decision: &'static str,
    pub(crate) item_columns: [&'static str; 5],
    pub(crate) notes: &'static str,
    pub(crate) adjournment: &'static str,
    pub(crate) form: &'static str,
    pub(crate) mandate: &'static str,
    pub(crate) time_used: &'static str,
    pub(crate) choice: &'static str,
    pub(crate) amendment: &'static str,
    pub(crate) changes: &'static str,
    pub(crate) against: &'static str,
    pub(crate) abstaining: &'static str,
    pub(crate) nature: &'static str,
    pub(crate) moved_by: &'static str,
    pub(crate) decision_clock: &'static str,
}

const ENGLISH: Words = Words {
    code: "en",
    colon: ": ",
    comma: ", ",
    semicolon: "; ",
    space: " ",
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
    adjournment: "Earlier call",
    form: "Form",
    mandate: "Mandate",
    time_used: "Time",
    choice: "Choice",
    amendment: "Amendment",
    changes: "Earlier resolution",
    against: "Against",
    abstaining: "Abstaining",
    nature: "Nature",
    moved_by: "Moved by",
    decision_clock: "Decision clock",
};

const CHINESE: Words = Words {
    code: "zh-CN",
    colon: "：",
    comma: "、",
    semicolon: "；",
    space: "",
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
    adjournment: "此前召集",
    form: "方式",
    mandate: "委托",
    time_used: "用时",
    choice: "选择",
    amendment: "修正案",
    changes: "此前决议",
    against: "反对",
    abstaining: "弃权",
    nature: "性质",
    moved_by: "动议部门",
    decision_clock: "决策时限",
};

impl Words {
    pub(crate) fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }

    pub(crate) fn is_chinese(&self) -> bool {
        self.code == CHINESE.code
    }

    pub(crate) fn pick(&self, english: &'static str, chinese: &'static str) -> &'static str {
        if self.is_chinese() { chinese } else { english }
    }

    /// What minutes of a session or a body are called. What is called a conference already is not called one twice.
    pub(crate) fn title(&self, of: &str) -> String {
        match self.is_chinese() {
            true => format!("{}会议纪要", of.strip_suffix("会议").unwrap_or(of)),
            false => format!("Minutes: {of}"),
        }
    }

    /// A day, as papers write it.
    pub(crate) fn day(&self, day: Date) -> String {
        match self.is_chinese() {
            true => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
            false => day.to_string(),
        }
    }

    /// A day and a time of it.
    pub(crate) fn moment(&self, day: Date, clock: &str) -> String {
        if self.is_chinese() { format!("{}{clock}", self.day(day)) } else { format!("{day}, {clock}") }
    }

    /// A time of day.
    pub(crate) fn clock(&self, hours: i64, minutes: i64) -> String {
        match (self.is_chinese(), minutes) {
            (true, 0) => format!("{hours}时"),
            (true, _) => format!("{hours}时{minutes}分"),
            (false, _) => format!("{hours:02}:{minutes:02}"),
        }
    }

    /// A heading of the first level with its number.
    pub(crate) fn first_level(&self, nth: usize, heading: &str) -> String {
        if self.is_chinese() { format!("{}、{heading}", numeral(nth)) } else { format!("{nth}. {heading}") }
    }

    /// A heading of the second level with its number.
    pub(crate) fn second_level(&self, nth: usize, heading: &str) -> String {
        if self.is_chinese() {
            format!("（{}）{heading}", numeral(nth))
        } else {
            format!("({nth}) {heading}")
        }
    }

    /// Who takes which stance.
    pub(crate) fn says(&self, who: &str, stance: Stance) -> String {
        let stance = self.stance(stance);
        if self.is_chinese() { format!("{who}{stance}") } else { format!("{who} {stance}") }
    }

    /// What becomes of an earlier resolution.
    pub(crate) fn change(&self, effect: ChangeEffect) -> &'static str {
        match effect {
            ChangeEffect::Amends => self.pick("Amends", "修改"),
            ChangeEffect::Supersedes => self.pick("Supersedes", "取代"),
            ChangeEffect::Rescinds => self.pick("Rescinds", "废止"),
        }
    }

    /// A text with a full stop, unless it has an end of its own.
    pub(crate) fn sentence(&self, text: &str) -> String {
        let has_end = text.ends_with(['。', '！', '？', '；', '.', '!', '?', ';']) || text.is_empty();
        format!("{text}{}", if has_end { "" } else { self.pick(".", "。") })
    }

    pub(crate) fn came(&self, clock: &str) -> String {
        if self.is_chinese() { format!("{clock}到会") } else { format!("came at {clock}") }
    }

    pub(crate) fn left(&self, clock: &str) -> String {
        if self.is_chinese() { format!("{clock}离会") } else { format!("left at {clock}") }
    }

    pub(crate) fn in_brackets(&self, text: &str) -> String {
        if self.is_chinese() { format!("（{text}）") } else { format!(" ({text})") }
    }

    pub(crate) fn present_of(&self, present: u32, needed: u32, seats: u32) -> String {
        match self.is_chinese() {
            true => format!("表决部门应到{seats}个，实到{present}个，法定人数{needed}个"),
            false => format!("{present} of {seats} deciding departments were present; {needed} were needed"),
        }
    }

    pub(crate) fn stance(&self, stance: Stance) -> &'static str {
        match stance {
            Stance::Support => self.pick("supports", "同意"),
            Stance::SupportWithConditions => self.pick("supports with conditions", "有条件同意"),
            Stance::Oppose => self.pick("opposes", "不同意"),
            Stance::Abstain => self.pick("abstains", "弃权"),
        }
    }

    /// What became of a topic; `name` and `day` say how a body and a day are written.
    pub(crate) fn outcome(
        &self,
        outcome: &Outcome,
        name: impl Fn(&Code) -> String,
        day: impl Fn(Date) -> String,
    ) -> String {
        let word = match outcome {
            Outcome::Adopted { .. } => self.pick("adopted", "通过"),
            Outcome::Rejected => self.pick("rejected", "不通过"),
            Outcome::Deferred { .. } => self.pick("deferred until ", "缓议至"),
            Outcome::Referred { .. } => self.pick("referred to ", "移交"),
            Outcome::Withdrawn => self.pick("withdrawn", "撤回"),
        };
        match outcome {
            Outcome::Deferred { resume_on } => format!("{word}{}", day(*resume_on)),
            Outcome::Referred { referred_to } => format!("{word}{}", name(referred_to)),
            _ => word.to_owned(),
        }
    }

    /// A count with its arithmetic.
    pub(crate) fn count(&self, result: &BallotResult) -> String {
        if !self.is_chinese() {
            return result.sentence();
        }
        let BallotResult { eligible, recused, quorum, cast, yes, no, abstain, .. } = result;
        let method = match result.method {
            Method::Consensus => "协商一致",
            Method::SimpleMajority => "简单多数",
            Method::QualifiedMajority { .. } => "特定多数",
            Method::UnanimousCountersign => "全体会签",
            Method::ChairDecides => "主持人决定",
            Method::GeneralConsent => "无异议通过",
            Method::Silence => "默示同意",
        };
        let method = if result.secret { format!("无记名，{method}") } else { method.to_owned() };
        let seats = format!("应投{eligible}（回避{recused}），实投{cast}，法定人数{quorum}");
        if !result.is_quorate() {
            let votes = match result.secret {
                true => "无记名票未开启".to_owned(),
                false => format!("赞成{yes}，反对{no}，弃权{abstain}"),
            };
            return format!("{method}：{votes}；{seats}。未达法定人数，不作决定");
        }
        let verdict = if result.passed { "通过" } else { "不通过" };
        let measure = measure(result);
        format!("{method}：赞成{yes}，反对{no}，弃权{abstain}，{measure}；{seats}。{verdict}")
    }
}

/// What the votes were measured by, and what decided.
fn measure(result: &BallotResult) -> String {
    let BallotResult { base, needed, no, .. } = result;
    let objected = if *no > 0 { "有部门反对" } else { "无部门反对" };
    let mut said = match (result.method, result.casting_vote) {
        (Method::ChairDecides, Some(Choice::Yes)) => return "主持人决定赞成".to_owned(),
        (Method::ChairDecides, _) => return "主持人未决定赞成".to_owned(),
        (Method::GeneralConsent | Method::Silence, _) => objected.to_owned(),
        _ => {
            let of = match result.majority_of {
                MajorityBase::Votes => "计票",
                MajorityBase::Present => "在场席位",
                MajorityBase::AllSeats => "全部席位",
            };
            format!("{of}{base}，需赞成{needed}")
        }
    };
    said += match result.casting_vote {
        _ if result.vetoed => "，有否决",
        Some(Choice::Yes) => "，主持人投决定票赞成",
        Some(_) => "，主持人投决定票未赞成",
        None if result.tied => "，票数相等",
        None => "",
    };
    said
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
