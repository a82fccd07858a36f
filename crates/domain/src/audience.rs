//! Whom a thing concerns: who may know of it.

use crate::Code;

/// Who may know of a thing. For everybody else it does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience<'s> {
    /// Everybody: it is nobody's matter, as a room or the calendar.
    Everybody,
    /// The departments that take part in it, and the clerks who see to the bodies that it is before.
    Concerned {
        /// The departments that take part.
        departments: Vec<&'s Code>,
        /// Departments whose clerks keep its record, and who else is of them does not see it for that.
        clerks_of: Vec<&'s Code>,
        /// The bodies.
        bodies: Vec<Code>,
    },
}

impl<'s> Audience<'s> {
    /// These departments; one may be named several times.
    pub fn of(departments: impl IntoIterator<Item = &'s Code>) -> Audience<'s> {
        let departments = departments.into_iter().collect();
        Audience::Concerned { departments, clerks_of: Vec::new(), bodies: Vec::new() }
    }

    /// The same, and the clerks of these departments, who keep its record.
    #[must_use]
    pub fn kept_by(mut self, departments: impl IntoIterator<Item = &'s Code>) -> Audience<'s> {
        if let Audience::Concerned { clerks_of, .. } = &mut self {
            clerks_of.extend(departments);
        }
        self
    }

    /// The same, of its departments only this one, or none.
    #[must_use]
    pub fn narrowed_to(mut self, department: impl IntoIterator<Item = &'s Code>) -> Audience<'s> {
        if let Audience::Concerned { departments, .. } = &mut self {
            *departments = department.into_iter().collect();
        }
        self
    }

    /// The same, and those who see to this body, if it is known.
    #[must_use]
    pub fn before(mut self, body: impl Into<Option<Code>>) -> Audience<'s> {
        if let Audience::Concerned { bodies, .. } = &mut self {
            bodies.extend(body.into());
        }
        self
    }
}
