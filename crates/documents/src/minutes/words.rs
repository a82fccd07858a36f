//! What minutes alone say: of how a topic was debated, chosen from and voted on.

use crate::words::Words;
use domain::decision_rule::OptionTie;
use domain::deliberation::ballot::options::ChoiceMethod;
use domain::deliberation::docket::{Amendment, MotionStage, Ruling};

impl Words {
    /// A call that too few heeded.
    pub(super) fn adjourned(&self, at: &str, present: u32, needed: u32, reason: &str) -> String {
        match self.is_chinese() {
            true => format!("{at}流会，表决部门实到{present}个，法定人数{needed}个。{reason}"),
            false => format!(
                "adjourned at {at}, as {present} deciding departments were present and {needed} were needed. {reason}"
            ),
        }
    }

    /// A countersign that a meeting took the place of.
    pub(super) fn meeting_called(&self, at: &str, reason: &str) -> String {
        match self.is_chinese() {
            true => format!("先行会签，{at}改为开会。{reason}"),
            false => format!("a countersign first, for which a meeting was called at {at}. {reason}"),
        }
    }

    pub(super) fn countersign(&self, by: &str) -> String {
        match self.is_chinese() {
            true => format!("会签，至{by}止"),
            false => format!("countersign, open until {by}"),
        }
    }

    /// Who may vote for whom, on a topic or on all.
    pub(super) fn mandate(&self, of: &str, holders: &str, topic: Option<&str>) -> String {
        match (self.is_chinese(), topic) {
            (true, None) => format!("{of}委托{holders}代为表决"),
            (true, Some(topic)) => format!("{of}就第{topic}项议题委托{holders}代为表决"),
            (false, None) => format!("{holders} may vote for {of}"),
            (false, Some(topic)) => format!("{holders} may vote for {of} on topic {topic}"),
        }
    }

    /// Minutes spent on a topic, those beyond its timebox, and those off it.
    pub(super) fn time_spent(&self, spent: u64, over: u64, digression: u32) -> String {
        let mut said = match self.is_chinese() {
            true => format!("{spent}分钟"),
            false => format!("{spent} minutes"),
        };
        if over > 0 {
            said += &match self.is_chinese() {
                true => format!("，超时{over}分钟"),
                false => format!(", {over} of them beyond the timebox"),
            };
        }
        if digression > 0 {
            said += &match self.is_chinese() {
                true => format!("，离题{digression}分钟"),
                false => format!(", {digression} of them off the topic"),
            };
        }
        said
    }

    /// For how many minutes a department spoke.
    pub(super) fn spoken(&self, department: &str, minutes: u64) -> String {
        if self.is_chinese() {
            format!("{department}{minutes}分钟")
        } else {
            format!("{department} {minutes} min")
        }
    }

    /// What the chair said to a point of order.
    pub(super) fn ruling(&self, ruling: &Ruling) -> String {
        // Where it was reversed, the chair had said the opposite of what holds.
        let ruled = match ruling.sustained != ruling.reversed_by.is_some() {
            true => self.pick("well taken", "成立"),
            false => self.pick("not well taken", "不成立"),
        };
        let reversed = ruling.reversed_by.map(|motion| match self.is_chinese() {
            true => format!("；经第{motion}号动议推翻"),
            false => format!("; reversed by motion {motion}"),
        });
        format!("{ruled}{}{}{}", self.colon, ruling.reason, reversed.unwrap_or_default())
    }

    /// That somebody appeals from a ruling.
    pub(super) fn appeal_from(&self, point: u32) -> String {
        match self.is_chinese() {
            true => format!("对第{point}个秩序问题的裁定申诉"),
            false => format!("reverse the ruling on point of order {point}"),
        }
    }

    /// What somebody moved.
    pub(super) fn moved(&self, number: u32, by: &str, aim: &str) -> String {
        match self.is_chinese() {
            true => format!("{by}提出{aim}（第{number}号）"),
            false => format!("{by} moved to {aim} (No. {number})"),
        }
    }

    pub(super) fn seconded(&self, by: &str) -> String {
        if self.is_chinese() { format!("{by}附议") } else { format!("seconded by {by}") }
    }

    pub(super) fn deferral_until(&self, day: &str) -> String {
        if self.is_chinese() { format!("缓议至{day}") } else { format!("defer the topic until {day}") }
    }

    pub(super) fn referral_to(&self, body: &str) -> String {
        if self.is_chinese() { format!("移交{body}") } else { format!("refer the topic to {body}") }
    }

    pub(super) fn taking_up(&self, title: &str) -> String {
        if self.is_chinese() {
            format!("将“{title}”列入本次议程")
        } else {
            format!("take up \"{title}\"")
        }
    }

    /// What became of a motion.
    pub(super) fn motion_stage(&self, stage: MotionStage) -> &'static str {
        match stage {
            MotionStage::AwaitsSecond => self.pick("waits for a second", "待附议"),
            MotionStage::Pending => self.pick("pending", "待表决"),
            MotionStage::Carried => self.pick("carried", "通过"),
            MotionStage::Lost => self.pick("lost", "未通过"),
            MotionStage::Withdrawn => self.pick("withdrawn", "撤回"),
            MotionStage::Lapsed => self.pick("lapsed without a decision", "未表决，失效"),
        }
    }

    /// That a ballot was on a motion.
    pub(super) fn of_motion(&self, number: u32) -> String {
        if self.is_chinese() { format!("第{number}号动议") } else { format!("motion {number}") }
    }

    /// That something is said of one version; a reason may follow.
    pub(super) fn of_version(&self, version: u32) -> String {
        if self.is_chinese() { format!("第{version}稿") } else { format!("version {version}") }
    }

    pub(super) fn nth_ballot(&self, nth: u32) -> String {
        if self.is_chinese() { format!("第{nth}次表决") } else { format!("{} {nth}", self.ballot) }
    }

    pub(super) fn voided(&self, reason: &str) -> String {
        if self.is_chinese() {
            format!("作废，未计票：{reason}")
        } else {
            format!("voided, not counted: {reason}")
        }
    }

    pub(super) fn by_hands(&self) -> &'static str {
        self.pick("Hands were counted", "举手计数")
    }

    /// An amendment, what is said of it further, and what became of it.
    pub(super) fn amendment(&self, number: u32, by: &str, further: &[String], stage: &str) -> String {
        let mark = self.pick(", ", "；");
        let further: String = further.iter().map(|further| format!("{mark}{further}")).collect();
        match self.is_chinese() {
            true => format!("第{number}号（{by}提出{further}）：{stage}"),
            false => format!("{number}, by {by}{further}: {stage}"),
        }
    }

    /// That an amendment amends another one.
    pub(super) fn to_amendment(&self, number: u32) -> String {
        if self.is_chinese() {
            format!("针对修正案第{number}号")
        } else {
            format!("to amendment {number}")
        }
    }

    /// That a ballot was on an amendment.
    pub(super) fn of_amendment(&self, number: u32) -> String {
        if self.is_chinese() { format!("修正案第{number}号") } else { format!("amendment {number}") }
    }

    /// Why an amendment has fallen.
    pub(super) fn fallen(&self, amendment: &Amendment) -> String {
        let with = amendment.fell_with;
        let its_own = with.filter(|with| amendment.amends == Some(*with));
        match (its_own, with, self.is_chinese()) {
            (Some(with), _, true) => format!("随第{with}号失效"),
            (Some(with), _, false) => format!("fell with amendment {with}"),
            (None, Some(with), true) => format!("第{with}号已改动同一处，失效"),
            (None, Some(with), false) => format!("fell, as amendment {with} changed its passage"),
            (None, None, true) => "同一处已另行改动，失效".to_owned(),
            (None, None, false) => "fell, as its passage was changed".to_owned(),
        }
    }

    /// That a clerk put something down.
    pub(super) fn put_down_by_clerk(&self) -> &'static str {
        self.pick("put down by a clerk", "文书登记")
    }

    pub(super) fn voting_for_others(&self) -> &'static str {
        self.pick("voted in the place of others", "代为表决")
    }

    /// That a department voted in the place of a seat.
    pub(super) fn voted_for(&self, by: &str, seat: &str) -> String {
        if self.is_chinese() { format!("{by}代{seat}") } else { format!("{by} for {seat}") }
    }

    pub(super) fn declaratory(&self) -> &'static str {
        self.pick("declaratory; there is nothing to carry out.", "宣示性，没有须办理的事项。")
    }

    pub(super) fn decided_late(&self, decide_by: &str, late_minutes: u64) -> String {
        match self.is_chinese() {
            true => format!("应于{decide_by}前决定，逾{late_minutes}分钟"),
            false => format!("a decision was due at {decide_by} and came {late_minutes} minutes later"),
        }
    }

    pub(super) fn choice_method(&self, method: ChoiceMethod) -> &'static str {
        match method {
            ChoiceMethod::Single => self.pick("single", "单选"),
            ChoiceMethod::Approval => self.pick("approval", "认可"),
            ChoiceMethod::InstantRunoff => self.pick("instant run-off", "排序淘汰"),
            ChoiceMethod::Schulze => self.pick("Schulze", "排序比对"),
            ChoiceMethod::Score => self.pick("score", "评分"),
        }
    }

    pub(super) fn not_counted(&self) -> &'static str {
        self.pick("not counted", "未计票")
    }

    pub(super) fn round(&self, nth: u32) -> String {
        if self.is_chinese() { format!("第{nth}轮：") } else { format!("round {nth}: ") }
    }

    /// Before the figures of an option against the others.
    pub(super) fn over(&self, option: &str) -> String {
        if self.is_chinese() { format!("{option}对各项：") } else { format!("{option} against each: ") }
    }

    pub(super) fn choice_cast(&self, cast: u32, quorum: u32) -> String {
        match self.is_chinese() {
            true => format!("实投{cast}，法定人数{quorum}"),
            false => format!("{cast} cast, quorum {quorum}"),
        }
    }

    pub(super) fn choice_without_quorum(&self, cast: u32, quorum: u32) -> String {
        let cast = self.choice_cast(cast, quorum);
        match self.is_chinese() {
            true => format!("{cast}；未达法定人数，没有选出"),
            false => format!("{cast}; without a quorum, none is chosen"),
        }
    }

    pub(super) fn none_chosen(&self) -> &'static str {
        self.pick("none is chosen", "没有选出")
    }

    pub(super) fn chosen(&self, option: &str) -> String {
        if self.is_chinese() { format!("选出：{option}") } else { format!("chosen: {option}") }
    }

    pub(super) fn equal(&self, options: &str) -> String {
        match self.is_chinese() {
            true => format!("并列：{options}；没有选出"),
            false => format!("equal: {options}; none is chosen"),
        }
    }

    pub(super) fn tie_broken(&self, options: &str, chosen: &str, by: OptionTie) -> String {
        let by = match by {
            OptionTie::NoDecision => return self.equal(options),
            OptionTie::ChairPrefers => self.pick("as the chair prefers", "按主持人意向"),
            OptionTie::Lot => self.pick("by lot", "抽签"),
        };
        match self.is_chinese() {
            true => format!("并列：{options}；{by}选出：{chosen}"),
            false => format!("equal: {options}; chosen {by}: {chosen}"),
        }
    }
}
