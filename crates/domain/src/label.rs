//! Labels (密级): who may see a topic or a paper of a session.

use std::fmt;

/// A label. What has none is internal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Label {
    /// 公开: also for those who take no part. What was decided on a topic is for everybody; a paper is for all who see the
    /// session.
    Public,
    /// 内部: for those who take part in the session.
    #[default]
    Internal,
    /// 秘密: for those who take part in the topic.
    Secret,
}

impl Label {
    /// Stands for a title that somebody may not see.
    pub const HIDDEN: &str = "…";

    /// The label in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Label::Public => "public",
            Label::Internal => "internal",
            Label::Secret => "secret",
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
