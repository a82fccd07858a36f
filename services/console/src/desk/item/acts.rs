//! What can be done with an item.

use crate::desk::act::{Act, Field, Input};
use crate::desk::words::said;

pub(super) const REASON: Field = Field { path: "reason", label: said("Why"), input: Input::Text };
const NOTE: Field = Field { path: "note", label: said("What was done"), input: Input::Text };

/// In the order in which they come up.
pub(in crate::desk) const ACTS: &[Act] = &[
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/AcceptWork",
        label: said("Accept the work"),
        fields: &[Field { path: "note", label: said("Remark, if any"), input: Input::Optional }],
        sample: "{}",
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ReturnWork",
        label: said("Return the work"),
        fields: &[Field { path: "reason", label: said("What is lacking"), input: Input::Text }],
        sample: r#"{"reason": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/UrgeItem",
        label: said("Urge"),
        fields: &[Field { path: "text", label: said("With what words"), input: Input::Text }],
        sample: r#"{"text": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/InstructItem",
        label: said("Give an instruction"),
        fields: &[Field { path: "text", label: said("What you have to say"), input: Input::Text }],
        sample: r#"{"text": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/GrantExtension",
        label: said("Grant the extension"),
        fields: &[],
        sample: "{}",
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/RefuseExtension",
        label: said("Refuse the extension"),
        fields: &[REASON],
        sample: r#"{"reason": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ResolveContest",
        label: said("Rule on the contest"),
        fields: &[
            REASON,
            Field {
                path: "reassignToCode",
                label: said("Another lead, if the contest is right"),
                input: Input::Department,
            },
            Field { path: "due.dueOn", label: said("Due date of the other lead"), input: Input::Date },
        ],
        sample: r#"{"reason": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/AcknowledgeItem",
        label: said("Acknowledge"),
        fields: &[],
        sample: "{}",
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ContestItem",
        label: said("Contest"),
        fields: &[REASON],
        sample: r#"{"reason": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ReportProgress",
        label: said("Report progress"),
        fields: &[
            Field { path: "percent", label: said("How much is done, in percent"), input: Input::Number },
            NOTE,
        ],
        sample: r#"{"percent": 50, "note": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ReportBlockage",
        label: said("Report a blockage"),
        fields: &[
            REASON,
            Field {
                path: "helpFromCode",
                label: said("Department that could help"),
                input: Input::Department,
            },
        ],
        sample: r#"{"reason": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ClearBlockage",
        label: said("Report that the work goes on"),
        fields: &[Field { path: "note", label: said("What changed"), input: Input::Text }],
        sample: r#"{"note": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/RequestExtension",
        label: said("Request an extension"),
        fields: &[
            Field { path: "due.dueOn", label: said("Until when"), input: Input::Date },
            Field { path: "reason", label: said("Why the time is not enough"), input: Input::Text },
        ],
        sample: r#"{"reason": "-", "due": {"afterWorkingDays": 5}}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ClaimCompletion",
        label: said("Claim completion"),
        fields: &[
            Field { path: "summary", label: said("What was done"), input: Input::Text },
            Field { path: "evidence[].title", label: said("Title of the evidence"), input: Input::Text },
            Field { path: "evidence[].sha256", label: said("SHA-256 of the document"), input: Input::Text },
            Field { path: "evidence[].uri", label: said("Where it is kept"), input: Input::Text },
        ],
        sample: r#"{"summary": "-", "evidence": [{"title": "-", "uri": "urn:document",
            "sha256": "1111111111111111111111111111111111111111111111111111111111111111"}]}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/SuspendItem",
        label: said("Suspend"),
        fields: &[
            REASON,
            Field { path: "authority", label: said("Who or what orders it"), input: Input::Text },
        ],
        sample: r#"{"reason": "-", "authority": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ResumeItem",
        label: said("Resume"),
        fields: &[Field { path: "note", label: said("What changed"), input: Input::Text }],
        sample: r#"{"note": "-"}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/ReopenItem",
        label: said("Reopen"),
        fields: &[
            REASON,
            Field { path: "due.dueOn", label: said("Due date, if the old one is over"), input: Input::Date },
        ],
        sample: r#"{"reason": "-", "due": {"afterWorkingDays": 5}}"#,
    },
    Act {
        rpc: "huishang.resolution.v1.ResolutionService/RecordLookBack",
        label: said("Record a look-back"),
        fields: &[
            Field { path: "observation", label: said("What was observed"), input: Input::Text },
            Field { path: "holds", label: said("Does the result hold?"), input: Input::YesNo },
        ],
        sample: r#"{"observation": "-", "holds": true}"#,
    },
];
