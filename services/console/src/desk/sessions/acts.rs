//! What can be done with a session and its docket.

use super::{debate_acts, poll, secret_vote};
use crate::desk::act::{Act, Field, Input};
use crate::desk::words::said;

pub(super) const REASON: Field = Field { path: "reason", label: said("Why"), input: Input::Text };
pub(super) const TOPIC: Field = Field { path: "topicNumber", label: said("Topic"), input: Input::Number };
pub(super) const DEPARTMENT: Field =
    Field { path: "departmentCode", label: said("Department"), input: Input::Department };

const ROOM: Field = Field { path: "roomCode", label: said("Room"), input: Input::Text };
const STARTS_AT: Field = Field { path: "startsAt", label: said("Starts"), input: Input::Moment };

const SCREEN: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/ScreenSession",
    label: said("Screen"),
    fields: &[],
    sample: "{}",
};
const ADMIT: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/AdmitSession",
    label: said("Admit"),
    fields: &[],
    sample: "{}",
};
const RETURN: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/ReturnSession",
    label: said("Return"),
    fields: &[REASON],
    sample: r#"{"reason": "-"}"#,
};
const CONVENE: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/ConveneSession",
    label: said("Convene"),
    fields: &[],
    sample: "{}",
};
const CANCEL: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/CancelSession",
    label: said("Cancel the session"),
    fields: &[REASON],
    sample: r#"{"reason": "-"}"#,
};

const OVERRIDE: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/OverrideFinding",
    label: said("Override a broken rule"),
    fields: &[
        Field {
            path: "rule",
            label: said("Rule"),
            input: Input::Enum("huishang.scheduling.v1.ScreeningRule"),
        },
        REASON,
    ],
    // Which rule is filled in: it decides then.
    sample: r#"{"rule": "SCREENING_RULE_NOTICE"}"#,
};
const SUBMIT_PAPER: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/SubmitPaper",
    label: said("Submit a paper"),
    fields: &[
        TOPIC,
        Field { path: "paper.title", label: said("Title of the document"), input: Input::Text },
        Field { path: "paper.sha256", label: said("SHA-256 of the document"), input: Input::Text },
        Field { path: "paper.uri", label: said("Where it is kept"), input: Input::Text },
    ],
    sample: r#"{"topicNumber": 1, "paper": {"title": "-", "uri": "urn:document",
        "sha256": "1111111111111111111111111111111111111111111111111111111111111111"}}"#,
};
const ANSWER: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/AnswerInvitation",
    label: said("Answer the invitation"),
    fields: &[
        DEPARTMENT,
        Field {
            path: "answer",
            label: said("Answer"),
            input: Input::Enum("huishang.scheduling.v1.InvitationAnswer"),
        },
        Field { path: "reason", label: said("Why, if it does not attend"), input: Input::Optional },
        Field { path: "substitute", label: said("Who comes in place"), input: Input::Optional },
    ],
    sample: r#"{"departmentCode": "A", "answer": "INVITATION_ANSWER_ACCEPT"}"#,
};
const NAME_DELEGATE: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/NameDelegate",
    label: said("Name the delegate"),
    fields: &[
        DEPARTMENT,
        Field { path: "delegate", label: said("Name of the delegate"), input: Input::Text },
    ],
    sample: r#"{"departmentCode": "A", "delegate": "-"}"#,
};
const ADD_TOPIC: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/AddTopic",
    label: said("Add a topic"),
    fields: &[
        Field { path: "topic.title", label: said("Title"), input: Input::Text },
        Field { path: "topic.timeboxMinutes", label: said("Time in minutes"), input: Input::Number },
        Field {
            path: "topic.section",
            label: said("Section that begins here, if one does"),
            input: Input::Optional,
        },
        REASON,
    ],
    sample: r#"{"topic": {"title": "-", "timeboxMinutes": 1}, "reason": "-"}"#,
};
const POSTPONE: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/PostponeSession",
    label: said("Postpone the session"),
    fields: &[REASON],
    sample: r#"{"reason": "-"}"#,
};

const ITEM: Field = Field { path: "itemNumber", label: said("Item"), input: Input::Number };
const LABEL: Field =
    Field { path: "label", label: said("Label"), input: Input::Enum("huishang.scheduling.v1.Label") };
const RELABEL_TOPIC: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/RelabelTopic",
    label: said("Label a topic otherwise"),
    fields: &[TOPIC, LABEL, REASON],
    sample: r#"{"topicNumber": 1, "label": "LABEL_SECRET", "reason": "-"}"#,
};
/// Whoever may label a topic otherwise may do it to its papers.
pub(super) const RELABEL_PAPER: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/RelabelPaper",
    label: said("Label a paper otherwise"),
    fields: &[
        TOPIC,
        Field { path: "sha256", label: said("SHA-256 of the document"), input: Input::Text },
        LABEL,
        REASON,
    ],
    sample: r#"{"topicNumber": 1, "sha256": "-", "label": "LABEL_SECRET", "reason": "-"}"#,
};

/// What is said of an item that is drafted or revised, after what says which: the paths are below this one.
macro_rules! of_an_item {
    ($which:expr, $draft:literal) => {
        &[
            $which,
            Field { path: concat!($draft, ".title"), label: said("Title"), input: Input::Text },
            Field {
                path: concat!($draft, ".deliverable"),
                label: said("What is to be delivered"),
                input: Input::Text,
            },
            Field {
                path: concat!($draft, ".criterion"),
                label: said("How to tell that it is done"),
                input: Input::Optional,
            },
            Field { path: concat!($draft, ".leadCode"), label: said("Lead"), input: Input::Department },
            Field {
                path: concat!($draft, ".coResponsibleCodes"),
                label: said("Who supports it, by their codes"),
                input: Input::Ids,
            },
            Field { path: concat!($draft, ".due.dueOn"), label: said("Due"), input: Input::Date },
            Field { path: concat!($draft, ".due"), label: said("Or due so long after"), input: Input::After },
        ]
    };
}

const DRAFT_ITEM: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/DraftItems",
    label: said("Draft an item"),
    fields: of_an_item!(TOPIC, "items[]"),
    sample: r#"{"topicNumber": 1, "items": [{"title": "-", "deliverable": "-"}]}"#,
};
pub(super) const REVISE_ITEM: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/ReviseItem",
    label: said("Revise the item"),
    fields: of_an_item!(ITEM, "draft"),
    sample: r#"{"itemNumber": 1, "draft": {"title": "-", "deliverable": "-"}}"#,
};
pub(super) const DROP_ITEM: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/DropItem",
    label: said("Drop the item"),
    fields: &[ITEM, REASON],
    sample: r#"{"itemNumber": 1, "reason": "-"}"#,
};
const DEFER: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/DeferTopic",
    label: said("Defer the topic"),
    fields: &[
        TOPIC,
        Field { path: "resumeOn", label: said("Until when"), input: Input::Date },
        Field { path: "movedByCode", label: said("Department that moved it"), input: Input::Department },
        REASON,
    ],
    sample: r#"{"topicNumber": 1, "resumeOn": "9999-12-31", "movedByCode": "A", "reason": "-"}"#,
};
const REFER: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/ReferTopic",
    label: said("Refer the topic"),
    fields: &[
        TOPIC,
        Field { path: "referredToCode", label: said("Code of the other body"), input: Input::Department },
        REASON,
    ],
    sample: r#"{"topicNumber": 1, "referredToCode": "A", "reason": "-"}"#,
};
const WITHDRAW_TOPIC: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/WithdrawTopic",
    label: said("Withdraw the topic"),
    fields: &[TOPIC, REASON],
    sample: r#"{"topicNumber": 1, "reason": "-"}"#,
};

/// What a department says or moves, and a clerk of the docket may put down for it.
pub(super) const PUT_DOWN: [&str; 7] = [
    "RequestFloor",
    "RaisePointOfOrder",
    "MoveMotion",
    "SubmitAmendment",
    "RecordStatement",
    "RecordRecusal",
    "WithdrawRecusal",
];
const RECORD_STATEMENT: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/RecordStatement",
    label: said("Record a statement"),
    fields: &[
        TOPIC,
        DEPARTMENT,
        Field {
            path: "stance",
            label: said("Stance"),
            input: Input::Enum("huishang.deliberation.v1.Stance"),
        },
        Field { path: "reasons", label: said("Its reasons"), input: Input::Text },
    ],
    sample: r#"{"topicNumber": 1, "departmentCode": "A", "stance": "STANCE_SUPPORT", "reasons": "-"}"#,
};
const RECORD_RECUSAL: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/RecordRecusal",
    label: said("Record a recusal"),
    fields: &[
        TOPIC,
        DEPARTMENT,
        REASON,
        Field {
            path: "currentVersionOnly",
            label: said("From the current version only"),
            input: Input::Tick,
        },
    ],
    sample: r#"{"topicNumber": 1, "departmentCode": "A", "reason": "-"}"#,
};
const WITHDRAW_RECUSAL: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/WithdrawRecusal",
    label: said("Take part again"),
    fields: &[TOPIC, DEPARTMENT, REASON],
    sample: r#"{"topicNumber": 1, "departmentCode": "A", "reason": "-"}"#,
};

const REMIND_SEATS: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/RemindSeats",
    label: said("Remind those that have not answered"),
    fields: &[],
    sample: "{}",
};

const CONFIRM_MINUTES: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/ConfirmMinutes",
    label: said("Confirm the minutes"),
    fields: &[DEPARTMENT],
    sample: r#"{"departmentCode": "A"}"#,
};
const OBJECT_TO_MINUTES: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/ObjectToMinutes",
    label: said("Object to the minutes"),
    fields: &[DEPARTMENT, Field { path: "reason", label: said("What is wrong"), input: Input::Text }],
    sample: r#"{"departmentCode": "A", "reason": "-"}"#,
};
const CORRECT_MINUTES: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/CorrectMinutes",
    label: said("Correct the minutes"),
    fields: &[Field { path: "text", label: said("What is right instead"), input: Input::Text }],
    sample: r#"{"text": "-"}"#,
};

/// What is done with the minutes.
pub(super) const OF_MINUTES: &[Act] = &[CONFIRM_MINUTES, OBJECT_TO_MINUTES, CORRECT_MINUTES];

/// What is done with the session: before its docket is open, and at any time.
pub(super) const OF_SESSION: &[Act] = &[
    SCREEN,
    OVERRIDE,
    ADMIT,
    RETURN,
    SUBMIT_PAPER,
    ANSWER,
    NAME_DELEGATE,
    CONVENE,
    ADD_TOPIC,
    POSTPONE,
    CANCEL,
    RELABEL_TOPIC,
];

/// All of it.
pub(in crate::desk) const ACTS: &[Act] = &[
    SCREEN,
    OVERRIDE,
    ADMIT,
    RETURN,
    SUBMIT_PAPER,
    ANSWER,
    NAME_DELEGATE,
    CONVENE,
    ADD_TOPIC,
    POSTPONE,
    CANCEL,
    RELABEL_TOPIC,
    RELABEL_PAPER,
    poll::OPEN,
    poll::ANSWER,
    poll::PROPOSE,
    poll::DECLINE,
    poll::ADOPT,
    poll::WITHDRAW,
    DRAFT_ITEM,
    REVISE_ITEM,
    DROP_ITEM,
    DEFER,
    REFER,
    WITHDRAW_TOPIC,
    debate_acts::REQUEST_FLOOR,
    debate_acts::WITHDRAW_FLOOR_REQUEST,
    debate_acts::GIVE_FLOOR,
    debate_acts::YIELD_FLOOR,
    debate_acts::RAISE_POINT,
    debate_acts::RULE_POINT,
    debate_acts::MOVE_MOTION,
    debate_acts::SECOND_MOTION,
    debate_acts::WITHDRAW_MOTION,
    debate_acts::PUT_MOTION,
    debate_acts::SUBMIT_AMENDMENT,
    debate_acts::SECOND_AMENDMENT,
    debate_acts::WITHDRAW_AMENDMENT,
    debate_acts::PUT_AMENDMENT,
    debate_acts::RESOLVE_AMENDMENT,
    secret_vote::CAST,
    REMIND_SEATS,
    RECORD_STATEMENT,
    RECORD_RECUSAL,
    WITHDRAW_RECUSAL,
    CONFIRM_MINUTES,
    OBJECT_TO_MINUTES,
    CORRECT_MINUTES,
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/ScheduleSession",
        label: said("Book the slot"),
        fields: &[ROOM, STARTS_AT],
        sample: r#"{"roomCode": "A", "startsAt": "2027-03-31T01:00:00Z"}"#,
    },
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/MoveSession",
        label: said("Move the session"),
        fields: &[ROOM, STARTS_AT, REASON],
        sample: r#"{"roomCode": "A", "startsAt": "2027-03-31T01:00:00Z", "reason": "-"}"#,
    },
    ACKNOWLEDGE,
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/RecordArrival",
        label: said("Record the arrival"),
        fields: &[
            DEPARTMENT,
            Field { path: "delegate", label: said("Name of the delegate"), input: Input::Text },
        ],
        sample: r#"{"departmentCode": "A", "delegate": "-"}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/RecordDeparture",
        label: said("Record the departure"),
        fields: &[DEPARTMENT],
        sample: r#"{"departmentCode": "A"}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/OpenDocket",
        label: said("Open the docket"),
        fields: &[],
        sample: "{}",
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/OpenTopic",
        label: said("Open the topic"),
        fields: &[TOPIC],
        sample: r#"{"topicNumber": 1}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/PauseTopic",
        label: said("Pause"),
        fields: &[TOPIC],
        sample: r#"{"topicNumber": 1}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/SubmitProposal",
        label: said("Submit the proposal"),
        fields: &[TOPIC, Field { path: "text", label: said("Its text"), input: Input::Text }],
        sample: r#"{"topicNumber": 1, "text": "-"}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/CloseDebate",
        label: said("Close the debate"),
        fields: &[TOPIC],
        sample: r#"{"topicNumber": 1}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/OpenBallot",
        label: said("Open the ballot"),
        fields: &[TOPIC, Field { path: "version", label: said("Version"), input: Input::Number }],
        sample: r#"{"topicNumber": 1, "version": 1}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/CastVote",
        label: said("Vote"),
        fields: &[TOPIC, DEPARTMENT, Field { path: "choice", label: said("Choice"), input: Input::Choice }],
        sample: r#"{"topicNumber": 1, "departmentCode": "A", "choice": "VOTE_CHOICE_YES"}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/CloseBallot",
        label: said("Count the votes"),
        fields: &[TOPIC],
        sample: r#"{"topicNumber": 1}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/AdoptDecision",
        label: said("Adopt"),
        fields: &[
            TOPIC,
            Field { path: "declaratory", label: said("Nothing is to be carried out"), input: Input::Tick },
        ],
        sample: r#"{"topicNumber": 1}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/RejectTopic",
        label: said("End without a decision"),
        fields: &[TOPIC, REASON],
        sample: r#"{"topicNumber": 1, "reason": "-"}"#,
    },
    Act {
        rpc: "huishang.deliberation.v1.DeliberationService/CloseDocket",
        label: said("Close the docket"),
        fields: &[],
        sample: "{}",
    },
];

/// The act that a step is, by its words on the command line.
pub(super) fn of_command(command: &str) -> Option<&'static Act> {
    ACTS.iter().find(|act| act.command() == Some(command))
}

/// The field that has the id of what an act is done with.
pub(super) fn id_field(act: &Act) -> &'static str {
    if act.rpc.starts_with("huishang.deliberation.") { "docketId" } else { "sessionId" }
}

pub(super) const ACKNOWLEDGE: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/AcknowledgeEmergency",
    label: said("Acknowledge the call"),
    fields: &[DEPARTMENT],
    sample: r#"{"departmentCode": "A"}"#,
};
