//! Whose diary it is, as it is stored: the code of a member is personal, and has a field of its own, which is sealed.

use crate::scheduling::events::v1 as scheduling;
use crate::{Invalid, Wire, wire_required};
use domain::scheduling::availability::{Holder, HolderKind};

impl Wire<scheduling::DiaryHolder> for Holder {
    fn to_wire(&self) -> scheduling::DiaryHolder {
        let kind = self.kind.to_wire();
        match self.kind {
            HolderKind::Department | HolderKind::Room => {
                scheduling::DiaryHolder { kind, code: self.code.to_wire(), member_code: None }
            }
            HolderKind::Member => {
                scheduling::DiaryHolder { kind, code: String::new(), member_code: Some(self.code.to_wire()) }
            }
        }
    }

    fn from_wire(wire: scheduling::DiaryHolder) -> Result<Holder, Invalid> {
        let kind = HolderKind::from_wire(wire.kind).map_err(|fault| fault.within("kind"))?;
        let (field, code) = match kind {
            HolderKind::Department | HolderKind::Room => ("code", wire.code),
            HolderKind::Member => ("member_code", wire.member_code.unwrap_or_default()),
        };
        let code = Wire::from_wire(code).map_err(|fault: Invalid| fault.within(field))?;
        Ok(Holder { kind, code })
    }
}
wire_required!(Holder => scheduling::DiaryHolder);
