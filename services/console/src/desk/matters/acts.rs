//! What can be done with a matter.

use crate::desk::act::{Act, Field, Input};
use crate::desk::words::said;

const REASON: Field = Field { path: "reason", label: said("Why"), input: Input::Text };
const LABEL: Field =
    Field { path: "label", label: said("Label"), input: Input::Enum("huishang.scheduling.v1.Label") };

/// In the order in which they come up; the last takes a new one in.
pub(in crate::desk) const ACTS: &[Act] = &[
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/AcceptReferral",
        label: said("Accept the referral"),
        fields: &[],
        sample: "{}",
    },
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/ReturnReferral",
        label: said("Return the referral"),
        fields: &[REASON],
        sample: r#"{"reason": "-"}"#,
    },
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/DeferMatter",
        label: said("Put it off"),
        fields: &[Field { path: "resumeOn", label: said("Until when"), input: Input::Date }, REASON],
        sample: r#"{"resumeOn": "9999-12-31", "reason": "-"}"#,
    },
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/ReferMatter",
        label: said("Refer it to another body"),
        fields: &[
            Field { path: "referredToCode", label: said("Code of the other body"), input: Input::Department },
            REASON,
        ],
        // Which body is filled in: it decides then.
        sample: r#"{"reason": "-"}"#,
    },
    MERGE,
    SPLIT,
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/ReclassifyMatter",
        label: said("Classify it otherwise"),
        fields: &[
            Field {
                path: "matterClass",
                label: said("Class of its matters"),
                input: Input::Enum("huishang.scheduling.v1.MatterClass"),
            },
            REASON,
        ],
        // Which class is filled in: whoever may choose one may press.
        sample: r#"{"matterClass": "MATTER_CLASS_ORDINARY", "reason": "-"}"#,
    },
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/RelabelMatter",
        label: said("Label it otherwise"),
        fields: &[LABEL, REASON],
        sample: r#"{"label": "LABEL_SECRET", "reason": "-"}"#,
    },
    Act {
        rpc: "huishang.scheduling.v1.SchedulingService/WithdrawMatter",
        label: said("Withdraw the matter"),
        fields: &[REASON],
        sample: r#"{"reason": "-"}"#,
    },
    TAKE_IN,
];

pub(super) const MERGE: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/MergeMatter",
    label: said("Merge it into another matter"),
    fields: &[
        // A page has it chosen from those that there are.
        Field { path: "intoMatterId", label: said("The other matter"), input: Input::OneOf },
        REASON,
    ],
    sample: r#"{"reason": "-"}"#,
};

const SPLIT: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/SplitMatter",
    label: said("Split it into several matters"),
    fields: &[
        Field { path: "parts[0].title", label: said("Title of the first part"), input: Input::Text },
        Field {
            path: "parts[0].summary",
            label: said("What is to be settled in it"),
            input: Input::Optional,
        },
        Field { path: "parts[1].title", label: said("Title of the second part"), input: Input::Text },
        Field {
            path: "parts[1].summary",
            label: said("What is to be settled in it"),
            input: Input::Optional,
        },
        Field {
            path: "parts[2].title",
            label: said("Title of a third part, if any"),
            input: Input::Optional,
        },
        Field {
            path: "parts[2].summary",
            label: said("What is to be settled in it"),
            input: Input::Optional,
        },
        REASON,
    ],
    sample: r#"{"parts": [{"title": "-"}, {"title": "--"}], "reason": "-"}"#,
};

pub(super) const TAKE_IN: Act = Act {
    rpc: "huishang.scheduling.v1.SchedulingService/TakeInMatter",
    label: said("Take in a matter"),
    fields: &[
        Field { path: "bodyCode", label: said("Code of the body"), input: Input::Department },
        Field { path: "title", label: said("Title"), input: Input::Text },
        Field { path: "summary", label: said("What is to be settled"), input: Input::Optional },
        Field { path: "caseReference", label: said("Reference of the case"), input: Input::Optional },
        LABEL,
    ],
    sample: "{}",
};

/// What is done with one that is there.
pub(super) fn of_one() -> &'static [Act] {
    ACTS.split_last().map(|(_, acts)| acts).unwrap_or_default()
}
