//! Where contexts meet: an event of one becomes commands of another, by pure functions.

pub mod answer_invitation;
pub mod carry_out;
pub mod change_resolutions;
pub mod conclude_session;
pub mod draft_minutes;
pub mod end_diary;
pub mod end_emergency;
pub mod end_secret_ballot;
pub mod follow_matters;
pub mod open_docket;
pub mod plan_followup;
pub mod register_resolution;
pub mod release_dependants;
pub mod rescind_items;
pub mod rescind_sub_items;
