//! Who takes part and when work is done: departments and their hierarchy, members and the working calendar.

pub mod calendar;
pub mod department;
pub mod hierarchy;
pub mod member;
pub mod sign_out;

/// The context itself.
#[derive(Debug)]
pub struct Directory;

impl crate::spelling::Spelled for Directory {
    const CATEGORY: &'static str = "directory.spelling";
}

/// How the codes of departments are spelled.
pub type Spelling = crate::spelling::Spelling<Directory>;
