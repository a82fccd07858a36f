//! Why a command on a session is refused.

use super::{Rule, Stage};
use crate::decision_rule::MatterClass;
use crate::{Code, Line, Timestamp, rejections};

rejections! {
    /// Why a command on a session is refused.
    Rejection {
        NotFound("NOT_FOUND") { what: &'static str } = "the {what} does not exist",
        WrongStage("WRONG_STAGE") { action: &'static str, needed: &'static str, stage: Stage } =
            "a session can be {action} only when it is {needed}; this one is {stage}",
        DepartmentRequired("DEPARTMENT_REQUIRED") =
            "this is for a department to do, and you speak for none; have its code put into your token",
        NotYourDepartment("NOT_YOUR_DEPARTMENT") { department_code: String, needed_codes: String } =
            "only {needed_codes} may do this; you speak for {department_code}",
        NotTheLead("NOT_THE_LEAD") { number: Line, lead_code: Code, department_code: String } =
            "a session that carries out item {number} is requested by its lead, {lead_code}; you speak for {department_code}",
        ItemNotUnderway("ITEM_NOT_UNDERWAY") { number: Line, stage: &'static str } =
            "item {number} is {stage}; a session carries out only what is underway",
        CascadeExhausted("CASCADE_EXHAUSTED") { number: Line } =
            "item {number} has as many tiers or sub-items as are accepted, so nothing more is put below it",
        UnknownBody("UNKNOWN_BODY") { body_code: Code } =
            "body {body_code} is not defined; check its code, or define it first",
        NotTheSecretariat("NOT_THE_SECRETARIAT") {
            body_code: Code,
            needed_codes: String,
            department_code: String,
        } = "only clerks of {needed_codes}, the secretariat of body {body_code}, may do this; you speak for \
             {department_code}",
        NotInCharge("NOT_IN_CHARGE") {
            body_code: Code,
            secretariat_codes: String,
            chair_codes: String,
            department_code: String,
        } = "only clerks of {secretariat_codes} and the chair, from {chair_codes}, may do this for body {body_code}; \
             you speak for {department_code}",
        NotOfTheSession("NOT_OF_THE_SESSION") { department_code: String } =
            "only those who attend the session, requested it or lead it may do this; you speak for {department_code}",
        UnknownPlan("UNKNOWN_PLAN") { body_code: Code, plan_code: Code } =
            "body {body_code} has no emergency plan {plan_code}; its charter lists those that it has",
        NotAConvenor("NOT_A_CONVENOR") { body_code: Code, needed_codes: String, department_code: String } =
            "only {needed_codes} may declare an emergency of body {body_code}; you speak for {department_code}",
        OfficeNotAccepted("OFFICE_NOT_ACCEPTED") { department_code: Code, body_code: Code } =
            "department {department_code} has not accepted what body {body_code} names it for; accept it first",
        EmergencyNotDeclared("EMERGENCY_NOT_DECLARED") =
            "an emergency session needs the reason and the authority by which it is declared",
        NotAnEmergency("NOT_AN_EMERGENCY") = "only an emergency session is declared with a reason and an authority",
        ClassDoesNotFit("CLASS_DOES_NOT_FIT") { matter_class: MatterClass } =
            "an emergency session is of the class emergency, and no other one is; {matter_class} does not fit",
        SaidItself("SAID_ITSELF") { department_code: Code } =
            "department {department_code} has answered this itself, and alone changes it",
        ClassesDiffer("CLASSES_DIFFER") { matter_class: MatterClass, other_class: MatterClass } =
            "one session is on matters of the class {matter_class}, the other one on {other_class}; each is decided by the rule \
             of its own class",
        SeatRequired("SEAT_REQUIRED") { department_code: Code, body_code: Code } =
            "department {department_code} has no seat that decides in body {body_code}, or has not accepted it; it is heard or \
             informed",
        TopicsRequired("TOPICS_REQUIRED") = "a session needs at least one topic",
        TooManyTopics("TOO_MANY_TOPICS") { given: usize, max: usize } =
            "{given} topics are given; a session can have {max}",
        AgendaTooLong("AGENDA_TOO_LONG") { bytes: usize, max: usize } =
            "the titles of the topics and sections, who attends with which role, and the equipment have {bytes} bytes; at most \
             {max} are accepted",
        SubTopicOutOfPlace("SUB_TOPIC_OUT_OF_PLACE") { topic_number: u32, parent_number: u32 } =
            "topic {topic_number} is given as a sub-topic of {parent_number}; it comes right after that topic or another \
             sub-topic of it, and a sub-topic has none itself",
        SectionInSubTopics("SECTION_IN_SUB_TOPICS") { topic_number: u32, parent_number: u32 } =
            "topic {topic_number} is in the section of topic {parent_number}, whose sub-topic it is, and begins none",
        LabelBelowParent("LABEL_BELOW_PARENT") { topic_number: u32, parent_number: u32 } =
            "topic {topic_number} would be less confidential than topic {parent_number}, whose sub-topic it is; the sub-topics \
             are labelled first when that becomes more confidential, and last when it becomes less",
        DecidedInSubTopics("DECIDED_IN_SUB_TOPICS") { topic_number: u32 } =
            "topic {topic_number} is decided in its sub-topics; give them the time, the matter and the roles",
        TitleOnAgenda("TITLE_ON_AGENDA") { topic_number: u32 } =
            "topic {topic_number} of the session has this title already",
        SameAgendaRequired("SAME_AGENDA_REQUIRED") =
            "this is the next call of a session that had no quorum, with the same topics; put the matter on another session",
        TopicNumberOutOfOrder("TOPIC_NUMBER_OUT_OF_ORDER") { topic_number: u32, expected: u32 } =
            "topics are numbered from 1 in their order; topic {topic_number} is given where {expected} is expected",
        DuplicateMatter("DUPLICATE_MATTER") { topic_number: u32 } =
            "topic {topic_number} names a matter that is another topic's",
        TimeboxRequired("TIMEBOX_REQUIRED") { topic_number: u32 } =
            "topic {topic_number} needs a timebox of at least one minute",
        TimeboxesTooLong("TIMEBOXES_TOO_LONG") { timebox_minutes: u32, duration_minutes: u32 } =
            "the timeboxes add up to {timebox_minutes} minutes; the session lasts {duration_minutes}",
        DurationOutOfRange("DURATION_OUT_OF_RANGE") { duration_minutes: u32, max: u32 } =
            "a session lasts from 1 to {max} minutes, not {duration_minutes}",
        AttendeesRequired("ATTENDEES_REQUIRED") = "a session needs at least one attendee",
        TooManyAttendees("TOO_MANY_ATTENDEES") { given: usize, max: usize } =
            "{given} attendees are given; a session can have {max}",
        TooManyCompanions("TOO_MANY_COMPANIONS") { department_code: Code, given: u32, max: u32 } =
            "{given} people come with the delegate of {department_code}; at most {max} can",
        TooMuchEquipment("TOO_MUCH_EQUIPMENT") { given: usize, max: usize } =
            "{given} pieces of equipment are given; a session can need {max}",
        DuplicateAttendee("DUPLICATE_ATTENDEE") { department_code: Code } =
            "department {department_code} is listed twice among the attendees",
        DuplicateRole("DUPLICATE_ROLE") { department_code: Code, topic_number: u32 } =
            "department {department_code} is given two roles on topic {topic_number}",
        UnknownPaper("UNKNOWN_PAPER") { topic_number: u32, sha256: Line } =
            "topic {topic_number} has no paper with the digest {sha256}",
        UnknownTopic("UNKNOWN_TOPIC") { topic_number: u32 } = "the session has no topic {topic_number}",
        CaseReferenceRequired("CASE_REFERENCE_REQUIRED") =
            "a session raised by a case needs the reference of the case",
        DeadlinePassed("DEADLINE_PASSED") { field: &'static str, deadline: Timestamp, now: Timestamp } =
            "{field} must be in the future; {deadline} is not, it is now {now}",
        NotADigest("NOT_A_DIGEST") { sha256: Line } =
            "{sha256} is not a SHA-256: 64 hexadecimal digits are needed",
        PapersExhausted("PAPERS_EXHAUSTED") { topic_number: u32, max: usize } =
            "topic {topic_number} already has {max} papers, the most it can have",
        RuleNotBroken("RULE_NOT_BROKEN") { rule: Rule } = "the request does not break the rule {rule}",
        NotOverridable("NOT_OVERRIDABLE") { rule: Rule } =
            "no reason can override the rule {rule}; the request must be revised",
        RuleBroken("RULE_BROKEN") { rule: Rule, measure: u32, limit: u32 } =
            "the request breaks the rule {rule}: {measure} where the limit is {limit}; change the request, or have the rule overridden with a reason",
        AnswersTooLate("ANSWERS_TOO_LATE") { answer_by: Timestamp, starts_at: Timestamp } =
            "answers would be asked for until {answer_by}, and the session starts at {starts_at}; ask for them before",
        MergedIntoItself("MERGED_INTO_ITSELF") = "a session cannot be merged into itself",
        BeforeEarliestStart("BEFORE_EARLIEST_START") { starts_at: Timestamp, earliest_start_at: Timestamp } =
            "the session must not start before {earliest_start_at}; {starts_at} is earlier",
        StartsInThePast("STARTS_IN_THE_PAST") { starts_at: Timestamp, now: Timestamp } =
            "{starts_at} has passed; it is now {now}",
        StartsTooFarAhead("STARTS_TOO_FAR_AHEAD") { starts_at: Timestamp, latest_start_at: Timestamp } =
            "{starts_at} is too far ahead; a session starts by {latest_start_at} at the latest",
        SecondCallTooEarly("SECOND_CALL_TOO_EARLY") { starts_at: Timestamp, second_call_at: Timestamp } =
            "the session had no quorum; its second call may start from {second_call_at} on, not at {starts_at}",
        TooEarly("TOO_EARLY") { starts_at: Timestamp, opens_at: Timestamp } =
            "the session starts at {starts_at} and can be convened from {opens_at} on",
        NotInvited("NOT_INVITED") { department_code: Code } =
            "department {department_code} does not attend this session",
        DeclineReasonRequired("DECLINE_REASON_REQUIRED") { department_code: Code } =
            "department {department_code} must give a reason when it declines",
    }
}
