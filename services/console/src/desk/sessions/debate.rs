//! The debate on a topic: who speaks and who wants to, points of order, motions and amendments, each with what can be done
//! with it now.

use super::debate_acts::{
    GIVE_FLOOR, MOVE_MOTION, PUT_AMENDMENT, PUT_MOTION, RESOLVE_AMENDMENT, RULE_POINT, SECOND_AMENDMENT,
    SECOND_MOTION, SUBMIT_AMENDMENT, WITHDRAW_AMENDMENT, WITHDRAW_FLOOR_REQUEST, WITHDRAW_MOTION,
    YIELD_FLOOR,
};
use super::docket::{is_clerk, may};
use super::drafts::Drafts;
use crate::desk::Query;
use crate::desk::act::{Act, OfferedField};
use crate::desk::reader::{Reader, Surroundings};
use proto::deliberation::v1::{
    Amendment, AmendmentStage, Docket, DocketTopic, Motion, MotionKind, MotionStage, NextStep, PointOfOrder,
};

/// Things of one kind in a debate, such as the motions.
pub(super) struct Group {
    pub(super) heading: String,
    pub(super) rows: Vec<Row>,
}

/// One of them, and what can be done with it.
pub(super) struct Row {
    pub(super) said: String,
    /// A text that it proposes.
    pub(super) text: Option<String>,
    pub(super) state: String,
    pub(super) presses: Vec<Press>,
}

/// A button with what it fills in, and what it asks for.
pub(super) struct Press {
    pub(super) name: &'static str,
    pub(super) label: String,
    pub(super) command_id: String,
    pub(super) filled_in: Vec<(&'static str, String)>,
    pub(super) fields: Vec<OfferedField>,
    /// Whether it has what somebody typed who was refused.
    pub(super) is_typed: bool,
}

/// A topic as its reader may act on it.
struct Floor<'a> {
    reader: &'a Reader,
    around: &'a Surroundings,
    steps: &'a [NextStep],
    topic: &'a DocketTopic,
    is_clerk: bool,
    /// The form that was refused, if one was.
    typed: Option<&'a Query>,
}

/// What is said and moved on a topic; nothing where nothing was.
pub(super) fn on(drafts: &Drafts<'_>, docket: &Docket, topic: &DocketTopic) -> Vec<Group> {
    let Drafts { reader, around, steps, typed, .. } = *drafts;
    let floor = Floor { reader, around, steps, topic, is_clerk: is_clerk(reader, docket), typed };
    let points = topic.floor.iter().flat_map(|floor| &floor.points_of_order);
    let words = reader.words;
    let groups = [
        (words.t("Who speaks"), floor.speakers()),
        (words.t("Points of order"), points.map(|point| floor.point(point)).collect()),
        (words.t("Motions"), topic.motions.iter().map(|motion| floor.motion(motion)).collect()),
        (words.t("Amendments"), topic.amendments.iter().map(|one| floor.amendment(one)).collect()),
    ];
    let groups = groups.into_iter().filter(|(_, rows)| !rows.is_empty());
    groups.map(|(heading, rows)| Group { heading: heading.to_owned(), rows }).collect()
}

impl Floor<'_> {
    fn name(&self, code: &str) -> String {
        self.around.directory.name(code)
    }

    fn is_own(&self, code: &str) -> bool {
        self.reader.holder.department.as_deref() == Some(code)
    }

    /// Whether the rules would take the act from the reader: in a role that presides, for the own department, or as a clerk
    /// who puts down what somebody else does.
    fn may(&self, act: &Act) -> bool {
        let steps = self.steps.iter().filter(|step| {
            step.topic_number == Some(self.topic.number) && Some(step.command.as_str()) == act.command()
        });
        let mut taken = steps.filter(|step| step.reason.is_empty());
        let by_clerk = self.is_clerk && act.may_be_tried_by(self.reader);
        taken.any(|step| may(self.reader, step) || by_clerk && !step.by.is_empty())
    }

    /// The act as a button here: what is known is filled in, and the rest is asked for.
    fn press(&self, act: &Act, known: &[(&'static str, String)]) -> Option<Press> {
        if !self.may(act) {
            return None;
        }
        let mut filled_in = vec![("topicNumber", self.topic.number.to_string())];
        filled_in.extend(known.iter().cloned());
        let own = self.reader.holder.department.clone();
        if let (Some(own), false) = (own, self.is_clerk)
            && filled_in.iter().all(|(path, _)| *path != "departmentCode")
            && act.fields.iter().any(|field| field.path == "departmentCode")
        {
            filled_in.push(("departmentCode", own));
        }
        let is_its = |form: &&Query| filled_in.iter().all(|(path, value)| form.get(path) == Some(value));
        let offer = act.offer(self.reader.words, self.typed.filter(is_its));
        let place = known.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("-");
        let asked =
            offer.fields.into_iter().filter(|field| filled_in.iter().all(|(path, _)| *path != field.path));
        let fields = asked.map(|field| {
            let id = format!("{}-{}-{place}", field.id, self.topic.number);
            OfferedField { id, ..field }
        });
        Some(Press {
            name: offer.name,
            label: offer.label,
            command_id: offer.command_id,
            fields: fields.collect(),
            filled_in,
            is_typed: offer.is_typed,
        })
    }

    fn speakers(&self) -> Vec<Row> {
        let words = self.reader.words;
        let Some(floor) = &self.topic.floor else { return vec![] };
        let speaker = floor.speaker.iter().map(|speaker| {
            let code = &speaker.department_code;
            let is_over = speaker.time_ended.then(|| words.t("its time is over").to_owned());
            Row {
                said: words.say("{who} has the floor", &[("who", &self.name(code))]),
                text: None,
                state: is_over.unwrap_or_default(),
                presses: self.press(&YIELD_FLOOR, &[("departmentCode", code.clone())]).into_iter().collect(),
            }
        });
        let waiting = floor.waiting_codes.iter().enumerate().map(|(at, code)| {
            let known = [("departmentCode", code.clone())];
            let give = self.press(&GIVE_FLOOR, &known).map(|mut give| {
                // Only whoever is called out of order is called for a reason.
                give.fields.retain(|_| at > 0);
                give
            });
            let is_theirs = self.is_own(code) || self.is_clerk;
            let leave = self.press(&WITHDRAW_FLOOR_REQUEST, &known).filter(|_| is_theirs);
            Row {
                said: format!("{}. {}", at + 1, self.name(code)),
                text: None,
                state: String::new(),
                presses: give.into_iter().chain(leave).collect(),
            }
        });
        speaker.chain(waiting).collect()
    }

    fn point(&self, point: &PointOfOrder) -> Row {
        let words = self.reader.words;
        let ruled = point.ruling.as_ref().map(|ruling| {
            let verdict = if ruling.sustained { words.t("well taken") } else { words.t("not well taken") };
            let reversed = ruling.reversed_by_motion_number.iter();
            let reversed =
                reversed.map(|motion| words.say("reversed by motion {number}", &[("number", motion)]));
            [verdict.to_owned(), ruling.reason.clone()]
                .into_iter()
                .chain(reversed)
                .collect::<Vec<_>>()
                .join(" · ")
        });
        let known = [("pointNumber", point.number.to_string())];
        let rule = self.press(&RULE_POINT, &known).filter(|_| point.ruling.is_none());
        Row {
            said: format!("{}. {}: {}", point.number, self.name(&point.department_code), point.text),
            text: None,
            state: ruled.unwrap_or_else(|| words.t("waits for a ruling").to_owned()),
            presses: rule.into_iter().chain(self.appeal(point)).collect(),
        }
    }

    /// The form of an appeal from a ruling, which asks for nothing but the reason.
    fn appeal(&self, point: &PointOfOrder) -> Option<Press> {
        let is_ruled = point.ruling.as_ref().is_some_and(|ruling| ruling.reversed_by_motion_number.is_none());
        let kind = ("kind", MotionKind::Appeal.as_str_name().to_owned());
        let known = [kind, ("pointNumber", point.number.to_string())];
        let mut press = self.press(&MOVE_MOTION, &known).filter(|_| is_ruled)?;
        press.label = self.reader.words.t("Appeal").to_owned();
        press.fields.retain(|field| matches!(field.path, "departmentCode" | "reason"));
        Some(press)
    }

    fn motion(&self, motion: &Motion) -> Row {
        let words = self.reader.words;
        let aim = words.value("huishang.deliberation.v1.MotionKind", motion.kind);
        let further = motion.resume_on.iter().chain(&motion.referred_to_code).chain(&motion.title);
        let point = motion.point_number.map(|point| point.to_string());
        let aim = further.chain(&point).fold(aim, |aim, further| format!("{aim} ({further})"));
        let known = [("motionNumber", motion.number.to_string())];
        let is_own = self.is_own(&motion.department_code);
        let is_open = matches!(motion.stage(), MotionStage::AwaitsSecond | MotionStage::Pending);
        let second = self.press(&SECOND_MOTION, &known);
        let second = second.filter(|_| motion.stage() == MotionStage::AwaitsSecond && !is_own);
        let withdraw = self.press(&WITHDRAW_MOTION, &known).filter(|_| is_open && (is_own || self.is_clerk));
        let put =
            self.press(&PUT_MOTION, &known).filter(|_| self.topic.next_motion_number == Some(motion.number));
        Row {
            said: self.moved(
                motion.number,
                &motion.department_code,
                &aim,
                motion.seconded_by_code.as_deref(),
            ),
            text: Some(
                [Some(&motion.reason), motion.text.as_ref()]
                    .into_iter()
                    .flatten()
                    .cloned()
                    .collect::<Vec<_>>()
                    .join(" · "),
            ),
            state: words.value("huishang.deliberation.v1.MotionStage", motion.stage),
            presses: second.into_iter().chain(put).chain(withdraw).collect(),
        }
    }

    fn moved(&self, number: u32, by: &str, aim: &str, seconded_by: Option<&str>) -> String {
        let words = self.reader.words;
        let seconded = seconded_by.map(|code| words.say("seconded by {who}", &[("who", &self.name(code))]));
        let said = [Some(self.name(by)), Some(aim.to_owned()), seconded].into_iter().flatten();
        format!("{number}. {}", said.filter(|said| !said.is_empty()).collect::<Vec<_>>().join(" · "))
    }

    fn amendment(&self, amendment: &Amendment) -> Row {
        let words = self.reader.words;
        let aim = match amendment.amended_number {
            Some(number) => words.say("to amendment {number}", &[("number", &number)]),
            None => words.say("to version {number}", &[("number", &amendment.version)]),
        };
        let known = [("amendmentNumber", amendment.number.to_string())];
        let is_own = self.is_own(&amendment.department_code);
        let is_pending = amendment.stage() == AmendmentStage::Pending;
        let is_open = is_pending || amendment.stage() == AmendmentStage::AwaitsSecond;
        let is_seconded = amendment.seconded_by_code.is_some();
        let mut below =
            self.topic.amendments.iter().filter(|other| other.amended_number == Some(amendment.number));
        let is_next = is_pending && !below.any(|other| other.stage() == AmendmentStage::Pending);
        let second = self.press(&SECOND_AMENDMENT, &known).filter(|_| is_open && !is_seconded && !is_own);
        let put = self.press(&PUT_AMENDMENT, &known).filter(|_| is_next);
        let resolve = self.press(&RESOLVE_AMENDMENT, &known).filter(|_| is_next && !is_seconded);
        let withdraw =
            self.press(&WITHDRAW_AMENDMENT, &known).filter(|_| is_open && (is_own || self.is_clerk));
        let amend = self.amend(amendment).filter(|_| is_pending && amendment.amended_number.is_none());
        Row {
            said: self.moved(
                amendment.number,
                &amendment.department_code,
                &aim,
                amendment.seconded_by_code.as_deref(),
            ),
            text: Some(amendment.text.clone()),
            state: words.value("huishang.deliberation.v1.AmendmentStage", amendment.stage),
            presses: second.into_iter().chain(put).chain(resolve).chain(amend).chain(withdraw).collect(),
        }
    }

    /// The form of an amendment to an amendment, which begins with the text of that.
    fn amend(&self, amended: &Amendment) -> Option<Press> {
        let known = [("version", amended.version.to_string()), ("amendedNumber", amended.number.to_string())];
        let mut press = self.press(&SUBMIT_AMENDMENT, &known)?;
        press.label = self.reader.words.t("Amend it").to_owned();
        for field in press.fields.iter_mut().filter(|field| field.path == "text") {
            field.value.clone_from(&amended.text);
        }
        Some(press)
    }
}
