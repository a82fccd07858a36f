//! What can be done in a debate: who speaks, what is moved, and what is amended.

use super::acts::{DEPARTMENT, REASON, TOPIC};
use crate::desk::act::{Act, Field, Input};
use crate::desk::words::said;

const POINT: Field = Field { path: "pointNumber", label: said("Point of order"), input: Input::Number };
const MOTION: Field = Field { path: "motionNumber", label: said("Motion"), input: Input::Number };
const AMENDMENT: Field = Field { path: "amendmentNumber", label: said("Amendment"), input: Input::Number };
const TEXT: Field = Field { path: "text", label: said("Its text"), input: Input::Text };

pub(super) const REQUEST_FLOOR: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/RequestFloor",
    label: said("Ask to speak"),
    fields: &[TOPIC, DEPARTMENT],
    sample: r#"{"topicNumber": 1, "departmentCode": "A"}"#,
};
pub(super) const WITHDRAW_FLOOR_REQUEST: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/WithdrawFloorRequest",
    label: said("Leave the list"),
    fields: &[TOPIC, DEPARTMENT],
    sample: r#"{"topicNumber": 1, "departmentCode": "A"}"#,
};
pub(super) const GIVE_FLOOR: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/GiveFloor",
    label: said("Give the floor"),
    fields: &[
        TOPIC,
        DEPARTMENT,
        Field { path: "reason", label: said("Why out of order"), input: Input::Optional },
    ],
    sample: r#"{"topicNumber": 1, "departmentCode": "A"}"#,
};
pub(super) const YIELD_FLOOR: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/YieldFloor",
    label: said("End the speech"),
    fields: &[TOPIC, DEPARTMENT],
    sample: r#"{"topicNumber": 1, "departmentCode": "A"}"#,
};
pub(super) const RAISE_POINT: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/RaisePointOfOrder",
    label: said("Raise a point of order"),
    fields: &[
        TOPIC,
        DEPARTMENT,
        Field { path: "text", label: said("What is not in order"), input: Input::Text },
    ],
    sample: r#"{"topicNumber": 1, "departmentCode": "A", "text": "-"}"#,
};
pub(super) const RULE_POINT: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/RulePointOfOrder",
    label: said("Rule on it"),
    fields: &[
        TOPIC,
        POINT,
        Field { path: "sustained", label: said("It is well taken"), input: Input::YesNo },
        REASON,
    ],
    sample: r#"{"topicNumber": 1, "pointNumber": 1, "sustained": true, "reason": "-"}"#,
};
pub(super) const MOVE_MOTION: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/MoveMotion",
    label: said("Move a motion"),
    fields: &[
        TOPIC,
        DEPARTMENT,
        Field {
            path: "kind",
            label: said("What is moved"),
            input: Input::Enum("huishang.deliberation.v1.MotionKind"),
        },
        Field { path: "resumeOn", label: said("Until when, if to defer"), input: Input::Date },
        Field {
            path: "referredToCode",
            label: said("Code of the other body, if to refer"),
            input: Input::Department,
        },
        POINT,
        Field {
            path: "title",
            label: said("Title of the new topic, if a main motion"),
            input: Input::Optional,
        },
        Field { path: "text", label: said("Its text, if a main motion"), input: Input::Optional },
        REASON,
    ],
    sample: r#"{"topicNumber": 1, "departmentCode": "A", "kind": "MOTION_KIND_CLOSE_DEBATE", "reason": "-"}"#,
};
pub(super) const SECOND_MOTION: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/SecondMotion",
    label: said("Second the motion"),
    fields: &[TOPIC, MOTION, DEPARTMENT],
    sample: r#"{"topicNumber": 1, "motionNumber": 1, "departmentCode": "A"}"#,
};
pub(super) const WITHDRAW_MOTION: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/WithdrawMotion",
    label: said("Withdraw the motion"),
    fields: &[TOPIC, MOTION],
    sample: r#"{"topicNumber": 1, "motionNumber": 1}"#,
};
pub(super) const PUT_MOTION: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/PutMotion",
    label: said("Put the motion to the vote"),
    fields: &[TOPIC, MOTION],
    sample: r#"{"topicNumber": 1, "motionNumber": 1}"#,
};
pub(super) const SUBMIT_AMENDMENT: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/SubmitAmendment",
    label: said("Move an amendment"),
    fields: &[
        TOPIC,
        Field { path: "version", label: said("Version"), input: Input::Number },
        Field { path: "amendedNumber", label: said("Amendment"), input: Input::Number },
        DEPARTMENT,
        TEXT,
    ],
    sample: r#"{"topicNumber": 1, "departmentCode": "A", "text": "-"}"#,
};
pub(super) const SECOND_AMENDMENT: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/SecondAmendment",
    label: said("Second the amendment"),
    fields: &[TOPIC, AMENDMENT, DEPARTMENT],
    sample: r#"{"topicNumber": 1, "amendmentNumber": 1, "departmentCode": "A"}"#,
};
pub(super) const WITHDRAW_AMENDMENT: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/WithdrawAmendment",
    label: said("Withdraw the amendment"),
    fields: &[TOPIC, AMENDMENT],
    sample: r#"{"topicNumber": 1, "amendmentNumber": 1}"#,
};
pub(super) const PUT_AMENDMENT: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/PutAmendment",
    label: said("Put the amendment to the vote"),
    fields: &[TOPIC, AMENDMENT],
    sample: r#"{"topicNumber": 1, "amendmentNumber": 1}"#,
};
pub(super) const RESOLVE_AMENDMENT: Act = Act {
    rpc: "huishang.deliberation.v1.DeliberationService/ResolveAmendment",
    label: said("Settle the amendment without a ballot"),
    fields: &[TOPIC, AMENDMENT, Field { path: "adopt", label: said("It is adopted"), input: Input::YesNo }],
    sample: r#"{"topicNumber": 1, "amendmentNumber": 1, "adopt": false}"#,
};

/// Whether its form is at what it is about: a speaker, a point of order, a motion, an amendment.
pub(super) fn is_at_its_place(act: &Act) -> bool {
    [
        WITHDRAW_FLOOR_REQUEST,
        GIVE_FLOOR,
        YIELD_FLOOR,
        RULE_POINT,
        SECOND_MOTION,
        WITHDRAW_MOTION,
        PUT_MOTION,
        SECOND_AMENDMENT,
        WITHDRAW_AMENDMENT,
        PUT_AMENDMENT,
        RESOLVE_AMENDMENT,
    ]
    .iter()
    .any(|known| known.rpc == act.rpc)
}
