//! What can be done with a session and its docket.

use crate::desk::act::{Act, Field, Input};
use crate::desk::words::said;

const REASON: Field = Field { path: "reason", label: said("Why"), input: Input::Text };
const TOPIC: Field = Field { path: "topicNumber", label: said("Topic"), input: Input::Number };
const DEPARTMENT: Field =
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

const LABEL: Field = Field { path: "label", label: said("Label"), input: Input::Label };
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

/// What is done with the session: before its docket is open, and at any time.
pub(super) const OF_SESSION: &[Act] = &[SCREEN, ADMIT, RETURN, CONVENE, CANCEL, RELABEL_TOPIC];

/// All of it.
pub(in crate::desk) const ACTS: &[Act] = &[
    SCREEN,
    ADMIT,
    RETURN,
    CONVENE,
    CANCEL,
    RELABEL_TOPIC,
    RELABEL_PAPER,
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
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/AcknowledgeEmergency",
        label: said("Acknowledge the call"),
        fields: &[DEPARTMENT],
        sample: r#"{"departmentCode": "A"}"#,
    },
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
        fields: &[TOPIC],
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
