//! What a body names departments for beside their seats. As with seats, it counts once the department has accepted it.

use super::{Charter, Seat, Version};
use crate::Code;
use std::collections::BTreeSet;

/// What a department is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Function {
    /// 主持: it is in the chair.
    Chair,
    /// 副主持: it takes the chair in its turn.
    Deputy,
    /// 召集: it may declare an emergency.
    Convenor,
    /// 候补: it takes the place of a seat.
    Substitute,
}

/// A department and what it is named for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Office {
    /// The department.
    pub department: Code,
    /// What it is named for.
    pub function: Function,
}

impl Charter {
    /// What departments are named for, each once, in the order of the functions.
    pub fn offices(&self) -> Vec<Office> {
        let all = |function, departments: Vec<&Code>| {
            let office = move |department: &Code| Office { department: department.clone(), function };
            departments.into_iter().map(office).collect::<Vec<_>>()
        };
        let substitutes = self.seats.iter().flat_map(|seat| &seat.substitutes).collect();
        let named = [
            all(Function::Chair, vec![&self.chair]),
            all(Function::Deputy, self.deputies.iter().collect()),
            all(Function::Convenor, self.convenors.iter().collect()),
            all(Function::Substitute, substitutes),
        ];
        let mut seen = BTreeSet::new();
        named.into_iter().flatten().filter(|office| seen.insert(office.clone())).collect()
    }
}

impl Version {
    /// Whether the department is named for this and has accepted it.
    pub fn holds(&self, department: &Code, function: Function) -> bool {
        let office = Office { department: department.clone(), function };
        self.charter.offices().contains(&office) && !self.pending_offices.contains(&office)
    }

    /// The charter as it counts: without what departments have not accepted. While nobody has accepted the chair, the
    /// secretariat's first department is in it. Seats stay, and [`pending`](Self::pending) says which do not count.
    #[must_use]
    pub fn in_effect(&self) -> Charter {
        let keep = |function, departments: &[Code]| -> Vec<Code> {
            let accepted = departments.iter().filter(|department| self.holds(department, function));
            accepted.cloned().collect()
        };
        let charter = &self.charter;
        let mut deputies = keep(Function::Deputy, &charter.deputies);
        let chair = match self.holds(&charter.chair, Function::Chair) {
            true => charter.chair.clone(),
            false if deputies.is_empty() => charter.secretariat.first().unwrap_or(&charter.chair).clone(),
            false => deputies.remove(0),
        };
        let seat =
            |seat: &Seat| Seat { substitutes: keep(Function::Substitute, &seat.substitutes), ..seat.clone() };
        Charter {
            seats: charter.seats.iter().map(seat).collect(),
            convenors: keep(Function::Convenor, &charter.convenors),
            chair,
            deputies,
            ..charter.clone()
        }
    }
}
