//! Meeting rules (会议规则): the limits that a request for a session of the body is screened against.

use crate::Date;
use crate::calendar::WorkingCalendar;
use crate::date::days_between;
use crate::decision_rule::Quorum;
use crate::scheduling::cost::HourlyRate;
use crate::scheduling::matter::DEFERRALS_MAX_DEFAULT;

/// The limits of one body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeetingRules {
    /// Topics in a session, at most.
    pub topics_max: u32,
    /// Duration of a session in minutes, at most.
    pub duration_minutes_max: u32,
    /// Days from screening to the earliest start, and from the invitation to the start, at least.
    pub notice_days_min: u32,
    /// Days from a topic's first paper to the earliest start, at least.
    pub papers_days_min: u32,
    /// Sessions in a quarter of the year, at most; `None` when they are not limited.
    pub sessions_per_quarter_max: Option<u32>,
    /// How many times a matter may be deferred in its life; the usual number when `None`.
    pub deferrals_max: Option<u32>,
    /// The quorum of a session that was adjourned for want of one (第二次召集), a day later or more, for classes whose rule does
    /// not say it; that of its class when `None`.
    pub second_call_quorum: Option<Quorum>,
    /// Whether these days are working days; otherwise they are calendar days.
    pub counts_working_days: bool,
    /// What an hour of one person costs; no cost is shown when `None`.
    pub hourly_rate: Option<HourlyRate>,
    /// Days from a topic that is added to a scheduled session to its start, at least; as many as for an invitation when `None`.
    pub added_topic_days_min: Option<u32>,
    /// How many working days before the start those that are invited are to have answered; 0 where they are not asked to by a
    /// day, and as usual when `None`.
    pub answer_working_days: Option<u32>,
}

impl Default for MeetingRules {
    /// The rules of a body that set none.
    fn default() -> MeetingRules {
        MeetingRules {
            topics_max: 5,
            duration_minutes_max: 120,
            notice_days_min: 3,
            papers_days_min: 2,
            sessions_per_quarter_max: None,
            deferrals_max: None,
            second_call_quorum: None,
            counts_working_days: false,
            hourly_rate: None,
            added_topic_days_min: None,
            answer_working_days: None,
        }
    }
}

impl MeetingRules {
    /// How many working days before the start those that are invited are to have answered, as a rule.
    pub const ANSWER_WORKING_DAYS_DEFAULT: u32 = 1;
    /// How many it may be, at most.
    pub const ANSWER_WORKING_DAYS_MAX: u32 = 30;

    /// How many working days before the start those that are invited are to have answered; 0 where no day is set.
    pub fn answer_working_days(&self) -> u32 {
        self.answer_working_days.unwrap_or(Self::ANSWER_WORKING_DAYS_DEFAULT)
    }

    /// How many times a matter may be deferred in its life.
    pub fn deferrals_max(&self) -> u32 {
        self.deferrals_max.unwrap_or(DEFERRALS_MAX_DEFAULT)
    }

    /// The days after one date up to another, as the body counts them; 0 when that is not later.
    pub fn days_between(&self, calendar: &WorkingCalendar, from: Date, until: Date) -> u32 {
        match self.counts_working_days {
            true => calendar.working_days_between(from, until),
            false => days_between(from, until),
        }
    }

    /// The first date that is so many days after another, as the body counts them.
    pub fn after_days(&self, calendar: &WorkingCalendar, from: Date, days: u32) -> Date {
        match self.counts_working_days {
            true => calendar.after_working_days(from, days),
            false => calendar.after_days(from, days),
        }
    }

    /// The limit that is 0, with which no session could ever be admitted.
    pub(super) fn impossible(&self) -> Option<&'static str> {
        let limits = [
            ("topics_max", Some(self.topics_max)),
            ("duration_minutes_max", Some(self.duration_minutes_max)),
            ("sessions_per_quarter_max", self.sessions_per_quarter_max),
        ];
        limits.into_iter().find(|(_, value)| *value == Some(0)).map(|(field, _)| field)
    }
}
