//! What a motion asks for, as the log stores it: one of several messages.

use crate::deliberation::events::v1 as stored;
use crate::wire::missing;
use crate::{Invalid, Wire, read_fields, wire_required};
use domain::deliberation::docket::MotionKind;

impl Wire<stored::MotionAim> for MotionKind {
    fn to_wire(&self) -> stored::MotionAim {
        use stored::motion_aim::Aim;
        let aim = match self {
            MotionKind::CloseDebate => Aim::CloseDebate(stored::CloseDebateAim {}),
            MotionKind::Reconsider => Aim::Reconsider(stored::ReconsiderAim {}),
            MotionKind::Appeal { point } => Aim::Appeal(stored::AppealAim { point_number: *point }),
            MotionKind::Defer { resume_on } => {
                Aim::Defer(stored::DeferAim { resume_on: resume_on.to_wire() })
            }
            MotionKind::Refer { referred_to } => {
                Aim::Refer(stored::ReferAim { referred_to_code: referred_to.to_wire() })
            }
            MotionKind::Main { title, text } => {
                Aim::Main(stored::MainAim { title: title.to_wire(), text: text.to_wire() })
            }
        };
        stored::MotionAim { aim: Some(aim) }
    }
    fn from_wire(wire: stored::MotionAim) -> Result<Self, Invalid> {
        use stored::motion_aim::Aim;
        match wire.aim.ok_or_else(missing)? {
            Aim::CloseDebate(_) => Ok(MotionKind::CloseDebate),
            Aim::Reconsider(_) => Ok(MotionKind::Reconsider),
            Aim::Appeal(wire) => Ok(MotionKind::Appeal { point: wire.point_number }),
            Aim::Defer(wire) => {
                read_fields!(wire => MotionKind::Defer { resume_on }).map_err(|fault| fault.within("defer"))
            }
            Aim::Refer(wire) => read_fields!(wire => MotionKind::Refer { referred_to_code: referred_to })
                .map_err(|fault| fault.within("refer")),
            Aim::Main(wire) => {
                read_fields!(wire => MotionKind::Main { title, text }).map_err(|fault| fault.within("main"))
            }
        }
    }
}
wire_required!(MotionKind => stored::MotionAim);
